/**
 * What each process of the loss bench asks of the system.
 */
import { setPriority } from 'node:os';
import { koffi } from '../../../host-node/libc.ts';

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
const FIRST = -20;

/**
 * From here on the kernel ends this process when the one that started it ends: a bench that is
 * killed, however it is killed, leaves nothing behind.
 */
export function endWithParent(): void {
  const prctl = koffi().load(null).func('int prctl(int option, ulong a)');
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/**
 * Goes before what else runs on this machine, where that is allowed: an end or a router that waits
 * for a processor is not what is measured.
 */
export function comeFirst(): void {
  try {
    setPriority(FIRST);
  } catch {
    // Only root may; the table says how loaded the machine was, and how late the router.
  }
}
