/**
 * Loss recovery: fast retransmit and fast recovery (RFC 5681 §3.2), NewReno (RFC 6582), limited transmit
 * (RFC 3042), and what a retransmission timeout does to the window.
 *
 * One segment leaves for each duplicate acknowledgment that arrives. Where the peer reports what it holds
 * (RFC 2018), that segment is the next hole below its highest report, sent once a recovery; without
 * reports it is new text under an inflated window.
 */
import { Counter, Reason } from "../abi";
import { count } from "../counters";
import { ranges } from "../pools";
import { addRange, clearRanges, rangeAt, rangeHolding, trimRanges } from "../store/ranges";
import { MAX_RANGES } from "../limits";
import { blockLeft, blockRight } from "../wire/tcp-options";
import { grow, halfFlight, traceCongestion } from "./congestion";
import { markReady } from "./marks";
import { Segment } from "./segment";
import { le, LocalSeq, lt } from "./seq";
import { Flag, has, lower, raise, Tcb } from "./tcb";

/** Duplicate acknowledgments that mean a loss (RFC 5681 §3.2). */
const DUPLICATE_THRESHOLD: u32 = 3;

/** Takes what the peer reports as arrived (RFC 2018 §5); answers whether any of it is news. */
export function takeBlocks(tcb: Tcb, seg: Segment): bool {
  const options = seg.options;
  if (!has(tcb, Flag.SACK) || options.blockCount == 0) return false;
  let isNews: bool = false;
  for (let block: u32 = 0; block < options.blockCount; block++) {
    const left = blockLeft(options, block);
    const right = blockRight(options, block);
    // Nothing but what is outstanding can have been received out of order.
    const span = tcb.snd.nxt - tcb.snd.una;
    const from = left - tcb.snd.una;
    if (from == 0 || from >= right - tcb.snd.una || right - tcb.snd.una > span) {
      if (lt(left, right) && le(right, tcb.snd.una)) count(Counter.TcpExtTCPDSACKRecv);
      continue;
    }
    if (isReported(tcb, left, right)) continue;
    if (addRange(ranges(), tcb.sacked, left, right, MAX_RANGES)) isNews = true;
  }
  return isNews;
}

function isReported(tcb: Tcb, left: LocalSeq, right: LocalSeq): bool {
  const index = rangeHolding(ranges(), tcb.sacked, left);
  return index != 0 && le(right, rangeAt(ranges(), index).right);
}

/** Whether an acknowledgment is a duplicate one (RFC 5681 §2). */
export function isDuplicate(tcb: Tcb, seg: Segment, isNews: bool): bool {
  if (seg.ack != tcb.snd.una || tcb.snd.una == tcb.snd.nxt || seg.isSyn || seg.isFin) return false;
  return isNews || (seg.textLength == 0 && seg.wnd << tcb.snd.shift == tcb.snd.wnd);
}

/** Counts a duplicate acknowledgment; the third is taken as a loss. */
export function duplicateAcknowledgment(tcb: Tcb): void {
  const cc = tcb.cc;
  if (cc.duplicates == 0) cc.beforeLimited = tcb.snd.nxt;
  cc.duplicates++;
  markReady(tcb);
  if (has(tcb, Flag.RECOVERING)) {
    if (!resendNextHole(tcb)) cc.cwnd += tcb.snd.mss;
    return;
  }
  if (cc.duplicates != DUPLICATE_THRESHOLD) return;
  // Losses of the same window are not answered twice (RFC 6582 §3.2, step 1).
  if (lt(tcb.snd.una, cc.point) || lt(tcb.snd.next, tcb.snd.nxt)) return;
  raise(tcb, Flag.RECOVERING);
  cc.point = tcb.snd.nxt;
  cc.ssthresh = halfFlight(tcb, cc.beforeLimited);
  cc.cwnd = cc.ssthresh + DUPLICATE_THRESHOLD * tcb.snd.mss;
  resendFrom(tcb, tcb.snd.una);
  count(Counter.TcpExtTCPFastRetrans);
  count(has(tcb, Flag.SACK) ? Counter.TcpExtTCPSackRecovery : Counter.TcpExtTCPRenoRecovery);
  traceCongestion(tcb, Reason.FAST_RETRANSMIT);
}

/** Processes an acknowledgment of `length` new octets; SND.UNA has moved already. */
export function newAcknowledgment(tcb: Tcb, length: u32): void {
  const cc = tcb.cc;
  cc.duplicates = 0;
  trimRanges(ranges(), tcb.sacked, tcb.snd.una);
  if (!has(tcb, Flag.RECOVERING)) {
    // The point of an old recovery moves along, so that it never seems to lie ahead.
    if (lt(cc.point, tcb.snd.una)) cc.point = tcb.snd.una;
    grow(tcb, length);
    return;
  }
  if (lt(tcb.snd.una, cc.point)) {
    // A partial acknowledgment: deflate by what it covers, send the next hole (RFC 6582 §3.2, step 3).
    cc.cwnd = cc.cwnd > length ? cc.cwnd - length : 0;
    cc.cwnd = max(cc.cwnd + (length >= tcb.snd.mss ? tcb.snd.mss : 0), tcb.snd.mss);
    if (le(cc.resend, tcb.snd.una) || !has(tcb, Flag.SACK)) resendFrom(tcb, tcb.snd.una);
    else resendNextHole(tcb);
    traceCongestion(tcb, Reason.PARTIAL_ACKNOWLEDGMENT);
    return;
  }
  lower(tcb, Flag.RECOVERING);
  cc.cwnd = min(cc.ssthresh, max(tcb.snd.nxt - tcb.snd.una, tcb.snd.mss) + tcb.snd.mss);
  traceCongestion(tcb, Reason.RECOVERED);
}

/** What a retransmission timeout means for the window: one segment, and all of it again (RFC 5681 §3.1). */
export function loseEverything(tcb: Tcb, isFirst: bool): void {
  const cc = tcb.cc;
  if (isFirst) cc.ssthresh = halfFlight(tcb, tcb.snd.nxt);
  cc.cwnd = tcb.snd.mss;
  cc.acked = cc.duplicates = 0;
  cc.point = tcb.snd.nxt;
  lower(tcb, Flag.RECOVERING | Flag.RESEND_NOW);
  // A peer may have dropped what it reported: nothing but its acknowledgment counts now (RFC 2018 §8).
  clearRanges(ranges(), tcb.sacked);
  tcb.snd.next = tcb.snd.una;
  traceCongestion(tcb, Reason.RETRANSMISSION_TIMEOUT);
}

/** New text that may leave beyond cwnd: a segment for each of the first two duplicates (RFC 3042). */
export function limitedTransmit(tcb: Tcb): u32 {
  if (has(tcb, Flag.RECOVERING)) return 0;
  return min<u32>(tcb.cc.duplicates, DUPLICATE_THRESHOLD - 1) * tcb.snd.mss;
}

function resendFrom(tcb: Tcb, seq: LocalSeq): void {
  tcb.cc.resend = seq;
  raise(tcb, Flag.RESEND_NOW);
  markReady(tcb);
}

/** Marks the first hole at or behind `cc.resend` and below the highest report; answers whether there is one. */
function resendNextHole(tcb: Tcb): bool {
  let hole = tcb.cc.resend;
  if (lt(hole, tcb.snd.una)) hole = tcb.snd.una;
  for (let at = tcb.sacked.head; at != 0; at = rangeAt(ranges(), at).next) {
    const range = rangeAt(ranges(), at);
    if (lt(hole, range.left)) {
      resendFrom(tcb, hole);
      return true;
    }
    if (lt(hole, range.right)) hole = range.right;
  }
  return false;
}

/** The first sequence number at or behind `seq` that the peer has not reported. */
export function firstUnreported(tcb: Tcb, seq: LocalSeq): LocalSeq {
  const index = rangeHolding(ranges(), tcb.sacked, seq);
  return index == 0 ? seq : rangeAt(ranges(), index).right;
}

/** Octets from `seq` to the next reported stretch, at most `length`. */
export function unreportedLength(tcb: Tcb, seq: LocalSeq, length: u32): u32 {
  for (let at = tcb.sacked.head; at != 0; at = rangeAt(ranges(), at).next) {
    const left = rangeAt(ranges(), at).left;
    if (lt(seq, left)) return min(length, left - seq);
  }
  return length;
}
