/**
 * What can go wrong with a TUN device, said so that the reader can act.
 *
 * Every message is a sentence about what happened, and ends with what puts it right: a command, or
 * a line of the reader's program. A command line has other words for the latter, so an error also
 * says which problem it is (`Problem`). Nothing is advised that takes a device or an address away
 * from its present holder.
 *
 * Which call failed is decided in `tun.ts` and `namespace.ts`; this file only knows the words.
 */

/** The commands differ between a device we make and one somebody made for us. */
export interface Attempt {
  /** The device node: /dev/net/tun, or what NETCELL_TUN_DEVICE names. */
  readonly node: string;
  /** The interface asked for; undefined when the kernel was to choose. */
  readonly name: string | undefined;
  readonly create: boolean;
  /** Queues it is to have. */
  readonly queues: number;
  readonly addresses: readonly string[];
}

/** The options that can make no sense. */
type Option = 'name' | 'mtu' | 'addresses' | 'queues';

/** What a program or a command line has to do differently, where that is what helps. */
export type Problem =
  /** An address is another interface's: the addresses asked for, and that interface. */
  | { readonly kind: 'clash'; readonly wanted: readonly string[]; readonly device: string }
  /** Another process holds the device, or it exists. */
  | { readonly kind: 'busy'; readonly device: string }
  /** Making a device takes a privilege; the command that hands one over, and its name. */
  | { readonly kind: 'privilege'; readonly handOver: string; readonly device: string }
  /** An option makes no sense. */
  | { readonly kind: 'option'; readonly option: Option }
  /** The device was closed. */
  | { readonly kind: 'closed' };

/** An error with `code` (an errno name) and a message that ends with what fixes it. */
export class TunError extends Error {
  override readonly name = 'TunError';
  readonly code: string;
  /** The message without its last lines. */
  readonly sentence: string;
  readonly problem: Problem | undefined;

  constructor(
    code: string,
    sentence: string,
    advice = '',
    { cause, problem }: { cause?: unknown; problem?: Problem } = {},
  ) {
    super(
      advice === '' ? sentence : `${sentence}\n  ${advice}`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.sentence = sentence;
    this.problem = problem;
  }

  /** What a command line should exit with: 3 for a missing permission, else 1. */
  get exitCode(): number {
    return this.code === 'EPERM' || this.code === 'EACCES' ? 3 : 1;
  }
}

/** Read the `code` of any Error that has one. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}

/** The device node could not be opened. */
export function openFailed(attempt: Attempt, cause: unknown): TunError {
  const { node } = attempt;
  const code = codeOf(cause);
  const head = `cannot open ${node}: ${code}`;
  const passIn = 'docker run --device /dev/net/tun --cap-add NET_ADMIN …';
  switch (code) {
    case 'ENOENT':
      return new TunError(
        code,
        `${head}, there is no such device node`,
        `on a machine    sudo modprobe tun\n  in a container  ${passIn}`,
        { cause },
      );
    case 'ENODEV':
    case 'ENXIO':
      return new TunError(
        code,
        `${head}, the kernel has no TUN driver behind it`,
        'sudo modprobe tun',
        { cause },
      );
    case 'EPERM':
      // Root was let through by the file's mode but not by the container's device list.
      return new TunError(code, `${head}, the device is not passed into this container`, passIn, {
        cause,
      });
    case 'EACCES':
      return new TunError(
        code,
        `${head}, its file mode admits only root`,
        `run as root, or once  sudo chmod 0666 ${node}`,
        { cause },
      );
    default:
      return new TunError(code, head, `ls -l ${node}`, { cause });
  }
}

/** TUNSETIFF was refused. */
export function interfaceFailed(attempt: Attempt, code: string, cause: unknown): TunError {
  const device = attempt.name ?? 'tun0';
  const head = `cannot ${attempt.create ? 'create' : 'attach to'} ${device}: ${code}`;
  const look = `ip -details link show ${device}`;
  const handOver = handOverOf(attempt, device);
  const holders = `sudo grep -ls 'iff:.*${device}$' /proc/[0-9]*/fdinfo/*`;
  switch (code) {
    case 'EPERM':
      return new TunError(
        code,
        `${head}, that takes CAP_NET_ADMIN (or the device's owner)`,
        `run as root, or once  ${handOver}\n` +
          `  then attach to it     openTun({ name: '${device}', create: false })`,
        { cause, problem: { kind: 'privilege', handOver, device } },
      );
    case 'EBUSY':
      return new TunError(
        code,
        attempt.create
          ? `${head}, an interface of that name exists`
          : `${head}, another process holds it`,
        attempt.create
          ? `choose another name; what it is says  ${look}`
          : `choose another; which process says  ${holders}`,
        { cause, problem: { kind: 'busy', device } },
      );
    case 'ENODEV':
      return new TunError(code, `${head}, there is no such interface; make it`, handOver, {
        cause,
      });
    case 'EINVAL':
      return new TunError(
        code,
        `${head}, it is not a TUN interface ${kindOf(attempt)}; see what it is`,
        look,
        { cause },
      );
    default:
      return new TunError(code, head, look, { cause });
  }
}

/** How many queues an interface has is settled when it is made. */
function kindOf({ queues }: Attempt): string {
  return queues > 1 ? 'of several queues (ip tuntap add … multi_queue)' : 'with one queue';
}

/** Another thread has that queue. */
export function queueTaken(name: string, index: number): TunError {
  const sentence = `queue ${index} of ${name} is another thread's already`;
  return new TunError('EBUSY', sentence, 'post each thread a queue of its own: tun.queue(2)');
}

/** The lines an administrator types once so that a user can attach ever after. */
function handOverOf(attempt: Attempt, name: string): string {
  const several = attempt.queues > 1 ? 'multi_queue ' : '';
  return [
    `sudo ip tuntap add dev ${name} mode tun ${several}user $USER`,
    ...attempt.addresses.map((address) => `sudo ip addr add ${address} dev ${name}`),
    `sudo ip link set ${name} up`,
  ].join(' && ');
}

/** The kernel would refuse this name, or worse, take part of it. */
export function badName(name: string): TunError {
  const rule = `1 to 15 octets without '/', ':' or white space`;
  return badOption(`'${name}' cannot name an interface: ${rule}`, 'name', "name: 'tun0'");
}

/** A number or an address in the options makes no sense. */
export function badOption(sentence: string, option: Option, example: string): TunError {
  return new TunError('EINVAL', sentence, `openTun({ ${example} })`, {
    problem: { kind: 'option', option },
  });
}

/** One of the addresses, or one inside its prefix, is already on another interface. */
export function addressClash(
  address: string,
  existing: string,
  device: string,
  wanted: readonly string[],
): TunError {
  return new TunError(
    'EEXIST',
    `${address} clashes with ${existing} on ${device}, where packets for the stack would go ` +
      'instead',
    'choose another prefix; those in use says  ip -brief addr',
    { problem: { kind: 'clash', wanted, device } },
  );
}

/** Setting up the interface (addresses, MTU, queue, up) failed after it was made. */
export function setUpFailed(name: string, cause: unknown): TunError {
  const code = codeOf(cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  const fix =
    code === 'EPERM' || code === 'EACCES'
      ? 'run as root; for IPv6 also  sudo sysctl -w net.ipv6.conf.default.disable_ipv6=0'
      : `ip -details addr show ${name}`;
  return new TunError(code, reason, fix, { cause });
}

/** There is no interface behind the descriptor any more. */
export function deviceGone(name: string, code: string): TunError {
  const head = `${name} is gone: ${code}`;
  if (code === 'EBADF') {
    return new TunError(code, `${head}, it has been closed here`, `openTun({ name: '${name}' })`, {
      problem: { kind: 'closed' },
    });
  }
  return new TunError(
    code,
    `${head}, the interface was deleted while it was open; open it again, and see who deletes it`,
    'ip monitor link',
  );
}

/** A read or a write failed in a way no packet explains. */
export function transferFailed(name: string, verb: string, code: string): TunError {
  const why = code === 'EINVAL' ? ', it has no IP version or is shorter than its header' : '';
  return new TunError(
    code,
    `cannot ${verb} a packet on ${name}: ${code}${why}`,
    `ip -statistics link show ${name}`,
  );
}

/** Neither the platform nor koffi can do this. */
export function unsupported(sentence: string, cause?: unknown): TunError {
  return new TunError('ENOSYS', sentence, 'npm rebuild koffi', { cause });
}

/** No namespace of our own can be had. */
export function namespaceFailed(code: string, sentence: string, fix: string): TunError {
  return new TunError(code, `cannot enter a network namespace: ${code}, ${sentence}`, fix);
}
