/**
 * Making a TUN interface: the steps of `openTun`, in their order.
 *
 * Options are checked, the device node is opened, TUNSETIFF makes (or finds) the interface, and
 * rtnetlink gives it an MTU, a queue, addresses, and brings it up. Each step throws a TunError that
 * says what to do. Not here: reading and writing packets (`tun.ts`).
 */
import { constants, openSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { arch } from 'node:process';
import {
  formatAddress,
  type InterfaceAddress,
  parseInterfaceAddress,
  samePrefix,
} from '../host-web/address.ts';
import { type Libc, SystemError } from './libc.ts';
import { addAddress, listAddresses, listLinks, setLink } from './netlink.ts';
import type { Waiting } from './readiness.ts';
import {
  type Attempt,
  addressClash,
  badName,
  badOption,
  interfaceFailed,
  openFailed,
  setUpFailed,
} from './tun-error.ts';
import { VNET_HEADER_SIZE } from './vnet-header.ts';

export interface OpenTunOptions {
  /** The interface; a `%d` in it becomes the lowest free number. Default `tun%d`. */
  readonly name?: string;
  /** Octets of the largest packet, header included. Default 1500. */
  readonly mtu?: number;
  /**
   * Packets the kernel queues for us before it drops (txqueuelen). Default 30,000. A stack keeps
   * the windows it offers below that: beyond it, throughput collapses to what losses leave.
   */
  readonly queueLength?: number;
  /**
   * The kernel's own addresses on the link: `10.9.0.1/24`, `fd00:9::1/64`, or with the stack's
   * address named, `10.9.0.1 peer 10.9.0.2/32`. Their prefixes become routes to the stack.
   */
  readonly addresses?: readonly string[];
  /**
   * False: attach to the persistent interface `name`, made beforehand by an administrator, and
   * change nothing about it; that needs no privilege. Default true: make one, and take it away
   * again on `close`.
   */
  readonly create?: boolean;
  /**
   * False: each packet is one segment, with its checksum, even where the kernel would take and give
   * several at once (TUNSETOFFLOAD). Default true: those who understand such packets, as a stack
   * does, have them.
   */
  readonly offload?: boolean;
  /**
   * Queues, 1 to 256; default 1. Each of them but the first, which is this Tun's, is for a stack in
   * a thread of its own: `tun.queue(1)` is posted there, and `tunQueue` opens it.
   */
  readonly queues?: number;
  /** How to wait for packets; by default the best the runtime has. */
  readonly waiting?: Waiting;
}

// linux/if_tun.h ---------------------------------------------------------------

/** _IOC_WRITE differs on PowerPC (asm/ioctl.h); the size of an int and the letter do not. */
const IOW_TUN_INT = (arch === 'ppc64' ? 0x80000000 : 0x40000000) + (4 << 16) + (0x54 << 8);
const TUNSETIFF = IOW_TUN_INT + 202;
const TUNSETOFFLOAD = IOW_TUN_INT + 208;
const TUNSETVNETHDRSZ = IOW_TUN_INT + 216;
const TUNSETVNETLE = IOW_TUN_INT + 220;

const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const IFF_MULTI_QUEUE = 0x0100;
/** Refuse a name that exists, rather than attach to it. */
const IFF_TUN_EXCL = 0x8000;

/** struct ifreq: the name, then a union that is at most 24 octets. */
const IFREQ_SIZE = 40;
const IFNAMSIZ = 16;

/** Checksums left out, and segments of TCP joined, of both families. */
const TUN_F_CSUM = 1;
const TUN_F_TSO4 = 2;
const TUN_F_TSO6 = 4;

/** Limits of the driver (drivers/net/tun.c): an IPv4 minimum, and 16 bits of IP length. */
const MIN_MTU = 68;
const MAX_MTU = 65535;
const MAX_QUEUES = 256;
/** Below this the kernel does no IPv6 on a link (RFC 8200 §5). */
const MIN_MTU_IPV6 = 1280;

/** What the errors of the steps below will want to say. */
export function attemptOf(options: OpenTunOptions): Attempt {
  return {
    node: process.env.NETCELL_TUN_DEVICE || '/dev/net/tun',
    name: options.name,
    create: options.create ?? true,
    queues: options.queues ?? 1,
    addresses: options.addresses ?? [],
  };
}

/** Refuse what cannot work before anything is touched; returns the addresses, read. */
export function checkOptions(options: OpenTunOptions, mtu: number): InterfaceAddress[] {
  const { name, create = true, queues = 1 } = options;
  if (name !== undefined && !isInterfaceName(name)) throw badName(name);
  if (name === undefined && !create) {
    const sentence = 'attaching takes the name of an interface';
    throw badOption(sentence, 'name', "name: 'tun0', create: false");
  }
  if (!Number.isInteger(mtu) || mtu < MIN_MTU || mtu > MAX_MTU) {
    const sentence = `an MTU is ${MIN_MTU} to ${MAX_MTU} octets, not ${mtu}`;
    throw badOption(sentence, 'mtu', 'mtu: 1500');
  }
  if (!Number.isInteger(queues) || queues < 1 || queues > MAX_QUEUES) {
    const sentence = `a device has 1 to ${MAX_QUEUES} queues, not ${queues}`;
    throw badOption(sentence, 'queues', 'queues: 2');
  }
  return (options.addresses ?? []).map((text) => {
    const address = parseInterfaceAddress(text);
    if (address === undefined) {
      const sentence = `'${text}' is not an address with a prefix`;
      throw badOption(sentence, 'addresses', "addresses: ['10.9.0.1/24']");
    }
    if (address.octets.length === 16 && mtu < MIN_MTU_IPV6) {
      const sentence = `IPv6 takes an MTU of ${MIN_MTU_IPV6} or more, not ${mtu}`;
      throw badOption(sentence, 'mtu', 'mtu: 1500');
    }
    return address;
  });
}

/** What dev_valid_name() in the kernel accepts; it would cut a longer name short without a word. */
function isInterfaceName(name: string): boolean {
  const octets = Buffer.byteLength(name);
  if (octets < 1 || octets >= IFNAMSIZ || name === '.' || name === '..') return false;
  // One %d asks the kernel for a number; any other % it refuses.
  return !/[\s/:\0]/.test(name) && !name.replace('%d', '').includes('%');
}

/** Open the device node; its descriptor is no interface yet. */
export function openNode(attempt: Attempt): number {
  try {
    return openSync(attempt.node, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (cause) {
    throw openFailed(attempt, cause);
  }
}

/** TUNSETIFF and what belongs to the header; returns the name the kernel gave. */
export function makeInterface(c: Libc, fd: number, attempt: Attempt): string {
  const name = joinInterface(c, fd, attempt);
  const int = new Int32Array([VNET_HEADER_SIZE]);
  if (c.ioctl(fd, TUNSETVNETHDRSZ, int) < 0 || c.ioctlValue(fd, TUNSETOFFLOAD, 0) < 0) {
    throw setUpFailed(name, new SystemError(`cannot set up ${name}`, 'ioctl', c.errno()));
  }
  // The header in linear memory is little-endian everywhere. A kernel that does not know the
  // request is a little-endian one, where this is the rule anyhow.
  int[0] = 1;
  c.ioctl(fd, TUNSETVNETLE, int);
  return name;
}

/** TUNSETIFF alone, after which the descriptor is a queue of the interface; returns its name. */
export function joinInterface(c: Libc, fd: number, attempt: Attempt): string {
  // Without this look, attaching to a missing name as root would create it.
  if (!attempt.create && c.if_nametoindex(attempt.name ?? '') === 0) {
    throw interfaceFailed(attempt, 'ENODEV', undefined);
  }
  const ifreq = Buffer.alloc(IFREQ_SIZE);
  ifreq.write(attempt.name ?? 'tun%d', 0, IFNAMSIZ - 1, 'utf8');
  const exclusive = attempt.create ? IFF_TUN_EXCL : 0;
  const several = attempt.queues > 1 ? IFF_MULTI_QUEUE : 0;
  // The union begins with a short in native order.
  new Uint16Array(ifreq.buffer, ifreq.byteOffset + IFNAMSIZ, 1)[0] =
    IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | exclusive | several;
  if (c.ioctl(fd, TUNSETIFF, ifreq) < 0) {
    const cause = new SystemError('TUNSETIFF', 'ioctl', c.errno());
    throw interfaceFailed(attempt, cause.code, cause);
  }
  return ifreq.toString('utf8', 0, ifreq.indexOf(0));
}

/** Has the kernel leave out checksums and join segments; answers whether it does. */
export function turnOnOffload(c: Libc, fd: number): boolean {
  return c.ioctlValue(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) === 0;
}

/** MTU before addresses (IPv6 looks at it), addresses before up (routes then appear at once). */
export function setUp(
  name: string,
  mtu: number,
  queueLength: number,
  wanted: InterfaceAddress[],
): void {
  refuseClashes(wanted);
  teachIpv6(name);
  try {
    setLink(name, { mtu, queueLength });
    for (const address of wanted) addAddress(name, address);
    setLink(name, { up: true });
  } catch (cause) {
    throw setUpFailed(name, cause);
  }
  steer(name);
}

/**
 * IPv6 as a link like this wants it (Documentation/networking/ip-sysctl.rst). The kernel is kept
 * from asking for routers, for ever: there is none, and each question would wake an idle process.
 * And it keeps the addresses while the interface is down, as it does those of IPv4.
 */
const IPV6_MANNERS = { router_solicitations: '0', keep_addr_on_down: '1' };

function teachIpv6(name: string): void {
  for (const [setting, value] of Object.entries(IPV6_MANNERS)) {
    try {
      writeFileSync(`/proc/sys/net/ipv6/conf/${name}/${setting}`, value);
    } catch {
      // No IPv6 here, or /proc/sys is read-only: a few packets more, and a lost address.
    }
  }
}

/**
 * Let the kernel's half of the work for packets we write be done by other cores (receive packet
 * steering, Documentation/networking/scaling.rst): `write` then returns before the kernel's TCP has
 * seen the packet. Measured with TCP towards the kernel on two cores: 3.0 Gbit/s without, 3.5 to
 * 4.2 with. Only where /sys may be written and shows this interface; elsewhere it stays as it was.
 */
function steer(name: string): void {
  const cores = cpus().length;
  if (cores < 2) return;
  // Groups of 32 cores, the highest first; core 0 is left to us.
  const others = ((1n << BigInt(cores)) - 2n).toString(16);
  const mask = others.replace(/\B(?=(?:[0-9a-f]{8})+$)/g, ',');
  try {
    writeFileSync(`/sys/class/net/${name}/queues/rx-0/rps_cpus`, mask);
  } catch {
    // Not permitted here, or a kernel without it: nothing is lost but speed.
  }
}

function textOf({ octets, prefix }: Pick<InterfaceAddress, 'octets' | 'prefix'>): string {
  return `${formatAddress(octets)}/${prefix}`;
}

/**
 * The kernel accepts a prefix that another interface already serves, and then sends the stack's
 * packets there: worth an error, where the kernel sees none.
 */
function refuseClashes(wanted: InterfaceAddress[]): void {
  if (wanted.length === 0) return;
  const assigned = listAddresses();
  for (const { octets, prefix, peer } of wanted) {
    const clash = assigned.find((other) => samePrefix(other.octets, peer ?? octets, prefix));
    if (clash === undefined) continue;
    const device = listLinks().find((link) => link.index === clash.index)?.name ?? 'another';
    const all = wanted.map(textOf);
    throw addressClash(textOf({ octets, prefix }), textOf(clash), device, all);
  }
}
