/**
 * Many sockets of the kernel in one thread, by poll(2): what the kernel's side of a bench does with
 * them costs little beside the kernel itself. Node's streams would be what is measured.
 */
import { closeSync } from 'node:fs';
import { koffi } from '../../host-node/libc.ts';

export const POLLIN = 1;
export const POLLOUT = 4;
/** Octets of struct pollfd. */
const POLLFD = 8;

/** Sockets that are waited for, each with what is to be done when it is ready. */
export class PollSet {
  readonly #poll: (fds: Uint8Array, count: number, ms: number) => number;
  readonly #octets: Uint8Array;
  readonly #fds: Int32Array;
  readonly #events: Int16Array;
  readonly #ready: (() => boolean)[] = [];

  constructor(capacity: number) {
    this.#poll = koffi().load(null).func('int poll(void *fds, ulong count, int timeout)');
    this.#octets = new Uint8Array(capacity * POLLFD);
    this.#fds = new Int32Array(this.#octets.buffer);
    this.#events = new Int16Array(this.#octets.buffer);
  }

  /** Adds a socket; `onReady` answers whether it stays. One that does not is closed. */
  add(fd: number, events: number, onReady: () => boolean): void {
    const at = this.#ready.push(onReady) - 1;
    this.#fds[2 * at] = fd;
    this.#events[4 * at + 2] = events;
  }

  /** Serves all that are ready, until a time on `performance`'s clock or until none is left. */
  serve(endsAt = Number.POSITIVE_INFINITY): void {
    while (this.#ready.length > 0) {
      const left = endsAt - performance.now();
      if (left <= 0) return;
      this.#poll(this.#octets, this.#ready.length, Math.ceil(Math.min(left, 1000)));
      // From the last on: one that goes is replaced by the last, which has been served.
      for (let at = this.#ready.length - 1; at >= 0; at--) {
        if (this.#events[4 * at + 3] === 0 || this.#ready[at]!()) continue;
        closeSync(this.#fds[2 * at]!);
        this.#remove(at);
      }
    }
  }

  #remove(at: number): void {
    const last = this.#ready.length - 1;
    this.#fds[2 * at] = this.#fds[2 * last]!;
    this.#events[4 * at + 2] = this.#events[4 * last + 2]!;
    this.#ready[at] = this.#ready[last]!;
    this.#ready.pop();
  }
}
