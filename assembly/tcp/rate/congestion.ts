/**
 * Congestion control (RFC 5681 §3.1, MUST-19): what every controller shares, and the five functions
 * each of them has: it begins, grows with what is acknowledged, answers ssthresh when something was
 * lost or marked, takes that back as it was kept before, and resumes after a pause. BBR has a model
 * besides: it learns of every acknowledgment and loss, and takes cwnd back after recovery.
 *
 * How cwnd comes down to ssthresh is loss recovery's (`loss/`), which knows what was lost; nothing
 * here does.
 */
import { Controller, Setting } from '../../abi';
import { setting } from '../../limits';
import { clearController, Flight, flightOf, hasFlight } from '../flight';
import { progress } from '../progress';
import { Sent } from '../sent';
import { Flag, has, Tcb } from '../tcb';
import { bbrAcked, bbrCongested, bbrLost, bbrRestore, bbrResumed, bbrUndone } from './bbr';
import { cubicAcked, cubicKept, cubicReduce, cubicResumed, cubicUndone } from './cubic';
import { hystartAcked, hystartBegin } from './hystart';
import { repace, updatePacing } from './pacing';
import { HIGHEST_SSTHRESH, renoAcked, renoReduce, slowStart } from './reno';
import {
  beginValidation,
  initialWindow,
  isTested,
  restartAfterIdle,
  unvalidatedReduce,
  validated,
  validationRecovered,
} from './validation';

/** Why cwnd is reduced. */
export enum Cause {
  /** Acknowledgments have shown a loss. */
  LOSS,
  /** A mark was echoed (RFC 3168). */
  ECN,
  /** A retransmission timeout. */
  TIMEOUT,
}

/** CUBIC's beta and Reno's after a loss, in percent; after an echo less is taken (RFC 8511). */
const CUBIC_PERCENT: u32 = 70; // RFC 8511 §3b
const CUBIC_ECN_PERCENT: u32 = 85;
const RENO_PERCENT: u32 = 50;
const RENO_ECN_PERCENT: u32 = 80;

/** Starts slow start; ssthresh is arbitrarily high (RFC 5681 §3.1). */
export function beginCongestion(tcb: Tcb): void {
  const cc = tcb.cc;
  // A SYN that had to be sent again leaves one segment to begin with.
  // RFC 5681 §3.1b, RFC 6928 §2b, RFC 2525 §2.1, §2.3
  cc.cwnd = tcb.synCount > 0 ? tcb.snd.mss : initialWindow(tcb.snd.mss);
  cc.ssthresh = HIGHEST_SSTHRESH; // RFC 5681 §3.1c
  cc.acked = cc.duplicates = cc.wMax = 0;
  beginValidation(tcb);
}

/** Chosen while the connection lives: the new controller begins with the window there is. */
export function choose(tcb: Tcb, controller: Controller): void {
  if (tcb.controller == controller) return;
  tcb.controller = <u8>controller; // MAY-18
  if (hasFlight(tcb)) clearController(flightOf(tcb));
  repace(tcb);
}

/** Whether it is the controller's model that says what cwnd is, in recovery, too. */
export function ownsRecovery(tcb: Tcb): bool {
  return tcb.controller == Controller.BBR && has(tcb, Flag.SACK);
}

/** An acknowledgment was taken, whatever it says of losses: a controller with a model learns. */
export function learned(tcb: Tcb, flight: Flight): void {
  if (tcb.controller == Controller.BBR && progress().delivered != 0) bbrAcked(tcb, flight);
  if (flight.paceRate != 0) updatePacing(tcb, flight);
}

/**
 * Grows cwnd for an acknowledgment of so many new octets, outside of recovery.
 *
 * @param afterTimeout whether they were outstanding at a timeout
 */
export function acked(tcb: Tcb, flight: Flight, length: u32, afterTimeout: bool): void {
  const cc = tcb.cc;
  if (tcb.controller == Controller.BBR) return;
  // A window that is not made use of has not been tested.
  if (!validated(tcb, flight, length)) return;
  // RFC 9438 §4.10
  if (cc.cwnd < cc.ssthresh) {
    if (!isTested(tcb, true)) return;
    // After a timeout an acknowledgment may cover what arrived long ago: one segment for each.
    // DEVIATION: RFC 5681 §3.1d would have at most one segment for every ACK, RFC 9406 §4.2 eight.
    // A receiver that acknowledges once a batch would be sent to at a crawl; Linux counts all.
    const counted = afterTimeout ? min(length, tcb.snd.mss) : length;
    length = slowStart(tcb, hystartAcked(tcb, flight, counted));
    if (length == 0 || afterTimeout) return;
  }
  if (!isTested(tcb, false)) return;
  if (tcb.controller == Controller.RENO) renoAcked(tcb, length);
  else cubicAcked(tcb, flight, length);
}

/** A record of so many octets is lost: a controller with a model learns of each. */
export function recordLost(tcb: Tcb, flight: Flight, sent: Sent, span: u32): void {
  if (tcb.controller == Controller.BBR) bbrLost(tcb, flight, sent, span);
}

/** What follows may be undone together: CUBIC keeps what reductions take; BBR does by itself. */
export function kept(tcb: Tcb, flight: Flight): void {
  if (tcb.controller == Controller.CUBIC) cubicKept(tcb, flight);
}

/** Answers ssthresh for a reduction; cwnd is brought there by whoever asked. */
export function reduce(tcb: Tcb, flight: Flight, cause: Cause): u32 {
  if (tcb.controller == Controller.BBR) return bbrReduce(tcb, flight, cause);
  const inFlight = min(tcb.cc.cwnd, flightAtLoss(tcb));
  const isMild = cause == Cause.ECN && setting(Setting.ABE) != 0; // RFC 8511 §3a
  const left =
    tcb.controller == Controller.RENO
      ? renoReduce(tcb, inFlight, isMild ? RENO_ECN_PERCENT : RENO_PERCENT)
      : cubicReduce(tcb, flight, inFlight, isMild ? CUBIC_ECN_PERCENT : CUBIC_PERCENT);
  const unvalidated = unvalidatedReduce(tcb, flight, inFlight);
  if (unvalidated == 0) return left;
  // What was sent again is known after recovery; a mark and a timeout have none.
  if (cause != Cause.LOSS) validationRecovered(tcb, flight, 0);
  return unvalidated;
}

/**
 * BBR has no ssthresh; what losses mean it knows of each. Without SACK NewReno needs one to come
 * down to.
 */
function bbrReduce(tcb: Tcb, flight: Flight, cause: Cause): u32 {
  bbrCongested(tcb, flight, cause == Cause.ECN);
  if (cause != Cause.LOSS || has(tcb, Flag.SACK)) return tcb.cc.ssthresh;
  return max(<u32>((<u64>tcb.cc.cwnd * CUBIC_PERCENT) / 100), 2 * tcb.snd.mss);
}

/** Recovery is over, in which so many octets were sent again. */
export function recovered(tcb: Tcb, flight: Flight, resent: u32): void {
  if (tcb.controller != Controller.BBR) validationRecovered(tcb, flight, resent);
  restored(tcb, flight);
}

/** Recovery is over, or what follows a timeout: a controller with a model takes cwnd back. */
export function restored(tcb: Tcb, flight: Flight): void {
  if (tcb.controller == Controller.BBR) bbrRestore(tcb, flight);
}

/**
 * Octets that were in flight before the acknowledgment that tells of congestion, without what
 * limited transmit has added (RFC 3042).
 */
function flightAtLoss(tcb: Tcb): u32 {
  // RFC 5681 §3.2c
  const nxt = tcb.cc.duplicates == 0 ? tcb.snd.nxt : tcb.cc.beforeLimited;
  return nxt - tcb.snd.una + progress().acked;
}

/** The latest reduction was wrong: the controller's own variables are as before. */
export function undone(tcb: Tcb, flight: Flight): void {
  if (tcb.controller == Controller.CUBIC) cubicUndone(tcb, flight);
  else if (tcb.controller == Controller.BBR) bbrUndone(tcb, flight);
}

/** Slow start begins anew after a timeout. */
export function slowStartAgain(tcb: Tcb, flight: Flight): void {
  if (tcb.controller != Controller.BBR) hystartBegin(flight);
}

/** First new data after nothing was outstanding. */
export function resumed(tcb: Tcb): void {
  if (tcb.controller == Controller.BBR) {
    if (hasFlight(tcb)) bbrResumed(tcb, flightOf(tcb));
    return;
  }
  const before = tcb.cc.cwnd;
  restartAfterIdle(tcb);
  if (!hasFlight(tcb)) return;
  cubicResumed(flightOf(tcb));
  // Rounds of before the pause say nothing of the delay after it.
  if (tcb.cc.cwnd < before) hystartBegin(flightOf(tcb));
}
