/**
 * The SACK blocks our segments carry (RFC 2018 §3, §4), and the duplicate before them (RFC 2883).
 *
 * Each range of out-of-order text is marked: above bit 0 stands when text last came to it, counted
 * in segments, and bit 0 says whether a block has told the peer since. Of the ranges that have not
 * been told the latest comes first, then those that have, the latest first again. Where each
 * segment is answered by itself that is the order of the latest reports. Where a batch is answered
 * at once and brings more ranges than fit, more segments follow until all have been told.
 */
import { ranges } from '../pools';
import { Range, rangeAt, rangeContaining } from '../store/ranges';
import { beginSack, MAX_BLOCKS, writeBlock } from '../wire/tcp-options';
import { earlier, later, le, lt, RemoteSeq } from './seq';
import { Flag, has, raise, Tcb } from './tcb';

/** Bit 0 of a mark: a block has told the peer of the range as it is. */
const TOLD: u32 = 1;

/** Blocks the next segment carries: three beside timestamps, else four (RFC 2018 §3). */
export function blockCount(tcb: Tcb): u32 {
  if (!has(tcb, Flag.SACK)) return 0; // RFC 2018 §3a
  const blocks = tcb.outOfOrder.count + (has(tcb, Flag.DUPLICATE) ? 1 : 0);
  return min(blocks, has(tcb, Flag.TIMESTAMPS) ? MAX_BLOCKS - 1 : MAX_BLOCKS); // RFC 2018 §3b
}

/** Writes so many blocks as an option; answers its octets. */
export function writeBlocks(tcb: Tcb, at: usize, blocks: u32): u32 {
  const length = beginSack(at, blocks);
  let block: u32 = 0;
  let around: u32 = 0;
  if (has(tcb, Flag.DUPLICATE)) {
    writeBlock(at, block++, tcb.rcv.dupLeft, tcb.rcv.dupRight); // RFC 2883 §4a
    around = rangeContaining(ranges(), tcb.outOfOrder, tcb.rcv.dupLeft);
    // RFC 2883 §4c
    if (around != 0 && block < blocks) writeRange(at, block++, rangeAt(ranges(), around));
  }
  let last: u32 = 0;
  while (block < blocks) {
    last = nextToTell(tcb, last, around); // RFC 2018 §4b, §4d
    writeRange(at, block++, rangeAt(ranges(), last)); // RFC 2018 §4c
  }
  if (around != 0) rangeAt(ranges(), around).mark |= TOLD;
  if (last != 0) markTold(tcb, rangeAt(ranges(), last).mark);
  return length;
}

function writeRange(at: usize, block: u32, range: Range): void {
  writeBlock(at, block, range.left, range.right);
}

/** Whether a range with mark `a` is to be told of before one with mark `b`. */
function goesBefore(a: u32, b: u32): bool {
  return (a & TOLD) == (b & TOLD) ? lt(b, a) : (a & TOLD) == 0;
}

/** The range whose turn comes after that of `last` (0: the first of all), leaving out `around`. */
function nextToTell(tcb: Tcb, last: u32, around: u32): u32 {
  let next: u32 = 0;
  for (let index = tcb.outOfOrder.head; index != 0; index = rangeAt(ranges(), index).next) {
    if (index == around) continue;
    const mark = rangeAt(ranges(), index).mark;
    if (last != 0 && !goesBefore(rangeAt(ranges(), last).mark, mark)) continue;
    if (next == 0 || goesBefore(mark, rangeAt(ranges(), next).mark)) next = index;
  }
  return next;
}

/** Marks what has just been told: every range up to the one with that mark. */
function markTold(tcb: Tcb, last: u32): void {
  for (let index = tcb.outOfOrder.head; index != 0; index = rangeAt(ranges(), index).next) {
    const range = rangeAt(ranges(), index);
    if (!goesBefore(last, range.mark)) range.mark |= TOLD;
  }
}

/**
 * Whether a batch has brought more than the segment just written could tell: another is to follow,
 * for a sender that is not told of what has arrived sends it again.
 */
export function hasUntold(tcb: Tcb): bool {
  if (!has(tcb, Flag.SACK)) return false;
  for (let index = tcb.outOfOrder.head; index != 0; index = rangeAt(ranges(), index).next) {
    if ((rangeAt(ranges(), index).mark & TOLD) == 0) return true;
  }
  return false;
}

/** Notes that text has come to the range that holds `left`: it is the next to be told of. */
export function markArrival(tcb: Tcb, left: RemoteSeq): void {
  tcb.rcv.arrivals += TOLD + 1;
  rangeAt(ranges(), rangeContaining(ranges(), tcb.outOfOrder, left)).mark = tcb.rcv.arrivals;
}

/**
 * Notes which of [left, right) had arrived before, so that the next segment says so: the leftmost
 * stretch of it, for a block holds one (RFC 2883 §4).
 *
 * @returns whether any had
 */
export function noteDuplicate(tcb: Tcb, left: RemoteSeq, right: RemoteSeq): bool {
  if (lt(left, tcb.rcv.nxt)) {
    return raiseDuplicate(tcb, left, earlier(right, tcb.rcv.nxt)); // RFC 2883 §4.2
  }
  for (let index = tcb.outOfOrder.head; index != 0; index = rangeAt(ranges(), index).next) {
    const range = rangeAt(ranges(), index);
    if (le(right, range.left)) return false;
    if (!lt(left, range.right)) continue;
    // RFC 2883 §4.2
    return raiseDuplicate(tcb, later(left, range.left), earlier(right, range.right));
  }
  return false;
}

/** Has it reported, with what it touches of the one that waits for the same segment. */
function raiseDuplicate(tcb: Tcb, left: RemoteSeq, right: RemoteSeq): bool {
  if (!lt(left, right)) return false;
  if (!has(tcb, Flag.SACK)) return true;
  const rcv = tcb.rcv;
  if (has(tcb, Flag.DUPLICATE) && le(left, rcv.dupRight) && le(rcv.dupLeft, right)) {
    left = earlier(left, rcv.dupLeft);
    right = later(right, rcv.dupRight);
  }
  raise(tcb, Flag.DUPLICATE);
  rcv.dupLeft = left;
  rcv.dupRight = right;
  return true;
}
