/**
 * Runs of the loss bench: each in a process of its own, side by side as far as the machine carries
 * them.
 */
import { cpus } from 'node:os';
import { bundle, run } from '../../host/bundle.ts';
import { goodputExpected, nameOf } from './cells.ts';
import type { Outcome, Task } from './place.ts';

/** How much runs side by side: a line of 100 Mbit/s for each processor. */
const CAPACITY = 2 * cpus().length;

/** Mbit/s from which on a line needs a processor, and from which on all of them. */
const MUCH = 30;
const MOST = 400;

/** How much of the machine a run takes. BBR fills a line whatever it loses. */
function weightOf({ cell, congestion }: Task): number {
  const goodput = congestion === 'bbr' ? cell.rate : goodputExpected(cell);
  return goodput >= MOST ? CAPACITY : goodput >= MUCH ? cpus().length : 0.5;
}

/** Performs tasks, no more of them at once than the processors carry. */
export class Runs {
  readonly #router = bundle('test/bench/loss/router.ts');
  readonly #peer = bundle('test/bench/loss/peer.ts');
  readonly #waiting: (() => void)[] = [];
  #left = CAPACITY;

  /** One outcome for each sender of the task. */
  async perform(task: Task): Promise<Outcome[]> {
    const weight = weightOf(task);
    while (this.#left < weight) await new Promise<void>((wake) => this.#waiting.push(wake));
    this.#left -= weight;
    try {
      return await this.#performNow(task);
    } finally {
      this.#left += weight;
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  async #performNow(task: Task): Promise<Outcome[]> {
    const { outcome } = run(this.#router, [JSON.stringify(task), this.#peer]);
    const { code, stdout, stderr } = await outcome;
    if (code !== 0) throw new Error(`${nameOf(task.cell)}, ${task.senders.join(', ')}: ${stderr}`);
    return JSON.parse(stdout) as Outcome[];
  }
}
