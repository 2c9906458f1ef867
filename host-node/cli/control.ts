/**
 * The control socket: how `netcell ss` asks a running `up`, `serve` or `listen` what it holds.
 *
 * One Unix socket a process. A connection to it is sent lines of text and is never read from, so
 * nothing can be changed by it, and every user may ask, as every user may read the kernel's sockets
 * with ss(8); what is for its own user alone has a socket of its own (`orders.ts`). A path crosses
 * network namespaces, which an address would not.
 *
 * Its place depends on the user alone, and on no variable that one shell has and another lacks:
 * root's sockets are in /run/netcell, another user's in a folder of that user's in /tmp. A socket
 * left by a process that died is removed when the same user next finds it.
 *
 * Not here: what the lines say (`report.ts`).
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { Exit, Failure, reasonOf } from './failure.ts';

/** How long a process that accepts and then says nothing is waited for, milliseconds. */
const PATIENCE = 5000;
/** Longest line, characters: the counters are some thousand. */
const MAX_LINE = 1 << 18;
/** Connections at once; each costs a share of a turn at a time. */
const MAX_ASKING = 32;

const FOR_ROOT = '/run/netcell';
const FOR_USERS = '/tmp';
const PREFIX = 'netcell-';
/** Within such a folder: sockets that take orders of its user (`orders.ts`). */
export const PRIVATE = 'private';

/** A folder instead of all of those, for tests. */
function chosenFolder(): string | undefined {
  return process.env.NETCELL_CONTROL_DIR || undefined;
}

/**
 * This process's user as the machine numbers users: the root of a user namespace is somebody
 * outside of it, and its folder must be that user's.
 */
function outerUser(): number {
  const uid = process.getuid?.() ?? 0;
  try {
    for (const line of readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n')) {
      const [first = 0, outer = 0, count = 0] = line.trim().split(/\s+/).map(Number);
      if (uid >= first && uid < first + count) return outer + (uid - first);
    }
  } catch {
    // Without /proc there are no namespaces to ask about.
  }
  return uid;
}

/** Folders this user's sockets may lie in, the best first. */
function ownFolders(): string[] {
  const chosen = chosenFolder();
  if (chosen !== undefined) return [chosen];
  const user = outerUser();
  const ours = join(FOR_USERS, `${PREFIX}${user}`);
  return user === 0 ? [FOR_ROOT, ours] : [ours];
}

/** Folders of everybody. */
function allFolders(): string[] {
  const chosen = chosenFolder();
  if (chosen !== undefined) return [chosen];
  const users = listFolder(FOR_USERS).filter((name) => /^netcell-\d+$/.test(name));
  return [FOR_ROOT, ...users.map((name) => join(FOR_USERS, name))];
}

/** Makes this user's folder, or finds that the one there is ours: /tmp belongs to everybody. */
export function makeFolder(): string {
  const reasons: string[] = [];
  for (const folder of ownFolders()) {
    try {
      mkdirSync(folder, { recursive: true });
      const { uid } = lstatSync(folder);
      if (!isFolder(folder)) reasons.push(`${folder} is no folder`);
      else if (uid !== process.getuid?.()) reasons.push(`${folder} belongs to ${userName(uid)}`);
      else {
        chmodSync(folder, 0o755);
        return folder;
      }
    } catch (error) {
      reasons.push(`cannot make ${folder}: ${reasonOf(error)}`);
    }
  }
  throw new Failure(reasons.join('; '));
}

function isFolder(path: string): boolean {
  try {
    // Not through a link: that could lead anywhere.
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** A user as a sentence names one. */
export function userName(uid: number): string {
  return uid === 0 ? 'root' : `user ${uid}`;
}

/**
 * Sends each connection the lines that `report` gives, until the function it returns is called.
 *
 * @throws Failure when there is no folder for it, or the socket can not be made
 */
export async function offerControl(
  name: string,
  report: () => AsyncIterable<string>,
): Promise<() => void> {
  const server: Server = createServer((socket) => void answer(socket, report()));
  server.maxConnections = MAX_ASKING;
  return listenAt(server, join(makeFolder(), socketName(name)));
}

/** The file name of this process's socket. */
export function socketName(name: string): string {
  return `${name}-${process.pid}.sock`;
}

/** Has a server listen at a path, for all who reach it, until the function it answers is called. */
export async function listenAt(server: Server, path: string): Promise<() => void> {
  remove(path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(Failure.while(`cannot make ${path}`, error)));
    // This process's own, also where it is a worker of node:cluster.
    const access = { readableAll: true, writableAll: true, exclusive: true };
    server.listen({ path, ...access }, resolve);
  });
  server.unref();
  return () => {
    server.close();
    remove(path);
  };
}

async function answer(socket: Socket, lines: AsyncIterable<string>): Promise<void> {
  socket.on('error', () => {}).setTimeout(PATIENCE, () => socket.destroy());
  socket.unref();
  for await (const text of lines) {
    if (socket.destroyed) return;
    if (!socket.write(text)) await drained(socket);
  }
  socket.end();
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.once('drain', done).once('close', done);
  });
}

/** One running process, as its socket names it. */
export interface Running {
  /** Name of the device. */
  readonly name: string;
  readonly pid: number;
  /** The user whose process it is. */
  readonly uid: number;
  readonly path: string;
}

/** What is said where there is nobody to ask. */
export function noneRunning(tun: string | undefined): Failure {
  const where = tun === undefined ? '' : ` on ${tun}`;
  return new Failure(`no netcell is running${where}; start one\n  sudo netcell up`);
}

/** Every process that offers a control socket, or only those on the device of that name. */
export function listRunning(name?: string): Running[] {
  const found: Running[] = [];
  for (const folder of allFolders().filter(isFolder)) {
    for (const file of listFolder(folder)) {
      const [, owner = '', pid = ''] = /^([!-~]+)-(\d+)\.sock$/.exec(file) ?? [];
      if (owner === '' || (name !== undefined && owner !== name)) continue;
      const path = join(folder, file);
      const uid = socketOwner(path);
      if (uid !== undefined) found.push({ name: owner, pid: Number(pid), uid, path });
    }
  }
  return found;
}

/** The user of a socket; undefined when it is none, or gone. */
function socketOwner(path: string): number | undefined {
  try {
    const stat = lstatSync(path);
    return stat.isSocket() ? stat.uid : undefined;
  } catch {
    return undefined;
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/**
 * Asks one process; hands each line of its answer to `take`.
 *
 * @returns false when the process is not there any more
 * @throws Failure when it may not be asked, says nothing, or what it says has no end
 */
export function ask(running: Running, take: (line: string) => void): Promise<boolean> {
  const { path, pid, uid } = running;
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const what = `the netcell on ${running.name} (process ${pid} of ${userName(uid)})`;
    const fail = (failure: Failure) => {
      socket.destroy();
      reject(failure);
    };
    let rest = '';
    let isTold = false;
    socket.setEncoding('utf8').setTimeout(PATIENCE);
    socket.on('data', (part: string) => {
      isTold = true;
      const lines = (rest + part).split('\n');
      rest = lines.pop()!;
      if (rest.length > MAX_LINE) return fail(new Failure(`${what} says what is no report`));
      try {
        for (const line of lines) take(line);
      } catch {
        fail(new Failure(`${what} says what is no report`));
      }
    });
    socket.once('end', () => {
      if (isTold && rest === '') resolve(true);
      else fail(new Failure(`${what} breaks off`));
    });
    socket.once('timeout', () => fail(new Failure(`${what} does not answer`, Exit.TIMED_OUT)));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') {
        // Between bind(2), which makes the path, and listen(2) the living refuse too.
        if (!isAlive(pid) && uid === process.getuid?.()) {
          remove(path);
          remove(join(dirname(path), PRIVATE, basename(path)));
        }
        resolve(false);
      } else if (error.code === 'EACCES') {
        fail(new Failure(`${what} may not be asked\n  sudo netcell ss`, Exit.NO_PERMISSION));
      } else {
        fail(Failure.while(`cannot ask ${what}`, error));
      }
    });
  });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone already, or somebody else's: all that was wanted, or all that can be done.
  }
}
