/**
 * Scenarios: one file names the hosts, what lies between them, what they do, what must come of it,
 * and what there is to learn. The web page plays it, `netcell sim` runs it, tests assert it.
 *
 * ```ts
 * export default scenario({
 *   id: 'fast-retransmit', title: 'Fast retransmit', topic: 'loss', rfc: ['RFC 5681 §3.2'],
 *   hosts: { A: {}, B: {} },
 *   link: { delay: '50ms' },
 *   rules: [drop('A.data#7')],
 *   steps: [
 *     at(0, 'B', { do: 'listen', port: 80 }),
 *     at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
 *     on('A:ESTABLISHED', 'A', { do: 'send', octets: 64_000 }),
 *   ],
 *   expect: [count('A.FAST_RETRANSMIT', 1), never('A.RETRANSMIT')],
 *   lesson: [card('Three duplicate ACKs …', { seek: 'A.FAST_RETRANSMIT' })],
 * })
 * ```
 *
 * It is plain data (functions here only make it), so it survives JSON, a link and a worker.
 *
 * **Marks** name what happens, in steps, expectations and lessons alike; `#n` says which, the first
 * by default:
 *
 * | mark | is |
 * |---|---|
 * | `A:ESTABLISHED` | a connection of A enters that state |
 * | `A.data#7` | A sends its seventh segment with text; kinds are in `link/pattern.ts` |
 * | `A.data#7 arrives` | … and it reaches the far end; `lost`: the link keeps it |
 * | `B.COOKIE_SENT` | a reason of the core (`Reason` in `abi.ts`) |
 * | `A.PERSIST` | a timer of A runs out (`Timer` in `abi.ts`) |
 * | `B.strange` | B's user reads octets that its peer's user did not send |
 * | `A.opened` | a signal to A's user: `opened accepted eof closed`, or an error: `A.ECONNRESET` |
 */
import type { Counter } from '../abi.ts';
import type { Impairment } from '../link/netem.ts';
import type { RuleSpec } from '../link/simulated.ts';
import type { Action } from './action.ts';

/** A host. A crafter has no stack: it sends packets made by hand, and is deaf. */
export interface HostSpec {
  readonly name?: string;
  /** By default A has 10.0.0.1, B 10.0.0.2 and X 10.0.0.66. */
  readonly address?: string;
  readonly crafter?: boolean;
  /** Settings by their sysctl's name. */
  readonly sysctl?: Readonly<Record<string, number>>;
  /** Limits of the core (`Config` in `abi.ts`). */
  readonly limits?: Readonly<Record<string, number>>;
}

/** What starts a step: a time (milliseconds, or `'2s'`), or a mark and a time after it. */
export interface Trigger {
  readonly at?: number | string;
  readonly on?: string;
  readonly after?: number | string;
}

export type Step = Trigger & { readonly host: string; readonly action: Action };

/** What must have come of it in the end. */
export type Expectation =
  /** The states a connection of a host went through, in order: `SYN-SENT ESTABLISHED`. */
  | {
      readonly kind: 'states';
      readonly host: string;
      readonly states: string;
      readonly nth: number;
    }
  /** How often a mark happened; -1 is "at least once". */
  | { readonly kind: 'count'; readonly mark: string; readonly count: number }
  /** Marks in the order they happened first. */
  | { readonly kind: 'order'; readonly marks: readonly string[] }
  /** When a mark happened, milliseconds, within so many. */
  | {
      readonly kind: 'time';
      readonly mark: string;
      readonly at: number;
      readonly within: number;
    }
  /** Octets a connection's user read, and how many of them were not what its peer sent. */
  | {
      readonly kind: 'received';
      readonly on: string;
      readonly octets: number;
      readonly strange: number;
    }
  /** A counter of a host. */
  | {
      readonly kind: 'counter';
      readonly host: string;
      readonly counter: keyof typeof Counter;
      readonly value: number;
    };

/** One card of a lesson: at most 120 words, our own. */
export interface LessonCard {
  readonly text: string;
  /** The mark it speaks of: where "show me" puts the cursor. */
  readonly seek?: string;
  /** The connection it speaks of, as actions name it: `B2`. Needed where its host has several. */
  readonly of?: string;
  /** Variable, panel or field to look at. */
  readonly focus?: string;
}

/** A second side of the same story: with cookies and without, MSL 0 against real. */
export interface Variant {
  readonly id: string;
  readonly title: string;
  readonly hosts?: Readonly<Record<string, HostSpec>>;
  readonly link?: Scenario['link'];
  readonly rules?: readonly RuleSpec[];
  readonly steps?: readonly Step[];
  readonly expect: readonly Expectation[];
  readonly lesson?: readonly LessonCard[];
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly topic: string;
  readonly rfc: readonly string[];
  /** One sentence for a list. */
  readonly summary: string;
  readonly hosts: Readonly<Record<string, HostSpec>>;
  /** What the link does, in netem's words; ways that differ by their ends: `'A>B'`. */
  readonly link?: Impairment & { readonly ways?: Readonly<Record<string, Impairment>> };
  readonly mtu?: number;
  readonly seed?: number;
  readonly rules?: readonly RuleSpec[];
  readonly steps: readonly Step[];
  /** Virtual time after which it ends, whatever is still to come; default ten minutes. */
  readonly until?: number | string;
  readonly expect: readonly Expectation[];
  readonly lesson: readonly LessonCard[];
  /** What differs in each variant; without any, there is one of no name. */
  readonly variants?: readonly Variant[];
}

/** Says that an object is a scenario. */
export function scenario(spec: Scenario): Scenario {
  return spec;
}

/** The scenario of one variant: its fields are added to the common ones, or replace them. */
export function variantOf(spec: Scenario, id?: string): Scenario {
  const { variants = [], ...common } = spec;
  const variant = id === undefined ? variants[0] : variants.find((one) => one.id === id);
  if (variant === undefined) {
    if (id === undefined) return common;
    const known = variants.map((one) => one.id).join(', ');
    throw new RangeError(
      `${spec.id} has no variant ${id}; it has ${known === '' ? 'none' : known}`,
    );
  }
  const hosts = Object.entries(common.hosts).map(([name, host]) => {
    const own = variant.hosts?.[name];
    return [name, { ...host, ...own, sysctl: { ...host.sysctl, ...own?.sysctl } }] as const;
  });
  return {
    ...common,
    id: `${spec.id}/${variant.id}`,
    title: `${spec.title}: ${variant.title}`,
    hosts: Object.fromEntries(hosts),
    link: { ...common.link, ...variant.link },
    rules: [...(common.rules ?? []), ...(variant.rules ?? [])],
    steps: [...common.steps, ...(variant.steps ?? [])],
    expect: [...common.expect, ...variant.expect],
    lesson: [...common.lesson, ...(variant.lesson ?? [])],
  };
}

/** Every variant of a scenario, each a scenario of its own; itself where it has none. */
export function variantsOf(spec: Scenario): Scenario[] {
  if (spec.variants === undefined || spec.variants.length === 0) return [variantOf(spec)];
  return spec.variants.map(({ id }) => variantOf(spec, id));
}

export { corrupt, delay, drop, duplicate, mark, type RuleSpec } from '../link/simulated.ts';

// Steps -------------------------------------------------------------------------

/** At a time, a host does something. */
export const at = (time: number | string, host: string, action: Action): Step => ({
  at: time,
  host,
  action,
});

/** When a mark happens, or so long after, a host does something. */
export const on = (mark: string, host: string, action: Action, after?: number | string): Step =>
  after === undefined ? { on: mark, host, action } : { on: mark, after, host, action };

// Expectations ------------------------------------------------------------------

/** The states the host's nth connection went through, CLOSED at the beginning left out. */
export const states = (host: string, list: string, nth = 1): Expectation => ({
  kind: 'states',
  host,
  states: list,
  nth,
});
export const count = (mark: string, times: number): Expectation => ({
  kind: 'count',
  mark,
  count: times,
});
export const happens = (mark: string): Expectation => count(mark, -1);
export const never = (mark: string): Expectation => count(mark, 0);
export const order = (...marks: readonly string[]): Expectation => ({ kind: 'order', marks });
export const time = (mark: string, ms: number, within = 0.5): Expectation => ({
  kind: 'time',
  mark,
  at: ms,
  within,
});
export const received = (connection: string, octets: number, strange = 0): Expectation => ({
  kind: 'received',
  on: connection,
  octets,
  strange,
});
export const counter = (host: string, name: keyof typeof Counter, value: number): Expectation => ({
  kind: 'counter',
  host,
  counter: name,
  value,
});

// Lessons -----------------------------------------------------------------------

/** A card of the lesson; line ends in the text are only spaces. */
export const card = (text: string, look: Omit<LessonCard, 'text'> = {}): LessonCard => ({
  text: text.replace(/\s+/g, ' ').trim(),
  ...look,
});
