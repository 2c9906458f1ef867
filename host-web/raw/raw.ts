/**
 * The raw API: connections and listeners by callback, for hosts that must not pay for promises.
 *
 * Everything above stands on it: the web streams of `streams/`, Node's `Duplex`, the command
 * line.
 *
 * How to use it:
 * - **Look first, sleep second.** Call `send` or `receive`; when it answers 0 (or `send` took less
 *   than it was given) wait for `onWritable` or `onReadable` and call again. A callback only says
 *   "look": it may come without cause, it never fails to come.
 * - **Nothing is buffered here.** `send` copies into the core's send buffer and answers how much
 *   fitted; not calling `receive` closes the window towards the peer.
 * - **Calls never call back.** Callbacks come from the stack's pump, after the call that caused
 *   them has returned; within a callback every call is allowed.
 * - **`onClosed` is the last callback**, and it always comes: after a normal end with null, after
 *   any other with the error. Data that had arrived before can be received after it, but after our
 *   own `abort`.
 * - **`release` gives the record back** and must be called once, at any time: an open connection
 *   then ends in its own time (FIN behind what is queued; RST if data is unread, or arrives later).
 */
import { Memory, type Reason, Result, Signal } from '../abi.ts';
import { type Callback, call } from '../callback.ts';
import { once, SocketError, type Syscall } from '../errors.ts';
import type { Octets } from '../platform.ts';
import { type Host, RawHandle } from './raw-handle.ts';
import { RawSyn } from './syn.ts';

export type { Host } from './raw-handle.ts';

/** What `receive` answers when the peer has closed and everything before has been received. */
export const END = -Result.CONNECTION_CLOSING;

/** One connection. */
export class RawConnection extends RawHandle {
  /** The connection is synchronized. Never comes for an accepted one: it was before. */
  onOpened: Callback = null;
  /** `receive` has octets, or the end of them. */
  onReadable: Callback = null;
  /** `send` has room again, after it took less than it was given. */
  onWritable: Callback = null;
  /**
   * The peer has closed. What it sent before may still wait in `receive`, which then answers END.
   */
  onEnd: Callback = null;
  /** Everything sent, and our FIN, has been acknowledged. */
  onFinAcknowledged: Callback = null;
  /** The peer's urgent pointer was set, or moved on: `urgentLeft` says how far (MUST-32). */
  onUrgent: Callback = null;
  /** Delivery is in trouble (retransmissions, ICMP), but the connection goes on. */
  onSoftError: ((error: SocketError) => void) | null = null;
  /** The connection is over; null after a normal end. The last callback. */
  onClosed: ((error: SocketError | null) => void) | null = null;
  /** As `onClosed`, for an owner that asks `error` only where somebody is to see it. */
  onOver: Callback = null;

  /** It has been synchronized. */
  isOpened: boolean;
  /** It is over: `onClosed` has been called. */
  isClosed = false;
  /**
   * An OPEN goes on when ICMP calls the peer unreachable, until R2 (MUST-56). False, the default:
   * it is given up at once with EHOSTUNREACH, as connect(2) of Linux does (RFC 5461 §4.1).
   */
  isPatient = false;
  /**
   * What `send` takes from here on is urgent, up to its last octet, and stays in line (RFC 9293
   * §3.8.5). New protocols should not use it (RFC 6093).
   */
  isUrgent = false;
  #givenUp: (() => SocketError) | null = null;
  #failure: (() => SocketError) | null = null;

  constructor(host: Host, handle: number, isOpened: boolean) {
    super(host, handle);
    this.isOpened = isOpened;
  }

  /** It is over, by no normal end. */
  get hasFailed(): boolean {
    return this.#failure !== null;
  }

  /** What it failed with: made when it is first asked for. */
  get error(): SocketError | null {
    return this.#failure === null ? null : this.#failure();
  }

  get remoteAddress(): string {
    return this.tuple().remoteAddress;
  }

  get remotePort(): number {
    return this.tuple().remotePort;
  }

  /** Octets that `receive` has now. */
  get receiveQueue(): number {
    return this.field('receiveQueue');
  }

  /** Octets in the send buffer that are not acknowledged yet. */
  get sendQueue(): number {
    return this.field('sendQueue');
  }

  /**
   * Copies octets into the send buffer.
   *
   * @returns how many: fewer than given when the buffer is full, and `onWritable` follows;
   *   negative, a negated Result, when nothing can be sent any more (`failure` makes an error of
   *   it)
   */
  send(octets: Uint8Array): number {
    const { core } = this.host;
    const { length } = octets;
    let taken = 0;
    this.host.refresh();
    do {
      const size = Math.min(length - taken, Memory.TEXT_SIZE);
      // Not where `lend` has room: a view for each piece costs more than one copy more.
      core.textWindow.set(size === length ? octets : octets.subarray(taken, taken + size));
      const result = core.send(this.handle, size);
      if (result < 0 && taken === 0) return result;
      if (result < 0) break;
      taken += result;
      if (result < size) break;
    } while (taken < length);
    if (taken > 0 && this.isUrgent) core.urgent(this.handle);
    if (taken > 0) this.host.wake();
    return taken;
  }

  /**
   * Copies what has arrived into `into`.
   *
   * @returns how many octets; 0 when there are none now, and `onReadable` follows; END when the
   *   peer has closed and all is received; another negated Result when the connection has failed
   */
  receive(into: Uint8Array): number {
    const { core } = this.host;
    const { length } = into;
    let received = 0;
    this.host.refresh();
    while (received < length) {
      const n = core.peek(this.handle, length - received);
      if (n <= 0) {
        if (received === 0) return n;
        break;
      }
      core.pieces.copy(n, into, received);
      core.take(this.handle, n);
      received += n;
      if (n < Memory.TEXT_SIZE) break;
    }
    if (received > 0) this.host.wake();
    return received;
  }

  /**
   * As `receive`, into a new array of just the size needed (64 KiB at most), or the negated Result.
   */
  read(): Octets | number {
    const { core } = this.host;
    this.host.refresh();
    const n = core.receive(this.handle, Memory.TEXT_SIZE);
    if (n <= 0) return n;
    this.host.wake();
    // `slice` need not fill with zeros first what is overwritten at once.
    return core.textWindow.slice(0, n) as Octets;
  }

  /**
   * Receives and forgets everything there is; answers what `receive` would answer then: 0, END …
   */
  discard(): number {
    const { core } = this.host;
    this.host.refresh();
    if (core.take(this.handle, 0x7fff_ffff) > 0) this.host.wake();
    return core.take(this.handle, 0);
  }

  /**
   * Octets to receive until the end of the peer's urgent data, which comes in line; 0 when none is
   * pending (MUST-33, RFC 6093).
   */
  get urgentLeft(): number {
    return this.field('urgentLeft');
  }

  /** CLOSE: a FIN behind everything `send` took. Harmless when repeated. */
  close(): number {
    this.host.refresh();
    const result = this.host.core.close(this.handle);
    this.host.wake();
    return result;
  }

  /** ABORT: a RST now; what is queued is dropped. `onClosed` follows. */
  abort(): void {
    this.host.refresh();
    this.host.core.abort(this.handle);
    this.host.wake();
  }

  /** As `abort`; what is then told of the end is this error. */
  giveUp(error: () => SocketError): void {
    this.#givenUp = error;
    this.abort();
  }

  /** An error for a negative answer of `send` or `receive`. */
  failure(syscall: Syscall, result: number): SocketError {
    if (this.error !== null) return this.error;
    return new SocketError({
      syscall,
      result: -result,
      address: this.remoteAddress,
      port: this.remotePort,
    });
  }

  /** The stack's: hands out a signal. `events` are bits of Signal. */
  signal(events: number, result: Result, reason: Reason): void {
    if (events & Signal.OPENED) {
      this.isOpened = true;
      call(this.onOpened);
    }
    // Before the octets it is about are read.
    if (events & Signal.URGENT) call(this.onUrgent);
    if (events & Signal.READABLE) call(this.onReadable);
    if (events & Signal.WRITABLE) call(this.onWritable);
    if (events & Signal.CONNECTION_CLOSING) call(this.onEnd);
    if (events & Signal.FIN_ACKNOWLEDGED) call(this.onFinAcknowledged);
    if (events & Signal.SOFT_ERROR && !(events & Signal.CLOSED)) this.#soften(result, reason);
    if (events & Signal.CLOSED) {
      this.end(this.#givenUp ?? (result === Result.OK ? null : this.#trouble(result, reason)));
    }
  }

  #soften(result: Result, reason: Reason): void {
    const { onSoftError } = this;
    const error = this.#trouble(result, reason);
    if (!this.isOpened && !this.isPatient && result === Result.HOST_UNREACHABLE) {
      this.giveUp(error);
    } else if (onSoftError !== null) {
      call(() => onSoftError(error())); // SHLD-20
    }
  }

  /** The stack's: the connection is over; `failure` makes the error of what is no normal end. */
  end(failure: (() => SocketError) | null): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#failure = failure;
    call(this.onOver);
    const { onClosed } = this;
    if (onClosed !== null) call(() => onClosed(this.error));
  }

  #trouble(result: Result, reason: Reason): () => SocketError {
    const syscall = this.isOpened ? 'read' : 'connect';
    return once(() => {
      const { remoteAddress: address, remotePort: port } = this;
      return new SocketError({ syscall, result, reason, address, port });
    });
  }
}

/** One listener. */
export class RawListener extends RawHandle {
  /** `accept` has a connection. */
  onAcceptable: Callback = null;
  /** It has been closed. */
  onClosed: Callback = null;
  isClosed = false;
  readonly #onSyn: ((syn: RawSyn) => void) | undefined;
  readonly #adopt: (handle: number) => RawConnection;

  constructor(
    host: Host,
    handle: number,
    adopt: (handle: number) => RawConnection,
    onSyn?: (syn: RawSyn) => void,
  ) {
    super(host, handle);
    this.#adopt = adopt;
    this.#onSyn = onSyn;
  }

  /** Takes the oldest connection; null when none waits, and `onAcceptable` follows. */
  accept(): RawConnection | null {
    const handle = this.host.core.accept(this.handle);
    if (handle <= 0) return null;
    this.host.wake();
    return this.#adopt(handle);
  }

  /**
   * Ends it: connections nobody has accepted are reset, those accepted go on. `onClosed` follows.
   */
  close(): void {
    this.host.refresh();
    this.host.core.close(this.handle);
    this.host.wake();
  }

  /** The stack's: hands out a signal. `events` are bits of Signal. */
  signal(events: number): void {
    if (events & Signal.ASKED) this.#ask(this.#onSyn!);
    if (events & Signal.ACCEPTABLE) call(this.onAcceptable);
    if (events & Signal.CLOSED) this.end();
  }

  #ask(onSyn: (syn: RawSyn) => void): void {
    while (this.handle !== 0 && this.host.core.asked(this.handle) === 1) {
      const syn = new RawSyn(this.host);
      call(() => onSyn(syn));
    }
  }

  /** The stack's: the listener is over. */
  end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    call(this.onClosed);
  }
}
