/**
 * Simulated links: two stacks with a network between them, or an impairment around a link there is.
 *
 * What the network does is said in netem's words (`netem.ts`), by exact rules ("drop A's seventh
 * data segment"), or both. How it is done stands in `path.ts`. Works on the real clock and on a
 * virtual one.
 */
import { PacketFlag } from '../abi.ts';
import type { Clock } from '../clock.ts';
import { duration } from '../units.ts';
import { type Link, type LinkPort, PacketViews } from './link.ts';
import { type Impairment, settle } from './netem.ts';
import { type Medium, Path, type Rule, type Verdict, type Watch } from './path.ts';
import { Random } from './random.ts';
import { isMeant, parsePattern, type Pattern } from './pattern.ts';
import { PacketReader, type Side } from './segment.ts';

export interface SimulatedOptions extends Impairment {
  clock: Clock;
  /** Octets of the largest packet; default 1500. */
  mtu?: number;
  /** Of the generator; default 1. */
  seed?: number;
  /** What differs for packets A sends, and for those B sends. */
  a?: Impairment;
  b?: Impairment;
  rules?: readonly (Rule | RuleSpec)[];
  /** Is told of every packet. */
  watch?: Watch;
}

/** A link that can be changed while it works. */
export interface Simulation {
  /** Changes the impairment of one direction, or of both. */
  impair(impairment: Impairment, from?: Side): void;
  /** Adds a rule; answers a function that takes it away. */
  rule(rule: Rule | RuleSpec): () => void;
  /** Packets on the way. */
  readonly inFlight: number;
}

/** Makes a network; `a` and `b` are its ends, to be attached to a stack each. */
export function simulatedLink(options: SimulatedOptions): Simulation & { a: Link; b: Link } {
  const { mtu = 1500, a, b, ...common } = options;
  const rules = (options.rules ?? []).map(ruleOf);
  const medium = mediumOf(options, rules);
  const ends = { A: new SimulatedEnd(mtu), B: new SimulatedEnd(mtu) };
  const path = (from: Side, impairment: Impairment, to: SimulatedEnd) =>
    new Path(
      medium,
      from,
      settle(impairment),
      (octets, length) => to.deliver(octets, length),
      () => to.delivered(),
    );
  const paths = {
    A: path('A', { ...common, ...a }, ends.B),
    B: path('B', { ...common, ...b }, ends.A),
  };
  ends.A.path = paths.A;
  ends.B.path = paths.B;
  return { a: ends.A, b: ends.B, ...simulation(paths, rules) };
}

/**
 * Puts an impairment around a link there is: its stack is A, what lies behind it is B. The ordinary
 * way to see how a program behaves on a bad network.
 */
export function impaired(inner: Link, options: SimulatedOptions): Link & Simulation {
  return new ImpairedLink(inner, options);
}

function mediumOf(options: SimulatedOptions, rules: readonly Rule[]): Medium {
  const { clock, seed = 1, watch } = options;
  return { clock, rules, watch, random: new Random(seed), reader: new PacketReader() };
}

function simulation(paths: Record<Side, Path>, rules: Rule[]): Simulation {
  return {
    impair(impairment, from) {
      const settled = settle(impairment);
      if (from !== 'B') paths.A.impairment = settled;
      if (from !== 'A') paths.B.impairment = settled;
    },
    rule(given) {
      const rule = ruleOf(given);
      rules.push(rule);
      return () => {
        const at = rules.indexOf(rule);
        if (at >= 0) rules.splice(at, 1);
      };
    },
    get inFlight() {
      return paths.A.length + paths.B.length;
    },
  };
}

class SimulatedEnd implements Link {
  readonly mtu: number;
  path!: Path;
  #port: LinkPort | undefined;
  #source: PacketViews | undefined;
  #target: Uint8Array | undefined;

  constructor(mtu: number) {
    this.mtu = mtu;
  }

  attach(port: LinkPort): void {
    this.#port = port;
    this.#source = new PacketViews(port.memory, port.transmitAt);
    this.#target = new Uint8Array(port.memory, port.receiveAt, port.receiveSize);
  }

  send(length: number): boolean {
    return length <= this.mtu && this.path.send(this.#source!.atLeast(length), length);
  }

  flush(): void {
    this.path.flush();
  }

  /** What is on the way to the other side still arrives there. */
  close(): void {
    this.#port = undefined;
  }

  deliver(octets: Uint8Array, length: number): void {
    if (this.#port === undefined) return;
    this.#target!.set(octets);
    this.#port.input(length, PacketFlag.NONE);
  }

  delivered(): void {
    this.#port?.pump();
  }
}

class ImpairedLink implements Link, Simulation {
  readonly mtu: number;
  readonly impair: Simulation['impair'];
  readonly rule: Simulation['rule'];
  readonly #simulation: Simulation;
  readonly #inner: Link;
  readonly #paths: Record<Side, Path>;
  #port: LinkPort | undefined;
  #octets = new Uint8Array();
  #transmit: PacketViews | undefined;
  #receive: PacketViews | undefined;

  constructor(inner: Link, options: SimulatedOptions) {
    this.#inner = inner;
    this.mtu = inner.mtu;
    const { a, b, ...common } = options;
    const rules = (options.rules ?? []).map(ruleOf);
    const medium = mediumOf(options, rules);
    this.#paths = {
      A: new Path(
        medium,
        'A',
        settle({ ...common, ...a }),
        (octets, length) => this.#leave(octets, length),
        () => this.#guard(() => inner.flush?.()),
      ),
      B: new Path(
        medium,
        'B',
        settle({ ...common, ...b }),
        (octets, length) => this.#enter(octets, length),
        () => this.#port?.pump(),
      ),
    };
    this.#simulation = simulation(this.#paths, rules);
    this.impair = this.#simulation.impair;
    this.rule = this.#simulation.rule;
  }

  get inFlight(): number {
    return this.#simulation.inFlight;
  }

  attach(port: LinkPort): void {
    this.#port = port;
    this.#octets = new Uint8Array(port.memory);
    this.#transmit = new PacketViews(port.memory, port.transmitAt);
    this.#receive = new PacketViews(port.memory, port.receiveAt);
    this.#inner.attach({
      ...port,
      input: (length) =>
        this.#guard(() => this.#paths.B.send(this.#receive!.atLeast(length), length)),
      pump: () => this.#paths.B.flush(),
    });
  }

  /** A rule, a watch or the link within may throw: that costs this packet. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#port?.lost(error);
    }
  }

  send(length: number): boolean {
    return this.#paths.A.send(this.#transmit!.atLeast(length), length);
  }

  flush(): void {
    this.#paths.A.flush();
  }

  receive(): void {
    this.#inner.receive?.();
  }

  close(): void {
    this.#paths.A.close();
    this.#paths.B.close();
    this.#inner.close();
    this.#port = undefined;
  }

  advise(destination: string): void {
    this.#inner.advise?.(destination);
  }

  ref(): void {
    this.#inner.ref?.();
  }

  unref(): void {
    this.#inner.unref?.();
  }

  /** A packet of ours leaves: back into the transmit window, where the link looks for it. */
  #leave(octets: Uint8Array, length: number): void {
    if (this.#port === undefined) return;
    this.#octets.set(octets, this.#port.transmitAt);
    this.#guard(() => this.#inner.send(length));
  }

  #enter(octets: Uint8Array, length: number): void {
    if (this.#port === undefined) return;
    this.#octets.set(octets, this.#port.receiveAt);
    // What the link vouched for is not kept: the packet may have been damaged since.
    this.#port.input(length, PacketFlag.NONE);
  }
}

// Rules by name ------------------------------------------------------------------

/** A rule as plain data: what happens to the packets a pattern (`pattern.ts`) names. */
export interface RuleSpec {
  readonly packet: string;
  readonly verdict: Exclude<Verdict, 'pass'>;
}

/**
 * A rule for the packets a pattern names: `A.data#7` is A's seventh data segment, `B.syn#1` B's
 * first segment with SYN, `A.any#3` its third packet; without a number, all of them.
 */
export function when(packet: string, verdict: Exclude<Verdict, 'pass'>): RuleSpec {
  checkRule({ packet, verdict });
  return { packet, verdict };
}

/** @throws RangeError naming what is wrong */
export function checkRule({ packet, verdict }: RuleSpec): Pattern {
  if (typeof verdict === 'object') duration(verdict.delay);
  return parsePattern(packet);
}

/** The rule a specification stands for, with a count of its own. */
function ruleOf(given: Rule | RuleSpec): Rule {
  if (typeof given === 'function') return given;
  const pattern = checkRule(given);
  if (pattern.from > 'B') throw new RangeError(`${given.packet}: a link has two sides, A and B`);
  let count = 0;
  return (packet) => {
    if (!isMeant(pattern, packet)) return 'pass';
    count++;
    return pattern.number === 0 || count === pattern.number ? given.verdict : 'pass';
  };
}

/** Drops the packet a pattern names: `drop('A.data#7')`. */
export function drop(pattern: string): RuleSpec {
  return when(pattern, 'drop');
}

/** … carries it later than others by so much. */
export function delay(pattern: string, by: number | string): RuleSpec {
  return when(pattern, { delay: by });
}

/** … carries it twice. */
export function duplicate(pattern: string): RuleSpec {
  return when(pattern, 'duplicate');
}

/** … turns one bit of it. */
export function corrupt(pattern: string): RuleSpec {
  return when(pattern, 'corrupt');
}

/** … says of it that the network is congested, if its sender is ECN-capable (RFC 3168). */
export function mark(pattern: string): RuleSpec {
  return when(pattern, 'mark');
}
