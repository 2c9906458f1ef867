/** SEGMENT ARRIVES, SYN-SENT (RFC 9293 §3.10.7.3). */
import { Reason, Result, State, Timer } from '../abi';
import { forgetTrouble } from './acknowledged';
import { checkFin, checkUrg, processText } from './arrives-others';
import { deleteTcb, establish } from './lifecycle';
import { acknowledge, markReady } from './marks';
import { takeSyn } from './negotiate';
import { resetSegment } from './reply';
import { endTiming, SYN_LOST_RTO } from './loss/rto';
import { dropSegment, Segment, traceArrival } from './segment';
import { le, lt } from './seq';
import { enter } from './state';
import { Flag, handleOf, lower, raise, Tcb } from './tcb';
import { updateRecent } from './timestamps';
import { cancel } from './timers';

/** Five checks in the RFC's order. */
export function synSentState(tcb: Tcb, seg: Segment): void {
  traceArrival(seg, handleOf(tcb), tcb.state);
  if (!checkAck(tcb, seg)) return; // First
  if (!checkRst(tcb, seg)) return; // Second
  //                                  Third: no security/compartment here
  checkSyn(tcb, seg); // Fourth and fifth
}

/** First, check the ACK bit: ISS < SEG.ACK =< SND.NXT, or a RST. */
function checkAck(tcb: Tcb, seg: Segment): bool {
  if (!seg.isAck) return true;
  if (lt(tcb.snd.iss, seg.ack) && le(seg.ack, tcb.snd.nxt)) return true;
  resetSegment(seg, Reason.ACK_OUT_OF_RANGE);
  return false;
}

/**
 * Second, check the RST bit: only one that acknowledges our SYN can come from its receiver.
 *
 * DEVIATION: §3.10.7.3 says "connection reset" to the user; "refused", as in SYN-RECEIVED, tells
 * that nothing was ever open.
 */
function checkRst(tcb: Tcb, seg: Segment): bool {
  if (!seg.isRst) return true;
  if (seg.isAck)
    deleteTcb(tcb, Result.CONNECTION_REFUSED, Reason.REFUSED); // RFC 5961 §3.2d
  else dropSegment(seg, handleOf(tcb), tcb.state, Reason.RST_WITHOUT_ACK, 0);
  return false;
}

/** Fourth, check the SYN bit. Fifth, without it the segment is dropped. */
function checkSyn(tcb: Tcb, seg: Segment): void {
  if (!seg.isSyn) {
    dropSegment(seg, handleOf(tcb), tcb.state, Reason.NO_SYN_BIT, 0);
    return;
  }
  takeSyn(tcb, seg);
  tcb.snd.wnd = tcb.snd.maxWnd = seg.wnd;
  tcb.snd.wl1 = seg.seq;
  if (seg.isAck) synAcknowledged(tcb, seg);
  else simultaneousOpen(tcb);
  // The sixth check and on. Text and FIN of a SYN lie one octet further than its sequence number.
  checkUrg(tcb, seg);
  processText(tcb, seg);
  checkFin(tcb, seg);
}

function synAcknowledged(tcb: Tcb, seg: Segment): void {
  const snd = tcb.snd;
  snd.una = seg.ack;
  if (snd.up == snd.iss) snd.up = snd.una;
  snd.wl2 = seg.ack;
  cancel(tcb, Timer.RETRANSMIT);
  lower(tcb, Flag.SYN_NOW | Flag.SYN_UNACKED);
  endTiming(tcb, seg.ack);
  // A SYN sent again leaves nothing measured, and caution.
  if (tcb.synCount > 0 && tcb.rtt.srtt == 0) tcb.rtt.rto = SYN_LOST_RTO; // RFC 6298 §5.7
  tcb.rtt.count = 0;
  forgetTrouble(tcb);
  updateRecent(tcb, seg.options, seg.seq);
  establish(tcb);
  acknowledge(tcb);
}

/** Both sides have sent a SYN (MUST-10): ours goes out again, now with an ACK. */
function simultaneousOpen(tcb: Tcb): void {
  enter(tcb, State.SYN_RECEIVED, Reason.SIMULTANEOUS_OPEN); // MUST-10
  tcb.snd.wl2 = tcb.snd.iss;
  raise(tcb, Flag.SYN_NOW);
  markReady(tcb);
}
