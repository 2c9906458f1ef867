/**
 * The table as a page to read: SEGMENT ARRIVES state by state, then calls, timeouts and ICMP
 * errors event by event, as RFC 9293 §3.10 has them.
 */
import { ACKED, type Box, cover, type Line, PLACE, TEXT } from './cover.ts';
import { ACKS, arrivalOf, type Event, eventsOf, FLAGS, PLACES } from './events.ts';
import { type Connection, type Outcome } from './model.ts';
import { ROWS } from './rows.ts';
import { segmentArrives } from './rules-arrives.ts';
import { CALLS, userCall } from './rules-calls.ts';
import { ICMP, icmp, type Icmp, PREPARED, timeout, TIMEOUTS } from './rules-timeouts.ts';

/** Octets that wait for the user of a row whose window is closed. */
const unreadOf = (at: Connection): number => (at.rcvWnd === 0 ? at.rcvNxt - 51 : 0);

/** Names of sets of values, tried in this order. */
const PLACE_NAMES: readonly (readonly [string, readonly string[]])[] = [
  ['any', PLACES],
  ['acceptable', ['across', 'RCV.NXT', 'RCV.NXT+1', 'edge']],
  ['unacceptable', ['below', 'beyond']],
  ['inside', ['RCV.NXT+1', 'edge']],
  ['from RCV.NXT', ['across', 'RCV.NXT']],
  ['elsewhere', ['below', 'across', 'beyond']],
];
const ACK_NAMES: readonly (readonly [string, readonly string[]])[] = [
  ['any', ACKS],
  ['any ACK', ACKS.slice(1)],
  ['not all', ACKS.filter((acked) => acked !== 'SND.NXT')],
  ['in range', ['oldest', 'old', 'SND.UNA', 'text', 'SND.NXT']],
  ['nothing new', ['oldest', 'old', 'SND.UNA']],
  ['short of FIN', ['oldest', 'old', 'SND.UNA', 'text']],
  ['out of range', ['ancient', 'beyond']],
  ['not our SYN', ['ancient', 'oldest', 'old', 'SND.UNA', 'beyond']],
  ['new', ['text', 'SND.NXT']],
];

function nameOf(
  line: Line,
  coordinate: number,
  values: readonly string[],
  names: readonly (readonly [string, readonly string[]])[],
): string {
  const words = (box: Box) => (box[coordinate] ?? []).map((value) => values[value] as string);
  const needed = words(line.needed);
  const widest = words(line.widest);
  if (needed.length === 1) return needed[0] as string;
  const name = names.find(
    ([, set]) =>
      needed.every((word) => set.includes(word)) && set.every((word) => widest.includes(word)),
  );
  return name?.[0] ?? needed.join(', ');
}

function flagsOf(line: Line, value: number): string {
  return FLAGS.filter((_, i) => line.widest[i]?.length === 1 && line.widest[i]?.[0] === value)
    .map(([name]) => name)
    .join(' ');
}

function segmentOf(line: Line): string[] {
  const text = line.widest[TEXT] ?? [];
  return [
    flagsOf(line, 1),
    flagsOf(line, 0),
    nameOf(line, PLACE, PLACES, PLACE_NAMES),
    nameOf(line, ACKED, ACKS, ACK_NAMES),
    text.length === 2 ? 'any' : text[0] === 1 ? 'yes' : 'no',
  ];
}

/** The state it leads to, and those on the way. */
function nextOf(outcome: Outcome): string {
  if (outcome.path.length === 0) return 'stays';
  return outcome.path.map((arrow) => arrow.split(' -> ')[1]).join(', ');
}

function heardOf(outcome: Outcome): string {
  const signals = outcome.signals.filter((item) => item !== 'URGENT');
  if (outcome.hearsUrgent) signals.push('+URG');
  return signals.join(' ');
}

function answersOf({ answers, later }: Outcome): string {
  return [...answers, ...later].map(({ words }) => words).join('; ') || 'nothing';
}

function outcomeOf(outcome: Outcome): string[] {
  return [
    nextOf(outcome),
    answersOf(outcome),
    outcome.takes.join(', '),
    heardOf(outcome),
    outcome.rules.join(', '),
  ];
}

/** Lays lines out in columns as wide as they must be. */
function columns(heads: readonly string[], lines: readonly (readonly string[])[]): string[] {
  const widths = heads.map((head, i) => Math.max(head.length, ...lines.map((l) => l[i]!.length)));
  const join = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join(' | ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('-|-');
  return [join(heads), rule, ...lines.map(join)];
}

const SEGMENT_HEADS = ['with', 'without', 'SEG.SEQ', 'SEG.ACK', 'text'];
const OUTCOME_HEADS = ['next state', 'answer', 'takes', 'the user hears', 'decided by'];
/** The order in which the steps of §3.10.7 are printed. */
const STEPS = ['§', '1st', '2nd', '3rd', '4th', 'Figure 7', '5th'];

/** SEGMENT ARRIVES in one row's state; what leads to the same is said once. */
function segmentPage(name: string, at: Connection): string[] {
  const events = eventsOf(at);
  const groups = new Map<string, Event[]>();
  for (const event of events) {
    const key = JSON.stringify(outcomeOf(segmentArrives(at, arrivalOf(at, event))));
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  const rank = ([key]: [string, Line[]]): number => {
    const rule = (JSON.parse(key) as string[])[4] as string;
    return STEPS.findIndex((step) => rule.startsWith(step)) + rule.length / 1000;
  };
  const lines = [...cover(events, groups)]
    .sort((a, b) => rank(a) - rank(b))
    .flatMap(([key, boxes]) => {
      const outcome = JSON.parse(key) as string[];
      return boxes.map((box, i) => [
        ...segmentOf(box),
        ...(i === 0 ? outcome : outcome.map(() => '"')),
      ]);
    });
  const isOpen = at.state !== 'CLOSED' && at.state !== 'LISTEN';
  const place = isOpen
    ? `SND.UNA ${at.una}, SND.NXT ${at.nxt}, RCV.NXT ${at.rcvNxt}, RCV.WND ${at.rcvWnd}`
    : 'no sequence number means anything here';
  return [
    `## ${name}`,
    '',
    `${place}; ${events.length} events`,
    '',
    ...columns([...SEGMENT_HEADS, ...OUTCOME_HEADS], lines),
    '',
  ];
}

/** Rows of a state that all lead to the same are named by the state alone. */
function statesOf(rows: readonly string[]): string {
  const stateOf = (name: string) => name.replace(/ \(.*/, '');
  const isWhole = (state: string) =>
    ROWS.every(({ name }) => stateOf(name) !== state || rows.includes(name));
  return [...new Set(rows.map((name) => (isWhole(stateOf(name)) ? stateOf(name) : name)))].join(
    ', ',
  );
}

/** An event that is not a segment, and what comes of it in every row, those alike together. */
function eventPage(event: string, decide: (at: Connection) => Outcome): string[][] {
  const groups = new Map<string, string[]>();
  for (const { name, at } of ROWS) {
    const outcome = decide(at);
    const { result } = outcome;
    const [next, answer, , hears, by] = outcomeOf(outcome);
    const key = JSON.stringify([next, answer, result, hears, by]);
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  // The largest group comes last, and needs no names.
  const largest = Math.max(...[...groups.values()].map((rows) => rows.length));
  const isRest = (rows: readonly string[]) => rows.length === largest && largest > 5;
  const sorted = [...groups].sort((a, b) => Number(isRest(a[1])) - Number(isRest(b[1])));
  return sorted.map(([key, rows], i) => [
    i === 0 ? event : '"',
    isRest(rows) ? (groups.size === 1 ? 'every state' : 'every other state') : statesOf(rows),
    ...(JSON.parse(key) as string[]),
  ]);
}

const EVENT_HEADS = ['event', 'state', 'next state', 'answer', 'result', 'the user hears', 'by'];

function eventPages(): string[] {
  const calls = CALLS.flatMap((call) => eventPage(call, (at) => userCall(at, call, unreadOf(at))));
  const timeouts = TIMEOUTS.flatMap((kind) => eventPage(kind, (at) => timeout(at, kind)));
  const prepared = TIMEOUTS.filter((kind) => PREPARED[kind] !== '').map(
    (kind) => `${kind}: after ${PREPARED[kind]}`,
  );
  const errors = (Object.keys(ICMP) as Icmp[]).flatMap((kind) =>
    [true, false].flatMap((isInFlight) =>
      eventPage(`${kind}, quoting ${isInFlight ? 'SND.UNA' : 'SND.UNA-1'}`, (at) =>
        icmp(at, kind, isInFlight),
      ),
    ),
  );
  return [
    '# User calls (RFC 9293 §3.10.1 to §3.10.6)',
    '',
    ...columns(EVENT_HEADS, calls),
    '',
    '# Timeouts (RFC 9293 §3.10.8)',
    '',
    'What comes first, before the peer is silent for ever:',
    '',
    ...prepared,
    '',
    ...columns(EVENT_HEADS, timeouts),
    '',
    '# ICMP errors (RFC 9293 §3.9.2.2)',
    '',
    ...columns(EVENT_HEADS, errors),
    '',
  ];
}

/** What a reader must know first. */
const INTRODUCTION = `What netcell does in every state with every event: generated from the rules of
test/rfc9293/table, each of whose answers the core has given (test/rfc9293/state-event.test.ts).

Numbers are relative to the ISN of the side they belong to. A row of 100 octets in flight begins at
SND.UNA 101, for 100 were acknowledged before; MAX.SND.WND is 65,535. Timestamps are off.

with, without   control bits that must be there, must not be there; the others do not matter.
                ACK stands in its own column. PSH matters nowhere.
SEG.SEQ         below         all of it lies before RCV.NXT
                across        it begins at RCV.NXT-1 and reaches over RCV.NXT
                edge          it begins at the last octet of the window
                beyond        it begins behind the window
                inside        RCV.NXT+1 or edge             from RCV.NXT   across or RCV.NXT
                acceptable    across to edge                unacceptable   below or beyond
                elsewhere     below, across or beyond
SEG.ACK         ancient       SND.UNA-MAX.SND.WND-1         oldest         SND.UNA-MAX.SND.WND
                old           SND.UNA-1                     beyond         SND.NXT+1
                text          all our text, not our FIN     in range       oldest to SND.NXT
                short of FIN  oldest to text                not our SYN    any ACK but SND.NXT
                not all       no ACK, or any but SND.NXT
takes           what of the segment has effect: its ACK (SND.UNA and window), text, FIN; "held" is
                text or a FIN that waits for what lies before it.
+URG            with URG there is the signal URGENT as well.
in order        no error.
decided by      the step of the section that decides.
(entry)         a listener's: its user holds the listener, and calls reach that.`;

/** The whole table. */
export function table(): string {
  const segments = ROWS.flatMap(({ name, at }) => segmentPage(name, at));
  const others = ROWS.length * (CALLS.length + TIMEOUTS.length + 2 * Object.keys(ICMP).length);
  const cells = ROWS.reduce((sum, { at }) => sum + eventsOf(at).length, others);
  const head = ['# SEGMENT ARRIVES (RFC 9293 §3.10.7)', ''];
  const size = `${cells} cells, of which ${others} are not segments.`;
  const lines = [INTRODUCTION, '', size, '', ...head, ...segments, ...eventPages()];
  return `${lines.join('\n').trimEnd()}\n`;
}
