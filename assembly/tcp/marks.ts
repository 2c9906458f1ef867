/**
 * Marks: all that arriving segments, timers and user calls may do about sending (law 4).
 *
 * A mark puts a TCB into a queue that `output` or the host drains later. Nothing here writes a
 * segment.
 */
import { Signal } from '../abi';
import { signalQueue, readyQueue, tcbs } from '../pools';
import { push } from '../store/queue';
import { Flag, has, SIGNAL_LINK, raise, READY_LINK, Tcb } from './tcb';

/** Lets `output` look at a connection: there may be something to send. */
export function markReady(tcb: Tcb): void {
  if (has(tcb, Flag.READY)) return;
  raise(tcb, Flag.READY);
  push(readyQueue(), tcbs(), tcb.index, READY_LINK);
}

/** Sends an acknowledgment with the next output. */
export function acknowledge(tcb: Tcb): void {
  raise(tcb, Flag.ACK_NOW); // MUST-59
  markReady(tcb);
}

/** Signals the user of a connection; what has not been fetched yet is joined to it. */
export function signal(tcb: Tcb, signals: Signal): void {
  if (has(tcb, Flag.RELEASED)) return;
  assert(tcb.index != 0 && has(tcb, Flag.IN_USE));
  tcb.signals |= signals;
  // A connection nobody has accepted keeps its signals until somebody does.
  if (has(tcb, Flag.SIGNALED) || has(tcb, Flag.UNACCEPTED)) return;
  raise(tcb, Flag.SIGNALED);
  push(signalQueue(), tcbs(), tcb.index, SIGNAL_LINK);
}
