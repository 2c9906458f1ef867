/**
 * Marks: names for what happens, in steps, expectations and lessons alike; `scenario.ts` lists
 * them.
 *
 * A mark is `base#n suffix`: `A.data#7 arrives` has the base `A.data`. Here they are read, and
 * found in a timeline: which event is it, and how many are there.
 */
import { Reason, Timer } from '../../abi.ts';
import { stateName } from '../../inspect.ts';
import { isMeant, PACKET_KINDS, type Pattern, parsePattern } from '../../link/pattern.ts';
import type { PacketView } from '../../link/segment.ts';
import { EVENT_KINDS, FATES, type Timeline } from './timeline.ts';

/** A mark, taken apart. */
export interface Mark {
  /** Without number and suffix. */
  readonly base: string;
  /** Which one, from 1. */
  readonly number: number;
  readonly suffix: '' | 'arrives' | 'lost';
  /** What is meant, when it is a packet. */
  readonly pattern: Pattern | undefined;
}

const MARK = /^([A-Z])(?::([A-Z][A-Z0-9-]+)|\.([\w-]+))(?:#([1-9]\d*))?(?: (arrives|lost))?$/;

/** Takes a mark apart. @throws RangeError when it is none */
export function parseMark(text: string): Mark {
  const [, host, state, name, number, suffix = ''] = MARK.exec(text) ?? [];
  if (host === undefined) throw new RangeError(`${text} is not a mark, such as A:ESTABLISHED`);
  const base = state === undefined ? `${host}.${name}` : `${host}:${state}`;
  const isPacket = state === undefined && Object.hasOwn(PACKET_KINDS, name!);
  if (suffix !== '' && !isPacket) throw new RangeError(`${text}: only packets arrive or are lost`);
  const pattern = isPacket ? parsePattern(base) : undefined;
  return { base, number: Number(number ?? 1), suffix: suffix as Mark['suffix'], pattern };
}

/** The one spelling of a mark: with its number. */
export function spell({ base, number, suffix }: Mark): string {
  return `${base}#${number}${suffix === '' ? '' : ` ${suffix}`}`;
}

/** Bases of the marks an event of a host stands for. */
export function marksOf(
  host: string,
  kind: string,
  reason: Reason,
  text: string,
  a: number,
  b: number,
): string[] {
  const marks: string[] = [];
  if (kind === 'state') marks.push(`${host}:${stateName(b)}`);
  if (kind === 'timer') marks.push(`${host}.${Timer[a]}`);
  if (kind === 'deliver' && b > 0) marks.push(`${host}.strange`);
  if (kind === 'signal') marks.push(`${host}.${text}`);
  if (reason !== 0) marks.push(`${host}.${Reason[reason]}`);
  return marks;
}

/** Events at which a mark's base happened, in order; of a packet, its sending or its arrival. */
export function eventsOfBase(timeline: Timeline, mark: Mark): number[] {
  return mark.pattern === undefined ? plainEvents(timeline, mark.base) : packets(timeline, mark);
}

/** The event a mark names; undefined when it never happened. */
export function eventOf(timeline: Timeline, text: string): number | undefined {
  const mark = parseMark(text);
  if (mark.pattern === undefined || mark.suffix === '') {
    return eventsOfBase(timeline, mark)[mark.number - 1];
  }
  // A packet is known by its sending: `A.data#7 arrives` is the seventh sent, if it arrives.
  const id = packetIds(timeline, mark.pattern)[mark.number - 1];
  return id === undefined ? undefined : fateEvent(timeline, id, mark.suffix);
}

/** The row of a connection by the name its host's user has for it: `B2` is the second of B's. */
export function connectionNamed(timeline: Timeline, name: string): number | undefined {
  return ownedBy(timeline, name[0]!)[Number(name.slice(1)) - 1];
}

/** Rows of a host's connections that its user holds, or held, in order. */
export function ownedBy(timeline: Timeline, host: string): number[] {
  const isOwned = (id: number) => {
    const { values } = timeline.seriesOf(id, 'kept in') ?? {};
    for (let i = 0; i < (values?.length ?? 0); i++) if (values!.at(i) === 0) return true;
    return false;
  };
  return timeline.connections
    .filter((row) => row.host === host && row.kind === 'connection' && isOwned(row.id))
    .map(({ id }) => id);
}

function plainEvents(timeline: Timeline, base: string): number[] {
  const { events: e, hosts } = timeline;
  const host = hosts.findIndex(({ id }) => id === base[0]);
  const found: number[] = [];
  for (let i = 0; i < timeline.eventCount; i++) {
    if (e.host.at(i) !== host) continue;
    const kind = EVENT_KINDS[e.kind.at(i)]!;
    const text = kind === 'signal' ? timeline.event(i).text : '';
    const marks = marksOf(base[0]!, kind, e.reason.at(i), text, e.a.at(i), e.b.at(i));
    if (marks.includes(base)) found.push(i);
  }
  return found;
}

function packets(timeline: Timeline, mark: Mark): number[] {
  return packetIds(timeline, mark.pattern!)
    .map((id) => fateEvent(timeline, id, mark.suffix))
    .filter((event): event is number => event !== undefined);
}

function packetIds(timeline: Timeline, pattern: Pattern): number[] {
  const { packets: p, hosts } = timeline;
  const from = hosts.findIndex(({ id }) => id === pattern.from);
  const found: number[] = [];
  for (let id = 0; id < timeline.packetCount; id++) {
    if (p.from.at(id) !== from || p.copyOf.at(id) >= 0) continue;
    const view = {
      from: pattern.from,
      control: p.control.at(id),
      textLength: p.textLength.at(id),
      isRetransmission: p.again.at(id) === 1,
    } as PacketView;
    if (isMeant(pattern, view)) found.push(id);
  }
  return found;
}

/** Where a packet was sent, or lost; or where it arrived, once it has. */
function fateEvent(timeline: Timeline, id: number, suffix: Mark['suffix']): number | undefined {
  const { packets: p, events: e } = timeline;
  const sent = p.event.at(id);
  if (suffix === '') return sent;
  const isLost = FATES[p.fate.at(id)] === 'lost';
  if (suffix === 'lost') return isLost ? sent : undefined;
  if (isLost) return undefined;
  const receive = EVENT_KINDS.indexOf('receive');
  for (let i = sent + 1; i < timeline.eventCount; i++) {
    if (e.packet.at(i) === id && e.kind.at(i) === receive) return i;
  }
  return undefined;
}
