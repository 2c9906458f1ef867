/** Queues against arrays: three queues thread the same pool through two link fields. */
import { layPool, itemAt, Pool, POOL_SIZE, take } from '../../assembly/store/pool';
import { push, Queue, remove, shift } from '../../assembly/store/queue';
import { below, same, scratch, seed } from './generated';

const SIZE: u32 = 16;
const CAPACITY: u32 = 40;
let pool: Pool = changetype<Pool>(0);

function queue(): Queue {
  return changetype<Queue>(scratch(8, 0));
}

describe('queue', () => {
  beforeEach(() => {
    pool = changetype<Pool>(scratch(<u32>POOL_SIZE));
    layPool(pool, scratch(SIZE * (CAPACITY + 1)), SIZE, CAPACITY);
    for (let i: u32 = 0; i < CAPACITY; i++) take(pool);
  });

  it('answers 0 when it is empty', () => {
    const q = queue();
    expect<u32>(shift(q, pool, 4)).toBe(0);
    expect<bool>(remove(q, pool, 3, 4)).toBe(false);
  });

  it('can be filled again after its last item was cut out', () => {
    const q = queue();
    push(q, pool, 1, 4);
    push(q, pool, 2, 4);
    expect<bool>(remove(q, pool, 2, 4)).toBe(true);
    push(q, pool, 3, 4);
    expect<bool>(remove(q, pool, 1, 4)).toBe(true);
    expect<bool>(remove(q, pool, 3, 4)).toBe(true);
    expect<u32>(shift(q, pool, 4)).toBe(0);
    push(q, pool, 2, 4);
    expect<u32>(shift(q, pool, 4)).toBe(2);
    expect<u32>(shift(q, pool, 4)).toBe(0);
  });

  it('does as arrays do through 30,000 operations', () => {
    seed(77);
    // Queues 0 and 1 share the link at 4, so an item is in one of them; queue 2 has the link at 8.
    const queues: Queue[] = [queue(), queue(), queue()];
    const models: u32[][] = [[], [], []];
    for (let step: u32 = 0; step < 30_000; step++) {
      const which = <i32>below(3);
      const q = queues[which];
      const model = models[which];
      const link: usize = which == 2 ? 8 : 4;
      const index = below(CAPACITY) + 1;
      switch (below(4)) {
        case 0:
        case 1: {
          const taken =
            which == 2
              ? models[2].includes(index)
              : models[0].includes(index) || models[1].includes(index);
          if (taken) break;
          push(q, pool, index, link);
          model.push(index);
          break;
        }
        case 2: {
          const expected: u32 = model.length == 0 ? 0 : model.shift();
          same<u32>(shift(q, pool, link), expected, `item shifted at step ${step}`);
          break;
        }
        default: {
          const place = model.indexOf(index);
          same<bool>(remove(q, pool, index, link), place >= 0, `item removed at step ${step}`);
          if (place >= 0) model.splice(place, 1);
        }
      }
    }
    for (let which = 0; which < 3; which++) {
      const link: usize = which == 2 ? 8 : 4;
      for (let i = 0; i < models[which].length; i++) {
        same<u32>(shift(queues[which], pool, link), models[which][i], 'item left');
      }
      expect<u32>(shift(queues[which], pool, link)).toBe(0);
    }
    for (let i: u32 = 1; i <= CAPACITY; i++) {
      same<u32>(load<u32>(itemAt(pool, i), 12), 0xaaaa_aaaa, 'octets that are no link');
    }
  });
});
