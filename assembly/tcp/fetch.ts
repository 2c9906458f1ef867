/**
 * Fetching a connection's memory before it is worked with.
 *
 * Among many thousands the lines of a TCB, of its flight and of what was sent are in no cache. As
 * fields are wanted one after the other, each line is waited for by itself; asked for together at
 * the first word of a connection, all of them come in the time of one.
 */
import { INDEX_BITS } from '../limits';
import { FETCHED } from '../memory';
import { flights, sentRecords, tcbs, tuples } from '../pools';
import { itemAt } from '../store/pool';
import { firstSlot, hashIn } from '../store/table';
import { Flight } from './flight';
import { Flag, handleOf, Tcb, tcbAt } from './tcb';

const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;

/** The TCB a handle names; null when the handle is stale or was never given. */
export function fromHandle(handle: u32): Tcb | null {
  const index = handle & INDEX_MASK;
  if (index == 0 || index > tcbs().fresh) return null;
  fetchTcb(index);
  const tcb = tcbAt(index);
  const isHeld = (tcb.flags & (Flag.IN_USE | Flag.RELEASED)) == Flag.IN_USE;
  return isHeld && handleOf(tcb) == handle ? tcb : null;
}

/** Fetches a connection, unless it was the last that was fetched. */
export function fetchTcb(index: u32): void {
  if (load<u32>(FETCHED) == index) return;
  store<u32>(FETCHED, index);
  // Stored, or the compiler would see that nobody wants to know. Item 0 of a pool is nobody's.
  const tcb = itemAt(tcbs(), index);
  store<u32>(FETCHED, touch(tcb) | touch(tcb + 256) | load<u32>(tcb, 512), 4);
  // Where the segment that answers will be looked up.
  const slot = firstSlot(tuples(), load<u32>(tcb, offsetof<Tcb>('hash')));
  store<u32>(FETCHED, hashIn(tuples(), slot), 4);
  const flight = itemAt(flights(), load<u32>(tcb, offsetof<Tcb>('flight')));
  const sent = itemAt(sentRecords(), load<u32>(flight, offsetof<Flight>('laneHead')));
  const rest = load<u32>(flight, 256) | load<u32>(flight, 320);
  store<u32>(FETCHED, touch(flight) | rest | load<u32>(sent), 4);
}

/** One word of each of four lines. */
function touch(at: usize): u32 {
  return load<u32>(at) | load<u32>(at, 64) | load<u32>(at, 128) | load<u32>(at, 192);
}
