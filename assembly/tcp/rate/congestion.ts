/**
 * Congestion control (RFC 5681 §3.1, MUST-19): what every controller shares, and the five functions
 * each of them has: it begins, grows with what is acknowledged, answers ssthresh when something was
 * lost or marked, takes that back, and resumes after a pause.
 *
 * How cwnd comes down to ssthresh is loss recovery's (`loss/`), which knows what was lost; nothing
 * here does.
 */
import { Controller, Setting } from '../../abi';
import { setting } from '../../limits';
import { now } from '../../time';
import { Flight, flightOf, hasFlight } from '../flight';
import { progress } from '../progress';
import { lt } from '../seq';
import { flightSize, Tcb } from '../tcb';
import { cubicAcked, cubicReduce, cubicResumed, cubicUndone } from './cubic';
import { hystartAcked, hystartBegin } from './hystart';
import { renoAcked, renoReduce, slowStart } from './reno';

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
const CUBIC_PERCENT: u32 = 70;
const CUBIC_ECN_PERCENT: u32 = 85;
const RENO_PERCENT: u32 = 50;
const RENO_ECN_PERCENT: u32 = 80;

/**
 * Initial window of ten segments, at most 14,600 octets unless two segments are more (RFC 6928 §2).
 */
export function initialWindow(mss: u32): u32 {
  // DEVIATION: RFC 5681 §3.1a has two to four segments, of a time of modems; RFC 6928 measured ten
  // without harm, and Linux and FreeBSD send them.
  return min(10 * mss, max(2 * mss, 14_600)); // RFC 6928 §2a
}

/** Starts slow start; ssthresh is arbitrarily high (RFC 5681 §3.1). */
export function beginCongestion(tcb: Tcb): void {
  const cc = tcb.cc;
  // A SYN that had to be sent again leaves one segment to begin with.
  // RFC 5681 §3.1b, RFC 6928 §2b, RFC 2525 §2.1, §2.3
  cc.cwnd = tcb.synCount > 0 ? tcb.snd.mss : initialWindow(tcb.snd.mss);
  cc.ssthresh = 0x7fff_ffff; // RFC 5681 §3.1c
  cc.acked = cc.duplicates = cc.wMax = 0;
  tcb.snd.maxFlight = 0;
  tcb.snd.flightEnd = tcb.snd.una;
}

/**
 * Grows cwnd for an acknowledgment of so many new octets, outside of recovery.
 *
 * @param afterTimeout whether they were outstanding at a timeout
 */
export function acked(tcb: Tcb, flight: Flight, length: u32, afterTimeout: bool): void {
  const cc = tcb.cc;
  // A window that is not made use of has not been tested (RFC 7661 §4.4 names the rule).
  if (cc.cwnd < cc.ssthresh) {
    if (cc.cwnd >= 2 * tcb.snd.maxFlight) return;
    // After a timeout an acknowledgment may cover what arrived long ago: one segment for each.
    // DEVIATION: RFC 5681 §3.1d would have at most one segment for every ACK, RFC 9406 §4.2 eight.
    // A receiver that acknowledges once a batch would be sent to at a crawl; Linux counts all.
    const counted = afterTimeout ? min(length, tcb.snd.mss) : length;
    length = slowStart(tcb, hystartAcked(tcb, flight, counted));
    if (length == 0 || afterTimeout) return;
  }
  if (cc.cwnd > tcb.snd.maxFlight + tcb.snd.mss) return;
  if (tcb.controller == Controller.RENO) renoAcked(tcb, length);
  else cubicAcked(tcb, flight, length);
}

/** Answers ssthresh for a reduction; cwnd is brought there by whoever asked. */
export function reduce(tcb: Tcb, flight: Flight, cause: Cause): u32 {
  const inFlight = min(tcb.cc.cwnd, flightAtLoss(tcb));
  const isMild = cause == Cause.ECN && setting(Setting.ABE) != 0; // RFC 8511 §3
  if (tcb.controller == Controller.RENO) {
    return renoReduce(tcb, inFlight, isMild ? RENO_ECN_PERCENT : RENO_PERCENT);
  }
  return cubicReduce(tcb, flight, inFlight, isMild ? CUBIC_ECN_PERCENT : CUBIC_PERCENT);
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
}

/** Slow start begins anew after a timeout. */
export function slowStartAgain(flight: Flight): void {
  hystartBegin(flight);
}

/** Notes how much is in flight, anew for each window. */
export function noteFlight(tcb: Tcb): void {
  const snd = tcb.snd;
  const flight = flightSize(tcb);
  if (!lt(snd.una, snd.flightEnd)) {
    snd.flightEnd = snd.nxt;
    snd.maxFlight = flight;
  } else if (flight > snd.maxFlight) {
    snd.maxFlight = flight;
  }
}

/** After a pause longer than RTO nothing is known of the path: cwnd begins anew (RFC 5681 §4.1). */
export function restartAfterIdle(tcb: Tcb): void {
  if (hasFlight(tcb)) cubicResumed(flightOf(tcb));
  if (tcb.rtt.sentAt == 0 || now() - tcb.rtt.sentAt <= tcb.rtt.rto) return;
  tcb.cc.cwnd = min(tcb.cc.cwnd, initialWindow(tcb.snd.mss)); // RFC 5681 §4.1, RFC 6928 §2c
}
