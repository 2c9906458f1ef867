/**
 * Reno (RFC 5681 §3.1): one segment more each round trip, half after a loss. And slow start, which
 * every controller begins with.
 */
import { Tcb } from '../tcb';

/** ssthresh while nothing has bounded it: arbitrarily high (RFC 5681 §3.1). */
export const HIGHEST_SSTHRESH: u32 = 0x7fff_ffff;
/** Largest cwnd, octets. */
export const MAX_CWND: u32 = 0x3fff_ffff;

/** Grows cwnd by what was acknowledged, up to ssthresh; answers the octets left over. */
export function slowStart(tcb: Tcb, acked: u32): u32 {
  const cc = tcb.cc;
  const room = cc.ssthresh - cc.cwnd;
  const used = min(acked, room);
  cc.cwnd = min(cc.cwnd + used, MAX_CWND); // RFC 5681 §3.1d
  return acked - used;
}

/** Congestion avoidance: a segment for each window acknowledged. */
export function renoAcked(tcb: Tcb, acked: u32): void {
  const cc = tcb.cc;
  cc.acked += acked;
  if (cc.acked < cc.cwnd) return;
  cc.acked -= cc.cwnd;
  cc.cwnd = min(cc.cwnd + tcb.snd.mss, MAX_CWND); // RFC 5681 §3.1e, RFC 2525 §2.6
}

/** ssthresh after congestion: a share of what was in flight, at least two segments. */
export function renoReduce(tcb: Tcb, inFlight: u32, percent: u32): u32 {
  const left = <u32>((<u64>inFlight * percent) / 100);
  return max(left, 2 * tcb.snd.mss); // RFC 5681 §3.1g
}
