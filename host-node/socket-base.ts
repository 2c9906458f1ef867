/**
 * What a socket has besides its streams: addresses, options, the idle timer, references.
 *
 * `Socket` in `socket.ts` is this and the two directions of data.
 */
import { Duplex, type DuplexOptions } from 'node:stream';
import { Option } from '../host-web/abi.ts';
import type { TcpInfo } from '../host-web/inspect.ts';
import type { RawConnection } from '../host-web/raw/raw.ts';
import { tune, type TuningOptions } from '../host-web/raw/tuning.ts';
import type { Stack } from '../host-web/stack.ts';
import { type References, referencesOf } from './references.ts';

/** What `address()` answers. */
export interface AddressInfo {
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly port: number;
}

/** Options a connection is given once there is one. */
export interface Tuning {
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
}

export function familyOf(address: string): 'IPv4' | 'IPv6' {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

export abstract class SocketBase extends Duplex {
  protected readonly stack: Stack;
  protected readonly references: References;
  protected connection: RawConnection | undefined;
  protected tuning: Tuning;
  /** What `tune` was given before there was a connection. */
  protected wishes: TuningOptions = {};
  #isReferenced = true;
  #isUrgent = false;
  #timer: NodeJS.Timeout | undefined;
  /** Milliseconds of `setTimeout`; 0 is none. */
  timeout = 0;

  constructor(stack: Stack, tuning: Tuning, options: DuplexOptions) {
    super(options);
    this.stack = stack;
    this.references = referencesOf(stack);
    this.tuning = tuning;
  }

  /** Takes on a connection, with what was asked of it before there was one. */
  protected takeOn(connection: RawConnection): void {
    this.connection = connection;
    connection.isUrgent = this.#isUrgent;
    if (this.#isReferenced) this.references.add(this);
    const { noDelay = false, keepAlive = false, keepAliveInitialDelay = 0 } = this.tuning;
    if (noDelay) this.setNoDelay(true);
    if (keepAlive) this.setKeepAlive(true, keepAliveInitialDelay);
  }

  /** Lets go of it; what is known of its addresses stays. */
  protected letGo(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.references.delete(this);
    this.connection?.release();
  }

  // Options and time ----------------------------------------------------------------

  setNoDelay(isOn = true): this {
    this.tuning = { ...this.tuning, noDelay: isOn };
    this.connection?.setOption(Option.NAGLE, isOn ? 0 : 1);
    return this;
  }

  setKeepAlive(isOn = false, initialDelay = 0): this {
    this.tuning = { ...this.tuning, keepAlive: isOn, keepAliveInitialDelay: initialDelay };
    if (initialDelay > 0)
      this.connection?.setOption(Option.KEEP_ALIVE_IDLE_MS, Math.trunc(initialDelay));
    this.connection?.setOption(Option.KEEP_ALIVE, isOn ? 1 : 0);
    return this;
  }

  /**
   * Options that `node:net` has no word for: `tune({ hopLimit: 1, cork: true })`. Before there is a
   * connection they wait for it.
   *
   * @throws RangeError
   */
  tune(options: TuningOptions): this {
    if (this.connection === undefined) this.wishes = { ...this.wishes, ...options };
    else tune(this.connection, options);
    return this;
  }

  /**
   * What is sent from here on is urgent, and stays in line (RFC 9293 §3.8.5); a peer of this shape
   * has 'urgent' and `urgentLeft`.
   */
  setUrgent(isOn = true): this {
    this.#isUrgent = isOn;
    if (this.connection !== undefined) this.connection.isUrgent = isOn;
    return this;
  }

  /** Octets to read until the end of the peer's urgent data; 0 when none is pending. */
  get urgentLeft(): number {
    return this.connection?.urgentLeft ?? 0;
  }

  setTimeout(milliseconds: number, listener?: () => void): this {
    if (this.destroyed) return this;
    this.timeout = milliseconds;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (milliseconds > 0) {
      this.#timer = setTimeout(() => this.emit('timeout'), milliseconds).unref();
      if (listener !== undefined) this.once('timeout', listener);
    } else if (listener !== undefined) {
      this.removeListener('timeout', listener);
    }
    return this;
  }

  /** Something moved: the idle timer starts again. */
  protected active(): void {
    this.#timer?.refresh();
  }

  ref(): this {
    this.#isReferenced = true;
    if (this.connection !== undefined && !this.destroyed) this.references.add(this);
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    this.references.delete(this);
    return this;
  }

  // What can be seen ----------------------------------------------------------------

  get localAddress(): string | undefined {
    return this.connection?.localAddress || undefined;
  }

  get localPort(): number | undefined {
    return this.connection?.localPort || undefined;
  }

  get localFamily(): string | undefined {
    return this.localAddress === undefined ? undefined : familyOf(this.localAddress);
  }

  get remoteAddress(): string | undefined {
    return this.destroyed ? undefined : this.connection?.remoteAddress || undefined;
  }

  get remotePort(): number | undefined {
    return this.destroyed ? undefined : this.connection?.remotePort || undefined;
  }

  get remoteFamily(): string | undefined {
    return this.remoteAddress === undefined ? undefined : familyOf(this.remoteAddress);
  }

  address(): AddressInfo | Record<string, never> {
    const raw = this.connection;
    if (raw === undefined || !raw.localAddress) return {};
    return {
      address: raw.localAddress,
      family: familyOf(raw.localAddress),
      port: raw.localPort,
    };
  }

  /** State by RFC 9293's name: `ESTABLISHED`. */
  get tcpState(): string {
    return this.connection?.state ?? 'CLOSED';
  }

  /** Everything the stack knows of the connection, by the names of Linux's `tcp_info`. */
  info(): TcpInfo | undefined {
    return this.connection?.info();
  }
}
