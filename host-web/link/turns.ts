/**
 * What waits for its turn: a binary heap in a plain array, by time, and by the order things were
 * put in where times are equal. The array is the caller's, so that it can be copied like any
 * other data.
 */

/** Something with a time, and a number that says which came first. */
export interface Turn {
  readonly at: number;
  readonly order: number;
}

function isBefore(a: Turn, b: Turn): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Adds to the heap. */
export function push<T extends Turn>(heap: T[], turn: T): void {
  let at = heap.length;
  heap.push(turn);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(turn, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = turn;
}

/** Takes the first of the heap, which must not be empty. */
export function pop<T extends Turn>(heap: T[]): T {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}
