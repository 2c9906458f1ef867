/**
 * The record of a socket of UDP (RFC 768, RFC 1122 §4.1), and what all of them have in common.
 *
 * What has arrived lies in its chain, one datagram behind the other, each with a record before it
 * that says whence and whither (`Received`): so a socket holds octets, of which there is a bound,
 * and an idle one holds none.
 *
 * ╒════════════════════════ UdpEndpoint (192 octets) ════════════════════════╕
 * │ link │ generation │ tuple, hash │ bound │ latest remote │ group's source    │
 * ├──────────────────────────────────────────────┬─────────────────────────────┤
 * │ lengths, links of queues, flags, options     │ Chain of what has arrived   │
 * └──────────────────────────────────────────────┴─────────────────────────────┘
 */
import { Result, Setting, Signal } from '../abi';
import { FIRST_UDP_INDEX, INDEX_BITS, setting } from '../limits';
import { UDP, UDP_ENDPOINT_SIZE } from '../memory';
import { pages, udpEndpoints, udpSignalQueue } from '../pools';
import { DEFAULT_HOP_LIMIT } from '../ip/output';
import { beginChain, Chain } from '../store/chain';
import { give, itemAt, take } from '../store/pool';
import { push, shift } from '../store/queue';

/** What is true of an endpoint, as bits. */
export enum UdpFlag {
  NONE = 0,
  IN_USE = 1,
  /** It has a local port. */
  BOUND = 2,
  /** It has a remote, and hears that one alone. */
  CONNECTED = 4,
  /** It is in the queue of those with signals. */
  SIGNALED = 8,
  /** It is in the queue of those who wait for room to send. */
  BLOCKED = 16,
  REUSE_ADDRESS = 32,
  REUSE_PORT = 64,
  BROADCAST = 128,
  IPV6_ONLY = 256,
  /** What it sends to groups does not come back. */
  NO_LOOP = 512,
}

/** A socket of UDP. */
@unmanaged
export class UdpEndpoint {
  /** While free: the next free one. */
  link: u32;
  /** How often the record was given away; part of the handle. */
  generation: u32;
  /** The tuple; its remote is zero unless CONNECTED. */
  local0: u64;
  local1: u64;
  remote0: u64;
  remote1: u64;
  localPort: u16;
  remotePort: u16;
  /** Hash of the tuple; meaningful while CONNECTED. */
  hash: u32;
  /** The local address that was asked for: what `local` is again once it is connected no more. */
  bound0: u64;
  bound1: u64;
  /** Where its latest datagram went: of that path alone ICMP may say how much it carries. */
  latest0: u64;
  latest1: u64;
  /** The address of ours that datagrams to groups leave from; all zero: as the route has it. */
  groupSource0: u64;
  groupSource1: u64;
  /** Position behind the last datagram in the chain. */
  end: u32;
  receiveBuffer: u32;
  sendBuffer: u32;
  /** Octets of its datagrams that wait to be sent. */
  sendQueue: u32;
  signalLink: u32;
  blockedLink: u32;
  /** Bits of UdpFlag. */
  flags: u32;
  /** Bits of Signal that its user has not fetched. */
  signals: u32;
  /** When it was bound, among all: of those that share a port the latest is preferred. */
  order: u32;
  /** Its first membership in a group; 0 none. */
  memberships: u32;
  /** Datagrams received, sent, and dropped because its buffer was full. */
  received: u32;
  sent: u32;
  drops: u32;
  /** A Result, and a Reason, of what ICMP has said last. */
  softError: u8;
  reason: u8;
  hopLimit: u8;
  groupHopLimit: u8;
  diffserv: u8;

  @inline get chain(): Chain {
    return changetype<Chain>(changetype<usize>(this) + CHAIN);
  }
}

const CHAIN: usize = 160;
if (offsetof<UdpEndpoint>() > CHAIN) ERROR('the chain of an endpoint overlaps its fields');
if (CHAIN + offsetof<Chain>() > UDP_ENDPOINT_SIZE) ERROR('UDP_ENDPOINT_SIZE is too small');

/** Offset of the tuple in a record. */
export const TUPLE: usize = offsetof<UdpEndpoint>('local0');
/** Offsets of the links of the two queues. */
export const SIGNAL_LINK: usize = offsetof<UdpEndpoint>('signalLink');
export const BLOCKED_LINK: usize = offsetof<UdpEndpoint>('blockedLink');

/** What all endpoints have in common. */
@unmanaged
export class Udp {
  /** Pages that datagrams hold. */
  pages: u32;
  /** Endpoints bound so far. */
  bound: u32;
  /** Packets that users have sent in this turn, of datagrams and then of connections. */
  turn: u32;
  unused: u32;
  /** The address of ours that what is sent now leaves from. */
  source0: u64;
  source1: u64;
}

if (offsetof<Udp>() > 32) ERROR('UDP is too small');

/** The one record there is. */
export function udp(): Udp {
  return changetype<Udp>(UDP);
}

const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;
const GENERATION_MASK: u32 = (1 << (31 - INDEX_BITS)) - 1;

/** An endpoint by its index. */
export function endpointAt(index: u32): UdpEndpoint {
  return changetype<UdpEndpoint>(itemAt(udpEndpoints(), index));
}

/** The index of an endpoint in its pool. */
export function indexOf(endpoint: UdpEndpoint): u32 {
  return <u32>((changetype<usize>(endpoint) - udpEndpoints().base) / UDP_ENDPOINT_SIZE);
}

/** The number that names an endpoint across the door: generation and index (law 9). */
export function handleOfEndpoint(endpoint: UdpEndpoint): u32 {
  const generation = (endpoint.generation & GENERATION_MASK) << INDEX_BITS;
  return generation | (FIRST_UDP_INDEX + indexOf(endpoint));
}

/** The endpoint a handle names; null when the handle is stale or was never given. */
export function fromUdpHandle(handle: u32): UdpEndpoint | null {
  // Below the first index the difference wraps, and is beyond all there are.
  const index = (handle & INDEX_MASK) - FIRST_UDP_INDEX;
  if (index == 0 || index > udpEndpoints().fresh) return null;
  const endpoint = endpointAt(index);
  const isHeld = isTrue(endpoint, UdpFlag.IN_USE) && handleOfEndpoint(endpoint) == handle;
  return isHeld ? endpoint : null;
}

/** Whether any of these is true of an endpoint. */
export function isTrue(endpoint: UdpEndpoint, flag: UdpFlag): bool {
  return (endpoint.flags & flag) != 0;
}

/** Makes these true, or false. */
export function make(endpoint: UdpEndpoint, flag: UdpFlag, on: bool): void {
  endpoint.flags = on ? endpoint.flags | flag : endpoint.flags & ~(<u32>flag);
}

/** A new endpoint, bound to nothing; null when there are as many as may be. */
export function claimEndpoint(): UdpEndpoint | null {
  const index = take(udpEndpoints());
  if (index == 0) return null;
  const endpoint = endpointAt(index);
  const generation = endpoint.generation + 1;
  memory.fill(changetype<usize>(endpoint), 0, UDP_ENDPOINT_SIZE);
  endpoint.generation = generation;
  endpoint.flags = UdpFlag.IN_USE;
  endpoint.receiveBuffer = setting(Setting.DATAGRAM_RMEM);
  endpoint.sendBuffer = setting(Setting.DATAGRAM_WMEM);
  endpoint.hopLimit = <u8>DEFAULT_HOP_LIMIT;
  endpoint.groupHopLimit = 1; // RFC 1112 §6.1a
  beginChain(endpoint.chain, 0);
  return endpoint;
}

/** Gives the record of an endpoint back that nobody uses, once it is in no queue any more. */
export function giveEndpoint(endpoint: UdpEndpoint): void {
  if (isTrue(endpoint, UdpFlag.IN_USE | UdpFlag.SIGNALED | UdpFlag.BLOCKED)) return;
  give(udpEndpoints(), indexOf(endpoint));
}

/** Signals the user of an endpoint; what has not been fetched yet is joined to it. */
export function signalUser(endpoint: UdpEndpoint, signals: Signal): void {
  endpoint.signals |= signals;
  if (isTrue(endpoint, UdpFlag.SIGNALED)) return;
  make(endpoint, UdpFlag.SIGNALED, true);
  push(udpSignalQueue(), udpEndpoints(), indexOf(endpoint), SIGNAL_LINK);
}

/** The next endpoint with signals for its user; null when there is none. */
export function nextUdpSignaled(): UdpEndpoint | null {
  while (true) {
    const index = shift(udpSignalQueue(), udpEndpoints(), SIGNAL_LINK);
    if (index == 0) return null;
    const endpoint = endpointAt(index);
    make(endpoint, UdpFlag.SIGNALED, false);
    if (isTrue(endpoint, UdpFlag.IN_USE)) return endpoint;
    giveEndpoint(endpoint);
  }
}

/** Tells the user of an endpoint what ICMP has said (RFC 1122 §4.1.3.3). */
export function signalError(endpoint: UdpEndpoint, result: Result, reason: u32): void {
  endpoint.softError = <u8>result;
  endpoint.reason = <u8>reason;
  signalUser(endpoint, Signal.SOFT_ERROR);
}

/** Pages there still are for datagrams, which leave connections what they need. */
export function mayHold(lacking: u32, spare: u32): bool {
  return lacking == 0 || (udp().pages + lacking <= setting(Setting.UDP_MEM) && lacking <= spare);
}

/** Counts what datagrams hold by how many pages have been taken since there were so many. */
export function accountPages(before: u32): void {
  udp().pages += pages().used - before;
}
