/**
 * Draws the part of a ladder that is in view, with whatever pen. Cost follows what is in view, not
 * the timeline's length.
 *
 * Nothing is said by colour alone: each fate has its own line and its own word. Not here: where
 * things stand (`rungs.ts`, `lanes.ts`) and what segments are called (`words.ts`).
 */
import { stateName } from '../../inspect.ts';
import type { Timeline } from '../../sim/timeline/timeline.ts';
import { EVENT_KINDS } from '../../sim/timeline/rows.ts';
import { seconds, shortState, span } from '../parts/words.ts';
import { standsIn } from '../state/focus.ts';
import { paintArrow } from './arrow.ts';
import { paintGhost } from './ghost.ts';
import type { Lane } from './lanes.ts';
import { paintMargin } from './margin.ts';
import type { Pen } from './pen.ts';
import { FOLD_HEIGHT, LONG_REACH } from './rungs.ts';
import { paintTimers } from './timers.ts';
import { FUTURE, type Scene } from './view.ts';

/** Pixels between the rails from which a fold is told in a sentence. */
const ROOM_FOR_WORDS = 250;
const SEND = EVENT_KINDS.indexOf('send');

/** Draws rails, arrows and texts; y counts from the ladder's top. */
export function paintLadder(scene: Scene, pen: Pen): void {
  const { rungs, lanes, top, bottom } = scene;
  const first = rungs.firstFrom(top - LONG_REACH);
  const last = Math.min(rungs.firstFrom(bottom + 40), rungs.y.length);
  paintFolds(scene, pen);
  for (const lane of lanes.lanes) paintRail(scene, pen, lane);
  for (const lane of lanes.lanes) paintTimers(scene, pen, lane);
  pen.strength(0.8);
  paintGhost(scene, pen);
  pen.strength(1);
  paintArrows(scene, pen, first, last);
  paintCursor(scene, pen);
  let timesFrom = top - 20;
  for (let index = rungs.firstFrom(top - 20); index < last; index++) {
    pen.strength(index <= scene.cursor ? 1 : FUTURE);
    const y = rungs.y.at(index);
    paintMargin(scene, pen, index);
    if (y >= timesFrom && isNewTime(scene.timeline, index)) {
      const text = seconds(scene.timeline.events.at.at(index));
      pen.text(lanes.gutter - 6, y + 4, text, { ink: 'soft', anchor: 'end', size: 10 });
      timesFrom = y + 14;
    }
  }
  pen.strength(1);
}

function isNewTime({ events }: Timeline, index: number): boolean {
  return index === 0 || events.at.at(index) !== events.at.at(index - 1);
}

/** Packets whose sending is among these events, copies included. */
export function* packetsBetween(
  timeline: Timeline,
  first: number,
  last: number,
): Generator<number> {
  const { events, packets } = timeline;
  for (let index = first; index < last; index++) {
    if (events.kind.at(index) !== SEND) continue;
    let packet = events.packet.at(index);
    const original = packet;
    do yield packet++;
    while (packet < timeline.packetCount && packets.copyOf.at(packet) === original);
  }
}

/** Arrows in view: those that begin near it, and those long on their way. */
function paintArrows(scene: Scene, pen: Pen, first: number, last: number): void {
  const { timeline, rungs, selected, top, bottom } = scene;
  for (const packet of packetsBetween(timeline, first, last)) {
    if (packet !== selected) paintArrow(scene, pen, packet);
  }
  for (const long of rungs.long) {
    if (rungs.leaves.at(long) < top - LONG_REACH && rungs.arrives.at(long) > top) {
      paintArrow(scene, pen, long);
    }
  }
  const isInView =
    selected >= 0 && selected < rungs.leaves.length && rungs.leaves.at(selected) < bottom;
  if (isInView) paintArrow(scene, pen, selected);
}

function paintFolds({ rungs, lanes, top, bottom }: Scene, pen: Pen): void {
  for (const { y, ms } of rungs.folds) {
    if (y < top - FOLD_HEIGHT || y > bottom + FOLD_HEIGHT) continue;
    pen.rect(0, y - 10, lanes.width, 20, 'raised');
    const text = `⋯ ${span(ms)} in which nothing happens ⋯`;
    const xs = lanes.lanes.filter(({ isCrafter }) => !isCrafter).map(({ x }) => x);
    const middle = (Math.min(...xs) + Math.max(...xs)) / 2;
    const isShort = Math.max(...xs) - Math.min(...xs) < ROOM_FOR_WORDS;
    const said = isShort ? `⋯ ${span(ms)} idle ⋯` : text;
    pen.text(middle, y + 4, said, { ink: 'soft', anchor: 'middle' });
  }
}

function paintRail({ rungs, top, bottom }: Scene, pen: Pen, lane: Lane): void {
  const end = Math.min(bottom, rungs.height);
  const dash = lane.isCrafter ? [5, 4] : undefined;
  pen.line(lane.x, Math.max(top, 0), lane.x, end, { ink: lane.ink, width: 2, dash });
}

/** Draws the head: each rail's host, and the state its connection is in at the cursor. */
export function paintHead(scene: Scene, pen: Pen): void {
  const { lanes, timeline, cursor, focus } = scene;
  pen.rect(0, 0, lanes.width, lanes.head, 'panel');
  pen.line(0, lanes.head - 0.5, lanes.width, lanes.head - 0.5, { ink: 'line' });
  const narrow = lanes.isNarrow;
  pen.text(lanes.gutter - 6, 17, 'time', { ink: 'soft', anchor: 'end', size: 10 });
  pen.text(lanes.gutter - 6, 33, 's ↓', { ink: 'soft', anchor: 'end', size: 10 });
  for (const lane of lanes.lanes) {
    const anchor = lane.isCrafter ? 'end' : 'middle';
    const x = lane.isCrafter ? lanes.width - 6 : lane.x;
    const title = narrow || lane.isCrafter ? lane.host : `${lane.host}  ${lane.address}`;
    pen.text(x, 17, title, { ink: lane.ink, anchor, size: 12, bold: true });
    if (lane.isCrafter) {
      pen.text(x, 33, narrow ? '' : 'crafts', { ink: 'soft', anchor, size: 10 });
      continue;
    }
    const name = stateName(standsIn(timeline, cursor, focus, lane.host));
    const said = narrow ? shortState(name) : name;
    pen.text(x, 33, said, { ink: 'ink', anchor, size: narrow ? 10 : 11, bold: true });
  }
}

/** Draws the line of the cursor's event; texts are written over it. */
function paintCursor({ rungs, lanes, cursor }: Scene, pen: Pen): void {
  if (cursor < 0 || cursor >= rungs.y.length) return;
  const y = rungs.y.at(cursor);
  pen.line(lanes.gutter, y, lanes.width, y, { ink: 'soft', dash: [1, 3] });
}

/** Draws the time of the cursor's event, over the other times. */
export function paintCursorTime(scene: Scene, pen: Pen): void {
  const { rungs, lanes, cursor, timeline } = scene;
  if (cursor < 0 || cursor >= rungs.y.length) return;
  const y = rungs.y.at(cursor);
  const text = seconds(timeline.events.at.at(cursor));
  pen.rect(0, y - 8, lanes.gutter - 2, 16, 'ink');
  pen.text(lanes.gutter - 6, y + 4, text, { ink: 'panel', anchor: 'end', size: 10, bold: true });
}
