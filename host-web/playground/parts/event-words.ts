/**
 * What an event is, in a sentence: the table's rows, the line below the ladder, and what is read
 * aloud.
 */
import { stateName } from '../../inspect.ts';
import type { Timeline } from '../../sim/timeline/timeline.ts';
import { EVENT_KINDS } from '../../sim/timeline/rows.ts';
import { octets, seconds, segmentName, span } from './words.ts';

/** What happened, without time and host. */
export function happening(timeline: Timeline, index: number): string {
  const { events, packets } = timeline;
  const packet = events.packet.at(index);
  switch (EVENT_KINDS[events.kind.at(index)]!) {
    case 'send': {
      const to = timeline.hosts[packets.to.at(packet)]?.id ?? 'nobody';
      const far = isPlain(timeline) ? '' : ` to ${to}`;
      return `sends ${segmentName(timeline, packet)}${far}`;
    }
    case 'receive': {
      const from = timeline.hosts[packets.from.at(packet)]!.id;
      const far = isPlain(timeline) ? '' : ` from ${from}`;
      return `receives ${segmentName(timeline, packet)}${far}`;
    }
    case 'loss':
      return `${segmentName(timeline, packet)} is lost: ${timeline.packet(packet).cause}`;
    case 'drop':
      return packet >= 0 ? `drops ${segmentName(timeline, packet)}` : 'drops a packet';
    case 'state':
      return `${stateName(events.a.at(index))} → ${stateName(events.b.at(index))}`;
    case 'deliver': {
      const strange = events.b.at(index);
      const warning = strange > 0 ? `, ${octets(strange)} of them strange` : '';
      return `user reads ${octets(events.a.at(index))}${warning}`;
    }
    default:
      return timeline.event(index).text;
  }
}

/** With two hosts the far end of a packet need not be named. */
function isPlain({ hosts }: Timeline): boolean {
  return hosts.length === 2;
}

function fate(timeline: Timeline, packet: number): string {
  const { fate: name, cause, arrivesAt, sentAt } = timeline.packet(packet);
  if (arrivesAt === null) return `Lost: ${cause}.`;
  const way = `Arrives ${seconds(arrivesAt)} s, after ${span(arrivesAt - sentAt)}`;
  if (name === 'delivered') return `${way}.`;
  return `${way}; ${cause.startsWith(name) ? cause : `${name} by ${cause}`}.`;
}

/** Why it happened, with the section that says so, or what becomes of it; empty when not known. */
export function because(timeline: Timeline, index: number): string {
  const { why, rfc, kind, packet } = timeline.event(index);
  if (kind === 'send' && packet !== null) return fate(timeline, packet);
  if (why === '') return '';
  return rfc === '' ? why : `${why} (${rfc})`;
}
