/**
 * One packet on the ladder: a slanted arrow from when it left to when it came, with its name at the
 * end it left from.
 *
 * A loss is a cross where it happened; a damaged packet is dashed, a copy has an arrow of its own,
 * one that a rule delayed says so; a retransmission is marked ↻.
 */
import { FATES } from '../../sim/timeline/rows.ts';
import { cut, segmentName } from '../parts/words.ts';
import type { Lane } from './lanes.ts';
import type { Ink, LineStyle, Pen } from './pen.ts';
import { FLIGHT, LOST_AT } from './rungs.ts';
import { FUTURE, type Scene } from './view.ts';

const CORRUPTED = FATES.indexOf('corrupted');
const DELAYED = FATES.indexOf('delayed');
/** Half a cross. */
const CROSS = 5;
/** Slope up to which a name follows its line. */
const STEEPEST = 0.6;

/** Draws one packet. */
export function paintArrow(scene: Scene, pen: Pen, packet: number): void {
  const { timeline, rungs, lanes, cursor, selected, top, bottom } = scene;
  const { packets } = timeline;
  const from = lanes.lanes[packets.from.at(packet)]!;
  const fate = packets.fate.at(packet);
  const isLost = packets.arrivesAt.at(packet) === Number.POSITIVE_INFINITY;
  const to = lanes.lanes[packets.to.at(packet)] ?? nobody(from, lanes.lanes);
  const y = rungs.leaves.at(packet);
  const arrives = rungs.arrives.at(packet);
  const isOnTheWay = Number.isNaN(arrives) && !isLost;
  const share = isLost ? LOST_AT : 1;
  const fall = isLost ? LOST_AT * FLIGHT : Number.isNaN(arrives) ? FLIGHT : arrives - y;
  const [endX, endY] = [from.x + (to.x - from.x) * share, y + fall];
  if (endY < top - 20 || y > bottom + 20) return;
  const isSelected = packet === selected;
  const sent = packets.event.at(packet) <= cursor;
  pen.strength(sent ? 1 : FUTURE);
  if (isSelected) pen.line(from.x, y, endX, endY, { ink: 'mark', width: 11 });
  const ink: Ink = isLost || fate === CORRUPTED ? 'bad' : 'ink';
  const style: LineStyle = {
    ink,
    width: isSelected ? 2.25 : 1.4,
    dash: fate === CORRUPTED ? [5, 3] : isOnTheWay ? [2, 3] : undefined,
  };
  pen.line(from.x, y, endX, endY, style);
  if (isLost) {
    pen.line(endX - CROSS, endY - CROSS, endX + CROSS, endY + CROSS, { ink, width: 2.25 });
    pen.line(endX - CROSS, endY + CROSS, endX + CROSS, endY - CROSS, { ink, width: 2.25 });
  } else if (!isOnTheWay) {
    pen.head(from.x, y, endX, endY, ink);
  }
  paintName(scene, pen, { packet, from, to, y, fall, endX, endY, isLost, isSelected });
}

/** Nobody has that address: it goes a little past the middle. */
function nobody(from: Lane, lanes: readonly Lane[]): Lane {
  return lanes.find((lane) => lane !== from && !lane.isCrafter) ?? from;
}

interface Drawn {
  readonly packet: number;
  readonly from: Lane;
  readonly to: Lane;
  readonly y: number;
  readonly fall: number;
  readonly endX: number;
  readonly endY: number;
  readonly isLost: boolean;
  readonly isSelected: boolean;
}

function paintName(scene: Scene, pen: Pen, drawn: Drawn): void {
  const { timeline, lanes } = scene;
  const { packets } = timeline;
  const { packet, from, to, y, fall, endX, endY, isLost, isSelected } = drawn;
  const right = to.x >= from.x;
  const gap = 10;
  // The name lies along its line, so that those of a burst run side by side; no steeper than can
  // be read.
  const slope = fall / Math.max(Math.abs(endX - from.x), 1);
  const follows = slope <= STEEPEST || from.isCrafter;
  const angle = follows ? Math.atan(slope) * (right ? 1 : -1) : 0;
  const room = Math.floor((Math.abs(to.x - from.x) - 2 * gap) / (lanes.isNarrow ? 5.2 : 5.6));
  const again = packets.again.at(packet) === 1 ? '↻ ' : '';
  const fate = packets.fate.at(packet);
  const word = fate === CORRUPTED ? ' (damaged)' : fate === DELAYED ? ' (late)' : '';
  const copy = packets.copyOf.at(packet) >= 0 ? ' (copy)' : '';
  const name = cut(`${again}${segmentName(timeline, packet)}${word}${copy}`, room);
  // A crafter's stands in the middle: at the far end stand the names of packets sent next.
  const [dx, anchor] = from.isCrafter
    ? ([(endX - from.x) / 2, 'middle'] as const)
    : ([right ? gap : -gap, right ? 'start' : 'end'] as const);
  const down = (follows ? slope : Math.min(slope, 1)) * Math.abs(dx);
  pen.text(from.x + dx, y + down - 4, name, {
    ink: 'ink',
    anchor,
    size: lanes.isNarrow ? 10 : 11,
    bold: isSelected,
    halo: true,
    angle,
  });
  if (!isLost) return;
  const { cause } = timeline.packet(packet);
  pen.text(endX, endY + 18, cause.replace(/^rule /, ''), {
    ink: 'bad',
    anchor: 'middle',
    size: 10,
    halo: true,
  });
}
