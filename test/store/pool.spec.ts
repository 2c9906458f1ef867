/** The pool against a model: a list of free indices, and what every tenant wrote. */
import { give, itemAt, layPool, Pool, POOL_SIZE, take } from '../../assembly/store/pool';
import { below, same, scratch, seed } from './generated';

const SIZE: u32 = 24;
const CAPACITY: u32 = 37;
let pool: Pool = changetype<Pool>(0);
let behind: usize = 0;

function fresh(): void {
  pool = changetype<Pool>(scratch(<u32>POOL_SIZE));
  const base = scratch(SIZE * (CAPACITY + 2));
  behind = <usize>layPool(pool, base, SIZE, CAPACITY);
  same<usize>(behind, base + SIZE * (CAPACITY + 1), 'the address behind the pool');
}

function write(index: u32, mark: u32): void {
  for (let at: u32 = 0; at < SIZE; at += 4) store<u32>(itemAt(pool, index) + at, mark + at);
}

/** The first four octets of a free item are the pool's own. */
function check(index: u32, mark: u32, from: u32): void {
  for (let at = from; at < SIZE; at += 4) {
    same<u32>(load<u32>(itemAt(pool, index) + at), mark + at, `octets ${at} of item ${index}`);
  }
}

describe('pool', () => {
  beforeEach(fresh);

  it('hands out every index once, then none', () => {
    for (let i: u32 = 1; i <= CAPACITY; i++) expect<u32>(take(pool)).toBe(i);
    expect<u32>(take(pool)).toBe(0);
    expect<u32>(pool.used).toBe(CAPACITY);
  });

  it('hands out the longest-free item first', () => {
    for (let i: u32 = 1; i <= CAPACITY; i++) take(pool);
    give(pool, 5);
    give(pool, 3);
    give(pool, 9);
    expect<u32>(take(pool)).toBe(5);
    expect<u32>(take(pool)).toBe(3);
    give(pool, 5);
    expect<u32>(take(pool)).toBe(9);
    expect<u32>(take(pool)).toBe(5);
    expect<u32>(take(pool)).toBe(0);
  });

  it('does not touch an item that was never handed out', () => {
    take(pool);
    take(pool);
    give(pool, 1);
    give(pool, 2);
    for (let at = itemAt(pool, 3); at < behind + SIZE; at++) same<u8>(load<u8>(at), 0xaa, 'octet');
  });

  it('has no item at all when its capacity is 0', () => {
    layPool(pool, scratch(SIZE), SIZE, 0);
    expect<u32>(take(pool)).toBe(0);
    expect<u32>(pool.used).toBe(0);
  });

  it('refuses to take back what it never gave', () => {
    take(pool);
    expect(() => {
      give(pool, 0);
    }).toThrow('index 0 is none');
    expect(() => {
      give(pool, 2);
    }).toThrow('index 2 was never handed out');
    give(pool, 1);
    expect(() => {
      give(pool, 1);
    }).toThrow('nothing is handed out');
  });

  it('does as the model does through 20,000 operations', () => {
    seed(0x9e3779b9);
    const free: u32[] = [];
    const held: u32[] = [];
    const marks = new StaticArray<u32>(CAPACITY + 1);
    let highest: u32 = 0;
    for (let step: u32 = 0; step < 20_000; step++) {
      // Phases that rather fill and phases that rather empty the pool.
      if (below(8) < ((step >> 7) & 1 ? 5 : 3)) {
        let expected: u32 = 0;
        if (free.length != 0) expected = free.shift();
        else if (highest < CAPACITY) expected = ++highest;
        const index = take(pool);
        same<u32>(index, expected, `index taken at step ${step}`);
        if (index != 0) {
          if (marks[index] != 0) check(index, marks[index], 4);
          marks[index] = (step << 8) | 1;
          write(index, marks[index]);
          held.push(index);
        }
      } else if (held.length != 0) {
        const which = <i32>below(held.length);
        const index = held[which];
        check(index, marks[index], 0);
        give(pool, index);
        held.splice(which, 1);
        free.push(index);
      }
      same<u32>(pool.used, held.length, `items in use at step ${step}`);
    }
    for (let i = 0; i < held.length; i++) check(held[i], marks[held[i]], 0);
    expect<u32>(highest).toBe(CAPACITY, 'the pool was full at least once');
  });
});
