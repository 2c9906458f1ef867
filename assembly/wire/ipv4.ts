/**
 * The IPv4 header (RFC 791 §3.1): offsets, readers, and one writer. No state.
 *
 *  0                   1                   2                   3
 *  ├ ver │ IHL ┼─ Diffserv, ECN ─┼────────── total length ──────────┤  0
 *  ├────────── identification ───┼─ 0 DF MF ┼── fragment offset ────┤  4
 *  ├── time to live ┼─ protocol ─┼────────── header checksum ───────┤  8
 *  ├────────────────────────── source ──────────────────────────────┤ 12
 *  ├──────────────────────── destination ───────────────────────────┤ 16
 *  ├─────────────── options, IHL - 5 words of them ─────────────────┤ 20
 */
import { sumHeader } from '../store/copy-sum';
import { ipv4Of } from './address';
import { finish } from './checksum';
import { load16, store16, store32 } from './octets';

/** Octets of a header without options: what we write. */
export const IPV4_HEADER: u32 = 20;
/** Bits of the fragment word. */
export const MORE_FRAGMENTS: u32 = 0x2000;
export const DONT_FRAGMENT: u32 = 0x4000;
export const FRAGMENT_OFFSET: u32 = 0x1fff;
/** Octets of the largest packet. */
export const LARGEST_IPV4: u32 = 65_535;

/** The version field of either family: 4 or 6. */
export function versionOf(at: usize): u32 {
  return load<u8>(at) >> 4;
}

/** Octets of the header, options included. */
export function ipv4HeaderLength(at: usize): u32 {
  return (load<u8>(at) & 15) * 4;
}

/** The Diffserv field and the ECN bits, in one octet. */
export function ipv4Diffserv(at: usize): u32 {
  return load<u8>(at, 1);
}

/** Octets of the whole packet. */
export function ipv4TotalLength(at: usize): u32 {
  return load16(at + 2);
}

/** Identification: what the fragments of one datagram have in common. */
export function ipv4Identification(at: usize): u32 {
  return load16(at + 4);
}

/** DF, MF and the fragment's offset in units of eight octets. */
export function ipv4Fragment(at: usize): u32 {
  return load16(at + 6);
}

/** Time to live, in hops. */
export function ipv4TimeToLive(at: usize): u32 {
  return load<u8>(at, 8);
}

/** Protocol of what the packet carries. */
export function ipv4Protocol(at: usize): u32 {
  return load<u8>(at, 9);
}

/** Address of the source's four octets; the destination's follow. */
export function ipv4Source(at: usize): usize {
  return at + 12;
}

/** Address of the destination's four octets. */
export function ipv4Destination(at: usize): usize {
  return at + 16;
}

/** Whether the header's checksum is right. */
export function ipv4ChecksumHolds(at: usize): bool {
  return sumHeader(at, ipv4HeaderLength(at)) == 0xffff;
}

/** Writes a header without options, checksum included; DF is set (RFC 1191). */
export function writeIpv4(
  at: usize,
  totalLength: u32,
  diffserv: u32,
  identification: u32,
  timeToLive: u32,
  protocol: u32,
  source: u64,
  destination: u64,
): void {
  store32(at, 0x4500_0000 | ((diffserv & 0xff) << 16) | (totalLength & 0xffff));
  store32(at + 4, (identification << 16) | DONT_FRAGMENT); // RFC 1191 §3e
  store32(at + 8, (timeToLive << 24) | ((protocol & 0xff) << 16));
  store<u32>(at, ipv4Of(source), 12);
  store<u32>(at, ipv4Of(destination), 16);
  store<u16>(at, <u16>finish(sumHeader(at, IPV4_HEADER)), 10);
}

/** Sets what has to do with fragments in a header that was written: the word of DF, MF, offset. */
export function setFragment(at: usize, identification: u32, fragment: u32): void {
  store16(at + 4, identification);
  store16(at + 6, fragment);
  store<u16>(at, 0, 10);
  store<u16>(at, <u16>finish(sumHeader(at, ipv4HeaderLength(at))), 10);
}

/** Makes of a fragment's header that of the whole packet, of so many octets. */
export function joinIpv4(at: usize, totalLength: u32): void {
  store16(at + 2, totalLength);
  setFragment(at, ipv4Identification(at), ipv4Fragment(at) & DONT_FRAGMENT);
}
