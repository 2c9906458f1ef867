/**
 * Waiting until a descriptor is readable, beside Node's event loop.
 *
 * Two ways to wait, the same for the caller:
 *
 * - **loop**: `koffi.node.poll`, a libuv poll handle in Node's own loop. A wake-up costs what a
 *   socket's costs; an idle round trip through a TUN takes about 10 µs.
 * - **thread**: `poll(2)` on a libuv worker thread, for runtimes without the handle. Each wait
 *   occupies one of the (by default four) threads that `fs` and `dns` share, and costs two thread
 *   switches, so a round trip takes ten times as long. The wait is finite, because one without end
 *   would hang `process.exit`.
 *
 * Both are level-triggered: a callback that left something unread is called again.
 */
import type Koffi from 'koffi';
import { koffi, libc } from './libc.ts';

/** How to wait; `loop` where there is a choice. */
export type Waiting = 'loop' | 'thread';

/** A wait under way. After `close` nothing more is called; close it before the descriptor. */
export interface Readiness {
  /** Whether waiting keeps the process alive; it does until `unref`. */
  ref(): void;
  unref(): void;
  close(): void;
}

/**
 * Call `onReady` whenever `fd` is readable, or has failed: reading then says how. `onReady` must
 * not throw: koffi would deliver no later event.
 */
export function waitReadable(fd: number, onReady: () => void, waiting?: Waiting): Readiness {
  const choice = waiting ?? (hasLoopPoll() ? 'loop' : 'thread');
  return choice === 'loop' ? new LoopReadiness(fd, onReady) : new ThreadReadiness(fd, onReady);
}

function hasLoopPoll(): boolean {
  return typeof (koffi() as { node?: { poll?: unknown } }).node?.poll === 'function';
}

/**
 * Every handle waiting now. libuv keeps no reference that the garbage collector sees: a poll handle
 * that becomes unreachable is collected and falls silent.
 */
const waitingHandles = new Set<Readiness>();

let exitHandled = false;

/**
 * Remember a handle, and see to it that none is left when the process ends: Node runs the event
 * loop once more while it cleans up, and a poll handle whose callback is due then aborts the
 * process, because JavaScript may no longer be called (koffi 3.3.4, napi_throw in
 * `PollHandle::OnPoll`).
 */
function keep(handle: Readiness): void {
  waitingHandles.add(handle);
  if (exitHandled) return;
  exitHandled = true;
  process.once('exit', () => {
    for (const open of waitingHandles) open.close();
  });
}

class LoopReadiness implements Readiness {
  readonly #handle: ReturnType<typeof Koffi.node.poll>;
  #open = true;

  constructor(fd: number, onReady: () => void) {
    // On failure (status below zero, as when the interface is deleted) libuv has already stopped
    // the handle, so the reader hears of it this once.
    this.#handle = koffi().node.poll(fd, () => {
      if (this.#open) onReady();
    });
    keep(this);
  }

  // koffi does not check for a closed handle in these three: it would write through a null pointer.

  ref(): void {
    if (this.#open) this.#handle.ref();
  }

  unref(): void {
    if (this.#open) this.#handle.unref();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    waitingHandles.delete(this);
    this.#handle.close();
  }
}

const POLLIN = 0x001;
/** struct pollfd: fd (4 octets), events (2), revents (2). */
const POLLFD_SIZE = 8;
/** The longest that `close`, or the end of the process, waits for the thread. */
const THREAD_WAIT_MS = 100;

class ThreadReadiness implements Readiness {
  readonly #fds = new Uint8Array(POLLFD_SIZE);
  readonly #onReady: () => void;
  #open = true;
  #referenced = true;
  /** The next call, between two; an immediate when referenced, else a timer. */
  #next: NodeJS.Immediate | NodeJS.Timeout | undefined;

  constructor(fd: number, onReady: () => void) {
    this.#onReady = onReady;
    // Native byte order: the struct is C's.
    new Int32Array(this.#fds.buffer)[0] = fd;
    new Uint16Array(this.#fds.buffer)[2] = POLLIN;
    // Also what keeps `#fds` alive while C looks at it.
    keep(this);
    this.#wait();
  }

  ref(): void {
    this.#referenced = true;
    if (this.#next !== undefined) this.#schedule();
  }

  /** The thread itself cannot be unreferenced: the process may linger for THREAD_WAIT_MS. */
  unref(): void {
    this.#referenced = false;
    if (this.#next !== undefined) this.#schedule();
  }

  close(): void {
    this.#open = false;
    // With a call in flight `#fds` must outlive it: `#done` lets go.
    if (this.#next !== undefined) this.#letGo();
  }

  readonly #wait = (): void => {
    this.#next = undefined;
    libc().pollAsync(this.#fds, 1, THREAD_WAIT_MS, (_error, ready) => this.#done(ready));
  };

  #done(ready: number): void {
    if (!this.#open) {
      this.#letGo();
      return;
    }
    this.#schedule();
    if (ready > 0) this.#onReady();
  }

  /**
   * Have the next call made. An immediate runs in this very turn of the loop, before Node asks
   * whether anything is left to wait for; unreferenced, that question must come first.
   */
  #schedule(): void {
    this.#cancel();
    this.#next = this.#referenced ? setImmediate(this.#wait) : setTimeout(this.#wait, 1).unref();
  }

  #letGo(): void {
    this.#cancel();
    this.#next = undefined;
    waitingHandles.delete(this);
  }

  /** Each of the two ignores what the other made. */
  #cancel(): void {
    clearImmediate(this.#next as NodeJS.Immediate);
    clearTimeout(this.#next as NodeJS.Timeout);
  }
}
