/**
 * Ranges: a sorted list of disjoint stretches [left, right) of a space of u32 that wraps.
 *
 * Two users, one container: text that arrived out of order (what SACK reports) and text the peer
 * has reported as arrived (what need not be sent again). Nodes come from one pool; a list is
 * bounded by its caller, so walking it is bounded too. All ranges of a list lie within 2^31 of each
 * other.
 *
 * ╒══════════ node (16 octets) ═══════════╕
 * │ next u32 │ left u32 │ right u32 │ mark │
 * └───────────────────────────────────────┘
 */
import { give, itemAt, Pool, take } from './pool';

/** One stretch [left, right), and the one that follows it. */
@unmanaged
export class Range {
  /** Index of the following range, 0 at the end. */
  next: u32;
  left: u32;
  right: u32;
  /** The caller's, 0 in a new range. Of ranges that join the leftmost keeps its own. */
  mark: u32;
}

/** Octets a Range takes. */
export const RANGE_SIZE: u32 = 16;

/** A list of ranges, by its leftmost. */
@unmanaged
export class Ranges {
  /** Index of the leftmost range, 0 when there is none. */
  head: u32;
  count: u32;
}

/** The range of an index. */
export function rangeAt(pool: Pool, index: u32): Range {
  return changetype<Range>(itemAt(pool, index));
}

/**
 * Adds [left, right), joining it with every range it touches.
 *
 * @param most ranges the list may hold
 * @returns whether it is in the list now; false when it would be one too many or the pool is empty
 */
export function addRange(pool: Pool, ranges: Ranges, left: u32, right: u32, most: u32): bool {
  assert(<i32>(right - left) > 0);
  // Passes every range that ends before `left`.
  let before: u32 = 0;
  let at = ranges.head;
  while (at != 0 && <i32>(left - rangeAt(pool, at).right) > 0) {
    before = at;
    at = rangeAt(pool, at).next;
  }
  if (at == 0 || <i32>(rangeAt(pool, at).left - right) > 0) {
    return insertBetween(pool, ranges, before, at, left, right, most);
  }
  const range = rangeAt(pool, at);
  if (<i32>(left - range.left) < 0) range.left = left;
  if (<i32>(right - range.right) > 0) range.right = right;
  absorb(pool, ranges, range);
  return true;
}

function insertBetween(
  pool: Pool,
  ranges: Ranges,
  before: u32,
  after: u32,
  left: u32,
  right: u32,
  most: u32,
): bool {
  if (ranges.count >= most) return false;
  const index = take(pool);
  if (index == 0) return false;
  const range = rangeAt(pool, index);
  range.left = left;
  range.right = right;
  range.mark = 0;
  range.next = after;
  if (before == 0) ranges.head = index;
  else rangeAt(pool, before).next = index;
  ranges.count++;
  return true;
}

/** Joins the followers that a range has grown into. */
function absorb(pool: Pool, ranges: Ranges, range: Range): void {
  while (range.next != 0) {
    const index = range.next;
    const follower = rangeAt(pool, index);
    if (<i32>(follower.left - range.right) > 0) return;
    if (<i32>(follower.right - range.right) > 0) range.right = follower.right;
    range.next = follower.next;
    ranges.count--;
    give(pool, index);
  }
}

/** Forgets everything left of `position`. */
export function trimRanges(pool: Pool, ranges: Ranges, position: u32): void {
  while (ranges.head != 0) {
    const index = ranges.head;
    const range = rangeAt(pool, index);
    if (<i32>(position - range.left) <= 0) return;
    if (<i32>(position - range.right) < 0) {
      range.left = position;
      return;
    }
    ranges.head = range.next;
    ranges.count--;
    give(pool, index);
  }
}

/** Forgets every range. */
export function clearRanges(pool: Pool, ranges: Ranges): void {
  while (ranges.head != 0) {
    const index = ranges.head;
    ranges.head = rangeAt(pool, index).next;
    give(pool, index);
  }
  ranges.count = 0;
}

/** The range that holds `position`, as an index; 0 when none does. */
export function rangeContaining(pool: Pool, ranges: Ranges, position: u32): u32 {
  for (let at = ranges.head; at != 0; at = rangeAt(pool, at).next) {
    const range = rangeAt(pool, at);
    if (<i32>(position - range.left) < 0) return 0;
    if (<i32>(position - range.right) < 0) return at;
  }
  return 0;
}
