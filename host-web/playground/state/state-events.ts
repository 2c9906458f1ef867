/**
 * The events of a recording at which a state changed: few among many, so they are listed once.
 */
import type { Recording } from '../../sim/timeline/timeline.ts';
import { EVENT_KINDS } from '../../sim/timeline/rows.ts';

const STATE = EVENT_KINDS.indexOf('state');
const lists = new WeakMap<Recording, { seen: number; readonly events: number[] }>();

/** Every change of state so far, in order. */
export function stateEvents(recording: Recording): readonly number[] {
  let list = lists.get(recording);
  if (list === undefined) lists.set(recording, (list = { seen: 0, events: [] }));
  const { kind } = recording.events;
  for (; list.seen < recording.eventCount; list.seen++) {
    if (kind.at(list.seen) === STATE) list.events.push(list.seen);
  }
  return list.events;
}
