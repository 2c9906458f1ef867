/**
 * Source routes of IPv4 (RFC 791 §3.1, RFC 1122 §3.2.1.8 (c)): the records of those in use, how one
 * that has arrived is turned round, and how one gets into a header.
 *
 * Few connections have a route, so it is a record of a small pool and not part of a TCB. The header
 * of a packet under way names the next hop, and the route ends with the destination: so the first
 * hop stands beside the option, and the option's last place is filled from the header it goes into.
 * A reply that still waits to be sent holds the record too, for its connection may be gone by then.
 *
 * ╒═══════════════════════════ Route (56 octets) ═══════════════════════════╕
 * │ link │ shares  │ first hop │ length │ 40 octets: the option, then EOL     │
 * └─────────────────────────────────────────────────────────────────────────┘
 *
 * Not here: acting as a hop of somebody's route. A host may refuse to (RFC 1122 §3.3.5), and does.
 */
import { SOURCE_ROUTE_SIZE } from '../memory';
import { sourceRoutes } from '../pools';
import { sum } from '../store/copy-sum';
import { give, itemAt, take } from '../store/pool';
import { mapIpv4 } from '../wire/address';
import { finish } from '../wire/checksum';
import { ipv4Destination, IPV4_HEADER } from '../wire/ipv4';
import {
  addressCount,
  findSourceRoute,
  FIRST_POINTER,
  hopAddress,
  optionLength,
  sourceRoutePointer,
  optionType,
  writeSourceRouteHeader,
} from '../wire/source-route';
import { isLocal, isUnicast } from './address';

/** A source route of a connection. */
@unmanaged
class SourceRoute {
  link: u32;
  /** A connection or SYN-queue entry, and the replies that wait to be sent along it. */
  shares: u32;
  /** The four octets the header's destination gets, as loaded. */
  firstHop: u32;
  /** Octets the option takes in a header, padding included. */
  length: u32;
}

const OPTION: usize = 16;
/** Octets of options an IPv4 header has room for. */
const MOST_OPTIONS: u32 = 40;
if (offsetof<SourceRoute>() > OPTION || OPTION + MOST_OPTIONS > SOURCE_ROUTE_SIZE) {
  ERROR('a source route is too large');
}

function sourceRouteAt(index: u32): SourceRoute {
  return changetype<SourceRoute>(itemAt(sourceRoutes(), index));
}

/** Octets a source route adds to the IP header; none where there is no source route. */
export function sourceRouteLength(index: u32): u32 {
  return index == 0 ? 0 : sourceRouteAt(index).length;
}

/** The second half of the address packets of that source route are sent to first. */
export function firstHop(index: u32): u64 {
  return mapIpv4(changetype<usize>(sourceRouteAt(index)) + offsetof<SourceRoute>('firstHop'));
}

/** Whether every address of a source route is a single host's, and none is ourselves. */
export function hasUsableHops(option: usize): bool {
  for (let i: u32 = 0; i < addressCount(option); i++) {
    const hop = mapIpv4(hopAddress(option, i));
    if (!isUnicast(0, hop) || isLocal(0, hop)) return false;
  }
  return true;
}

/**
 * Whether `length` octets are one source route with nothing visited yet, as a user writes it: every
 * hop in the order they are to be visited, the destination not among them.
 */
export function isAskable(option: usize, length: u32): bool {
  if (length <= FIRST_POINTER || length >= MOST_OPTIONS || optionLength(option) != length) {
    return false;
  }
  if (findSourceRoute(option, option + length) != option) return false;
  return sourceRoutePointer(option) == FIRST_POINTER && hasUsableHops(option);
}

/** Keeps a user's route, in place of the one at `index` if that is not 0; 0 when none is left. */
export function keepSourceRoute(index: u32, option: usize): u32 {
  return write(index, option, 0, 4, addressCount(option));
}

/** Hops of the way back along a route that has arrived from `source`, its four octets as loaded. */
export function hopsBack(option: usize, source: u32): u32 {
  const addresses = addressCount(option);
  if (addresses == 0) return 0;
  // Some hosts write themselves down as their own first hop (RFC 1122 §3.2.1.8 (c), case B).
  return load<u32>(hopAddress(option, 0)) == source ? addresses - 1 : addresses;
}

/**
 * Keeps the way back along a complete route, in place of the one at `index` if that is not 0.
 *
 * @returns the record's index; 0 when no record is left, or the way back has no hop
 */
export function keepSourceRouteBack(index: u32, option: usize, source: u32): u32 {
  const hops = hopsBack(option, source);
  if (hops != 0) return write(index, option, addressCount(option) - 1, -4, hops);
  dropSourceRoute(index);
  return 0;
}

/** Writes a route that begins with the address number `from` and goes on every `step` octets. */
function write(index: u32, option: usize, from: u32, step: i32, hops: u32): u32 {
  if (index == 0) {
    index = take(sourceRoutes());
    if (index == 0) return 0;
    sourceRouteAt(index).shares = 1;
  }
  const sourceRoute = sourceRouteAt(index);
  const own = changetype<usize>(sourceRoute) + OPTION;
  let hop = hopAddress(option, from);
  memory.fill(own, 0, MOST_OPTIONS);
  writeSourceRouteHeader(own, optionType(option), hops);
  sourceRoute.length = 4 + 4 * hops;
  sourceRoute.firstHop = load<u32>(hop);
  for (let i: u32 = 1; i < hops; i++) {
    hop += step;
    store<u32>(hopAddress(own, i - 1), load<u32>(hop));
  }
  return index;
}

/** Lets one more hold a source route; answers its index. */
export function shareSourceRoute(index: u32): u32 {
  if (index != 0) sourceRouteAt(index).shares++;
  return index;
}

/** Lets go of a source route; the last one to do so gives it back. */
export function dropSourceRoute(index: u32): void {
  if (index == 0 || --sourceRouteAt(index).shares != 0) return;
  give(sourceRoutes(), index);
}

/**
 * Puts a route into a header without options, whose total length counts it already and behind which
 * `sourceRouteLength` octets are free.
 */
export function addSourceRoute(at: usize, index: u32): void {
  const sourceRoute = sourceRouteAt(index);
  const option = at + IPV4_HEADER;
  memory.copy(option, changetype<usize>(sourceRoute) + OPTION, sourceRoute.length);
  const last = hopAddress(option, addressCount(option) - 1);
  store<u32>(last, load<u32>(ipv4Destination(at)));
  store<u32>(ipv4Destination(at), sourceRoute.firstHop);
  store<u8>(at, <u8>(0x45 + sourceRoute.length / 4));
  store<u16>(at, 0, 10);
  store<u16>(at, <u16>finish(sum(at, IPV4_HEADER + sourceRoute.length)), 10);
}
