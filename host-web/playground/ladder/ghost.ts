/**
 * The ghost of the branch that was left: those of its packets that went another way here.
 */
import type { Recording } from '../../sim/recording.ts';
import type { Pen } from './pen.ts';
import type { Scene } from './paint.ts';
import { LONG_REACH, LOST_AT } from './rungs.ts';

/** Another recording's packets that this one has not, in order of their sending. */
interface Ghost {
  /** How much of both was compared. */
  readonly compared: number;
  readonly packets: readonly number[];
}

const ghosts = new WeakMap<Recording, Ghost>();

/** Draws the ghost's packets that would be in view. */
export function paintGhost(scene: Scene, pen: Pen): void {
  const { ghost, recording, rungs, lanes, top, bottom } = scene;
  if (ghost === undefined) return;
  const left = ghost.recording.packets;
  const style = { ink: 'edge', dash: [1, 4], width: 1.5 } as const;
  const begin = rungs.firstFrom(top - LONG_REACH);
  const from = begin > 0 ? recording.events.at.at(Math.min(begin, rungs.y.length) - 1) : 0;
  const packets = departures(recording, ghost);
  for (let i = firstSince(packets, ghost.recording, from); i < packets.length; i++) {
    const packet = packets[i]!;
    const y = rungs.firstAt(left.sentAt.at(packet));
    if (y > bottom) return;
    const [source, target] = [lanes.lanes[left.from.at(packet)], lanes.lanes[left.to.at(packet)]];
    if (source === undefined || target === undefined) continue;
    const at = left.arrivesAt.at(packet);
    const isLost = at === Number.POSITIVE_INFINITY;
    const end = isLost ? y + 40 : rungs.firstAt(at);
    const share = isLost ? LOST_AT : 1;
    if (end >= top) pen.line(source.x, y, source.x + (target.x - source.x) * share, end, style);
  }
}

/** The ghost's packets from the fork on that have no like here. */
function departures(recording: Recording, ghost: NonNullable<Scene['ghost']>): readonly number[] {
  const compared = recording.packetCount + ghost.recording.packetCount;
  const known = ghosts.get(recording);
  if (known?.compared === compared) return known.packets;
  const own = new Set<string>();
  for (let id = 0; id < recording.packetCount; id++) own.add(likeness(recording, id));
  const packets: number[] = [];
  const { packets: left } = ghost.recording;
  for (let id = 0; id < ghost.recording.packetCount; id++) {
    const isShared = left.event.at(id) < ghost.from || own.has(likeness(ghost.recording, id));
    if (!isShared) packets.push(id);
  }
  ghosts.set(recording, { compared, packets });
  return packets;
}

/** What two packets have in common that are the same on both branches. */
function likeness({ packets: p }: Recording, id: number): string {
  const columns = [p.sentAt, p.arrivesAt, p.from, p.control, p.seq, p.ack, p.textLength];
  return columns.map((column) => column.at(id)).join(' ');
}

function firstSince(packets: readonly number[], { packets: p }: Recording, ms: number): number {
  let [low, high] = [0, packets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (p.sentAt.at(packets[middle]!) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
