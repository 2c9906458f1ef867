/**
 * The stream half of a handle: what `net.js`, TLS, HTTP and HTTP/2 read from and write to.
 *
 * It extends Node's `JSStream` and so is a StreamBase, which native consumers read as they read the
 * kernel's. Nothing is buffered: while nobody reads, text stays in the core's receive buffer, and
 * the window towards the peer closes; what waits to be sent is in `writes.ts`. Methods answer 0 or
 * libuv's negative number. Which connection it is, and how it came about, is `handle.ts`'s.
 */
import { AsyncResource } from 'node:async_hooks';
import { Memory } from '../../host-web/abi.ts';
import { END, type RawConnection } from '../../host-web/raw/raw.ts';
import { tune, type TuningOptions } from '../../host-web/raw/tuning.ts';
import type { Stack } from '../../host-web/stack.ts';
import { errnoOf, numberOf } from './errno.ts';
import { internals, type NativeRequest, tlsOver } from './internals.ts';
import { type References, referencesOf } from './references.ts';
import { type Turns, turnsOf } from './turns.ts';
import { type Done, Writes } from './writes.ts';

const { JSStream, state } = internals;

/** A request of `net.js`; each kind has its own arguments. */
export interface Request {
  oncomplete?(...args: unknown[]): void;
}

/** Octets of one read; they are copied before the next. */
const scratch = new Uint8Array(Memory.TEXT_SIZE);

export abstract class StreamHandle extends JSStream {
  protected readonly stack: Stack;
  protected readonly context: AsyncResource;
  /** Its connection, once there is one. */
  protected connection: RawConnection | undefined;
  /** Options, which wait for a connection where there is none yet. */
  protected options: TuningOptions = {};
  protected isClosed = false;
  /** The peer's FIN has come. */
  protected hasPeerEnded = false;
  readonly #references: References;
  readonly #turns: Turns;
  #isReading = false;
  #isLooking = false;
  #hasEnded = false;
  /** No FIN will come: the peer's process is over. */
  #isWithoutFin = false;
  #isFailureTold = false;
  #isReferenced = true;
  #octetsRead = 0;
  /** A user's buffer that reads go into, octets; 0 is none. */
  #userSize = 0;
  readonly #writes = new Writes((raw, result) => this.#errno(raw.failure('write', result)));

  constructor(stack: Stack, type: string) {
    super();
    this.stack = stack;
    this.#references = referencesOf(stack);
    this.#turns = turnsOf(stack);
    this.context = new AsyncResource(type, { requireManualDestroy: true });
  }

  /** Calls a task in a turn of its own: user code never runs inside the pump. */
  protected tell(task: () => void): void {
    this.#turns.tell(task);
  }

  /** Calls what is a program's, in the context of this handle. */
  protected call(task: () => void): void {
    this.context.runInAsyncScope(task);
  }

  // Options -------------------------------------------------------------------------

  /**
   * Options, also those that Node has no word for. Before there is a connection they wait for it.
   *
   * @throws RangeError naming the option that the core refuses
   */
  tune(options: TuningOptions): void {
    this.options = { ...this.options, ...options };
    if (this.connection !== undefined) tune(this.connection, options);
  }

  #set(options: TuningOptions): number {
    try {
      this.tune(options);
      return 0;
    } catch (error) {
      return errnoOf(error);
    }
  }

  setNoDelay(isOn: boolean): number {
    return this.#set({ noDelay: Boolean(isOn) });
  }

  setKeepAlive(isOn: boolean, seconds: number): number {
    const idle = seconds > 0 ? { keepAliveIdle: 1000 * seconds } : {};
    return this.#set({ ...idle, keepAlive: Boolean(isOn) });
  }

  setTypeOfService(octet: number): number {
    // The lower two bits are ECN's.
    return this.#set({ diffserv: octet & 0xfc });
  }

  getTypeOfService(): number {
    return this.options.diffserv ?? 0;
  }

  setSimultaneousAccepts(): number {
    return 0;
  }

  setBlocking(): number {
    return 0;
  }

  get fd(): number {
    return -1;
  }

  // Reading -------------------------------------------------------------------------

  readStart(): number {
    this.#isReading = true;
    this.refresh();
    this.look();
    return 0;
  }

  readStop(): number {
    this.#isReading = false;
    this.refresh();
    return 0;
  }

  /** As `readStart`, for native consumers. */
  onreadstart(): number {
    return this.readStart();
  }

  onreadstop(): number {
    return this.readStop();
  }

  override useUserBuffer(buffer: Uint8Array): void {
    this.#userSize = buffer.length;
    super.useUserBuffer(buffer);
  }

  /** There may be something to read. */
  protected look(): void {
    if (this.#isLooking || !this.#isReading) return;
    this.#isLooking = true;
    this.tell(() => {
      this.#isLooking = false;
      this.#read();
    });
  }

  #read(): void {
    const raw = this.connection;
    if (!this.#isReading || raw === undefined || this.isConnecting) return;
    if (this.#hasEnded || this.isClosed) return;
    const into = this.#userSize === 0 ? scratch : scratch.subarray(0, this.#userSize);
    const received = raw.receive(into);
    const size = received === 0 && this.#isWithoutFin ? END : received;
    if (size > 0) {
      this.#octetsRead += size;
      this.look();
      this.call(() => this.readBuffer(scratch.subarray(0, size)));
    } else if (size === END && this.#isFinUntold && !raw.hasFailed) {
      this.look();
      this.settle();
    } else if (size === END) {
      this.#hasEnded = true;
      this.refresh();
      this.call(() => this.emitEOF());
    } else if (raw.hasFailed && !this.#isFailureTold && !this.isAbandoned) {
      this.#isFailureTold = true;
      this.#isReading = false;
      this.refresh();
      // JSStream has no way to tell a reader of an error: this is what native code does.
      state[internals.readBytesOrError] = errnoOf(raw.error);
      const reader = tlsOver(this) ?? this;
      this.call(() => reader.onread?.(undefined));
    }
  }

  /** Has what has come be all that comes: the peer can not say so any more. */
  endWithoutFin(): void {
    this.#isWithoutFin = true;
    this.hasPeerEnded = true;
    this.look();
  }

  get bytesRead(): number {
    return this.#octetsRead;
  }

  // Writing -------------------------------------------------------------------------

  get bytesWritten(): number {
    return this.#writes.total;
  }

  get writeQueueSize(): number {
    return this.#writes.left;
  }

  writeBuffer(request: Request | null, octets: Uint8Array): unknown {
    return this.#write(request, [octets]);
  }

  /** @param isOctets whether there are no encodings between the chunks */
  writev(request: Request | null, chunks: unknown[], isOctets: boolean): unknown {
    if (isOctets) return this.#write(request, chunks as Uint8Array[]);
    const parts: Uint8Array[] = [];
    for (let i = 0; i < chunks.length; i += 2) {
      const chunk = chunks[i] as Uint8Array | string;
      const encoding = chunks[i + 1] as BufferEncoding;
      parts.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    }
    return this.#write(request, [Buffer.concat(parts)]);
  }

  writeUtf8String(request: Request | null, text: string): unknown {
    return this.#write(request, [Buffer.from(text, 'utf8')]);
  }

  writeAsciiString(request: Request | null, text: string): unknown {
    return this.#write(request, [Buffer.from(text, 'latin1')]);
  }

  writeLatin1String(request: Request | null, text: string): unknown {
    return this.#write(request, [Buffer.from(text, 'latin1')]);
  }

  writeUcs2String(request: Request | null, text: string): unknown {
    return this.#write(request, [Buffer.from(text, 'utf16le')]);
  }

  /**
   * A write of `net.js`. Until Node 24 it brings its request, and is answered by a status; from
   * Node 26 on it brings none, and one that is under way is answered by a request to complete.
   */
  #write(given: Request | null, parts: readonly Uint8Array[]): unknown {
    const request: Request & { writeStatus?: null } = given ?? { writeStatus: null };
    let context = this.context;
    const done: Done = (status) => {
      context.runInAsyncScope(() => request.oncomplete?.(status, this, undefined));
    };
    const status = this.#send(parts, done, false);
    // Only one that is under way is told of later, and then in the context of its call.
    if (status === 1) context = new AsyncResource('WRITEWRAP');
    if (internals.isWriteAsync !== undefined) state[internals.isWriteAsync] = status === 1 ? 1 : 0;
    if (internals.writeError !== undefined) state[internals.writeError] = 0;
    if (status !== 1) return status;
    return given === null ? request : 0;
  }

  #send(parts: readonly Uint8Array[], done: Done, isLate: boolean): number {
    let total = 0;
    for (const { length } of parts) total += length;
    state[internals.bytesWritten] = total;
    const raw = this.connection;
    if (raw === undefined || this.isClosed) return numberOf('EBADF');
    const isOpen = !this.isConnecting;
    const status = this.#writes.add(isOpen ? raw : null, parts, total, done, isLate);
    if (status === 1) {
      this.refresh();
      if (isLate) this.tell(() => this.settle());
    }
    return status;
  }

  /** A native consumer's write: it hears of its end in a later turn. */
  onwrite(request: NativeRequest, parts: Uint8Array[]): number {
    const status = this.#send(parts, (ended) => this.finishWrite(request, ended), true);
    return Math.min(status, 0);
  }

  shutdown(request: Request): number {
    const context = new AsyncResource('SHUTDOWNWRAP');
    return this.#finish((status) => {
      context.runInAsyncScope(() => request.oncomplete?.(status));
    });
  }

  onshutdown(request: NativeRequest): number {
    return this.#finish((status) => this.finishShutdown(request, status));
  }

  #finish(done: Done): number {
    const raw = this.connection;
    if (raw === undefined || raw.isClosed || this.isClosed) return numberOf('ENOTCONN');
    this.#writes.finish(done);
    // Not once writers have heard: what is closed meanwhile would go without a FIN, by a RST.
    if (this.#writes.left === 0 && !this.isConnecting) raw.close();
    this.refresh();
    this.tell(() => this.settle());
    return 0;
  }

  /** Our FIN has been sent: who asked for it hears so before the peer's, which may answer it. */
  get #isFinUntold(): boolean {
    return this.#writes.isEnding && this.#writes.left === 0;
  }

  /** Tells of writes that are over, each in a turn of its own. */
  protected settle(): void {
    const raw = this.connection;
    if (raw === undefined || this.isClosed || this.isConnecting || this.isAbandoned) return;
    // As with libuv, who reads hears of a failure before who writes.
    if (raw.hasFailed && this.#isReading && !this.#hasEnded && !this.#isFailureTold) {
      this.look();
      this.tell(() => this.settle());
      return;
    }
    const over = raw.isClosed ? this.#errno(raw.error) : 0;
    const told = this.#writes.settle(raw, over);
    if (told === undefined) return;
    this.refresh();
    if (this.#writes.isBusy) this.tell(() => this.settle());
    told();
  }

  /** libuv's number of what a writer fails with. */
  #errno(error: unknown): number {
    const number = errnoOf(error, numberOf('EPIPE'));
    // Linux: a reset behind the peer's FIN is a pipe that nobody reads from any more.
    const isPipe = this.hasPeerEnded && number === numberOf('ECONNRESET');
    return isPipe ? numberOf('EPIPE') : number;
  }

  /** Whether the FIN waits for what is before it. */
  protected get isEnding(): boolean {
    return this.#writes.isEnding;
  }

  /** The handle has been closed: what is still to be told. */
  protected cancel(): (() => void)[] {
    this.#references.delete(this);
    return this.#writes.cancel();
  }

  // What keeps the process alive ------------------------------------------------------

  protected abstract get isListening(): boolean;
  /** `connect` is under way: nothing is read or sent before it is told. */
  protected abstract get isConnecting(): boolean;
  /** Its stack has been closed, and its socket is told of that in another way. */
  protected abstract get isAbandoned(): boolean;

  ref(): void {
    this.#isReferenced = true;
    this.refresh();
  }

  unref(): void {
    this.#isReferenced = false;
    this.refresh();
  }

  hasRef(): boolean {
    return this.#isReferenced && !this.isClosed;
  }

  /** As libuv: what listens, connects, reads, or has something under way. */
  protected refresh(): void {
    const isActive =
      this.isListening ||
      this.isConnecting ||
      (this.#isReading && !this.#hasEnded && this.connection !== undefined) ||
      this.#writes.isBusy;
    if (isActive && this.#isReferenced && !this.isClosed) this.#references.add(this);
    else this.#references.delete(this);
  }
}
