/**
 * The events of a timeline at which a state changed: few among many, so they are listed once.
 */
import type { Timeline } from '../../sim/timeline/timeline.ts';
import { EVENT_KINDS } from '../../sim/timeline/rows.ts';

const STATE = EVENT_KINDS.indexOf('state');
const lists = new WeakMap<Timeline, { seen: number; readonly events: number[] }>();

/** Every change of state so far, in order. */
export function stateEvents(timeline: Timeline): readonly number[] {
  let list = lists.get(timeline);
  if (list === undefined) lists.set(timeline, (list = { seen: 0, events: [] }));
  const { kind } = timeline.events;
  for (; list.seen < timeline.eventCount; list.seen++) {
    if (kind.at(list.seen) === STATE) list.events.push(list.seen);
  }
  return list.events;
}
