/**
 * What an event is, in a sentence: the table's rows, the line below the ladder, and what is read
 * aloud.
 */
import { stateName } from '../../inspect.ts';
import type { Recording } from '../../sim/timeline/timeline.ts';
import { EVENT_KINDS } from '../../sim/timeline/rows.ts';
import { octets, seconds, segmentName, span } from '../words.ts';

/** What happened, without time and host. */
export function happening(recording: Recording, index: number): string {
  const { events, packets } = recording;
  const packet = events.packet.at(index);
  switch (EVENT_KINDS[events.kind.at(index)]!) {
    case 'send': {
      const to = recording.hosts[packets.to.at(packet)]?.id ?? 'nobody';
      const far = isPlain(recording) ? '' : ` to ${to}`;
      return `sends ${segmentName(recording, packet)}${far}`;
    }
    case 'receive': {
      const from = recording.hosts[packets.from.at(packet)]!.id;
      const far = isPlain(recording) ? '' : ` from ${from}`;
      return `receives ${segmentName(recording, packet)}${far}`;
    }
    case 'loss':
      return `${segmentName(recording, packet)} is lost: ${recording.packet(packet).cause}`;
    case 'drop':
      return packet >= 0 ? `drops ${segmentName(recording, packet)}` : 'drops a packet';
    case 'state':
      return `${stateName(events.a.at(index))} → ${stateName(events.b.at(index))}`;
    case 'deliver': {
      const strange = events.b.at(index);
      const warning = strange > 0 ? `, ${octets(strange)} of them strange` : '';
      return `user reads ${octets(events.a.at(index))}${warning}`;
    }
    default:
      return recording.event(index).text;
  }
}

/** Two hosts: who a packet goes to need not be said. */
function isPlain({ hosts }: Recording): boolean {
  return hosts.length === 2;
}

function fate(recording: Recording, packet: number): string {
  const { fate: name, cause, arrivesAt, sentAt } = recording.packet(packet);
  if (arrivesAt === null) return `Lost: ${cause}.`;
  const way = `Arrives ${seconds(arrivesAt)} s, after ${span(arrivesAt - sentAt)}`;
  if (name === 'delivered') return `${way}.`;
  return `${way}; ${cause.startsWith(name) ? cause : `${name} by ${cause}`}.`;
}

/** Why it happened, with the section that says so, or what becomes of it; empty when not known. */
export function because(recording: Recording, index: number): string {
  const { why, rfc, kind, packet } = recording.event(index);
  if (kind === 'send' && packet !== null) return fate(recording, packet);
  if (why === '') return '';
  return rfc === '' ? why : `${why} (${rfc})`;
}
