/**
 * The ICMP header (RFC 792) and the numbers a host needs. The ICMPv6 ones stand in `icmpv6.ts`.
 *
 *  ├─── type ───┼─── code ───┼──────── checksum ────────┤  0
 *  ├──── identifier, or 0 ───┼─── sequence, or MTU ─────┤  4
 *  ├──────── echo's octets, or the quoted packet ───────┤  8
 */
import { load16, store16, store32 } from './octets';

/** Octets before the quoted packet or the echo's octets; the same in ICMPv6. */
export const ICMP_HEADER: u32 = 8;
export const PROTOCOL_ICMP: u32 = 1;
/** Offset of the checksum, in both. */
export const ICMP_CHECKSUM: u32 = 2;

/** Types. */
export enum Icmp {
  ECHO_REPLY = 0,
  DESTINATION_UNREACHABLE = 3,
  SOURCE_QUENCH = 4,
  REDIRECT = 5,
  ECHO = 8,
  TIME_EXCEEDED = 11,
  PARAMETER_PROBLEM = 12,
}

/** Codes of DESTINATION_UNREACHABLE (RFC 792, RFC 1122 §3.2.2.1). */
export enum Unreachable {
  NET = 0,
  HOST = 1,
  PROTOCOL = 2,
  PORT = 3,
  FRAGMENTATION_NEEDED = 4,
  SOURCE_ROUTE_FAILED = 5,
}

/** Code of TIME_EXCEEDED, in ICMPv6 as well: a datagram did not come whole in time. */
export const REASSEMBLY: u32 = 1;
/** The highest type that has a meaning to a host; what is above it may be an error. */
export const LAST_KNOWN_ICMP: u32 = 18;

/** Type, one of Icmp or Icmpv6. */
export function icmpType(at: usize): u32 {
  return load<u8>(at);
}

/** Code, whose meaning depends on the type. */
export function icmpCode(at: usize): u32 {
  return load<u8>(at, 1);
}

/** Identifier of an echo. */
export function echoIdentifier(at: usize): u32 {
  return load16(at + 4);
}

/** Sequence number of an echo. */
export function echoSequence(at: usize): u32 {
  return load16(at + 6);
}

/** Next-hop MTU of "fragmentation needed" (RFC 1191 §4); 0 from a router that does not say. */
export function nextHopMtu(at: usize): u32 {
  return load16(at + 6);
}

/** Writes type, code, an empty checksum, and the four octets that follow. */
export function writeIcmp(at: usize, type: u32, code: u32, rest: u32): void {
  store<u8>(at, <u8>type);
  store<u8>(at, <u8>code, 1);
  store16(at + 2, 0);
  store32(at + 4, rest);
}
