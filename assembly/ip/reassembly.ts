/**
 * Reassembly (RFC 791 §3.2, RFC 8200 §4.5, RFC 5722): fragments back to one datagram.
 *
 * A few datagrams at once, each a chain of pages with the ranges that have arrived; the oldest
 * makes room for a new one, and what has not come whole in time is forgotten, of which its sender
 * is told. Overlapping fragments are no accident: the whole datagram is dropped (RFC 5722), in both
 * families; only what has come before, octet for octet, is passed over. The packet put together
 * lies in the receive window, as if it had come so: behind the header of its first fragment.
 *
 * ╒══════════════════════════ Reassembly (128 octets) ══════════════════════════╕
 * │ source, destination │ ends at │ identification, protocol … │ Chain │ Ranges   │
 * └─────────────────────────────────────────────────────────────────────────────┘
 *
 * The chain holds the first fragment as it came: its headers end where the data begins, so that an
 * ICMP error can quote both at once.
 *
 *     0          HEADER_ROOM - headerLength      HEADER_ROOM
 *     ├─ unused ─┼─ headers of the first fragment ┼─ data, by its offset in the datagram ──
 */
import { Counter, Reason, Setting } from '../abi';
import { count } from '../counters';
import { MAX_REASSEMBLIES, PAGE_SIZE, setting } from '../limits';
import { REASSEMBLIES, RECEIVE } from '../memory';
import { pages, ranges } from '../pools';
import {
  beginChain,
  Chain,
  clearChain,
  locate,
  matchesChain,
  readChain,
  reserve,
  writeChain,
} from '../store/chain';
import { addRange, clearRanges, firstRange, rangeAt, Ranges } from '../store/ranges';
import { Instant, now, SECOND } from '../time';
import { traceDrop } from '../trace';
import { isIpv4 } from '../wire/address';
import { Parameter6 } from '../wire/icmpv6';
import {
  FRAGMENT_OFFSET,
  ipv4Diffserv,
  ipv4Fragment,
  ipv4Identification,
  ipv4TimeToLive,
  joinIpv4,
  LARGEST_IPV4,
  MORE_FRAGMENTS,
} from '../wire/ipv4';
import {
  FRAGMENT,
  FRAGMENT_HEADER,
  ipv6Fragment,
  ipv6HopLimit,
  ipv6Identification,
  ipv6TrafficClass,
  IPV6_HEADER,
  isWholeChain,
  joinIpv6,
  LARGEST_PAYLOAD_IPV6,
} from '../wire/ipv6';
import { CE, CODEPOINT, Datagram, datagram, NOT_ECT } from './datagram';
import { sendParameterProblem, sendReassemblyTimeExceeded } from './icmp-error';

@unmanaged
class Reassembly {
  source0: u64;
  source1: u64;
  destination0: u64;
  destination1: u64;
  /** When it is forgotten; 0 while the slot is free. */
  endsAt: Instant;
  identification: u32;
  /** IPv4: the protocol, which tells datagrams apart. IPv6: 44, whatever it is for. */
  protocol: u32;
  /** Octets of the whole; 0 until the last fragment has come. */
  length: u32;
  /** ECN codepoints its fragments came with: bit n is codepoint n. */
  codepoints: u32;
  /** Octets of the first fragment's headers, IPv6's fragment header among them; 0 until it came. */
  headerLength: u32;
  /** Octets of data in the first fragment. */
  firstLength: u32;
  @inline get text(): Chain {
    return changetype<Chain>(changetype<usize>(this) + TEXT);
  }
  @inline get arrived(): Ranges {
    return changetype<Ranges>(changetype<usize>(this) + ARRIVED);
  }
}

const TEXT: usize = 64;
const ARRIVED: usize = 96;
const REASSEMBLY_SIZE: usize = 128;
/**
 * Octets the headers of a first fragment may take: what comes before an IPv6 fragment header is for
 * routers on the way, and no more than this has been seen.
 */
const HEADER_ROOM: u32 = 256;
/** Fragments a datagram may have come in pieces of at once: more is an attack (FragmentSmack). */
const MAX_PIECES: u32 = 64;
if (offsetof<Reassembly>() > TEXT) ERROR("a reassembly's chain overlaps its fields");
if (REASSEMBLY_SIZE * MAX_REASSEMBLIES > 1024) ERROR('REASSEMBLIES is too small');

function slotAt(i: u32): Reassembly {
  return changetype<Reassembly>(REASSEMBLIES + REASSEMBLY_SIZE * i);
}

/** Takes a fragment; answers whether it completed a datagram, which `d` then describes. */
export function reassembleIpv4(d: Datagram): bool {
  count(Counter.IpReasmReqds);
  const fragment = ipv4Fragment(d.packet);
  const isLast = (fragment & MORE_FRAGMENTS) == 0;
  const offset = (fragment & FRAGMENT_OFFSET) * 8;
  if (!isLast && d.length % 8 != 0) return refuse(null, Reason.FRAGMENT_UNEVEN);
  if (d.at - d.packet + offset + d.length > LARGEST_IPV4) {
    return refuse(null, Reason.FRAGMENT_TOO_FAR);
  }
  return take(d, d.protocol, ipv4Identification(d.packet), offset, isLast);
}

/** As `reassembleIpv4`, for the fragment header `d` points at. */
export function reassembleIpv6(d: Datagram): bool {
  if (d.length < FRAGMENT_HEADER) return refuse(null, Reason.EXTENSION_CUT);
  const header = d.at;
  const fragment = ipv6Fragment(header);
  d.protocol = load<u8>(header);
  d.namedAt = header;
  d.at += FRAGMENT_HEADER;
  d.length -= FRAGMENT_HEADER;
  // An atomic fragment is a datagram by itself (RFC 6946).
  if (fragment == 0) return true;
  count(Counter.IpReasmReqds);
  const isLast = (fragment & 1) == 0;
  const offset = fragment & ~7;
  if (!isLast && d.length % 8 != 0) {
    // The payload length is at fault.
    sendParameterProblem(d, Parameter6.ERRONEOUS_FIELD, d.packet + 4); // RFC 8200 §4.5b
    return refuse(null, Reason.FRAGMENT_UNEVEN);
  }
  if (header - d.packet - IPV6_HEADER + offset + d.length > LARGEST_PAYLOAD_IPV6) {
    sendParameterProblem(d, Parameter6.ERRONEOUS_FIELD, header + 2); // RFC 8200 §4.5c
    return refuse(null, Reason.FRAGMENT_TOO_FAR);
  }
  if (offset == 0 && !isWholeChain(d.protocol, d.at, d.length)) {
    sendParameterProblem(d, Parameter6.INCOMPLETE_CHAIN, d.packet); // RFC 8200 §4.5d
    return refuse(null, Reason.FRAGMENT_CUTS_HEADERS);
  }
  return take(d, FRAGMENT, ipv6Identification(header), offset, isLast);
}

function take(d: Datagram, protocol: u32, identification: u32, offset: u32, isLast: bool): bool {
  const end = offset + d.length;
  const header = d.at - d.packet;
  if (d.length == 0) return refuse(null, Reason.FRAGMENT_EMPTY);
  if (offset == 0 && header > HEADER_ROOM) return refuse(null, Reason.EXTENSIONS_TOO_MANY);
  const slot = slotFor(d, protocol, identification);
  if (hasAlready(slot, d, offset, isLast)) {
    // RFC 8200 §4.5f
    traceDrop(Reason.FRAGMENT_AGAIN, offset, end, 0);
    return false;
  }
  const isContradicted = isLast ? !endsAt(slot, end) : slot.length != 0 && end > slot.length;
  if (isContradicted) return refuse(slot, Reason.FRAGMENT_DROPPED);
  if (overlaps(slot, offset, end)) return refuse(slot, Reason.FRAGMENT_OVERLAPS); // RFC 8200 §4.5e
  if (!joinsCodepoint(slot, d.diffserv & CODEPOINT)) return refuse(slot, Reason.FRAGMENT_UNMARKED);
  if (reserve(pages(), slot.text, HEADER_ROOM + end) != HEADER_ROOM + end) {
    return refuse(slot, Reason.NO_RESOURCES);
  }
  if (addRange(ranges(), slot.arrived, offset, end, MAX_PIECES) == 0) {
    const isMany = slot.arrived.count == MAX_PIECES;
    return refuse(slot, isMany ? Reason.FRAGMENTS_TOO_MANY : Reason.NO_RESOURCES);
  }
  if (offset == 0) {
    slot.headerLength = header;
    slot.firstLength = d.length;
    writeChain(pages(), slot.text, HEADER_ROOM - header, d.packet, header + d.length);
  } else {
    writeChain(pages(), slot.text, HEADER_ROOM + offset, d.at, d.length);
  }
  if (slot.length == 0 || slot.arrived.count != 1) return false;
  const only = rangeAt(ranges(), firstRange(ranges(), slot.arrived));
  if (only.left != 0 || only.right != slot.length) return false;
  finishDatagram(d, slot);
  return true;
}

/** Notes where the whole ends; answers whether that fits what was known. */
function endsAt(slot: Reassembly, end: u32): bool {
  for (let at = firstRange(ranges(), slot.arrived); at != 0; at = rangeAt(ranges(), at).next) {
    if (rangeAt(ranges(), at).right > end) return false;
  }
  if (slot.length != 0 && slot.length != end) return false;
  slot.length = end;
  return true;
}

/**
 * Notes a fragment's ECN codepoint; answers whether it goes with the others'. A mark beside a
 * fragment that could not be marked would be lost or made up, so such a mix is dropped (RFC 3168
 * §5.3).
 */
function joinsCodepoint(slot: Reassembly, codepoint: u32): bool {
  slot.codepoints |= 1 << codepoint;
  // RFC 3168 §5.3b
  return (slot.codepoints & (1 << NOT_ECT)) == 0 || slot.codepoints == 1 << NOT_ECT;
}

/** Whether these very octets have come: networks make duplicates, which are no attack. */
function hasAlready(slot: Reassembly, d: Datagram, left: u32, isLast: bool): bool {
  const right = left + d.length;
  if (isLast != (slot.length == right)) return false;
  for (let at = firstRange(ranges(), slot.arrived); at != 0; at = rangeAt(ranges(), at).next) {
    const range = rangeAt(ranges(), at);
    if (range.left > left || right > range.right) continue;
    return matchesChain(pages(), slot.text, HEADER_ROOM + left, d.at, d.length);
  }
  return false;
}

function overlaps(slot: Reassembly, left: u32, right: u32): bool {
  for (let at = firstRange(ranges(), slot.arrived); at != 0; at = rangeAt(ranges(), at).next) {
    const range = rangeAt(ranges(), at);
    if (left < range.right && range.left < right) return true;
  }
  return false;
}

/** Writes the whole packet into the receive window, and has `d` describe it. */
function finishDatagram(d: Datagram, slot: Reassembly): void {
  const ipv4 = isIpv4(d.source0, d.source1);
  const header = ipv4 ? slot.headerLength : slot.headerLength - FRAGMENT_HEADER;
  const from = HEADER_ROOM - slot.headerLength;
  readChain(pages(), slot.text, from, RECEIVE, slot.headerLength);
  // One marked fragment marks the whole (RFC 3168 §5.3).
  if (slot.codepoints & (1 << CE)) markCongestion(ipv4); // RFC 3168 §5.3a
  if (ipv4) {
    joinIpv4(RECEIVE, header + slot.length);
    d.protocol = slot.protocol;
    d.hopLimit = ipv4TimeToLive(RECEIVE);
    d.diffserv = ipv4Diffserv(RECEIVE);
  } else {
    d.namedAt = <u32>joinIpv6(RECEIVE, header, slot.length);
    d.protocol = load<u8>(d.namedAt);
    d.hopLimit = ipv6HopLimit(RECEIVE);
    d.diffserv = ipv6TrafficClass(RECEIVE);
  }
  readChain(pages(), slot.text, HEADER_ROOM, RECEIVE + header, slot.length);
  d.at = d.packet + header;
  d.length = slot.length;
  d.packetLength = header + slot.length;
  // A link can vouch only for whole packets.
  d.checksumTrusted = 0;
  forget(slot);
  count(Counter.IpReasmOKs);
}

/** Marks the packet in the receive window, whose IPv4 checksum is yet to be written. */
function markCongestion(ipv4: bool): void {
  const shift = ipv4 ? 0 : 4;
  store<u8>(RECEIVE, load<u8>(RECEIVE, 1) | <u8>(CE << shift), 1);
}

/** The slot of a fragment's datagram; a new one in the place of the one that ends first. */
function slotFor(d: Datagram, protocol: u32, identification: u32): Reassembly {
  let oldest = slotAt(0);
  for (let i: u32 = 0; i < MAX_REASSEMBLIES; i++) {
    const slot = slotAt(i);
    if (
      slot.endsAt != 0 &&
      slot.identification == identification &&
      slot.source0 == d.source0 &&
      slot.source1 == d.source1 &&
      slot.destination0 == d.destination0 &&
      slot.destination1 == d.destination1 &&
      slot.protocol == protocol
    )
      return slot;
    if (slot.endsAt < oldest.endsAt) oldest = slot;
  }
  if (oldest.endsAt != 0) refuse(oldest, Reason.FRAGMENTS_MADE_WAY);
  oldest.source0 = d.source0;
  oldest.source1 = d.source1;
  oldest.destination0 = d.destination0;
  oldest.destination1 = d.destination1;
  oldest.identification = identification;
  oldest.protocol = protocol;
  oldest.length = oldest.codepoints = oldest.headerLength = 0;
  const isIpv6 = protocol == FRAGMENT && !isIpv4(d.source0, d.source1);
  const seconds = setting(isIpv6 ? Setting.IP6FRAG_TIME : Setting.IPFRAG_TIME);
  oldest.endsAt = now() + <Instant>seconds * SECOND; // RFC 1122 §3.3.2a, RFC 8200 §4.5a
  beginChain(oldest.text, 0);
  return oldest;
}

/** Gives up every datagram that did not come whole in time. */
export function reassemblyTimeout(): void {
  for (let i: u32 = 0; i < MAX_REASSEMBLIES; i++) {
    const slot = slotAt(i);
    if (slot.endsAt == 0 || slot.endsAt > now()) continue;
    count(Counter.IpReasmTimeout);
    tellSender(slot);
    refuse(slot, Reason.FRAGMENTS_TOO_LATE);
  }
}

/** Tells the sender of a datagram that it did not come whole, if its first fragment came. */
function tellSender(slot: Reassembly): void {
  if (slot.headerLength == 0) return;
  const d = datagram();
  d.source0 = slot.source0;
  d.source1 = slot.source1;
  d.destination0 = slot.destination0;
  d.destination1 = slot.destination1;
  d.packet = <u32>locate(pages(), slot.text, HEADER_ROOM - slot.headerLength);
  d.packetLength = slot.headerLength + min(slot.firstLength, PAGE_SIZE - HEADER_ROOM);
  sendReassemblyTimeExceeded(d); // RFC 1122 §3.3.2b, RFC 8200 §4.5a
}

/** When the next datagram is forgotten; 0 when none waits. */
export function reassemblyDeadline(): Instant {
  let first: Instant = 0;
  for (let i: u32 = 0; i < MAX_REASSEMBLIES; i++) {
    const at = slotAt(i).endsAt;
    if (at != 0 && (first == 0 || at < first)) first = at;
  }
  return first;
}

function forget(slot: Reassembly): void {
  clearChain(pages(), slot.text, 0);
  clearRanges(ranges(), slot.arrived);
  slot.endsAt = 0;
}

/** Drops a fragment, or its datagram with it, or a datagram that never came whole. */
function refuse(slot: Reassembly | null, reason: Reason): bool {
  if (slot != null) forget(slot);
  count(Counter.IpReasmFails);
  traceDrop(reason, 0, 0, 0);
  return false;
}
