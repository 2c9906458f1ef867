/**
 * Expectations: what a scenario says must have come of it, checked against what did.
 *
 * Everything is read off the timeline and the users' state at the end. Each check answers a
 * sentence, so that a run prints what it expected whether or not it came true.
 */
import { Counter, State } from '../abi.ts';
import { stateName } from '../inspect.ts';
import type { AppState, SocketState } from './world/app.ts';
import { eventOf, eventsOfBase, parseMark } from './timeline/mark.ts';
import { EVENT_KINDS, type Timeline } from './timeline/timeline.ts';
import type { Expectation } from './scenario.ts';

/** Whether one expectation came true. */
export interface Verdict {
  readonly ok: boolean;
  /** What was expected, in a sentence; and what was found, where it was something else. */
  readonly text: string;
  /** The event it speaks of, where there is one. */
  readonly event?: number;
}

/** What expectations are checked against. */
export interface Outcome {
  readonly timeline: Timeline;
  appOf(host: string): AppState | undefined;
}

export function check(outcome: Outcome, expectation: Expectation): Verdict {
  switch (expectation.kind) {
    case 'states':
      return checkStates(outcome, expectation);
    case 'count':
      return checkCount(outcome, expectation);
    case 'order':
      return checkOrder(outcome, expectation.marks);
    case 'time':
      return checkTime(outcome, expectation);
    case 'received':
      return checkReceived(outcome, expectation);
    case 'counter':
      return checkCounter(outcome, expectation);
  }
}

type Of<K extends Expectation['kind']> = Extract<Expectation, { kind: K }>;

function judge(ok: boolean, text: string, found: string, event?: number): Verdict {
  const said = ok ? text : `${text}, but ${found}`;
  return event === undefined ? { ok, text: said } : { ok, text: said, event };
}

/** The states a host's nth connection went through, as the trace tells them. */
export function statesOf(timeline: Timeline, host: string, nth: number): string[] {
  const { connections, events: e } = timeline;
  const mine = connections.filter((row) => row.host === host && row.kind === 'connection');
  const row = mine[nth - 1];
  if (row === undefined) return [];
  const kind = EVENT_KINDS.indexOf('state');
  const found: string[] = [];
  for (let i = 0; i < timeline.eventCount; i++) {
    if (e.kind.at(i) !== kind || e.connection.at(i) !== row.id) continue;
    found.push(stateName(e.b.at(i) as State));
  }
  return found;
}

function checkStates({ timeline }: Outcome, { host, nth, states }: Of<'states'>): Verdict {
  const found = statesOf(timeline, host, nth).join(' ');
  const whose = nth === 1 ? host : `${host}'s connection ${nth}`;
  return judge(found === states, `${whose} goes through ${states}`, `went through ${found}`);
}

function checkCount({ timeline }: Outcome, { mark, count }: Of<'count'>): Verdict {
  const parsed = parseMark(mark);
  if (mark.includes('#') || parsed.suffix !== '') {
    const event = eventOf(timeline, mark);
    const happened = event !== undefined;
    if (count === 0) return judge(!happened, `${mark} never happens`, 'it did', event);
    return judge(happened, `${mark} happens`, 'it did not', event);
  }
  const events = eventsOfBase(timeline, parsed);
  const found = `it happened ${events.length} times`;
  if (count === 0) return judge(events.length === 0, `${mark} never happens`, found, events[0]);
  if (count < 0) return judge(events.length > 0, `${mark} happens`, 'it did not', events[0]);
  const times = count === 1 ? 'once' : `${count} times`;
  return judge(events.length === count, `${mark} happens ${times}`, found, events[0]);
}

function checkOrder({ timeline }: Outcome, marks: readonly string[]): Verdict {
  const text = `in this order: ${marks.join(', ')}`;
  let last = -1;
  for (const mark of marks) {
    const event = eventOf(timeline, mark);
    if (event === undefined) return judge(false, text, `${mark} did not happen`);
    if (event <= last) return judge(false, text, `${mark} came earlier`, event);
    last = event;
  }
  return { ok: true, text };
}

function checkTime({ timeline }: Outcome, { mark, at, within }: Of<'time'>): Verdict {
  const event = eventOf(timeline, mark);
  const text = `${mark} at ${at / 1000} s`;
  if (event === undefined) return judge(false, text, 'it did not happen');
  const found = timeline.events.at.at(event);
  return judge(Math.abs(found - at) <= within, text, `it was at ${found / 1000} s`, event);
}

function checkReceived(outcome: Outcome, { on, octets, strange }: Of<'received'>): Verdict {
  const socket: SocketState | undefined = outcome
    .appOf(on[0]!)
    ?.sockets.find(({ name }) => name === on);
  const foreign = strange > 0 ? `, ${strange} of them not its own` : '';
  const text = `${on} reads ${octets} octets${foreign}`;
  const ok = socket?.received === octets && socket.strange === strange;
  return judge(ok, text, `it read ${socket?.received ?? 0}, ${socket?.strange ?? 0} not its own`);
}

function checkCounter({ timeline }: Outcome, given: Of<'counter'>): Verdict {
  const { host, counter, value } = given;
  const found = timeline.counterAt(host, Counter[counter], timeline.eventCount);
  return judge(found === value, `${host} counts ${counter} ${value}`, `it counted ${found}`);
}
