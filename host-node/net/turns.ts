/**
 * Turns of their own for what handles tell: as libuv tells of I/O, an event each, never inside the
 * pump nor behind a promise of a program's, and ticks run between two.
 *
 * Events of one moment share a turn of the event loop, and what programs send meanwhile goes out
 * together at its end.
 */
import type { Stack } from '../../host-web/stack.ts';
import { perStack } from './per-stack.ts';

/** Runs ticks and promises that wait, as Node does behind each event. */
const runTicks = (process as unknown as { _tickCallback(): void })._tickCallback;

export class Turns {
  readonly #stack: Stack;
  #tasks: (() => void)[] = [];
  #isAwaited = false;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  /** Calls a task in a turn of its own, behind those before it. */
  tell(task: () => void): void {
    this.#tasks.push(task);
    this.#await();
  }

  #await(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    this.#stack.clock.turn(this.#onTurn);
  }

  readonly #onTurn = (): void => {
    this.#isAwaited = false;
    const tasks = this.#tasks;
    this.#tasks = [];
    this.#stack.batch(() => this.#run(tasks));
  };

  #run(tasks: (() => void)[]): void {
    let next = 0;
    try {
      while (next < tasks.length) {
        if (next > 0) runTicks();
        tasks[next++]!();
      }
    } finally {
      // What a listener throws is nobody's but its own: the others have their turn.
      if (next < tasks.length) {
        this.#tasks = [...tasks.slice(next), ...this.#tasks];
        this.#await();
      }
    }
  }
}

export const turnsOf = perStack((stack) => new Turns(stack));
