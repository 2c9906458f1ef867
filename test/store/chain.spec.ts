/** Chains against plain arrays of octets, at positions that wrap and from one pool they share. */
import { MOST_BLOCK as BLOCK_SIZE, PAGE_SIZE } from '../../assembly/limits';
import {
  appendChain,
  beginChain,
  Chain,
  clearChain,
  dropChain,
  layPages,
  locate,
  Pages,
  pagesLacking,
  readChain,
  readChainAndSum,
  reserve,
  roomWith,
  sparePages,
  writeChain,
  writeChainAndSum,
} from '../../assembly/store/chain';
import { fold, sum } from '../../assembly/store/copy-sum';
import { layPool, Pool } from '../../assembly/store/pool';
import { below, same, sameOctets, scratch, scribble, seed } from './generated';

const CAPACITY: u32 = 24;
const SPAN: u32 = 400_000;
const BLOCKS: u32 = 4;
let pages: Pages = changetype<Pages>(0);
let blocks: Pool = changetype<Pool>(0);

function chainAt(position: u32): Chain {
  const chain = changetype<Chain>(scratch(28));
  beginChain(chain, position);
  return chain;
}

/** One chain and what it must hold: octet i of `octets` has position `base + i`. */
class Model {
  octets: usize = scratch(SPAN, 0);
  start: u32 = 0;
  end: u32 = 0;
  chain: Chain;
  constructor(public base: u32) {
    this.chain = chainAt(base);
  }
  get length(): u32 {
    return this.end - this.start;
  }
}

const buffer = scratch(4 * PAGE_SIZE * CAPACITY);

function append(model: Model, length: u32): void {
  if (model.end + length > SPAN) return;
  const want = model.base + model.end + length;
  if (below(2) == 0) {
    scribble(model.octets + model.end, length);
    const at = model.base + model.end;
    const end = appendChain(pages, model.chain, at, model.octets + model.end, length);
    if (end != want) same<u32>(sparePages(pages), 0, 'an append ends where no page is left');
    model.end = end - model.base;
    return;
  }
  const got = reserve(pages, model.chain, want);
  same<bool>(<i32>(want - got) >= 0, true, 'room never goes beyond what was asked');
  if (got != want) same<u32>(sparePages(pages), 0, 'room was refused because no page is left');
  // Room that was reserved earlier may end before what is there; nothing is taken away.
  const room = got - (model.base + model.end);
  const writes = min(length, room);
  scribble(model.octets + model.end, writes);
  const from = model.octets + model.end;
  const at = model.base + model.end;
  if (below(2) == 0) {
    const part = writeChainAndSum(pages, model.chain, at, from, writes);
    same<u32>(fold(part), naive(from, writes), `sum of ${writes} written`);
  } else {
    writeChain(pages, model.chain, at, from, writes);
  }
  model.end += writes;
}

/** Writes over octets in the midst, as out-of-order text that comes twice does. */
function overwrite(model: Model): void {
  if (model.length == 0) return;
  const at = model.start + below(model.length);
  const length = 1 + below(min<u32>(model.end - at, 6_000));
  scribble(model.octets + at, length);
  writeChain(pages, model.chain, model.base + at, model.octets + at, length);
}

function read(model: Model, step: u32): void {
  if (model.length == 0) return;
  const at = model.start + below(model.length);
  const length = 1 + below(model.end - at);
  const to = buffer + below(16);
  store<u8>(to + length, 0x5a);
  readChain(pages, model.chain, model.base + at, to, length);
  sameOctets(to, model.octets + at, length, `read at step ${step}`);
  memory.fill(to, 0, length);
  const part = readChainAndSum(pages, model.chain, model.base + at, to, length);
  sameOctets(to, model.octets + at, length, `read and sum at step ${step}`);
  same<u8>(load<u8>(to + length), 0x5a, `the octet behind, at step ${step}`);
  same<u32>(fold(part), naive(model.octets + at, length), `sum of ${length} at step ${step}`);
}

function naive(at: usize, length: u32): u32 {
  let total: u64 = 0;
  for (let i: u32 = 0; i < length; i++) total += (<u64>load<u8>(at + i)) << (i & 1 ? 8 : 0);
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return <u32>total;
}

function drop(model: Model, to: u32): void {
  model.start = to;
  dropChain(pages, model.chain, model.base + to);
  same<u32>(model.chain.start, model.base + to, 'the first octet kept');
}

/** Pages a chain needs at least: those between its first and its last octet; or a block does. */
function needed(model: Model): u32 {
  const length = model.end - (model.chain.origin - model.base);
  const isShort = model.length == 0 || (length <= BLOCK_SIZE && holdsBlock(model.chain));
  return isShort ? 0 : (length + PAGE_SIZE - 1) / PAGE_SIZE;
}

function holdsBlock(chain: Chain): bool {
  return chain.pages == 0 && chain.head != 0;
}

function run(bases: u32[], steps: u32): void {
  seed(bases[0] + steps);
  const models: Model[] = [];
  for (let i = 0; i < bases.length; i++) models.push(new Model(bases[i]));
  for (let step: u32 = 0; step < steps; step++) {
    const model = models[below(models.length)];
    const what = below(10);
    if (what < 3) append(model, 1 + below(9_000));
    else if (what == 3) append(model, 1 + below(300));
    else if (what == 4) overwrite(model);
    else if (what < 7) read(model, step);
    else if (what < 9) drop(model, model.start + below(min<u32>(model.length, 7_000) + 1));
    else if (below(8) == 0) {
      model.start = model.end;
      clearChain(pages, model.chain, model.base + model.end);
    }
    let held: u32 = 0;
    let short: u32 = 0;
    for (let i = 0; i < models.length; i++) {
      held += models[i].chain.pages;
      short += holdsBlock(models[i].chain) ? 1 : 0;
      same<bool>(models[i].chain.pages >= needed(models[i]), true, `pages at step ${step}`);
    }
    same<u32>(pages.used, held, `pages in use at step ${step}`);
    same<u32>(blocks.used, short, `blocks in use at step ${step}`);
    same<u32>(sparePages(pages), CAPACITY - held, `pages to spare at step ${step}`);
  }
  for (let i = 0; i < models.length; i++) {
    same<bool>(models[i].end > 10 * PAGE_SIZE, true, 'the run was long enough to mean something');
    clearChain(pages, models[i].chain, 0);
  }
  expect<u32>(pages.used).toBe(0);
}

describe('chain', () => {
  beforeEach(() => {
    pages = changetype<Pages>(scratch(28));
    blocks = changetype<Pool>(scratch(32));
    layPool(blocks, scratch(BLOCK_SIZE * (BLOCKS + 1)), BLOCK_SIZE, BLOCKS);
    const base = scratch(PAGE_SIZE * (CAPACITY + 4));
    const behind = <usize>layPages(pages, base, CAPACITY, blocks);
    same<u32>(pages.base & (PAGE_SIZE - 1), 0, 'alignment of a page');
    same<bool>(behind <= base + PAGE_SIZE * (CAPACITY + 4), true, 'the address behind');
  });

  it('holds no page while it is empty', () => {
    const chain = chainAt(7);
    expect<u32>(chain.pages).toBe(0);
    expect<u32>(reserve(pages, chain, 7)).toBe(7);
    expect<u32>(pages.used).toBe(0);
    expect<u32>(reserve(pages, chain, 8 + BLOCK_SIZE)).toBe(8 + BLOCK_SIZE);
    expect<u32>(pages.used).toBe(1);
    clearChain(pages, chain, 8);
    expect<u32>(pages.used).toBe(0);
  });

  it('holds a block while it is short, and moves to a page with what it has', () => {
    const chain = chainAt(7);
    const from = scratch(BLOCK_SIZE);
    scribble(from, BLOCK_SIZE);
    expect<u32>(reserve(pages, chain, 7 + BLOCK_SIZE)).toBe(7 + BLOCK_SIZE);
    writeChain(pages, chain, 7, from, BLOCK_SIZE);
    expect<u32>(pages.used).toBe(0);
    expect<u32>(blocks.used).toBe(1);
    dropChain(pages, chain, 100);
    expect<u32>(pagesLacking(pages, chain, 7 + BLOCK_SIZE)).toBe(0);
    expect<u32>(pagesLacking(pages, chain, 8 + BLOCK_SIZE)).toBe(1);
    expect<u32>(roomWith(pages, chain, 0, 100)).toBe(7 + BLOCK_SIZE - 100);
    expect<u32>(roomWith(pages, chain, 1, 100)).toBe(7 + PAGE_SIZE - 100);
    expect<u32>(reserve(pages, chain, 8 + BLOCK_SIZE)).toBe(8 + BLOCK_SIZE);
    expect<u32>(blocks.used).toBe(0);
    readChain(pages, chain, 100, buffer, 7 + BLOCK_SIZE - 100);
    sameOctets(buffer, from + 93, 7 + BLOCK_SIZE - 100, 'what the block held');
    clearChain(pages, chain, 0);
  });

  it('gives its block back when that is used up', () => {
    const chain = chainAt(0);
    reserve(pages, chain, 10);
    dropChain(pages, chain, BLOCK_SIZE);
    expect<u32>(blocks.used).toBe(0);
    expect<u32>(chain.origin).toBe(BLOCK_SIZE);
  });

  it('has a block where no page is left, and no more', () => {
    const all = chainAt(0);
    reserve(pages, all, CAPACITY * PAGE_SIZE);
    const chain = chainAt(50);
    expect<u32>(reserve(pages, chain, 5000)).toBe(50 + BLOCK_SIZE);
    for (let i: u32 = 1; i < BLOCKS; i++) reserve(pages, chainAt(0), 1);
    expect<u32>(reserve(pages, chainAt(3), 5)).toBe(3);
  });

  it('takes the pages there are, and says how far they reach', () => {
    const chain = chainAt(100);
    const other = chainAt(0);
    reserve(pages, other, BLOCK_SIZE + 1);
    expect<u32>(reserve(pages, chain, 100 + 50 * PAGE_SIZE)).toBe(100 + (CAPACITY - 1) * PAGE_SIZE);
    expect<u32>(sparePages(pages)).toBe(0);
    expect<u32>(reserve(pages, other, PAGE_SIZE + 1)).toBe(PAGE_SIZE);
    dropChain(pages, chain, 100 + PAGE_SIZE);
    expect<u32>(sparePages(pages)).toBe(1);
    expect<u32>(reserve(pages, other, PAGE_SIZE + 1)).toBe(PAGE_SIZE + 1);
  });

  it('locates backwards as well as forwards', () => {
    const chain = chainAt(<u32>-PAGE_SIZE - 3);
    reserve(pages, chain, 4 * PAGE_SIZE);
    const far = locate(pages, chain, 3 * PAGE_SIZE);
    const near = locate(pages, chain, <u32>-3);
    expect<usize>(locate(pages, chain, <u32>-1)).toBe(near + 2);
    expect<usize>(locate(pages, chain, 3 * PAGE_SIZE)).toBe(far);
  });

  it('refuses to locate where no page is', () => {
    expect(() => {
      locate(pages, chainAt(0), 0);
    }).toThrow('an empty chain');
    expect(() => {
      const chain = chainAt(0);
      reserve(pages, chain, BLOCK_SIZE + 1);
      locate(pages, chain, PAGE_SIZE);
    }).toThrow('behind the last page');
  });

  it('sums a piece that begins at an odd octet, over odd page ends', () => {
    // Positions that are odd within a page make the first piece odd, so that columns change places.
    const chain = chainAt(1);
    const model = scratch(3 * PAGE_SIZE);
    seed(11);
    scribble(model, 3 * PAGE_SIZE);
    reserve(pages, chain, 1 + 3 * PAGE_SIZE);
    writeChain(pages, chain, 1, model, 3 * PAGE_SIZE);
    for (let at: u32 = 0; at < 6; at++) {
      for (let length: u32 = PAGE_SIZE - 8; length < PAGE_SIZE + 8; length++) {
        const part = readChainAndSum(pages, chain, 1 + at, buffer, length);
        same<u32>(fold(part), naive(model + at, length), `sum of ${length} at ${at}`);
        same<u32>(fold(part), sum(model + at, length), `sum of ${length} at ${at}, both ways`);
      }
    }
  });

  it('does as the array does through 3,000 operations', () => {
    run([0], 3_000);
  });
  it('does as the array does where positions wrap', () => {
    run([<u32>-70_001], 3_000);
  });
  it('does as the array does across 2^31', () => {
    run([0x7fff_0003], 3_000);
  });
  it('keeps three chains apart in one pool', () => {
    run([5, <u32>-9_999, 0x8000_0001], 6_000);
  });
});
