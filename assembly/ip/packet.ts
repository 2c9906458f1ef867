/**
 * Packets that belong to no connection and wait for `output` (law 4): replies, and datagrams of
 * users.
 *
 * Whoever has one to send writes the transport's octets into it; the IP header and the checksum
 * come when it is sent. A long body (an echo's, a datagram's) lies in pages; a packet that is
 * longer than the path carries leaves in fragments, and stays at its queue's head until the last of
 * them. Not here: whose queue it is, and how many may wait in it.
 *
 * ╒═══════════════════════════ Packet (160 octets) ════════════════════════════╕
 * │ link │ lengths │ local, remote │ protocol … │ Chain of the body │ 64 octets of head │
 * └──────────────────────────────────────────────────────────────────────────────┘
 */
import { Counter } from '../abi';
import { count } from '../counters';
import { PAGE_SIZE } from '../limits';
import { PACKET_RECORD_SIZE, TRANSMIT } from '../memory';
import { pages, pagesToSpare } from '../pools';
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
import { give, itemAt, Pool, take } from '../store/pool';
import { push, Queue, shift } from '../store/queue';
import { isIpv4 } from '../wire/address';
import { finish, pseudoSum } from '../wire/checksum';
import { PROTOCOL_ICMP } from '../wire/icmp';
import { IPV4_HEADER, MORE_FRAGMENTS, setFragment } from '../wire/ipv4';
import { FRAGMENT, FRAGMENT_HEADER, IPV6_HEADER, writeFragmentHeader } from '../wire/ipv6';
import { PROTOCOL_UDP } from '../wire/udp';
import { nextIdentification } from './fragment';
import { headerLength, writeHeader } from './output';
import { pathMtu } from './path-mtu';
import { addSourceRoute, dropSourceRoute, sourceRouteLength } from './source-route';

/** A packet of no connection, from transport header on. */
@unmanaged
export class Packet {
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
  /** The handle of who sends it; 0 for a reply. */
  owner: u32;
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

if (offsetof<Packet>() > BODY || offsetof<Chain>() > 32) ERROR('the parts of a packet overlap');
if (HEAD + 64 > PACKET_RECORD_SIZE) ERROR('PACKET_RECORD_SIZE is too small');

function packetAt(pool: Pool, index: u32): Packet {
  return changetype<Packet>(itemAt(pool, index));
}

/** The packet that is the next of a queue; null when none waits. */
export function firstPacket(queue: Queue, pool: Pool): Packet | null {
  return queue.head == 0 ? null : packetAt(pool, queue.head);
}

/**
 * Puts a packet from our address to a remote one at a queue's end; the caller has made sure that
 * the pool has one, and fills in `head` and its lengths.
 */
export function newPacket(
  queue: Queue,
  pool: Pool,
  protocol: u32,
  checksumAt: u32,
  hopLimit: u32,
  local0: u64,
  local1: u64,
  remote0: u64,
  remote1: u64,
): Packet {
  const index = take(pool);
  const packet = packetAt(pool, index);
  packet.protocol = <u8>protocol;
  packet.checksumAt = <u8>checksumAt;
  packet.hopLimit = <u8>hopLimit;
  packet.diffserv = 0;
  packet.sourceRoute = packet.owner = 0;
  packet.local0 = local0;
  packet.local1 = local1;
  packet.remote0 = remote0;
  packet.remote1 = remote1;
  packet.headLength = packet.bodyLength = packet.sent = 0;
  beginChain(packet.body, 0);
  push(queue, pool, index, 0);
  return packet;
}

/** Whether a body of that many octets can be held until it is sent. */
export function hasPagesFor(length: u32): bool {
  return length / PAGE_SIZE + 1 <= pagesToSpare();
}

/** Puts octets behind the head; answers whether there was room for them. */
export function setBody(packet: Packet, from: usize, length: u32): bool {
  if (reserve(pages(), packet.body, length) != length) {
    clearChain(pages(), packet.body, 0);
    return false;
  }
  writeChain(pages(), packet.body, 0, from, length);
  packet.bodyLength = length;
  return true;
}

/**
 * Writes the first packet of a queue, or the next fragment of it, into the transmit window; answers
 * the packet's length, 0 when none waits. Once all of it is written it has left the queue.
 */
export function emitFirst(queue: Queue, pool: Pool): u32 {
  const packet = firstPacket(queue, pool);
  if (packet == null) return 0;
  const isFragment = packet.sent != 0 || isTooLong(packet);
  const length = isFragment ? emitFragment(packet) : emitWhole(packet);
  if (isFragment && packet.sent != packet.headLength + packet.bodyLength) return length;
  clearChain(pages(), packet.body, 0);
  dropSourceRoute(packet.sourceRoute);
  give(pool, shift(queue, pool, 0));
  return length;
}

function emitWhole(packet: Packet): u32 {
  const ipOptions = sourceRouteLength(packet.sourceRoute);
  const at = TRANSMIT + headerLength(packet.remote0, packet.remote1) + ipOptions;
  writeTransport(packet, at);
  const length = ipOptions + packet.headLength + packet.bodyLength;
  const written = writePacketHeader(packet, packet.protocol, length);
  if (ipOptions != 0) addSourceRoute(TRANSMIT, packet.sourceRoute);
  return written;
}

/** Writes the next fragment of a packet. */
function emitFragment(packet: Packet): u32 {
  const ipv4 = isIpv4(packet.remote0, packet.remote1);
  const headers = ipv4 ? IPV4_HEADER : IPV6_HEADER + FRAGMENT_HEADER;
  const length = packet.headLength + packet.bodyLength;
  const offset = packet.sent;
  const room = (pathMtu(packet.remote0, packet.remote1) - headers) & ~7;
  const piece = min(length - offset, room);
  const isLast = offset + piece == length;
  if (offset == 0) {
    beginFragments(packet, TRANSMIT + headers);
  } else {
    const from = offset - packet.headLength;
    readChain(pages(), packet.body, from, TRANSMIT + headers, piece);
  }
  count(Counter.IpFragCreates);
  packet.sent += piece;
  let written: u32;
  if (ipv4) {
    written = writePacketHeader(packet, packet.protocol, piece);
    setFragment(TRANSMIT, packet.identification, (isLast ? 0 : MORE_FRAGMENTS) | (offset / 8));
  } else {
    written = writePacketHeader(packet, FRAGMENT, FRAGMENT_HEADER + piece);
    const header = TRANSMIT + IPV6_HEADER;
    writeFragmentHeader(header, packet.protocol, offset, isLast, packet.identification);
  }
  return written;
}

/** Writes the whole to `at`, for the checksum's sake; the first fragment has its beginning. */
function beginFragments(packet: Packet, at: usize): void {
  count(Counter.IpFragOKs);
  writeTransport(packet, at);
  packet.identification = nextIdentification(
    packet.local0,
    packet.local1,
    packet.remote0,
    packet.remote1,
    packet.protocol,
  );
}

/** Whether a packet must leave in fragments. Most are shorter than any path could mind. */
function isTooLong(packet: Packet): bool {
  const length = packet.headLength + packet.bodyLength;
  if (length < LEAST_ROOM) return false;
  const header = headerLength(packet.remote0, packet.remote1);
  return header + length > pathMtu(packet.remote0, packet.remote1);
}

/** Writes head and body to `at`, with their checksum. */
function writeTransport(packet: Packet, at: usize): void {
  const length = packet.headLength + packet.bodyLength;
  memory.copy(at, packet.head, packet.headLength);
  store<u16>(at + packet.checksumAt, 0);
  let total = sum(at, packet.headLength);
  total += readChainAndSum(pages(), packet.body, 0, at + packet.headLength, packet.bodyLength);
  // ICMP is the one transport without a pseudo header.
  if (packet.protocol != PROTOCOL_ICMP) {
    total += pseudoSum(
      packet.local0,
      packet.local1,
      packet.remote0,
      packet.remote1,
      packet.protocol,
      length,
    );
  }
  let checksum = finish(total);
  // In UDP zero says that there is no checksum.
  if (checksum == 0 && packet.protocol == PROTOCOL_UDP) checksum = 0xffff; // RFC 768 §3d
  store<u16>(at + packet.checksumAt, <u16>checksum);
}

function writePacketHeader(packet: Packet, protocol: u32, length: u32): u32 {
  return writeHeader(
    TRANSMIT,
    length,
    protocol,
    packet.diffserv,
    packet.hopLimit,
    0,
    packet.local0,
    packet.local1,
    packet.remote0,
    packet.remote1,
  );
}
