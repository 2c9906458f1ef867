/**
 * What stands beside a rail: changes of state, calls, timers that ran out, drops, data that
 * was read.
 */
import type { State } from '../../abi.ts';
import { stateName } from '../../inspect.ts';
import { EVENT_KINDS } from '../../sim/timeline/rows.ts';
import { shortState, timerName } from '../parts/words.ts';
import type { Ink, Pen, TextStyle } from './pen.ts';
import type { Scene } from './view.ts';

/** Room between the rail and the text: the timers stand there. */
export const TIMER_ROOM = 16;

interface Note {
  readonly text: string;
  readonly ink: Ink;
  readonly bold?: boolean;
}

/** Draws the text of an event, if its kind has one. */
export function paintMargin(scene: Scene, pen: Pen, index: number): void {
  const { timeline, rungs, lanes } = scene;
  const lane = lanes.lanes[timeline.events.host.at(index)]!;
  if (lane.isCrafter) return;
  const note = noteOf(scene, index, lanes.isNarrow);
  if (note === undefined) return;
  const y = rungs.y.at(index);
  const x = lane.x + lane.side * TIMER_ROOM;
  const style: TextStyle = {
    ink: note.ink,
    bold: note.bold,
    anchor: lane.side < 0 ? 'end' : 'start',
    size: lanes.isNarrow ? 9.5 : 11,
    room: lane.margin - TIMER_ROOM - 3,
    halo: true,
  };
  pen.line(lane.x, y, lane.x + lane.side * 6, y, { ink: note.ink, width: 1.5 });
  pen.text(x, y + 4, note.text, style);
}

function noteOf(scene: Scene, index: number, isNarrow: boolean): Note | undefined {
  const { timeline, lanes } = scene;
  const { events } = timeline;
  const { a, b } = events;
  switch (EVENT_KINDS[events.kind.at(index)]!) {
    case 'state': {
      const name = stateName(b.at(index) as State);
      const lane = lanes.lanes[events.host.at(index)]!;
      return { text: isNarrow ? shortState(name) : name, ink: lane.ink, bold: true };
    }
    case 'call':
      return { text: callName(timeline.event(index).text, isNarrow), ink: 'soft' };
    case 'signal':
      return { text: timeline.event(index).text, ink: 'soft' };
    case 'timer':
      return { text: `${timerName(a.at(index) + 1)}${isNarrow ? '' : ' due'}`, ink: 'ink' };
    case 'drop':
      return { text: '⊘ dropped', ink: 'bad' };
    case 'deliver':
      return b.at(index) > 0
        ? { text: `⚠ ${b.at(index)} strange`, ink: 'bad', bold: true }
        : { text: `reads ${a.at(index)}`, ink: 'soft' };
    default:
      return undefined;
  }
}

/** The call itself, and of its details what there is room for; the table has them all. */
function callName(text: string, isNarrow: boolean): string {
  return isNarrow ? text.split(' ')[0]! : text.split(/[:,] /)[0]!;
}
