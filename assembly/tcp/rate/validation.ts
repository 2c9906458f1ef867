/**
 * Whether cwnd was made use of (congestion window validation), and what becomes of it when it was
 * not.
 *
 * A window that was not filled does not grow. Beyond that `tcp_slow_start_after_idle` decides.
 * At 1, as in Linux, cwnd is halved for each RTO without new data, and for each in which it was not
 * filled it comes halfway down to what was used (RFC 2861). At 0 Linux keeps cwnd for as
 * long as the pause lasts; here RFC 7661 bounds that: cwnd is kept for five minutes while less
 * than half of it is used, and a loss in that time leaves what the path has proven to carry.
 *
 * The phase outlives a flight and lies in the TCB. The measurement ends with it, at the end of the
 * record, behind HyStart++'s variables.
 */
import { Setting } from '../../abi';
import { setting } from '../../limits';
import { FLIGHT_SIZE } from '../../memory';
import { Micros, now, SECOND } from '../../time';
import { Flight, flightOf, hasFlight } from '../flight';
import { le, LocalSeq, lt } from '../seq';
import { Flag, flightSize, has, Tcb } from '../tcb';

/** The measurement of pipeACK (RFC 7661 §4.2). */
@unmanaged
export class Validation {
  /** pipeACK: the most octets acknowledged in a round trip of late; 0 while undefined. */
  pipeAck: u32;
  /** When that was measured. */
  measuredAt: Micros;
  /** SND.UNA when the round trip being measured began, and SND.NXT then: where it ends. */
  from: LocalSeq;
  end: LocalSeq;
}

/** Where the measurement lies in a flight. */
export const VALIDATION: usize = FLIGHT_SIZE - 16;
if (offsetof<Validation>() > 16) ERROR('the measurement overlaps the next flight');

/** Seconds for which an unused cwnd is kept. */
const KEPT_SECONDS: u64 = 300;

function validationOf(flight: Flight): Validation {
  return changetype<Validation>(changetype<usize>(flight) + VALIDATION);
}

/** Whether cwnd is kept over pauses, and validated as RFC 7661 has it. */
function keepsWindow(): bool {
  return setting(Setting.SLOW_START_AFTER_IDLE) == 0;
}

/** Initial window of ten segments, 14,600 octets unless two segments are more (RFC 6928 §2). */
export function initialWindow(mss: u32): u32 {
  // DEVIATION: RFC 5681 §3.1a has two to four segments, of a time of modems; RFC 6928 measured ten
  // without harm, and Linux and FreeBSD send them.
  return min(10 * mss, max(2 * mss, 14_600)); // RFC 6928 §2a
}

/** Nothing is measured: the phase is the validated one (RFC 7661 §4.1). */
export function beginValidation(tcb: Tcb): void {
  tcb.snd.maxFlight = 0;
  tcb.snd.flightEnd = tcb.snd.una;
  tcb.unvalidatedAt = 0; // RFC 7661 §4.1
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

/** Whether what has been in flight lets cwnd grow, in slow start by as much again (§4.3). */
export function isTested(tcb: Tcb, inSlowStart: bool): bool {
  const most = tcb.snd.maxFlight;
  return inSlowStart ? tcb.cc.cwnd < 2 * most : tcb.cc.cwnd <= most + tcb.snd.mss; // RFC 7661 §4.3c
}

// The phases (RFC 7661 §4.2 to §4.4) ----------------------------------------------

/** Measures an acknowledgment; answers whether cwnd may grow, for its use is validated. */
export function validated(tcb: Tcb, flight: Flight, length: u32): bool {
  if (!keepsWindow()) {
    giveUpUnused(tcb, flight);
    return true;
  }
  const v = validationOf(flight);
  const una = tcb.snd.una;
  if (v.end == v.from) {
    v.from = una - length;
    v.end = tcb.snd.nxt;
  }
  if (le(v.end, una)) {
    takeSample(tcb, v, una - v.from);
    v.from = una;
    v.end = tcb.snd.nxt;
  }
  return tcb.unvalidatedAt == 0; // RFC 7661 §4.4
}

/**
 * Notes whether cwnd was filled, where it is not kept: for each RTO in which it was not, it comes
 * halfway down to the most that was in flight, as Linux has it. pipeACK is that most, and since
 * then it is measured; a buffer that is full is no user who has no more to send.
 */
function giveUpUnused(tcb: Tcb, flight: Flight): void {
  const v = validationOf(flight);
  const cc = tcb.cc;
  const clock = <Micros>now();
  const isFilled = isTested(tcb, cc.cwnd < cc.ssthresh) || has(tcb, Flag.WANTS_ROOM);
  v.pipeAck = max(v.pipeAck, tcb.snd.maxFlight);
  const isOver = clock - v.measuredAt >= tcb.rtt.rto && v.measuredAt != 0;
  if (!isFilled && !isOver && v.measuredAt != 0) return;
  const used = max(v.pipeAck, initialWindow(tcb.snd.mss));
  if (!isFilled && isOver && used < cc.cwnd) {
    // DEVIATION: RFC 7661 keeps cwnd for five minutes instead, which a setting of 0 does.
    cc.ssthresh = max(cc.ssthresh, (cc.cwnd / 4) * 3);
    cc.cwnd = used + (cc.cwnd - used) / 2;
  }
  v.pipeAck = 0;
  v.measuredAt = max<Micros>(clock, 1);
}

/** Takes a round trip's octets: pipeACK is the most of three round trips, or of a second. */
function takeSample(tcb: Tcb, v: Validation, octets: u32): void {
  const period: Micros = max<Micros>(3 * tcb.rtt.srtt, <Micros>SECOND); // RFC 7661 §4.2b
  const clock = <Micros>now();
  if (octets >= v.pipeAck || clock - v.measuredAt > period) {
    v.pipeAck = octets; // RFC 7661 §4.2a
    v.measuredAt = clock;
  }
  if (v.pipeAck >= tcb.cc.cwnd / 2) tcb.unvalidatedAt = 0; // RFC 7661 §4.3a
  else if (tcb.unvalidatedAt == 0) beginUnvalidated(tcb, now()); // RFC 7661 §4.3b
  else endPeriods(tcb);
}

function secondsOf(micros: u64): u16 {
  return <u16>(micros / SECOND);
}

/** Less than half of cwnd is in use from then on. Zero says validated; one second stands in. */
function beginUnvalidated(tcb: Tcb, at: u64): void {
  tcb.unvalidatedAt = max<u16>(secondsOf(at), 1);
}

/** For each five minutes in which cwnd was not validated, half of it is given up (§4.4.3). */
function endPeriods(tcb: Tcb): void {
  const cc = tcb.cc;
  const least = min(cc.cwnd, initialWindow(tcb.snd.mss));
  const idle = (now() - tcb.rtt.sentAt) / SECOND;
  // The time of the phase goes round in eighteen hours; the time of the last data does not.
  const passed = max<u64>(<u16>(secondsOf(now()) - tcb.unvalidatedAt), idle);
  if (passed < KEPT_SECONDS) return;
  cc.ssthresh = max(cc.ssthresh, (cc.cwnd / 4) * 3); // RFC 7661 §4.4.3a
  for (let left = passed; left >= KEPT_SECONDS && cc.cwnd > least; left -= KEPT_SECONDS) {
    cc.cwnd = max(cc.cwnd / 2, least); // RFC 7661 §4.4.3b
  }
  beginUnvalidated(tcb, now() - (passed % KEPT_SECONDS) * SECOND);
}

// Congestion (RFC 7661 §4.4.1) ----------------------------------------------------

/**
 * Answers ssthresh where cwnd was not validated when a loss or a mark came: half of what the path
 * has carried. 0 where the controller's own answer holds.
 */
export function unvalidatedReduce(tcb: Tcb, flight: Flight, inFlight: u32): u32 {
  if (tcb.unvalidatedAt == 0 || !keepsWindow()) return 0;
  const v = validationOf(flight);
  v.pipeAck = max(v.pipeAck, inFlight);
  // DEVIATION: RFC 7661 §4.4.1a takes this for cwnd at once, and for ssthresh what a controller
  // always takes. PRR brings cwnd to ssthresh by and by, so here both are the same.
  return max(v.pipeAck / 2, 2 * tcb.snd.mss); // RFC 7661 §4.4.1a
}

/**
 * Recovery is over, or cwnd was reduced without one: nothing is measured yet of the path as it is.
 *
 * @param resent octets that were lost and sent again; what was sent again twice counts twice
 */
export function validationRecovered(tcb: Tcb, flight: Flight, resent: u32): void {
  if (!keepsWindow()) return;
  const v = validationOf(flight);
  if (tcb.unvalidatedAt != 0) {
    const cc = tcb.cc;
    const kept = v.pipeAck > resent ? (v.pipeAck - resent) / 2 : 0;
    cc.cwnd = min(cc.cwnd, max(kept, tcb.snd.mss)); // RFC 7661 §4.4.1b
    cc.ssthresh = max(cc.cwnd, 2 * tcb.snd.mss); // RFC 7661 §4.4.1d
  }
  tcb.unvalidatedAt = 0;
  forget(v); // RFC 7661 §4.4.1c
}

/** pipeACK is undefined, and its measurement begins with the next acknowledgment. */
function forget(v: Validation): void {
  v.pipeAck = v.from = v.end = 0;
}

// Pauses --------------------------------------------------------------------------

/** New data after nothing was outstanding: what a pause of more than RTO leaves of cwnd. */
export function restartAfterIdle(tcb: Tcb): void {
  const cc = tcb.cc;
  const rto = tcb.rtt.rto;
  if (tcb.rtt.sentAt == 0) return;
  let idle = now() - tcb.rtt.sentAt;
  if (idle <= rto) return;
  if (keepsWindow()) {
    if (tcb.unvalidatedAt == 0) beginUnvalidated(tcb, tcb.rtt.sentAt);
    // What was carried before the pause says nothing of the path as it is now.
    if (hasFlight(tcb)) forget(validationOf(flightOf(tcb)));
    endPeriods(tcb);
    return;
  }
  // DEVIATION: RFC 5681 §4.1 and RFC 6928 §2c would have cwnd begin anew after one RTO. As in Linux
  // each RTO takes half of it (RFC 2861), and ssthresh remembers where it was.
  const least = min(cc.cwnd, initialWindow(tcb.snd.mss)); // RFC 5681 §4.1, RFC 6928 §2c
  cc.ssthresh = max(cc.ssthresh, (cc.cwnd / 4) * 3);
  for (; idle > rto && cc.cwnd > least; idle -= rto) cc.cwnd = max(cc.cwnd / 2, least);
  if (hasFlight(tcb)) validationOf(flightOf(tcb)).measuredAt = 0;
}
