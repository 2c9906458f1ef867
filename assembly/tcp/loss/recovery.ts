/**
 * Loss recovery (RFC 5681 §3.2): what begins and ends it, and what a retransmission timeout does.
 *
 * With SACK, RACK says what is lost (RFC 8985), PRR how much may be sent (RFC 9937). Without, three
 * duplicates say so, and each of them inflates cwnd by the segment that must have left the network
 * (NewReno, RFC 6582). Both mark records as lost; `transmit` sends those again, then new data.
 */
import { Counter, Reason } from '../../abi';
import { count } from '../../counters';
import { isReducedByEcho, reducedByLoss } from '../ecn';
import { Flight, flightOf, Frto, hasFlight, missing, Phase, phaseOf, pipe } from '../flight';
import { markReady } from '../marks';
import { beginProgress, progress } from '../progress';
import {
  acked,
  Cause,
  learned,
  ownsRecovery,
  recovered,
  reduce,
  restored,
  slowStartAgain,
} from '../rate/congestion';
import { sampleDelivery } from '../rate/delivery';
import { traceCongestion } from '../rate/note';
import { Segment } from '../segment';
import { lt } from '../seq';
import { clock, firstSent, isMarked, Mark, sentAt } from '../sent';
import { Flag, has, lower, pendingText, raise, Tcb } from '../tcb';
import { recordLoneFin } from './lone-fin';
import { beginPrr, prrAcknowledged } from './prr';
import { detectLosses, DUPLICATE_THRESHOLD, rackRecovered, rackUpdate, rackWait } from './rack';
import { clearLost, clearSacked, markAllLost, markLost } from './scoreboard';
import { probeAcknowledged } from './tail-probe';
import { beginUndo, tryUndo } from './undo';

/**
 * Processes what an acknowledgment means for loss recovery and cwnd; its blocks are taken and
 * SND.UNA has moved.
 */
export function recover(tcb: Tcb, seg: Segment): void {
  const flight = flightOf(tcb);
  const made = progress();
  sampleDelivery(tcb, flight);
  if (has(tcb, Flag.SACK)) {
    rackUpdate(tcb, flight);
    probeAcknowledged(tcb, flight, seg);
    if (!tryUndo(tcb, flight) && wasInterrupted(flight)) resumeRecovery(tcb, flight);
    if (made.hasDelivered) detectLosses(tcb, flight);
  } else {
    tryUndo(tcb, flight);
    if (made.acked != 0) tcb.cc.duplicates = 0;
    else if (isDuplicate(tcb, seg)) duplicateArrived(tcb, flight);
  }
  const before = <Phase>flight.phase;
  if (before == Phase.RECOVERY) recoveryAcknowledged(tcb, flight);
  else if (before == Phase.LOSS) lossAcknowledged(tcb, flight);
  // RFC 6675 §5a, §5.1
  if (flight.phase == Phase.OPEN && missing(flight) != 0) beginRecovery(tcb, flight);
  // A window that has just come down, or that an echo brings down, does not grow (RFC 3168 §6.1.2).
  const mayGrow = before != Phase.RECOVERY && flight.phase != Phase.RECOVERY && !made.isEcho;
  if (mayGrow && made.acked != 0) acked(tcb, flight, made.acked, before == Phase.LOSS);
  learned(tcb, flight);
  // The point of an old recovery moves along, so that it never seems to lie ahead; one behind, for
  // an echo counts only beyond it (`ecn.ts`).
  const cc = tcb.cc;
  const isBehind = lt(cc.recoveryPoint, tcb.snd.una);
  if (flight.phase == Phase.OPEN && isBehind) cc.recoveryPoint = tcb.snd.una - 1;
}

// Without SACK (RFC 5681 §3.2, RFC 6582, RFC 3042) ------------------------------------

/** Whether an acknowledgment is a duplicate one (RFC 5681 §2). */
function isDuplicate(tcb: Tcb, seg: Segment): bool {
  const snd = tcb.snd;
  if (seg.ack != snd.una || snd.una == snd.nxt || seg.isSyn || seg.isFin) return false;
  // The answers to zero-window probes say nothing of losses.
  if (snd.wnd == 0) return false;
  return seg.textLength == 0 && seg.wnd << snd.shift == snd.wnd; // RFC 5681 §2
}

/** Counts a duplicate acknowledgment; enough of them mean a loss. */
function duplicateArrived(tcb: Tcb, flight: Flight): void {
  const cc = tcb.cc;
  if (cc.duplicates == 0) cc.beforeLimited = tcb.snd.nxt;
  cc.duplicates++;
  markReady(tcb);
  if (flight.phase == Phase.RECOVERY) {
    // One for each segment that was in flight; more duplicates than that are made up (RFC 5681
    // §3.2, step 4).
    const most = cc.ssthresh + (cc.recoveryPoint - tcb.snd.una);
    if (cc.cwnd < most) cc.cwnd += tcb.snd.mss; // RFC 5681 §3.2e
    return;
  }
  // Losses of the same window are not answered twice (RFC 6582 §3.2b).
  const isAnswered = lt(tcb.snd.una, cc.recoveryPoint) && !isReducedByEcho(tcb);
  if (cc.duplicates < DUPLICATE_THRESHOLD || isAnswered || flight.phase == Phase.LOSS) return;
  markLost(tcb, flight, firstSent(flight));
}

/** New data that may leave beyond cwnd: a segment for each of the first two duplicates. */
export function limitedTransmit(tcb: Tcb): u32 {
  // With SACK, what was SACKed is not in flight any more, and nothing has to be added.
  if (has(tcb, Flag.SACK) || phaseOf(tcb) != Phase.OPEN) return 0;
  return min<u32>(tcb.cc.duplicates, DUPLICATE_THRESHOLD - 1) * tcb.snd.mss; // RFC 3042 §2a
}

// Recovery ------------------------------------------------------------------------

function beginRecovery(tcb: Tcb, flight: Flight): void {
  const cc = tcb.cc;
  beginUndo(tcb, flight);
  // A window that an echo has reduced already is not reduced again for its losses (RFC 3168
  // §6.1.2).
  if (!isReducedByEcho(tcb)) cc.ssthresh = reduce(tcb, flight, Cause.LOSS); // RFC 5681 §3.2c, §4.3
  reducedByLoss(tcb);
  flight.phase = <u8>Phase.RECOVERY;
  cc.recoveryPoint = tcb.snd.nxt;
  if (has(tcb, Flag.SACK)) {
    // DEVIATION: RFC 6675 §5b has cwnd fall to ssthresh at once, and sending stop until pipe is
    // below it. RFC 9937 takes it there by and by, and sends meanwhile.
    beginPrr(tcb, flight);
    prrAcknowledged(tcb, flight);
  } else {
    cc.cwnd = cc.ssthresh + DUPLICATE_THRESHOLD * tcb.snd.mss; // RFC 5681 §3.2d
    raise(tcb, Flag.RESEND_NOW); // RFC 5681 §3.2b
  }
  markReady(tcb);
  count(Counter.TcpExtTCPFastRetrans);
  count(has(tcb, Flag.SACK) ? Counter.TcpExtTCPSackRecovery : Counter.TcpExtTCPRenoRecovery);
  traceCongestion(tcb, Reason.FAST_RETRANSMIT);
}

function recoveryAcknowledged(tcb: Tcb, flight: Flight): void {
  const made = progress();
  // RFC 6675 §5c
  if (!lt(tcb.snd.una, tcb.cc.recoveryPoint)) {
    endRecovery(tcb, flight);
    return;
  }
  if (has(tcb, Flag.SACK)) {
    if (made.delivered != 0 || made.lost != 0) prrAcknowledged(tcb, flight);
  } else if (made.acked != 0) {
    partialAcknowledgment(tcb, flight, made.acked);
  }
  markReady(tcb);
}

/** All that was outstanding at the loss is acknowledged. */
function endRecovery(tcb: Tcb, flight: Flight): void {
  const cc = tcb.cc;
  const snd = tcb.snd;
  flight.phase = <u8>Phase.OPEN;
  flight.isUndoable = 0;
  lower(tcb, Flag.RESEND_NOW);
  rackRecovered(tcb);
  // With SACK flight and window are about equal; without, what is in flight may be much less, and
  // the window would leave in one burst.
  if (!has(tcb, Flag.SACK)) {
    // RFC 5681 §3.2g, RFC 6582 §3.2c, RFC 2525 §2.8
    cc.cwnd = min(cc.ssthresh, max(snd.nxt - snd.una, snd.mss) + snd.mss);
  } else if (!ownsRecovery(tcb)) {
    cc.cwnd = cc.ssthresh; // RFC 9937 §6f
  }
  recovered(tcb, flight, flight.sentAgain);
  traceCongestion(tcb, Reason.RECOVERED);
}

/** Some of what was outstanding at the loss is acknowledged, not all: the next is lost as well. */
function partialAcknowledgment(tcb: Tcb, flight: Flight, length: u32): void {
  const cc = tcb.cc;
  traceCongestion(tcb, Reason.PARTIAL_ACKNOWLEDGMENT);
  // Deflate by what it covers, send the next hole.
  cc.cwnd = cc.cwnd > length ? cc.cwnd - length : 0; // RFC 6582 §3.2d
  cc.cwnd = max(cc.cwnd + (length >= tcb.snd.mss ? tcb.snd.mss : 0), tcb.snd.mss);
  const first = firstSent(flight);
  if (!isMarked(sentAt(first), Mark.LOST)) markLost(tcb, flight, first);
  raise(tcb, Flag.RESEND_NOW);
}

/** What RACK has waited for is lost, unless an acknowledgment came meanwhile. */
export function reorderTimeout(tcb: Tcb): void {
  const flight = flightOf(tcb);
  beginProgress();
  detectLosses(tcb, flight);
  if (missing(flight) == 0) return;
  if (flight.phase == Phase.OPEN) beginRecovery(tcb, flight);
  else if (flight.phase == Phase.RECOVERY) prrAcknowledged(tcb, flight);
  markReady(tcb);
}

// Timeouts ------------------------------------------------------------------------

/**
 * What a retransmission timeout means: what was sent is lost, but for what RACK knows to be younger
 * than a round trip, and cwnd is one segment (RFC 5681 §3.1, RFC 8985 §6.3).
 */
export function loseEverything(tcb: Tcb, isFirst: bool): void {
  const cc = tcb.cc;
  const flight = flightOf(tcb);
  const wasOpen = flight.phase == Phase.OPEN;
  beginProgress();
  if (isFirst) {
    beginUndo(tcb, flight);
    flight.interruptedSsthresh = flight.phase == Phase.RECOVERY ? cc.ssthresh : 0;
    if (!isReducedByEcho(tcb)) cc.ssthresh = reduce(tcb, flight, Cause.TIMEOUT); // RFC 5681 §3.1h
  }
  reducedByLoss(tcb);
  const hasReneged = markForTimeout(tcb, flight);
  // Where something is on its way that is too young to be lost, its arrival would prove nothing.
  if (hasReneged || pipe(tcb) != 0) flight.interruptedSsthresh = 0;
  cc.recoveryPoint = tcb.snd.nxt; // RFC 6582 §3.2f
  cc.acked = cc.duplicates = 0;
  cc.cwnd = pipe(tcb) + tcb.snd.mss; // RFC 5681 §3.1f, RFC 2525 §2.14
  flight.phase = <u8>Phase.LOSS;
  // DEVIATION: RFC 5682 §3.1d waits for no proof where RecoveryPoint lies beyond SND.UNA, which it
  // does at each timeout that repeats. As in Linux those are one with the first: a line that stands
  // still for longer has lost no more.
  const mayWait = isFirst ? wasOpen : flight.frto == Frto.WAITING;
  const mayBeSpurious = mayWait && !hasReneged && has(tcb, Flag.SACK);
  flight.frto = <u8>(mayBeSpurious ? Frto.WAITING : Frto.OFF); // RFC 5682 §3.1a
  flight.probe = 0;
  slowStartAgain(tcb, flight);
  raise(tcb, Flag.RESEND_NOW); // RFC 2525 §2.2
  traceCongestion(tcb, Reason.RETRANSMISSION_TIMEOUT);
}

/** Marks what a timeout takes for lost; answers whether the peer has dropped what it SACKed. */
function markForTimeout(tcb: Tcb, flight: Flight): bool {
  const first = firstSent(flight);
  // DEVIATION: RFC 2018 §5b would forget all that was SACKed at each timeout. Only a peer that has
  // not acknowledged what it SACKed at the left edge has dropped it; others are spared the sending.
  const hasReneged = first != 0 && isMarked(sentAt(first), Mark.SACKED);
  if (hasReneged) clearSacked(tcb, flight); // RFC 2018 §5c
  if (hasReneged || !flight.hasRack) {
    markAllLost(tcb, flight);
    return hasReneged;
  }
  const wait = rackWait(tcb, flight);
  for (let index = first; index != 0; index = sentAt(index).next) {
    const sent = sentAt(index);
    if (isMarked(sent, Mark.SACKED)) continue;
    if (index != first && clock() - sent.sentAt < wait) continue; // RFC 8985 §6.3
    markLost(tcb, flight, index);
  }
  return false;
}

/**
 * Whether the timeout has interrupted a recovery for nothing: what was sent once, and taken for
 * lost by then, arrives after all.
 */
function wasInterrupted(flight: Flight): bool {
  if (flight.phase != Phase.LOSS || flight.interruptedSsthresh == 0) return false;
  return progress().hasSuspected != 0;
}

/**
 * Recovery goes on where the timeout has interrupted it. What is lost RACK finds again; what the
 * losses have taken from cwnd stays taken, what the timeout has comes back.
 */
function resumeRecovery(tcb: Tcb, flight: Flight): void {
  clearLost(tcb, flight);
  flight.phase = <u8>Phase.RECOVERY;
  tcb.cc.ssthresh = flight.interruptedSsthresh;
  lower(tcb, Flag.RESEND_NOW);
  restored(tcb, flight);
  beginPrr(tcb, flight);
  count(Counter.TcpExtTCPSpuriousRTOs);
  traceCongestion(tcb, Reason.RECOVERY_RESUMED);
}

/** An acknowledgment after a timeout: F-RTO's steps (RFC 5682 §3.1), and the end. */
function lossAcknowledged(tcb: Tcb, flight: Flight): void {
  const made = progress();
  markReady(tcb);
  if (!lt(tcb.snd.una, tcb.cc.recoveryPoint)) {
    flight.phase = <u8>Phase.OPEN;
    flight.isUndoable = 0;
    flight.frto = <u8>Frto.OFF;
    lower(tcb, Flag.RESEND_NOW);
    rackRecovered(tcb);
    restored(tcb, flight);
    return;
  }
  if (flight.frto == Frto.WAITING && made.acked != 0 && canSendNew(tcb)) {
    flight.frto = <u8>Frto.PROVING;
  } else {
    flight.frto = <u8>Frto.OFF; // RFC 5682 §3.1c
  }
}

/** Whether new data that is to prove a timeout spurious has still to be sent (RFC 5682 §3.1). */
export function awaitsProof(tcb: Tcb): bool {
  if (!hasFlight(tcb) || flightOf(tcb).frto != Frto.PROVING) return false;
  return tcb.snd.nxt == tcb.cc.recoveryPoint;
}

/** No new data can be sent for now: if it was to be a proof, what is lost is sent again instead. */
export function goesWithoutProof(tcb: Tcb): bool {
  if (!awaitsProof(tcb)) return false;
  flightOf(tcb).frto = <u8>Frto.OFF; // RFC 5682 §3.1c
  return true;
}

function canSendNew(tcb: Tcb): bool {
  return pendingText(tcb) != 0 && lt(tcb.snd.nxt, tcb.snd.una + tcb.snd.wnd);
}

/** Sends everything from SND.UNA on again, for another reason than loss: cwnd stays as it is. */
export function sendAllAgain(tcb: Tcb): void {
  tcb.rtt.timedAt = 0;
  markReady(tcb);
  recordLoneFin(tcb);
  if (!hasFlight(tcb) || tcb.snd.una == tcb.snd.nxt) return;
  const flight = flightOf(tcb);
  beginProgress();
  // What duplicates have inflated does not outlive recovery (RFC 6582 §3.2).
  if (flight.phase == Phase.RECOVERY) tcb.cc.cwnd = min(tcb.cc.cwnd, tcb.cc.ssthresh);
  lower(tcb, Flag.RESEND_NOW);
  markAllLost(tcb, flight);
  flight.phase = <u8>Phase.LOSS;
  flight.frto = <u8>Frto.OFF;
  flight.isUndoable = flight.probe = 0;
  flight.interruptedSsthresh = 0;
  tcb.cc.recoveryPoint = tcb.snd.nxt;
}
