/** Ranges against a set of bits, anywhere in a space that wraps. */
import { layPool, Pool, POOL_SIZE } from '../../assembly/store/pool';
import {
  addRange,
  clearRanges,
  RANGE_SIZE,
  rangeAt,
  rangeContaining,
  Ranges,
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
  let at = ranges.head;
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
      const added = addRange(pool, ranges, base + left, base + right, MOST);
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
    same<u32>(pool.used, ranges.count, `ranges taken from the pool at step ${step}`);
  }
  if (widest < 10) same<bool>(refused != 0, true, 'the list was full at least once');
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
    expect<u32>(rangeAt(pool, ranges.head).left).toBe(10);
    expect<u32>(rangeAt(pool, ranges.head).right).toBe(40);
    expect<u32>(pool.used).toBe(1);
  });

  it('swallows many at once', () => {
    const ranges = list();
    for (let i: u32 = 0; i < 10; i++) addRange(pool, ranges, 100 + 10 * i, 105 + 10 * i, MOST);
    expect<u32>(pool.used).toBe(10);
    expect<bool>(addRange(pool, ranges, 103, 192, 10)).toBe(true);
    expect<u32>(ranges.count).toBe(1);
    expect<u32>(pool.used).toBe(1);
    expect<u32>(rangeAt(pool, ranges.head).right).toBe(195);
  });

  it('refuses a range when the pool is empty, and stays as it was', () => {
    const ranges = list();
    for (let i: u32 = 0; i < 32; i++) {
      same<bool>(addRange(pool, ranges, 10 * i, 10 * i + 5, 1_000), true, 'room');
    }
    expect<bool>(addRange(pool, ranges, 1_000, 1_001, 1_000)).toBe(false);
    expect<u32>(ranges.count).toBe(32);
    expect<bool>(addRange(pool, ranges, 315, 320, 1_000)).toBe(true, 'it only makes one longer');
  });

  it('refuses an empty range and one that runs backwards', () => {
    expect(() => {
      addRange(pool, list(), 5, 5, MOST);
    }).toThrow('an empty range');
    expect(() => {
      addRange(pool, list(), 6, 5, MOST);
    }).toThrow('a range backwards');
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
});
