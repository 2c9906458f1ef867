/**
 * TIME-WAIT (RFC 9293 §3.6.1): 2 MSL in which the last ACK can be sent again and old duplicates
 * die.
 *
 * What must be remembered is little, and servers hold many, so it is a record of 64 octets; the TCB
 * goes on only for its user's unread text. All waits are equally long, whatever that length is set
 * to meanwhile, so the records stand in one queue in the order they began, which is the order they
 * end in, and only its head is watched.
 *
 * ╒═══════════════════════ TimeWait (64 octets) ═══════════════════════╕
 * │ next, previous │ tuple 36 │ SND.NXT │ RCV.NXT │ TS.Recent │ since … │
 * └─────────────────────────────────────────────────────────────────────┘
 */
import { Counter, Reason, Result, Setting, Signal, State, TraceKind } from '../abi';
import { count } from '../counters';
import { setting } from '../limits';
import { TIME_WAIT_SIZE } from '../memory';
import { pages, ports, ranges, tcbs, timeWaits, timeWaitQueue } from '../pools';
import { clearChain } from '../store/chain';
import { give, itemAt, take } from '../store/pool';
import { clearRanges } from '../store/ranges';
import { copyTuple, hashOf } from '../tuple';
import { giveFlight } from './flight';
import { Instant, MILLISECOND, millisNow, now } from '../time';
import { trace } from '../trace';
import { acceptable } from './acceptable';
import { CHALLENGE_PERIOD, nextChallenge } from './delayed-ack';
import {
  find,
  Holder,
  holderOf,
  indexIn,
  insertTuple,
  removeTcb,
  removeTuple,
} from './demux';
import { originOf, timestampOffset } from './isn';
import { deleteTcb, freeTcb } from './lifecycle';
import { signal } from './marks';
import { acknowledgeRecord } from './reply';
import { dropSegment, Segment, traceArrival } from './segment';
import { LocalSeq, lt, RemoteSeq } from './seq';
import { forgetSourceRoute } from './source-route';
import { enter } from './state';
import { timeWaitBegan, timeWaitEnded } from './taken-ports';
import { Flag, has, lower, Tcb, TUPLE } from './tcb';
import { lacksTimestamps, timestampNow } from './timestamps';
import { cancelAll } from './timers';
import { offerWindow } from './window';

/** What else is to be known of a connection that waits: bits of `packed` above the shift's. */
enum Trait {
  NONE,
  /** Both sides had agreed on timestamps. */
  TIMESTAMPS = 16,
  /** Our user's own source route led to the peer, whose FIN may come back along it. */
  SOURCE_ROUTED = 32,
}

const SHIFT_MASK: u32 = 15;
/** Where the quiet time stands in `packed`, and how long one of its units is, milliseconds. */
const QUIET_BIT: u32 = 6;
const QUIET_UNIT: u32 = 64;
/** Milliseconds its ten bits can tell apart, less one. */
const QUIET_SPAN: u32 = 65_535;

/** What is remembered of a connection for 2 MSL. */
@unmanaged
export class TimeWait {
  /** The record that ends next after this one; while free, the next free one. */
  next: u32;
  previous: u32;
  local0: u64;
  local1: u64;
  remote0: u64;
  remote1: u64;
  /** 0 while the record is free. */
  localPort: u16;
  remotePort: u16;
  /** SND.NXT: the next incarnation's ISS must lie beyond it (MAY-2). */
  nxt: LocalSeq;
  rcvNxt: RemoteSeq;
  tsRecent: u32;
  /** When it began, milliseconds modulo 2^32. */
  sinceMs: u32;
  /** Window field of its ACKs. */
  wnd: u16;
  /** Rcv.Wind.Shift in 4 bits, Trait in 2, and in 10 when it may contradict again (`mayAnswer`). */
  packed: u16;
}

if (offsetof<TimeWait>() > TIME_WAIT_SIZE) ERROR('a TIME-WAIT record takes 64 octets');
if (offsetof<TimeWait>('local0') != TUPLE) ERROR("its tuple stands where a TCB's does");

/** The record with that index. */
export function timeWaitAt(index: u32): TimeWait {
  return changetype<TimeWait>(itemAt(timeWaits(), index));
}

/** Whether both sides had agreed on timestamps. */
export function hasTimestamps(record: TimeWait): bool {
  return (record.packed & Trait.TIMESTAMPS) != 0;
}

/**
 * Whether an answer to something unacceptable may go out now: as seldom as in the other states (RFC
 * 5961 §7).
 *
 * The ten bits say when the next one may, counted from where the wait began in units of 64 ms,
 * modulo 65 seconds. In a wait longer than that, a moment long past can seem to lie ahead, and one
 * answer in 65 seconds comes half a second late.
 */
function mayAnswer(record: TimeWait): bool {
  const passed = millisNow() - record.sinceMs;
  const quiet = <u32>record.packed >> QUIET_BIT;
  const ahead = (quiet * QUIET_UNIT - passed) & QUIET_SPAN;
  const next = nextChallenge(quiet == 0 ? 0 : millisNow() + ahead);
  if (next == 0) return false;
  // Rounded up, so that the pause is never too short, but to no more than the longest there is.
  const longest = (passed + 2 * CHALLENGE_PERIOD) / QUIET_UNIT;
  const units = min((next - record.sinceMs + QUIET_UNIT - 1) / QUIET_UNIT, longest);
  // 0 is kept for "at any time".
  setQuiet(record, max<u32>(units & (QUIET_SPAN / QUIET_UNIT), 1));
  return true;
}

function setQuiet(record: TimeWait, units: u32): void {
  const rest = <u32>record.packed & ((1 << QUIET_BIT) - 1);
  record.packed = <u16>(rest | (units << QUIET_BIT));
}

/**
 * Whether so many more connections may begin.
 *
 * DEVIATION: MUST-13, RFC 1122 §4.2.2.13a have each connection that closes first wait. Here, as in
 * Linux, one that finds tcp_max_tw_buckets waiting ends without, for the alternative is that nobody
 * is served until a wait is over; what it sent and received is complete, and timestamps and a keyed
 * ISN still stand against its old duplicates. Setting.TW_STRICT keeps the letter: no connection
 * begins that might find no record to wait in.
 */
export function mayBegin(more: u32): bool {
  if (setting(Setting.TW_STRICT) == 0) return true;
  const connections = tcbs().used - ports().used + more;
  return connections + timeWaits().used <= setting(Setting.MAX_TW_BUCKETS); // MUST-13
}

/**
 * Enters TIME-WAIT: the record takes over the tuple, and the answer that is owed.
 *
 * For its user the connection is over, in the normal way; text not read yet can still be read.
 */
export function startTimeWait(tcb: Tcb, reason: Reason): void {
  enter(tcb, State.TIME_WAIT, reason);
  const wnd = offerWindow(tcb);
  const isFull = timeWaits().used >= setting(Setting.MAX_TW_BUCKETS);
  const index = isFull ? 0 : take(timeWaits());
  if (index == 0) {
    endUnremembered(tcb, wnd);
    return;
  }
  cancelAll(tcb);
  removeTcb(tcb);
  const record = timeWaitAt(index);
  copyTuple(changetype<usize>(record) + TUPLE, changetype<usize>(tcb) + TUPLE);
  record.nxt = tcb.snd.nxt;
  record.rcvNxt = tcb.rcv.nxt;
  record.tsRecent = tcb.ts.recent;
  record.wnd = <u16>wnd;
  const isOurs = tcb.sourceRoute != 0 && has(tcb, Flag.ACTIVE);
  const sourceRouted = isOurs ? Trait.SOURCE_ROUTED : Trait.NONE;
  const stamped = has(tcb, Flag.TIMESTAMPS) ? Trait.TIMESTAMPS : Trait.NONE;
  record.packed = <u16>(tcb.rcv.shift | sourceRouted | stamped);
  insertTuple(Holder.TIME_WAIT, index, tcb.hash); // RFC 1337 §2
  append(record, index);
  if (has(tcb, Flag.ACK_NOW)) acknowledgeTimeWait(record, tcb.sourceRoute);
  forgetSourceRoute(tcb);
  lower(tcb, Flag.ACK_NOW);
  count(Counter.TcpExtTW);
  clearChain(pages(), tcb.outgoing, tcb.snd.end);
  giveFlight(tcb);
  clearRanges(ranges(), tcb.outOfOrder);
  if (has(tcb, Flag.RELEASED)) freeTcb(tcb);
  else signal(tcb, Signal.CLOSED);
}

/** There is no record: the FIN that may have arrived is acknowledged, and nothing waits. */
function endUnremembered(tcb: Tcb, wnd: u32): void {
  count(Counter.TcpExtTCPTimeWaitOverflow);
  if (has(tcb, Flag.ACK_NOW)) {
    acknowledgeRecord(
      changetype<usize>(tcb),
      tcb.sourceRoute,
      tcb.snd.nxt,
      tcb.rcv.nxt,
      wnd,
      has(tcb, Flag.TIMESTAMPS),
      timestampNow(tcb.ts.offset),
      tcb.ts.recent,
      State.TIME_WAIT,
    );
  }
  deleteTcb(tcb, Result.OK, Reason.TIME_WAIT_FULL);
}

function append(record: TimeWait, index: u32): void {
  const queue = timeWaitQueue();
  record.sinceMs = millisNow(); // RFC 1122 §4.2.2.13a
  record.next = 0;
  record.previous = queue.head == 0 ? 0 : queue.tail;
  if (queue.head == 0) queue.head = index;
  else timeWaitAt(queue.tail).next = index;
  queue.tail = index;
  timeWaitBegan(index);
}

function unlink(record: TimeWait, index: u32): void {
  const queue = timeWaitQueue();
  if (record.previous == 0) queue.head = record.next;
  else timeWaitAt(record.previous).next = record.next;
  if (record.next == 0) queue.tail = record.previous;
  else timeWaitAt(record.next).previous = record.previous;
  timeWaitEnded(index, record.next);
}

/** Starts the 2 MSL anew. */
function restart(record: TimeWait, index: u32): void {
  unlink(record, index);
  append(record, index);
  setQuiet(record, 0);
}

/** Ends a wait: the tuple is free. */
function endTimeWait(index: u32, reason: Reason): void {
  const record = timeWaitAt(index);
  removeTuple(Holder.TIME_WAIT, index, hashOf(changetype<usize>(record) + TUPLE));
  unlink(record, index);
  trace(TraceKind.STATE, 0, State.CLOSED, reason, State.TIME_WAIT, State.CLOSED, reason, 0);
  record.localPort = 0;
  give(timeWaits(), index);
}

/** Whether a reference is of a wait whose connection had a source route of its own user. */
export function isSourceRoutedWait(reference: u32): bool {
  if (holderOf(reference) != Holder.TIME_WAIT) return false;
  return (timeWaitAt(indexIn(reference)).packed & Trait.SOURCE_ROUTED) != 0;
}

/** Ends the wait that holds a connection's tuple; answers its SND.NXT, 0 when there is none. */
export function reuseTimeWait(tcb: Tcb): LocalSeq {
  const reference = find(changetype<usize>(tcb) + TUPLE, tcb.hash);
  if (holderOf(reference) != Holder.TIME_WAIT) return 0;
  const nxt = timeWaitAt(indexIn(reference)).nxt;
  count(Counter.TcpExtTWRecycled);
  endTimeWait(indexIn(reference), Reason.TIME_WAIT_REUSED);
  return nxt == 0 ? 1 : nxt;
}

/** The time-wait timeout (RFC 9293 §3.10.8) of every record it has come for. */
export function timeWaitTimeout(): void {
  for (let index = timeWaitQueue().head; index != 0; index = timeWaitQueue().head) {
    if (timeWaitLeft(timeWaitAt(index)) != 0) return;
    endTimeWait(index, Reason.TIME_WAIT_OVER);
  }
}

/** When the next wait ends; 0 when there is none. */
export function timeWaitDeadline(): Instant {
  const index = timeWaitQueue().head;
  if (index == 0) return 0;
  return (now() / MILLISECOND + timeWaitLeft(timeWaitAt(index))) * MILLISECOND;
}

/** Milliseconds a wait still lasts. */
export function timeWaitLeft(record: TimeWait): u32 {
  const passed = millisNow() - record.sinceMs;
  const whole = setting(Setting.TIME_WAIT_MS); // MUST-13
  return passed < whole ? whole - passed : 0;
}

/**
 * SEGMENT ARRIVES in TIME-WAIT (RFC 9293 §3.10.7.4, RFC 1337, RFC 6191).
 *
 * @param isListening whether a listener would take a new SYN: without one, a SYN ends nothing
 * @returns SND.NXT of the wait that a new SYN has ended, for the listener to go on with; 0
 *   otherwise. An SND.NXT of 0 is answered as 1: a bound must not be too low.
 */
export function timeWaitState(index: u32, seg: Segment, isListening: bool): LocalSeq {
  const record = timeWaitAt(index);
  traceArrival(seg, 0, State.TIME_WAIT);
  if (seg.isRst) {
    // RFC 1337 §3
    // DEVIATION: §3.10.7.4 lets a RST end TIME-WAIT; RFC 1337 shows how an old one then frees the
    // tuple for the old duplicates the wait is there to outlive. A RST ends it nowhere here.
    dropWaiting(record, seg, Reason.RST_IN_TIME_WAIT);
    return 0;
  }
  if (isListening && isOpening(seg) && isNewIncarnation(record, seg)) {
    const nxt = record.nxt == 0 ? 1 : record.nxt;
    count(Counter.TcpExtTWRecycled);
    endTimeWait(index, Reason.TIME_WAIT_REUSED);
    return nxt;
  }
  if (hasTimestamps(record) && lacksTimestamps(Flag.TIMESTAMPS, seg)) {
    dropWaiting(record, seg, Reason.MISSING_TIMESTAMP);
    return 0;
  }
  const isStamped = hasTimestamps(record) && seg.options.hasTimestamps != 0;
  const old = isStamped && lt(seg.options.tsVal, record.tsRecent);
  const wnd = (<u32>record.wnd) << (record.packed & SHIFT_MASK);
  const isAcceptable = acceptable(seg, record.rcvNxt, wnd) && !old;
  // The peer's FIN again, and no other: our last ACK was lost. The wait begins anew.
  //
  // DEVIATION: §3.10.7.4 begins it anew for any FIN, and answers an acceptable ACK with an ACK. A
  // FIN that is not the peer's proves nothing, and two stacks in TIME-WAIT would answer each other
  // for ever.
  if (seg.isFin && seg.seq + seg.len == record.rcvNxt) restart(record, index);
  else dropNeedless(record, seg, old, isAcceptable);
  if (isAcceptable && (seg.len == 0 || (!seg.isSyn && !seg.isAck))) return 0;
  if (isStamped && !old && seg.seq == record.rcvNxt) {
    record.tsRecent = seg.options.tsVal;
  }
  // DEVIATION: RFC 6191 §2e would drop an old SYN in silence. RFC 9293 acknowledges it, like
  // all that is not acceptable, so a peer that has forgotten us learns it and resets (Figure 9).
  const isBare = seg.textLength == 0 && !seg.isFin;
  // Text and FIN are sent again until they are acknowledged; a bare ACK may itself answer ours.
  if (!isBare || mayAnswer(record)) acknowledgeTimeWait(record, 0);
  return 0;
}

function dropWaiting(record: TimeWait, seg: Segment, reason: Reason): void {
  dropSegment(seg, 0, State.TIME_WAIT, reason, record.rcvNxt);
}

/** Tells why a segment means nothing to a wait. */
function dropNeedless(record: TimeWait, seg: Segment, old: bool, isAcceptable: bool): void {
  if (old) dropWaiting(record, seg, Reason.OLD_TIMESTAMP);
  else if (!isAcceptable) dropWaiting(record, seg, Reason.OUTSIDE_WINDOW);
  else if (seg.isSyn) dropWaiting(record, seg, Reason.SYN_CHALLENGED);
  else if (!seg.isAck) dropWaiting(record, seg, Reason.NO_ACK_BIT);
  else if (seg.len == 0) dropWaiting(record, seg, Reason.ACK_IN_TIME_WAIT);
  else dropWaiting(record, seg, Reason.BEHIND_FIN);
}

/** Whether a listener would begin a connection for a segment, whatever its number. */
function isOpening(seg: Segment): bool {
  return seg.isSyn && !seg.isAck && !seg.isFin;
}

/**
 * Whether a SYN can only be newer than the old connection (RFC 6191 §2, RFC 1122 §4.2.2.13).
 *
 * DEVIATION: MAY-2, RFC 1122 §4.2.2.13c would go back to TIME-WAIT if the SYN turned out to be an
 * old duplicate. A SYN-queue entry answers it, whose ISS the old connection's peer does not
 * acknowledge, so it ends in a RST.
 */
function isNewIncarnation(record: TimeWait, seg: Segment): bool {
  if (hasTimestamps(record) && seg.options.hasTimestamps) {
    if (lt(record.tsRecent, seg.options.tsVal)) return true; // SHLD-4, RFC 6191 §2a
    if (lt(seg.options.tsVal, record.tsRecent)) return false;
  }
  // DEVIATION: RFC 6191 §2d would take any SYN with timestamps after a connection without. There is
  // nothing to hold such a timestamp against: an old duplicate may have one as well.
  return lt(record.rcvNxt, seg.seq); // MAY-2, RFC 6191 §2b, §2c
}

function acknowledgeTimeWait(record: TimeWait, sourceRoute: u32): void {
  const at = changetype<usize>(record);
  acknowledgeRecord(
    at,
    sourceRoute,
    record.nxt,
    record.rcvNxt,
    record.wnd,
    hasTimestamps(record),
    timestampNow(timestampOffset(originOf(at + TUPLE))),
    record.tsRecent,
    State.TIME_WAIT,
  );
}
