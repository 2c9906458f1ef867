/**
 * BBR's model of the path (draft-ietf-ccwg-bbr §5.5): how much it carries a second and how long a
 * round trip is without a queue, hence what fills it; and what losses say of both.
 *
 * All in integers: octets, octets a second, microseconds, milliseconds of the clock modulo 2^32.
 * The variables lie in the controller's part of the flight, which a connection with BBR keeps.
 */
import { FLIGHT_SIZE } from '../../memory';
import { Micros, millisNow, SECOND } from '../../time';
import { CONTROLLER, Flight, Phase } from '../flight';
import { progress } from '../progress';
import { clock } from '../sent';
import { Tcb } from '../tcb';
import { MAX_CWND } from './reno';

/** Where the state machine stands (§5.1.1). */
export enum BbrState {
  STARTUP,
  DRAIN,
  DOWN,
  CRUISE,
  REFILL,
  UP,
  PROBE_RTT,
  /** Of `undo`: nothing to return to. */
  NONE,
}

/** Which samples acknowledgments bring: those of a probe come a round trip after its sending. */
export enum AckPhase {
  INIT,
  REFILLING,
  STARTING,
  FEEDBACK,
  STOPPING,
}

/** Milliseconds of the clock. */
type Millis = u32;

/** No bound, and nothing measured yet. */
export const NEVER: u32 = 0xffff_ffff;

/** BBR's variables (§2). */
@unmanaged
export class Bbr {
  /** BBR.max_bw of this cycle of ProbeBW and of the one before; the bandwidth that is used. */
  maxBw: u32;
  maxBwBefore: u32;
  bw: u32;
  /** BBR.bdp: what is in flight at that bandwidth in the shortest round trip. */
  bdp: u32;
  /** The latest sample; the largest of this round trip. */
  rate: u32;
  bwLatest: u32;
  inflightLatest: u32;
  /** What losses have left: until the next probe, and for good. */
  bwShort: u32;
  inflightShort: u32;
  inflightLong: u32;
  /** The rate without the connection's bound. */
  pacingRate: u32;
  minRtt: Micros;
  minRttAt: Millis;
  probeRttLeast: Micros;
  probeRttAt: Millis;
  /** When PROBE_RTT may end; 0: what is in flight has not fallen yet. */
  probeRttDoneAt: Millis;
  /** A round trip ends when what is sent after so much was delivered is acknowledged. */
  roundEnd: u32;
  lossRoundEnd: u32;
  rounds: u32;
  /** `rounds` when cwnd was last used up, when DRAIN began, and when `extra` was last halved. */
  limitedRound: u32;
  drainRound: u32;
  extraRound: u32;
  roundsSinceUp: u32;
  /** Octets that come acknowledged beyond what the bandwidth explains (§5.5.9). */
  extraAt: Micros;
  extraDelivered: u32;
  extra: u32;
  extraBefore: u32;
  cycleAt: Millis;
  probeWait: u32;
  fullBw: u32;
  upPerSegment: u32;
  upAcked: u32;
  priorCwnd: u32;
  undoBwShort: u32;
  undoInflightShort: u32;
  undoInflightLong: u32;
  state: u8;
  undo: u8;
  ackPhase: u8;
  upRounds: u8;
  fullBwCount: u8;
  lossEvents: u8;
  hasBegun: u8;
  isRoundStart: u8;
  isLossRoundStart: u8;
  isLossInRound: u8;
  isFullNow: u8;
  isFullReached: u8;
  isProbeSample: u8;
  wasProbeTooHigh: u8;
  wasPrecautionary: u8;
  isIdleRestart: u8;
  isProbeRttRoundDone: u8;
}

if (CONTROLLER + offsetof<Bbr>() > FLIGHT_SIZE) ERROR('the flight is too small for BBR');

/** Largest loss of a round trip that is no congestion: one octet in so many (§2.8, 2 %). */
export const LOSS_THRESHOLD: u32 = 50;
/** Of the bandwidth 1 % is left, so that queues shrink: BBR.PacingMarginPercent (§2.8, §5.6.2). */
export const PACED_PERCENT: u32 = 99;
/** Round trips for which the largest `extra` counts, twice over. */
const EXTRA_ROUNDS: u32 = 5;
const MIN_RTT_MS: u32 = 10_000;
const PROBE_RTT_INTERVAL_MS: u32 = 5_000;

/** BBR's variables of a flight. */
export function bbrOf(flight: Flight): Bbr {
  return changetype<Bbr>(changetype<usize>(flight) + CONTROLLER);
}

/** A product over a divisor, within 32 bits. */
export function share(value: u64, times: u32, divisor: u32): u32 {
  return <u32>min<u64>((value * times) / divisor, NEVER - 1);
}

/** BBR.MinPipeCwnd (§5.6.4.3). */
export function minPipe(tcb: Tcb): u32 {
  return 4 * tcb.snd.mss;
}

/** What losses leave at least of a bound: BBR.Beta, seven tenths (§2.8). */
export function cut(bound: u32): u32 {
  return bound - (bound / 10) * 3;
}

/** What is wanted in flight: the product, unless congestion has cut cwnd (§5.3.3.8). */
export function targetInflight(tcb: Tcb, b: Bbr): u32 {
  return min(b.bdp, tcb.cc.cwnd);
}

/** The bound for good, less what is left to others: 15 % (§5.3.3.9). */
export function withHeadroom(tcb: Tcb, b: Bbr): u32 {
  const long = b.inflightLong;
  if (long == NEVER) return NEVER;
  return max(long - max((long / 20) * 3, tcb.snd.mss), minPipe(tcb));
}

/** Whether so much lost of so much in flight was too much (§5.5.10.2). */
export function isTooMuchLost(lost: u32, inFlight: u32): bool {
  return lost > inFlight / LOSS_THRESHOLD; // BBR §5.5.10.2a
}

/** A round trip begins (§5.5.1). */
export function startRound(flight: Flight, b: Bbr): void {
  b.roundEnd = flight.delivered;
}

/** Starts to look for a bandwidth that grows no more (§5.3.1.2). */
export function resetFullBw(b: Bbr, baseline: u32): void {
  b.fullBw = baseline;
  b.fullBwCount = b.isFullNow = 0;
}

/** Forgets the bounds of losses between probes. */
export function resetShortTerm(b: Bbr): void {
  b.bwShort = b.inflightShort = NEVER;
}

/** Forgets what this round trip has shown. */
export function resetSignals(b: Bbr): void {
  b.isLossInRound = 0;
  b.bwLatest = b.inflightLatest = 0;
}

/** Keeps cwnd as it was before recovery or PROBE_RTT took of it (§5.6.4.4). */
export function saveCwnd(tcb: Tcb, flight: Flight, b: Bbr): void {
  const isWhole = flight.phase == Phase.OPEN && b.state != BbrState.PROBE_RTT;
  b.priorCwnd = isWhole ? tcb.cc.cwnd : max(b.priorCwnd, tcb.cc.cwnd);
}

/** Something was lost, or marked: the first in a round trip keeps what may be undone. */
export function noteLoss(tcb: Tcb, flight: Flight, b: Bbr): void {
  if (b.isLossInRound) return;
  b.isLossInRound = 1;
  b.lossRoundEnd = flight.delivered;
  saveCwnd(tcb, flight, b); // BBR §5.5.11.1
  b.undo = <u8>BbrState.NONE;
  b.undoBwShort = b.bwShort;
  b.undoInflightShort = b.inflightShort;
  b.undoInflightLong = b.inflightLong;
}

/** Takes the sample of an acknowledgment (§5.5.1, §5.5.5, §5.5.10.3). */
export function updateSignals(tcb: Tcb, flight: Flight, b: Bbr, isProbing: bool): void {
  const made = progress();
  const octets = made.rateDelivered;
  b.rate = octets == 0 ? 0 : share(octets, SECOND, made.rateInterval);
  b.bwLatest = max(b.bwLatest, b.rate);
  b.inflightLatest = max(b.inflightLatest, octets);
  b.isRoundStart = b.isLossRoundStart = 0;
  if (made.hasNewest) {
    if (<i32>(made.priorDelivered - b.roundEnd) >= 0) {
      startRound(flight, b);
      b.rounds++;
      b.roundsSinceUp++;
      b.isRoundStart = 1; // BBR §5.5.1
    }
    if (<i32>(made.priorDelivered - b.lossRoundEnd) >= 0) {
      b.lossRoundEnd = flight.delivered;
      b.isLossRoundStart = 1;
    }
  }
  // A rate that lack of data has limited counts only where it is more. BBR §5.5.5
  if (!made.isAppLimited || b.rate >= max(b.maxBw, b.maxBwBefore)) b.maxBw = max(b.maxBw, b.rate);
  if (!b.isLossRoundStart) return;
  if (b.isLossInRound && !isProbing) adaptShortTerm(tcb, b);
  b.isLossInRound = 0;
}

/** A round trip with losses: its own delivery bounds the next ones, but by BETA at most. */
function adaptShortTerm(tcb: Tcb, b: Bbr): void {
  if (b.bwShort == NEVER) b.bwShort = max(b.maxBw, b.maxBwBefore);
  if (b.inflightShort == NEVER) b.inflightShort = tcb.cc.cwnd;
  // DEVIATION: BBR §5.5.10.3 takes what the round trip has shown. Paced at 99 % of the bandwidth it
  // can show no more than that, so each round trip with a loss would take one in a hundred,
  // whatever the path carries, until the next probe a second or more later.
  const latest = share(b.bwLatest, 100, PACED_PERCENT);
  b.bwShort = max(latest, cut(b.bwShort)); // BBR §5.5.10.3
  b.inflightShort = max(b.inflightLatest, cut(b.inflightShort));
}

/** How much more is acknowledged at once than the bandwidth explains (§5.5.9). */
export function updateAggregation(tcb: Tcb, b: Bbr): void {
  let expected = share(b.bw, clock() - b.extraAt, SECOND);
  if (b.extraDelivered <= expected) {
    b.extraDelivered = expected = 0;
    b.extraAt = clock();
  }
  b.extraDelivered += progress().delivered;
  if (b.rounds - b.extraRound >= (b.isFullReached ? EXTRA_ROUNDS : 1)) {
    b.extraRound = b.rounds;
    b.extraBefore = b.extra;
    b.extra = 0;
  }
  b.extra = max(b.extra, min(b.extraDelivered - expected, tcb.cc.cwnd)); // BBR §5.5.9
}

/** Settles the bandwidth that is used, and what it has in flight (§5.5.10.3, §5.6.4.2). */
export function settleModel(b: Bbr): void {
  b.bw = min(max(b.maxBw, b.maxBwBefore), b.bwShort);
  if (b.minRtt != NEVER) b.bdp = min(share(b.bw, b.minRtt, SECOND), MAX_CWND);
}

/** Takes the RTT of an acknowledgment; answers whether it is time for PROBE_RTT (§5.3.4.3). */
export function updateMinRtt(b: Bbr): bool {
  const rtt = progress().rtt;
  const isExpired = millisNow() - b.probeRttAt > PROBE_RTT_INTERVAL_MS;
  if (rtt != 0 && (isExpired || rtt < b.probeRttLeast)) {
    b.probeRttLeast = rtt;
    b.probeRttAt = millisNow();
  }
  if (b.probeRttLeast < b.minRtt || millisNow() - b.minRttAt > MIN_RTT_MS) {
    b.minRtt = b.probeRttLeast; // BBR §5.5.7.2
    b.minRttAt = b.probeRttAt;
  }
  return isExpired;
}
