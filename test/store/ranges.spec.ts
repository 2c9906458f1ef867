/** Ranges against a set of bits, anywhere in a space that wraps. */
import { layPool, Pool, POOL_SIZE } from '../../assembly/store/pool';
import {
  addRange,
  clearRanges,
  firstRange,
  listOf,
  overlapping,
  RANGE_SIZE,
  rangeAt,
  rangeContaining,
  Ranges,
  refresh,
  see,
  trimRanges,
} from '../../assembly/store/ranges';
import { below, same, scratch, seed } from './generated';

const BITS: u32 = 512;
const MOST: u32 = 12;
let pool: Pool = changetype<Pool>(0);
let bits = new StaticArray<bool>(BITS + 1);

function list(): Ranges {
  return changetype<Ranges>(scratch(8, 0));
}

/** Nodes a list takes: one for each range, and one more. */
function nodesOf(ranges: Ranges): u32 {
  return ranges.count == 0 ? 0 : ranges.count + 1;
}

/** The runs of the bit set, as [left, right) pairs; the bit at BITS is always clear. */
function runs(): u32[] {
  const found: u32[] = [];
  for (let i: u32 = 0; i <= BITS; i++) {
    const before = i > 0 && bits[i - 1];
    if (bits[i] != before) found.push(i);
  }
  return found;
}

function check(ranges: Ranges, base: u32, step: u32): void {
  const expected = runs();
  let at = firstRange(pool, ranges);
  for (let i = 0; i < expected.length; i += 2) {
    same<bool>(at != 0, true, `range ${i / 2} at step ${step}`);
    same<u32>(rangeAt(pool, at).left - base, expected[i], `left of range ${i / 2} at step ${step}`);
    same<u32>(rangeAt(pool, at).right - base, expected[i + 1], `right of ${i / 2} at step ${step}`);
    at = rangeAt(pool, at).next;
  }
  same<u32>(at, 0, `end of the list at step ${step}`);
  same<u32>(ranges.count, expected.length / 2, `count at step ${step}`);
}

/** Whether [left, right) meets or touches a run that is there. */
function touches(left: u32, right: u32): bool {
  for (let i: u32 = left == 0 ? 0 : left - 1; i <= min(right, BITS - 1); i++) {
    if (bits[i]) return true;
  }
  return false;
}

function run(base: u32, steps: u32, widest: u32): void {
  seed(base ^ widest);
  const ranges = list();
  bits = new StaticArray<bool>(BITS + 1);
  let refused: u32 = 0;
  for (let step: u32 = 0; step < steps; step++) {
    const what = below(16);
    if (what < 12) {
      const left = below(BITS - 1);
      const right = min(BITS, left + 1 + below(widest));
      const fits = touches(left, right) || ranges.count < MOST;
      const added = addRange(pool, ranges, base + left, base + right, MOST) != 0;
      same<bool>(added, fits, `add at step ${step}`);
      if (fits) for (let i = left; i < right; i++) bits[i] = true;
      else refused++;
    } else if (what < 14) {
      const position = below(BITS);
      const index = rangeContaining(pool, ranges, base + position);
      same<bool>(index != 0, bits[position], `holding ${position} at step ${step}`);
      if (index != 0) {
        const left = rangeAt(pool, index).left - base;
        same<bool>(left <= position, true, `range that holds ${position} at step ${step}`);
        same<bool>(rangeAt(pool, index).right - base > position, true, 'its right edge');
      }
    } else if (what == 14) {
      const position = below(BITS / 4) + below(64);
      trimRanges(pool, ranges, base + position);
      for (let i: u32 = 0; i < position; i++) bits[i] = false;
    } else if (below(12) == 0) {
      clearRanges(pool, ranges);
      bits = new StaticArray<bool>(BITS + 1);
    }
    check(ranges, base, step);
    same<u32>(pool.used, nodesOf(ranges), `nodes taken from the pool at step ${step}`);
  }
  if (widest < 10) same<bool>(refused != 0, true, 'the list was full at least once');
}

function sameStacks(ranges: Ranges, fresh: u32[], seen: u32[]): void {
  let at = listOf(pool, ranges).fresh;
  for (let i = 0; i < fresh.length; i++, at = rangeAt(pool, at).older) {
    same<u32>(at, fresh[i], `fresh ${i}`);
  }
  same<u32>(at, 0, 'the end of what is fresh');
  at = listOf(pool, ranges).seen;
  for (let i = 0; i < seen.length; i++, at = rangeAt(pool, at).older) {
    same<u32>(at, seen[i], `seen ${i}`);
  }
  same<u32>(at, 0, 'the end of what was seen');
}

/** Single octets at even places, in any order, then stretches that join many of them. */
function runMany(base: u32, most: u32): void {
  const items: u32 = 4_000;
  layPool(pool, scratch(RANGE_SIZE * (items + 2)), RANGE_SIZE, items + 1);
  seed(7);
  const ranges = list();
  let count: u32 = 0;
  bits = new StaticArray<bool>(most + 1);
  for (let i: u32 = 0; i < items; i++) {
    // First upwards, then wherever.
    const left = i < items / 2 ? 8 * i : 2 * below(most / 2);
    if (!bits[left]) count++;
    bits[left] = true;
    same<bool>(addRange(pool, ranges, base + left, base + left + 1, items) != 0, true, 'room');
  }
  same<u32>(ranges.count, count, 'ranges, none of which touch');
  for (let i: u32 = 0; i < 2_000; i++) {
    const left = below(most - 100);
    const right = left + 1 + below(i % 100 == 0 ? 99 : 8);
    const index = overlapping(pool, ranges, base + left, base + right);
    let first = left;
    while (first < right && !bits[first]) first++;
    same<bool>(index != 0, first < right, `something between ${left} and ${right}`);
    if (index != 0) {
      const range = rangeAt(pool, index);
      same<bool>(range.left - base <= first && range.right - base > first, true, 'the first of it');
      if (i & 1) see(pool, ranges, index, 0);
      else refresh(pool, ranges, index);
    }
    if (i & 3) continue;
    addRange(pool, ranges, base + left, base + right, items);
    for (let k = left; k < right; k++) bits[k] = true;
    if (i % 100 == 0) trimRanges(pool, ranges, base + i);
    if (i % 100 == 0) for (let k: u32 = 0; k < i; k++) bits[k] = false;
  }
  const sorted = listOf(pool, ranges);
  let found: u32 = 0;
  let position: u32 = 0;
  for (let at = sorted.head; at != 0; at = rangeAt(pool, at).next, found++) {
    const range = rangeAt(pool, at);
    while (!bits[position]) position++;
    same<u32>(range.left - base, position, `left of range ${found}`);
    while (bits[position]) position++;
    same<u32>(range.right - base, position, `right of range ${found}`);
  }
  same<u32>(found, ranges.count, 'ranges in order');
  let stacked: u32 = 0;
  for (let at = sorted.fresh; at != 0; at = rangeAt(pool, at).older) stacked++;
  for (let at = sorted.seen; at != 0; at = rangeAt(pool, at).older) stacked++;
  same<u32>(stacked, found, 'ranges on either stack');
  clearRanges(pool, ranges);
  same<u32>(pool.used, 0, 'all given back');
  same<u32>(addRange(pool, ranges, base, base + 1, 1) == 0 ? 1 : 0, 0, 'and taken again');
}

describe('ranges', () => {
  beforeEach(() => {
    pool = changetype<Pool>(scratch(<u32>POOL_SIZE));
    layPool(pool, scratch(RANGE_SIZE * 33), RANGE_SIZE, 32);
  });

  it('joins ranges that touch, and no others', () => {
    const ranges = list();
    addRange(pool, ranges, 10, 20, MOST);
    addRange(pool, ranges, 30, 40, MOST);
    addRange(pool, ranges, 21, 29, MOST);
    expect<u32>(ranges.count).toBe(3);
    addRange(pool, ranges, 20, 21, MOST);
    expect<u32>(ranges.count).toBe(2);
    addRange(pool, ranges, 29, 30, MOST);
    expect<u32>(ranges.count).toBe(1);
    expect<u32>(rangeAt(pool, firstRange(pool, ranges)).left).toBe(10);
    expect<u32>(rangeAt(pool, firstRange(pool, ranges)).right).toBe(40);
    expect<u32>(pool.used).toBe(2);
  });

  it('swallows many at once', () => {
    const ranges = list();
    for (let i: u32 = 0; i < 10; i++) addRange(pool, ranges, 100 + 10 * i, 105 + 10 * i, MOST);
    expect<u32>(pool.used).toBe(11);
    expect<u32>(addRange(pool, ranges, 103, 192, 10)).not.toBe(0);
    expect<u32>(ranges.count).toBe(1);
    expect<u32>(pool.used).toBe(2);
    expect<u32>(rangeAt(pool, firstRange(pool, ranges)).right).toBe(195);
  });

  it('refuses a range when the pool is empty, and stays as it was', () => {
    const ranges = list();
    for (let i: u32 = 0; i < 31; i++) {
      same<bool>(addRange(pool, ranges, 10 * i, 10 * i + 5, 1_000) != 0, true, 'room');
    }
    expect<u32>(addRange(pool, ranges, 1_000, 1_001, 1_000)).toBe(0);
    expect<u32>(ranges.count).toBe(31);
    expect<u32>(addRange(pool, ranges, 305, 310, 1_000)).not.toBe(0, 'it only makes one longer');
    const other = list();
    trimRanges(pool, ranges, 5);
    expect<u32>(pool.used).toBe(31);
    expect<u32>(addRange(pool, other, 1, 2, 1_000)).toBe(0, 'a first one takes two nodes');
    expect<u32>(pool.used).toBe(31);
  });

  it('refuses an empty range and one that runs backwards', () => {
    expect(() => {
      addRange(pool, list(), 5, 5, MOST);
    }).toThrow('an empty range');
    expect(() => {
      addRange(pool, list(), 6, 5, MOST);
    }).toThrow('a range backwards');
  });

  it('keeps two stacks: the freshest first, and those that were seen as they were seen', () => {
    const ranges = list();
    const made = new StaticArray<u32>(5);
    for (let i: u32 = 0; i < 5; i++) made[i] = addRange(pool, ranges, 10 * i, 10 * i + 1, MOST);
    sameStacks(ranges, [made[4], made[3], made[2], made[1], made[0]], []);
    see(pool, ranges, made[4], 0);
    see(pool, ranges, made[3], made[4]);
    sameStacks(ranges, [made[2], made[1], made[0]], [made[4], made[3]]);
    see(pool, ranges, made[1], 0);
    sameStacks(ranges, [made[2], made[0]], [made[1], made[4], made[3]]);
    refresh(pool, ranges, made[4]);
    sameStacks(ranges, [made[4], made[2], made[0]], [made[1], made[3]]);
    expect<u32>(addRange(pool, ranges, 11, 30, MOST)).toBe(made[1]);
    sameStacks(ranges, [made[1], made[4], made[0]], []);
    trimRanges(pool, ranges, 5);
    sameStacks(ranges, [made[1], made[4]], []);
  });

  it('does as the bit set does: small ranges', () => {
    run(1_000, 4_000, 6);
  });
  it('does as the bit set does: wide ranges', () => {
    run(1_000, 4_000, 100);
  });
  it('does as the bit set does where numbers wrap', () => {
    run(<u32>-256, 4_000, 6);
  });
  it('does as the bit set does where numbers wrap, wide', () => {
    run(<u32>-100, 4_000, 60);
  });
  it('does as the bit set does across 2^31', () => {
    run(0x7fff_ff00, 4_000, 12);
  });
  it('keeps thousands sorted, whatever joins them', () => {
    runMany(<u32>-5_000, 30_000);
  });
});
