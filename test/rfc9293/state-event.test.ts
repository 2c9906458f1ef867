/**
 * Every state with every event: what the rules of `table/` decide is what the core does.
 *
 * The rules are written from the RFC and know nothing of the core; the table they print stands
 * beside this file, to be read. A cell the rules do not decide, a cell where the core differs, an
 * arrow too many or too few and a stale table each fail a test.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Bench } from './table/drive.ts';
import { driveCall, driveIcmp, driveTimeout } from './table/drive-calls.ts';
import { arrivalOf, eventsOf } from './table/events.ts';
import { type Facts, factsOf, type Outcome } from './table/model.ts';
import { table } from './table/print.ts';
import { type Row, ROWS } from './table/rows.ts';
import { segmentArrives } from './table/rules-arrives.ts';
import { CALLS, userCall } from './table/rules-calls.ts';
import { ICMP, icmp, type Icmp, timeout, TIMEOUTS } from './table/rules-timeouts.ts';

const ERRORS = Object.keys(ICMP) as Icmp[];

/** Where the core and the rules differ, each kind of difference once, with its first event. */
class Differences {
  readonly #kinds = new Map<string, { count: number; first: string }>();

  add(event: unknown, wish: object, got: object): void {
    const actual = new Map(Object.entries(got));
    const kind = Object.entries(wish)
      .map(([field, value]) => [field, JSON.stringify(value), JSON.stringify(actual.get(field))])
      .filter(([, wished, found]) => wished !== found)
      .map(([field, wished, found]) => `${field}: the rules say ${wished}, the core ${found}`)
      .join('; ');
    if (kind === '') return;
    const known = this.#kinds.get(kind);
    if (known) known.count++;
    else this.#kinds.set(kind, { count: 1, first: JSON.stringify(event) });
  }

  /** One line a kind. */
  list(): string[] {
    return [...this.#kinds].map(([kind, { count, first }]) => `${count} x ${first}: ${kind}`);
  }
}

/** Octets that wait for RECEIVE where the window is closed. */
const unreadOf = ({ at }: Row): number => (at.rcvWnd === 0 ? at.rcvNxt - 51 : 0);

test.each(ROWS)('$name: every segment', (row) => {
  const bench = new Bench(row);
  const differences = new Differences();
  for (const event of eventsOf(row.at)) {
    const seg = arrivalOf(row.at, event);
    const facts = bench.cell(() => {
      bench.arrive(seg);
      return '';
    });
    differences.add(event, factsOf(segmentArrives(row.at, seg)), facts);
  }
  bench.restore();
  expect(differences.list()).toEqual([]);
});

test.each(ROWS)('$name: every call, timeout and ICMP error', (row) => {
  const bench = new Bench(row);
  expect(bench.unread).toBe(unreadOf(row));
  const differences = new Differences();
  for (const call of CALLS) {
    differences.add(call, factsOf(userCall(row.at, call, unreadOf(row))), driveCall(bench, call));
  }
  for (const kind of TIMEOUTS) {
    const outcome = timeout(row.at, kind);
    const facts: Facts | { result: string } = driveTimeout(bench, kind) ?? { result: 'never' };
    // Of a timeout that never comes there is nothing else to compare.
    const isNever = outcome.result === 'never' || facts.result === 'never';
    differences.add(kind, isNever ? { result: outcome.result } : factsOf(outcome), facts);
  }
  for (const kind of ERRORS) {
    for (const isInFlight of [true, false]) {
      const facts = driveIcmp(bench, kind, isInFlight);
      differences.add([kind, isInFlight], factsOf(icmp(row.at, kind, isInFlight)), facts);
    }
  }
  bench.restore();
  expect(differences.list()).toEqual([]);
});

/** What the rules say of every cell of a row. */
function outcomesOf(row: Row): Outcome[] {
  return [
    ...eventsOf(row.at).map((event) => segmentArrives(row.at, arrivalOf(row.at, event))),
    ...CALLS.map((call) => userCall(row.at, call, unreadOf(row))),
    ...TIMEOUTS.map((kind) => timeout(row.at, kind)),
    ...ERRORS.flatMap((kind) => [true, false].map((flying) => icmp(row.at, kind, flying))),
  ];
}

test('every cell is decided, and by a step that has a name', () => {
  const outcomes = ROWS.flatMap(outcomesOf);
  expect(outcomes.length).toBeGreaterThan(34_000);
  expect(outcomes.filter((outcome) => outcome.rules.length === 0)).toEqual([]);
});

/** RFC 9293 §3.3.2, Figure 5, but for SEND in LISTEN: a listener stays one here. */
const FIGURE_5 = [
  'CLOSED -> LISTEN',
  'CLOSED -> SYN-SENT',
  'LISTEN -> SYN-RECEIVED',
  'LISTEN -> CLOSED',
  'SYN-SENT -> SYN-RECEIVED',
  'SYN-SENT -> ESTABLISHED',
  'SYN-SENT -> CLOSED',
  'SYN-RECEIVED -> LISTEN',
  'SYN-RECEIVED -> ESTABLISHED',
  'SYN-RECEIVED -> FIN-WAIT-1',
  'ESTABLISHED -> FIN-WAIT-1',
  'ESTABLISHED -> CLOSE-WAIT',
  'FIN-WAIT-1 -> FIN-WAIT-2',
  'FIN-WAIT-1 -> CLOSING',
  'FIN-WAIT-2 -> TIME-WAIT',
  'CLOSE-WAIT -> LAST-ACK',
  'CLOSING -> TIME-WAIT',
  'LAST-ACK -> CLOSED',
  'TIME-WAIT -> CLOSED',
];
/** Not drawn, but said in its notes and in §3.10: a RST, ABORT and timeouts end any connection. */
const ENDS = [
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
].map((state) => `${state} -> CLOSED`);

const taken = (): string[] => [...new Set(ROWS.flatMap(outcomesOf).flatMap(({ path }) => path))];

test('every arrow of Figure 5 is taken by some cell, and no other by any', () => {
  expect(taken().sort()).toEqual([...FIGURE_5, ...ENDS].sort());
});

test("the core's own diagram allows these arrows", () => {
  const source = readFileSync(new URL('../../assembly/tcp/state.ts', import.meta.url), 'utf8');
  const name = (state: string) => state.replaceAll('_', '-');
  const allowed = [...source.matchAll(/case State\.(\w+):\s+(?:\/\/.*\s+)?return ([^;]+);/g)]
    .flatMap(([, from = '', to = '']) =>
      [...to.matchAll(/State\.(\w+)/g)].map(([, state = '']) => `${name(from)} -> ${name(state)}`),
    )
    .sort();
  const all = taken();
  // A SYN-queue entry is a record of its own, which neither comes from a TCB in LISTEN nor returns
  // to one.
  const ofEntries = ['LISTEN -> SYN-RECEIVED', 'SYN-RECEIVED -> LISTEN'];
  expect(all.filter((arrow) => !allowed.includes(arrow)).sort()).toEqual(ofEntries);
  // It gets its TCB when it opens. Note 2's arrow is two here: the fifth check, then the eighth.
  const besides = ['CLOSED -> SYN-RECEIVED'];
  expect(allowed.filter((arrow) => !all.includes(arrow))).toEqual(besides);
});

test('the table to be read is the one that was tested', () =>
  expect(table()).toMatchFileSnapshot('state-event.txt'));
