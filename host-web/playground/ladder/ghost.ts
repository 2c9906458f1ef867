/**
 * The ghost of the branch that was left: those of its packets that went another way here.
 */
import type { Timeline } from '../../sim/timeline/timeline.ts';
import type { Pen } from './pen.ts';
import { segmentName } from '../parts/words.ts';
import { FLIGHT, LONG_REACH, LOST_AT } from './rungs.ts';
import type { Scene } from './view.ts';

/** Pixels from one name to the next, so that those of a burst do not lie on each other. */
const NAME_EVERY = 14;

/** Another timeline's packets that this one has not, in order of their sending. */
interface Ghost {
  /** How much of both was compared. */
  readonly compared: number;
  readonly packets: readonly number[];
}

const ghosts = new WeakMap<Timeline, Ghost>();

/** Draws the ghost's packets that would be in view. */
export function paintGhost(scene: Scene, pen: Pen): void {
  const { ghost, timeline, rungs, lanes, top, bottom } = scene;
  if (ghost === undefined) return;
  const left = ghost.timeline.packets;
  const style = { ink: 'edge', dash: [1, 4], width: 1.5 } as const;
  const end = rungs.lastAt;
  let named = Number.NEGATIVE_INFINITY;
  const begin = rungs.firstFrom(top - LONG_REACH);
  const from = begin > 0 ? timeline.events.at.at(Math.min(begin, rungs.y.length) - 1) : 0;
  const packets = departures(timeline, ghost);
  for (let i = firstSince(packets, ghost.timeline, from); i < packets.length; i++) {
    const packet = packets[i]!;
    const isHere = isShared(timeline, ghost.timeline, packet);
    const sent = left.sentAt.at(packet);
    if (sent > end) return;
    const y = isHere ? rungs.leaves.at(packet) : rungs.firstAt(sent);
    if (y > bottom) return;
    const [source, target] = [lanes.lanes[left.from.at(packet)], lanes.lanes[left.to.at(packet)]];
    if (source === undefined || target === undefined) continue;
    const at = left.arrivesAt.at(packet);
    const isLost = at === Number.POSITIVE_INFINITY;
    const fall = isLost ? LOST_AT * FLIGHT : rungs.firstAt(at) - y;
    if (y + fall < top) continue;
    const endX = source.x + (target.x - source.x) * (isLost ? LOST_AT : 1);
    pen.line(source.x, y, endX, y + fall, style);
    // What was sent here, too, has its name already.
    if (isHere || y - named < NAME_EVERY) continue;
    named = y;
    paintName(pen, `was ${segmentName(ghost.timeline, packet)}`, source.x, y, endX, y + fall);
  }
}

/** Writes what it was near the arrow's end: the names of this branch's stand at the beginnings. */
function paintName(pen: Pen, name: string, x: number, y: number, endX: number, endY: number): void {
  const slope = (endY - y) / (endX - x);
  const isRight = endX > x;
  const back = isRight ? -12 : 12;
  pen.text(endX + back, endY + slope * back - 4, name, {
    ink: 'soft',
    anchor: isRight ? 'end' : 'start',
    size: 9.5,
    halo: true,
    angle: Math.abs(slope) < 1 ? Math.atan(slope) : 0,
  });
}

/** Whether both branches sent it; what became of it may differ. */
function isShared(here: Timeline, left: Timeline, packet: number): boolean {
  const [own, other] = [here.packets, left.packets];
  return (
    packet < here.packetCount &&
    own.sentAt.at(packet) === other.sentAt.at(packet) &&
    own.from.at(packet) === other.from.at(packet) &&
    own.seq.at(packet) === other.seq.at(packet)
  );
}

/** The ghost's packets from the fork on that have no like here. */
function departures(timeline: Timeline, ghost: NonNullable<Scene['ghost']>): readonly number[] {
  const compared = timeline.packetCount + ghost.timeline.packetCount;
  const known = ghosts.get(timeline);
  if (known?.compared === compared) return known.packets;
  const own = new Set<string>();
  for (let id = 0; id < timeline.packetCount; id++) own.add(likeness(timeline, id));
  const packets: number[] = [];
  const { packets: left } = ghost.timeline;
  for (let id = 0; id < ghost.timeline.packetCount; id++) {
    const isShared = left.event.at(id) < ghost.from || own.has(likeness(ghost.timeline, id));
    if (!isShared) packets.push(id);
  }
  ghosts.set(timeline, { compared, packets });
  return packets;
}

/** What two packets have in common that are the same on both branches. */
function likeness({ packets: p }: Timeline, id: number): string {
  const columns = [p.sentAt, p.arrivesAt, p.from, p.control, p.seq, p.ack, p.textLength];
  return columns.map((column) => column.at(id)).join(' ');
}

function firstSince(packets: readonly number[], { packets: p }: Timeline, ms: number): number {
  let [low, high] = [0, packets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (p.sentAt.at(packets[middle]!) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
