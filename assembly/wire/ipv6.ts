/**
 * The IPv6 header (RFC 8200 §3) and the shape its extension headers share (§4). No state.
 *
 *  ├ ver │ traffic class ┼────────────── flow label ────────────────┤  0
 *  ├──────── payload length ──────┼─ next header ┼─── hop limit ────┤  4
 *  ├────────────────────── source, 16 octets ───────────────────────┤  8
 *  ├─────────────────── destination, 16 octets ─────────────────────┤ 24
 */
import { load16, load32, store16, store32 } from './octets';

/** Octets of the fixed header. */
export const IPV6_HEADER: u32 = 40;

/** Next-header numbers of the extension headers a host walks over (RFC 8200 §4). */
export const HOP_BY_HOP: u32 = 0;
export const ROUTING: u32 = 43;
export const FRAGMENT: u32 = 44;
export const NO_NEXT_HEADER: u32 = 59;
export const DESTINATION_OPTIONS: u32 = 60;

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
  return load<u8>(at, 6);
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
  store<u8>(at, <u8>nextHeader, 6);
  store<u8>(at, <u8>hopLimit, 7);
  store<u64>(at, source0, 8);
  store<u64>(at, source1, 16);
  store<u64>(at, destination0, 24);
  store<u64>(at, destination1, 32);
}
