/**
 * Source routes of a connection (RFC 9293 §3.9.2.1; RFC 1122 §4.2.3.8).
 *
 * Only two have any: an active OPEN whose user asked for one, and a passive OPEN whose peer came by
 * one, which goes back the way it came. A source route lets a stranger choose who sees what we
 * answer, so RFC 7126 §4.3 and §4.4 would have it dropped everywhere, and as with Linux's
 * accept_source_route none is accepted unless Setting.ACCEPT_SOURCE_ROUTE says so. What our own
 * user's source route brings back is no stranger's choice, and needs no setting.
 *
 * Whatever has a TCB or a SYN-queue entry is sent along the route: segments, the RST that ends it,
 * the ACK that enters TIME-WAIT. TIME-WAIT itself keeps no route, which would hold one of few
 * records for a minute only to repeat an ACK; cookies and RSTs of no connection have nothing to
 * keep one in.
 */
import { Counter, Result, Setting, State } from '../abi';
import { count } from '../counters';
import {
  dropSourceRoute,
  hopsBack,
  isAskable,
  keepSourceRouteBack,
  keepSourceRoute,
} from '../ip/source-route';
import { setting } from '../limits';
import { ipv4Of } from '../wire/address';
import { SynEntry } from './syn-entry';
import { Holder, holderOf, indexIn } from './demux';
import { followPath } from './path-mtu';
import { Segment } from './segment';
import { Flag, has, Tcb, tcbAt } from './tcb';

/**
 * Gives a created connection the source route of its coming active OPEN; no octets take it away.
 *
 * @param option where an IP option of `length` octets lies: see `isAskable`
 * @returns INVALID_ARGUMENT for anything but such a route, INSUFFICIENT_RESOURCES when no record is
 *   left, NOT_SUPPORTED_IN_THIS_STATE once OPEN was called
 */
export function setSourceRoute(tcb: Tcb, option: usize, length: u32): Result {
  if (tcb.state != State.CLOSED || tcb.snd.iss != 0) return Result.NOT_SUPPORTED_IN_THIS_STATE;
  if (length == 0) {
    forgetSourceRoute(tcb);
    return Result.OK;
  }
  if (!isAskable(option, length)) return Result.INVALID_ARGUMENT;
  const index = keepSourceRoute(tcb.sourceRoute, option);
  if (index == 0) return Result.INSUFFICIENT_RESOURCES;
  tcb.sourceRoute = index; // MUST-51
  return Result.OK;
}

/** Lets go of a connection's source route, if it has one. */
export function forgetSourceRoute(tcb: Tcb): void {
  dropSourceRoute(tcb.sourceRoute);
  tcb.sourceRoute = 0;
}

/**
 * Whether a segment that came by a source route is refused, whose tuple `reference` names.
 */
export function isSourceRouteRefused(reference: u32): bool {
  if (setting(Setting.ACCEPT_SOURCE_ROUTE)) return false;
  if (holderOf(reference) != Holder.CONNECTION) return true;
  const tcb = tcbAt(indexIn(reference));
  return tcb.sourceRoute == 0 || !has(tcb, Flag.ACTIVE);
}

/**
 * Takes the way back from a segment that has passed the fifth check: anybody can write a route, but
 * only the peer knows the numbers.
 */
export function takeSourceRoute(tcb: Tcb, seg: Segment): void {
  // What the user has said at OPEN stands, be it a source route or none.
  if (has(tcb, Flag.ACTIVE)) return; // MUST-52
  tcb.sourceRoute = sourceRouteBack(tcb.sourceRoute, seg); // MUST-53, SHLD-24
  followPath(tcb);
}

/**
 * Takes the way back of an entry's SYN; answers whether it was kept. A handshake that could only be
 * answered by another way is not begun: the SYN will come again.
 */
export function takeEntrySourceRoute(entry: SynEntry, seg: Segment): bool {
  entry.sourceRoute = <u16>sourceRouteBack(entry.sourceRoute, seg); // MUST-53, SHLD-24
  return entry.sourceRoute != 0 || hopsBack(seg.sourceRoute, ipv4Of(seg.remote1)) == 0;
}

function sourceRouteBack(index: u32, seg: Segment): u32 {
  const source = ipv4Of(seg.remote1);
  const kept = keepSourceRouteBack(index, seg.sourceRoute, source);
  if (kept == 0 && hopsBack(seg.sourceRoute, source) != 0) count(Counter.TcpExtTCPSourceRouteFull);
  return kept;
}
