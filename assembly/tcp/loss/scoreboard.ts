/**
 * The scoreboard (RFC 2018 §5, RFC 6675 §3, §4): what the peer has SACKed, what is lost, what is on
 * its way.
 *
 * Marks lie in the records of what was sent. Sums of octets go along with every mark, so that
 * `pipe` of a flight is three additions however many records there are.
 */
import { Counter } from '../../abi';
import { count } from '../../counters';
import { blockLeft, blockRight } from '../../wire/tcp-options';
import { Flight, flightOf, hasFlight, missing } from '../flight';
import { noteDelivered, progress } from '../progress';
import { recordLost } from '../rate/congestion';
import { Segment } from '../segment';
import { later, le, LocalSeq, lt } from '../seq';
import {
  cutFront,
  dropFirstSent,
  dropFirstSents,
  endOf,
  findSent,
  firstSent,
  isMarked,
  joinFollower,
  Mark,
  Sent,
  sentAt,
  spanOf,
  splitSent,
  timeAgain,
  timeNow,
  unmark,
  untime,
} from '../sent';
import { Flag, has, Tcb } from '../tcb';

// What acknowledgments say ----------------------------------------------------------

/**
 * Takes the blocks of a segment that reports; marks what it covers.
 *
 * @param una SND.UNA before this acknowledgment
 */
export function takeBlocks(tcb: Tcb, seg: Segment, una: LocalSeq): void {
  const options = seg.options;
  if (!has(tcb, Flag.SACK) || options.blockCount == 0 || !hasFlight(tcb)) return;
  const flight = flightOf(tcb);
  const from = isDuplicateBlock(seg, una) ? 1 : 0; // RFC 2883 §5a
  if (from != 0) {
    count(Counter.TcpExtTCPDSACKRecv);
    progress().hasDuplicate = 1;
    progress().duplicateLeft = blockLeft(options, 0);
    progress().duplicateRight = blockRight(options, 0);
    const octets = min(progress().duplicateRight - progress().duplicateLeft, tcb.snd.maxWnd);
    tcb.cc.duplicated += (octets + tcb.snd.mss - 1) / tcb.snd.mss;
  }
  for (let block: u32 = from; block < options.blockCount; block++) {
    const left = blockLeft(options, block);
    const right = blockRight(options, block);
    // Nothing but what is outstanding can have been received out of order.
    const span = tcb.snd.nxt - una;
    if (left - una >= right - una || right - una > span || le(right, seg.ack)) continue;
    sackRange(tcb, flight, later(left, seg.ack), right);
  }
}

/** Whether the first block reports a duplicate: below the ACK, or within the second (RFC 2883). */
function isDuplicateBlock(seg: Segment, una: LocalSeq): bool {
  const options = seg.options;
  const left = blockLeft(options, 0);
  const right = blockRight(options, 0);
  if (!lt(left, right)) return false;
  if (le(right, seg.ack)) return le(right, later(seg.ack, una));
  return (
    options.blockCount > 1 &&
    le(blockLeft(options, 1), left) &&
    le(right, blockRight(options, 1))
  );
}

/** Marks everything sent within [left, right) as SACKed. */
function sackRange(tcb: Tcb, flight: Flight, left: LocalSeq, right: LocalSeq): void {
  let at = findSent(flight, left);
  if (at == 0) at = firstSent(flight);
  let before: u32 = 0;
  while (at != 0 && lt(sentAt(at).seq, right)) {
    const sent = sentAt(at);
    // What was SACKed before says nothing new: RFC 3042 §2c, RFC 6675 §2, §3.
    if (isMarked(sent, Mark.SACKED) || le(endOf(tcb, sent), left)) {
      before = at;
      at = sent.next;
      continue;
    }
    if (lt(sent.seq, left)) {
      // Without a record for its part nothing is marked: what is not known is sent again.
      if (splitSent(flight, at, left, tcb.snd.mss) == 0) return;
      before = at;
      at = sent.next;
      continue;
    }
    if (lt(right, endOf(tcb, sent)) && splitSent(flight, at, right, tcb.snd.mss) == 0) return;
    markSacked(tcb, flight, at);
    joinFollower(flight, at);
    if (before == 0 || !joinFollower(flight, before)) before = at;
    at = sentAt(before).next;
  }
}

function markSacked(tcb: Tcb, flight: Flight, index: u32): void {
  const sent = sentAt(index);
  const span = spanOf(tcb, sent);
  markDelivered(tcb, flight, index, span);
  sent.bits = <u8>((<u32>sent.bits & ~(Mark.LOST | Mark.RESENT)) | Mark.SACKED);
  flight.sacked += span;
  flight.sackedSegments += <u32>sent.segments;
  progress().sacked += span;
}

/** A record is delivered: it is neither lost nor on its way any more. */
function markDelivered(tcb: Tcb, flight: Flight, index: u32, span: u32): void {
  unmark(flight, index, span);
  untime(flight, index);
  const sent = sentAt(index);
  noteDelivered(tcb, sent, sent.seq + span, span);
}

/** Drops the records of what is acknowledged; SND.UNA has moved there. */
export function dropAcknowledged(tcb: Tcb, flight: Flight): void {
  const una = tcb.snd.una;
  dropTrain(tcb, flight);
  for (let index = firstSent(flight); index != 0; index = firstSent(flight)) {
    const sent = sentAt(index);
    if (!lt(sent.seq, una)) return;
    const end = endOf(tcb, sent);
    if (lt(una, end)) {
      // The rest of it is as it was.
      if (!isMarked(sent, Mark.SACKED)) noteFront(tcb, sent, una);
      cutFront(flight, sent, una, tcb.snd.mss);
      return;
    }
    if (isMarked(sent, Mark.SACKED)) unmark(flight, index, end - sent.seq);
    else markDelivered(tcb, flight, index, end - sent.seq);
    dropFirstSent(flight);
  }
}

/** The front of a record is delivered: whole segments of a burst say what a segment says. */
function noteFront(tcb: Tcb, sent: Sent, una: LocalSeq): void {
  const octets = una - sent.seq;
  const whole = octets - (octets % tcb.snd.mss);
  if (whole == 0) progress().delivered += octets;
  else noteDelivered(tcb, sent, sent.seq + whole, octets);
}

/**
 * Drops the train at the front: records that were sent once, one after the other, and of which
 * nothing else was ever heard. Nearly every acknowledgment is of those alone, and of many.
 */
function dropTrain(tcb: Tcb, flight: Flight): void {
  const first = firstSent(flight);
  let last: u32 = 0;
  let end: LocalSeq = 0;
  let count: u32 = 0;
  let oldest = flight.oldest;
  for (let index = first; index != 0 && index == oldest && index != flight.lostHint; count++) {
    const sent = sentAt(index);
    const isPlain = (<u32>sent.bits & ~Mark.APP_LIMITED) == Mark.TIMED && sent.sends == 1;
    if (!isPlain || lt(tcb.snd.una, endOf(tcb, sent))) break;
    last = index;
    end = endOf(tcb, sent);
    oldest = sent.newer;
    index = sent.next;
  }
  if (count == 0) return;
  // The first of them has the lowest end, the last the shortest round trip.
  const begin = sentAt(first).seq;
  if (first != last) noteDelivered(tcb, sentAt(first), endOf(tcb, sentAt(first)), 0);
  noteDelivered(tcb, sentAt(last), end, end - begin);
  dropFirstSents(flight, last, count);
}

// What is lost ----------------------------------------------------------------------

/** Marks a record as lost; one that was sent again is lost again. */
export function markLost(tcb: Tcb, flight: Flight, index: u32): void {
  const sent = sentAt(index);
  const span = spanOf(tcb, sent);
  untime(flight, index);
  if (isMarked(sent, Mark.RESENT)) {
    flight.resent -= span;
    sent.bits = <u8>(<u32>sent.bits & ~Mark.RESENT);
    count(Counter.TcpExtTCPLostRetransmit);
  } else if (!isMarked(sent, Mark.LOST)) {
    flight.lost += span;
    sent.bits = <u8>(<u32>sent.bits | Mark.LOST);
  } else {
    return;
  }
  progress().lost += span;
  flight.lostTotal += span;
  recordLost(tcb, flight, sent, span);
  const hint = flight.lostHint;
  if (hint == 0 || lt(sent.seq, sentAt(hint).seq)) flight.lostHint = index;
}

/** Takes everything that is not SACKed for lost. */
export function markAllLost(tcb: Tcb, flight: Flight): void {
  for (let index = firstSent(flight); index != 0; index = sentAt(index).next) {
    if (!isMarked(sentAt(index), Mark.SACKED)) markLost(tcb, flight, index); // RFC 2018 §5a
  }
}

/** Nothing is lost after all: what was marked is on its way. */
export function clearLost(tcb: Tcb, flight: Flight): void {
  let before: u32 = 0;
  for (let index = firstSent(flight); index != 0; index = sentAt(index).next) {
    const sent = sentAt(index);
    if (!isMarked(sent, Mark.LOST)) continue;
    unmark(flight, index, spanOf(tcb, sent));
    // What was sent again stands in the list by time already.
    if (!isMarked(sent, Mark.TIMED)) before = timeAgain(flight, before, index);
  }
  flight.lostHint = 0;
}

/** Forgets what the peer has SACKed: it has dropped it (RFC 2018 §8). */
export function clearSacked(tcb: Tcb, flight: Flight): void {
  for (let index = firstSent(flight); index != 0; index = sentAt(index).next) {
    const sent = sentAt(index);
    if (isMarked(sent, Mark.SACKED)) unmark(flight, index, spanOf(tcb, sent));
  }
}

/** The first record that is lost and waits to be sent again; 0 when there is none. */
export function nextLost(flight: Flight): u32 {
  if (missing(flight) == 0) return 0;
  let index = flight.lostHint;
  while (index != 0) {
    const sent = sentAt(index);
    if (isMarked(sent, Mark.LOST) && !isMarked(sent, Mark.RESENT)) break;
    index = sent.next;
  }
  flight.lostHint = index;
  return index;
}

/** Notes that a lost record is on its way again. */
export function markResent(tcb: Tcb, flight: Flight, index: u32): void {
  const sent = sentAt(index);
  flight.resent += spanOf(tcb, sent);
  sent.bits = <u8>(<u32>sent.bits | Mark.RESENT);
  timeNow(flight, index);
}
