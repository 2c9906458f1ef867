/**
 * What makes a packet's sequence numbers relative: the timeline knows them both ways.
 */
import type { Timeline } from '../../sim/timeline/timeline.ts';
import type { Bases } from './field.ts';
import { Octets } from './octets.ts';

/** The numbers printed as 0 in the directions of a packet and of its answers. */
export function basesOf(timeline: Timeline, packet: number): Bases {
  const { head, seq, ack, protocol } = timeline.packet(packet);
  if (protocol !== 6) return { seq: 0, ack: 0 };
  const octets = new Octets(head);
  const start = octets.bits(0, 4) === 4 ? 4 * octets.bits(4, 4) : 40;
  return {
    seq: (octets.u32(start + 4) - seq) >>> 0,
    ack: (octets.u32(start + 8) - ack) >>> 0,
  };
}
