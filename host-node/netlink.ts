/**
 * rtnetlink (rtnetlink(7)): links, addresses and routes without iproute2.
 *
 * Each function opens a socket, asks, reads the answer and closes: the kernel answers such requests
 * before `send` returns, so nothing here waits, and a set-up of five requests costs well under a
 * millisecond. The socket belongs to the calling thread's network namespace, as does what it
 * changes.
 *
 * Errors are `SystemError`s whose `code` is the errno's name (EPERM, EEXIST, ENODEV, …) and whose
 * sentence carries the kernel's own explanation where it gives one (NETLINK_EXT_ACK).
 *
 * Not here: policy. What to assign to which interface is decided in `tun.ts`.
 */
import { closeSync } from 'node:fs';
import { formatAddress, type InterfaceAddress } from '../host-web/address.ts';
import { libc, SOCK_CLOEXEC, SOCK_RAW, SystemError } from './libc.ts';
import { Flag, type Reply, Request, splitReplies } from './netlink-message.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;

/** Message types: linux/netlink.h, linux/rtnetlink.h. */
const Type = {
  ERROR: 2,
  DONE: 3,
  NEWLINK: 16,
  DELLINK: 17,
  GETLINK: 18,
  NEWADDR: 20,
  GETADDR: 22,
  NEWROUTE: 24,
} as const;

/** Attribute types: linux/if_link.h, linux/if_addr.h, linux/rtnetlink.h. */
const IFLA = { IFNAME: 3, MTU: 4, TXQLEN: 13 } as const;
const IFA = { ADDRESS: 1, LOCAL: 2, FLAGS: 8 } as const;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6, METRICS: 8 } as const;
const RTAX_CC_ALGO = 16;
const NLMSGERR_ATTR_MSG = 1;

/** Fixed bodies: struct ifinfomsg, ifaddrmsg, and nlmsgerr with the header it repeats. */
const IFINFO_SIZE = 16;
const IFADDR_SIZE = 8;
const ERROR_SIZE = 20;

const IFF_UP = 1;
/** No duplicate address detection: an IPv6 address is usable at once (RFC 4862 §5.4 allows it). */
const IFA_F_NODAD = 2;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RTN_UNICAST = 1;

/** One interface of this namespace. */
export interface Link {
  readonly index: number;
  readonly name: string;
  readonly mtu: number;
  /** txqueuelen: packets the kernel holds for a reader before it drops. */
  readonly queueLength: number;
  readonly up: boolean;
}

/** One address of this namespace. */
export interface AssignedAddress {
  readonly index: number;
  readonly octets: Uint8Array;
  readonly prefix: number;
}

export interface LinkChange {
  readonly up?: boolean;
  readonly mtu?: number;
  readonly queueLength?: number;
}

export interface Route {
  /** Where to; absent for a default route, whose family `via` gives. */
  readonly destination?: InterfaceAddress;
  readonly via?: Uint8Array;
  readonly device: string;
  readonly metric?: number;
  /** Congestion control of connections over this route (`ip route … congctl`): 'cubic'. */
  readonly congestion?: string;
  /** Take the place of a route to the same destination, such as the one an address brought. */
  readonly replace?: boolean;
}

/** List the interfaces. */
export function listLinks(): Link[] {
  const request = new Request(Type.GETLINK, Flag.REQUEST | Flag.DUMP);
  request.u8(0, 0).u16(0).u32(0).u32(0).u32(0);
  return exchange(request, 'cannot list the interfaces').map(readLink);
}

/** Return the interface of that name. @throws SystemError ENODEV when there is none. */
export function getLink(name: string): Link {
  const request = linkRequest(Type.GETLINK, 0, 0).attribute(IFLA.IFNAME, name);
  return readLink(exchange(request, `cannot find ${name}`)[0]!);
}

/** Bring an interface up or down, set its MTU, set the length of its queue. */
export function setLink(name: string, change: LinkChange): void {
  const flags = change.up === true ? IFF_UP : 0;
  const request = linkRequest(Type.NEWLINK, flags, change.up === undefined ? 0 : IFF_UP);
  request.attribute(IFLA.IFNAME, name);
  if (change.mtu !== undefined) request.attribute(IFLA.MTU, change.mtu);
  if (change.queueLength !== undefined) request.attribute(IFLA.TXQLEN, change.queueLength);
  exchange(request, `cannot set ${describeChange(change)} of ${name}`);
}

/** Bring up the loopback interface, which a new namespace has but leaves down. */
export function bringUpLoopback(): void {
  setLink('lo', { up: true });
}

/** Delete an interface. */
export function deleteLink(name: string): void {
  exchange(linkRequest(Type.DELLINK, 0, 0).attribute(IFLA.IFNAME, name), `cannot delete ${name}`);
}

/** List the addresses of both families on all interfaces. */
export function listAddresses(): AssignedAddress[] {
  const request = new Request(Type.GETADDR, Flag.REQUEST | Flag.DUMP).u8(0, 0, 0, 0).u32(0);
  return exchange(request, 'cannot list the addresses').map((reply) => {
    const attributes = reply.attributes(IFADDR_SIZE);
    // On a point-to-point IPv4 link ADDRESS is the peer's and LOCAL ours; IPv6 may give only
    // ADDRESS.
    const address = attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS);
    return {
      index: reply.u32(4),
      octets: address?.octets ?? new Uint8Array(),
      prefix: reply.u8(1),
    };
  });
}

/**
 * Assign an address to an interface.
 *
 * @throws SystemError EEXIST when this interface has it already. The kernel does not mind the same
 *   address on another interface: `tun.ts` looks for that itself.
 */
export function addAddress(name: string, address: InterfaceAddress): void {
  const { octets, prefix, peer } = address;
  const family = octets.length === 4 ? AF_INET : AF_INET6;
  const request = new Request(Type.NEWADDR, Flag.REQUEST | Flag.ACK | Flag.CREATE | Flag.EXCL)
    .u8(family, prefix, 0, RT_SCOPE_UNIVERSE)
    .u32(getLink(name).index)
    .attribute(IFA.LOCAL, octets)
    .attribute(IFA.ADDRESS, peer ?? octets);
  if (family === AF_INET6) request.attribute(IFA.FLAGS, IFA_F_NODAD);
  exchange(request, `cannot assign ${formatAddress(octets)}/${prefix} to ${name}`);
}

/** Add a route, or with `replace` put it in the place of another. */
export function addRoute(route: Route): void {
  const { destination, via, metric, congestion } = route;
  const octets = destination?.octets ?? via;
  const family = octets?.length === 16 ? AF_INET6 : AF_INET;
  const existing = route.replace === true ? Flag.REPLACE : Flag.EXCL;
  const request = new Request(Type.NEWROUTE, Flag.REQUEST | Flag.ACK | Flag.CREATE | existing)
    .u8(family, destination?.prefix ?? 0, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC)
    .u8(via === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE, RTN_UNICAST)
    .u32(0)
    .attribute(RTA.OIF, getLink(route.device).index);
  if (destination !== undefined) request.attribute(RTA.DST, destination.octets);
  if (via !== undefined) request.attribute(RTA.GATEWAY, via);
  if (metric !== undefined) request.attribute(RTA.PRIORITY, metric);
  if (congestion !== undefined) {
    request.nested(RTA.METRICS, (metrics) => metrics.attribute(RTAX_CC_ALGO, congestion));
  }
  const target =
    destination === undefined
      ? 'a default route'
      : `a route to ${formatAddress(destination.octets)}/${destination.prefix}`;
  exchange(request, `cannot add ${target} over ${route.device}`);
}

function linkRequest(type: number, flags: number, change: number): Request {
  const acknowledge = type === Type.GETLINK ? 0 : Flag.ACK;
  // Index 0: the kernel finds the interface by its IFLA_IFNAME.
  return new Request(type, Flag.REQUEST | acknowledge)
    .u8(0, 0)
    .u16(0)
    .u32(0)
    .u32(flags)
    .u32(change);
}

function readLink(reply: Reply): Link {
  const attributes = reply.attributes(IFINFO_SIZE);
  return {
    index: reply.i32(4),
    name: attributes.get(IFLA.IFNAME)?.string ?? '',
    mtu: attributes.get(IFLA.MTU)?.number ?? 0,
    queueLength: attributes.get(IFLA.TXQLEN)?.number ?? 0,
    up: (reply.u32(8) & IFF_UP) !== 0,
  };
}

function describeChange(change: LinkChange): string {
  const parts: string[] = [];
  if (change.mtu !== undefined) parts.push(`MTU ${change.mtu}`);
  if (change.queueLength !== undefined) parts.push(`queue length ${change.queueLength}`);
  if (change.up !== undefined) parts.push(`state ${change.up ? 'up' : 'down'}`);
  return parts.join(', ');
}

// The exchange ----------------------------------------------------------------

/** Enough for any one datagram of an answer: the kernel fills at most 32 KiB for a dump. */
const RECEIVE_SIZE = 65536;

/** Send a request and collect its answer. `what` begins the sentence of an error. */
function exchange(request: Request, what: string): Reply[] {
  const c = libc();
  const fd = c.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) throw new SystemError(what, 'socket', c.errno());
  try {
    // Asked for explanations, and not to repeat our request in them. Before Linux 4.12 there are
    // none to have, so a refusal is no error.
    const on = new Uint8Array(new Int32Array([1]).buffer);
    c.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, on, 4);
    c.setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, on, 4);
    const message = request.octets();
    if (c.send(fd, message, message.length, 0) < 0) throw new SystemError(what, 'send', c.errno());
    return collect(fd, what);
  } finally {
    closeSync(fd);
  }
}

/** Read datagrams until the answer is complete: DONE after a dump, an ACK, or a lone message. */
function collect(fd: number, what: string): Reply[] {
  const c = libc();
  const replies: Reply[] = [];
  for (;;) {
    const buffer = new Uint8Array(RECEIVE_SIZE);
    const length = c.recv(fd, buffer, buffer.length, 0);
    if (length < 0) throw new SystemError(what, 'recv', c.errno());
    for (const reply of splitReplies(buffer.subarray(0, length))) {
      if (reply.type === Type.DONE) return replies;
      if (reply.type === Type.ERROR) {
        throwOnError(reply, what);
        return replies;
      }
      replies.push(reply);
      if ((reply.flags & Flag.MULTI) === 0) return replies;
    }
  }
}

/** An ERROR message with errno 0 is the acknowledgment asked for by Flag.ACK. */
function throwOnError(reply: Reply, what: string): void {
  const errno = -reply.i32(0);
  if (errno === 0) return;
  const explanation = reply.attributes(ERROR_SIZE).get(NLMSGERR_ATTR_MSG)?.string;
  throw new SystemError(what, 'rtnetlink', errno, explanation);
}
