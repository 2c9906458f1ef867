/**
 * What a handle has been given to send: one write at a time goes into the core's send buffer, and
 * the FIN goes behind the last.
 *
 * Nothing is copied here. A buffer that its owner moved away while it waited cannot be sent any
 * more: that write fails, and the connection is aborted, since octets are missing in its stream.
 */
import type { RawConnection } from '../../host-web/raw/raw.ts';
import { numberOf } from './errno.ts';

/** Told how a write or a shutdown ended: 0, or libuv's number. */
export type Done = (status: number) => void;

interface Write {
  readonly parts: readonly Uint8Array[];
  /** Octets each part had when it was given. */
  readonly sizes: readonly number[];
  /** The part that is next, and how much of it has been taken. */
  next: number;
  at: number;
  left: number;
  readonly done: Done;
}

/** libuv's number of a failure to send, by what `send` answered. */
type Failure = (raw: RawConnection, result: number) => number;

export class Writes {
  readonly #failure: Failure;
  #waiting: Write[] = [];
  #end: Done | undefined;
  /** Octets given so far. */
  total = 0;

  constructor(failure: Failure) {
    this.#failure = failure;
  }

  /** Octets that the send buffer has not taken. */
  get left(): number {
    return this.#waiting.reduce((sum, { left }) => sum + left, 0);
  }

  /** Whether somebody waits to hear how a write or the FIN went. */
  get isBusy(): boolean {
    return this.#waiting.length > 0 || this.#end !== undefined;
  }

  /** Whether the FIN waits for what is before it. */
  get isEnding(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Sends what fits.
   *
   * @param raw null while it is not connected yet: then everything waits
   * @param isLate whether `done` is called even where everything has been taken at once
   * @returns 0 when all is done, 1 when `done` follows, a negative errno when nothing is sent
   */
  add(
    raw: RawConnection | null,
    parts: readonly Uint8Array[],
    total: number,
    done: Done,
    isLate: boolean,
  ): number {
    this.total += total;
    const sizes = parts.map(({ length }) => length);
    const write = { parts, sizes, next: 0, at: 0, left: total, done };
    if (raw !== null && this.#waiting.length === 0) {
      const status = this.#send(raw, write);
      if (status < 0) return status;
      if (write.left === 0 && !isLate) return 0;
    }
    this.#waiting.push(write);
    return 1;
  }

  /** The FIN goes behind what waits; `done` is told once that has been taken. */
  finish(done: Done): void {
    this.#end = done;
  }

  /**
   * There may be room, or nothing will be sent any more.
   *
   * @param failed libuv's number, when the connection is over
   * @returns what is over: called one by one, each in a turn of its own
   */
  settle(raw: RawConnection, failed: number): (() => void) | undefined {
    const write = this.#waiting[0];
    if (write === undefined) {
      const end = this.#end;
      if (end === undefined) return undefined;
      this.#end = undefined;
      // In the order of its writes: what was given is with the core.
      raw.close();
      return () => end(0);
    }
    let status = write.left === 0 ? 0 : failed;
    if (write.left > 0 && status === 0) {
      status = this.#send(raw, write);
      if (status === 0 && write.left > 0) return undefined;
    }
    this.#waiting.shift();
    // At once: who is told of the end may let go, and the FIN is to be on its way by then.
    if (this.#waiting.length === 0 && this.#end !== undefined) raw.close();
    return () => write.done(status);
  }

  /** The handle has been closed: everybody who waits hears of it. */
  cancel(): (() => void)[] {
    const canceled = numberOf('ECANCELED');
    const end = this.#end;
    const dones = this.#waiting.map((write) => () => write.done(write.left === 0 ? 0 : canceled));
    if (end !== undefined) dones.push(() => end(canceled));
    this.#waiting = [];
    this.#end = undefined;
    return dones;
  }

  /** Gives the send buffer what fits; answers 0 or libuv's number. */
  #send(raw: RawConnection, write: Write): number {
    const { parts, sizes } = write;
    while (write.next < parts.length) {
      const part = parts[write.next]!;
      if (part.length !== sizes[write.next]) {
        raw.abort();
        return numberOf('EFAULT');
      }
      const taken = raw.send(write.at === 0 ? part : part.subarray(write.at));
      if (taken < 0) return this.#failure(raw, taken);
      write.left -= taken;
      write.at += taken;
      if (write.at < part.length) return 0;
      write.at = 0;
      write.next++;
    }
    return 0;
  }
}
