/**
 * Playing: the cursor moves down the ladder at a steady pace, so that time passes as it is drawn.
 *
 * Where motion is not wanted, it goes from moment to moment at leisure instead.
 */
import { effect } from '@preact/signals';
import { momentEnd } from '../state/moments.ts';
import { branch, cursor, eventCount, isPlaying, seek, speed, standing } from '../state/store.ts';
import { rungsOf } from './placed.ts';
import { FLIGHT } from './rungs.ts';

/** Milliseconds from one moment to the next where motion is not wanted, at one flight a second. */
const STEP_MS = 1600;
/** Milliseconds a frame may stand for: what a tab that stalled has missed is not made up for. */
const LONGEST_FRAME = 100;

/** Plays whenever `isPlaying` says so. */
export function playWhenAsked(): void {
  effect(() => {
    if (!isPlaying.value) return undefined;
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    return isStill ? playInSteps() : playSmoothly();
  });
}

function playSmoothly(): () => void {
  let before = performance.now();
  let y = heightOf(cursor.peek());
  let expected = cursor.peek();
  let asked = requestAnimationFrame(frame);
  function frame(now: number): void {
    // The cursor was moved meanwhile: go on from there.
    if (cursor.peek() !== expected) y = heightOf(cursor.peek());
    y += (Math.min(now - before, LONGEST_FRAME) / 1000) * speed.peek() * FLIGHT;
    before = now;
    const next = rungsOf(branch.peek()!).firstFrom(y + 0.01) - 1;
    if (next !== cursor.peek()) seek(next);
    expected = cursor.peek();
    if (next >= eventCount.peek() - 1 && standing.peek().isOver) isPlaying.value = false;
    else asked = requestAnimationFrame(frame);
  }
  return () => cancelAnimationFrame(asked);
}

function playInSteps(): () => void {
  const timer = setInterval(() => {
    const { timeline } = branch.peek()!;
    seek(momentEnd(timeline, cursor.peek() + 1));
    if (cursor.peek() >= eventCount.peek() - 1 && standing.peek().isOver) isPlaying.value = false;
  }, STEP_MS / speed.peek());
  return () => clearInterval(timer);
}

function heightOf(event: number): number {
  const shown = branch.peek();
  if (shown === undefined || event < 0) return 0;
  const { y } = rungsOf(shown);
  return event < y.length ? y.at(event) : 0;
}
