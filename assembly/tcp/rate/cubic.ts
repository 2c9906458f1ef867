/**
 * CUBIC (RFC 9438): after a loss cwnd follows a cubic curve of time, fast while it is far from
 * where the loss was, slow near it, and fast again beyond; where Reno would be faster, as fast as
 * Reno.
 *
 * All in integers: octets, milliseconds, C as 4/10 and beta as 7/10. The variables of an epoch live
 * in the flight; W_max, which outlives it, in the TCB.
 *
 * ╒═══ the controller's part of a Flight ═══╕
 * │ epochAt │ kMillis │ origin │ est │ ...    │
 * └────────────────────────────────────────┘
 */
import { CONTROLLER, Flight } from '../flight';
import { Instant, MILLISECOND, now } from '../../time';
import { Tcb } from '../tcb';
import { MAX_CWND } from './reno';

/** CUBIC's variables (RFC 9438 §4.1.2). */
@unmanaged
export class Cubic {
  /** t_epoch: when this congestion avoidance began; 0 while none has. */
  epochAt: Instant;
  /** K, milliseconds: when the curve is back at W_max. */
  k: u32;
  /** W_max of this epoch, octets: where the curve is flat. */
  origin: u32;
  /** W_est, octets: what Reno would have. */
  estimate: u32;
  /** Octets acknowledged that have not grown W_est or cwnd by a whole one yet. */
  estimateRest: u32;
  cwndRest: u32;
  /** W_max, K and epoch before the reductions that may be undone. */
  priorMax: u32;
  priorOrigin: u32;
  priorK: u32;
  priorEpochAt: Instant;
}

/** Octets of the controller's part that CUBIC takes. */
export const CUBIC_SIZE: usize = offsetof<Cubic>();

function cubicOf(flight: Flight): Cubic {
  return changetype<Cubic>(changetype<usize>(flight) + CONTROLLER);
}

/** ssthresh after congestion, beta being 7/10 or, for an echo, 85/100 (RFC 9438 §4.6, RFC 8511). */
export function cubicReduce(tcb: Tcb, flight: Flight, inFlight: u32, percent: u32): u32 {
  const cc = tcb.cc;
  cubicOf(flight).epochAt = 0; // RFC 9438 §4.8
  // Fast convergence: a flow that did not get back to W_max leaves room for a new one.
  // DEVIATION: RFC 9438 §4.7 lowers W_max after a loss below W_max alone. A full queue drops a
  // packet of one flow, not of each, and both return to the W_max they had: one may have half as
  // much again as the other, for minutes. Behind a deep queue each loss lowers W_max, by more in
  // the larger flow.
  const isLower = inFlight < cc.wMax || isQueueDeep(tcb, flight);
  cc.wMax = isLower ? <u32>((<u64>inFlight * 17) / 20) : inFlight; // RFC 9438 §4.7
  const left = <u32>((<u64>inFlight * percent) / 100); // RFC 9438 §4.6a
  return max(left, 2 * tcb.snd.mss); // RFC 9438 §4.6b
}

/**
 * Whether the queue is so deep that the path stays full with seven tenths of cwnd: how soon the
 * rest of it comes back then costs nothing.
 */
function isQueueDeep(tcb: Tcb, flight: Flight): bool {
  return <u64>flight.rackRtt * 7 > <u64>tcb.rtt.least * 10;
}

/** Keeps what reductions are about to take, should they be wrong (RFC 9438 §4.9). */
export function cubicKept(tcb: Tcb, flight: Flight): void {
  const cubic = cubicOf(flight);
  cubic.priorMax = tcb.cc.wMax;
  cubic.priorOrigin = cubic.origin;
  cubic.priorK = cubic.k;
  cubic.priorEpochAt = cubic.epochAt;
}

/** They were wrong (RFC 9438 §4.9). */
export function cubicUndone(tcb: Tcb, flight: Flight): void {
  const cubic = cubicOf(flight);
  tcb.cc.wMax = cubic.priorMax; // RFC 9438 §4.9
  cubic.origin = cubic.priorOrigin;
  cubic.k = cubic.priorK;
  cubic.epochAt = cubic.priorEpochAt;
}

/** After a pause the curve does not go on as if time had been used (RFC 9438 §4.2, end). */
export function cubicResumed(flight: Flight): void {
  cubicOf(flight).epochAt = 0;
}

/** Cube root, rounded down. */
export function cubeRoot(value: u64): u32 {
  let root: u64 = 0;
  for (let bit: i32 = 20; bit >= 0; bit--) {
    const tried = root | (1 << bit);
    if (tried * tried * tried <= value) root = tried;
  }
  return <u32>root;
}

function beginEpoch(tcb: Tcb, cubic: Cubic): void {
  const cc = tcb.cc;
  const mss = tcb.snd.mss;
  cubic.epochAt = now();
  cubic.estimate = cc.cwnd;
  cubic.estimateRest = cubic.cwndRest = 0;
  if (cc.cwnd < cc.wMax) {
    // K is the cube root of (W_max - cwnd_epoch) / C, in segments and seconds.
    cubic.k = cubeRoot((<u64>(cc.wMax - cc.cwnd) * 2_500_000_000) / mss); // RFC 9438 §4.2b
    cubic.origin = cc.wMax;
  } else {
    cubic.k = 0;
    cubic.origin = cc.cwnd;
  }
}

/** W_cubic so many milliseconds after the epoch began, octets. */
function curve(cubic: Cubic, millis: u64, mss: u32): u32 {
  const isBefore = millis < cubic.k;
  // Beyond that the cube of the distance would be more than any window.
  const distance = min<u64>(isBefore ? cubic.k - millis : millis - cubic.k, 500_000);
  // RFC 9438 §4.2a
  const octets = (((distance * distance * distance) / 1_000_000) * 4 * mss) / 10_000;
  if (isBefore) return octets < cubic.origin ? cubic.origin - <u32>octets : 0;
  return <u32>min<u64>(<u64>cubic.origin + octets, MAX_CWND);
}

/** Congestion avoidance (RFC 9438 §4.3 to §4.5). */
export function cubicAcked(tcb: Tcb, flight: Flight, acked: u32): void {
  const cubic = cubicOf(flight);
  const cc = tcb.cc;
  const mss = tcb.snd.mss;
  if (cubic.epochAt == 0) beginEpoch(tcb, cubic);
  growEstimate(tcb, cubic, acked);
  const millis = (now() - cubic.epochAt + tcb.rtt.least) / MILLISECOND;
  let target = curve(cubic, millis, mss);
  // At most half as much again in a round trip.
  target = <u32>min<u64>(max(target, cc.cwnd), (<u64>cc.cwnd * 3) / 2); // RFC 9438 §4.2c
  // The Reno-friendly region: RFC 9438 §4.3a.
  if (cubic.estimate > target) {
    cc.cwnd = min(max(cc.cwnd, cubic.estimate), MAX_CWND);
    return;
  }
  // (target - cwnd) / cwnd for each octet acknowledged.
  const product = <u64>(target - cc.cwnd) * acked + cubic.cwndRest; // RFC 9438 §4.4
  const grown = product / cc.cwnd;
  cubic.cwndRest = <u32>(product % cc.cwnd);
  cc.cwnd = min(cc.cwnd + <u32>grown, MAX_CWND);
}

/** W_est grows by alpha segments for each window, alpha being 9/17 until it is back at W_max. */
function growEstimate(tcb: Tcb, cubic: Cubic, acked: u32): void {
  const mss = tcb.snd.mss;
  // DEVIATION: RFC 9438 §4.3b has alpha be 1 from cwnd_prior on, which is above W_max where that
  // was lowered. Flows that grow alike from W_max on come together sooner.
  const isBack = cubic.estimate >= tcb.cc.wMax;
  const product = <u64>acked * mss * (isBack ? 17 : 9) + cubic.estimateRest;
  const window = <u64>tcb.cc.cwnd * 17;
  cubic.estimate = <u32>min<u64>(cubic.estimate + product / window, MAX_CWND);
  cubic.estimateRest = <u32>(product % window);
}
