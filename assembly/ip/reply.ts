/**
 * Replies: packets that belong to no connection and wait for `output` (law 4).
 *
 * Whoever answers without a TCB (RST, ICMP, TIME-WAIT's ACK) writes the transport's octets into a
 * reply; the IP header and the checksum come when it is sent. The queue is bounded and drops the
 * newest: these are all packets whose loss the protocols survive. A long body (an echo's) lies in
 * pages; one that is longer than the path carries leaves in fragments, and stays at the queue's
 * head until the last of them.
 *
 * ╒════════════════════════════ Reply (160 octets) ════════════════════════════╕
 * │ link │ lengths │ local, remote │ protocol … │ Chain of the body │ 64 octets of head │
 * └──────────────────────────────────────────────────────────────────────────────┘
 */
import { Counter } from '../abi';
import { count } from '../counters';
import {
  beginChain,
  Chain,
  clearChain,
  readChain,
  readChainAndSum,
  reserve,
  writeChain,
} from '../store/chain';
import { sum } from '../store/copy-sum';
import { give, itemAt, take } from '../store/pool';
import { push, shift } from '../store/queue';
import { isIpv4 } from '../wire/address';
import { finish, pseudoSum } from '../wire/checksum';
import { PROTOCOL_ICMP } from '../wire/icmp';
import { IPV4_HEADER, MORE_FRAGMENTS, setFragment } from '../wire/ipv4';
import { FRAGMENT, FRAGMENT_HEADER, IPV6_HEADER, writeFragmentHeader } from '../wire/ipv6';
import { PROTOCOL_TCP } from '../wire/tcp';
import { REPLY_SIZE, TRANSMIT } from '../memory';
import { PAGE_SIZE } from '../limits';
import { pages, pagesToSpare, replies, replyQueue } from '../pools';
import { datagram } from './datagram';
import { nextIdentification } from './fragment';
import { headerLength, writeHeader } from './output';
import { pathMtu } from './path-mtu';
import { addSourceRoute, dropSourceRoute, sourceRouteLength } from './source-route';

/** A packet of no connection, from transport header on. */
@unmanaged
export class Reply {
  link: u32;
  /** Octets of the head, at most 64, and of the body behind it. */
  headLength: u32;
  bodyLength: u32;
  /** Octets that have left in fragments. */
  sent: u32;
  local0: u64;
  local1: u64;
  remote0: u64;
  remote1: u64;
  /** What its fragments have in common; meaningful once one has left. */
  identification: u32;
  /** The source route it goes by, which it holds; 0 none. */
  sourceRoute: u32;
  protocol: u8;
  /** Offset of the checksum in the head. */
  checksumAt: u8;
  diffserv: u8;
  hopLimit: u8;
  @inline get body(): Chain {
    return changetype<Chain>(changetype<usize>(this) + BODY);
  }
  /** Address of the head's octets. */
  @inline get head(): usize {
    return changetype<usize>(this) + HEAD;
  }
}

const BODY: usize = 64;
const HEAD: usize = BODY + 32;
/** Octets that fit into a packet on any path. */
const LEAST_ROOM: u32 = 500;

if (offsetof<Reply>() > BODY || offsetof<Chain>() > 32) ERROR('the parts of a reply overlap');
if (HEAD + 64 > REPLY_SIZE) ERROR('REPLY_SIZE is too small');

function replyAt(index: u32): Reply {
  return changetype<Reply>(itemAt(replies(), index));
}

/** Replies that may wait when a stray still gets one, while the stack is behind its link. */
const FEW: u32 = 64;

function isFull(capacity: u32): bool {
  if (replies().used < capacity) return false;
  count(Counter.TcpExtReplyQueueDrop);
  return true;
}

/**
 * Whether what belongs to no connection gets no reply; counts when it gets none. While the stack
 * does not keep up with its link it has no time for a flood: for each further answer a packet of a
 * connection would be lost in front of a full queue.
 */
export function isStrayRefused(): bool {
  const capacity = replies().capacity;
  return isFull(datagram().isBehind ? min(FEW, capacity) : capacity);
}

/**
 * Takes a reply from our address to a remote one; the caller fills in `head` and its lengths.
 *
 * @returns null when the queue is full; the packet is then not sent, and counted
 */
export function newReply(
  protocol: u32,
  checksumAt: u32,
  hopLimit: u32,
  local0: u64,
  local1: u64,
  remote0: u64,
  remote1: u64,
): Reply | null {
  if (protocol == PROTOCOL_TCP ? isFull(replies().capacity) : isStrayRefused()) return null;
  const index = take(replies());
  const reply = replyAt(index);
  reply.protocol = <u8>protocol;
  reply.checksumAt = <u8>checksumAt;
  reply.hopLimit = <u8>hopLimit;
  reply.diffserv = 0;
  reply.sourceRoute = 0;
  reply.local0 = local0;
  reply.local1 = local1;
  reply.remote0 = remote0;
  reply.remote1 = remote1;
  reply.headLength = reply.bodyLength = reply.sent = 0;
  beginChain(reply.body, 0);
  push(replyQueue(), replies(), index, 0);
  return reply;
}

/** Whether a body of that many octets can be held until it is sent. */
export function hasPagesFor(length: u32): bool {
  return length / PAGE_SIZE + 1 <= pagesToSpare();
}

/** Puts octets behind the head; answers whether there was room for them. */
export function setBody(reply: Reply, from: usize, length: u32): bool {
  if (reserve(pages(), reply.body, length) != length) {
    clearChain(pages(), reply.body, 0);
    return false;
  }
  writeChain(pages(), reply.body, 0, from, length);
  reply.bodyLength = length;
  return true;
}

/**
 * Writes the oldest reply, or the next fragment of it, into the transmit window; answers the
 * packet's length, 0 when none waits.
 */
export function emitReply(): u32 {
  const index = replyQueue().head;
  if (index == 0) return 0;
  const reply = replyAt(index);
  if (reply.sent != 0 || isTooLong(reply)) return emitFragment(reply);
  const ipOptions = sourceRouteLength(reply.sourceRoute);
  const at = TRANSMIT + headerLength(reply.remote0, reply.remote1) + ipOptions;
  writeReply(reply, at);
  const length = ipOptions + reply.headLength + reply.bodyLength;
  const packet = writeReplyHeader(reply, reply.protocol, length);
  if (ipOptions != 0) addSourceRoute(TRANSMIT, reply.sourceRoute);
  dropFirst(reply);
  return packet;
}

/** Writes the next fragment of the oldest reply. */
function emitFragment(reply: Reply): u32 {
  const ipv4 = isIpv4(reply.remote0, reply.remote1);
  const headers = ipv4 ? IPV4_HEADER : IPV6_HEADER + FRAGMENT_HEADER;
  const length = reply.headLength + reply.bodyLength;
  const offset = reply.sent;
  const room = (pathMtu(reply.remote0, reply.remote1) - headers) & ~7;
  const piece = min(length - offset, room);
  const isLast = offset + piece == length;
  if (offset == 0) {
    beginFragments(reply, TRANSMIT + headers);
  } else {
    const from = offset - reply.headLength;
    readChain(pages(), reply.body, from, TRANSMIT + headers, piece);
  }
  count(Counter.IpFragCreates);
  reply.sent += piece;
  let packet: u32;
  if (ipv4) {
    packet = writeReplyHeader(reply, reply.protocol, piece);
    setFragment(TRANSMIT, reply.identification, (isLast ? 0 : MORE_FRAGMENTS) | (offset / 8));
  } else {
    packet = writeReplyHeader(reply, FRAGMENT, FRAGMENT_HEADER + piece);
    const header = TRANSMIT + IPV6_HEADER;
    writeFragmentHeader(header, reply.protocol, offset, isLast, reply.identification);
  }
  if (isLast) dropFirst(reply);
  return packet;
}

/** Writes the whole to `at`, for the checksum's sake; the first fragment has its beginning. */
function beginFragments(reply: Reply, at: usize): void {
  count(Counter.IpFragOKs);
  writeReply(reply, at);
  reply.identification = nextIdentification(
    reply.local0,
    reply.local1,
    reply.remote0,
    reply.remote1,
    reply.protocol,
  );
}

/** Whether a reply must leave in fragments. Most are shorter than any path could mind. */
function isTooLong(reply: Reply): bool {
  const length = reply.headLength + reply.bodyLength;
  if (length < LEAST_ROOM) return false;
  const header = headerLength(reply.remote0, reply.remote1);
  return header + length > pathMtu(reply.remote0, reply.remote1);
}

/** Writes head and body to `at`, with their checksum. */
function writeReply(reply: Reply, at: usize): void {
  const length = reply.headLength + reply.bodyLength;
  memory.copy(at, reply.head, reply.headLength);
  store<u16>(at + reply.checksumAt, 0);
  let total = sum(at, reply.headLength);
  total += readChainAndSum(pages(), reply.body, 0, at + reply.headLength, reply.bodyLength);
  // ICMP is the one transport without a pseudo header.
  if (reply.protocol != PROTOCOL_ICMP) {
    total += pseudoSum(
      reply.local0,
      reply.local1,
      reply.remote0,
      reply.remote1,
      reply.protocol,
      length,
    );
  }
  store<u16>(at + reply.checksumAt, <u16>finish(total));
}

function writeReplyHeader(reply: Reply, protocol: u32, length: u32): u32 {
  return writeHeader(
    TRANSMIT,
    length,
    protocol,
    reply.diffserv,
    reply.hopLimit,
    0,
    reply.local0,
    reply.local1,
    reply.remote0,
    reply.remote1,
  );
}

/** Takes the oldest reply, which has been sent, off the queue. */
function dropFirst(reply: Reply): void {
  clearChain(pages(), reply.body, 0);
  dropSourceRoute(reply.sourceRoute);
  give(replies(), shift(replyQueue(), replies(), 0));
}
