/**
 * Arming and cancelling a connection's timers.
 *
 * The heap holds a connection once, at its earliest timer, and the TCB knows where. Arming a later
 * one is a store in the TCB; cancelling is a store of zero; a connection that is then found at the
 * head of the heap too early is put where it belongs (`settle`). So the timer that is re-armed with
 * every acknowledgment costs next to nothing, and nothing of the heap's memory is looked at.
 */
import { Timer } from '../abi';
import { ORPHANS } from '../memory';
import { timers } from '../pools';
import { schedule, unschedule } from '../store/heap';
import { Instant } from '../time';
import { armedFor, scheduledFor, setScheduled, setTimer, Tcb } from './tcb';

/** Arms a timer, or moves it. */
export function arm(tcb: Tcb, timer: Timer, at: Instant): void {
  setTimer(tcb, timer, at);
  const scheduled = scheduledFor(tcb);
  if (scheduled == 0 || at < scheduled) file(tcb, at);
}

/** Cancels a timer; if it was the earliest, the heap finds out when it looks. */
export function cancel(tcb: Tcb, timer: Timer): void {
  setTimer(tcb, timer, 0);
}

/** Orphans in FIN-WAIT-2: what their users sent has arrived, FIN and all. */
export function lingering(): u32 {
  return load<u32>(ORPHANS, 8);
}

/** An orphan only waits for its peer's FIN, until then at the latest. */
export function startLingering(tcb: Tcb, until: Instant): void {
  arm(tcb, Timer.LINGER, until);
  store<u32>(ORPHANS, lingering() + 1, 8);
}

/** Its timer has run out, or been cancelled. */
export function stopLingering(): void {
  store<u32>(ORPHANS, lingering() - 1, 8);
}

/** Cancels every timer of a connection. */
export function cancelAll(tcb: Tcb): void {
  if (armedFor(tcb, Timer.LINGER) != 0) stopLingering();
  for (let timer: Timer = 0; timer < Timer.COUNT; timer++) setTimer(tcb, timer, 0);
  unfile(tcb);
}

/** Puts a connection into the heap, or moves it there. */
function file(tcb: Tcb, at: Instant): void {
  setScheduled(tcb, at);
  schedule(timers(), tcb.index, at);
}

/** Takes it out, if it is in. */
function unfile(tcb: Tcb): void {
  if (scheduledFor(tcb) == 0) return;
  setScheduled(tcb, 0);
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
  if (first == Timer.COUNT) unfile(tcb);
  else file(tcb, armedFor(tcb, first));
}
