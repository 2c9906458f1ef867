/**
 * A network namespace of one's own: a place to make interfaces without touching the machine's.
 *
 * `enterNamespace()` replaces this process by the same script in a new namespace (execve: same pid,
 * same descriptors 0 to 2, so exit code, signals, terminal and pipes need no go-between), and
 * returns at once when the process is already inside. Two roads lead there:
 *
 * - **As root**: `unshare(CLONE_NEWNET)` on the main thread, then execve. Unsharing alone would be
 *   a trap: it moves one thread, and those of the libuv pool (`dns`, `fs`) would stay outside. The
 *   exec ends them all, and the thread that survives has moved.
 * - **Not root**: a network namespace takes a user namespace to own it, and a process with threads
 *   may not enter one (EINVAL, user_namespaces(7)); Node always has threads. So the exec goes by
 *   way of `unshare -Urnm`, from util-linux or busybox: one of them is in every distribution. We
 *   are root in there, over nothing but this namespace.
 *
 * The namespace lives as long as a process in it, and its interfaces with it: there is nothing to
 * clean up. What goes missing on the way: an IPC channel to the parent (`process.send`), since
 * exec closes it; and state, so call this first. /sys belongs to a mount and would keep showing the
 * interfaces outside, so a mount namespace comes along, with a /sys of its own where that is
 * permitted.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { CLONE_NEWNET, CLONE_NEWNS, errnoName, F_SETFD, libc, MS_PRIVATE, MS_REC } from './libc.ts';
import { bringUpLoopback, listLinks } from './netlink.ts';
import { namespaceFailed } from './tun-error.ts';

/**
 * Names the namespace we came from. Inside, ours differs; where it does not, the exec led nowhere
 * new, and trying again would go round for ever.
 */
const MARKER = 'NETCELL_OUTSIDE';

/** Whether `enterNamespace` brought this process, or one it descends from, here. */
export function insideNamespace(): boolean {
  const outside = process.env[MARKER];
  return outside !== undefined && outside !== currentNamespace();
}

/**
 * Continue in a network namespace of our own, with `lo` up; returns only once inside.
 *
 * Not inside, it never returns: the process starts over, with the same arguments. Whatever was not
 * yet written to a pipe is lost, so call it before anything else.
 *
 * @throws TunError EPERM when namespaces are not permitted, ENOENT without the `unshare` program,
 *   ENOSYS anywhere but on Linux, EINVAL in a worker thread; the message ends with what helps.
 */
export function enterNamespace(): void {
  if (insideNamespace()) {
    showOwnSys();
    bringUpLoopback();
    return;
  }
  if (process.platform !== 'linux') {
    throw namespaceFailed('ENOSYS', 'only Linux has them', 'run it on Linux');
  }
  if (!isMainThread) {
    throw namespaceFailed(
      'EINVAL',
      'a worker thread cannot restart the process',
      'call enterNamespace() on the main thread',
    );
  }
  if (process.env[MARKER] !== undefined) {
    throw namespaceFailed(
      'EPERM',
      'the process started over and is where it was',
      `env -u ${MARKER} ${process.argv0} …`,
    );
  }
  const outside = currentNamespace();
  const node = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  if (process.geteuid?.() === 0) {
    unshareHere();
    execute(process.execPath, node, outside);
  }
  execute(findUnshare(), ['unshare', '-Urnm', '--', ...node], outside);
}

function currentNamespace(): string {
  return readlinkSync('/proc/thread-self/ns/net');
}

/**
 * Mount a /sys that shows this namespace's interfaces, unless it does already. Only a device's
 * tuning (`tun-setup.ts`) looks there, so a refusal is nobody's error.
 */
function showOwnSys(): void {
  const c = libc();
  try {
    const shown = readdirSync('/sys/class/net').sort().join();
    if (
      shown ===
      listLinks()
        .map(({ name }) => name)
        .sort()
        .join()
    )
      return;
  } catch {
    return;
  }
  c.mount(null, '/', null, MS_REC | MS_PRIVATE, null);
  c.mount('netcell', '/sys', 'sysfs', 0, null);
}

function unshareHere(): void {
  const c = libc();
  if (c.unshare(CLONE_NEWNET | CLONE_NEWNS) === 0) return;
  const code = errnoName(c.errno());
  throw namespaceFailed(
    code,
    'this root has no CAP_SYS_ADMIN, as in a container',
    'docker run --cap-add SYS_ADMIN --cap-add NET_ADMIN --device /dev/net/tun …',
  );
}

/** Find `unshare` and try it: once exec has replaced us, nobody is left to explain a refusal. */
function findUnshare(): string {
  const path = (process.env.PATH ?? '/usr/bin:/bin')
    .split(delimiter)
    .map((folder) => join(folder, 'unshare'))
    .find(isExecutable);
  if (path === undefined) {
    throw namespaceFailed('ENOENT', 'there is no unshare program', 'sudo apt install util-linux');
  }
  const trial = spawnSync(path, ['-Urnm', '--', path, '-n', '--', 'true'], { encoding: 'utf8' });
  if (trial.status === 0) return path;
  throw namespaceFailed('EPERM', 'users may not make namespaces here', remedy());
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Which of the switches that forbid user namespaces is set, as the command that opens it. */
function remedy(): string {
  const switches = [
    ['user/max_user_namespaces', '0', '15000'],
    ['kernel/unprivileged_userns_clone', '0', '1'],
    ['kernel/apparmor_restrict_unprivileged_userns', '1', '0'],
  ] as const;
  for (const [name, closed, open] of switches) {
    try {
      if (readFileSync(`/proc/sys/${name}`, 'utf8').trim() !== closed) continue;
    } catch {
      continue;
    }
    return `sudo sysctl -w ${name.replace('/', '.')}=${open}`;
  }
  return 'run as root';
}

/** Replace this process; returns only by throwing. */
function execute(path: string, argv: string[], outside: string): never {
  const environment = Object.entries({ ...process.env, [MARKER]: outside });
  const c = libc();
  // Node marks all it inherits close-on-exec, the standard streams too.
  for (const fd of [0, 1, 2]) c.fcntl(fd, F_SETFD, 0);
  c.execve(path, [...argv, null], [...environment.map(([k, v]) => `${k}=${v}`), null]);
  const code = errnoName(c.errno());
  throw namespaceFailed(code, `${path} did not start`, `ls -l ${path}`);
}
