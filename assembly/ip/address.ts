/**
 * Our addresses (RFC 1122 §3.2.1.3, §3.3.6): which are ours, and which can be one end of a
 * connection.
 *
 * Some are given to us, with the prefix of the network they are in. All of 127.0.0.0/8 and ::1 are
 * ours without: they are those of the loopback, a link of its own that begins and ends here.
 *
 * ╒══════════ LocalAddress (24 octets) ══════════╕
 * │ a0 u64 │ a1 u64 │ prefixLength u32 │ unused u32 │
 * └──────────────────────────────────────────────┘
 */
import { Result } from '../abi';
import { MAX_ADDRESSES } from '../limits';
import { ADDRESSES } from '../memory';
import {
  isEverybody,
  isIpv4,
  isLoopback,
  isUnspecified,
  LOCALHOST_IPV4,
  LOCALHOST_IPV6,
  mayBeOnWire,
  samePrefix,
} from '../wire/address';
import { forgetJudged } from './judged';

/** An address of ours. */
@unmanaged
export class LocalAddress {
  a0: u64;
  a1: u64;
  /** Bits of the prefix, counted in the 16-octet form: IPv4's /24 is 120. */
  prefixLength: u32;
}

const LOCAL_ADDRESS_SIZE: usize = 24;
/** Behind all others. */
const LOCALHOST: usize = ADDRESSES + 8 + LOCAL_ADDRESS_SIZE * MAX_ADDRESSES;
if (LOCALHOST + LOCAL_ADDRESS_SIZE > ADDRESSES + 1024) ERROR('ADDRESSES is too small');

/** How many addresses are ours. */
export function addressCount(): u32 {
  return load<u32>(ADDRESSES);
}

/** One of them, from 0 in the order they were added. */
export function addressAt(i: u32): LocalAddress {
  return changetype<LocalAddress>(ADDRESSES + 8 + LOCAL_ADDRESS_SIZE * i);
}

/** Our end of the loopback, in the family of an address. */
export function localhost(a0: u64, a1: u64): LocalAddress {
  const own = changetype<LocalAddress>(LOCALHOST);
  own.a0 = 0;
  own.a1 = isIpv4(a0, a1) ? LOCALHOST_IPV4 : LOCALHOST_IPV6;
  return own;
}

/** Adds an address of ours; `prefixLength` counts in the family's own width. */
export function addLocalAddress(a0: u64, a1: u64, prefixLength: u32): Result {
  const ipv4 = isIpv4(a0, a1);
  const width: u32 = ipv4 ? 32 : 128;
  if (isLocal(a0, a1)) return Result.ADDRESS_IN_USE;
  if (prefixLength > width || !mayBeOnWire(a0, a1, ipv4)) return Result.INVALID_ARGUMENT;
  const i = addressCount();
  if (i == MAX_ADDRESSES) return Result.INSUFFICIENT_RESOURCES;
  const address = addressAt(i);
  address.a0 = a0;
  address.a1 = a1;
  address.prefixLength = prefixLength + 128 - width;
  store<u32>(ADDRESSES, i + 1);
  forgetJudged();
  return Result.OK;
}

/** Whether an address is one of those given to us. */
export function isGiven(a0: u64, a1: u64): bool {
  for (let i: u32 = 0; i < addressCount(); i++) {
    const address = addressAt(i);
    if (address.a0 == a0 && address.a1 == a1) return true;
  }
  return false;
}

/** Whether an address is one of ours: what is sent to it never leaves. */
export function isLocal(a0: u64, a1: u64): bool {
  return isGiven(a0, a1) || isLoopback(a0, a1); // RFC 1122 §3.2.1.3b
}

/**
 * Whether who is bound to a local address takes what comes for (a0, a1), and how exactly: 0 not.
 * The unspecified 0.0.0.0 takes IPv4 only; :: takes both families, unless it was to be IPv6's.
 */
export function fitness(own0: u64, own1: u64, isIpv6Only: bool, a0: u64, a1: u64): u32 {
  if (own0 == a0 && own1 == a1) return 3;
  if (!isUnspecified(own0, own1)) return 0;
  if (isIpv4(own0, own1)) return isIpv4(a0, a1) ? 2 : 0;
  return isIpv6Only && isIpv4(a0, a1) ? 0 : 1;
}

/**
 * Broadcast of a prefix of ours: all host bits set, in prefixes that have room for it (RFC 3021).
 */
export function isDirectedBroadcast(a0: u64, a1: u64): bool {
  // The last two bits lie in the highest octet, as loaded; most addresses are told apart by them.
  if (!isIpv4(a0, a1) || (a1 >> 56) % 4 != 3) return false;
  for (let i: u32 = 0; i < addressCount(); i++) {
    const address = addressAt(i);
    if (!isIpv4(address.a0, address.a1) || address.prefixLength > 126) continue;
    if (!samePrefix(a0, a1, address.a0, address.a1, address.prefixLength)) continue;
    const hostBits = ~(<u32>0) >> (address.prefixLength - 96);
    if ((bswap<u32>(<u32>(a1 >> 32)) & hostBits) == hostBits) return true;
  }
  return false;
}

/** Whether an address is everybody's: on our link, or in a network of ours. */
export function isBroadcast(a0: u64, a1: u64): bool {
  return isEverybody(a0, a1) || isDirectedBroadcast(a0, a1);
}

/** Whether an address can be one end of a connection: one host's, be it another or ourselves. */
export function isUnicast(a0: u64, a1: u64): bool {
  if (isLoopback(a0, a1)) return true;
  return mayBeOnWire(a0, a1, isIpv4(a0, a1)) && !isDirectedBroadcast(a0, a1);
}
