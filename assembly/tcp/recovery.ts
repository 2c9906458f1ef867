/**
 * Loss recovery: fast retransmit and fast recovery (RFC 5681 §3.2), with the peer's reports by RFC
 * 6675, without them NewReno (RFC 6582); limited transmit (RFC 3042); and what a retransmission
 * timeout does.
 *
 * With reports, `transmit` sends what is lost and then new text for as long as `pipe` leaves room
 * in cwnd.
 * Without, each duplicate inflates cwnd by the segment that must have left the network.
 */
import { Counter, Reason } from '../abi';
import { count } from '../counters';
import { ranges } from '../pools';
import { clearRanges, trimRanges } from '../store/ranges';
import { grow, halfFlight, traceCongestion } from './congestion';
import { isReducedByEcho, reducedByLoss } from './ecn';
import { markReady } from './marks';
import { DUPLICATE_THRESHOLD, provesLoss, reportedOctets } from './sack';
import { Segment } from './segment';
import { later, LocalSeq, lt } from './seq';
import { Flag, has, lower, raise, Tcb } from './tcb';

/**
 * Whether an acknowledgment is a duplicate one (RFC 5681 §2, RFC 6675 §2).
 *
 * @param isNews whether it reports anything that was not reported before
 */
export function isDuplicate(tcb: Tcb, seg: Segment, isNews: bool): bool {
  const snd = tcb.snd;
  if (seg.ack != snd.una || snd.una == snd.nxt || seg.isSyn || seg.isFin) return false;
  // The answers to zero-window probes say nothing of losses.
  if (snd.wnd == 0) return false;
  // With reports only what they say counts: without news it was a duplicate of ours, no loss.
  // RFC 2883 §5a, RFC 3042 §2c, RFC 6675 §2
  if (has(tcb, Flag.SACK)) return isNews;
  return seg.textLength == 0 && seg.wnd << snd.shift == snd.wnd; // RFC 5681 §2
}

/** Counts a duplicate acknowledgment; enough of them, or of reported octets, mean a loss. */
export function duplicateAcknowledgment(tcb: Tcb): void {
  const cc = tcb.cc;
  if (cc.duplicates == 0) cc.beforeLimited = tcb.snd.nxt;
  cc.duplicates++;
  markReady(tcb);
  if (has(tcb, Flag.RECOVERING)) {
    // One for each segment that was in flight; more duplicates than that are made up (RFC 5681
    // §3.2, step 4).
    const most = cc.ssthresh + (cc.point - tcb.snd.una);
    if (!has(tcb, Flag.SACK) && cc.cwnd < most) cc.cwnd += tcb.snd.mss; // RFC 5681 §3.2e
    return;
  }
  // RFC 6675 §5a
  const isLoss = cc.duplicates >= DUPLICATE_THRESHOLD || provesLoss(tcb, reportedOctets(tcb));
  // Losses of the same window are not answered twice.
  // RFC 6582 §3.2b, RFC 6675 §5.1
  const isAnswered = lt(tcb.snd.una, cc.point) && !isReducedByEcho(tcb);
  if (!isLoss || isAnswered || lt(tcb.snd.next, tcb.snd.nxt)) return;
  beginRecovery(tcb);
}

function beginRecovery(tcb: Tcb): void {
  const cc = tcb.cc;
  raise(tcb, Flag.RECOVERING);
  // A window that an echo has halved already is not halved again for its losses (RFC 3168 §6.1.2).
  // RFC 5681 §3.2c, §4.3
  if (!isReducedByEcho(tcb)) cc.ssthresh = halfFlight(tcb, cc.beforeLimited);
  cc.cwnd = cc.ssthresh; // RFC 6675 §5b
  reducedByLoss(tcb);
  cc.point = tcb.snd.nxt;
  if (!has(tcb, Flag.SACK)) cc.cwnd += DUPLICATE_THRESHOLD * tcb.snd.mss; // RFC 5681 §3.2d
  resendFrom(tcb, tcb.snd.una); // RFC 5681 §3.2b
  count(Counter.TcpExtTCPFastRetrans);
  count(has(tcb, Flag.SACK) ? Counter.TcpExtTCPSackRecovery : Counter.TcpExtTCPRenoRecovery);
  traceCongestion(tcb, Reason.FAST_RETRANSMIT);
}

/**
 * Processes an acknowledgment of `length` new octets; SND.UNA has moved already.
 *
 * @param mayGrow false when it echoes a mark (RFC 3168 §6.1.2)
 */
export function newAcknowledgment(tcb: Tcb, length: u32, mayGrow: bool): void {
  const cc = tcb.cc;
  cc.duplicates = 0;
  trimRanges(ranges(), tcb.sacked, tcb.snd.una);
  if (!has(tcb, Flag.RECOVERING)) {
    if (mayGrow) grow(tcb, length);
    // The point follows SND.UNA, or after a wrap it would seem to lie ahead; one behind, for an
    // echo counts only beyond it (`ecn.ts`).
    if (lt(cc.point, tcb.snd.una)) cc.point = tcb.snd.una - 1;
    return;
  }
  if (lt(tcb.snd.una, cc.point)) {
    // RFC 6675 §5c
    partialAcknowledgment(tcb, length);
    return;
  }
  lower(tcb, Flag.RECOVERING | Flag.RESEND_NOW);
  // RFC 5681 §3.2g, RFC 6675 §5c, RFC 2525 §2.8
  cc.cwnd = cc.ssthresh;
  // Without reports nothing has kept what is in flight up to cwnd: a burst would follow.
  if (!has(tcb, Flag.SACK)) {
    const flight = tcb.snd.nxt - tcb.snd.una;
    cc.cwnd = min(cc.cwnd, max(flight, tcb.snd.mss) + tcb.snd.mss); // RFC 6582 §3.2c
  }
  traceCongestion(tcb, Reason.RECOVERED);
}

/** Some of what was outstanding at the loss is acknowledged, not all. */
function partialAcknowledgment(tcb: Tcb, length: u32): void {
  const cc = tcb.cc;
  traceCongestion(tcb, Reason.PARTIAL_ACKNOWLEDGMENT);
  if (has(tcb, Flag.SACK)) {
    // What has not been sent again and stands at the edge now is lost too: nothing else would hold
    // it up.
    cc.resend = later(cc.resend, tcb.snd.una);
    if (cc.resend == tcb.snd.una) resendFrom(tcb, tcb.snd.una);
    return;
  }
  // Deflate by what it covers, send the next hole.
  cc.cwnd = cc.cwnd > length ? cc.cwnd - length : 0; // RFC 6582 §3.2d
  cc.cwnd = max(cc.cwnd + (length >= tcb.snd.mss ? tcb.snd.mss : 0), tcb.snd.mss);
  resendFrom(tcb, tcb.snd.una);
}

/** Sends everything from SND.UNA on again, for another reason than loss: recovery has no say. */
export function sendAllAgain(tcb: Tcb): void {
  tcb.snd.next = tcb.snd.una;
  tcb.rtt.timedAt = 0;
  // What duplicates have inflated does not outlive recovery (RFC 6582 §3.2).
  if (has(tcb, Flag.RECOVERING)) tcb.cc.cwnd = min(tcb.cc.cwnd, tcb.cc.ssthresh);
  lower(tcb, Flag.RECOVERING | Flag.RESEND_NOW);
  markReady(tcb);
}

/**
 * What a retransmission timeout means for the window: one segment, and all of it again (RFC 5681
 * §3.1).
 */
export function loseEverything(tcb: Tcb, isFirst: bool): void {
  const cc = tcb.cc;
  // RFC 5681 §3.1h
  if (isFirst && !isReducedByEcho(tcb)) cc.ssthresh = halfFlight(tcb, tcb.snd.nxt);
  cc.cwnd = tcb.snd.mss; // RFC 5681 §3.1f, RFC 2525 §2.14
  cc.acked = cc.duplicates = 0;
  reducedByLoss(tcb);
  cc.point = tcb.snd.nxt; // RFC 6582 §3.2f
  lower(tcb, Flag.RECOVERING | Flag.RESEND_NOW);
  // A peer may have dropped what it reported: nothing but its acknowledgment counts now (RFC 2018
  // §8).
  clearRanges(ranges(), tcb.sacked); // RFC 2018 §5b
  tcb.snd.next = tcb.snd.una; // RFC 2018 §5c, RFC 2525 §2.2
  traceCongestion(tcb, Reason.RETRANSMISSION_TIMEOUT);
}

/**
 * New text that may leave beyond cwnd: a segment for each of the first two duplicates (RFC 3042).
 */
export function limitedTransmit(tcb: Tcb): u32 {
  if (has(tcb, Flag.RECOVERING)) return 0;
  return min<u32>(tcb.cc.duplicates, DUPLICATE_THRESHOLD - 1) * tcb.snd.mss; // RFC 3042 §2a
}

function resendFrom(tcb: Tcb, seq: LocalSeq): void {
  tcb.cc.resend = seq;
  raise(tcb, Flag.RESEND_NOW);
  markReady(tcb);
}
