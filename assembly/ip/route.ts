/**
 * Our addresses, and which of them a packet leaves from (RFC 1122 §3.3.1, RFC 6724 in miniature).
 *
 * There is one link, so a route is only a choice of source: the address whose prefix holds the
 * destination, else the first address of its family, whose network is then taken to be the way out.
 *
 * ╒══════════ LocalAddress (24 octets) ══════════╕
 * │ a0 u64 │ a1 u64 │ prefixLength u32 │ unused u32 │
 * └──────────────────────────────────────────────┘
 */
import { Counter, Result, RouteAdvice } from '../abi';
import { count } from '../counters';
import { MAX_ADDRESSES } from '../limits';
import { ADDRESSES, ROUTE_ADVICE } from '../memory';
import {
  isIpv4,
  isLimitedBroadcast,
  isLinkLocal,
  isMulticast,
  isUnspecified,
  samePrefix,
} from '../wire/address';

/** An address of ours. */
@unmanaged
export class LocalAddress {
  a0: u64;
  a1: u64;
  /** Bits of the prefix, counted in the 16-octet form: IPv4's /24 is 120. */
  prefixLength: u32;
}

const LOCAL_ADDRESS_SIZE: usize = 24;
if (8 + <u32>LOCAL_ADDRESS_SIZE * MAX_ADDRESSES > 1024) ERROR('ADDRESSES is too small');

function addressCount(): u32 {
  return load<u32>(ADDRESSES);
}

function addressAt(i: u32): LocalAddress {
  return changetype<LocalAddress>(ADDRESSES + 8 + LOCAL_ADDRESS_SIZE * i);
}

/** Adds an address of ours; `prefixLength` counts in the family's own width. */
export function addLocalAddress(a0: u64, a1: u64, prefixLength: u32): Result {
  const width: u32 = isIpv4(a0, a1) ? 32 : 128;
  if (prefixLength > width || isUnspecified(a0, a1) || isMulticast(a0, a1)) {
    return Result.INVALID_ARGUMENT;
  }
  if (isLocal(a0, a1)) return Result.ADDRESS_IN_USE;
  const i = addressCount();
  if (i == MAX_ADDRESSES) return Result.INSUFFICIENT_RESOURCES;
  const address = addressAt(i);
  address.a0 = a0;
  address.a1 = a1;
  address.prefixLength = prefixLength + 128 - width;
  store<u32>(ADDRESSES, i + 1);
  return Result.OK;
}

/** Whether an address is one of ours. */
export function isLocal(a0: u64, a1: u64): bool {
  for (let i: u32 = 0; i < addressCount(); i++) {
    const address = addressAt(i);
    if (address.a0 == a0 && address.a1 == a1) return true;
  }
  return false;
}

/** The address of ours that packets to a destination leave from; null when its family has none. */
export function sourceFor(a0: u64, a1: u64): LocalAddress | null {
  let best: LocalAddress | null = null;
  let bestLength: i32 = -1;
  const ipv4 = isIpv4(a0, a1);
  for (let i: u32 = 0; i < addressCount(); i++) {
    const address = addressAt(i);
    if (isIpv4(address.a0, address.a1) != ipv4) continue;
    // A link-local address is a source for its own link only (RFC 6724 §5, rule 2).
    const onLink = samePrefix(a0, a1, address.a0, address.a1, address.prefixLength);
    if (!onLink && isLinkLocal(address.a0, address.a1)) continue;
    const length = onLink ? <i32>address.prefixLength : 0;
    if (length > bestLength) {
      best = address;
      bestLength = length;
    }
  }
  return best;
}

/**
 * Whether a destination lies within a prefix of ours, so that we answer for who is missing there.
 */
export function isOnLink(a0: u64, a1: u64): bool {
  for (let i: u32 = 0; i < addressCount(); i++) {
    const address = addressAt(i);
    if (samePrefix(a0, a1, address.a0, address.a1, address.prefixLength)) return true;
  }
  return false;
}

/**
 * Broadcast of a prefix of ours: all host bits set, in prefixes that have room for it (RFC 3021).
 */
function isDirectedBroadcast(a0: u64, a1: u64): bool {
  if (!isIpv4(a0, a1)) return false;
  for (let i: u32 = 0; i < addressCount(); i++) {
    const address = addressAt(i);
    if (!isIpv4(address.a0, address.a1) || address.prefixLength > 126) continue;
    if (!samePrefix(a0, a1, address.a0, address.a1, address.prefixLength)) continue;
    const hostBits = ~(<u32>0) >> (address.prefixLength - 96);
    if ((bswap<u32>(<u32>(a1 >> 32)) & hostBits) == hostBits) return true;
  }
  return false;
}

/** Whether an address can not be one end of a connection: nobody, everybody, or a group. */
export function isNoUnicast(a0: u64, a1: u64): bool {
  return (
    isUnspecified(a0, a1) ||
    isMulticast(a0, a1) ||
    isLimitedBroadcast(a0, a1) ||
    isDirectedBroadcast(a0, a1)
  );
}

/**
 * Takes a transport's advice that packets to an address do not seem to arrive (RFC 1122 §3.3.1.4).
 *
 * Behind our one link there may be gateways, tunnels or carriers, but only whoever made the link
 * knows them: the advice waits in a window for the host, which hands it to the link.
 */
export function adviseAgainst(a0: u64, a1: u64): void {
  const advice = changetype<RouteAdvice>(ROUTE_ADVICE);
  advice.remote0 = a0;
  advice.remote1 = a1;
  advice.count++;
  count(Counter.IpExtNegativeAdvice);
}
