/**
 * Timers as bars beside their host's rail: from where one was set to where it ran out, was set anew
 * or was put off.
 */
import { timerName } from '../parts/words.ts';
import type { Lane } from './lanes.ts';
import type { Pen } from './pen.ts';
import { FUTURE, type Scene } from './view.ts';

/** A bar shorter than this says nothing. */
const SHORTEST = 14;
/** Pixels a letter of a bar's name takes. */
const LETTER = 5;

/** Draws the timers of the connection a lane shows. */
export function paintTimers(scene: Scene, pen: Pen, lane: Lane): void {
  const { timeline, rungs, focus, cursor, top, bottom } = scene;
  const connection = focus.get(lane.host);
  const series = connection === undefined ? undefined : timeline.seriesOf(connection, 'timer at');
  if (connection === undefined || series === undefined) return;
  const { events, values } = series;
  const last = rungs.y.length - 1;
  const from = Math.max(events.countUpTo(rungs.firstFrom(top)) - 1, 0);
  for (let i = from; i < events.length; i++) {
    const set = events.at(i);
    if (set > last) return;
    const y = rungs.y.at(set);
    if (y > bottom) return;
    const at = values.at(i);
    if (at === 0) continue;
    const name = timerName(timeline.valueAt(connection, 'timer', set) ?? 0);
    const until = i + 1 < events.length ? Math.min(events.at(i + 1), last) : last;
    const end = i + 1 < events.length ? rungs.y.at(until) : Math.max(rungs.yAt(at), y);
    if (end - y < SHORTEST || end < top) continue;
    pen.strength(set <= cursor ? 1 : FUTURE);
    paintBar(pen, lane, y, end, name);
  }
  pen.strength(1);
}

function paintBar(pen: Pen, lane: Lane, y: number, end: number, name: string): void {
  const x = lane.x + lane.side * 5;
  pen.line(x, y + 2, x, end - 2, { ink: 'edge', width: 3, dash: [2, 1.5] });
  if (end - y < name.length * LETTER + 8) return;
  pen.text(x + lane.side * 4 + (lane.side > 0 ? 3 : 3), (y + end) / 2, name, {
    ink: 'soft',
    anchor: 'middle',
    size: 9,
    angle: -Math.PI / 2,
    halo: true,
  });
}
