/**
 * Which packet lies under a point of the ladder.
 */
import { LONG_REACH, FLIGHT, LOST_AT } from './rungs.ts';
import { packetsBetween } from './paint.ts';
import type { Scene } from './view.ts';

/** How far from its line a packet is still meant, pixels. */
const REACH = 9;

/** The packet nearest to a point, y from the ladder's top; -1 when none is near. */
export function packetAt(scene: Scene, x: number, y: number): number {
  const { timeline, rungs, lanes } = scene;
  const { packets } = timeline;
  let best = -1;
  let nearest = REACH;
  const look = (packet: number) => {
    const from = lanes.lanes[packets.from.at(packet)]!.x;
    const to = lanes.lanes[packets.to.at(packet)]?.x ?? from;
    const isLost = packets.arrivesAt.at(packet) === Number.POSITIVE_INFINITY;
    const leaves = rungs.leaves.at(packet);
    const arrives = rungs.arrives.at(packet);
    const fall = isLost || Number.isNaN(arrives) ? FLIGHT : arrives - leaves;
    const share = (x - from) / (to - from);
    if (share < -0.02 || share > (isLost ? LOST_AT + 0.05 : 1.02)) return;
    const far = Math.abs(leaves + fall * share - y);
    if (far < nearest) [best, nearest] = [packet, far];
  };
  const last = Math.min(rungs.firstFrom(y + REACH), timeline.eventCount);
  const first = rungs.firstFrom(y - LONG_REACH);
  for (const packet of packetsBetween(timeline, first, last)) look(packet);
  for (const packet of rungs.long) look(packet);
  return best;
}
