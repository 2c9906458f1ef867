/**
 * The rungs of each branch: placed when the ladder first asks for them, extended whenever it asks
 * again. Layout is the ladder's alone, so the store of branches knows nothing of it.
 */
import type { Timeline } from '../../sim/timeline/timeline.ts';
import { flightOf } from '../state/flight.ts';
import { type Branch, scenario } from '../state/store.ts';
import { Rungs } from './rungs.ts';

const placed = new WeakMap<Timeline, Rungs>();

/** Where the events of a branch stand, up to its last one. */
export function rungsOf({ timeline, parent, forkedAt }: Branch): Rungs {
  let rungs = placed.get(timeline);
  if (rungs === undefined) {
    const left = parent && { timeline: parent.timeline, from: forkedAt };
    rungs = new Rungs(timeline, flightOf(scenario.peek()), left);
    placed.set(timeline, rungs);
  }
  rungs.extend();
  return rungs;
}
