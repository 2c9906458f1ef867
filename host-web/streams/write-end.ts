/**
 * The writable side of a socket: SEND and CLOSE as a stream.
 *
 * A write is complete when the core's send buffer has all of it; what does not fit waits here,
 * uncopied, as the one write in progress, and the stream's highWaterMark of one octet keeps others
 * from joining it. Every promise of the stream settles: where nothing that was written is lost, the
 * stream closes (`closable.ts`), otherwise it fails. It is made when it is first asked for, and
 * then closes or fails at once where it would have by now.
 */
import { Result } from '../abi.ts';
import { once, SocketError } from '../errors.ts';
import type { RawConnection } from '../raw/raw.ts';
import { MOVED, octetsOf, sizeOf } from './chunk.ts';
import { ClosableStream } from './closable.ts';
import { type Deferred, deferred } from './settle.ts';

/** A write as the stream took it. */
interface Write {
  readonly chunk: unknown;
  readonly size: number;
}

export class WriteEnd {
  /** CLOSE has been called on the core: our FIN is behind everything sent. */
  isFinQueued = false;
  isFinAcknowledged = false;
  /** Failed, or refused by `refuse`. */
  isOver = false;
  readonly #raw: RawConnection;
  readonly #onAbort: (reason: unknown) => void;
  #stream: ClosableStream | undefined;
  /** The stream's, as soon as there is one. */
  #controller: WritableStreamDefaultController | undefined;
  /** What a stream made from here on has failed with. */
  #failure: (() => unknown) | undefined;
  /** Answers as the first write or close has, where that was done before the stream had begun. */
  #done: (() => Promise<void> | undefined) | undefined;
  /** Writes that the stream has been given, oldest first; it may have refused the latest. */
  readonly #writes: Write[] = [];
  /** The write in progress: what is left of it, how much that was, and its promise. */
  #rest: Uint8Array | null = null;
  #restSize = 0;
  #written: Deferred<void> | null = null;
  /** The close in progress. */
  #closed: Deferred<void> | null = null;
  /** The FIN is to follow the last of so many writes. */
  #finBehind = Number.POSITIVE_INFINITY;
  #isWatching = false;

  /** @param onAbort the writer has aborted the stream, or given it what can not be sent */
  constructor(raw: RawConnection, onAbort: (reason: unknown) => void) {
    this.#raw = raw;
    this.#onAbort = onAbort;
  }

  get stream(): WritableStream<Uint8Array> {
    return (this.#stream ??= this.#make());
  }

  #make(): ClosableStream {
    const stream = new ClosableStream(
      {
        start: (controller) => {
          this.#controller = controller;
          if (this.#failure !== undefined) controller.error(this.#failure());
        },
        write: (chunk) => this.#begun(() => this.#write(chunk)),
        close: () => this.#begun(() => this.#close()),
        abort: (reason) => this.#onAbort(reason),
      },
      { highWaterMark: 1, size: (chunk) => this.#take(chunk) },
    );
    if (this.#failure === undefined && this.isFinAcknowledged) this.#finish(stream);
    stream.onFirst = (isClose) => this.#early(isClose);
    queueMicrotask(() => {
      stream.onFirst = null;
    });
    return stream;
  }

  /** Does the first write or close, which the stream would pass on only once it has begun. */
  #early(isClose: boolean): Promise<void> | undefined {
    if (this.isOver || (!isClose && this.#writes.length === 0)) return undefined;
    try {
      const done = isClose ? this.#close() : this.#write(this.#writes[0]!.chunk);
      this.#done = () => done;
      return Promise.resolve(done);
    } catch (error) {
      this.#done = () => {
        throw error;
      };
      return Promise.reject(error);
    }
  }

  /** What the stream asks for now, unless it was done before the stream had begun. */
  #begun(operation: () => Promise<void> | undefined): Promise<void> | undefined {
    const done = this.#done ?? operation;
    this.#done = undefined;
    this.#stream!.onFirst = null;
    return done();
  }

  /** The connection is open, so a close that waited for that can be done. */
  opened(): void {
    this.#finIfDue();
  }

  /** The send buffer has room again. */
  resume(): void {
    const rest = this.#rest;
    if (rest === null) return;
    if (rest.length !== this.#restSize) {
      this.#onAbort(new TypeError(MOVED));
      return;
    }
    const taken = this.#raw.send(rest);
    if (taken === rest.length) {
      const written = this.#written!;
      this.#rest = this.#written = null;
      this.#complete();
      written.resolve();
    } else if (taken < 0) {
      const error = this.#raw.failure('write', taken);
      this.fail(() => error);
    } else if (taken > 0) {
      this.#wait(rest, taken);
    }
  }

  /** Sends the FIN once everything the stream has taken so far is in the send buffer. */
  finish(): void {
    this.#finBehind = Math.min(this.#finBehind, this.#writes.length);
    this.#finIfDue();
  }

  /** Our FIN is acknowledged: whatever was written has arrived, and the stream closes. */
  finAcknowledged(): void {
    if (this.isFinAcknowledged) return;
    this.isFinAcknowledged = true;
    if (this.#closed !== null) {
      this.#closed.resolve();
      this.#closed = null;
    } else if (!this.isOver && this.#stream !== undefined) {
      this.#finish(this.#stream);
    }
  }

  /** Closes the stream, or has it fail where that can not be. */
  #finish(stream: ClosableStream): void {
    const error = once(() => writeAfterClose(this.#raw));
    stream.finish(error).catch(() => this.#error(error));
  }

  /**
   * Takes nothing more, and lets go of the write in progress. A close in progress goes on, and one
   * follows where nothing is lost.
   *
   * @param reason the user's own, for everything that waits
   */
  refuse(reason: unknown): void {
    const isLost = this.#writes.length > 0;
    const error = once(() => reason ?? writeAfterClose(this.#raw));
    this.#rest = null;
    this.#written?.reject(error());
    this.#written = null;
    if (this.#closed === null && (isLost || reason !== undefined)) this.#error(error);
    this.#writes.length = 0;
    this.finish();
  }

  /** The connection has failed. */
  fail(error: () => unknown): void {
    this.#rest = null;
    this.#written?.reject(error());
    this.#closed?.reject(error());
    this.#written = this.#closed = null;
    this.#error(error);
  }

  #error(error: () => unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.#controller !== undefined) this.#controller.error(error());
    // One that has closed can not fail any more.
    else if (!this.isFinAcknowledged) this.#failure = error;
  }

  /** The stream asks for the size of each chunk as it is given it: so the writes are known. */
  #take(chunk: unknown): number {
    const size = Math.max(sizeOf(chunk) ?? 0, 0);
    if (!this.isOver) this.#writes.push({ chunk, size });
    return size;
  }

  /** The oldest write is complete. */
  #complete(): void {
    this.#writes.shift();
    this.#finBehind--;
    this.#finIfDue();
  }

  #write(chunk: unknown): Promise<void> | undefined {
    // What the stream has refused meanwhile never comes here.
    while (this.#writes.length > 1 && this.#writes[0]!.chunk !== chunk) this.#complete();
    let octets: Uint8Array;
    try {
      octets = octetsOf(chunk, this.#writes[0]!.size);
    } catch (error) {
      this.#onAbort(error);
      throw error;
    }
    if (this.isFinQueued) throw writeAfterClose(this.#raw);
    const taken = this.#raw.send(octets);
    if (taken === octets.length) {
      this.#complete();
      return undefined;
    }
    if (taken < 0) throw this.#raw.failure('write', taken);
    this.#wait(octets, taken);
    this.#written = deferred();
    this.#watch();
    return this.#written.promise;
  }

  /** Keeps what is left of a write. */
  #wait(octets: Uint8Array, taken: number): void {
    this.#rest = octets.subarray(taken, octets.length);
    this.#restSize = this.#rest.length;
  }

  /** CLOSE; done when the FIN is acknowledged. */
  #close(): Promise<void> | undefined {
    if (this.isFinAcknowledged) return undefined;
    if (this.#raw.hasFailed) throw this.#raw.error;
    // All that it took is written by now; what is left it has refused.
    this.#writes.length = 0;
    this.#closed = deferred();
    this.#watch();
    this.finish();
    return this.#closed.promise;
  }

  #finIfDue(): void {
    if (this.#finBehind > 0 || this.isFinQueued) return;
    // CLOSE in SYN-SENT would end the connection (RFC 9293 §3.10.4).
    if (!this.#raw.isOpened || this.#raw.isClosed) return;
    this.isFinQueued = true;
    this.#raw.close();
  }

  /** The sink hears of an abort only after the pending write or close: listen to the signal. */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { signal } = this.#controller!;
    signal.addEventListener(
      'abort',
      () => {
        if (this.#written === null && this.#closed === null) return;
        // The stream is failing already; Node 20 does not survive `error` here.
        this.isOver = true;
        this.#onAbort(signal.reason);
      },
      { once: true },
    );
  }
}

/** The error of a write that our own close has come before. */
function writeAfterClose(raw: RawConnection): SocketError {
  return new SocketError({
    syscall: 'write',
    result: Result.CONNECTION_CLOSING,
    address: raw.remoteAddress,
    port: raw.remotePort,
  });
}
