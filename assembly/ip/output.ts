/**
 * IP output: the header in front of what a transport has written (RFC 791, RFC 8200).
 *
 * Every packet is atomic (DF set), so its identification means nothing and is 0 (RFC 6864 §4.1),
 * which also gives nothing away. What is or may become a fragment has its header changed behind
 * that (`fragment.ts`).
 */
import { Counter, Setting } from '../abi';
import { count } from '../counters';
import { setting } from '../limits';
import { isIpv4 } from '../wire/address';
import { IPV4_HEADER, LARGEST_IPV4, writeIpv4 } from '../wire/ipv4';
import { IPV6_HEADER, LARGEST_PAYLOAD_IPV6, writeIpv6 } from '../wire/ipv6';
import { isLocal } from './address';

/** Hop limit of our packets where nobody chose another (RFC 1700). */
export const DEFAULT_HOP_LIMIT: u32 = 64;

/** Octets of the header a packet to that address gets. */
export function headerLength(a0: u64, a1: u64): u32 {
  return isIpv4(a0, a1) ? IPV4_HEADER : IPV6_HEADER;
}

/** MTU of the loopback, as Linux has it; no packet of IPv4 is that long. */
const LOOPBACK_MTU: u32 = 65_536;

/** Octets of the largest packet the link towards an address carries. */
export function linkMtu(a0: u64, a1: u64): u32 {
  if (!isLocal(a0, a1)) return setting(Setting.MTU);
  return isIpv4(a0, a1) ? LARGEST_IPV4 : LOOPBACK_MTU;
}

/** Octets a transport may put in one packet to that address. */
export function largestTransport(a0: u64, a1: u64): u32 {
  return linkMtu(a0, a1) - headerLength(a0, a1);
}

/** Octets a transport may put in one datagram to that address, fragmented or not. */
export function largestDatagram(a0: u64, a1: u64): u32 {
  return isIpv4(a0, a1) ? LARGEST_IPV4 - IPV4_HEADER : LARGEST_PAYLOAD_IPV6;
}

/**
 * Writes the header at `at`, in front of `length` octets of transport.
 *
 * @returns octets of the whole packet
 */
export function writeHeader(
  at: usize,
  length: u32,
  protocol: u32,
  diffserv: u32,
  hopLimit: u32,
  flowLabel: u32,
  local0: u64,
  local1: u64,
  remote0: u64,
  remote1: u64,
): u32 {
  count(Counter.IpOutRequests);
  if (isIpv4(remote0, remote1)) {
    // MAY-4, RFC 6864 §4.1
    writeIpv4(at, IPV4_HEADER + length, diffserv, 0, hopLimit, protocol, local1, remote1);
    return IPV4_HEADER + length;
  }
  writeIpv6(at, length, diffserv, flowLabel, hopLimit, protocol, local0, local1, remote0, remote1);
  return IPV6_HEADER + length;
}
