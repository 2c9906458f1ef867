/**
 * A pool: equal items in one stretch of memory, handed out by index. Index 0 is "none".
 *
 * Items never touched are never written, so a generous capacity costs nothing until it is used.
 * Items given back are handed out again in the order they came back: the longest-gone first, which
 * keeps a stale index from naming a new tenant for as long as possible. While an item is free its
 * first four octets link it to the next; the rest of it is left as it was.
 *
 * ╒═════════════ Pool (24 octets) ═════════════╕
 * │ base │ size │ capacity │ fresh │ head │ tail │  + used
 * └────────────────────────────────────────────┘
 */
@unmanaged
export class Pool {
  /** Address of item 0, which is never handed out. */
  base: u32;
  /** Octets an item. */
  size: u32;
  /** Items that can be handed out. */
  capacity: u32;
  /** Highest index ever handed out. */
  fresh: u32;
  /** Longest-free item, 0 when none. */
  head: u32;
  /** Latest-freed item; meaningful only while `head` is not 0. */
  tail: u32;
  /** Items handed out now. */
  used: u32;
}

/** Octets a Pool record takes in the memory map. */
export const POOL_SIZE: usize = 32;
if (offsetof<Pool>() > POOL_SIZE) ERROR('POOL_SIZE is too small');

/**
 * Prepares a pool over memory at `base`; answers the first address behind it, in 64 bits, as every
 * container does: whether memory has room for all of them is asked once, at the end.
 */
export function layPool(pool: Pool, base: u64, size: u32, capacity: u32): u64 {
  pool.base = <u32>base;
  pool.size = size;
  pool.capacity = capacity;
  pool.fresh = pool.head = pool.tail = pool.used = 0;
  return base + <u64>size * (capacity + 1);
}

/** The address of an item. */
export function itemAt(pool: Pool, index: u32): usize {
  return pool.base + index * pool.size;
}

/**
 * Takes an item; answers its index, or 0 when the pool is empty. Its octets are as they were left.
 */
export function take(pool: Pool): u32 {
  const index = pool.head;
  if (index != 0) {
    pool.head = load<u32>(itemAt(pool, index));
    pool.used++;
    return index;
  }
  if (pool.fresh == pool.capacity) return 0;
  pool.used++;
  return ++pool.fresh;
}

/** Gives an item back. */
export function give(pool: Pool, index: u32): void {
  assert(index != 0 && index <= pool.fresh && pool.used != 0);
  store<u32>(itemAt(pool, index), 0);
  if (pool.head == 0) pool.head = index;
  else store<u32>(itemAt(pool, pool.tail), index);
  pool.tail = index;
  pool.used--;
}

/** Gives back `count` items, linked from `first` to `last` as free ones are, to be the next. */
export function giveTrain(pool: Pool, first: u32, last: u32, count: u32): void {
  assert(first != 0 && last != 0 && count <= pool.used);
  store<u32>(itemAt(pool, last), pool.head);
  if (pool.head == 0) pool.tail = last;
  pool.head = first;
  pool.used -= count;
}

/** Gives an item back to be handed out again first, while its memory is warm in the cache. */
export function giveFirst(pool: Pool, index: u32): void {
  assert(index != 0 && index <= pool.fresh && pool.used != 0);
  store<u32>(itemAt(pool, index), pool.head);
  if (pool.head == 0) pool.tail = index;
  pool.head = index;
  pool.used--;
}
