/** The heap against a sorted array of moments. */
import {
  earliest,
  earliestOwner,
  Heap,
  layHeap,
  momentOf,
  schedule,
  unschedule,
} from '../../assembly/store/heap';
import { below, next, same, scratch, seed } from './generated';

const OWNERS: u32 = 200;
let heap_: Heap = changetype<Heap>(0);
let moments = new StaticArray<u64>(OWNERS + 1);

/** Every node's moment is no earlier than its parent's, and every owner stands where it says. */
function checkShape(step: u32): void {
  for (let place: u32 = 1; place <= heap_.used; place++) {
    const node: usize = heap_.nodes + 16 * place;
    const owner = load<u32>(node, 8);
    const claimed = load<u32>(heap_.places + 4 * owner);
    same<u32>(claimed, place, `place of owner ${owner} at step ${step}`);
    same<u64>(load<u64>(node), moments[owner], `moment of owner ${owner} at step ${step}`);
    if (place == 1) continue;
    const parent: usize = heap_.nodes + 16 * ((place + 2) / 4);
    same<bool>(load<u64>(parent) <= load<u64>(node), true, `order at place ${place}, step ${step}`);
  }
}

function sorted(): u64[] {
  const all: u64[] = [];
  for (let owner: u32 = 1; owner <= OWNERS; owner++) {
    if (moments[owner] != 0) all.push(moments[owner]);
  }
  return all.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function checkHead(step: u32): void {
  let least: u64 = 0;
  let count: u32 = 0;
  for (let owner: u32 = 1; owner <= OWNERS; owner++) {
    const at = moments[owner];
    // The messages cost more than the comparisons, so they are made only when they are needed.
    if (momentOf(heap_, owner) != at) expect<u32>(owner).toBe(0, `wrong moment at step ${step}`);
    if (at == 0) continue;
    count++;
    if (least == 0 || at < least) least = at;
  }
  same<u32>(heap_.used, count, `owners at step ${step}`);
  same<u64>(earliest(heap_), least, `earliest moment at step ${step}`);
  const owner = earliestOwner(heap_);
  same<u64>(owner == 0 ? 0 : moments[owner], least, `earliest owner's moment at step ${step}`);
}

function drain(): void {
  const expected = sorted();
  for (let i = 0; i < expected.length; i++) {
    same<u64>(earliest(heap_), expected[i], `moment ${i} drained`);
    const owner = earliestOwner(heap_);
    moments[owner] = 0;
    unschedule(heap_, owner);
  }
  same<u32>(heap_.used, 0, 'owners left');
}

/** Moments below `spread`, from `base` on: a small spread gives many that are equal. */
function run(base: u64, spread: u32, steps: u32): void {
  seed(spread);
  for (let step: u32 = 0; step < steps; step++) {
    const owner = below(OWNERS) + 1;
    switch (below(8)) {
      case 0:
        if (heap_.used == 0) break;
        moments[earliestOwner(heap_)] = 0;
        unschedule(heap_, earliestOwner(heap_));
        break;
      case 1:
      case 2:
        moments[owner] = 0;
        unschedule(heap_, owner);
        break;
      default:
        moments[owner] = base + below(spread);
        schedule(heap_, owner, moments[owner]);
    }
    checkHead(step);
    if ((step & 15) == 0) checkShape(step);
    if (step % 2_500 == 2_499) drain();
  }
  drain();
}

describe('heap', () => {
  beforeEach(() => {
    heap_ = changetype<Heap>(scratch(16));
    moments = new StaticArray<u64>(OWNERS + 1);
    const base = scratch(20 * (OWNERS + 1) + 128, 0);
    const behind = <usize>layHeap(heap_, base, OWNERS);
    same<usize>(behind & 15, 0, 'alignment behind the heap');
    same<bool>(behind <= base + 20 * (OWNERS + 1) + 128, true, 'the end of the heap');
  });

  it('has the four children of each node in one line of the cache', () => {
    for (let place: u32 = 1; place < OWNERS / 4; place++) {
      same<u32>((heap_.nodes + 16 * (4 * place - 2)) & 63, 0, `first child of ${place}`);
    }
  });

  it('is empty at first', () => {
    expect<u64>(earliest(heap_)).toBe(0);
    expect<u32>(earliestOwner(heap_)).toBe(0);
    expect<u64>(momentOf(heap_, 1)).toBe(0);
    unschedule(heap_, 1);
    expect<u32>(heap_.used).toBe(0);
  });

  it('refuses owner 0, an owner beyond its capacity, and moment 0', () => {
    expect(() => {
      schedule(heap_, 0, 1);
    }).toThrow('owner 0');
    expect(() => {
      schedule(heap_, OWNERS + 1, 1);
    }).toThrow('owner beyond the capacity');
    expect(() => {
      schedule(heap_, 1, 0);
    }).toThrow('moment 0');
  });

  it('sorts what comes in rising, falling and random order', () => {
    for (let round: u32 = 0; round < 3; round++) {
      for (let owner: u32 = 1; owner <= OWNERS; owner++) {
        moments[owner] = round == 0 ? owner : round == 1 ? 1_000 - owner : <u64>next() + 1;
        schedule(heap_, owner, moments[owner]);
      }
      checkShape(round);
      drain();
    }
  });

  it('does as the sorted array does through 10,000 operations', () => {
    run(1, 1_000_000, 10_000);
  });
  it('copes with equal moments', () => {
    run(1, 4, 10_000);
  });
  it('compares all 64 bits', () => {
    run(u64.MAX_VALUE - 2_000, 2_000, 5_000);
  });
});
