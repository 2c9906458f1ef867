/**
 * The IPv6 header (RFC 8200 §3) and the shape its extension headers share (§4). No state.
 *
 *  ├ ver │ traffic class ┼────────────── flow label ────────────────┤  0
 *  ├──────── payload length ──────┼─ next header ┼─── hop limit ────┤  4
 *  ├────────────────────── source, 16 octets ───────────────────────┤  8
 *  ├─────────────────── destination, 16 octets ─────────────────────┤ 24
 */
import { PROTOCOL_ICMPV6 } from './icmpv6';
import { load16, load32, store16, store32 } from './octets';
import { PROTOCOL_TCP, TCP_HEADER } from './tcp';
import { PROTOCOL_UDP } from './udp';

/** Octets of the fixed header. */
export const IPV6_HEADER: u32 = 40;
/** Offset of the octet that names what follows it. */
export const IPV6_NEXT_HEADER: u32 = 6;
/** Octets that may follow it. */
export const LARGEST_PAYLOAD_IPV6: u32 = 65_535;

/** Next-header numbers of the extension headers a host walks over (RFC 8200 §4). */
export const HOP_BY_HOP: u32 = 0;
export const ROUTING: u32 = 43;
export const FRAGMENT: u32 = 44;
export const NO_NEXT_HEADER: u32 = 59;
export const DESTINATION_OPTIONS: u32 = 60;
/** Octets of a fragment header. */
export const FRAGMENT_HEADER: u32 = 8;
/** Types of the two options that only fill: one octet, and many (RFC 8200 §4.2). */
export const PAD_1: u32 = 0;
export const PAD_N: u32 = 1;
/** What `endOfChain` answers when the chain runs out of the octets there are. */
export const NO_END: u32 = 0xffff_ffff;

/** Traffic class: the Diffserv field and the ECN bits. */
export function ipv6TrafficClass(at: usize): u32 {
  return (load32(at) >> 20) & 0xff;
}

/** Octets behind the fixed header. */
export function ipv6PayloadLength(at: usize): u32 {
  return load16(at + 4);
}

/** Kind of the header behind this one. */
export function ipv6NextHeader(at: usize): u32 {
  return load<u8>(at, IPV6_NEXT_HEADER);
}

/** Hop limit. */
export function ipv6HopLimit(at: usize): u32 {
  return load<u8>(at, 7);
}

/** Address of the source's sixteen octets; the destination's follow. */
export function ipv6Source(at: usize): usize {
  return at + 8;
}

/** Address of the destination's sixteen octets. */
export function ipv6Destination(at: usize): usize {
  return at + 24;
}

/** Octets of an extension header with a length field: (n + 1) units of eight. */
export function extensionLength(at: usize): u32 {
  return (load<u8>(at, 1) + 1) * 8;
}

/** Whether a next-header number is of an extension header with a length field. */
export function isExtension(next: u32): bool {
  return next == HOP_BY_HOP || next == ROUTING || next == DESTINATION_OPTIONS;
}

/** The offset of a fragment in octets, and below it the bit that says that more follow. */
export function ipv6Fragment(at: usize): u32 {
  return load16(at + 2) & ~6;
}

/** Identification: what the fragments of one datagram have in common. */
export function ipv6Identification(at: usize): u32 {
  return load32(at + 4);
}

/**
 * Walks over the extension headers from `at`, where one of kind `next` begins.
 *
 * @returns octets to the upper layer's header, and below them, in eight bits, its protocol; NO_END
 *   when the `length` octets from `at` end before. Behind a later fragment's header no other comes,
 *   whatever it says.
 */
export function endOfChain(next: u32, at: usize, length: u32): u32 {
  let offset: u32 = 0;
  while (next == FRAGMENT || isExtension(next)) {
    if (length < offset + 8) return NO_END;
    const header = at + offset;
    offset += next == FRAGMENT ? FRAGMENT_HEADER : extensionLength(header);
    const isLater = next == FRAGMENT && ipv6Fragment(header) > 1;
    next = isLater ? NO_NEXT_HEADER : load<u8>(header);
  }
  return offset > length ? NO_END : (offset << 8) | next;
}

/**
 * Whether that chain, with the whole of the upper layer's header, lies within `length` octets, as
 * it must in a first fragment (RFC 7112 §5).
 */
export function isWholeChain(next: u32, at: usize, length: u32): bool {
  const end = endOfChain(next, at, length);
  return end != NO_END && length - (end >> 8) >= leastHeader(end & 0xff);
}

/** Octets an upper layer's header has at least. */
function leastHeader(protocol: u32): u32 {
  switch (protocol) {
    case NO_NEXT_HEADER:
      return 0;
    case PROTOCOL_TCP:
      return TCP_HEADER;
    case PROTOCOL_UDP:
    case PROTOCOL_ICMPV6:
      return 8;
    default:
      return 1;
  }
}

/**
 * Takes the fragment header out of a first fragment's headers, of which it is the last, at octet
 * `kept`; `length` octets of data will follow where it lay.
 *
 * @returns where the octet lies that names what follows
 */
export function joinIpv6(at: usize, kept: u32, length: u32): usize {
  let namedAt = at + IPV6_NEXT_HEADER;
  for (let offset = IPV6_HEADER; offset < kept; ) {
    const kind = load<u8>(namedAt);
    namedAt = at + offset;
    offset += kind == FRAGMENT ? FRAGMENT_HEADER : extensionLength(namedAt);
  }
  store<u8>(namedAt, load<u8>(at + kept));
  store16(at + 4, kept - IPV6_HEADER + length);
  return namedAt;
}

/** Writes the header of a fragment, whose data lies so many octets from the datagram's begin. */
export function writeFragmentHeader(
  at: usize,
  nextHeader: u32,
  offset: u32,
  isLast: bool,
  identification: u32,
): void {
  store16(at, nextHeader << 8);
  store16(at + 2, offset | (isLast ? 0 : 1));
  store32(at + 4, identification);
}

/** Writes the fixed header. */
export function writeIpv6(
  at: usize,
  payloadLength: u32,
  trafficClass: u32,
  flowLabel: u32,
  hopLimit: u32,
  nextHeader: u32,
  source0: u64,
  source1: u64,
  destination0: u64,
  destination1: u64,
): void {
  store32(at, (6 << 28) | (trafficClass << 20) | (flowLabel & 0xf_ffff));
  store16(at + 4, payloadLength);
  store<u8>(at, <u8>nextHeader, IPV6_NEXT_HEADER);
  store<u8>(at, <u8>hopLimit, 7);
  store<u64>(at, source0, 8);
  store<u64>(at, source1, 16);
  store<u64>(at, destination0, 24);
  store<u64>(at, destination1, 32);
}
