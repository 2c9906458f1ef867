/**
 * BBR (draft-ietf-ccwg-bbr, its third version): instead of waiting for losses, a sender measures
 * what the path delivers and how long a round trip is without a queue, sends at that rate, and has
 * about the product of both in flight.
 *
 * Its states probe for more and give way in turn. Losses bound the model only where they are more
 * than two in a hundred, or while it does not probe.
 *
 *     STARTUP ─► DRAIN ─► DOWN ─► CRUISE ─► REFILL ─► UP ─┐      from any, every five seconds
 *                          ▲                              │      without a shorter round trip:
 *                          └──────────────────────────────┘      PROBE_RTT, and back
 *
 * Not here: the model (`bbr-model.ts`), what follows from it for rate and cwnd (`bbr-control.ts`),
 * when a segment may leave (`pacing.ts`).
 */
import { Reason } from '../../abi';
import { random } from '../../random';
import { MILLISECOND, millisNow, SECOND } from '../../time';
import { Flight, limitByApp, Phase, pipe } from '../flight';
import { progress } from '../progress';
import { clock, isMarked, Mark, Sent } from '../sent';
import { Flag, has, Tcb } from '../tcb';
import {
  AckPhase,
  Bbr,
  bbrOf,
  BbrState,
  cut,
  isTooMuchLost,
  LOSS_THRESHOLD,
  NEVER,
  noteLoss,
  resetFullBw,
  resetShortTerm,
  resetSignals,
  saveCwnd,
  settleModel,
  share,
  startRound,
  targetInflight,
  updateAggregation,
  updateMinRtt,
  updateSignals,
  withHeadroom,
} from './bbr-model';
import { isInProbeBw, probeRttCwnd, quantized, setCwnd, setPacingRate } from './bbr-control';
import { traceCongestion } from './note';
import { HIGHEST_SSTHRESH } from './reno';
import { initialWindow } from './validation';

const PROBE_RTT_MS: u32 = 200;
/** Losses apart from each other in a round trip that end STARTUP. */
const STARTUP_LOSSES: u8 = 6;
/** Round trips without a quarter more bandwidth: it is all used. */
const FULL_ROUNDS: u8 = 3;
const RENO_ROUNDS: u32 = 63;

function isProbing(b: Bbr): bool {
  const state = <BbrState>b.state;
  return state == BbrState.STARTUP || state == BbrState.REFILL || state == BbrState.UP;
}

/** BBR's variables, as they begin where there are none yet (§5.2.1). */
function begun(tcb: Tcb, flight: Flight): Bbr {
  const b = bbrOf(flight);
  if (b.hasBegun) return b;
  memory.fill(changetype<usize>(b), 0, offsetof<Bbr>());
  b.hasBegun = 1;
  const srtt = tcb.rtt.srtt;
  b.minRtt = srtt == 0 ? NEVER : srtt;
  b.probeRttLeast = b.inflightLong = NEVER;
  b.minRttAt = b.probeRttAt = millisNow();
  b.extraAt = clock();
  b.undo = <u8>BbrState.NONE;
  resetShortTerm(b);
  tcb.cc.ssthresh = HIGHEST_SSTHRESH;
  const window = initialWindow(tcb.snd.mss);
  b.bdp = window;
  // BBR §5.6.2c
  b.pacingRate = share(<u64>window * 277, SECOND / 100, srtt == 0 ? MILLISECOND : srtt);
  return b;
}

/** The rate BBR sends at, octets a second. */
export function bbrRate(tcb: Tcb, flight: Flight): u32 {
  return max(begun(tcb, flight).pacingRate, 1);
}

// Acknowledgments (§5.2.3) --------------------------------------------------------------

/** Takes an acknowledgment; recovery has looked at it before. */
export function bbrAcked(tcb: Tcb, flight: Flight): void {
  const b = begun(tcb, flight);
  const made = progress();
  const inFlight = pipe(tcb);
  if (inFlight + made.delivered + made.lost + tcb.snd.mss > tcb.cc.cwnd) b.limitedRound = b.rounds;
  updateSignals(tcb, flight, b, isProbing(b));
  updateAggregation(tcb, b);
  checkFullBw(b);
  checkStartupDone(tcb, flight, b);
  if (b.state == <u8>BbrState.DRAIN) {
    const isLate = b.rounds > b.drainRound + 3;
    if (isLate || inFlight <= quantized(tcb, b, b.bdp)) startDown(flight, b); // BBR §5.3.2b
  }
  if (b.isFullReached) updateCycle(tcb, flight, b, inFlight);
  checkProbeRtt(tcb, flight, b, inFlight);
  if (b.isLossRoundStart) {
    b.bwLatest = b.rate;
    b.inflightLatest = made.rateDelivered;
  }
  settleModel(b);
  setPacingRate(b, 0);
  setCwnd(tcb, flight, b);
}

/** Whether the bandwidth grows no more though more is sent (§5.3.1.2). */
function checkFullBw(b: Bbr): void {
  if (b.isFullNow || !b.isRoundStart || progress().isAppLimited) return;
  if (b.rate - b.rate / 5 >= b.fullBw) {
    resetFullBw(b, b.rate); // BBR §5.3.1.2a
    return;
  }
  if (++b.fullBwCount < FULL_ROUNDS) return; // BBR §5.3.1.2b
  b.isFullNow = b.isFullReached = 1;
}

/** STARTUP ends with the bandwidth, or with losses of a round trip (§5.3.1.3). */
function checkStartupDone(tcb: Tcb, flight: Flight, b: Bbr): void {
  const made = progress();
  if (b.state != <u8>BbrState.STARTUP) return;
  if (made.lost != 0 && b.lossEvents < 255) b.lossEvents++;
  if (b.isLossRoundStart) {
    const lost = flight.lostTotal - made.priorLost;
    const isLossy = b.lossEvents >= STARTUP_LOSSES || !has(tcb, Flag.SACK);
    if (flight.phase == Phase.RECOVERY && isLossy && isTooMuchLost(lost, made.inFlight)) {
      b.undo = <u8>BbrState.STARTUP;
      b.isFullReached = 1; // BBR §5.3.1.3
      b.inflightLong = max(b.bdp, b.inflightLatest);
    }
    b.lossEvents = 0;
  }
  if (!b.isFullReached) return;
  enter(tcb, b, BbrState.DRAIN); // BBR §5.3.2a
  b.drainRound = b.rounds;
}

function enter(tcb: Tcb, b: Bbr, state: BbrState): void {
  b.state = <u8>state;
  if (state != BbrState.DRAIN && state != BbrState.PROBE_RTT) return;
  traceCongestion(tcb, state == BbrState.DRAIN ? Reason.BBR_FULL : Reason.BBR_PROBE_RTT);
}

// ProbeBW (§5.3.3) ----------------------------------------------------------------------

/** Gives way: less is sent than is delivered, and the next probe's time is drawn. */
function startDown(flight: Flight, b: Bbr): void {
  resetSignals(b);
  b.upPerSegment = NEVER;
  const dice = random();
  // BBR §5.3.3.8a
  b.roundsSinceUp = <u32>dice & 1;
  b.probeWait = 2_000 + (<u32>(dice >> 32) % 1_000);
  b.cycleAt = millisNow();
  b.ackPhase = <u8>AckPhase.STOPPING;
  startRound(flight, b);
  b.state = <u8>BbrState.DOWN;
}

/** Fills the pipe for a round trip, so that the probe does not begin with a gap (§5.3.3.3). */
function startRefill(flight: Flight, b: Bbr): void {
  resetShortTerm(b); // BBR §5.3.3.3
  b.upRounds = b.wasPrecautionary = 0;
  b.upAcked = 0;
  b.ackPhase = <u8>AckPhase.REFILLING;
  startRound(flight, b);
  b.state = <u8>BbrState.REFILL;
}

function startUp(tcb: Tcb, flight: Flight, b: Bbr): void {
  b.isProbeSample = 1;
  b.ackPhase = <u8>AckPhase.STARTING;
  startRound(flight, b);
  resetFullBw(b, b.rate);
  b.state = <u8>BbrState.UP;
  raiseSlope(tcb, b);
}

/** Each round trip of UP the bound for good grows by twice as many segments (§5.3.3.5). */
function raiseSlope(tcb: Tcb, b: Bbr): void {
  b.upPerSegment = max(tcb.cc.cwnd >> b.upRounds, tcb.snd.mss); // BBR §5.3.3.5
  if (b.upRounds < 30) b.upRounds++;
}

function updateCycle(tcb: Tcb, flight: Flight, b: Bbr, inFlight: u32): void {
  if (adaptLongTerm(tcb, flight, b)) return;
  const state = <BbrState>b.state;
  if (state == BbrState.DOWN || state == BbrState.CRUISE) {
    // BBR §5.3.3.8b
    const rounds = min(targetInflight(tcb, b) / tcb.snd.mss, RENO_ROUNDS);
    if (millisNow() - b.cycleAt > b.probeWait || b.roundsSinceUp >= rounds) startRefill(flight, b);
    else if (inFlight <= min(withHeadroom(tcb, b), quantized(tcb, b, b.bdp))) {
      b.state = <u8>BbrState.CRUISE; // BBR §5.3.3.1
    }
  } else if (state == BbrState.REFILL) {
    if (b.isRoundStart) startUp(tcb, flight, b);
  } else if (state == BbrState.UP && isTimeToGoDown(tcb, b, inFlight)) {
    b.wasProbeTooHigh = 0;
    startDown(flight, b);
  }
}

/** Whether cwnd was used up in this round trip or the last, and is at its bound for good. */
function isBoundForGood(tcb: Tcb, b: Bbr): bool {
  return b.rounds - b.limitedRound <= 1 && tcb.cc.cwnd >= b.inflightLong;
}

function isTimeToGoDown(tcb: Tcb, b: Bbr, inFlight: u32): bool {
  if (b.wasProbeTooHigh && inFlight >= b.inflightLong) {
    b.wasPrecautionary = 1; // BBR §5.3.3.6
    return true;
  }
  if (isBoundForGood(tcb, b)) {
    resetFullBw(b, b.rate);
    return false;
  }
  return b.isFullNow != 0; // BBR §5.3.3.7
}

/** What the samples of a probe say of the bound for good; answers whether the state is decided. */
function adaptLongTerm(tcb: Tcb, flight: Flight, b: Bbr): bool {
  const made = progress();
  if (b.isRoundStart) {
    if (b.ackPhase == <u8>AckPhase.STARTING) {
      b.ackPhase = <u8>AckPhase.FEEDBACK;
    } else if (b.ackPhase == <u8>AckPhase.STOPPING) {
      b.isProbeSample = 0;
      b.ackPhase = <u8>AckPhase.INIT;
      if (isInProbeBw(b)) {
        if (!made.isAppLimited && b.maxBw != 0) {
          b.maxBwBefore = b.maxBw; // BBR §5.5.6
          b.maxBw = 0;
        }
        if (b.wasPrecautionary && !b.wasProbeTooHigh) {
          startRefill(flight, b);
          return true;
        }
      }
    }
  }
  if (b.inflightLong == NEVER || !made.hasNewest) return false;
  if (isTooMuchLost(flight.lostTotal - made.priorLost, made.inFlight)) return false;
  b.inflightLong = max(b.inflightLong, made.inFlight); // BBR §5.3.3.9
  if (b.state != <u8>BbrState.UP || !isBoundForGood(tcb, b)) return false;
  b.upAcked += made.delivered;
  const segments = b.upAcked / b.upPerSegment;
  b.upAcked -= segments * b.upPerSegment;
  b.inflightLong += segments * tcb.snd.mss;
  if (b.isRoundStart) raiseSlope(tcb, b);
  return false;
}

// Losses (§5.2.4, §5.2.5) -----------------------------------------------------------------

/** A record of `span` octets is lost; the flight counts it already. */
export function bbrLost(tcb: Tcb, flight: Flight, sent: Sent, span: u32): void {
  const b = begun(tcb, flight);
  noteLoss(tcb, flight, b);
  if (!b.isProbeSample) return;
  const lost = flight.lostTotal - sent.lostTotal;
  const inFlight = sent.inFlight;
  if (has(tcb, Flag.SACK) && !isTooMuchLost(lost, inFlight)) return;
  // Within a record of several segments, where the loss became too much (§5.5.10.2).
  const before = max<i32>(<i32>inFlight - <i32>span, 0);
  const room = <i64>before - <i64>(lost - span) * LOSS_THRESHOLD;
  const prefix = room > 0 ? <u32>(room / (LOSS_THRESHOLD - 1)) : 0;
  wasTooHigh(tcb, flight, b, <u32>before + prefix, isMarked(sent, Mark.APP_LIMITED));
}

/** A probe has put too much in flight. */
function wasTooHigh(tcb: Tcb, flight: Flight, b: Bbr, inFlight: u32, isAppLimited: bool): void {
  b.wasProbeTooHigh = 1;
  b.isProbeSample = 0;
  // BBR §5.5.10.2b
  if (!isAppLimited) b.inflightLong = max(inFlight, cut(targetInflight(tcb, b)));
  if (b.state != <u8>BbrState.UP) return;
  b.undo = <u8>BbrState.UP;
  startDown(flight, b);
  traceCongestion(tcb, Reason.BBR_TOO_HIGH);
}

/**
 * Recovery begins, or a timeout: cwnd of before comes back after it (§5.6.4.4). Or a mark is
 * echoed, which counts as a loss does.
 */
export function bbrCongested(tcb: Tcb, flight: Flight, isMark: bool): void {
  const b = begun(tcb, flight);
  noteLoss(tcb, flight, b);
  saveCwnd(tcb, flight, b);
  // BBR §3.7
  if (isMark && b.isProbeSample) wasTooHigh(tcb, flight, b, pipe(tcb), false);
}

/** Recovery is over. */
export function bbrRestore(tcb: Tcb, flight: Flight): void {
  tcb.cc.cwnd = max(tcb.cc.cwnd, begun(tcb, flight).priorCwnd); // BBR §5.6.4.4
  tcb.cc.ssthresh = HIGHEST_SSTHRESH;
}

/** Nothing was lost after all (§5.5.11.2). */
export function bbrUndone(tcb: Tcb, flight: Flight): void {
  const b = begun(tcb, flight);
  bbrRestore(tcb, flight);
  b.isLossInRound = 0;
  resetFullBw(b, 0);
  b.bwShort = max(b.bwShort, b.undoBwShort); // BBR §5.5.11.2
  b.inflightShort = max(b.inflightShort, b.undoInflightShort);
  b.inflightLong = max(b.inflightLong, b.undoInflightLong);
  const undo = b.undo;
  const state = b.state;
  b.undo = <u8>BbrState.NONE;
  if (undo == <u8>BbrState.STARTUP && state != undo) b.isFullReached = 0;
  if (undo == state || state == <u8>BbrState.PROBE_RTT) return;
  if (undo == <u8>BbrState.STARTUP) b.state = undo;
  else if (undo == <u8>BbrState.UP) startRefill(flight, b);
}

// ProbeRTT (§5.3.4) and idle (§5.4) -----------------------------------------------------------

/** Every five seconds without a shorter round trip: half of the pipe, so that no queue is left. */
function checkProbeRtt(tcb: Tcb, flight: Flight, b: Bbr, inFlight: u32): void {
  const isExpired = updateMinRtt(b);
  if (b.state != <u8>BbrState.PROBE_RTT && isExpired && !b.isIdleRestart) {
    saveCwnd(tcb, flight, b);
    enter(tcb, b, BbrState.PROBE_RTT); // BBR §5.3.4.3a
    b.probeRttDoneAt = 0;
    b.ackPhase = <u8>AckPhase.STOPPING;
    startRound(flight, b);
  }
  if (progress().delivered != 0) b.isIdleRestart = 0;
  if (b.state != <u8>BbrState.PROBE_RTT) return;
  limitByApp(flight, inFlight);
  if (b.probeRttDoneAt == 0) {
    if (inFlight > probeRttCwnd(tcb, b)) return;
    b.probeRttDoneAt = max<u32>(millisNow() + PROBE_RTT_MS, 1); // BBR §5.3.4.3b
    b.isProbeRttRoundDone = 0;
    startRound(flight, b);
    return;
  }
  if (b.isRoundStart) b.isProbeRttRoundDone = 1;
  if (b.isProbeRttRoundDone) checkProbeRttDone(tcb, flight, b);
}

function checkProbeRttDone(tcb: Tcb, flight: Flight, b: Bbr): void {
  if (b.probeRttDoneAt == 0 || <i32>(millisNow() - b.probeRttDoneAt) <= 0) return;
  b.probeRttAt = millisNow();
  tcb.cc.cwnd = max(tcb.cc.cwnd, b.priorCwnd);
  resetShortTerm(b); // BBR §5.3.4.4
  if (!b.isFullReached) {
    b.state = <u8>BbrState.STARTUP;
    return;
  }
  startDown(flight, b);
  b.state = <u8>BbrState.CRUISE;
}

/** First data after nothing was on its way, for lack of it (§5.4.1). */
export function bbrResumed(tcb: Tcb, flight: Flight): void {
  if (flight.appLimited == 0) return;
  const b = begun(tcb, flight);
  b.isIdleRestart = 1;
  b.extraAt = clock();
  if (isInProbeBw(b)) setPacingRate(b, 100); // BBR §5.4.1
  else if (b.state == <u8>BbrState.PROBE_RTT) checkProbeRttDone(tcb, flight, b);
}
