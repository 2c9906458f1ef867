/**
 * What can go wrong with a TUN device, said so that the reader can act.
 *
 * Every message is a sentence about what happened, and ends with the command that puts it right.
 * Which call failed is decided in `tun.ts` and `namespace.ts`; this file only knows the words.
 */

/** The commands differ between a device we make and one somebody made for us. */
export interface Attempt {
  /** The device node: /dev/net/tun, or what NETCELL_TUN_DEVICE names. */
  readonly node: string;
  /** The interface asked for; undefined when the kernel was to choose. */
  readonly name: string | undefined;
  readonly create: boolean;
  readonly addresses: readonly string[];
}

/** An error with `code` (an errno name) and a message that ends with the command that fixes it. */
export class TunError extends Error {
  override readonly name = 'TunError';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
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
  switch (code) {
    case 'ENOENT':
      return new TunError(
        code,
        `${head}, there is no such device node
  on a machine    sudo modprobe tun
  in a container  docker run --device /dev/net/tun --cap-add NET_ADMIN …`,
        cause,
      );
    case 'ENODEV':
    case 'ENXIO':
      return new TunError(
        code,
        `${head}, the kernel has no TUN driver behind it
  sudo modprobe tun`,
        cause,
      );
    case 'EPERM':
      // Root was let through by the file's mode but not by the container's device list.
      return new TunError(
        code,
        `${head}, the device is not passed into this container
  docker run --device /dev/net/tun --cap-add NET_ADMIN …`,
        cause,
      );
    case 'EACCES':
      return new TunError(
        code,
        `${head}, its file mode admits only root
  run as root, or once  sudo chmod 0666 ${node}`,
        cause,
      );
    default:
      return new TunError(code, `${head}\n  ls -l ${node}`, cause);
  }
}

/** TUNSETIFF was refused. */
export function interfaceFailed(attempt: Attempt, code: string, cause: unknown): TunError {
  const name = attempt.name ?? 'tun0';
  const head = `cannot ${attempt.create ? 'create' : 'attach to'} ${name}: ${code}`;
  switch (code) {
    case 'EPERM':
      return new TunError(
        code,
        `${head}, that takes CAP_NET_ADMIN (or the device's owner)
  run as root, or once  ${handOver(attempt, name)}
  then attach to it     openTun({ name: '${name}', create: false })`,
        cause,
      );
    case 'EBUSY':
      return new TunError(
        code,
        attempt.create
          ? `${head}, an interface of that name exists; choose another name, or remove it
  sudo ip link delete ${name}`
          : `${head}, another process holds it; find that process
  sudo grep -ls 'iff:.*${name}$' /proc/[0-9]*/fdinfo/*`,
        cause,
      );
    case 'ENODEV':
      return new TunError(
        code,
        `${head}, there is no such interface; make it
  ${handOver(attempt, name)}`,
        cause,
      );
    case 'EINVAL':
      return new TunError(
        code,
        `${head}, it is not a TUN interface with one queue; see what it is
  ip -details link show ${name}`,
        cause,
      );
    default:
      return new TunError(code, `${head}\n  ip -details link show ${name}`, cause);
  }
}

/** The lines an administrator types once so that a user can attach ever after. */
function handOver(attempt: Attempt, name: string): string {
  return [
    `sudo ip tuntap add dev ${name} mode tun user $USER`,
    ...attempt.addresses.map((address) => `sudo ip addr add ${address} dev ${name}`),
    `sudo ip link set ${name} up`,
  ].join(' && ');
}

/** The kernel would refuse this name, or worse, take part of it. */
export function badName(name: string): TunError {
  return new TunError(
    'EINVAL',
    `'${name}' cannot name an interface: 1 to 15 octets without '/', ` +
      `':' or white space; use\n  openTun({ name: 'tun0' })`,
  );
}

/** A number or an address in the options makes no sense. */
export function badOption(sentence: string, example: string): TunError {
  return new TunError('EINVAL', `${sentence}; use\n  openTun({ ${example} })`);
}

/** The address, or one inside its prefix, is already on another interface. */
export function addressClash(wanted: string, existing: string, device: string): TunError {
  return new TunError(
    'EEXIST',
    `${wanted} clashes with ${existing} on ${device}, where ` +
      `packets for the stack would go instead; choose another prefix, or remove that address
  sudo ip addr del ${existing} dev ${device}`,
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
  return new TunError(code, `${reason}\n  ${fix}`, cause);
}

/** There is no interface behind the descriptor any more. */
export function deviceGone(name: string, code: string): TunError {
  const head = `${name} is gone: ${code}`;
  return new TunError(
    code,
    code === 'EBADF'
      ? `${head}, it has been closed here; open it again\n  openTun({ name: '${name}' })`
      : `${head}, the interface was deleted while it was open; open it again, and see who deletes it
  ip monitor link`,
  );
}

/** A read or a write failed in a way no packet explains. */
export function transferFailed(name: string, verb: string, code: string): TunError {
  const why = code === 'EINVAL' ? ', it has no IP version or is shorter than its header' : '';
  return new TunError(
    code,
    `cannot ${verb} a packet on ${name}: ${code}${why}
  ip -statistics link show ${name}`,
  );
}

/** Neither the platform nor koffi can do this. */
export function unsupported(sentence: string, cause?: unknown): TunError {
  return new TunError('ENOSYS', `${sentence}\n  npm rebuild koffi`, cause);
}

/** No namespace of our own can be had. */
export function namespaceFailed(code: string, sentence: string, fix: string): TunError {
  return new TunError(code, `cannot enter a network namespace: ${code}, ${sentence}\n  ${fix}`);
}
