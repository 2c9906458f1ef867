/**
 * SEGMENT ARRIVES, other states (RFC 9293 §3.10.7.4).
 *
 * Eight checks in the RFC's order; each answers whether processing continues. The order is
 * behaviour. A segment that both acknowledges our FIN and carries the peer's needs no code of its
 * own: the fifth check has already left FIN-WAIT-1 by the time the eighth reads the FIN. TIME-WAIT
 * has a file of its own (`time-wait.ts`), for it has no TCB; so has a SYN-queue entry until its
 * handshake completes (`backlog.ts`). What the fifth and seventh check do to the buffers stands in
 * `acknowledged.ts` and `text.ts`.
 */
import { Counter, Reason, Result, Signal, State } from '../abi';
import { count } from '../counters';
import { now } from '../time';
import { acceptable, isLate } from './acceptable';
import { takeAcknowledgment } from './acknowledged';
import { answerUnacceptable, challenge } from './delayed-ack';
import { deleteTcb, establish, lingerInFinWait2, signalKept } from './lifecycle';
import { acknowledge, signal } from './marks';
import { beginCongestion } from './rate/congestion';
import { acknowledgeLast, resetConnection, resetSegment } from './reply';
import { noteDuplicate } from './sack-blocks';
import { dropSegment, Segment, traceArrival } from './segment';
import { inWindow, le, lt } from './seq';
import { takeSourceRoute } from './source-route';
import { enter } from './state';
import { finAcknowledged, Flag, handleOf, has, lower, raise, Tcb } from './tcb';
import { acceptText } from './text';
import { startTimeWait } from './time-wait';
import { isOldDuplicate, lacksTimestamps, updateRecent } from './timestamps';
import { offerWindow, updateSendWindow } from './window';

/** Eight checks in the RFC's order. */
export function otherStates(tcb: Tcb, seg: Segment): void {
  noteArrival(tcb, seg);
  if (!checkSequenceNumber(tcb, seg)) return; // First
  if (!checkRst(tcb, seg)) return; // Second
  //                                             Third: no security/compartment here
  if (!checkSyn(tcb, seg)) return; // Fourth
  if (!checkAck(tcb, seg)) return; // Fifth
  if (seg.sourceRoute != 0) takeSourceRoute(tcb, seg);
  checkUrg(tcb, seg); // Sixth
  processText(tcb, seg); // Seventh
  checkFin(tcb, seg); // Eighth
}

function noteArrival(tcb: Tcb, seg: Segment): void {
  tcb.rtt.heardAt = now();
  tcb.rtt.probes = 0;
  tcb.cc.segsIn += seg.segments;
  traceArrival(seg, handleOf(tcb), tcb.state);
}

function drop(tcb: Tcb, reason: Reason, seg: Segment): void {
  dropSegment(seg, handleOf(tcb), tcb.state, reason, tcb.rcv.nxt);
}

// First, check sequence number ------------------------------------------------

function checkSequenceNumber(tcb: Tcb, seg: Segment): bool {
  if (lacksTimestamps(tcb.flags, seg)) {
    drop(tcb, Reason.MISSING_TIMESTAMP, seg);
    return false;
  }
  if (isOldDuplicate(tcb, seg)) {
    // RFC 7323 §5.3a
    count(Counter.TcpExtPAWSEstab);
    drop(tcb, Reason.OLD_TIMESTAMP, seg);
    answerUnacceptable(tcb, seg.textLength);
    return false;
  }
  if (has(tcb, Flag.SYN_UNACKED) && seg.isSyn && !seg.isRst && seg.seq == tcb.rcv.irs) {
    return crossedSyn(tcb, seg);
  }
  if (acceptable(seg, tcb.rcv.nxt, tcb.rcv.wnd)) return true;
  if (seg.isRst && isBelieved(tcb, seg)) return true;
  drop(tcb, Reason.OUTSIDE_WINDOW, seg);
  // An unacceptable RST gets no answer at all.
  if (seg.isRst) return false; // RFC 5961 §3.2a
  const left = seg.seq + (seg.isSyn ? 1 : 0);
  noteDuplicate(tcb, left, left + seg.textLength);
  answerUnacceptable(tcb, seg.textLength + (seg.isFin ? 1 : 0));
  if (tcb.snd.una != tcb.snd.nxt && isLate(seg, tcb.snd.nxt, tcb.rcv.nxt, tcb.rcv.buffer)) {
    lateAcknowledgment(tcb, seg);
  }
  return false;
}

/**
 * Everything we have sent is acknowledged, though by an old segment: what waits for that ends. The
 * answer the segment is owed goes out all the same.
 */
function lateAcknowledgment(tcb: Tcb, seg: Segment): void {
  if (has(tcb, Flag.SYN_UNACKED)) synAcknowledged(tcb, seg);
  if (lt(tcb.snd.una, seg.ack)) takeAcknowledgment(tcb, seg);
  // A FIN that came with the peer's SYN has waited for ESTABLISHED.
  if (followAcknowledgment(tcb)) checkFin(tcb, seg);
}

/**
 * In a simultaneous open the peer's SYN,ACK has the sequence number of its SYN, below the window;
 * its ACK is what completes the open (RFC 9293 Figure 7, line 6). Its SYN was processed already.
 */
function crossedSyn(tcb: Tcb, seg: Segment): bool {
  if (!seg.isAck) {
    drop(tcb, Reason.OUTSIDE_WINDOW, seg);
    answerUnacceptable(tcb, seg.textLength);
    return false;
  }
  if (!checkAck(tcb, seg)) return false;
  acknowledge(tcb);
  checkUrg(tcb, seg);
  processText(tcb, seg);
  // Text and FIN that came with the first SYN have waited for this.
  checkFin(tcb, seg);
  return false;
}

// Second, check the RST bit ---------------------------------------------------

function checkRst(tcb: Tcb, seg: Segment): bool {
  if (!seg.isRst) return true;
  // SHLD-2: its text, if any, is not read.
  if (!isBelieved(tcb, seg)) {
    // One that only reaches into the window from its left begins outside it: it is dropped.
    if (!inWindow(seg.seq, tcb.rcv.nxt, tcb.rcv.wnd)) {
      drop(tcb, Reason.OUTSIDE_WINDOW, seg);
      return false;
    }
    challenge(tcb, seg, Reason.RST_CHALLENGED); // RFC 5961 §3.2c
    return false;
  }
  switch (tcb.state) {
    case State.SYN_RECEIVED:
      // A SYN-queue entry returned to LISTEN before it had a TCB; here OPEN was active (MUST-11).
      deleteTcb(tcb, Result.CONNECTION_REFUSED, Reason.REFUSED);
      return false;
    case State.ESTABLISHED:
    case State.FIN_WAIT_1:
    case State.FIN_WAIT_2:
    case State.CLOSE_WAIT:
      deleteTcb(tcb, Result.CONNECTION_RESET, Reason.RST_ARRIVED); // MUST-12, RFC 5961 §3.2b
      return false;
    default: // CLOSING, LAST-ACK
      // DEVIATION: §3.10.7.4 has no word for the user here. Our FIN was not acknowledged, so nobody
      // knows whether the peer has the text before it: that is no normal end.
      deleteTcb(tcb, Result.CONNECTION_RESET, Reason.RST_ARRIVED);
      return false;
  }
}

/**
 * Whether a RST has the one number at which it is believed: RCV.NXT.
 *
 * DEVIATION: RFC 5961 §3.2 knows no other. A peer that closes and is gone (macOS, or anybody whom
 * our text meets behind its FIN) sends the RST with its FIN's own number, so that one is taken too,
 * once the FIN has come; as Linux does. To be guessed it is as hard.
 */
function isBelieved(tcb: Tcb, seg: Segment): bool {
  if (seg.seq == tcb.rcv.nxt) return true;
  return has(tcb, Flag.FIN_RECEIVED) && seg.seq == tcb.rcv.nxt - 1;
}

// Fourth, check the SYN bit ---------------------------------------------------

function checkSyn(tcb: Tcb, seg: Segment): bool {
  if (!seg.isSyn) return true;
  // Whatever its sequence number, the peer is asked whether it means it.
  count(Counter.TcpExtTCPSYNChallenge);
  challenge(tcb, seg, Reason.SYN_CHALLENGED); // RFC 5961 §4.2
  return false;
}

// Fifth, check the ACK field --------------------------------------------------

function checkAck(tcb: Tcb, seg: Segment): bool {
  if (!seg.isAck) {
    drop(tcb, Reason.NO_ACK_BIT, seg);
    return false;
  }
  if (has(tcb, Flag.SYN_UNACKED) && !synAcknowledged(tcb, seg)) return false;

  const snd = tcb.snd;
  // (SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT
  // Taken as a distance, for at 2^31 each side of a comparison holds.
  if (seg.ack - (snd.una - snd.maxWnd) > snd.nxt - snd.una + snd.maxWnd) {
    challenge(tcb, seg, Reason.ACK_OUT_OF_RANGE); // MAY-12, RFC 5961 §5.2a
    return false;
  }
  // Not earlier: a timestamp far ahead, in a segment that nobody sent, would shut the peer's own
  // out.
  updateRecent(tcb, seg.options, seg.seq); // RFC 7323 §5.3b
  takeAcknowledgment(tcb, seg);
  // Old and new acknowledgments alike may carry a newer window.
  if (le(snd.una, seg.ack)) updateSendWindow(tcb, seg);
  return followAcknowledgment(tcb);
}

/** Goes where the acknowledgment of our FIN leads; false where that is the end. */
function followAcknowledgment(tcb: Tcb): bool {
  switch (tcb.state) {
    case State.FIN_WAIT_1:
      if (finAcknowledged(tcb)) enterFinWait2(tcb);
      return true;
    case State.CLOSING:
      if (!finAcknowledged(tcb)) return true;
      startTimeWait(tcb, Reason.FIN_ACKED);
      return false;
    case State.LAST_ACK:
      if (!finAcknowledged(tcb)) return true;
      // What was processed before must be answered, though there is no TCB any more.
      if (has(tcb, Flag.ACK_NOW)) acknowledgeLast(tcb, offerWindow(tcb));
      deleteTcb(tcb, Result.OK, Reason.FIN_ACKED);
      return false;
    default: // ESTABLISHED, FIN-WAIT-2, CLOSE-WAIT
      return true;
  }
}

function enterFinWait2(tcb: Tcb): void {
  enter(tcb, State.FIN_WAIT_2, Reason.FIN_ACKED);
  if (has(tcb, Flag.RELEASED)) lingerInFinWait2(tcb);
}

/**
 * In SYN-RECEIVED, or FIN-WAIT-1 straight from there: our SYN must be acknowledged, or a RST
 * answers.
 */
function synAcknowledged(tcb: Tcb, seg: Segment): bool {
  const snd = tcb.snd;
  if (!lt(snd.una, seg.ack) || !le(seg.ack, snd.nxt)) {
    resetSegment(seg, Reason.ACK_OUT_OF_RANGE);
    return false;
  }
  lower(tcb, Flag.SYN_NOW | Flag.SYN_UNACKED);
  snd.wnd = snd.maxWnd = seg.wnd << (seg.isSyn ? 0 : snd.shift);
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
  if (tcb.state != State.SYN_RECEIVED) {
    beginCongestion(tcb);
    signal(tcb, Signal.OPENED);
    signalKept(tcb);
    return true;
  }
  establish(tcb);
  // CLOSE was called with text queued: its FIN follows that text now.
  if (has(tcb, Flag.FIN_QUEUED)) enter(tcb, State.FIN_WAIT_1, Reason.USER_CLOSE);
  return true;
}

// Sixth, check the URG bit ----------------------------------------------------

/** How far ahead of RCV.NXT an urgent pointer can lie: 64 KiB behind the farthest segment held. */
const MAX_URGENT: u32 = 1 << 30;

/** Urgent text stays in line (RFC 6093); its user learns where it ends (MUST-30 to MUST-33). */
export function checkUrg(tcb: Tcb, seg: Segment): void {
  if (!seg.isUrg || tcb.state > State.FIN_WAIT_2) return;
  const up = seg.seq + seg.up;
  if (!lt(tcb.rcv.nxt, up)) return;
  // A pointer that is pending already is signalled only when it advances.
  const isPending = inWindow(tcb.rcv.up - 1, tcb.rcv.nxt, MAX_URGENT);
  if (isPending && le(up, tcb.rcv.up)) return;
  tcb.rcv.up = up;
  if (tcb.state != State.SYN_RECEIVED) signal(tcb, Signal.URGENT); // MUST-32
}

// Seventh, process the segment text -------------------------------------------

/**
 * Takes text where the peer may still send any: ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, and an open
 * that crossed.
 */
export function processText(tcb: Tcb, seg: Segment): void {
  if (seg.textLength == 0) return;
  switch (tcb.state) {
    case State.SYN_RECEIVED:
    case State.ESTABLISHED:
    case State.FIN_WAIT_1:
    case State.FIN_WAIT_2:
      break;
    default: // CLOSE-WAIT, CLOSING, LAST-ACK: the peer's FIN has said that nothing follows
      drop(tcb, Reason.BEHIND_FIN, seg);
      return;
  }
  const end = seg.seq + (seg.isSyn ? 1 : 0) + seg.textLength;
  if (has(tcb, Flag.RELEASED) && lt(tcb.rcv.nxt, end)) {
    // Nobody will read it, and the peer must not believe that somebody did (SHLD-3).
    count(Counter.TcpExtTCPAbortOnData); // RFC 1122 §4.2.2.13d, RFC 2525 §2.16
    resetConnection(tcb);
    deleteTcb(tcb, Result.CONNECTION_ABORTED, Reason.TEXT_AFTER_RELEASE);
    return;
  }
  acceptText(tcb, seg);
}

// Eighth, check the FIN bit ---------------------------------------------------

/** Acts on the peer's FIN once all text before it has arrived; one out of order is kept in mind. */
export function checkFin(tcb: Tcb, seg: Segment): void {
  if (tcb.state == State.CLOSED || tcb.state == State.LISTEN || tcb.state == State.TIME_WAIT)
    return;
  if (seg.isFin && has(tcb, Flag.FIN_RECEIVED)) {
    drop(tcb, Reason.BEHIND_FIN, seg);
  } else if (seg.isFin) {
    const finSeq = seg.seq + seg.len - 1;
    // Text that was cut at the window's right edge leaves its FIN beyond it.
    //
    // DEVIATION: Table 6 has a closed window take no FIN either. It needs no buffer, and a peer
    // that has nothing else to say can end that way.
    if (!inWindow(finSeq, tcb.rcv.nxt, tcb.rcv.wnd + 1)) {
      drop(tcb, Reason.FIN_BEYOND_WINDOW, seg);
      return;
    }
    raise(tcb, Flag.FIN_KEPT);
    tcb.rcv.finSeq = finSeq;
    if (finSeq != tcb.rcv.nxt) acknowledge(tcb);
  }
  // A FIN with a SYN that crossed ours waits for ESTABLISHED (RFC 9293 §3.10.7.3, fourth).
  if (tcb.state == State.SYN_RECEIVED) return;
  if (!has(tcb, Flag.FIN_KEPT) || tcb.rcv.finSeq != tcb.rcv.nxt) return;
  lower(tcb, Flag.FIN_KEPT);
  raise(tcb, Flag.FIN_RECEIVED);
  tcb.rcv.nxt++;
  if (tcb.rcv.wnd != 0) tcb.rcv.wnd--;
  acknowledge(tcb);
  signal(tcb, Signal.CONNECTION_CLOSING | Signal.READABLE); // MUST-12

  switch (tcb.state) {
    case State.ESTABLISHED:
      enter(tcb, State.CLOSE_WAIT, Reason.FIN_ARRIVED);
      return;
    case State.FIN_WAIT_1:
      // Had it acknowledged our FIN, the fifth check would have left this state.
      enter(tcb, State.CLOSING, Reason.FIN_ARRIVED);
      return;
    case State.FIN_WAIT_2:
      startTimeWait(tcb, Reason.FIN_ARRIVED);
      return;
    default: // CLOSE-WAIT, CLOSING, LAST-ACK remain
      return;
  }
}
