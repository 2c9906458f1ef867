/**
 * The source route options of IPv4 (RFC 791 §3.1): finding one among a header's options, and its
 * parts. No state.
 *
 *  ├─ type: 131, 137 ─┼─ length: 3 + 4n ─┼──── pointer ────┤  n addresses of four octets
 *
 * The pointer counts from 1, so 4 is the first address. What lies before it was recorded on the
 * way, what lies from it on is still to be visited; beyond the length, the route is complete.
 */
import { ipv4Destination, ipv4HeaderLength, IPV4_HEADER } from './ipv4';

/** Option types; the bit that has fragments carry a copy is part of them. */
const END: u32 = 0;
const NO_OPERATION: u32 = 1;
const LOOSE: u32 = 131;
const STRICT: u32 = 137;

/** Octets before the first address. */
export const SOURCE_ROUTE_HEADER: u32 = 3;
/** A pointer that has visited nothing yet. */
export const FIRST_POINTER: u32 = 4;
/** What `findSourceRoute` answers when the options can not be read; no option lies there. */
export const MALFORMED: usize = 1;

/**
 * Where the octet lies that makes the options between two addresses unreadable: a length that runs
 * over, a source route that is none, or a second one (RFC 1122 §3.2.1.8 (c)). 0 when all is well.
 */
export function faultyOctet(at: usize, end: usize): usize {
  let hasSourceRoute = false;
  while (at < end && load<u8>(at) != END) {
    if (load<u8>(at) == NO_OPERATION) {
      at++;
      continue;
    }
    if (at + 1 == end) return at;
    const length = optionLength(at);
    if (length < 2 || at + length > end) return at + 1;
    if (isSourceRoute(at)) {
      if (hasSourceRoute) return at;
      if (length % 4 != SOURCE_ROUTE_HEADER) return at + 1;
      if (sourceRoutePointer(at) < FIRST_POINTER || sourceRoutePointer(at) % 4 != 0) return at + 2;
      hasSourceRoute = true;
    }
    at += length;
  }
  return 0;
}

function isSourceRoute(option: usize): bool {
  return optionType(option) == LOOSE || optionType(option) == STRICT;
}

/**
 * The source route among the options between two addresses; 0 when there is none, MALFORMED when
 * they can not be read.
 */
export function findSourceRoute(at: usize, end: usize): usize {
  if (faultyOctet(at, end) != 0) return MALFORMED;
  while (at < end && load<u8>(at) != END) {
    if (isSourceRoute(at)) return at;
    at += load<u8>(at) == NO_OPERATION ? 1 : optionLength(at);
  }
  return 0;
}

/** Type of an option. */
export function optionType(option: usize): u32 {
  return load<u8>(option);
}

/** Octets of an option. */
export function optionLength(option: usize): u32 {
  return load<u8>(option, 1);
}

/** Pointer of a source route. */
export function sourceRoutePointer(option: usize): u32 {
  return load<u8>(option, 2);
}

/** Addresses in a source route. */
export function addressCount(option: usize): u32 {
  return (optionLength(option) - SOURCE_ROUTE_HEADER) / 4;
}

/** Where its address number `i` lies, from 0. */
export function hopAddress(option: usize, i: u32): usize {
  return option + SOURCE_ROUTE_HEADER + 4 * i;
}

/** Whether every hop has been visited. */
export function isComplete(option: usize): bool {
  return sourceRoutePointer(option) > optionLength(option);
}

/** Writes what stands before the addresses of a source route that has visited nothing yet. */
export function writeSourceRouteHeader(option: usize, type: u32, addresses: u32): void {
  store<u8>(option, <u8>type);
  store<u8>(option, <u8>(SOURCE_ROUTE_HEADER + 4 * addresses), 1);
  store<u8>(option, <u8>FIRST_POINTER, 2);
}

/**
 * Where the four octets of a packet's last destination lie: while it is on a source route, that is
 * the source route's last address and not the header's destination.
 */
export function finalDestination(packet: usize): usize {
  const option = findSourceRoute(packet + IPV4_HEADER, packet + ipv4HeaderLength(packet));
  if (option <= MALFORMED || isComplete(option)) return ipv4Destination(packet);
  return option + optionLength(option) - 4;
}
