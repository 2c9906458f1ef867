/**
 * A timeline as text: a line for each packet, with what was done, what changed and why between.
 *
 * ```
 *    0.000  A SYN-SENT       connect B:80
 *    0.000  A ─ [S] seq 0 win 65535 ───────────────────────────► B
 *    0.050  B SYN-RECEIVED   A SYN arrived for a listener         RFC 9293 §3.10.7.2
 * ```
 *
 * `ladder.ts` prints what one TCP saw of one connection; this prints what a whole network knows of
 * itself, so it guesses nothing. A packet stands where it was sent.
 */
import { State, Timer } from '../abi.ts';
import { stateName } from '../inspect.ts';
import { arrow } from './ladder.ts';
import type { EventRow, PacketRow, Timeline } from './timeline/timeline.ts';

export interface FigureOptions {
  /** Columns of an arrow; 58 by default. */
  readonly width?: number;
  /** Runs of more plain text and acknowledgments than this are told in one line; 6 by default. */
  readonly longestRun?: number;
}

const PLAIN = 'plain';

/** One line, and whether it may be one of a run. */
interface Line {
  readonly text: string;
  readonly packet: PacketRow | undefined;
  readonly kind: typeof PLAIN | 'note';
}

/** Prints a timeline. */
export function figure(timeline: Timeline, options: FigureOptions = {}): string {
  const { width = 58, longestRun = 6 } = options;
  const lines: Line[] = [];
  for (let i = 0; i < timeline.eventCount; i++) {
    const line = lineOf(timeline, timeline.event(i), width);
    if (line !== undefined) lines.push(line);
  }
  const printed: string[] = [];
  for (let i = 0; i < lines.length; ) {
    let end = i;
    while (end < lines.length && lines[end]!.kind === PLAIN) end++;
    if (end - i > longestRun) {
      printed.push(summary(lines.slice(i, end)));
      i = end;
    } else printed.push(lines[i++]!.text);
  }
  return printed.join('\n');
}

function lineOf(timeline: Timeline, event: EventRow, width: number): Line | undefined {
  const { kind, host, at } = event;
  if (kind === 'send') return packetLine(timeline, timeline.packet(event.packet!), width);
  const said = sentenceOf(timeline, event);
  if (said === undefined) return undefined;
  const [what, sentence] = said;
  const text = `${clock(at)}  ${host} ${what.padEnd(15)} ${sentence}`;
  const line = event.rfc === '' ? text : `${text.padEnd(width + 20)}  ${event.rfc}`;
  return { text: line.trimEnd(), packet: undefined, kind: 'note' };
}

/** What happened and why, where it is worth a line: two columns. */
function sentenceOf(timeline: Timeline, event: EventRow): [string, string] | undefined {
  const { kind, text, why, numbers } = event;
  switch (kind) {
    case 'call':
      return ['', text];
    case 'state':
      return [stateName(numbers[1] as State), why];
    case 'drop':
      return ['drops it', why];
    case 'reason':
      return [text.startsWith('cwnd') ? `cwnd ${numbers[0]}` : text, why];
    case 'timer':
      // Nobody wants to be told of every acknowledgment that waited a little.
      return numbers[0] === Timer.DELAYED_ACK ? undefined : ['', text + rto(timeline, event)];
    case 'signal':
      return /^[A-Z]/.test(text) || text === 'eof' ? [text, ''] : undefined;
    case 'deliver':
      return numbers[1] > 0 ? ['', text] : undefined;
    default:
      return undefined;
  }
}

/** How long the next timeout will be, behind the one that has just run out. */
function rto(timeline: Timeline, { connection, numbers, index }: EventRow): string {
  if (connection === null || numbers[0] !== Timer.RETRANSMIT) return '';
  const next = timeline.valueAt(connection, 'RTO', index);
  return next === undefined ? '' : `; the next waits ${(next / 1000).toFixed(1)} s`;
}

function packetLine(timeline: Timeline, packet: PacketRow, width: number): Line {
  const { from, to, fate, cause, sentAt } = packet;
  const again = packet.isRetransmission ? ' ↻' : '';
  const isRight = from < (to ?? from) || timeline.hosts.findIndex(({ id }) => id === from) !== 1;
  const shaft = arrow(` ${packet.notation}${again} `, isRight, width);
  const ends = isRight ? [from, to ?? '?'] : [to ?? '?', from];
  const why = fate === 'delivered' ? '' : fate === 'lost' ? `  ✕ ${cause}` : `  ${fate}: ${cause}`;
  const text = `${clock(sentAt)}  ${ends[0]} ${shaft} ${ends[1]}${why}`;
  const isPlain = fate === 'delivered' && (packet.control & 7) === 0 && again === '';
  return { text, packet, kind: isPlain ? PLAIN : 'note' };
}

function summary(lines: readonly Line[]): string {
  const packets = lines.map(({ packet }) => packet!);
  const senders = [...new Set(packets.map(({ from }) => from))].sort();
  const parts = senders.map((from) => {
    const own = packets.filter((packet) => packet.from === from);
    const octets = own.reduce((sum, packet) => sum + packet.textLength, 0);
    return `${from} sends ${own.length} segments, ${octets} octets`;
  });
  return `${clock(packets[0]!.sentAt)}  … ${parts.join('; ')} …`;
}

function clock(ms: number): string {
  return (ms / 1000).toFixed(3).padStart(9);
}
