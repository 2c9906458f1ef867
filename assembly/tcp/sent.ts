/**
 * Records of what was sent: for each segment, or for the segments of a burst together, when, how
 * often, and what has become of it.
 *
 * A record's octets end where the next begins, or at SND.NXT. Each stands in two lists: by sequence
 * number, and, while it is neither SACKed nor lost, by the time of its last sending (RFC 8985 looks
 * at those in that order). Records split where the peer or a smaller MSS divides them, and SACKed
 * neighbours join. One connection may have so many and not more; then new data joins the last
 * record, for nothing is refused for want of bookkeeping.
 *
 * ╒═══════════════════════════ Sent (48 octets) ════════════════════════════╕
 * │ next │ skip │ seq │ older │ newer │ sentAt │ bits u8 sends u8 segments u16 │
 * │ inFlight │ delivered │ deliveredAt │ firstSentAt │ lostTotal                 │
 * └─────────────────────────────────────────────────────────────────────────┘
 */
import { config, MAX_SENT_RECORDS } from '../limits';
import { SENT_SIZE } from '../memory';
import { sentRecords } from '../pools';
import { giveFirst, giveTrain, itemAt, take } from '../store/pool';
import {
  append,
  canCutBehind,
  cutBehind,
  dropFirst,
  dropThrough,
  findAtOrBefore,
  insertBehind,
} from '../store/lane';
import { Micros, now } from '../time';
import { Flight, laneOf, Phase } from './flight';
import { LocalSeq, lt } from './seq';
import { Flag, has, Tcb } from './tcb';

/** What has become of a record, as bits. */
export enum Mark {
  NONE,
  /** The peer has SACKed it. */
  SACKED = 1,
  /** It is taken to be lost. */
  LOST = 2,
  /** It was lost, and is on its way again. */
  RESENT = 4,
  /** It stands in the list by time. */
  TIMED = 8,
  /** It was sent while its user, no window, had the connection wait. */
  APP_LIMITED = 16,
}

/** Segments a record can count. */
const MOST_SEGMENTS: u32 = 0xffff;

/** What was sent at once: a segment, or a burst of several. */
@unmanaged
export class Sent {
  next: u32;
  skip: u32;
  /** First sequence number. */
  seq: LocalSeq;
  /** Neighbours by time of sending. */
  older: u32;
  newer: u32;
  /** When it was last sent: microseconds modulo 2^32. */
  sentAt: Micros;
  /** Bits of Mark. */
  bits: u8;
  /** How often it was sent, at most 255. */
  sends: u8;
  /** Segments on the wire. */
  segments: u16;
  /** Octets on their way once it was sent, itself included. */
  inFlight: u32;
  /** The flight's figures of delivery when it was sent (`rate/delivery.ts`). */
  delivered: u32;
  deliveredAt: Micros;
  firstSentAt: Micros;
  lostTotal: u32;
}

if (offsetof<Sent>() > SENT_SIZE) ERROR('SENT_SIZE is too small');

/** The record of an index. */
export function sentAt(index: u32): Sent {
  return changetype<Sent>(itemAt(sentRecords(), index));
}

/** Whether a record bears any of these marks. */
export function isMarked(sent: Sent, marks: u32): bool {
  return ((<u32>sent.bits) & marks) != 0;
}

function mark(sent: Sent, on: u32, off: u32): void {
  sent.bits = <u8>((<u32>sent.bits & ~off) | on);
}

/** The clock as records keep it. */
export function clock(): Micros {
  return <Micros>now();
}

/** Where a record's octets end. */
export function endOf(tcb: Tcb, sent: Sent): LocalSeq {
  return sent.next == 0 ? tcb.snd.nxt : sentAt(sent.next).seq;
}

/** Octets of sequence space a record covers. */
export function spanOf(tcb: Tcb, sent: Sent): u32 {
  return endOf(tcb, sent) - sent.seq;
}

// By time ------------------------------------------------------------------------

/** Takes a record out of the list by time. */
export function untime(flight: Flight, index: u32): void {
  const sent = sentAt(index);
  if (!isMarked(sent, Mark.TIMED)) return;
  mark(sent, 0, Mark.TIMED);
  if (sent.older == 0) flight.oldest = sent.newer;
  else sentAt(sent.older).newer = sent.newer;
  if (sent.newer == 0) flight.newest = sent.older;
  else sentAt(sent.newer).older = sent.older;
}

/** Puts a record behind another in the list by time; 0 is before all. */
function timeBehind(flight: Flight, before: u32, index: u32): void {
  const sent = sentAt(index);
  mark(sent, Mark.TIMED, 0);
  sent.older = before;
  sent.newer = before == 0 ? flight.oldest : sentAt(before).newer;
  if (before == 0) flight.oldest = index;
  else sentAt(before).newer = index;
  if (sent.newer == 0) flight.newest = index;
  else sentAt(sent.newer).older = index;
}

/** Notes that a record is sent now: it is the newest. */
export function timeNow(flight: Flight, index: u32): void {
  const sent = sentAt(index);
  untime(flight, index);
  sent.sentAt = clock(); // RFC 8985 §6.1
  if (sent.sends < 255) sent.sends++;
  timeBehind(flight, flight.newest, index);
}

/**
 * Puts a record back where the time of its sending belongs, looking from `from` on (0: from the
 * oldest); answers it.
 */
export function timeAgain(flight: Flight, from: u32, index: u32): u32 {
  const at = sentAt(index).sentAt;
  let before = from;
  let next = from == 0 ? flight.oldest : sentAt(from).newer;
  while (next != 0 && <i32>(sentAt(next).sentAt - at) <= 0) {
    before = next;
    next = sentAt(next).newer;
  }
  timeBehind(flight, before, index);
  return index;
}

// By sequence number -------------------------------------------------------------

/** The first record, 0 when nothing is recorded. */
export function firstSent(flight: Flight): u32 {
  return flight.laneHead;
}

/** The last record; there is one. */
export function lastSent(flight: Flight): u32 {
  return flight.laneTail;
}

/** The last record whose first octet is not behind `seq`; 0 when there is none. */
export function findSent(flight: Flight, seq: LocalSeq): u32 {
  return findAtOrBefore(sentRecords(), laneOf(flight), seq);
}

/** Records new data from `seq` on, sent now; SND.NXT is its end already or will be. */
export function recordSent(flight: Flight, seq: LocalSeq, segments: u32): void {
  const index = takeRecord(flight);
  if (index == 0) {
    joinLast(flight, flight.laneTail, seq, segments);
    return;
  }
  // With nothing else on its way, all that was delivered was sent before: after a long pause the
  // clock, modulo 2^32, would tell otherwise.
  if (flight.laneCount == 0) {
    flight.rackSentAt = clock();
    flight.rackEnd = seq;
  }
  const sent = sentAt(index);
  sent.seq = seq;
  sent.sentAt = clock(); // RFC 8985 §6.1
  sent.bits = 0;
  sent.sends = 1;
  sent.segments = <u16>segments;
  append(sentRecords(), laneOf(flight), index);
  timeBehind(flight, flight.newest, index);
}

/**
 * Joins new data from `seq` on, sent now, to the last record, where that is of this very time and
 * nothing was heard of it yet: a burst is one record until the peer divides it. All of its segments
 * but the last are full, so that where it is divided again is where it was. Without SACK the first
 * segment alone may be sent again, so each has its own; and so has a FIN.
 *
 * @param more segments that `length` octets are
 * @returns whether it has
 */
export function joinBurst(
  tcb: Tcb,
  flight: Flight,
  seq: LocalSeq,
  length: u32,
  more: u32,
): bool {
  const index = flight.newest;
  if (index == 0 || index != flight.laneTail) return false;
  if (!has(tcb, Flag.SACK) || has(tcb, Flag.FIN_SENT)) return false;
  const sent = sentAt(index);
  const bits: u32 = flight.appLimited == 0 ? Mark.TIMED : Mark.TIMED | Mark.APP_LIMITED;
  const isPlain = <u32>sent.bits == bits && sent.sends == 1;
  const segments = <u32>sent.segments;
  if (!isPlain || sent.sentAt != clock() || flight.phase != Phase.OPEN) return false;
  if (seq - sent.seq != segments * tcb.snd.mss || segments + more > MOST_SEGMENTS) return false;
  sent.segments = <u16>(segments + more);
  // All else that is noted of a sending is the same at the same time.
  sent.inFlight += length;
  return true;
}

/** Whether the latest sending was at this very moment. */
export function wasSentNow(flight: Flight): bool {
  return flight.newest != 0 && sentAt(flight.newest).sentAt == clock();
}

/**
 * A new record; 0 when there is none. Beyond the configured number each flight has its first one,
 * and a flight has no more than its share.
 */
function takeRecord(flight: Flight): u32 {
  if (flight.laneCount != 0) {
    if (flight.laneCount >= MAX_SENT_RECORDS || sentRecords().used >= config().segments) return 0;
  }
  return take(sentRecords());
}

/** There is no record to be had: the last one stands for the new data from `seq` on, too. */
function joinLast(flight: Flight, index: u32, seq: LocalSeq, segments: u32): void {
  const sent = sentAt(index);
  // What was known of its beginning is forgotten: all of it counts as sent now.
  unmark(flight, index, seq - sent.seq);
  sent.segments = <u16>min<u32>(<u32>sent.segments + segments, MOST_SEGMENTS);
  timeNow(flight, index);
}

/** Forgets the marks of a record of `span` octets. */
export function unmark(flight: Flight, index: u32, span: u32): void {
  const sent = sentAt(index);
  if (isMarked(sent, Mark.SACKED)) {
    flight.sacked -= span;
    flight.sackedSegments -= <u32>sent.segments;
  }
  if (isMarked(sent, Mark.LOST)) flight.lost -= span;
  if (isMarked(sent, Mark.RESENT)) flight.resent -= span;
  mark(sent, 0, Mark.SACKED | Mark.LOST | Mark.RESENT);
}

/** Takes what lies before `seq` off the front of a record. */
export function cutFront(flight: Flight, sent: Sent, seq: LocalSeq, mss: u32): void {
  const length = seq - sent.seq;
  const segments = <u32>sent.segments;
  const left = max(segments - min(length / mss, segments), 1);
  if (isMarked(sent, Mark.SACKED)) {
    flight.sacked -= length;
    flight.sackedSegments -= segments - left;
  }
  if (isMarked(sent, Mark.LOST)) flight.lost -= length;
  if (isMarked(sent, Mark.RESENT)) flight.resent -= length;
  sent.segments = <u16>left;
  sent.seq = seq;
}

/**
 * Divides a record at `seq`, which lies within it.
 *
 * @returns the record of what begins there; 0 when none is to be had
 */
export function splitSent(flight: Flight, index: u32, seq: LocalSeq, mss: u32): u32 {
  const right = takeRecord(flight);
  if (right == 0) return 0;
  const sent = sentAt(index);
  assert(!isMarked(sent, Mark.SACKED));
  const part = sentAt(right);
  memory.copy(
    changetype<usize>(part) + offsetof<Sent>('seq'),
    changetype<usize>(sent) + offsetof<Sent>('seq'),
    offsetof<Sent>() - offsetof<Sent>('seq'),
  );
  const before = min<u32>((seq - sent.seq + mss - 1) / mss, <u32>sent.segments);
  sent.segments = <u16>max<u32>(before, 1);
  part.segments = <u16>max<u32>(<u32>part.segments - before, 1);
  part.seq = seq;
  insertBehind(sentRecords(), laneOf(flight), index, right);
  if (isMarked(part, Mark.TIMED)) timeBehind(flight, index, right);
  return right;
}

/** Joins the follower of a record into it, where both are SACKed and the follower can go. */
export function joinFollower(flight: Flight, index: u32): bool {
  const sent = sentAt(index);
  if (sent.next == 0 || !canCutBehind(sentRecords(), laneOf(flight), index)) return false;
  const follower = sentAt(sent.next);
  const segments = <u32>sent.segments + <u32>follower.segments;
  if (!isMarked(sent, Mark.SACKED) || !isMarked(follower, Mark.SACKED)) return false;
  if (segments > MOST_SEGMENTS) return false;
  if (flight.lostHint == sent.next) flight.lostHint = index;
  sent.segments = <u16>segments;
  if (lt(sent.sentAt, follower.sentAt)) sent.sentAt = follower.sentAt;
  if (sent.sends < follower.sends) sent.sends = follower.sends;
  giveFirst(sentRecords(), cutBehind(sentRecords(), laneOf(flight), index));
  return true;
}

/** Whether the follower of a lost record is lost as well, and can be sent again with it. */
export function canJoinLost(flight: Flight, index: u32): bool {
  const sent = sentAt(index);
  if (sent.next == 0 || !canCutBehind(sentRecords(), laneOf(flight), index)) return false;
  const follower = sentAt(sent.next);
  return isMarked(follower, Mark.LOST) && !isMarked(follower, Mark.RESENT);
}

/** Joins the follower of a lost record into it, where `canJoinLost`. */
export function joinLostFollower(flight: Flight, index: u32): void {
  const sent = sentAt(index);
  const follower = sentAt(sent.next);
  if (flight.lostHint == sent.next) flight.lostHint = index;
  if (follower.sends > sent.sends) sent.sends = follower.sends;
  giveFirst(sentRecords(), cutBehind(sentRecords(), laneOf(flight), index));
}

/** Drops the first records up to `last`, `count` of them, which are also the oldest. */
export function dropFirstSents(flight: Flight, last: u32, count: u32): void {
  const first = flight.laneHead;
  flight.oldest = sentAt(last).newer;
  if (flight.oldest == 0) flight.newest = 0;
  else sentAt(flight.oldest).older = 0;
  dropThrough(sentRecords(), laneOf(flight), last, count);
  giveTrain(sentRecords(), first, last, count);
}

/** Drops the first record, whose octets are acknowledged and which bears no mark of a list. */
export function dropFirstSent(flight: Flight): void {
  const index = flight.laneHead;
  if (flight.lostHint == index) flight.lostHint = sentAt(index).next;
  dropFirst(sentRecords(), laneOf(flight));
  giveFirst(sentRecords(), index);
}
