/**
 * Addresses as two u64, in the order their octets lie in memory.
 *
 * One width serves both families: IPv4 is held in its mapped form ::ffff:a.b.c.d (RFC 4291
 * §2.5.5.2), so comparing, hashing and storing never ask which family it is. The mapped form never
 * leaves on the wire. The second half of a mapped address is the prefix 00 00 ff ff, then the four
 * octets.
 */

/** The lower four octets of a mapped address's second half, as loaded. */
const MAPPED: u64 = 0xffff_0000;

/** The second halves of 127.0.0.1 and ::1, whose first are 0. */
export const LOCALHOST_IPV4: u64 = 0x0100_007f_ffff_0000;
export const LOCALHOST_IPV6: u64 = 1 << 56;

/** The second half of an IPv4 address whose four octets lie at `at`; the first half is 0. */
export function mapIpv4(at: usize): u64 {
  return ((<u64>load<u32>(at)) << 32) | MAPPED;
}

/** Whether an address is IPv4, in its mapped form. */
export function isIpv4(a0: u64, a1: u64): bool {
  return a0 == 0 && <u32>a1 == <u32>MAPPED;
}

/** The four octets of a mapped address, as loaded from memory. */
export function ipv4Of(a1: u64): u32 {
  return <u32>(a1 >> 32);
}

/** The four octets of a mapped address as a number: 10.0.0.1 is 0x0a000001. */
function ipv4Number(a1: u64): u32 {
  return bswap<u32>(ipv4Of(a1));
}

/** 0.0.0.0, :: */
export function isUnspecified(a0: u64, a1: u64): bool {
  return a0 == 0 && (a1 == 0 || a1 == MAPPED);
}

/** 127.0.0.0/8, ::1 */
export function isLoopback(a0: u64, a1: u64): bool {
  if (isIpv4(a0, a1)) return ipv4Number(a1) >> 24 == 127;
  return a0 == 0 && a1 == LOCALHOST_IPV6;
}

/**
 * Whether an address may stand in a header of that family, on a wire, for one host. The one place
 * that knows which never may:
 *
 * - IPv4: 0.0.0.0/8, 127.0.0.0/8, groups, and all from 240.0.0.0 on (RFC 1122 §3.2.1.3);
 * - IPv6: groups; the mapped form of IPv4, which is ours inside and would make one family of two;
 *   and ::/96, which holds ::, ::1 and the form that was compatible with IPv4 (RFC 4291 §2.5.5).
 */
export function mayBeOnWire(a0: u64, a1: u64, ipv4: bool): bool {
  if (ipv4) {
    const net = ipv4Number(a1) >> 24;
    return net != 0 && net != 127 && net < 224;
  }
  if (a0 != 0) return (a0 & 0xff) != 0xff;
  const word = a1 & 0xffff_ffff;
  return word != 0 && word != MAPPED; // RFC 4291 §2.5.5
}

/** A group's: 224.0.0.0/4, ff00::/8 (RFC 1112 §4, RFC 4291 §2.7). */
export function isGroup(a0: u64, a1: u64): bool {
  return isIpv4(a0, a1) ? ipv4Number(a1) >> 28 == 14 : (a0 & 0xff) == 0xff;
}

/** The group that all hosts are in, on their link: 224.0.0.1, ff02::1. */
export function isAllHosts(a0: u64, a1: u64): bool {
  if (isIpv4(a0, a1)) return ipv4Number(a1) == 0xe000_0001;
  return a0 == 0x02ff && a1 == 1 << 56;
}

/** 255.255.255.255 */
export function isEverybody(a0: u64, a1: u64): bool {
  return isIpv4(a0, a1) && ipv4Number(a1) == 0xffff_ffff;
}

/** fe80::/10 */
export function isLinkLocal(a0: u64, a1: u64): bool {
  return (a0 & 0xc0ff) == 0x80fe;
}

/**
 * Whether two addresses share their first `length` bits, 0 to 128, counted in the 16-octet form.
 */
export function samePrefix(a0: u64, a1: u64, b0: u64, b1: u64, length: u32): bool {
  const first = bswap<u64>(a0 ^ b0);
  const second = bswap<u64>(a1 ^ b1);
  if (length == 0) return true;
  if (length <= 64) return first >> (64 - length) == 0;
  return first == 0 && second >> (128 - length) == 0;
}
