/**
 * `net.Socket`'s shape over a connection of a stack: a Duplex with the events, properties, methods
 * and error codes that `http`, `http.Agent`, `tls`, `ws` and their like use.
 *
 * What is not pushed stays in the core's receive buffer, so a reader that stops closes RCV.WND and
 * nothing is buffered twice. Not here: options and addresses (`socket-base.ts`), which address a
 * name has (`connecting.ts`), listening (`server.ts`), and what only kernel sockets have (file
 * descriptors, pipes, IPC).
 */
import { Memory } from '../host-web/abi.ts';
import { call } from '../host-web/callback.ts';
import type { Octets } from '../host-web/platform.ts';
import { refuseTls } from '../host-web/raw/plain.ts';
import { END, type RawConnection } from '../host-web/raw/raw.ts';
import type { Stack } from '../host-web/stack.ts';
import { MOVED, sizeOf } from '../host-web/streams/chunk.ts';
import { connectArguments, type Destination, destinationOf } from './connecting.ts';
import { asNodeError, nodeError } from './node-error.ts';
import { SocketBase, type Tuning } from './socket-base.ts';

export interface SocketOptions extends Tuning {
  /** False, the default: our FIN follows the peer's. */
  readonly allowHalfOpen?: boolean;
  readonly signal?: AbortSignal;
  readonly highWaterMark?: number;
}

/** A server, which counts its connections. */
export interface Owner {
  closed(socket: Socket): void;
}

/** One read: as much as the core hands over in one call. */
const READ_SIZE = Memory.TEXT_SIZE;

type Done = (error?: Error | null) => void;

/** A part of a write, and its octets when the write began: its buffer may have moved since. */
interface Part {
  readonly octets: Uint8Array;
  readonly size: number;
}

export class Socket extends SocketBase {
  #owner: Owner | undefined;
  #connecting = false;
  #isReset = false;
  /** The consumer wants data; false between a refused `push` and the next `_read`. */
  #isReading = false;
  #hasEnded = false;
  /** What the send buffer did not take, from `#unsentAt` on, and who waits for it. */
  #unsent: Part[] = [];
  #unsentAt = 0;
  #written: Done | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** As Node's: the server that accepted it. */
  server: unknown = null;

  constructor(stack: Stack, options: SocketOptions = {}) {
    refuseTls(options);
    const { allowHalfOpen = false, signal, highWaterMark = READ_SIZE } = options;
    super(stack, options, {
      allowHalfOpen,
      // 'close' has an argument in `net`, so it is emitted below.
      emitClose: false,
      autoDestroy: true,
      highWaterMark,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Takes on a connection that a listener accepted. */
  adopt(raw: RawConnection, owner: Owner): this {
    this.#owner = owner;
    this.#take(raw);
    if (raw.isClosed) this.#onClosed(raw.error);
    return this;
  }

  // Opening -----------------------------------------------------------------------

  connect(...args: unknown[]): this {
    const { options, listener } = connectArguments(args);
    refuseTls(options);
    if (listener !== undefined) this.once('connect', listener);
    if (this.#connecting || this.connection !== undefined) {
      throw nodeError('EALREADY', 'connect', 'a connection is open already');
    }
    this.#connecting = true;
    this.tuning = {
      noDelay: options.noDelay ?? this.tuning.noDelay ?? false,
      keepAlive: options.keepAlive ?? this.tuning.keepAlive ?? false,
      keepAliveInitialDelay:
        options.keepAliveInitialDelay ?? this.tuning.keepAliveInitialDelay ?? 0,
    };
    this.wishes = { ...this.wishes, ...options.tuning };
    if (options.timeout !== undefined && options.timeout > 0) this.setTimeout(options.timeout);
    const destination = destinationOf(options, (error, found, family) => {
      this.emit('lookup', error, found, family, options.host);
    });
    if (destination instanceof Promise) {
      destination.then(
        (found) => this.#open(found),
        (error) => this.destroy(error as Error),
      );
    } else {
      this.#open(destination);
    }
    return this;
  }

  #open(to: Destination): void {
    if (this.destroyed) return;
    call(() => this.emit('connectionAttempt', to.address, to.port, to.family));
    const { localAddress, localPort } = to;
    try {
      const raw = this.stack.openConnection(
        { hostname: to.address, port: to.port },
        {
          ...(localAddress === undefined ? {} : { localAddress }),
          ...(localPort === undefined ? {} : { localPort }),
          ...this.wishes,
        },
      );
      this.#take(raw);
    } catch (error) {
      // As Node: a call never fails at once.
      process.nextTick(() => this.destroy(asNodeError(error)));
    }
  }

  #take(raw: RawConnection): void {
    raw.onOpened = () => this.#onOpened();
    raw.onReadable = () => this.#onReadable();
    raw.onWritable = () => this.#onWritable();
    raw.onEnd = () => this.#onReadable();
    raw.onUrgent = () => this.emit('urgent');
    raw.onClosed = (error) => this.#onClosed(error);
    this.takeOn(raw);
  }

  #onOpened(): void {
    if (this.destroyed) return;
    this.#connecting = false;
    this.active();
    // What listeners throw must not keep the connection from going on.
    call(() => this.emit('connect'));
    call(() => this.emit('ready'));
    if (this.destroyed) return;
    // Writes and reads that were asked for have waited for this.
    this.#onWritable();
    if (!this.isPaused()) this.read(0);
  }

  // Reading -----------------------------------------------------------------------

  override _read(): void {
    this.#isReading = true;
    // After a pause there may be data whose signal came long ago.
    if (!this.#connecting) this.#onReadable();
  }

  #onReadable(): void {
    const raw = this.connection;
    if (raw === undefined || this.#hasEnded || this.destroyed) return;
    while (this.#isReading) {
      const text = raw.read();
      if (typeof text === 'number') {
        if (text === END) this.#end();
        // 0: `onReadable` follows. A failure: `onClosed` does.
        return;
      }
      this.#bytesRead += text.length;
      this.active();
      this.#isReading = this.#push(text);
      if (this.destroyed) return;
    }
  }

  /** Pushes what was read, and answers whether more is wanted. */
  #push(text: Octets): boolean {
    let isMoreWanted = true;
    // Listeners of 'data' may run in it.
    call(() => {
      isMoreWanted = this.push(Buffer.from(text.buffer));
    });
    return isMoreWanted;
  }

  #end(): void {
    this.#hasEnded = true;
    this.push(null);
    // 'end' is owed to its listeners, even where nothing is read.
    this.read(0);
  }

  // Writing -----------------------------------------------------------------------

  override _write(text: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#send([text], done);
  }

  override _writev(parts: { chunk: Uint8Array }[], done: Done): void {
    this.#send(
      parts.map(({ chunk }) => chunk),
      done,
    );
  }

  #send(parts: Uint8Array[], done: Done): void {
    this.#unsent = parts.map((octets) => ({ octets, size: sizeOf(octets)! }));
    this.#unsentAt = 0;
    this.#written = done;
    this.#onWritable();
  }

  #onWritable(): void {
    const raw = this.connection;
    if (this.#written === undefined || raw === undefined || this.#connecting) return;
    const parts = this.#unsent;
    let next = 0;
    while (next < parts.length) {
      const { octets, size } = parts[next]!;
      if (octets.length !== size) {
        this.#unsent = [];
        this.#isReset = true;
        this.#finishWrite(new TypeError(MOVED));
        return;
      }
      const rest = this.#unsentAt === 0 ? octets : octets.subarray(this.#unsentAt);
      const taken = raw.send(rest);
      if (taken < 0) {
        this.#writeFailed(raw, taken);
        return;
      }
      if (taken > 0) this.active();
      this.#bytesWritten += taken;
      if (taken < rest.length) {
        this.#unsentAt += taken;
        this.#unsent = next === 0 ? parts : parts.slice(next);
        return;
      }
      this.#unsentAt = 0;
      next++;
    }
    this.#unsent = [];
    this.#finishWrite();
  }

  #writeFailed(raw: RawConnection, result: number): void {
    this.#unsent = [];
    this.#finishWrite(asNodeError(raw.failure('write', result)));
  }

  #finishWrite(error: Error | null = null): void {
    const written = this.#written;
    this.#written = undefined;
    written?.(error);
  }

  override _final(done: Done): void {
    if (this.#connecting) {
      // CLOSE in SYN-SENT would give the connection up.
      this.once('connect', () => this._final(done));
      return;
    }
    this.connection?.close();
    done();
  }

  // Ending ------------------------------------------------------------------------

  #onClosed(error: Error | null): void {
    if (this.destroyed) return;
    if (error !== null) {
      this.destroy(asNodeError(error));
      return;
    }
    // A normal end: what arrived before it can still be read. Our own ABORT also comes here.
    if (this.#isReset) this.destroy();
    else this.#onReadable();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#connecting = false;
    const raw = this.connection;
    if (raw !== undefined) {
      raw.onOpened = raw.onReadable = raw.onWritable = raw.onEnd = raw.onClosed = null;
      raw.onUrgent = null;
      if (this.#isReset) raw.abort();
    }
    // Linux's close(2): a FIN behind what is queued, or a RST where data is unread.
    this.letGo();
    const reason = error ?? nodeError('ERR_STREAM_DESTROYED', 'write', 'it was destroyed');
    call(() => this.#finishWrite(reason));
    done(error);
    // Behind 'error', which the stream emits in a tick of its own.
    process.nextTick(() => {
      const owner = this.#owner;
      this.#owner = undefined;
      try {
        this.emit('close', error !== null);
      } finally {
        owner?.closed(this);
      }
    });
  }

  /** Ends the writing side, and destroys the socket once everything has been written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** Destroys the socket with a RST. */
  resetAndDestroy(): this {
    if (this.connection === undefined && !this.#connecting) {
      return this.destroy(nodeError('ERR_SOCKET_CLOSED', undefined, 'Socket is closed'));
    }
    if (this.#connecting) {
      this.once('connect', () => this.resetAndDestroy());
      return this;
    }
    this.#isReset = true;
    return this.destroy();
  }

  // What can be seen of the streams ---------------------------------------------------

  get connecting(): boolean {
    return this.#connecting;
  }

  /** Not connected yet. */
  get pending(): boolean {
    return this.connection === undefined || this.#connecting;
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.#connecting) return 'opening';
    if (this.destroyed || this.connection === undefined) return 'closed';
    if (this.readable && this.writable) return 'open';
    if (this.readable) return 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Octets written so far, what is still buffered included. */
  get bytesWritten(): number {
    const unsent = this.#unsent.reduce((sum, part) => sum + part.size, -this.#unsentAt);
    return this.#bytesWritten + Math.max(unsent, 0) + this.#buffered();
  }

  /** What the stream holds beyond the write under way. */
  #buffered(): number {
    const underWay = this.#unsent.reduce((sum, part) => sum + part.size, 0);
    return Math.max(this.writableLength - underWay, 0);
  }

  get bufferSize(): number {
    return this.writableLength;
  }
}
