/**
 * Counters under the names `nstat` gives them (law 10: `abi.ts` lists them, COUNTERS holds them).
 */
import { Counter } from './abi';
import { COUNTERS } from './memory';

if (Counter.COUNT > 128) ERROR('COUNTERS holds 128 of them');

/** Counts one event. */
export function count(which: Counter): void {
  countMany(which, 1);
}

/** Takes back so many events of this call: another stack counts them. */
export function uncount(which: Counter, events: u32): void {
  const at = COUNTERS + 8 * <usize>which;
  store<u64>(at, load<u64>(at) - events);
}

/** Counts so many at once. */
export function countMany(which: Counter, events: u32): void {
  const at = COUNTERS + 8 * <usize>which;
  store<u64>(at, load<u64>(at) + events);
}
