/** What a connection costs that says nothing: law 3 has no other price. */
import { TCB_SIZE } from '../../assembly/memory';
import { Heap, layHeap } from '../../assembly/store/heap';
import { layTable, Table } from '../../assembly/store/table';

/** Octets of an idle connection among as many: its TCB, its tuple and its place among timers. */
function octetsOf(connections: u32, children: u32): u64 {
  const owners = connections + children;
  const places = layTable(changetype<Table>(memory.data(64)), 0, owners);
  const due = layHeap(changetype<Heap>(memory.data(64)), 0, owners);
  return TCB_SIZE + (places + due + connections - 1) / connections;
}

describe('an idle connection', () => {
  it('takes 640 octets at most, of a million as of four thousand', () => {
    expect<u64>(octetsOf(4_096, 1_024)).toBeLessThanOrEqual(640);
    expect<u64>(octetsOf(65_536, 1_024)).toBeLessThanOrEqual(640);
    expect<u64>(octetsOf(1_048_575, 1)).toBeLessThanOrEqual(640);
  });
});
