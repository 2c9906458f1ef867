/**
 * The writable side of a socket: SEND and CLOSE as a stream.
 *
 * A write is complete when the core's send buffer has all of it; what does not fit waits here,
 * uncopied, as the one write in progress, and the stream's highWaterMark of one octet keeps others
 * from joining it.
 */
import { Result } from '../abi.ts';
import { SocketError } from '../errors.ts';
import type { RawConnection } from '../raw/raw.ts';
import { type Deferred, deferred } from './settle.ts';

export class WriteEnd {
  readonly stream: WritableStream<Uint8Array>;
  /** CLOSE has been called on the core: our FIN is behind everything sent. */
  isFinQueued = false;
  isFinAcknowledged = false;
  /** Failed, or refused by `refuse`. */
  isOver = false;
  readonly #raw: RawConnection;
  readonly #onAbort: (reason: unknown) => void;
  #controller!: WritableStreamDefaultController;
  /** The write in progress: what is left of it, and its promise. */
  #rest: Uint8Array | null = null;
  #written: Deferred<void> | null = null;
  /** The close in progress. */
  #closed: Deferred<void> | null = null;
  /** Writes the stream has taken and not completed. */
  #writes = 0;
  #isFinDue = false;
  #isWatching = false;

  /** @param onAbort the writer has aborted the stream, or given it what can not be sent */
  constructor(raw: RawConnection, onAbort: (reason: unknown) => void) {
    this.#raw = raw;
    this.#onAbort = onAbort;
    this.stream = new WritableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        write: (chunk) => this.#write(chunk),
        close: () => this.#close(),
        abort: (reason) => onAbort(reason),
      },
      { highWaterMark: 1, size: (chunk) => this.#count(chunk) },
    );
  }

  /** The connection is open, so a close that waited for that can be done. */
  opened(): void {
    this.#finIfDue();
  }

  /** The send buffer has room again. */
  resume(): void {
    if (this.#rest === null) return;
    const taken = this.#raw.send(this.#rest);
    if (taken === this.#rest.length) {
      const written = this.#written!;
      this.#rest = this.#written = null;
      this.#complete();
      written.resolve();
    } else if (taken < 0) {
      this.fail(this.#raw.failure('write', taken));
    } else if (taken > 0) {
      this.#rest = this.#rest.subarray(taken);
    }
  }

  /** Sends the FIN once everything the stream has taken so far is in the send buffer. */
  finish(): void {
    this.#isFinDue = true;
    this.#finIfDue();
  }

  finAcknowledged(): void {
    this.isFinAcknowledged = true;
    this.#closed?.resolve();
    this.#closed = null;
  }

  /** Takes nothing more, and lets go of the write in progress. A close in progress goes on. */
  refuse(error: unknown): void {
    this.#rest = null;
    this.#written?.reject(error);
    this.#written = null;
    if (this.#closed === null) this.#error(error);
    this.#writes = 0;
    this.finish();
  }

  /** The connection has failed. */
  fail(error: unknown): void {
    this.#rest = null;
    this.#written?.reject(error);
    this.#closed?.reject(error);
    this.#written = this.#closed = null;
    this.#error(error);
  }

  #error(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#controller.error(error);
  }

  /** The stream asks for the size of each chunk as it takes it: so the writes are counted. */
  #count(chunk: Uint8Array): number {
    this.#writes++;
    return chunk?.byteLength ?? 0;
  }

  #complete(): void {
    this.#writes--;
    this.#finIfDue();
  }

  #write(chunk: unknown): Promise<void> | undefined {
    const octets = octetsOf(chunk);
    if (octets === undefined) {
      const error = new TypeError('a socket takes Uint8Array, ArrayBuffer and views of it');
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
    this.#rest = taken === 0 ? octets : octets.subarray(taken);
    this.#written = deferred();
    this.#watch();
    return this.#written.promise;
  }

  /** CLOSE; done when the FIN is acknowledged. */
  #close(): Promise<void> | undefined {
    if (this.isFinAcknowledged) return undefined;
    if (this.#raw.error !== null) throw this.#raw.error;
    this.#closed = deferred();
    this.#watch();
    this.finish();
    return this.#closed.promise;
  }

  #finIfDue(): void {
    if (!this.#isFinDue || this.isFinQueued || this.#writes > 0) return;
    // CLOSE in SYN-SENT would end the connection (RFC 9293 §3.10.4).
    if (!this.#raw.isOpened || this.#raw.isClosed) return;
    this.isFinQueued = true;
    this.#raw.close();
  }

  /**
   * An abort during a write or a close reaches the sink only when that is over, so it is watched
   * for.
   */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { signal } = this.#controller;
    signal.addEventListener(
      'abort',
      () => {
        if (this.#written === null && this.#closed === null) return;
        // The stream is failing already; Node 20 does not survive being told so here.
        this.isOver = true;
        this.#onAbort(signal.reason);
      },
      { once: true },
    );
  }
}

/** The error of a write that our own close has come before. */
export function writeAfterClose(raw: RawConnection): SocketError {
  return new SocketError({
    syscall: 'write',
    result: Result.CONNECTION_CLOSING,
    address: raw.remoteAddress,
    port: raw.remotePort,
  });
}

function octetsOf(chunk: unknown): Uint8Array | undefined {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  return chunk instanceof ArrayBuffer ? new Uint8Array(chunk) : undefined;
}
