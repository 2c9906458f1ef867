/**
 * The further threads of a verb that stays up: `--threads N`.
 *
 * Each has a queue of the device and, on it, a stack of its own with the verb's service; the main
 * thread has the first queue. They share nothing, so what is told of all is asked of each: calls go
 * by messages, and who ends meanwhile answers nothing more. Here is the main thread's side;
 * `thread.ts` is the other.
 *
 * A thread that ends by itself is told of, and the rest goes on: its connections are gone, and the
 * kernel deals new ones out to the others.
 */
import { realpathSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { TcpInfo } from '../../host-web/inspect.ts';
import type { Tun, TunQueue } from '../tun.ts';
import type { Side } from './device.ts';
import { Failure } from './failure.ts';
import type { Summary } from './report.ts';
import type { Watch } from './watch.ts';

/** What a further thread is given. */
export interface Errand {
  /** The command line: verb and words. */
  readonly words: readonly string[];
  readonly queue: TunQueue;
  readonly sides: readonly Side[];
}

/** What a thread can be asked. */
export interface Calls {
  /** Starts the verb's service. */
  serve(): void;
  summary(): Summary;
  /** The first sockets, at most so many, and how many there are. */
  first(most: number): { first: TcpInfo[]; held: number };
  /** Begins a report; answers its number, for `next`. */
  report(): number;
  /** The next lines of a report; undefined behind the last, or where they were not wanted. */
  next(report: number, isWanted: boolean): string | undefined;
  /** Begins to look; answers its number, for `look` and `unwatch`. */
  watch(filter: string): number;
  look(watch: number): string;
  unwatch(watch: number): void;
  /** Closes listeners, and connections properly. */
  endConnections(): void;
  /** Connections whose peer still expects something. */
  left(): number;
  /** Ends the stack and the thread. */
  close(): void;
}

export interface Question {
  readonly id: number;
  readonly call: keyof Calls;
  readonly given: readonly unknown[];
}

export interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  /** Why there is none. */
  readonly failed?: string;
}

/** How long a thread has to end by itself, milliseconds. */
const PATIENCE = 2000;

/** One thread, as another asks it. */
class Thread {
  readonly index: number;
  readonly gone: Promise<string>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (reply: Reply | undefined) => void>();
  #next = 0;
  #isGone = false;

  constructor(errand: Errand) {
    this.index = errand.queue.index;
    // The command line itself, which finds that it is a thread.
    this.#worker = new Worker(realpathSync(process.argv[1]!), { workerData: errand });
    this.#worker.on('message', (reply: Reply) => {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
    this.gone = new Promise((resolve) => {
      let why = '';
      this.#worker.once('error', (error: Error) => (why = `: ${error.message}`));
      this.#worker.once('exit', (code) => {
        this.#isGone = true;
        for (const settle of this.#waiting.values()) settle(undefined);
        this.#waiting.clear();
        resolve(why || ` with code ${code}`);
      });
    });
  }

  /** @returns undefined when the thread has ended. @throws Failure when it can not be done */
  async ask<Name extends keyof Calls>(
    call: Name,
    ...given: Parameters<Calls[Name]>
  ): Promise<ReturnType<Calls[Name]> | undefined> {
    if (this.#isGone) return undefined;
    const id = this.#next++;
    const reply = new Promise<Reply | undefined>((resolve) => this.#waiting.set(id, resolve));
    this.#worker.postMessage({ id, call, given } satisfies Question);
    const { answer, failed } = (await reply) ?? {};
    if (failed !== undefined) throw new Failure(`thread ${this.index}: ${failed}`);
    return answer as ReturnType<Calls[Name]>;
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE)));
    void this.ask('close');
    await Promise.race([this.gone, late]);
    clearTimeout(timer);
    // One that does not even hear is in the middle of its own work, and nowhere else.
    if (!this.#isGone) await this.#worker.terminate();
  }
}

export class Crew {
  readonly #threads: readonly Thread[];
  #isClosing = false;

  /** @param onLost hears why a thread has ended that was not asked to */
  constructor(tun: Tun, count: number, sides: readonly Side[], onLost: (sentence: string) => void) {
    const words = process.argv.slice(2);
    this.#threads = Array.from({ length: count - 1 }, (_, i) => {
      return new Thread({ words, queue: tun.queue(i + 1), sides });
    });
    for (const { index, gone } of this.#threads) {
      void gone.then((why) => {
        if (this.#isClosing) return;
        onLost(`  thread ${index} has ended${why}; its connections are gone, the others go on`);
      });
    }
  }

  async #all<Name extends keyof Calls>(
    call: Name,
    ...given: Parameters<Calls[Name]>
  ): Promise<ReturnType<Calls[Name]>[]> {
    const answers = await Promise.all(this.#threads.map((thread) => thread.ask(call, ...given)));
    return answers.filter((answer) => answer !== undefined) as ReturnType<Calls[Name]>[];
  }

  /** Waits until every thread has its stack. @throws Failure when one can not */
  async attached(): Promise<void> {
    const there = await this.#all('left');
    if (there.length === this.#threads.length) return;
    this.#isClosing = true;
    const why = await Promise.race(this.#threads.map(({ gone }) => gone));
    throw new Failure(`a thread has ended at its start${why}`);
  }

  async serve(): Promise<void> {
    await this.#all('serve');
  }

  summaries(): Promise<Summary[]> {
    return this.#all('summary');
  }

  first(most: number): Promise<{ first: TcpInfo[]; held: number }[]> {
    return this.#all('first', most);
  }

  async endConnections(): Promise<void> {
    await this.#all('endConnections');
  }

  async left(): Promise<number> {
    return (await this.#all('left')).reduce((sum, left) => sum + left, 0);
  }

  /** What each thread has to report, by its number. */
  reports(): { thread: number; lines: AsyncIterable<string> }[] {
    return this.#threads.map((thread) => ({ thread: thread.index, lines: linesOf(thread) }));
  }

  /** Begins to look at the stack of each thread. @throws Failure when one can not be */
  async watches(filter: string): Promise<Watch[]> {
    const watches = await Promise.all(
      this.#threads.map(async (thread) => ({ thread, id: await thread.ask('watch', filter) })),
    );
    return watches.map(({ thread, id }) => ({
      read: async () => (id === undefined ? '' : ((await thread.ask('look', id)) ?? '')),
      close: () => void thread.ask('unwatch', id ?? 0),
    }));
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

async function* linesOf(thread: Thread): AsyncGenerator<string, void> {
  const report = await thread.ask('report');
  if (report === undefined) return;
  try {
    for (;;) {
      const lines = await thread.ask('next', report, true);
      if (lines === undefined) return;
      yield lines;
    }
  } finally {
    void thread.ask('next', report, false);
  }
}
