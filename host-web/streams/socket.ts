/**
 * A connection as web streams: the Socket of WinterTC's Sockets API, with what that leaves open
 * settled.
 *
 * | you do                   | TCP does                                                           |
 * | ------------------------ | ------------------------------------------------------------------ |
 * | `await writer.write(c)`  | done when every octet is in the send buffer (not: acknowledged)    |
 * | `await writer.close()`   | FIN after queued data; done when the FIN is acknowledged           |
 * | `writer.abort(r)`        | ABORT: RST; `readable` errors with `r`                             |
 * | `reader.cancel()`        | receive side closed; unread or later data is answered with RST     |
 * | the peer's FIN           | `readable` ends; unless `allowHalfOpen`, our FIN follows           |
 * | `socket.close(r)`        | RST if data is unread, else FIN; waits end with `r`; is `closed`   |
 * | `await using`            | FIN behind what is queued, drain, `closed`                         |
 * | RST in                   | both streams and `closed` fail with ECONNRESET, read or not        |
 * | no connection comes of it | `opened`, `closed` and both streams fail                          |
 *
 * The two sides stand in `read-end.ts` and `write-end.ts`; here is what joins them, and the end.
 */
import { Reason, Result } from '../abi.ts';
import { formatEndpoint, type SocketAddress } from '../address.ts';
import { type Clock, NEVER, turn } from '../clock.ts';
import { once, SocketError } from '../errors.ts';
import type { TcpInfo, TcpState } from '../inspect.ts';
import type { Octets } from '../platform.ts';
import type { Opener } from '../raw/opener.ts';
import { noTls } from '../raw/plain.ts';
import type { RawConnection } from '../raw/raw.ts';
import { type OpenOptions, tune, type TuningOptions } from '../raw/tuning.ts';
import { ReadEnd } from './read-end.ts';
import { asyncDispose, LatePromise } from './settle.ts';
import { WriteEnd } from './write-end.ts';

/** Both ends of an open connection. */
export interface SocketInfo {
  /** `10.0.0.2:80` */
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly alpn: null;
}

/** How a socket behaves, whichever side opened it. */
export interface SocketOptions {
  /** Keep `writable` open when the peer has closed; default false. */
  allowHalfOpen?: boolean;
  /** There is no TLS here: any other value is refused with a TypeError. */
  secureTransport?: 'off';
}

export interface ConnectOptions extends OpenOptions, SocketOptions {
  /** Aborts the connection, at any time in its life. */
  signal?: AbortSignal;
}

/** Longest wait of `await using` for the peer's FIN, once ours is acknowledged: tcp_fin_timeout. */
const LINGER_MS = 60_000;

/** What `close` has made of the receive side. */
const enum Arriving {
  /** Data is for the reader. */
  READ,
  /** Data is refused with a RST. */
  REFUSED,
  /** Data is dropped until the peer's FIN. */
  DRAINED,
}

export class Socket {
  /** There is no TLS here: all is sent in the clear. */
  readonly secureTransport = 'off';
  readonly upgraded = false;

  /** The connection beneath. */
  readonly raw: RawConnection;
  readonly #clock: Clock;
  readonly #read: ReadEnd;
  readonly #write: WriteEnd;
  readonly #opened = new LatePromise<SocketInfo>();
  readonly #closed = new LatePromise<void>();
  readonly #allowHalfOpen: boolean;
  #arriving = Arriving.READ;
  /** `close()` has been called: an end that it brings about is the one wanted. */
  #isClosing = false;
  /** `closed` is settled. */
  #isSettled = false;
  #forgetSignal: (() => void) | undefined;

  constructor(raw: RawConnection, clock: Clock, options: SocketOptions) {
    this.raw = raw;
    this.#clock = clock;
    this.#allowHalfOpen = options.allowHalfOpen ?? false;
    this.#read = new ReadEnd(
      raw,
      () => this.#readToEnd(),
      () => this.#refuseData(),
    );
    this.#write = new WriteEnd(raw, (reason) => this.#abort(reason));
    raw.onOpened = () => this.#isOpen();
    raw.onReadable = () => this.#dataArrived();
    raw.onWritable = () => this.#write.resume();
    raw.onEnd = () => this.#peerClosed();
    raw.onFinAcknowledged = () => this.#finAcknowledged();
    raw.onOver = () => this.#over();
    if (raw.isOpened) this.#isOpen();
  }

  get readable(): ReadableStream<Octets> {
    return this.#read.stream;
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#write.stream;
  }

  /** Fulfilled when the connection is synchronized; rejected when that will never be. */
  get opened(): Promise<SocketInfo> {
    return this.#opened.promise;
  }

  /** Settled when the connection is over, by a normal end or not. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get remoteAddress(): string {
    return this.raw.remoteAddress;
  }

  get remotePort(): number {
    return this.raw.remotePort;
  }

  get localAddress(): string {
    return this.raw.localAddress;
  }

  get localPort(): number {
    return this.raw.localPort;
  }

  /** `ESTABLISHED` …; CLOSED once it is over and read to the end. */
  get state(): TcpState {
    return this.raw.state;
  }

  /** What the core knows of it, by the names of `tcp_info`. */
  info(): TcpInfo {
    return this.raw.info();
  }

  setNoDelay(isOn = true): this {
    return this.tune({ noDelay: isOn });
  }

  /** @param idleMs silence before the first probe */
  setKeepAlive(isOn = true, idleMs = 0): this {
    return this.tune({ ...(idleMs > 0 && { keepAliveIdle: idleMs }), keepAlive: isOn });
  }

  /** Changes options while the connection lives: `tune({ cork: false })`. @throws RangeError */
  tune(options: TuningOptions): this {
    tune(this.raw, options);
    return this;
  }

  /**
   * What is sent from here on, what waits for room included, is urgent, and stays in line (RFC 9293
   * §3.8.5, RFC 6093).
   */
  setUrgent(isOn = true): this {
    this.raw.isUrgent = isOn;
    return this;
  }

  /** @throws TypeError always: there is no TLS here */
  startTls(): never {
    throw noTls('startTls() asks for it');
  }

  /** Ends the connection now, with a RST. */
  reset(): void {
    this.#abort(undefined);
  }

  /**
   * Ends both directions. What the send buffer holds is still sent; what is not in it yet is
   * refused, and so is what has arrived unread: the peer then gets a RST instead of a FIN.
   *
   * @param reason what waits of the streams, and `opened`, is rejected with it; without one, what
   *   loses nothing by the close ends without an error
   * @returns `closed`: fulfilled when the peer has acknowledged all, rejected if it never does
   */
  close(reason?: unknown): Promise<void> {
    if (this.#isClosing) return this.closed;
    this.#isClosing = true;
    if (reason !== undefined) this.#read.fail(() => reason);
    if (this.#isSettled) {
      this.#letGo();
      return this.closed;
    }
    if (!this.raw.isOpened || this.raw.receiveQueue > 0) {
      this.#cut(this.#aborted(Reason.USER_CLOSE, reason), true);
      return this.closed;
    }
    this.#arriving = Arriving.REFUSED;
    this.#read.close();
    this.#write.refuse(reason);
    if (this.#write.isFinAcknowledged) this.#settle(null);
    return this.closed;
  }

  /**
   * `await using`: a FIN behind everything written, then whatever the peer still sends, then
   * `closed`.
   */
  async [asyncDispose](): Promise<void> {
    if (this.#isSettled) return this.#letGo();
    if (!this.raw.isOpened) return void this.close();
    if (!this.#isClosing) {
      if (this.#arriving === Arriving.READ) this.#arriving = Arriving.DRAINED;
      this.#read.close();
      this.#write.finish();
      this.#dataArrived();
    }
    const alarm = this.#clock.alarm(() => this.#settle(null));
    const linger = () => alarm.set(this.#isSettled ? NEVER : this.#clock.now() + LINGER_MS, false);
    if (this.#write.isFinAcknowledged) linger();
    else {
      this.raw.onFinAcknowledged = () => {
        this.#finAcknowledged();
        linger();
      };
    }
    await this.closed.finally(() => alarm.clear());
  }

  /** Lets an AbortSignal end the connection. */
  obey(signal: AbortSignal): void {
    const onAbort = () => this.#abort(signal.reason);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    this.#forgetSignal = () => signal.removeEventListener('abort', onAbort);
  }

  // Signals ---------------------------------------------------------------------------

  #isOpen(): void {
    const { raw } = this;
    this.#opened.resolve(() => ({
      remoteAddress: formatEndpoint(raw.remoteAddress, raw.remotePort),
      localAddress: formatEndpoint(raw.localAddress, raw.localPort),
      alpn: null,
    }));
    this.#write.opened();
  }

  #dataArrived(): void {
    if (this.#arriving === Arriving.READ) this.#read.look();
    else if (this.#arriving === Arriving.DRAINED) this.raw.discard();
    else this.#refuseData();
  }

  /**
   * Data that nobody will read, come or to come, is answered with a RST (RFC 1122 §4.2.2.13).
   */
  #refuseData(): void {
    this.#arriving = Arriving.REFUSED;
    if (this.raw.receiveQueue > 0) {
      const reason = Reason.TEXT_AFTER_RELEASE;
      this.#cut(this.#aborted(reason), this.#isClosing);
    } else if (this.raw.isClosed) {
      this.raw.release();
    } else {
      this.#releaseIfUnused();
    }
  }

  #peerClosed(): void {
    if (this.#arriving === Arriving.READ) {
      this.#read.lookForEnd();
      return;
    }
    this.#dataArrived();
    this.#readToEnd();
  }

  /** The peer's FIN has been reached. */
  #readToEnd(): void {
    if (!this.#allowHalfOpen) {
      // Behind what a pipe makes of the last octets, which it may have got just now.
      if (this.#read.isUsed) void turn().then(() => this.#write.finish());
      else this.#write.finish();
    }
    if (this.raw.isClosed) this.raw.release();
  }

  #finAcknowledged(): void {
    this.#write.finAcknowledged();
    this.#releaseIfUnused();
  }

  /** Both directions are closed by us: the rest is the core's, which bounds FIN-WAIT-2. */
  #releaseIfUnused(): void {
    if (this.#arriving === Arriving.REFUSED && this.#write.isFinAcknowledged) this.#settle(null);
  }

  // The end ------------------------------------------------------------------------

  /** The core says that the connection is over. */
  #over(): void {
    if (this.raw.hasFailed) {
      this.#fail(() => this.raw.error);
      return;
    }
    this.#write.finAcknowledged();
    this.#settleClosed(null);
    // Data that is unread can still be read.
    if (this.#arriving !== Arriving.READ || this.#read.isOver) this.raw.release();
    else this.#read.lookForEnd();
  }

  #abort(reason: unknown): void {
    this.#cut(this.#aborted(Reason.USER_ABORT, reason), false);
  }

  /** Ends the connection by a RST. */
  #cut(error: () => unknown, isWanted: boolean): void {
    if (this.#isSettled) {
      // Over for the core, perhaps not for the reader.
      this.#read.fail(error);
      this.raw.release();
      return;
    }
    this.raw.abort();
    if (isWanted) {
      this.#read.close();
      this.#settleClosed(null);
    }
    this.#fail(error);
  }

  #fail(error: () => unknown): void {
    this.#read.fail(error);
    this.#write.fail(error);
    this.#settle(error);
  }

  #settle(error: (() => unknown) | null): void {
    this.#settleClosed(error);
    this.raw.release();
  }

  #settleClosed(error: (() => unknown) | null): void {
    if (this.#isSettled) {
      if (error !== null) this.#opened.reject(error);
      return;
    }
    this.#isSettled = true;
    this.#forgetSignal?.();
    if (error === null) this.#closed.resolve(() => {});
    else {
      this.#opened.reject(error);
      this.#closed.reject(error);
    }
  }

  /** The connection is over, and what it brought will not be read. */
  #letGo(): void {
    this.#read.close();
    this.raw.release();
  }

  /** Why this side has ended it: what its user has given for a reason, or an error. */
  #aborted(reason: Reason, given?: unknown): () => unknown {
    const { raw } = this;
    const syscall = raw.isOpened ? 'read' : 'connect';
    const result = Result.CONNECTION_ABORTED;
    return once(() => {
      const { remoteAddress: address, remotePort: port } = raw;
      return given ?? new SocketError({ syscall, result, reason, address, port });
    });
  }
}

/** `stack.connect`. */
export function connectSocket(
  stack: Opener,
  address: string | SocketAddress,
  options: ConnectOptions,
): Socket {
  const socket = new Socket(stack.openConnection(address, options), stack.clock, options);
  if (options.signal !== undefined) socket.obey(options.signal);
  return socket;
}
