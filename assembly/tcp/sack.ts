/**
 * The sender's scoreboard (RFC 2018 §5, RFC 6675 §3, §4): what the peer reports as arrived, what
 * must therefore be lost, and how much is still on its way.
 *
 * A hole is lost once more than two segments' worth of octets is reported above it; `cc.resend` is
 * HighRxt: what lies before it has been sent again in this recovery.
 */
import { Counter } from '../abi';
import { count } from '../counters';
import { MAX_RANGES } from '../limits';
import { ranges } from '../pools';
import { addRange, Range, rangeAt, rangeHolding } from '../store/ranges';
import { blockLeft, blockRight } from '../wire/tcp-options';
import { Segment } from './segment';
import { earlier, later, le, LocalSeq, lt } from './seq';
import { Flag, has, Tcb } from './tcb';

/** DupThresh (RFC 5681 §3.2, RFC 6675 §2). */
export const DUPLICATE_THRESHOLD: u32 = 3;

/** Whether the first block lies below the acknowledgment: a duplicate has come (RFC 2883 §4). */
export function reportsDuplicate(tcb: Tcb, seg: Segment): bool {
  if (!has(tcb, Flag.SACK) || seg.options.blockCount == 0) return false;
  const right = blockRight(seg.options, 0);
  return lt(blockLeft(seg.options, 0), right) && le(right, seg.ack);
}

/** Takes what the peer reports as arrived; answers whether any of it is news. */
export function takeBlocks(tcb: Tcb, seg: Segment): bool {
  const options = seg.options;
  if (!has(tcb, Flag.SACK) || options.blockCount == 0) return false;
  if (reportsDuplicate(tcb, seg)) count(Counter.TcpExtTCPDSACKRecv);
  let isNews: bool = false;
  for (let block: u32 = 0; block < options.blockCount; block++) {
    const left = blockLeft(options, block);
    const right = blockRight(options, block);
    // Nothing but what is outstanding can have been received out of order.
    const span = tcb.snd.nxt - tcb.snd.una;
    const from = left - tcb.snd.una;
    if (from == 0 || from >= right - tcb.snd.una || right - tcb.snd.una > span) continue;
    if (isReported(tcb, left, right)) continue; // RFC 6675 §3
    if (addRange(ranges(), tcb.sacked, left, right, MAX_RANGES)) isNews = true;
  }
  return isNews;
}

function isReported(tcb: Tcb, left: LocalSeq, right: LocalSeq): bool {
  const index = rangeHolding(ranges(), tcb.sacked, left);
  return index != 0 && le(right, rangeAt(ranges(), index).right);
}

function firstRange(tcb: Tcb): u32 {
  return tcb.sacked.head;
}

function lengthOf(range: Range): u32 {
  return range.right - range.left;
}

/** Octets the peer reports beyond SND.UNA. */
export function reportedOctets(tcb: Tcb): u32 {
  let total: u32 = 0;
  for (let at = firstRange(tcb); at != 0; at = rangeAt(ranges(), at).next) {
    total += lengthOf(rangeAt(ranges(), at));
  }
  return total;
}

/** Whether so many octets reported above a place mean that it is lost: IsLost (RFC 6675 §4). */
export function provesLoss(tcb: Tcb, octetsAbove: u32): bool {
  return octetsAbove > (DUPLICATE_THRESHOLD - 1) * tcb.snd.mss; // RFC 6675 §4a
}

/**
 * The first octet that is lost and was not sent again in this recovery; SND.NXT when there is none.
 */
export function nextLost(tcb: Tcb): LocalSeq {
  let hole = later(tcb.cc.resend, tcb.snd.una);
  let above = reportedOctets(tcb);
  for (let at = firstRange(tcb); at != 0; at = rangeAt(ranges(), at).next) {
    const range = rangeAt(ranges(), at);
    if (!provesLoss(tcb, above)) break;
    if (lt(hole, range.left)) return hole;
    hole = later(hole, range.right);
    above -= lengthOf(range);
  }
  return tcb.snd.nxt;
}

/** Pipe: octets taken to be on their way (RFC 6675 §4, SetPipe). */
export function pipe(tcb: Tcb): u32 {
  let hole = tcb.snd.una;
  let above = reportedOctets(tcb);
  let total: u32 = 0;
  for (let at = firstRange(tcb); at != 0; at = rangeAt(ranges(), at).next) {
    const range = rangeAt(ranges(), at);
    if (!provesLoss(tcb, above)) total += range.left - hole; // RFC 6675 §4b
    total += sentAgain(tcb, hole, range.left);
    hole = range.right;
    above -= lengthOf(range);
  }
  return total + (tcb.snd.nxt - hole) + sentAgain(tcb, hole, tcb.snd.nxt);
}

/** Octets of a hole that have been sent again in this recovery. */
function sentAgain(tcb: Tcb, left: LocalSeq, right: LocalSeq): u32 {
  const end = earlier(tcb.cc.resend, right);
  return lt(left, end) ? end - left : 0;
}

/** The first sequence number at or behind `seq` that the peer has not reported. */
export function firstUnreported(tcb: Tcb, seq: LocalSeq): LocalSeq {
  const index = rangeHolding(ranges(), tcb.sacked, seq);
  return index == 0 ? seq : rangeAt(ranges(), index).right;
}

/** Octets from `seq` to the next reported stretch, at most `length`. */
export function unreportedLength(tcb: Tcb, seq: LocalSeq, length: u32): u32 {
  for (let at = firstRange(tcb); at != 0; at = rangeAt(ranges(), at).next) {
    const left = rangeAt(ranges(), at).left;
    if (lt(seq, left)) return min(length, left - seq);
  }
  return length;
}
