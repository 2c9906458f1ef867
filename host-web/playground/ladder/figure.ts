/**
 * A ladder as a figure: SVG text, and the same as a table. It stands in the page before any of it
 * runs, so it can be read without scripts.
 */
import { stateName } from '../../inspect.ts';
import type { Recording } from '../../sim/timeline/timeline.ts';
import { because, happening } from '../parts/event-words.ts';
import { seconds } from '../words.ts';
import { lanesFor } from './lanes.ts';
import { paintHead, paintLadder, paintMoment, type Scene } from './paint.ts';
import { Rungs } from './rungs.ts';
import { escaped, SvgPen } from './svg-pen.ts';

/** Draws the whole of a recording, as wide as told, its cursor at the end. */
export function figureOf(recording: Recording, flightMs: number, width: number): string {
  const rungs = new Rungs(recording, flightMs);
  const lanes = lanesFor(recording.hosts, width);
  const connections = recording.connections.filter(({ kind }) => kind === 'connection');
  const scene: Scene = {
    recording,
    rungs,
    lanes,
    cursor: recording.eventCount - 1,
    selected: recording.events.packet.at(recording.eventCount - 1),
    ghost: undefined,
    focus: new Map(connections.map(({ host, id }) => [host, id])),
    top: 0,
    bottom: rungs.height,
  };
  const [head, body] = [new SvgPen(), new SvgPen()];
  paintHead(scene, head);
  paintLadder(scene, body);
  paintMoment(scene, body);
  const height = rungs.height + lanes.head;
  const states = [...scene.focus].map(([host, connection]) => {
    const state = stateName(recording.valueAt(connection, 'state', scene.cursor) ?? 0);
    return `${host} is in ${state}`;
  });
  return (
    `<svg viewBox="0 0 ${width} ${Math.ceil(height)}" width="${width}" role="img" ` +
    `aria-label="Ladder of ${recording.packetCount} packets. ${states.join(', ')}.">` +
    `<g transform="translate(0 ${lanes.head})">${body.markup}</g>${head.markup}</svg>`
  );
}

/** The events of a recording as the rows of a table. */
export function rowsOf(recording: Recording): string {
  const rows: string[] = [];
  for (let index = 0; index < recording.eventCount; index++) {
    const host = recording.hosts[recording.events.host.at(index)]!.id;
    const at = seconds(recording.events.at.at(index));
    const cells = [at, host, happening(recording, index), because(recording, index)];
    rows.push(`<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`);
  }
  return rows.join('\n');
}
