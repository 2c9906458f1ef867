/**
 * SEGMENT ARRIVES for a SYN-queue entry (RFC 9293 §3.10.7.4, SYN-RECEIVED), and for a listener
 * that has answered by a cookie (RFC 4987 §3.6).
 *
 * An entry goes through the checks as far as a record without TCB can. The segment that completes
 * its handshake makes a TCB of it (`complete.ts`) and then goes through all eight.
 */
import { Counter, Reason, Setting, State } from '../abi';
import { count } from '../counters';
import { setting } from '../limits';
import { acceptable, isLate } from './acceptable';
import { otherStates } from './arrives-others';
import {
  acknowledgeEntry,
  deleteEntry,
  isOverflowing,
  mayAnswer,
  queueSynAck,
  removeEntry,
} from './backlog';
import { SynEntry, receiveNext, receiveWindow } from './syn-entry';
import { readCookie } from './cookies';
import { undecidedState } from './decide';
import { insertTcb } from './demux';
import { offeredBy } from './negotiate';
import { complete } from './complete';
import { resetSegment } from './reply';
import { dropSegment, Segment, traceArrival } from './segment';
import { inWindow } from './seq';
import { takeEntrySourceRoute } from './source-route';
import { enter } from './state';
import { Flag, Passive, Tcb, tcbAt } from './tcb';
import { mayBegin } from './time-wait';
import { isOlder, lacksTimestamps } from './timestamps';

/** SEGMENT ARRIVES for an entry: SYN-RECEIVED of §3.10.7.4, as far as a record without TCB goes. */
export function synEntryState(entry: SynEntry, seg: Segment): void {
  traceArrival(seg, 0, State.SYN_RECEIVED);
  if (entry.isUndecided) {
    undecidedState(entry, seg);
    return;
  }
  // First. The peer's own SYN again means that our SYN,ACK was lost: it is sent again.
  //
  // DEVIATION: §3.10.7.4 answers a segment outside the window with an ACK, which a peer in SYN-SENT
  // would drop.
  if (seg.isSyn && !seg.isAck && !seg.isRst && seg.seq == entry.irs) {
    // A peer that asks no more has fallen back, and will not use ECN (RFC 3168 §6.1.1).
    entry.flags &= offeredBy(seg) | ~Flag.ECN;
    if (seg.sourceRoute != 0) takeEntrySourceRoute(entry, seg);
    if (mayAnswer(entry)) {
      entry.isUntimed = 1;
      queueSynAck(entry);
    } else {
      drop(entry, Reason.RATE_LIMITED, seg);
    }
    return;
  }
  if (lacksTimestamps(entry.flags, seg)) {
    drop(entry, Reason.MISSING_TIMESTAMP, seg);
    return;
  }
  if (isOlder(entry.flags, entry.tsRecent, seg)) {
    count(Counter.TcpExtPAWSEstab);
    drop(entry, Reason.OLD_TIMESTAMP, seg);
    acknowledgeEntry(entry);
    return;
  }
  if (!isAcceptable(entry, seg)) {
    drop(entry, Reason.OUTSIDE_WINDOW, seg);
    if (!seg.isRst) acknowledgeEntry(entry);
    return;
  }
  // Second
  if (seg.isRst) {
    checkRst(entry, seg);
    return;
  }
  // Fourth
  if (seg.isSyn) {
    deleteEntry(entry, Reason.SYN_ARRIVED);
    return;
  }
  // Fifth
  if (!seg.isAck) {
    drop(entry, Reason.NO_ACK_BIT, seg);
    return;
  }
  if (seg.ack != entry.iss + 1) {
    resetSegment(seg, Reason.ACK_OUT_OF_RANGE);
    return;
  }
  if (!mayComplete(entry, seg)) {
    // What is processed in the end will have waited for a place.
    entry.isUntimed = 1;
    if (setting(Setting.ABORT_ON_OVERFLOW)) deleteEntry(entry, Reason.ACCEPT_QUEUE_FULL);
    return;
  }
  const tcb = makeTcb(entry, seg);
  if (tcb == null) return;
  removeEntry(entry);
  begin(tcb, seg);
}

function drop(entry: SynEntry, reason: Reason, seg: Segment): void {
  dropSegment(seg, 0, State.SYN_RECEIVED, reason, receiveNext(entry));
}

/** Second: only a RST at RCV.NXT is believed (RFC 5961 §3.2). */
function checkRst(entry: SynEntry, seg: Segment): void {
  const nxt = receiveNext(entry);
  if (seg.seq == nxt) {
    count(Counter.TcpExtEmbryonicRsts);
    deleteEntry(entry, Reason.RST_ARRIVED);
  } else if (inWindow(seg.seq, nxt, receiveWindow(entry))) {
    drop(entry, Reason.RST_CHALLENGED, seg);
    acknowledgeEntry(entry);
  } else {
    // Only its text reaches into the window.
    drop(entry, Reason.OUTSIDE_WINDOW, seg);
  }
}

/** Makes a TCB of an entry; null when none is left, or one more may not begin. */
function makeTcb(entry: SynEntry, seg: Segment): Tcb | null {
  const tcb = complete(entry);
  if (tcb == null) drop(entry, mayBegin(1) ? Reason.NO_RESOURCES : Reason.TIME_WAITS_USED_UP, seg);
  return tcb;
}

/** Whether a segment lies in an entry's window, or below it with the ACK the handshake lacks. */
function isAcceptable(entry: SynEntry, seg: Segment): bool {
  const nxt = receiveNext(entry);
  return (
    acceptable(seg, nxt, receiveWindow(entry)) || isLate(seg, entry.iss + 1, nxt, entry.buffer)
  );
}

/** Lets a new TCB process the segment that completed its handshake. */
function begin(tcb: Tcb, seg: Segment): void {
  insertTcb(tcb);
  enter(tcb, State.SYN_RECEIVED, Reason.SYN_ARRIVED);
  otherStates(tcb, seg);
}

/**
 * An ACK for a listener without an entry: if it returns a cookie, the connection is made from it.
 */
export function cookieReturned(listener: Tcb, seg: Segment): bool {
  if (listener.passive & Passive.ASK) return false;
  const entry = readCookie(listener, seg);
  if (entry == null) return false;
  if (!mayComplete(entry, seg)) return true;
  const tcb = makeTcb(entry, seg);
  if (tcb != null) begin(tcb, seg);
  return true;
}

/**
 * Whether the accept queue has room for one more. As Linux: if not, the ACK is ignored, and the
 * SYN,ACK that will be sent again asks for another; or, by a setting, a RST says so.
 */
function mayComplete(entry: SynEntry, seg: Segment): bool {
  if (!isOverflowing(tcbAt(entry.listener))) return true;
  drop(entry, Reason.ACCEPT_QUEUE_FULL, seg);
  if (setting(Setting.ABORT_ON_OVERFLOW)) resetSegment(seg, Reason.ACCEPT_QUEUE_FULL);
  return false;
}
