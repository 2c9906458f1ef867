/**
 * The readable side of a socket: RECEIVE as a byte stream without a buffer of its own.
 *
 * The stream's highWaterMark is 0, so it asks only when somebody reads, and octets go from the
 * core's receive buffer straight to the reader: into the reader's own array (BYOB) or a new one of
 * the size of what has come. Not reading is therefore what closes RCV.WND. The stream itself is
 * made when it is first asked for, and then is where it would be by now.
 */
import type { Octets } from '../platform.ts';
import { END, type RawConnection } from '../raw/raw.ts';

export class ReadEnd {
  /** Ended, failed, cancelled or closed: nobody will read from here on. */
  isOver = false;
  readonly #raw: RawConnection;
  readonly #onEnd: () => void;
  readonly #onCancel: () => void;
  #stream: ReadableStream<Octets> | undefined;
  /** The stream's, as soon as there is one. */
  #controller: ReadableByteStreamController | undefined;
  /** What a stream made from here on has failed with; none of it where it is over: it has ended. */
  #error: (() => unknown) | undefined;
  /** The stream has just been made, and has not begun. */
  #isNew = false;
  /** A read is waiting for octets. */
  #isWanted = false;

  /**
   * @param onEnd the reader has come to the end
   * @param onCancel the reader wants no more
   */
  constructor(raw: RawConnection, onEnd: () => void, onCancel: () => void) {
    this.#raw = raw;
    this.#onEnd = onEnd;
    this.#onCancel = onCancel;
  }

  /** Somebody has asked for the stream, and may have been given octets. */
  get isUsed(): boolean {
    return this.#stream !== undefined;
  }

  get stream(): ReadableStream<Octets> {
    return (this.#stream ??= this.#make());
  }

  #make(): ReadableStream<Octets> {
    const source: UnderlyingByteSource = {
      type: 'bytes',
      start: (controller) => {
        this.#controller = controller;
        if (this.#error !== undefined) controller.error(this.#error());
        else if (this.isOver) controller.close();
      },
      pull: () => {
        this.#isNew = false;
        this.#isWanted = true;
        this.look();
      },
      cancel: () => {
        this.isOver = true;
        this.#onCancel();
      },
    };
    const stream = new ReadableStream(source, { highWaterMark: 0 });
    this.#hasten(stream);
    return stream;
  }

  /**
   * The platform's streams begin a microtask after they are made, and ask for nothing by then. The
   * first read that comes before that is served at once, as where the stream was made long ago.
   */
  #hasten(stream: ReadableStream<Octets>): void {
    const getReader: (options?: ReadableStreamGetReaderOptions) => ReadableStreamReader<Octets> =
      stream.getReader.bind(stream);
    this.#isNew = true;
    const hastened = (options?: ReadableStreamGetReaderOptions) => {
      const reader = getReader(options);
      const read: (...words: never[]) => Promise<unknown> = reader.read.bind(reader);
      const first = (...words: never[]) => {
        Reflect.deleteProperty(reader, 'read');
        const done = read(...words);
        if (this.#isNew) {
          this.#isNew = false;
          this.#isWanted = true;
          this.look();
        }
        return done;
      };
      return Object.assign(reader, { read: first });
    };
    Object.assign(stream, { getReader: hastened });
    queueMicrotask(() => {
      this.#isNew = false;
      Reflect.deleteProperty(stream, 'getReader');
    });
  }

  /** Gives the waiting read what there is. */
  look(): void {
    if (!this.#isWanted || this.isOver) return;
    const controller = this.#controller!;
    const request = controller.byobRequest;
    if (request?.view) {
      const n = this.#raw.receive(request.view as Uint8Array);
      if (n > 0) {
        // The stream may ask for more before `respond` returns.
        this.#isWanted = false;
        request.respond(n);
      } else if (n === END) {
        this.#end();
      }
      return;
    }
    const chunk = this.#raw.read();
    if (typeof chunk === 'object') {
      this.#isWanted = false;
      controller.enqueue(chunk);
    } else if (chunk === END) {
      this.#end();
    }
  }

  /** The peer has closed: where nothing is left to read, that need not wait for a reader. */
  lookForEnd(): void {
    this.look();
    if (!this.isOver && this.#raw.receiveQueue === 0) this.#end();
  }

  /** Ends the stream from our side: reads that wait are told that nothing follows. */
  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#controller?.close();
    this.#controller?.byobRequest?.respond(0);
  }

  fail(error: () => unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.#controller === undefined) this.#error = error;
    else this.#controller.error(error());
  }

  #end(): void {
    this.close();
    this.#onEnd();
  }
}
