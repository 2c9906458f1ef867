/**
 * Ranges: a sorted list of disjoint stretches [left, right) of a space of u32 that wraps.
 *
 * Text that arrived out of order lies in such a list, and fragments of a datagram. Nodes come from
 * one pool; each list is bounded by its caller. It has an express lane, so that among thousands
 * none is far, and what comes behind all others is found at once. All ranges of a list lie within
 * 2^31 of each other.
 *
 * A range to which something was added is fresh until it has been seen. Fresh ranges stand on a
 * stack of their own, the latest first; those that were seen on another, the last seen first.
 *
 * ╒═══════════════════════ Range (32 octets) ═══════════════════════╕
 * │ next u32 │ skip u32 │ left u32 │ right u32 │ newer │ older │ isSeen │
 * ╞═══════════════════════ RangeList (32 octets) ═══════════════════╡
 * │ head │ tail │ count │ first │ last │ since │ fresh │ seen           │
 * └──────────────────────────────────────────────────────────────────┘
 */
import {
  append,
  canCutBehind,
  cutBehind,
  dropFirst,
  findAtOrBefore,
  insertBehind,
  Lane,
  leaveExpress,
} from './lane';
import { giveFirst, giveTrain, itemAt, Pool, take } from './pool';

/** One stretch [left, right); it begins as a Link does. */
@unmanaged
export class Range {
  /** Index of the following range, 0 at the end. */
  next: u32;
  skip: u32;
  left: u32;
  right: u32;
  /** Neighbours on the stack it stands on, 0 at its ends. */
  newer: u32;
  older: u32;
  isSeen: u32;
}

/** Both ends of a list, and the tops of its two stacks: another use of a node. */
@unmanaged
export class RangeList extends Lane {
  fresh: u32;
  seen: u32;
}

/** Octets a node takes. */
export const RANGE_SIZE: u32 = 32;
if (offsetof<Range>() > RANGE_SIZE || offsetof<RangeList>() > RANGE_SIZE) ERROR('RANGE_SIZE');

/** A list of ranges, as its owner keeps it. */
@unmanaged
export class Ranges {
  /** Index of its RangeList, 0 while it is empty. */
  list: u32;
  count: u32;
}

/** The range of an index. */
export function rangeAt(pool: Pool, index: u32): Range {
  return changetype<Range>(itemAt(pool, index));
}

/** The record of a list that is not empty. */
export function listOf(pool: Pool, ranges: Ranges): RangeList {
  return changetype<RangeList>(itemAt(pool, ranges.list));
}

/** The leftmost range, 0 when there is none. */
export function firstRange(pool: Pool, ranges: Ranges): u32 {
  return ranges.list == 0 ? 0 : listOf(pool, ranges).head;
}

/**
 * Adds [left, right), joining it with every range it touches; what holds it then is fresh.
 *
 * @param most ranges the list may hold
 * @returns the index of the range that holds it; 0 when it would be one too many or the pool is
 *   empty
 */
export function addRange(pool: Pool, ranges: Ranges, left: u32, right: u32, most: u32): u32 {
  assert(<i32>(right - left) > 0);
  const before = atOrBefore(pool, ranges, left);
  let index = before;
  if (index == 0 || <i32>(left - rangeAt(pool, index).right) > 0) {
    index = index == 0 ? firstRange(pool, ranges) : rangeAt(pool, index).next;
    if (index == 0 || <i32>(rangeAt(pool, index).left - right) > 0) {
      return insert(pool, ranges, before, left, right, most);
    }
    rangeAt(pool, index).left = left;
  }
  const range = rangeAt(pool, index);
  if (<i32>(right - range.right) > 0) range.right = right;
  absorb(pool, ranges, index);
  refresh(pool, ranges, index);
  return index;
}

/** The last range that begins at `position` or before it; 0 when none does. */
function atOrBefore(pool: Pool, ranges: Ranges, position: u32): u32 {
  if (ranges.list == 0) return 0;
  const list = listOf(pool, ranges);
  if (<i32>(position - rangeAt(pool, list.tail).left) >= 0) return list.tail;
  return findAtOrBefore(pool, list, position);
}

function insert(
  pool: Pool,
  ranges: Ranges,
  before: u32,
  left: u32,
  right: u32,
  most: u32,
): u32 {
  if (ranges.count >= most) return 0;
  const index = take(pool);
  if (index == 0) return 0;
  if (ranges.list == 0) {
    ranges.list = take(pool);
    if (ranges.list == 0) {
      giveFirst(pool, index);
      return 0;
    }
    memory.fill(itemAt(pool, ranges.list), 0, RANGE_SIZE);
  }
  const list = listOf(pool, ranges);
  const range = rangeAt(pool, index);
  range.left = left;
  range.right = right;
  if (before == list.tail) append(pool, list, index);
  else insertBehind(pool, list, before, index);
  ranges.count = list.count;
  push(pool, list, index, 0, false);
  return index;
}

/** Joins the followers that a range has grown into. */
function absorb(pool: Pool, ranges: Ranges, index: u32): void {
  const list = listOf(pool, ranges);
  const range = rangeAt(pool, index);
  while (range.next != 0) {
    const follower = rangeAt(pool, range.next);
    if (<i32>(follower.left - range.right) > 0) break;
    if (<i32>(follower.right - range.right) > 0) range.right = follower.right;
    pop(pool, list, range.next);
    if (!canCutBehind(pool, list, index)) leaveExpress(pool, list, range.next);
    giveFirst(pool, cutBehind(pool, list, index));
  }
  ranges.count = list.count;
}

/** Forgets everything left of `position`. */
export function trimRanges(pool: Pool, ranges: Ranges, position: u32): void {
  while (ranges.list != 0) {
    const list = listOf(pool, ranges);
    const index = list.head;
    const range = rangeAt(pool, index);
    if (<i32>(position - range.left) <= 0) return;
    if (<i32>(position - range.right) < 0) {
      range.left = position;
      return;
    }
    pop(pool, list, index);
    dropFirst(pool, list);
    giveFirst(pool, index);
    ranges.count = list.count;
    if (list.count == 0) clearRanges(pool, ranges);
  }
}

/** Forgets every range. */
export function clearRanges(pool: Pool, ranges: Ranges): void {
  if (ranges.list == 0) return;
  const list = listOf(pool, ranges);
  if (list.count != 0) giveTrain(pool, list.head, list.tail, list.count);
  giveFirst(pool, ranges.list);
  ranges.list = ranges.count = 0;
}

/** The first range that shares octets with [left, right), as an index; 0 when none does. */
export function overlapping(pool: Pool, ranges: Ranges, left: u32, right: u32): u32 {
  let index = atOrBefore(pool, ranges, left);
  if (index == 0) index = firstRange(pool, ranges);
  else if (<i32>(left - rangeAt(pool, index).right) >= 0) index = rangeAt(pool, index).next;
  return index != 0 && <i32>(rangeAt(pool, index).left - right) < 0 ? index : 0;
}

/** The range that holds `position`, as an index; 0 when none does. */
export function rangeContaining(pool: Pool, ranges: Ranges, position: u32): u32 {
  return overlapping(pool, ranges, position, position + 1);
}

// The two stacks ------------------------------------------------------------------

/** Puts a range on a stack, behind another of it; 0 is on top. */
function push(pool: Pool, list: RangeList, index: u32, behind: u32, isSeen: bool): void {
  const range = rangeAt(pool, index);
  range.isSeen = isSeen ? 1 : 0;
  range.newer = behind;
  if (behind != 0) {
    range.older = rangeAt(pool, behind).older;
    rangeAt(pool, behind).older = index;
  } else if (isSeen) {
    range.older = list.seen;
    list.seen = index;
  } else {
    range.older = list.fresh;
    list.fresh = index;
  }
  if (range.older != 0) rangeAt(pool, range.older).newer = index;
}

/** Takes a range off the stack it stands on. */
function pop(pool: Pool, list: RangeList, index: u32): void {
  const range = rangeAt(pool, index);
  if (range.older != 0) rangeAt(pool, range.older).newer = range.newer;
  if (range.newer != 0) rangeAt(pool, range.newer).older = range.older;
  else if (range.isSeen) list.seen = range.older;
  else list.fresh = range.older;
}

/** Something was added to a range: it is the freshest. */
export function refresh(pool: Pool, ranges: Ranges, index: u32): void {
  const list = listOf(pool, ranges);
  pop(pool, list, index);
  push(pool, list, index, 0, false);
}

/** A range has been seen, behind another that was seen; 0: it is on top. */
export function see(pool: Pool, ranges: Ranges, index: u32, behind: u32): void {
  const list = listOf(pool, ranges);
  pop(pool, list, index);
  push(pool, list, index, behind, true);
}
