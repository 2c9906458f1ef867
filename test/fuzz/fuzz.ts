/**
 * The fuzzer: episodes from every variant of a starting point until enough packets met the state.
 */
import { type Failure, report, runEpisode, type Tally } from './episode.ts';
import { type Start, startsOf } from './states.ts';
import { type Saved, World } from './world.ts';

/** One core and the memory it starts from. */
export class Fuzzer {
  readonly world = new World();
  readonly #fresh: Saved = this.world.save();
  readonly #starts = new Map<string, Start[]>();

  starts(name: string): Start[] {
    let starts = this.#starts.get(name);
    if (starts === undefined) {
      starts = startsOf(this.world, this.#fresh, name);
      this.#starts.set(name, starts);
    }
    return starts;
  }

  /** Variant `name, family, options` of a starting point. */
  start(variant: string): Start {
    const [name] = variant.split(/, IPv[46]/);
    const start = this.starts(name!).find((one) => one.name === variant);
    if (start === undefined) throw new Error(`no start '${variant}'`);
    return start;
  }

  /**
   * Runs episodes until `packets` packets have met the state.
   *
   * @returns the report of the first failure, undefined when there was none
   */
  run(name: string, seed: number, packets: number, tally: Tally): string | undefined {
    const starts = this.starts(name);
    const until = tally.inState + packets;
    for (let episode = 0; tally.inState < until; episode++) {
      const start = starts[episode % starts.length]!;
      const failure = runEpisode(this.world, start, seed, episode, tally);
      if (failure) return report(this.world, start, seed, episode, failure);
    }
    return undefined;
  }

  /** One episode again, told as `run` would. */
  replay(variant: string, seed: number, episode: number): string | undefined {
    const start = this.start(variant);
    const failure: Failure | undefined = runEpisode(this.world, start, seed, episode, {
      inState: 0,
      packets: 0,
    });
    return failure && report(this.world, start, seed, episode, failure);
  }
}
