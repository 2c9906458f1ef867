/**
 * A ladder as a figure: SVG text, and the same as a table. It stands in the web page before any of
 * it runs, so it can be read without scripts.
 */
import { stateName } from '../../inspect.ts';
import type { Timeline } from '../../sim/timeline/timeline.ts';
import { because, happening } from '../parts/event-words.ts';
import { seconds } from '../parts/words.ts';
import { lanesFor } from './lanes.ts';
import { paintHead, paintLadder, paintCursorTime } from './paint.ts';
import { Rungs } from './rungs.ts';
import { escaped, SvgPen } from './svg-pen.ts';
import type { Scene } from './view.ts';

/** Draws the whole of a timeline, as wide as told, its cursor at the end. */
export function figureOf(timeline: Timeline, flightMs: number, width: number): string {
  const rungs = new Rungs(timeline, flightMs);
  const lanes = lanesFor(timeline.hosts, width);
  const connections = timeline.connections.filter(({ kind }) => kind === 'connection');
  const scene: Scene = {
    timeline,
    rungs,
    lanes,
    cursor: timeline.eventCount - 1,
    selected: timeline.events.packet.at(timeline.eventCount - 1),
    ghost: undefined,
    focus: new Map(connections.map(({ host, id }) => [host, id])),
    top: 0,
    bottom: rungs.height,
  };
  const [head, body] = [new SvgPen(), new SvgPen()];
  paintHead(scene, head);
  paintLadder(scene, body);
  paintCursorTime(scene, body);
  const height = rungs.height + lanes.head;
  const states = [...scene.focus].map(([host, connection]) => {
    const state = stateName(timeline.valueAt(connection, 'state', scene.cursor) ?? 0);
    return `${host} is in ${state}`;
  });
  return (
    `<svg viewBox="0 0 ${width} ${Math.ceil(height)}" width="${width}" role="img" ` +
    `aria-label="Ladder of ${timeline.packetCount} packets. ${states.join(', ')}.">` +
    `<g transform="translate(0 ${lanes.head})">${body.markup}</g>${head.markup}</svg>`
  );
}

/** The events of a timeline as the rows of a table. */
export function rowsOf(timeline: Timeline): string {
  const rows: string[] = [];
  for (let index = 0; index < timeline.eventCount; index++) {
    const host = timeline.hosts[timeline.events.host.at(index)]!.id;
    const at = seconds(timeline.events.at.at(index));
    const cells = [at, host, happening(timeline, index), because(timeline, index)];
    rows.push(`<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`);
  }
  return rows.join('\n');
}
