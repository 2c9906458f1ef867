/**
 * Super-segments: where the link divides what it is given into segments (TSO), full segments leave
 * as one packet, with one header, one decision and one pass over their text.
 *
 * The link writes the same header before each of them, with another sequence number and length. So
 * only what is the same in all of them leaves this way: new text, without FIN, urgent text or an
 * answer to an echo of congestion, and without options that take room from it.
 */
import { Setting } from '../abi';
import { headerLength } from '../ip/output';
import { setting } from '../limits';
import { TCP_HEADER } from '../wire/tcp';
import { TIMESTAMPS_LENGTH } from '../wire/tcp-options';
import { flightOf, hasFlight } from './flight';
import { le, lt } from './seq';
import { Ecn, Flag, has, Tcb } from './tcb';
import { turnLeft } from './turn';
import { PathFlag } from './variables';

/** Segments of one packet: the trace tells how many there are in an octet. */
export const MOST_JOINED: u32 = 256;
/** A paced sender has so many parts of a second leave together, and two segments at least. */
const PACED_PARTS: u32 = 1_000;

/** Segments of the connection's size that so many octets of text are. */
export function segmentsOf(tcb: Tcb, length: u32): u32 {
  const mss = tcb.snd.mss;
  return length <= mss ? 1 : (length + mss - 1) / mss;
}

/**
 * Octets of new text in the next packet, of which a full segment may be sent: that segment's, or of
 * several.
 *
 * @param room octets of text in a full segment, with the options it must carry
 * @param sendable octets that are there and that the windows allow; more than `room`
 * @param isAll whether that is all there is
 */
export function joinSegments(tcb: Tcb, room: u32, sendable: u32, isAll: bool): u32 {
  const limit = setting(Setting.SEGMENTS_BY_LINK);
  if (limit == 0 || !mayJoin(tcb, room)) return room;
  const most = min(min(roomIn(tcb, limit), MOST_JOINED * room), allowance(tcb, room));
  if (sendable >= most) return max(most - (most % room), room);
  const rest = sendable % room;
  // The end of all there is may be short, by Minshall's rule; a FIN comes with it in a packet of
  // its own.
  return isAll && !has(tcb, Flag.FIN_QUEUED) && mayEndShort(tcb) ? sendable : sendable - rest;
}

/** Whether segments of a connection are alike but for what the link changes in them. */
function mayJoin(tcb: Tcb, room: u32): bool {
  const snd = tcb.snd;
  // Without SACK each segment has its record, for the first of them alone may be sent again.
  if (room != snd.mss || !has(tcb, Flag.SACK)) return false;
  if (tcb.ecn & Ecn.REDUCED || lt(snd.una, snd.up)) return false;
  return tcb.sourceRoute == 0 && !(snd.path & PathFlag.SPLIT);
}

/** Octets of text in a packet of `limit` octets. */
function roomIn(tcb: Tcb, limit: u32): u32 {
  const timestamps = has(tcb, Flag.TIMESTAMPS) ? TIMESTAMPS_LENGTH : 0;
  const headers = headerLength(tcb.remote0, tcb.remote1) + TCP_HEADER + timestamps;
  return limit > headers ? limit - headers : 0;
}

/** Octets that its turn, and its pace if it has one, let a connection send at once. */
function allowance(tcb: Tcb, room: u32): u32 {
  const left = turnLeft();
  if (!hasFlight(tcb)) return left;
  const rate = flightOf(tcb).paceRate;
  return rate == 0 ? left : min(left, max(rate / PACED_PARTS, 2 * room));
}

/** Whether a short segment may leave behind full ones (SHLD-7; Minshall, as in `transmit.ts`). */
function mayEndShort(tcb: Tcb): bool {
  if (has(tcb, Flag.CORK)) return false;
  return has(tcb, Flag.NAGLE_OFF) || !isShortOutstanding(tcb);
}

/** Whether a short segment is on its way: another would wait for its acknowledgment. */
export function isShortOutstanding(tcb: Tcb): bool {
  if (!hasFlight(tcb)) return false;
  const end = flightOf(tcb).shortEnd;
  return lt(tcb.snd.una, end) && le(end, tcb.snd.nxt);
}
