/** ICMP echo (RFC 792, RFC 4443 §4): requests that are out, and the replies that match them. */
import { EchoReplyField, Memory, Result } from './abi.ts';
import { formatMapped, toMapped } from './address.ts';
import { type Clock, NEVER } from './clock.ts';
import { type Core, setEndpoint } from './core.ts';
import { SocketError } from './errors.ts';
import { duration } from './units.ts';

export interface PingOptions {
  /** Longest wait: milliseconds, or `'2s'`; default 5 s. */
  timeout?: number | string;
  /** Octets of text, 0 to 65,507; default 56, as ping(8). Beyond the MTU they go in fragments. */
  size?: number;
}

export interface PingReply {
  from: string;
  sequence: number;
  size: number;
  /** TTL or hop limit the reply arrived with. */
  ttl: number;
  /** Round-trip time, milliseconds. */
  time: number;
}

interface Request {
  sentAt: number;
  expiresAt: number;
  address: string;
  resolve(reply: PingReply): void;
  reject(error: unknown): void;
}

/** The echo requests of one stack. */
export class Pings {
  readonly #core: Core;
  readonly #clock: Clock;
  readonly #requests = new Map<number, Request>();
  #identifier: number;
  #sequence = 0;
  #seen = 0;

  constructor(core: Core, clock: Clock, identifier: number) {
    this.#core = core;
    this.#clock = clock;
    this.#identifier = identifier & 0xffff;
  }

  /** Requests without an answer yet. */
  get waiting(): number {
    return this.#requests.size;
  }

  send(octets: Uint8Array, address: string, options: PingOptions): Promise<PingReply> {
    const { timeout = 5000, size = 56 } = options;
    if (!Number.isInteger(size) || size < 0 || size > Memory.TEXT_SIZE) {
      throw new RangeError(`a ping can not carry ${size} octets`);
    }
    const core = this.#core;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const key = ((this.#identifier << 16) | this.#sequence) >>> 0;
    for (let i = 0; i < size; i++) core.textWindow[i] = i;
    setEndpoint(core, null, 0, toMapped(octets), 0);
    const result = -core.ping(key, size) as Result;
    if (result !== Result.OK) {
      return Promise.reject(new SocketError({ syscall: 'ping', result, address }));
    }
    return new Promise((resolve, reject) => {
      const sentAt = this.#clock.now();
      const expiresAt = sentAt + duration(timeout);
      this.#requests.set(key, { sentAt, expiresAt, address, resolve, reject });
    });
  }

  /** Looks whether the latest packet was a reply; called after each while requests are out. */
  look(): void {
    const { view, octets } = this.#core;
    const field = (name: keyof typeof EchoReplyField) =>
      view.getUint32(Memory.ECHO_REPLY + EchoReplyField[name], true);
    if (field('count') === this.#seen) return;
    this.#seen = field('count');
    const key = field('sequence');
    const request = this.#requests.get(key);
    if (request === undefined) return;
    this.#requests.delete(key);
    request.resolve({
      from: formatMapped(octets.subarray(Memory.ECHO_REPLY, Memory.ECHO_REPLY + 16)),
      sequence: key & 0xffff,
      size: field('length'),
      ttl: field('hopLimit'),
      time: this.#clock.now() - request.sentAt,
    });
  }

  /** When `expire` is due; NEVER when no request waits. */
  get deadline(): number {
    let first = NEVER;
    for (const { expiresAt } of this.#requests.values()) first = Math.min(first, expiresAt);
    return first;
  }

  /** Ends the requests whose time is over. */
  expire(): void {
    this.#fail(this.#clock.now(), Result.ABORTED_DUE_TO_USER_TIMEOUT);
  }

  /** Ends every request. */
  close(): void {
    this.#fail(NEVER, Result.CONNECTION_ABORTED);
  }

  #fail(until: number, result: Result): void {
    for (const [key, request] of this.#requests) {
      if (request.expiresAt > until) continue;
      this.#requests.delete(key);
      request.reject(new SocketError({ syscall: 'ping', result, address: request.address }));
    }
  }
}
