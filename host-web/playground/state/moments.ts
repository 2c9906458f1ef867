/**
 * Where a cursor can go from here: the next event of a kind, and the ends of a moment.
 */
import type { Timeline } from '../../sim/timeline/timeline.ts';
import { EVENT_KINDS, type EventKind } from '../../sim/timeline/rows.ts';

/** The next event of one of these kinds, in a direction; where the cursor is if there is none. */
export function nextOf(
  timeline: Timeline,
  from: number,
  step: 1 | -1,
  kinds: readonly EventKind[],
): number {
  const wanted = new Set(kinds.map((kind) => EVENT_KINDS.indexOf(kind)));
  for (let i = from + step; i >= 0 && i < timeline.eventCount; i += step) {
    if (wanted.has(timeline.events.kind.at(i))) return i;
  }
  return from;
}

/** The first event of the moment an event belongs to. */
export function firstOfMoment({ events }: Timeline, event: number): number {
  let first = Math.max(event, 0);
  while (first > 0 && events.moment.at(first - 1) === events.moment.at(event)) first--;
  return first;
}

/** The last event of the moment an event belongs to; -1 before the first. */
export function momentEnd({ events, eventCount }: Timeline, event: number): number {
  let last = event;
  while (
    last >= 0 &&
    last + 1 < eventCount &&
    events.moment.at(last + 1) === events.moment.at(event)
  ) {
    last++;
  }
  return last;
}
