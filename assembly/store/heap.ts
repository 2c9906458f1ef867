/**
 * A heap of moments: which of many owners is due first. Four children a node.
 *
 * design.md speaks of a timing wheel. A heap was taken instead because it answers the exact next
 * moment: a host then sleeps until precisely that, is never woken to cascade a wheel's slots, and a
 * test in virtual time can say to the microsecond when a timer ran out. Owners enter or move up
 * only when their earliest moment becomes earlier (re-arming later is a store in the owner alone),
 * so the logarithm is paid rarely; then each level costs one line of the cache, in which the four
 * children of a node stand together.
 *
 * An owner is a number from 1 to the capacity; `places` tells where in the heap it stands, 0
 * nowhere.
 *
 * ╒════════ node (16 octets) ════════╕
 * │ at u64 │ owner u32 │ unused u32   │
 * └──────────────────────────────────┘
 */
@unmanaged
export class Heap {
  nodes: u32;
  places: u32;
  capacity: u32;
  /** Owners in the heap; nodes 1 to `used`. */
  used: u32;
}

/**
 * Prepares a heap for owners 1 to `capacity` at `base`, whose memory is zero; answers the address
 * behind it.
 */
export function layHeap(heap: Heap, base: u64, capacity: u32): u64 {
  // Node 2 begins a line, and with it the four children of every node.
  const nodes = ((base + 63) & ~63) + 32;
  const places = nodes + 16 * (<u64>capacity + 1);
  heap.nodes = <u32>nodes;
  heap.places = <u32>places;
  heap.capacity = capacity;
  heap.used = 0;
  return (places + 4 * (<u64>capacity + 1) + 15) & ~15;
}

/** The earliest moment; 0 when the heap is empty. */
export function earliest(heap: Heap): u64 {
  return heap.used == 0 ? 0 : atOf(heap, 1);
}

/** The owner of the earliest moment; 0 when the heap is empty. */
export function earliestOwner(heap: Heap): u32 {
  return heap.used == 0 ? 0 : ownerOf(heap, 1);
}

/** The moment an owner stands at; 0 when it is not in the heap. */
export function momentOf(heap: Heap, owner: u32): u64 {
  const place = placeOf(heap, owner);
  return place == 0 ? 0 : atOf(heap, place);
}

/** Enters an owner, or moves it, to a moment. */
export function schedule(heap: Heap, owner: u32, at: u64): void {
  assert(owner != 0 && owner <= heap.capacity && at != 0);
  let place = placeOf(heap, owner);
  if (place == 0) {
    place = ++heap.used;
    put(heap, place, at, owner);
    rise(heap, place);
    return;
  }
  const before = atOf(heap, place);
  put(heap, place, at, owner);
  if (at < before) rise(heap, place);
  else sink(heap, place);
}

/** Takes an owner out, if it is in. */
export function unschedule(heap: Heap, owner: u32): void {
  const place = placeOf(heap, owner);
  if (place == 0) return;
  const last = heap.used--;
  setPlace(heap, owner, 0);
  if (place == last) return;
  const moved = ownerOf(heap, last);
  put(heap, place, atOf(heap, last), moved);
  rise(heap, place);
  sink(heap, placeOf(heap, moved));
}

function rise(heap: Heap, place: u32): void {
  const at = atOf(heap, place);
  const owner = ownerOf(heap, place);
  while (place > 1) {
    const parent = (place + 2) >> 2;
    if (atOf(heap, parent) <= at) break;
    put(heap, place, atOf(heap, parent), ownerOf(heap, parent));
    place = parent;
  }
  put(heap, place, at, owner);
}

function sink(heap: Heap, place: u32): void {
  const at = atOf(heap, place);
  const owner = ownerOf(heap, place);
  for (;;) {
    const first: u32 = 4 * place - 2;
    if (first > heap.used) break;
    let least = first;
    const last = min(first + 3, heap.used);
    for (let child = first + 1; child <= last; child++) {
      if (atOf(heap, child) < atOf(heap, least)) least = child;
    }
    if (at <= atOf(heap, least)) break;
    put(heap, place, atOf(heap, least), ownerOf(heap, least));
    place = least;
  }
  put(heap, place, at, owner);
}

function placeOf(heap: Heap, owner: u32): u32 {
  return load<u32>(heap.places + 4 * owner);
}

function setPlace(heap: Heap, owner: u32, place: u32): void {
  store<u32>(heap.places + 4 * owner, place);
}

function atOf(heap: Heap, place: u32): u64 {
  return load<u64>(heap.nodes + 16 * place);
}

function ownerOf(heap: Heap, place: u32): u32 {
  return load<u32>(heap.nodes + 16 * place, 8);
}

function put(heap: Heap, place: u32, at: u64, owner: u32): void {
  store<u64>(heap.nodes + 16 * place, at);
  store<u32>(heap.nodes + 16 * place, owner, 8);
  setPlace(heap, owner, place);
}
