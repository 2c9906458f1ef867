/**
 * The SACK blocks our segments carry (RFC 2018 §3, §4), and the duplicate before them (RFC 2883).
 *
 * Of the ranges of out-of-order text those that no block has told the peer of come first, the
 * latest before the others, and then those told last. Where a batch is answered at once and brings
 * more ranges than fit, more segments follow until all have been told.
 */
import { ranges } from '../pools';
import {
  listOf,
  overlapping,
  Range,
  rangeAt,
  rangeContaining,
  refresh,
  see,
} from '../store/ranges';
import { beginSack, MAX_BLOCKS, writeBlock } from '../wire/tcp-options';
import { earlier, later, le, lt, RemoteSeq } from './seq';
import { Flag, has, raise, Tcb } from './tcb';

/** Blocks the next segment carries: three beside timestamps, else four (RFC 2018 §3). */
export function blockCount(tcb: Tcb): u32 {
  if (!has(tcb, Flag.SACK)) return 0; // RFC 2018 §3a
  const blocks = tcb.outOfOrder.count + (has(tcb, Flag.DUPLICATE) ? 1 : 0);
  return min(blocks, has(tcb, Flag.TIMESTAMPS) ? MAX_BLOCKS - 1 : MAX_BLOCKS); // RFC 2018 §3b
}

/** Writes so many blocks as an option; answers its octets. */
export function writeBlocks(tcb: Tcb, at: usize, blocks: u32): u32 {
  const length = beginSack(at, blocks);
  const outOfOrder = tcb.outOfOrder;
  let block: u32 = 0;
  let told: u32 = 0;
  if (has(tcb, Flag.DUPLICATE)) {
    writeBlock(at, block++, tcb.rcv.dupLeft, tcb.rcv.dupRight); // RFC 2883 §4a
    const around = rangeContaining(ranges(), outOfOrder, tcb.rcv.dupLeft);
    if (around != 0 && block < blocks) {
      see(ranges(), outOfOrder, around, told);
      writeRange(at, block++, rangeAt(ranges(), around)); // RFC 2883 §4c
      told = around;
    }
  }
  for (; block < blocks; block++) {
    const list = listOf(ranges(), outOfOrder);
    let next = list.fresh;
    if (next != 0) see(ranges(), outOfOrder, next, told); // RFC 2018 §4b
    else next = told == 0 ? list.seen : rangeAt(ranges(), told).older; // RFC 2018 §4d
    writeRange(at, block, rangeAt(ranges(), next)); // RFC 2018 §4c
    told = next;
  }
  return length;
}

function writeRange(at: usize, block: u32, range: Range): void {
  writeBlock(at, block, range.left, range.right);
}

/**
 * Whether a batch has brought more than the segment just written could tell: another is to follow,
 * for a sender that is not told of what has arrived sends it again.
 */
export function hasUntold(tcb: Tcb): bool {
  if (!has(tcb, Flag.SACK) || tcb.outOfOrder.list == 0) return false;
  return listOf(ranges(), tcb.outOfOrder).fresh != 0;
}

/** Notes that text has come again to the range that holds `left`: it is the next to be told of. */
export function markArrival(tcb: Tcb, left: RemoteSeq): void {
  refresh(ranges(), tcb.outOfOrder, rangeContaining(ranges(), tcb.outOfOrder, left));
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
  const index = overlapping(ranges(), tcb.outOfOrder, left, right);
  if (index == 0) return false;
  const range = rangeAt(ranges(), index);
  // RFC 2883 §4.2
  return raiseDuplicate(tcb, later(left, range.left), earlier(right, range.right));
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
