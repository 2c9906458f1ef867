/**
 * A universe: two cores, their users and the links between them, all from one seed, on virtual
 * time.
 *
 * The oracle is short: every octet written is read, once, in order, and both sides close; after
 * TIME-WAIT every pool is back where it started. A link is a row of the product's own paths,
 * composed left to right: `wire(clock, dice, a, [{ delay: 20 }, { loss: 0.05 }], b)`.
 */
import { Result } from '../../host-web/abi.ts';
import { NEVER, VirtualClock } from '../../host-web/clock.ts';
import { type Impairment, settle } from '../../host-web/link/netem.ts';
import { Path } from '../../host-web/link/path.ts';
import { PacketReader, type Side } from '../../host-web/link/segment.ts';
import { describe } from '../fuzz/describe.ts';
import { get32, V4, V6, mapped } from '../fuzz/wire.ts';
import { Dice } from './dice.ts';
import { type Manner, Node, Stall } from './node.ts';

/** Octets each side writes. */
export const TOTAL = 1 << 20;
/** Virtual time a universe may take before it is a stall. */
const LONGEST_MS = 4 * 3_600_000;
const EPOCH = 1_000;
/** Rungs of a ladder that a failing run prints. */
const RUNGS = 70;

/** The weather: what the links do to packets. */
export interface Weather {
  readonly loss: number;
  readonly reorder: boolean;
  readonly duplicate: boolean;
  readonly corrupt: boolean;
  /** Milliseconds after which the link carries nothing any more. */
  readonly cutAtMs?: number;
  /** What differs from the seed's choice, for both sides. */
  readonly manner?: Partial<Manner>;
}

/** What a run came to. */
export interface Outcome {
  readonly seconds: number;
  readonly packets: number;
  /** How the connection ended for A and for B. */
  readonly results: readonly [Result, Result];
}

const patternOf = (seed: number): Buffer => {
  const dice = new Dice(seed);
  return Buffer.from(Uint32Array.from({ length: TOTAL / 4 }, () => dice.next()).buffer);
};
export const PATTERNS = [patternOf(1), patternOf(2)] as const;

/** Who is told of packets: `>` from A to B, `<` from B to A, or `x` when the link keeps it. */
export type Watch = (at: number, from: Side, octets: Uint8Array, length: number) => void;

/** Lays one direction of a link: packets pass the impairments from left to right. */
export function wire(
  clock: VirtualClock,
  dice: Dice,
  from: Node,
  impairments: readonly Impairment[],
  to: Node,
  side: Side,
  watch?: Watch,
): void {
  const medium = { clock, random: dice, reader: new PacketReader(), rules: [], watch: undefined };
  let deliver = (octets: Uint8Array, length: number): void => to.deliver(octets, length);
  let delivered = (): void => to.delivered();
  for (const impairment of impairments.toReversed()) {
    const path = new Path(medium, side, settle(impairment), deliver, delivered);
    deliver = (octets, length) => void path.send(octets, length);
    delivered = () => path.flush();
  }
  from.flush = delivered;
  from.send =
    watch === undefined
      ? deliver
      : (octets, length) => {
          watch(clock.now(), side, octets, length);
          deliver(octets, length);
        };
}

function weatherStages(weather: Weather, dice: Dice, delayMs: number): Impairment[] {
  const stages: Impairment[] = [{ delay: delayMs, limit: 20_000 }];
  // Half of the networks mark what they can instead of losing it.
  if (weather.loss > 0) stages.push({ loss: weather.loss, ecn: dice.chance(0.5) });
  if (weather.duplicate) stages.push({ duplicate: 0.02 });
  if (weather.corrupt) stages.push({ corrupt: 0.01 });
  if (weather.reorder) {
    stages.push({ delay: delayMs / 4, jitter: (delayMs / 4) * dice.fraction(), reorder: 0.05 });
  }
  return stages;
}

/** A side that does nothing remarkable: IPv4, every option, buffers of 64 KiB, nothing to write. */
export function plainManner(isA: boolean, own: Partial<Manner> = {}): Manner {
  return {
    address: mapped(isA ? V4.local : V4.remote),
    peer: mapped(isA ? V4.remote : V4.local),
    port: isA ? 4_001 : 4_002,
    peerPort: isA ? 4_002 : 4_001,
    isActive: isA,
    mtu: 1_500,
    mss: 0,
    receiveBuffer: 65_536,
    sendBuffer: 65_536,
    timestamps: 1,
    scaling: 1,
    sack: 1,
    ecn: 2,
    nagle: 1,
    delayedAckMs: 40,
    keepAlive: 0,
    writes: 65_536,
    reads: 65_536,
    readsEveryMs: 0,
    closesFirst: isA,
    total: 0,
    pages: 0,
    ...own,
  };
}

/** Both sides' manners, from the seed. */
function manners(dice: Dice): [Manner, Manner] {
  const isV4 = dice.chance(0.6);
  const family = isV4 ? V4 : V6;
  const both = dice.chance(0.1);
  const manner = (isA: boolean): Manner => ({
    address: mapped(isA ? family.local : family.remote),
    peer: mapped(isA ? family.remote : family.local),
    port: isA ? 4_001 : 4_002,
    peerPort: isA ? 4_002 : 4_001,
    isActive: isA || both,
    mtu: dice.chance(0.5) ? 1_500 : dice.between(isV4 ? 576 : 1_280, 1_500),
    mss: dice.chance(0.6) ? 0 : dice.scale(256, 1_460),
    receiveBuffer: dice.scale(2_000, 500_000),
    sendBuffer: dice.scale(2_000, 500_000),
    timestamps: dice.below(2),
    scaling: dice.below(2),
    sack: dice.below(2),
    ecn: dice.below(3),
    nagle: dice.below(2),
    delayedAckMs: dice.pick([0, 10, 40, 200]),
    keepAlive: dice.chance(0.1) ? 1 : 0,
    writes: dice.scale(10, 65_536),
    reads: dice.scale(10, 65_536),
    readsEveryMs: dice.chance(0.7) ? 0 : dice.below(100),
    closesFirst: dice.chance(0.7),
    total: TOTAL,
    pages: 0,
  });
  const pair: [Manner, Manner] = [manner(true), manner(false)];
  // Somebody has to close first.
  if (!pair[0].closesFirst && !pair[1].closesFirst) pair[dice.below(2)]!.closesFirst = true;
  return pair;
}

export class Universe {
  readonly clock = new VirtualClock(EPOCH);
  readonly a: Node;
  readonly b: Node;
  readonly #weather: Weather;
  readonly #seed: number;

  constructor(weather: Weather, seed: number, watch?: Watch) {
    this.#weather = weather;
    this.#seed = seed;
    const dice = new Dice(seed);
    const [first, second] = manners(dice).map((manner) => ({ ...manner, ...weather.manner }));
    const delayMs = dice.scale(1, 100);
    this.a = new Node('A', this.clock, dice, first!, PATTERNS[0], PATTERNS[1]);
    this.b = new Node('B', this.clock, dice, second!, PATTERNS[1], PATTERNS[0]);
    wire(this.clock, dice, this.a, weatherStages(weather, dice, delayMs), this.b, 'A', watch);
    wire(this.clock, dice, this.b, weatherStages(weather, dice, delayMs), this.a, 'B', watch);
    if (weather.cutAtMs !== undefined) this.#cutAt(EPOCH + weather.cutAtMs);
  }

  #cutAt(at: number): void {
    for (const node of [this.a, this.b]) {
      const { send } = node;
      node.send = (octets, length) => {
        if (this.clock.now() < at) send(octets, length);
      };
    }
  }

  /** Runs to the end of everything. @throws Stall */
  run(): Outcome {
    const { a, b, clock } = this;
    a.start();
    b.start();
    while (!a.isDone || !b.isDone) {
      if (clock.now() > EPOCH + LONGEST_MS) throw new Stall('the transfer takes for ever');
      if (!clock.step()) throw new Stall('nothing is due, and the transfer is not over');
    }
    const seconds = (clock.now() - EPOCH) / 1_000;
    if (this.#weather.cutAtMs === undefined) {
      this.#judge(a, b);
      this.#judge(b, a);
    }
    a.release();
    b.release();
    for (let steps = 0; clock.nextAt() < NEVER; steps++) {
      if (steps > 10_000) throw new Stall('timers go on for ever after the end');
      clock.step();
    }
    for (const node of [a, b]) {
      if (node.leaks() !== '') throw new Stall(`${node.name} leaks ${node.leaks()}`);
    }
    return { seconds, packets: a.packets + b.packets, results: [a.result!, b.result!] };
  }

  #judge(node: Node, peer: Node): void {
    if (node.result !== Result.OK) throw new Stall(`${node.name} ended: ${Result[node.result!]}`);
    if (node.received !== peer.manner.total) {
      throw new Stall(`${node.name} read ${node.received} of ${peer.manner.total}, then the end`);
    }
  }

  /** What a failing run has to tell. */
  describe(): string {
    return [
      `    seed ${this.#seed}, weather ${JSON.stringify(this.#weather)}`,
      `    at ${(this.clock.now() - EPOCH) / 1_000} s`,
      ...[this.a, this.b].map((node) => `    ${node.describe()}\n      ${mannerOf(node)}`),
    ].join('\n');
  }
}

function mannerOf(node: Node): string {
  const { address: _, peer: __, ...rest } = node.manner;
  return JSON.stringify(rest).replaceAll('"', '');
}

/** Runs a universe; answers its outcome, or the report of how it failed. */
export function live(weather: Weather, seed: number): Outcome | string {
  const universe = new Universe(weather, seed);
  try {
    return universe.run();
  } catch (error) {
    return report(weather, seed, error);
  }
}

/** Runs it again, with its ladder: the rungs that led to the end. */
function report(weather: Weather, seed: number, error: unknown): string {
  const rungs: string[] = [];
  const isns = { A: 0, B: 0 };
  const universe = new Universe(weather, seed, (at, side, octets, length) => {
    const header = octets[0]! >> 4 === 4 ? 20 : 40;
    if ((octets[header + 13]! & 2) !== 0) isns[side] = get32(octets, header + 4);
    const origins = { localPort: 4_001, iss: isns.A, irs: isns.B };
    const text = describe(octets, 0, length, origins);
    rungs.push(
      `${((at - EPOCH) / 1_000).toFixed(6).padStart(14)} ${side === 'A' ? '>' : '<'} ${text}`,
    );
    if (rungs.length > 2 * RUNGS) rungs.splice(0, RUNGS);
  });
  try {
    universe.run();
  } catch (again) {
    if (!(again instanceof Error)) throw again;
    const lines = [again.message, universe.describe(), ...rungs.slice(-RUNGS)];
    if (!(again instanceof Stall)) lines.push(again.stack ?? '');
    return lines.join('\n');
  }
  return `it failed once only, so something is not deterministic: ${String(error)}`;
}

/** Every combination of weathers. */
export function weathers(): Weather[] {
  const all: Weather[] = [];
  for (const loss of [0, 0.01, 0.05]) {
    for (let bits = 0; bits < 8; bits++) {
      const [reorder, duplicate, corrupt] = [1, 2, 4].map((bit) => (bits & bit) !== 0);
      all.push({ loss, reorder: reorder!, duplicate: duplicate!, corrupt: corrupt! });
    }
  }
  return all;
}

/** A weather in netem's words. */
export function nameOf(weather: Weather): string {
  const words = [`loss ${weather.loss * 100}%`];
  for (const word of ['reorder', 'duplicate', 'corrupt'] as const)
    if (weather[word]) words.push(word);
  return words.join(' ');
}
