/**
 * SEGMENT ARRIVES for a listener's child (RFC 9293 §3.10.7.4, SYN-RECEIVED), and for a listener
 * that has answered by a cookie (RFC 4987 §3.6).
 *
 * A child goes through the checks as far as a record without TCB can. The segment that completes
 * its handshake makes a TCB of it (`promote.ts`) and then goes through all eight.
 */
import { Counter, Reason, Setting, State } from '../abi';
import { count } from '../counters';
import { setting } from '../limits';
import { acceptable, isLate } from './acceptable';
import { otherStates } from './arrives-others';
import {
  acknowledgeChild,
  deleteChild,
  isOverflowing,
  mayAnswer,
  queueSynAck,
  removeChild,
} from './backlog';
import { Child, receiveNext, receiveWindow } from './child';
import { readCookie } from './cookies';
import { insertTcb } from './demux';
import { offeredBy } from './negotiate';
import { promote } from './promote';
import { resetSegment } from './reply';
import { dropSegment, Segment, traceArrival } from './segment';
import { inWindow } from './seq';
import { takeChildSourceRoute } from './source-route';
import { enter } from './state';
import { Flag, Tcb, tcbAt } from './tcb';
import { mayBegin } from './time-wait';
import { isOlder, lacksTimestamps } from './timestamps';

/** SEGMENT ARRIVES for a child: SYN-RECEIVED of §3.10.7.4, as far as a record without TCB goes. */
export function childState(child: Child, seg: Segment): void {
  traceArrival(seg, 0, State.SYN_RECEIVED);
  // First. The peer's own SYN again means that our SYN,ACK was lost: it is sent again.
  //
  // DEVIATION: §3.10.7.4 answers a segment outside the window with an ACK, which a peer in SYN-SENT
  // would drop.
  if (seg.isSyn && !seg.isAck && !seg.isRst && seg.seq == child.irs) {
    // A peer that asks no more has fallen back, and will not use ECN (RFC 3168 §6.1.1).
    child.flags &= offeredBy(seg) | ~Flag.ECN;
    if (seg.sourceRoute != 0) takeChildSourceRoute(child, seg);
    if (mayAnswer(child)) {
      child.isUntimed = 1;
      queueSynAck(child);
    } else {
      drop(child, Reason.RATE_LIMITED, seg);
    }
    return;
  }
  if (lacksTimestamps(child.flags, seg)) {
    drop(child, Reason.MISSING_TIMESTAMP, seg);
    return;
  }
  if (isOlder(child.flags, child.tsRecent, seg)) {
    count(Counter.TcpExtPAWSEstab);
    drop(child, Reason.OLD_TIMESTAMP, seg);
    acknowledgeChild(child);
    return;
  }
  if (!isAcceptable(child, seg)) {
    drop(child, Reason.OUTSIDE_WINDOW, seg);
    if (!seg.isRst) acknowledgeChild(child);
    return;
  }
  // Second
  if (seg.isRst) {
    checkRst(child, seg);
    return;
  }
  // Fourth
  if (seg.isSyn) {
    deleteChild(child, Reason.SYN_ARRIVED);
    return;
  }
  // Fifth
  if (!seg.isAck) {
    drop(child, Reason.NO_ACK_BIT, seg);
    return;
  }
  if (seg.ack != child.iss + 1) {
    resetSegment(seg, Reason.ACK_OUT_OF_RANGE);
    return;
  }
  if (!mayPromote(child, seg)) {
    // What is processed in the end will have waited for a place.
    child.isUntimed = 1;
    if (setting(Setting.ABORT_ON_OVERFLOW)) deleteChild(child, Reason.ACCEPT_QUEUE_FULL);
    return;
  }
  const tcb = makeTcb(child, seg);
  if (tcb == null) return;
  removeChild(child);
  begin(tcb, seg);
}

function drop(child: Child, reason: Reason, seg: Segment): void {
  dropSegment(seg, 0, State.SYN_RECEIVED, reason, receiveNext(child));
}

/** Second: only a RST at RCV.NXT is believed (RFC 5961 §3.2). */
function checkRst(child: Child, seg: Segment): void {
  const nxt = receiveNext(child);
  if (seg.seq == nxt) {
    count(Counter.TcpExtEmbryonicRsts);
    deleteChild(child, Reason.RST_ARRIVED);
  } else if (inWindow(seg.seq, nxt, receiveWindow(child))) {
    drop(child, Reason.RST_CHALLENGED, seg);
    acknowledgeChild(child);
  } else {
    // Only its text reaches into the window.
    drop(child, Reason.OUTSIDE_WINDOW, seg);
  }
}

/** Makes a TCB of a child; null when none is left, or one more may not begin. */
function makeTcb(child: Child, seg: Segment): Tcb | null {
  const tcb = promote(child);
  if (tcb == null) drop(child, mayBegin(1) ? Reason.NO_RESOURCES : Reason.TIME_WAITS_USED_UP, seg);
  return tcb;
}

/** Whether a segment lies in a child's window, or below it with the ACK the handshake lacks. */
function isAcceptable(child: Child, seg: Segment): bool {
  const nxt = receiveNext(child);
  return (
    acceptable(seg, nxt, receiveWindow(child)) || isLate(seg, child.iss + 1, nxt, child.buffer)
  );
}

/** Lets a new TCB process the segment that completed its handshake. */
function begin(tcb: Tcb, seg: Segment): void {
  insertTcb(tcb);
  enter(tcb, State.SYN_RECEIVED, Reason.SYN_ARRIVED);
  otherStates(tcb, seg);
}

/**
 * An ACK for a listener without a child: if it returns a cookie, the connection is made from it.
 */
export function cookieReturned(listener: Tcb, seg: Segment): bool {
  const child = readCookie(listener, seg);
  if (child == null) return false;
  if (!mayPromote(child, seg)) return true;
  const tcb = makeTcb(child, seg);
  if (tcb != null) begin(tcb, seg);
  return true;
}

/**
 * Whether the accept queue has room for one more. As Linux: if not, the ACK is ignored, and the
 * SYN,ACK that will be sent again asks for another; or, by a setting, a RST says so.
 */
function mayPromote(child: Child, seg: Segment): bool {
  if (!isOverflowing(tcbAt(child.listener))) return true;
  drop(child, Reason.ACCEPT_QUEUE_FULL, seg);
  if (setting(Setting.ABORT_ON_OVERFLOW)) resetSegment(seg, Reason.ACCEPT_QUEUE_FULL);
  return false;
}
