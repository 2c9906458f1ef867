/**
 * Reassembly (RFC 791 §3.2, RFC 8200 §4.5, RFC 5722): fragments back to one datagram.
 *
 * A few datagrams at once, each a chain of pages with the ranges that have arrived; the oldest
 * makes room for a new one, and after 30 seconds it is forgotten. Overlapping fragments are no
 * accident: the whole datagram is dropped (RFC 5722), in both families. The datagram put together
 * lies in the receive window, behind the header of the fragment that completed it, as if it had
 * come so.
 *
 * ╒══════════════════════════ Reassembly (128 octets) ══════════════════════════╕
 * │ source, destination │ identification, protocol │ end │ ECN │ Chain │ Ranges │ ends at │
 * └─────────────────────────────────────────────────────────────────────────────┘
 */
import { Counter, Reason } from '../abi';
import { count } from '../counters';
import { MAX_REASSEMBLIES } from '../limits';
import { PACKET_SIZE, REASSEMBLIES } from '../memory';
import { pages, ranges } from '../pools';
import { beginChain, Chain, clearChain, readChain, reserve, writeChain } from '../store/chain';
import { addRange, clearRanges, rangeAt, Ranges } from '../store/ranges';
import { Instant, now, SECOND } from '../time';
import { traceDrop } from '../trace';
import { FRAGMENT_OFFSET, ipv4Fragment, ipv4Identification, MORE_FRAGMENTS } from '../wire/ipv4';
import { load16, load32 } from '../wire/octets';
import { CE, CODEPOINT, Datagram, NOT_ECT } from './datagram';

@unmanaged
class Reassembly {
  source0: u64;
  source1: u64;
  destination0: u64;
  destination1: u64;
  /** When it is forgotten; 0 while the slot is free. */
  endsAt: Instant;
  identification: u32;
  protocol: u32;
  /** Octets of the whole; 0 until the last fragment has come. */
  length: u32;
  /** ECN codepoints its fragments came with: bit n is codepoint n. */
  codepoints: u32;
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
 * Seconds a datagram may take to come whole (RFC 1122 §3.3.2 asks for 60 to 120 at most; RFC 8200
 * for 60).
 */
const TIMEOUT_SECONDS: u32 = 30;
/** Fragments a datagram may have come in pieces of at once: more is an attack (FragmentSmack). */
const MAX_PIECES: u32 = 64;
/** Octets an IPv6 fragment header takes. */
const FRAGMENT_HEADER: u32 = 8;
if (offsetof<Reassembly>() > TEXT) ERROR("a reassembly's chain overlaps its fields");
if (REASSEMBLY_SIZE * MAX_REASSEMBLIES > 1024) ERROR('REASSEMBLIES is too small');

function slotAt(i: u32): Reassembly {
  return changetype<Reassembly>(REASSEMBLIES + REASSEMBLY_SIZE * i);
}

/** Takes a fragment; answers whether it completed a datagram, which `d` then describes. */
export function reassembleIpv4(d: Datagram): bool {
  const fragment = ipv4Fragment(d.packet);
  const isLast = (fragment & MORE_FRAGMENTS) == 0;
  return take(d, ipv4Identification(d.packet), (fragment & FRAGMENT_OFFSET) * 8, isLast);
}

/** As `reassembleIpv4`, for the fragment header `d` points at. */
export function reassembleIpv6(d: Datagram): bool {
  if (d.length < FRAGMENT_HEADER) return refuse(null);
  const fragment = load16(d.at + 2);
  const identification = load32(d.at + 4);
  d.protocol = load<u8>(d.at);
  d.at += FRAGMENT_HEADER;
  d.length -= FRAGMENT_HEADER;
  // An atomic fragment is a datagram by itself (RFC 6946).
  if ((fragment & ~6) == 0) return true;
  return take(d, identification, fragment & 0xfff8, (fragment & 1) == 0);
}

function take(d: Datagram, identification: u32, offset: u32, isLast: bool): bool {
  count(Counter.IpReasmReqds);
  const end = offset + d.length;
  const header = d.at - d.packet;
  // Only the last may end off an octet of eight; none may be empty or make the whole too long.
  if (d.length == 0 || (!isLast && d.length % 8 != 0) || header + end > <u32>PACKET_SIZE - 64) {
    return refuse(null);
  }
  const slot = slotFor(d, identification);
  if (isLast ? !endsAt(slot, end) : slot.length != 0 && end > slot.length) return refuse(slot);
  if (overlaps(slot, offset, end)) return refuse(slot);
  if (!joinsCodepoint(slot, d.diffserv & CODEPOINT)) return refuse(slot);
  if (reserve(pages(), slot.text, end) != end) return refuse(slot);
  if (!addRange(ranges(), slot.arrived, offset, end, MAX_PIECES)) return refuse(slot);
  writeChain(pages(), slot.text, offset, d.at, d.length);
  if (slot.length == 0 || slot.arrived.count != 1) return false;
  const only = rangeAt(ranges(), slot.arrived.head);
  if (only.left != 0 || only.right != slot.length) return false;
  finishDatagram(d, slot);
  return true;
}

/** Notes where the whole ends; answers whether that fits what was known. */
function endsAt(slot: Reassembly, end: u32): bool {
  for (let at = slot.arrived.head; at != 0; at = rangeAt(ranges(), at).next) {
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

function overlaps(slot: Reassembly, left: u32, right: u32): bool {
  for (let at = slot.arrived.head; at != 0; at = rangeAt(ranges(), at).next) {
    const range = rangeAt(ranges(), at);
    if (left < range.right && range.left < right) return true;
  }
  return false;
}

function finishDatagram(d: Datagram, slot: Reassembly): void {
  readChain(pages(), slot.text, 0, d.at, slot.length);
  d.length = slot.length;
  d.packetLength = d.at - d.packet + slot.length;
  // A link can vouch only for whole packets.
  d.checksumTrusted = 0;
  d.protocol = slot.protocol;
  // One marked fragment marks the whole (RFC 3168 §5.3).
  if (slot.codepoints & (1 << CE)) d.diffserv |= CE; // RFC 3168 §5.3a
  forget(slot);
  count(Counter.IpReasmOKs);
}

/** The slot of a fragment's datagram; a new one in the place of the one that ends first. */
function slotFor(d: Datagram, identification: u32): Reassembly {
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
      slot.protocol == d.protocol
    )
      return slot;
    if (slot.endsAt < oldest.endsAt) oldest = slot;
  }
  if (oldest.endsAt != 0) abandon(oldest);
  oldest.source0 = d.source0;
  oldest.source1 = d.source1;
  oldest.destination0 = d.destination0;
  oldest.destination1 = d.destination1;
  oldest.identification = identification;
  oldest.protocol = d.protocol;
  oldest.length = oldest.codepoints = 0;
  oldest.endsAt = now() + <u64>TIMEOUT_SECONDS * SECOND;
  beginChain(oldest.text, 0);
  return oldest;
}

/** Forgets every datagram that did not come whole in time (RFC 1122 §3.3.2). */
export function reassemblyTimeout(): void {
  for (let i: u32 = 0; i < MAX_REASSEMBLIES; i++) {
    const slot = slotAt(i);
    if (slot.endsAt != 0 && slot.endsAt <= now()) abandon(slot);
  }
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

function abandon(slot: Reassembly): void {
  forget(slot);
  count(Counter.IpReasmFails);
}

/** Drops a fragment, and its datagram with it when one is given. */
function refuse(slot: Reassembly | null): bool {
  if (slot != null) forget(slot);
  count(Counter.IpReasmFails);
  traceDrop(Reason.FRAGMENT_DROPPED, 0, 0, 0);
  return false;
}
