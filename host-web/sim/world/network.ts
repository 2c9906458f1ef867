/**
 * The network between simulated hosts: where a packet goes, by which rule or chance it fares, and
 * when it arrives.
 *
 * Every ordered pair of hosts is a way of its own, with a line of its own and a generator for each
 * impairment, so that switching loss on does not shift delays. Its state is plain numbers. Not
 * here: carrying packets, which the agenda does.
 */
import { NEVER } from '../../clock.ts';
import { Channel, type Dice, type Fate, fateOf, isGone, type Verdict } from '../../link/channel.ts';
import { markCongestion } from '../../link/ecn.ts';
import { type Impairment, type Settled, settle } from '../../link/netem.ts';
import { isMeant, parsePattern, type Pattern } from '../../link/pattern.ts';
import { Random } from '../../link/random.ts';
import { PacketReader, type PacketView, type ReaderState } from '../../link/segment.ts';
import { checkRule, type RuleSpec } from '../../link/simulated.ts';
import type { Scenario } from '../scenario.ts';
import type { Passage } from '../timeline/rows.ts';

interface Way {
  readonly channel: Channel;
  /** Packets on it now. */
  waiting: number;
}

const IMPAIRMENTS = ['loss', 'duplicate', 'corrupt', 'reorder', 'jitter'] as const;

/** A network as plain data. */
export interface NetworkState {
  readonly ways: Readonly<
    Record<string, { waiting: number; freeAt: number; impairment: Settled; dice: number[][] }>
  >;
  readonly ruleCounts: readonly number[];
  readonly watchCounts: readonly number[];
  readonly reader: ReaderState;
}

export class Network {
  readonly #hosts: readonly string[];
  readonly #addresses: ReadonlyMap<number | string, number>;
  readonly #link: NonNullable<Scenario['link']>;
  readonly #seed: number;
  readonly #rules: readonly { readonly spec: RuleSpec; readonly pattern: Pattern }[];
  readonly #reader = new PacketReader();
  #ruleCounts: number[];
  readonly #watched: readonly Pattern[];
  #watchCounts: number[];
  #ways = new Map<string, Way>();

  /**
   * @param addresses of each host, as octets, in the hosts' order
   * @param watched packets that steps wait for, by name and without number: `A.data`
   */
  constructor(
    spec: Scenario,
    hosts: readonly string[],
    addresses: readonly Uint8Array[],
    watched: readonly string[],
  ) {
    this.#hosts = hosts;
    this.#addresses = new Map(addresses.map((octets, i) => [keyOf(octets), i]));
    this.#link = spec.link ?? {};
    this.#seed = spec.seed ?? 1;
    this.#rules = (spec.rules ?? []).map((rule) => ({ spec: rule, pattern: checkRule(rule) }));
    this.#ruleCounts = this.#rules.map(() => 0);
    this.#watched = watched.map(parsePattern);
    this.#watchCounts = watched.map(() => 0);
  }

  get state(): NetworkState {
    const ways = [...this.#ways].map(([name, { channel, waiting }]) => {
      const dice = IMPAIRMENTS.map((kind) => [...channel.dice[kind].state]);
      const { freeAt, impairment } = channel;
      return [name, { waiting, freeAt, impairment, dice }] as const;
    });
    return {
      ways: Object.fromEntries(ways),
      ruleCounts: [...this.#ruleCounts],
      watchCounts: [...this.#watchCounts],
      reader: this.#reader.state,
    };
  }

  set state({ ways, ruleCounts, watchCounts, reader }: NetworkState) {
    this.#ways = new Map();
    for (const [name, { waiting, freeAt, impairment, dice }] of Object.entries(ways)) {
      const way = this.#way(name);
      way.waiting = waiting;
      way.channel.freeAt = freeAt;
      way.channel.impairment = impairment;
      IMPAIRMENTS.forEach((kind, i) => (way.channel.dice[kind].state = dice[i]!));
    }
    this.#ruleCounts = [...ruleCounts];
    this.#watchCounts = [...watchCounts];
    this.#reader.state = reader;
  }

  /** Changes what a way does from now on: `'A>B'`, or every way between the hosts. */
  impair(impairment: Impairment, way?: string): void {
    const settled = settle(impairment);
    for (const from of this.#hosts) {
      for (const to of this.#hosts) {
        const name = `${from}>${to}`;
        if (from !== to && (way === undefined || way === name)) {
          this.#way(name).channel.impairment = settled;
        }
      }
    }
  }

  /** What a way does now. */
  impairmentOf(way: string): Settled {
    return this.#way(way).channel.impairment;
  }

  /**
   * Judges a packet.
   *
   * @param edict what an edit wants done with this very packet, before any rule
   */
  send(from: number, octets: Uint8Array, now: number, edict?: Verdict): Passage {
    const host = this.#hosts[from]!;
    const view = this.#reader.read(octets, host, now);
    const to = this.#addresses.get(destinationOf(octets)) ?? -1;
    const ruled = this.#judge(view);
    const names = this.#namesOf(view);
    if (to < 0) {
      const cause = 'no such address';
      return { view, to, way: '', fate: 'unreachable', cause, names, arrivals: [] };
    }
    const name = `${host}>${this.#hosts[to]}`;
    const way = this.#way(name);
    const { fate, arrivals } = pass(way, view, now, ruled?.verdict ?? 'pass', edict);
    way.waiting += arrivals.length;
    const byRule = describeRule(ruled);
    const byNature = byRule === '' ? byChance(fate, way.channel.impairment) : byRule;
    const because = edict === undefined ? byNature : byHand(edict);
    const cause = fate === 'passed' ? '' : because;
    return { view, to, way: name, fate, cause, names, arrivals: arrivals.map(micros) };
  }

  /** Turns one bit of a packet on a way. */
  corrupt(way: string, octets: Uint8Array): void {
    this.#way(way).channel.corrupt(octets, octets.length);
  }

  /** A packet has left a way. */
  arrived(way: string): void {
    this.#way(way).waiting--;
  }

  #judge(view: PacketView): RuleSpec | undefined {
    let decided: RuleSpec | undefined;
    for (const [i, { spec, pattern }] of this.#rules.entries()) {
      if (!isMeant(pattern, view)) continue;
      const count = ++this.#ruleCounts[i]!;
      const isIt = pattern.number === 0 || pattern.number === count;
      if (isIt && decided === undefined) decided = spec;
    }
    return decided;
  }

  #namesOf(view: PacketView): string[] {
    const names: string[] = [];
    for (const [i, pattern] of this.#watched.entries()) {
      if (!isMeant(pattern, view)) continue;
      names.push(`${pattern.from}.${pattern.kind}#${++this.#watchCounts[i]!}`);
    }
    return names;
  }

  #way(name: string): Way {
    let way = this.#ways.get(name);
    if (way === undefined) {
      const { ways, ...common } = this.#link;
      const dice = Object.fromEntries(
        IMPAIRMENTS.map((kind) => [kind, new Random(seedOf(this.#seed, `${name} ${kind}`))]),
      ) as unknown as Dice;
      way = { channel: new Channel(settle({ ...common, ...ways?.[name] }), dice), waiting: 0 };
      this.#ways.set(name, way);
    }
    return way;
  }
}

/**
 * What a way does with a packet. An edict has the last word, but chance draws as it would have
 * without, so that whatever else is on the way fares as before: a branch differs from its parent
 * by what it was made for.
 */
function pass(
  { channel, waiting }: Way,
  { octets, length }: PacketView,
  now: number,
  ruled: Verdict,
  edict: Verdict | undefined,
): { fate: Fate; arrivals: number[] } {
  const busyUntil = channel.freeAt;
  const fate = channel.fateOf(ruled, waiting, edict === undefined ? octets : octets.slice());
  const times = isGone(fate) ? 0 : fate === 'duplicated' ? 2 : 1;
  const arrive = () => channel.arrivalOf(now, length, edict ?? ruled);
  const arrivals = Array.from({ length: times }, arrive);
  if (edict === undefined) return { fate, arrivals };
  const decreed = edict === 'mark' && !markCongestion(octets) ? 'passed' : fateOf(edict);
  if (isGone(decreed)) {
    channel.freeAt = busyUntil;
    return { fate: decreed, arrivals: [] };
  }
  const wanted = decreed === 'duplicated' ? 2 : 1;
  while (arrivals.length < wanted) arrivals.push(arrive());
  return { fate: decreed, arrivals: arrivals.slice(0, wanted) };
}

/** Whole microseconds, the core's own unit, never before that time. */
function micros(ms: number): number {
  return ms < NEVER ? Math.ceil(Math.round(ms * 1e6) / 1e3) / 1e3 : ms;
}

/** A seed for each source of chance, of the scenario's and its name (FNV-1a). */
export function seedOf(seed: number, name: string): number {
  let hash = 0x811c_9dc5 ^ seed;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x0100_0193);
  }
  return hash >>> 0;
}

function describeRule(rule: RuleSpec | undefined): string {
  if (rule === undefined) return '';
  const { packet, verdict } = rule;
  if (typeof verdict === 'object') return `rule delay('${packet}', '${verdict.delay}')`;
  return `rule ${verdict}('${packet}')`;
}

function byHand(edict: Verdict): string {
  return edict === 'pass' ? '' : `${fateOf(edict)} by hand`;
}

function byChance(fate: Fate, { loss, duplicate, corrupt, limit }: Settled): string {
  const percent = (share: number) => `${Math.round(share * 1e4) / 100}%`;
  switch (fate) {
    case 'lost':
      return `loss ${percent(loss)}`;
    case 'marked':
      return `mark ${percent(loss)}`;
    case 'duplicated':
      return `duplicate ${percent(duplicate)}`;
    case 'corrupted':
      return `corrupt ${percent(corrupt)}`;
    case 'refused':
      return `queue full: limit ${limit}`;
    default:
      return '';
  }
}

/** An address as a key; IPv4 may come mapped (RFC 4291 §2.5.5.2). */
function keyOf(octets: Uint8Array): number | string {
  const isMapped = octets.length === 16 && octets[10] === 0xff && octets[0] === 0;
  if (octets.length === 16 && !isMapped) return octets.join('.');
  return new DataView(octets.buffer, octets.byteOffset + octets.length - 4).getUint32(0);
}

function destinationOf(packet: Uint8Array): number | string {
  return keyOf(packet[0]! >> 4 === 4 ? packet.subarray(16, 20) : packet.subarray(24, 40));
}
