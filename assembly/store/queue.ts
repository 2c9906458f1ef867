/**
 * A queue of pool items, linked through a u32 inside each item: first in, first out.
 *
 * The item says by itself whether it is queued; a queue never looks. `remove` walks, so it is for
 * queues that are short or seldom cut.
 */
import { itemAt, Pool } from './pool';

/** Both ends of a queue; the links between lie in the items. */
@unmanaged
export class Queue {
  /** Index of the first item; 0 when empty. */
  head: u32;
  /** Index of the last item; meaningful only while `head` is not 0. */
  tail: u32;
}

/** Appends an item; `link` is the offset of its link field. */
export function push(queue: Queue, pool: Pool, index: u32, link: usize): void {
  store<u32>(itemAt(pool, index) + link, 0);
  if (queue.head == 0) queue.head = index;
  else store<u32>(itemAt(pool, queue.tail) + link, index);
  queue.tail = index;
}

/** Takes the first item; answers its index, or 0. */
export function shift(queue: Queue, pool: Pool, link: usize): u32 {
  const index = queue.head;
  if (index != 0) queue.head = load<u32>(itemAt(pool, index) + link);
  return index;
}

/** Cuts one item out, wherever it stands; answers whether it was there. */
export function remove(queue: Queue, pool: Pool, index: u32, link: usize): bool {
  let before: u32 = 0;
  for (let at = queue.head; at != 0; at = load<u32>(itemAt(pool, at) + link)) {
    if (at == index) {
      const next = load<u32>(itemAt(pool, at) + link);
      if (before == 0) queue.head = next;
      else store<u32>(itemAt(pool, before) + link, next);
      if (next == 0) queue.tail = before;
      return true;
    }
    before = at;
  }
  return false;
}
