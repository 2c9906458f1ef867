/**
 * A list of items sorted by a u32 that wraps, with an express lane: about every 32nd item also
 * knows the next of its kind, so that finding one among thousands takes hundreds of steps fewer.
 *
 * Items come from a pool and begin with the three words of a Link. They are appended behind the
 * last, dropped from the front, and inserted or joined between. Insertions can stretch the way
 * between two express items; a search that walks too far makes the item it has come to an express
 * one, so a list never stays slow. All keys of a list lie within 2^31 of each other.
 *
 *     head ─► ■ ─► □ ─► □ ─► □ ─► ■ ─► □ ─► … ─► tail       next
 *             └───────────────────┴──────────►               skip
 */
import { itemAt, Pool } from './pool';

/** The beginning of an item. */
@unmanaged
export class Link {
  /** Index of the following item, 0 at the end. */
  next: u32;
  /** Of an express item: the next one; 0 at the end. */
  skip: u32;
  /** What the list is sorted by. */
  key: u32;
}

/** Both ends of a list and of its express lane. */
@unmanaged
export class Lane {
  head: u32;
  tail: u32;
  count: u32;
  /** First and last express item, 0 when there is none. */
  first: u32;
  last: u32;
  /** Items appended behind the last express one. */
  since: u32;
}

/** Items from one express item to the next, as they are appended. */
const STRIDE: u32 = 32;
/** Steps after which a search makes an express item of where it is. */
const MAX_STEPS: u32 = 2 * STRIDE;

function linkAt(pool: Pool, index: u32): Link {
  return changetype<Link>(itemAt(pool, index));
}

function isExpress(pool: Pool, lane: Lane, index: u32): bool {
  return linkAt(pool, index).skip != 0 || lane.last == index;
}

/** Appends an item; its key is not below the last one's. */
export function append(pool: Pool, lane: Lane, index: u32): void {
  const link = linkAt(pool, index);
  link.next = link.skip = 0;
  if (lane.head == 0) lane.head = index;
  else linkAt(pool, lane.tail).next = index;
  lane.tail = index;
  lane.count++;
  if (++lane.since < STRIDE) return;
  lane.since = 0;
  if (lane.last == 0) lane.first = index;
  else linkAt(pool, lane.last).skip = index;
  lane.last = index;
}

/** Inserts an item behind another, or before all: 0. */
export function insertBehind(pool: Pool, lane: Lane, before: u32, index: u32): void {
  const link = linkAt(pool, index);
  link.skip = 0;
  if (before == 0) {
    link.next = lane.head;
    lane.head = index;
  } else {
    link.next = linkAt(pool, before).next;
    linkAt(pool, before).next = index;
  }
  if (lane.tail == before) lane.tail = index;
  lane.count++;
}

/** Takes the first item out; the list is not empty. */
export function dropFirst(pool: Pool, lane: Lane): void {
  const index = lane.head;
  const link = linkAt(pool, index);
  if (lane.first == index) lane.first = link.skip;
  if (lane.last == index) lane.last = 0;
  lane.head = link.next;
  if (lane.head == 0) lane.tail = lane.since = 0;
  lane.count--;
}

/** Takes the first `count` items out, of which `last` is the last one. */
export function dropThrough(pool: Pool, lane: Lane, last: u32, count: u32): void {
  const key = linkAt(pool, last).key;
  while (lane.first != 0 && !isBeyond(pool, lane.first, key)) {
    if (lane.last == lane.first) lane.last = 0;
    lane.first = linkAt(pool, lane.first).skip;
  }
  lane.head = linkAt(pool, last).next;
  if (lane.head == 0) lane.tail = lane.since = 0;
  lane.count -= count;
}

/** Whether the follower of an item can be cut out: express items stay until they are the first. */
export function canCutBehind(pool: Pool, lane: Lane, before: u32): bool {
  const index = linkAt(pool, before).next;
  return index != 0 && !isExpress(pool, lane, index);
}

/** Cuts the follower of an item out, where `canCutBehind`; answers its index. */
export function cutBehind(pool: Pool, lane: Lane, before: u32): u32 {
  const index = linkAt(pool, before).next;
  linkAt(pool, before).next = linkAt(pool, index).next;
  if (lane.tail == index) lane.tail = before;
  lane.count--;
  return index;
}

/** Takes an item out of the express lane it stands in: a step for each that stands before it. */
export function leaveExpress(pool: Pool, lane: Lane, index: u32): void {
  let before: u32 = 0;
  for (let at = lane.first; at != index; at = linkAt(pool, at).skip) before = at;
  const following = linkAt(pool, index).skip;
  if (before == 0) lane.first = following;
  else linkAt(pool, before).skip = following;
  if (lane.last == index) lane.last = before;
  linkAt(pool, index).skip = 0;
}

/** The last item whose key is not beyond `key`; 0 when the first one's is. */
export function findAtOrBefore(pool: Pool, lane: Lane, key: u32): u32 {
  let at = lane.head;
  if (at == 0 || isBeyond(pool, at, key)) return 0;
  let express: u32 = 0;
  let following = lane.first;
  while (following != 0 && !isBeyond(pool, following, key)) {
    at = express = following;
    following = linkAt(pool, express).skip;
  }
  let steps: u32 = 0;
  while (true) {
    const next = linkAt(pool, at).next;
    if (next == 0 || isBeyond(pool, next, key)) return at;
    at = next;
    if (++steps < MAX_STEPS) continue;
    makeExpress(pool, lane, express, at);
    express = at;
    steps = 0;
  }
}

function isBeyond(pool: Pool, index: u32, key: u32): bool {
  return <i32>(linkAt(pool, index).key - key) > 0;
}

/** Puts an item into the express lane behind another of it; 0 is its beginning. */
function makeExpress(pool: Pool, lane: Lane, before: u32, index: u32): void {
  const following = before == 0 ? lane.first : linkAt(pool, before).skip;
  linkAt(pool, index).skip = following;
  if (before == 0) lane.first = index;
  else linkAt(pool, before).skip = index;
  if (following == 0) lane.last = index;
}
