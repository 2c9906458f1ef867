/**
 * Arming and cancelling a connection's timers.
 *
 * The heap holds a connection once, at its earliest timer. Arming a later one is a store in the
 * TCB; cancelling is a store of zero; a connection that is then found at the head of the heap too
 * early is put where it belongs (`settle`). So the timer that is re-armed with every acknowledgment
 * costs next to nothing.
 */
import { Timer } from '../abi';
import { timers } from '../pools';
import { momentOf, schedule, unschedule } from '../store/heap';
import { Instant } from '../time';
import { armedFor, setTimer, Tcb } from './tcb';

/** Arms a timer, or moves it. */
export function arm(tcb: Tcb, timer: Timer, at: Instant): void {
  setTimer(tcb, timer, at);
  const scheduled = momentOf(timers(), tcb.index);
  if (scheduled == 0 || at < scheduled) schedule(timers(), tcb.index, at);
}

/** Cancels a timer; if it was the earliest, the heap finds out when it looks. */
export function cancel(tcb: Tcb, timer: Timer): void {
  setTimer(tcb, timer, 0);
}

/** Cancels every timer of a connection. */
export function cancelAll(tcb: Tcb): void {
  for (let timer: Timer = 0; timer < Timer.COUNT; timer++) setTimer(tcb, timer, 0);
  unschedule(timers(), tcb.index);
}

/** The timer of a connection that runs out first; Timer.COUNT when none is armed. */
export function nextTimer(tcb: Tcb): Timer {
  return nextBelow(tcb, Timer.COUNT);
}

/** The first to run out of those below `end`; Timer.COUNT when none is armed. */
export function nextBelow(tcb: Tcb, end: Timer): Timer {
  let first: Timer = Timer.COUNT;
  for (let timer: Timer = 0; timer < end; timer++) {
    const at = armedFor(tcb, timer);
    if (at != 0 && (first == Timer.COUNT || at < armedFor(tcb, first))) first = timer;
  }
  return first;
}

/** Puts a connection where its earliest timer says, or out of the heap. */
export function settle(tcb: Tcb): void {
  const first = nextTimer(tcb);
  if (first == Timer.COUNT) unschedule(timers(), tcb.index);
  else schedule(timers(), tcb.index, armedFor(tcb, first));
}
