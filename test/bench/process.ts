/**
 * A process of a bench: it says a line when it is ready, may wait for a line before it begins, and
 * ends with one line of JSON. Here are both sides of that, the starter's and its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process that was started here, in the namespace of this thread. */
export class Process<T> {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown[]>;
  readonly #lines: AsyncIterator<string>;

  constructor(file: string, parameters: readonly string[]) {
    const stdio = ['pipe', 'pipe', 'inherit'] as const;
    const node = ['--enable-source-maps', file, ...parameters];
    this.#child = spawn(process.execPath, node, { stdio: [...stdio] });
    // What has ended can not be told anything; its outcome says that it has.
    this.#child.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
    this.#closed = once(this.#child, 'close');
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Waits until it says that word. */
  async says(word: string): Promise<void> {
    const { value } = await this.#lines.next();
    if (value !== word) throw new Error(`a process of the bench is not ${word}: ${value}`);
  }

  /** Waits until it can begin. */
  ready(): Promise<void> {
    return this.says('ready');
  }

  /** Lets it go on. */
  begin(): void {
    this.#child.stdin!.write('go\n');
  }

  /** Ends it, whatever it does. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  /** What it has to tell in the end. */
  async outcome(): Promise<T> {
    const { value } = await this.#lines.next();
    const [code] = await this.#closed;
    if (code !== 0) throw new Error(`a process of the bench failed: ${code ?? 'killed'}`);
    return JSON.parse(value) as T;
  }
}

/** In a process of a bench: says a word, and waits until it may go on. */
export async function announce(word = 'ready'): Promise<void> {
  console.log(word);
  await once(process.stdin, 'data');
}

/** In a process of a bench: tells its outcome, and ends. */
export function conclude(outcome: unknown): never {
  console.log(JSON.stringify(outcome));
  process.exit(0);
}
