/**
 * Congestion control (RFC 5681 §3.1, MUST-19): slow start and congestion avoidance, in octets.
 *
 * How cwnd falls when something is lost stands in `recovery.ts`; here is how it begins and grows.
 */
import { Reason, TraceKind } from '../abi';
import { trace, tracing } from '../trace';
import { now } from '../time';
import { LocalSeq, lt } from './seq';
import { flightSize, handleOf, Tcb } from './tcb';

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
  cc.acked = cc.duplicates = 0;
  tcb.snd.maxFlight = 0;
  tcb.snd.flightEnd = tcb.snd.una;
}

/** Grows cwnd for an acknowledgment of `length` new octets; SND.UNA has moved already. */
export function grow(tcb: Tcb, length: u32): void {
  const cc = tcb.cc;
  const smss = tcb.snd.mss;
  // A window that is not made use of has not been tested (RFC 7661 §4.4 names the rule).
  if (cc.cwnd < cc.ssthresh) {
    if (cc.cwnd >= 2 * tcb.snd.maxFlight) return;
    // DEVIATION: RFC 5681 §3.1d counts one segment of an ACK at most, RFC 9406 §4.2 eight where
    // nothing paces. With a receiver that acknowledges a batch at once, slow start would then go by
    // its ACKs and not by the octets it takes; all of them count, as in Linux. Only of what was
    // outstanding at a timeout an ACK may cover much that has left the network long ago.
    const most = coversLost(tcb, length) ? smss : cc.ssthresh - cc.cwnd;
    cc.cwnd += min(length, most);
    return;
  }
  if (cc.cwnd > tcb.snd.maxFlight + smss) return;
  cc.acked += length;
  if (cc.acked >= cc.cwnd) {
    cc.acked -= cc.cwnd;
    cc.cwnd = min<u32>(cc.cwnd + smss, 0x3fff_ffff); // RFC 5681 §3.1e, RFC 2525 §2.6
  }
}

/** Whether the latest `length` octets acknowledged begin with text a timeout took for lost. */
function coversLost(tcb: Tcb, length: u32): bool {
  return lt(tcb.snd.una - length, tcb.cc.point);
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
  if (tcb.rtt.sentAt == 0 || now() - tcb.rtt.sentAt <= tcb.rtt.rto) return;
  tcb.cc.cwnd = min(tcb.cc.cwnd, initialWindow(tcb.snd.mss)); // RFC 5681 §4.1, RFC 6928 §2c
}

/** Half of what is in flight up to `nxt`, at least two segments (RFC 5681 §3.1, equation 4). */
export function halfFlight(tcb: Tcb, nxt: LocalSeq): u32 {
  return halfWindow(nxt - tcb.snd.una, tcb.snd.mss);
}

/** Half of so many octets in flight, at least two segments: ssthresh after congestion. */
export function halfWindow(flight: u32, mss: u32): u32 {
  return max(flight / 2, 2 * mss); // RFC 5681 §3.1g
}

/** Tells the trace where congestion control stands, and why. */
export function traceCongestion(tcb: Tcb, reason: Reason): void {
  if (!tracing()) return;
  trace(
    TraceKind.CONGESTION,
    handleOf(tcb),
    tcb.state,
    reason,
    tcb.cc.cwnd,
    tcb.cc.ssthresh,
    flightSize(tcb),
    tcb.rtt.srtt,
  );
}
