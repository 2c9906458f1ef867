/**
 * Which way a packet takes (RFC 1122 §3.3.1, RFC 6724 in miniature).
 *
 * What is for ourselves takes the loopback: from 127.0.0.1 or ::1 to the loopback's addresses, from
 * the very address it is for to others of ours. Beside that there is one link, so a route is only a
 * choice of source: the address whose prefix holds the destination, else the first address of its
 * family, whose network is then taken to be the way out.
 */
import { Counter, RouteAdvice } from '../abi';
import { count } from '../counters';
import { ROUTE_ADVICE } from '../memory';
import { isIpv4, isLinkLocal, isLoopback, samePrefix } from '../wire/address';
import { addressAt, addressCount, LocalAddress, localhost } from './address';

/** The address of ours that packets to a destination leave from; null when its family has none. */
export function sourceFor(a0: u64, a1: u64): LocalAddress | null {
  if (isLoopback(a0, a1)) return localhost(a0, a1);
  let best: LocalAddress | null = null;
  let bestLength: i32 = -1;
  const ipv4 = isIpv4(a0, a1);
  for (let i: u32 = 0; i < addressCount(); i++) {
    const address = addressAt(i);
    if (isIpv4(address.a0, address.a1) != ipv4) continue;
    if (address.a0 == a0 && address.a1 == a1) return address;
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
 * Whether a destination lies within a prefix of ours, so that we answer for hosts that are missing
 * there.
 */
export function isOnLink(a0: u64, a1: u64): bool {
  for (let i: u32 = 0; i < addressCount(); i++) {
    const address = addressAt(i);
    if (samePrefix(a0, a1, address.a0, address.a1, address.prefixLength)) return true;
  }
  return false;
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
