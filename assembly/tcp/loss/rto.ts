/**
 * Retransmission timeout (RFC 6298).
 *
 * RTO from SRTT and RTTVAR, backed off by doubling. One segment per window is timed with the
 * clock's microseconds, never one that was sent again (Karn's rule); where a timeout has left
 * nothing to time, the peer's timestamp echo stands in (RFC 7323 §4). The clock granularity G is
 * one microsecond: RTO_MIN is far above it and takes its place in `max(G, K*RTTVAR)`.
 */
import { Setting } from '../../abi';
import { setting } from '../../limits';
import { Instant, Micros, MILLISECOND, now, SECOND, secondsNow } from '../../time';
import { LocalSeq, lt } from '../seq';
import { Tcb } from '../tcb';

/** RTO before the first measurement (RFC 6298 §2.1). */
export const INITIAL_RTO: Micros = SECOND;
/** RTO after a SYN was sent again (RFC 6298 §5.7). */
export const SYN_LOST_RTO: Micros = 3 * SECOND;
/** Largest RTO (RFC 6298 §2.5). */
export const MAX_RTO: Micros = 60 * SECOND;
/** R2: five minutes without an acknowledgment end a connection (RFC 9293 §3.9.1.1, SHLD-11). */
export const R2: Instant = 300 * SECOND; // SHLD-11
/** R2 of a SYN: three minutes (MUST-23). */
export const SYN_R2: Instant = 180 * SECOND; // MUST-23
/** R1: from this many retransmissions on the user is told of the trouble (SHLD-10). */
export const R1: u32 = 3;
/** Seconds for which the shortest RTT is believed. */
const LEAST_SECONDS: u32 = 300;

/** Starts timing the segment that begins at `seq`, if none is being timed. */
export function startTiming(tcb: Tcb, seq: LocalSeq): void {
  if (tcb.rtt.timedAt != 0) return; // RFC 6298 §3b, RFC 7323 §4.2
  tcb.rtt.timedSeq = seq;
  tcb.rtt.timedAt = now();
}

/** Stops timing: what was timed has been sent again (Karn's rule, MUST-18). */
export function stopTiming(tcb: Tcb): void {
  tcb.rtt.timedAt = 0; // MUST-18, RFC 6298 §3a
}

/** Ends the measurement an acknowledgment completes; answers whether it did. */
export function endTiming(tcb: Tcb, ack: LocalSeq): bool {
  const rtt = tcb.rtt;
  if (rtt.timedAt == 0 || !lt(rtt.timedSeq, ack)) return false;
  const measured = <Micros>min<u64>(now() - rtt.timedAt, MAX_RTO);
  sample(tcb, measured); // RFC 6298 §4
  // A handshake's too: no full segment may ever be as quick, but the answer to a probe can be.
  noteLeast(tcb, max<u32>(measured, 1));
  rtt.timedAt = 0;
  return true;
}

/** Notes the shortest RTT of the last minutes. */
export function noteLeast(tcb: Tcb, measured: Micros): void {
  const seconds = secondsNow();
  const least = tcb.rtt.least;
  if (least != 0 && measured > least && seconds - tcb.rtt.leastAt < LEAST_SECONDS) return;
  tcb.rtt.least = measured;
  tcb.rtt.leastAt = seconds;
}

/** Takes one measurement of the round-trip time (RFC 6298 §2.2, §2.3). */
export function sample(tcb: Tcb, measured: Micros): void {
  const rtt = tcb.rtt;
  if (rtt.srtt == 0) {
    rtt.srtt = max<u32>(measured, 1);
    rtt.rttvar = measured / 2; // RFC 6298 §2.2
  } else {
    const difference = <Micros>abs<i32>(<i32>rtt.srtt - <i32>measured);
    rtt.rttvar = rtt.rttvar - rtt.rttvar / 4 + difference / 4; // RFC 6298 §2.3
    // Rounded up: a steady path must not bring SRTT below its round trip, not by a microsecond.
    rtt.srtt = max<u32>((7 * rtt.srtt + measured + 7) / 8, 1);
  }
  settleRto(tcb);
}

/** Computes RTO from SRTT and RTTVAR; what backing off has added is gone. */
function settleRto(tcb: Tcb): void {
  if (tcb.rtt.srtt != 0) tcb.rtt.rto = computed(tcb);
}

/** Whether RTO is longer than measured: it was backed off, and nothing was measured since. */
export function isBackedOff(tcb: Tcb): bool {
  return tcb.rtt.srtt != 0 && tcb.rtt.rto > computed(tcb);
}

function computed(tcb: Tcb): Micros {
  const rtt = tcb.rtt;
  // DEVIATION: RFC 6298 §2.4 has RTO be one second at least: a pause that long after each lost tail
  // is no longer what networks need. RTO_MIN is what RTO keeps above SRTT instead, as in Linux.
  // FreeBSD adds its 200 ms to the sum of both. On a steady path RTTVAR dwindles to nothing, and
  // an ACK that its sender delays must not look like a loss, however long the path.
  const least = setting(Setting.RTO_MIN_MS) * MILLISECOND;
  return min(rtt.srtt + max(4 * rtt.rttvar, least), MAX_RTO); // RFC 6298 §2.3, §2.5
}

/** Doubles RTO (RFC 6298 §5.5, MUST-19). */
export function backOff(tcb: Tcb): void {
  tcb.rtt.rto = min(2 * tcb.rtt.rto, MAX_RTO);
}

/** When a connection without acknowledgments is given up (MUST-20, MUST-21). */
export function giveUpAt(tcb: Tcb, r2: Instant): Instant {
  if (tcb.userTimeoutMs == 0) return tcb.rtt.stalledAt + r2;
  return tcb.rtt.stalledAt + <u64>tcb.userTimeoutMs * MILLISECOND; // MUST-21, RFC 5482 §3.1
}

/**
 * A moment, or the one at which the user's own timeout ends the connection if that comes first. An
 * end that has passed is one the clock has jumped over: the peer still gets the time to answer.
 */
export function beforeGivingUp(tcb: Tcb, at: Instant): Instant {
  const end = giveUpAt(tcb, 0);
  return tcb.userTimeoutMs == 0 || end <= now() ? at : min(at, end);
}
