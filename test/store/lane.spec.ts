/** The list with an express lane against a plain array of keys, anywhere in a space that wraps. */
import {
  append,
  canCutBehind,
  cutBehind,
  dropFirst,
  dropThrough,
  findAtOrBefore,
  insertBehind,
  Lane,
  Link,
} from '../../assembly/store/lane';
import {
  giveFirst,
  giveTrain,
  itemAt,
  layPool,
  Pool,
  POOL_SIZE,
  take,
} from '../../assembly/store/pool';
import { below, same, scratch, seed } from './generated';

const SIZE: u32 = 16;
const CAPACITY: u32 = 900;
let pool: Pool = changetype<Pool>(0);
let lane: Lane = changetype<Lane>(0);
/** Index and key of each item, in order. */
let indices: u32[] = [];
let keys: u32[] = [];

function linkAt(index: u32): Link {
  return changetype<Link>(itemAt(pool, index));
}

function fresh(): void {
  pool = changetype<Pool>(scratch(<u32>POOL_SIZE));
  layPool(pool, scratch(SIZE * (CAPACITY + 1)), SIZE, CAPACITY);
  lane = changetype<Lane>(scratch(24, 0));
  indices = [];
  keys = [];
}

/** Both ways through the list: each item once, the express lane a part of it, in order. */
function check(step: u32): void {
  let at = lane.head;
  let express = lane.first;
  for (let i = 0; i < indices.length; i++) {
    same<u32>(at, indices[i], `item ${i} at step ${step}`);
    same<u32>(linkAt(at).key, keys[i], `key of item ${i} at step ${step}`);
    if (at == express) {
      if (linkAt(at).skip == 0) same<u32>(lane.last, at, `last express at step ${step}`);
      express = linkAt(at).skip;
    }
    at = linkAt(at).next;
  }
  same<u32>(at, 0, `end at step ${step}`);
  same<u32>(express, 0, `end of the express lane at step ${step}`);
  if (lane.first == 0) same<u32>(lane.last, 0, `no express item at step ${step}`);
  same<u32>(lane.tail, indices.length == 0 ? 0 : indices[indices.length - 1], `tail at ${step}`);
  same<u32>(lane.count, indices.length, `count at step ${step}`);
  same<u32>(pool.used, indices.length, `items in use at step ${step}`);
}

/** The place of the last key not beyond `key`; -1 when there is none. */
function placeOf(key: u32): i32 {
  let place = -1;
  for (let i = 0; i < keys.length; i++) if (<i32>(keys[i] - key) <= 0) place = i;
  return place;
}

function run(base: u32, steps: u32): void {
  seed(base);
  let end = base;
  for (let step: u32 = 0; step < steps; step++) {
    const what = below(20);
    if (what < 10) {
      for (let n = below(20); n != 0 && pool.used < CAPACITY; n--) {
        const index = take(pool);
        end += 2 + below(64);
        linkAt(index).key = end;
        append(pool, lane, index);
        indices.push(index);
        keys.push(end);
      }
    } else if (indices.length == 0) {
      continue;
    } else if (what < 12) {
      dropFirst(pool, lane);
      giveFirst(pool, indices.shift());
      keys.shift();
    } else if (what < 15) {
      const many = 1 + below(min<u32>(indices.length, 90));
      const first = indices[0];
      const last = indices[many - 1];
      dropThrough(pool, lane, last, many);
      giveTrain(pool, first, last, many);
      indices = indices.slice(many);
      keys = keys.slice(many);
    } else if (what < 17) {
      const place = below(indices.length);
      const isRoom = place + 1 == <u32>indices.length || keys[place + 1] - keys[place] > 1;
      if (!isRoom || pool.used == CAPACITY) continue;
      const index = take(pool);
      linkAt(index).key = keys[place] + 1;
      insertBehind(pool, lane, indices[place], index);
      indices = indices.slice(0, place + 1).concat([index]).concat(indices.slice(place + 1));
      keys = keys.slice(0, place + 1).concat([keys[place] + 1]).concat(keys.slice(place + 1));
      if (<i32>(end - linkAt(index).key) < 0) end = linkAt(index).key;
    } else if (what == 17) {
      const place = below(indices.length);
      if (!canCutBehind(pool, lane, indices[place])) continue;
      same<u32>(cutBehind(pool, lane, indices[place]), indices[place + 1], `cut at step ${step}`);
      giveFirst(pool, indices[place + 1]);
      indices.splice(place + 1, 1);
      keys.splice(place + 1, 1);
    } else {
      const key = keys[0] - 8 + below(end - keys[0] + 16);
      const place = placeOf(key);
      same<u32>(
        findAtOrBefore(pool, lane, key),
        place < 0 ? 0 : indices[place],
        `found at step ${step}`,
      );
    }
    if (step % 8 == 0) check(step);
  }
  check(steps);
}

describe('a list with an express lane', () => {
  beforeEach(fresh);

  it('is the list it would be without', () => {
    run(1000, 6000);
  });

  it('is so where the keys wrap', () => {
    run(0xffff_f000, 6000);
  });
});
