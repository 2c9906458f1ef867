/**
 * Choosing a core for a process: benches only.
 *
 * On two cores the scheduler sometimes puts the stack and the kernel's half of its work on the same
 * one, and a figure halves from run to run. Nothing of the product does this: whose process it is
 * decides.
 */
import { cpus } from 'node:os';
import { koffi } from '../../host-node/libc.ts';

/** Octets of cpu_set_t. */
const SET_SIZE = 128;

/** Keeps this thread on one core; does nothing where there is only one. */
export function stayOn(core: number): void {
  // Not availableParallelism(): it counts only the cores a parent has left us.
  if (cpus().length < 2) return;
  const set = new Uint8Array(SET_SIZE);
  set[core >> 3] = 1 << (core & 7);
  const call = koffi().load(null).func('int sched_setaffinity(int pid, size_t size, void *set)');
  call(0, SET_SIZE, set);
}
