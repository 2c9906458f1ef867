/**
 * The table against a list of pairs, with hashes chosen to hurt: all in one slot, all around the
 * end of the table, many equal, and deletions in the midst of long probes, while it doubles.
 */
import {
  erase,
  firstSlot,
  hashIn,
  insert,
  layTable,
  referenceIn,
  Table,
} from '../../assembly/store/table';
import { below, next, same, scratch, seed } from './generated';

const REFERENCES: u32 = 60;
const SLOTS: u32 = 128;
let table: Table = changetype<Table>(0);
let base: usize = 0;
let hashes: u32[] = [];
let references: u32[] = [];

/** Where a search by hash meets a reference: 1 found, 0 the search ended first. */
function finds(hash: u32, reference: u32): u32 {
  let probes: u32 = 0;
  for (let slot = firstSlot(table, hash); referenceIn(table, slot) != 0; slot++) {
    if (referenceIn(table, slot) == reference && hashIn(table, slot) == hash) return 1;
    if (++probes > SLOTS) return 2;
  }
  return 0;
}

function checkAll(step: u32): void {
  same<u32>(table.used, hashes.length, `references held at step ${step}`);
  for (let i = 0; i < hashes.length; i++) {
    same<u32>(finds(hashes[i], references[i]), 1, `reference ${references[i]} at step ${step}`);
  }
  let slots: u32 = 0;
  for (let slot: u32 = 0; slot <= table.mask; slot++) if (referenceIn(table, slot) != 0) slots++;
  same<u32>(slots, table.used, `slots taken at step ${step}`);
}

/** A hash of the kind that phase is about. */
function hashFor(phase: u32): u32 {
  switch (phase) {
    case 0: // one slot, different hashes
      return (next() & ~(SLOTS - 1)) | 5;
    case 1: // the last slots, so that probes go over the end
      return (next() & ~(SLOTS - 1)) | (SLOTS - 1 - below(3));
    case 2: // few different hashes at all
      return 0x1234_5678 + below(3) * (SLOTS >> 1);
    case 3: // neighbours: every search runs into another's
      return below(12) - 6;
    default:
      return next();
  }
}

function run(phase: u32, steps: u32): void {
  seed(phase * 7919 + 3);
  let name: u32 = 0;
  for (let step: u32 = 0; step < steps; step++) {
    const grows = below(8) < ((step >> 6) & 1 ? 5 : 3);
    if (grows && <u32>hashes.length < REFERENCES) {
      const hash = hashFor(phase);
      name++;
      same<u32>(finds(hash, name), 0, 'a reference that is not there');
      insert(table, hash, name);
      hashes.push(hash);
      references.push(name);
    } else if (hashes.length != 0) {
      const which = <i32>below(hashes.length);
      erase(table, hashes[which], references[which]);
      const gone = hashes.splice(which, 1)[0];
      same<u32>(finds(gone, references.splice(which, 1)[0]), 0, 'a reference that was erased');
    }
    checkAll(step);
  }
}

describe('table', () => {
  beforeEach(() => {
    table = changetype<Table>(scratch(16));
    base = scratch(8 * SLOTS + 8, 0);
    store<u64>(base + 8 * SLOTS, 0xaaaa_aaaa_aaaa_aaaa);
    hashes = [];
    references = [];
    same<usize>(<usize>layTable(table, base, REFERENCES), base + 8 * SLOTS, 'the address behind');
  });
  afterEach(() => {
    same<u64>(load<u64>(base + 8 * SLOTS), 0xaaaa_aaaa_aaaa_aaaa, 'octets behind the table');
  });

  it('has room for a power of two of slots, at least twice its references', () => {
    for (let references: u32 = 0; references < 3_000; references += 7) {
      const t = changetype<Table>(scratch(16));
      const slots = <u32>(layTable(t, base, references) - base) / 8;
      same<u32>(popcnt(slots), 1, 'bits');
      same<bool>(slots >= 16 && slots >= 2 * references, true, 'slots');
      same<bool>(slots == 16 || slots < 4 * references, true, 'no more slots than needed');
      same<u32>(t.last, slots - 1, 'the last slot');
      same<u32>(t.mask, 15, 'slots in use are few');
    }
  });

  it('finds every reference behind each doubling, whatever runs lay over its end', () => {
    for (let round: u32 = 0; round < 2_000; round++) {
      seed(round);
      layTable(table, base, REFERENCES);
      memory.fill(base, 0, 8 * SLOTS);
      hashes = [];
      references = [];
      for (let name: u32 = 1; name <= REFERENCES; name++) {
        const before = table.mask;
        const hash = hashFor(below(5));
        insert(table, hash, name);
        hashes.push(hash);
        references.push(name);
        same<bool>(table.used <= (table.mask + 1) / 2, true, 'half of the slots are empty');
        if (table.mask != before) checkAll(name);
      }
    }
  });

  it('survives 3,000 operations with every hash in one slot', () => {
    run(0, 3_000);
  });
  it("survives 3,000 operations around the table's end", () => {
    run(1, 3_000);
  });
  it('survives 3,000 operations with equal hashes', () => {
    run(2, 3_000);
  });
  it('survives 3,000 operations in one neighbourhood', () => {
    run(3, 3_000);
  });
  it('survives 5,000 operations with hashes all over', () => {
    run(4, 5_000);
  });

  it('refuses what is not there, and more than half its slots', () => {
    insert(table, 9, 1);
    expect(() => {
      erase(table, 9, 2);
    }).toThrow('erase of a reference that is not there');
    expect(() => {
      insert(table, 9, 0);
    }).toThrow('0 is no reference');
    for (let i: u32 = 2; i <= SLOTS / 2; i++) insert(table, i * 31, i);
    expect<u32>(table.used).toBe(SLOTS / 2);
    expect(() => {
      insert(table, 1, 100);
    }).toThrow('more than half');
  });
});
