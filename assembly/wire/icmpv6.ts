/**
 * The numbers of ICMPv6 (RFC 4443); its header has ICMP's shape, and its checksum a pseudo header.
 */
import { load32 } from './octets';

/** ICMPv6 as a next header. */
export const PROTOCOL_ICMPV6: u32 = 58;

/** Types. */
export enum Icmpv6 {
  DESTINATION_UNREACHABLE = 1,
  PACKET_TOO_BIG = 2,
  TIME_EXCEEDED = 3,
  PARAMETER_PROBLEM = 4,
  ECHO_REQUEST = 128,
  ECHO_REPLY = 129,
  REDIRECT = 137,
}

/** Whether a type says that something went wrong: the upper bit is of those that do not. */
export function isIcmpv6Error(type: u32): bool {
  return type < 128;
}

/** Codes of DESTINATION_UNREACHABLE (RFC 4443 §3.1). */
export enum Unreachable6 {
  NO_ROUTE = 0,
  PROHIBITED = 1,
  BEYOND_SCOPE = 2,
  ADDRESS = 3,
  PORT = 4,
}

/** Codes of PARAMETER_PROBLEM (RFC 4443 §3.4, RFC 7112 §5). */
export enum Parameter6 {
  ERRONEOUS_FIELD = 0,
  UNRECOGNIZED_NEXT_HEADER = 1,
  UNRECOGNIZED_OPTION = 2,
  INCOMPLETE_CHAIN = 3,
}

/** MTU of PACKET_TOO_BIG, a whole word in ICMPv6. */
export function packetTooBigMtu(at: usize): u32 {
  return load32(at + 4);
}
