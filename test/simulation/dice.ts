/**
 * The generator of the simulated link, with the throws that fuzzing and simulation want.
 */
import { Random } from '../../host-web/link/random.ts';

/** Mixes numbers into one, so that neighbours have nothing in common. */
function mix(numbers: readonly number[]): number {
  let state = 0x811c_9dc5;
  for (const number of numbers) {
    state = Math.imul(state ^ number, 0x85eb_ca6b);
    state = Math.imul(state ^ (state >>> 15), 0xc2b2_ae35);
    state ^= state >>> 13;
  }
  return state;
}

/** A generator whose seed may be several numbers. */
export class Dice extends Random {
  constructor(...seeds: number[]) {
    super(mix(seeds));
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** As `between`, but each power of two is as likely as the next. */
  scale(least: number, most: number): number {
    return Math.floor(least * (most / least) ** this.fraction());
  }

  /** One of a list. */
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}
