/**
 * A hash table of references: open addressing, linear probing, deletion by shifting back.
 *
 * A slot is a 32-bit hash and a reference the caller gives; keys stay with the caller, who walks
 * the candidates of a hash and compares. Slots are a power of two and at least twice the references
 * there are, so probes stay short and a search always meets an empty slot.
 *
 * Memory has room for all the references that there may ever be, but few are spread over few of
 * its slots, which stay in the cache: a table begins small and doubles when it is half full. It
 * never shrinks, so a doubling is paid once.
 *
 * ╒══════ slot (8 octets) ══════╕
 * │ hash u32 │ reference u32, ≠0 │
 * └─────────────────────────────┘
 */
@unmanaged
export class Table {
  base: u32;
  /** Slots in use, less one. */
  mask: u32;
  /** References held. */
  used: u32;
  /** Slots there is room for, less one. */
  last: u32;
}

/** Slots a table begins with. */
const FEWEST: u32 = 16;

/**
 * Prepares a table for `references` at `base`, whose memory is zero; answers the address behind it.
 */
export function layTable(table: Table, base: u64, references: u32): u64 {
  let slots = FEWEST;
  while (slots < 2 * references) slots <<= 1;
  table.base = <u32>base;
  table.mask = FEWEST - 1;
  table.used = 0;
  table.last = slots - 1;
  return base + 8 * <u64>slots;
}

function slotAt(table: Table, slot: u32): usize {
  return table.base + 8 * (slot & table.mask);
}

/** The slot where a search for `hash` begins. */
export function firstSlot(table: Table, hash: u32): u32 {
  return hash & table.mask;
}

/** The reference in a slot; 0 ends the search. */
export function referenceIn(table: Table, slot: u32): u32 {
  return load<u32>(slotAt(table, slot), 4);
}

/** The hash in a slot; meaningful only when it holds a reference. */
export function hashIn(table: Table, slot: u32): u32 {
  return load<u32>(slotAt(table, slot));
}

/** Adds a reference; the caller has made sure that its key is not there. */
export function insert(table: Table, hash: u32, reference: u32): void {
  assert(reference != 0);
  if (table.used > table.mask >> 1) double(table);
  place(table, hash, reference);
  table.used++;
}

/** Writes a reference to the first slot that is free for it. */
function place(table: Table, hash: u32, reference: u32): void {
  let slot = firstSlot(table, hash);
  while (referenceIn(table, slot) != 0) slot++;
  write(table, slot, hash, reference);
}

/**
 * Doubles the slots in use. References that stand side by side are taken out and placed anew from
 * the first to the last, beginning behind a slot that is empty: so each comes to stand where it
 * was or before, or as far within the new half, and passes over none that is still to be moved.
 */
function double(table: Table): void {
  const before = table.mask;
  assert(before < table.last);
  let empty: u32 = 0;
  while (referenceIn(table, empty) != 0) empty++;
  table.mask = 2 * before + 1;
  for (let step: u32 = 1; step <= before; step++) {
    const slot = (empty + step) & before;
    const reference = referenceIn(table, slot);
    if (reference == 0) continue;
    const hash = hashIn(table, slot);
    write(table, slot, 0, 0);
    place(table, hash, reference);
  }
}

/** Removes a reference; it must be there. */
export function erase(table: Table, hash: u32, reference: u32): void {
  let hole = firstSlot(table, hash);
  while (referenceIn(table, hole) != reference) {
    assert(referenceIn(table, hole) != 0);
    hole++;
  }
  // An entry behind the hole that could stand in it moves up, so that no search stops early.
  for (let slot = hole + 1; referenceIn(table, slot) != 0; slot++) {
    const distance = (slot - hashIn(table, slot)) & table.mask;
    if (distance >= ((slot - hole) & table.mask)) {
      write(table, hole, hashIn(table, slot), referenceIn(table, slot));
      hole = slot;
    }
  }
  write(table, hole, 0, 0);
  table.used--;
}

function write(table: Table, slot: u32, hash: u32, reference: u32): void {
  store<u32>(slotAt(table, slot), hash);
  store<u32>(slotAt(table, slot), reference, 4);
}
