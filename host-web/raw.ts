/**
 * The raw API: connections and listeners by callback, for hosts that must not pay for promises.
 *
 * Everything above stands on it: the web streams of `connection.ts`, Node's `Duplex`, the command
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
 *   any other with the error. Text that had arrived before a normal end can be received after it.
 * - **`release` gives the record back** and must be called once, at any time: an open connection
 *   then ends in its own time (FIN behind what is queued; RST if text is unread, or arrives later).
 */
import {
  Memory,
  type Option,
  type Reason,
  Result,
  Signal,
  type State,
  StatusField,
} from './abi.ts';
import { formatMapped } from './address.ts';
import type { Core } from './core.ts';
import { SocketError, type Syscall } from './errors.ts';
import { readStatus, stateName, type TcpInfo, type TcpState } from './inspect.ts';

/** What `receive` answers when the peer has closed and everything before has been received. */
export const END = -Result.CONNECTION_CLOSING;

/** What a raw connection needs of its stack. */
export interface Host {
  readonly core: Core;
  /** Tells the core the time, before the first call of a batch. */
  refresh(): void;
  /** The stack is to pump once the current task has ended. */
  wake(): void;
  /** The handle has been released: no news is to be looked for. */
  forget(handle: number): void;
}

type Callback = (() => void) | null;

/** Calls back; what it throws is nobody's here, and must not keep others from their news. */
function call(callback: Callback): void {
  if (callback === null) return;
  try {
    callback();
  } catch (error) {
    report(error);
  }
}

function report(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Sockets of a connection. */
interface Tuple {
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
}

/** What connections and listeners have in common: a handle of the core. */
abstract class RawHandle {
  protected readonly host: Host;
  /** The core's name for it; 0 once released. */
  handle: number;
  #tuple: Tuple | undefined;

  constructor(host: Host, handle: number) {
    this.host = host;
    this.handle = handle;
  }

  get localAddress(): string {
    return this.tuple().localAddress;
  }

  get localPort(): number {
    return this.tuple().localPort;
  }

  /** Everything the core knows of it; state CLOSED, and zeros, once released. */
  info(): TcpInfo {
    const { core } = this.host;
    if (core.status(this.handle) !== Result.OK) {
      core.octets.fill(0, Memory.STATUS, Memory.STATUS + StatusField.size);
      return { ...readStatus(core), ...this.tuple() };
    }
    return readStatus(core);
  }

  get state(): TcpState {
    return stateName(this.stateNumber);
  }

  get stateNumber(): State {
    return this.field('state');
  }

  /** One number of STATUS; 0 once released. */
  protected field(name: 'state' | 'receiveQueue' | 'sendQueue'): number {
    const { core } = this.host;
    if (core.status(this.handle) !== Result.OK) return 0;
    return core.view.getUint32(Memory.STATUS + StatusField[name], true);
  }

  /** Sets an option; answers whether the core takes that value. */
  setOption(option: Option, value: number): boolean {
    this.host.refresh();
    const isSet = this.host.core.setOption(this.handle, option, value) === Result.OK;
    this.host.wake();
    return isSet;
  }

  /** The stack's: what is known of a connection whose OPEN failed at once. */
  name(remoteAddress: string, remotePort: number): void {
    this.#tuple = { localAddress: '', localPort: 0, remoteAddress, remotePort };
  }

  protected tuple(): Tuple {
    if (this.#tuple !== undefined) return this.#tuple;
    const { core } = this.host;
    if (core.status(this.handle) !== Result.OK) {
      return { localAddress: '', localPort: 0, remoteAddress: '', remotePort: 0 };
    }
    const at = Memory.STATUS;
    const address = (offset: number) =>
      formatMapped(core.octets.subarray(at + offset, at + offset + 16));
    this.#tuple = {
      localAddress: address(StatusField.local0),
      localPort: core.view.getUint32(at + StatusField.localPort, true),
      remoteAddress: address(StatusField.remote0),
      remotePort: core.view.getUint32(at + StatusField.remotePort, true),
    };
    return this.#tuple;
  }

  /** Lets go of the handle. */
  release(): void {
    if (this.handle === 0) return;
    this.tuple();
    const { handle } = this;
    this.handle = 0;
    this.host.forget(handle);
    this.host.refresh();
    this.host.core.release(handle);
    this.host.wake();
  }
}

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
  /** Delivery is in trouble (retransmissions, ICMP), but the connection goes on. */
  onSoftError: ((error: SocketError) => void) | null = null;
  /** The connection is over; null after a normal end. The last callback. */
  onClosed: ((error: SocketError | null) => void) | null = null;

  /** It has been synchronized. */
  isOpened: boolean;
  /** It is over: `onClosed` has been called. */
  isClosed = false;
  /** What it failed with. */
  error: SocketError | null = null;

  constructor(host: Host, handle: number, isOpened: boolean) {
    super(host, handle);
    this.isOpened = isOpened;
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
      core.textWindow.set(size === length ? octets : octets.subarray(taken, taken + size));
      const result = core.send(this.handle, size);
      if (result < 0) return taken > 0 ? taken : result;
      taken += result;
      if (result < size) break;
    } while (taken < length);
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
      const n = core.receive(this.handle, Math.min(length - received, Memory.TEXT_SIZE));
      if (n <= 0) {
        if (received === 0) return n;
        break;
      }
      into.set(n === Memory.TEXT_SIZE ? core.textWindow : core.textWindow.subarray(0, n), received);
      received += n;
      if (n < Memory.TEXT_SIZE) break;
    }
    if (received > 0) this.host.wake();
    return received;
  }

  /**
   * As `receive`, into a new array of just the size needed (64 KiB at most), or the negated Result.
   */
  read(): Uint8Array<ArrayBuffer> | number {
    const { core } = this.host;
    this.host.refresh();
    const n = core.receive(this.handle, Memory.TEXT_SIZE);
    if (n <= 0) return n;
    this.host.wake();
    return core.textWindow.slice(0, n) as Uint8Array<ArrayBuffer>;
  }

  /**
   * Receives and forgets everything there is; answers what `receive` would answer then: 0, END …
   */
  discard(): number {
    const { core } = this.host;
    this.host.refresh();
    for (let total = 0; ; ) {
      const n = core.receive(this.handle, Memory.TEXT_SIZE);
      if (n <= 0) {
        if (total > 0) this.host.wake();
        return n;
      }
      total += n;
    }
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

  /** The stack's: hands out news. `events` are bits of Signal. */
  tell(events: number, result: Result, reason: Reason): void {
    if (events & Signal.OPENED) {
      this.isOpened = true;
      call(this.onOpened);
    }
    if (events & Signal.READABLE) call(this.onReadable);
    if (events & Signal.WRITABLE) call(this.onWritable);
    if (events & Signal.CONNECTION_CLOSING) call(this.onEnd);
    if (events & Signal.FIN_ACKNOWLEDGED) call(this.onFinAcknowledged);
    if (events & Signal.SOFT_ERROR && !(events & Signal.CLOSED)) {
      const { onSoftError } = this;
      const error = this.#trouble(result, reason);
      if (onSoftError !== null) call(() => onSoftError(error)); // SHLD-20
    }
    if (events & Signal.CLOSED) {
      this.end(result === Result.OK ? null : this.#trouble(result, reason));
    }
  }

  /** The stack's: the connection is over. */
  end(error: SocketError | null): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.error = error;
    const { onClosed } = this;
    if (onClosed !== null) call(() => onClosed(error));
  }

  #trouble(result: Result, reason: Reason): SocketError {
    return new SocketError({
      syscall: this.isOpened ? 'read' : 'connect',
      result,
      reason,
      address: this.remoteAddress,
      port: this.remotePort,
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
  readonly #adopt: (handle: number) => RawConnection;

  constructor(host: Host, handle: number, adopt: (handle: number) => RawConnection) {
    super(host, handle);
    this.#adopt = adopt;
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

  /** The stack's: hands out news. `events` are bits of Signal. */
  tell(events: number): void {
    if (events & Signal.ACCEPTABLE) call(this.onAcceptable);
    if (events & Signal.CLOSED) this.end();
  }

  /** The stack's: the listener is over. */
  end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    call(this.onClosed);
  }
}
