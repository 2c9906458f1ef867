/**
 * What one direction of a link decides about a packet: its fate, and when it arrives.
 *
 * Order of fates, as in netem: rules, loss, duplication, corruption, the queue's limit; then the
 * line, then the delay. No clock and no packets here: `path.ts` carries them on any clock, the
 * simulator's `network.ts` in its own agenda, and both ask this. Its state is a few numbers.
 */
import { duration } from '../units.ts';
import { markCongestion } from './ecn.ts';
import type { Settled } from './netem.ts';
import type { Random } from './random.ts';

/** What a rule wants done. */
export type Verdict =
  | 'pass'
  | 'drop'
  | 'duplicate'
  | 'corrupt'
  /** Congestion experienced (RFC 3168); a packet that is not ECN-capable passes as it is. */
  | 'mark'
  | { readonly delay: number | string };

/**
 * What became of a packet: `lost` by chance, `dropped` by a rule, `refused` by a full queue,
 * `marked` in place of being lost.
 */
export type Fate =
  | 'passed'
  | 'delayed'
  | 'lost'
  | 'dropped'
  | 'refused'
  | 'duplicated'
  | 'corrupted'
  | 'marked';

/**
 * Where chance comes from: one generator for everything, or one for each impairment, so that
 * switching one on does not change what the others do.
 */
export interface Dice {
  readonly loss: Random;
  readonly duplicate: Random;
  readonly corrupt: Random;
  readonly reorder: Random;
  readonly jitter: Random;
}

const BY_VERDICT: Readonly<Record<Exclude<Verdict, object>, Fate>> = {
  pass: 'passed',
  drop: 'dropped',
  duplicate: 'duplicated',
  corrupt: 'corrupted',
  mark: 'marked',
};

/** The fate a verdict asks for. */
export function fateOf(verdict: Verdict): Fate {
  return typeof verdict === 'object' ? 'delayed' : BY_VERDICT[verdict];
}

export class Channel {
  impairment: Settled;
  readonly dice: Dice;
  /** When the line has sent everything it was given. */
  freeAt = 0;

  constructor(impairment: Settled, dice: Dice) {
    this.impairment = impairment;
    this.dice = dice;
  }

  /**
   * The fate of a packet, whose octets get the mark where that is its fate.
   *
   * @param waiting packets on the way already
   */
  fateOf(verdict: Verdict, waiting: number, octets: Uint8Array): Fate {
    const { impairment, dice } = this;
    let fate = fateOf(verdict);
    if (fate === 'marked' && !markCongestion(octets)) fate = 'passed';
    if (fate === 'passed' && dice.loss.chance(impairment.loss)) {
      fate = impairment.ecn && markCongestion(octets) ? 'marked' : 'lost';
    }
    if (fate === 'passed' && dice.duplicate.chance(impairment.duplicate)) fate = 'duplicated';
    if (fate === 'passed' && dice.corrupt.chance(impairment.corrupt)) fate = 'corrupted';
    if (!isGone(fate) && waiting >= impairment.limit) fate = 'refused';
    return fate;
  }

  /** When a packet that enters now arrives; the line is busy until then. */
  arrivalOf(now: number, length: number, verdict: Verdict): number {
    const { delay, jitter, reorder, rate } = this.impairment;
    const { dice } = this;
    const extra = typeof verdict === 'object' ? duration(verdict.delay) : 0;
    this.freeAt = Math.max(now, this.freeAt) + (8000 * length) / rate;
    const isFirst = dice.reorder.chance(reorder);
    const varied = jitter > 0 ? delay + jitter * (2 * dice.jitter.fraction() - 1) : delay;
    return this.freeAt + extra + (isFirst ? 0 : Math.max(varied, 0));
  }

  /** Turns one bit of a packet. */
  corrupt(octets: Uint8Array, length: number): void {
    const random = this.dice.corrupt;
    octets[random.below(length)]! ^= 1 << random.below(8);
  }
}

/** Whether a packet of that fate never arrives. */
export function isGone(fate: Fate): boolean {
  return fate === 'lost' || fate === 'dropped' || fate === 'refused';
}

/** One generator for every impairment. */
export function sameDice(random: Random): Dice {
  return { loss: random, duplicate: random, corrupt: random, reorder: random, jitter: random };
}
