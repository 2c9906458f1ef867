/**
 * A listener as promises: `accept`, a stream of sockets, an async iterator.
 *
 * Nothing is accepted that nobody asks for: the stream's highWaterMark is 0, so not accepting is a
 * filling accept queue, and `backlog` means what it says. Closing ends all three; connections
 * accepted go on.
 */
import { Reason, Result } from '../abi.ts';
import { SocketError } from '../errors.ts';
import type { Opener } from '../raw/opener.ts';
import type { RawConnection, RawListener } from '../raw/raw.ts';
import { checkOptions, type OpenListenerOptions } from '../raw/tuning.ts';
import { asyncDispose, type Deferred, deferred } from './settle.ts';
import { type SocketOptions, Socket } from './socket.ts';

export interface ListenOptions extends OpenListenerOptions, SocketOptions {
  /** Closes the listener. */
  signal?: AbortSignal;
}

/** Where a listener stands. */
export interface ListenerAddress {
  readonly localAddress: string;
  readonly localPort: number;
}

/** The queues of a listener. */
export interface ListenerInfo {
  /** Handshakes begun and not completed. */
  readonly synQueue: number;
  /** Connections that wait for `accept`. */
  readonly acceptQueue: number;
  readonly backlog: number;
  /** Of the whole stack: handshakes dropped because a queue was full (`TcpExtListenOverflows`). */
  readonly overflows: number;
  /** Of the whole stack: SYN cookies sent, that came back, and that were none of ours. */
  readonly cookies: { readonly sent: number; readonly received: number; readonly failed: number };
}

export class Listener implements AsyncIterable<Socket> {
  readonly opened: Promise<ListenerAddress>;
  readonly closed: Promise<void>;
  readonly #stack: Opener;
  readonly #options: ListenOptions;
  readonly #raw: RawListener | null = null;
  readonly #closed: Deferred<void> = deferred();
  readonly #waiters: Deferred<Socket>[] = [];
  #readable: ReadableStream<Socket> | undefined;
  /** The stream's, until it has ended. */
  #controller: ReadableStreamDefaultController<Socket> | undefined;
  /** Why nothing more will be accepted. */
  #error: unknown;

  constructor(stack: Opener, options: ListenOptions) {
    this.#stack = stack;
    this.#options = options;
    this.closed = this.#closed.promise;
    const opened = deferred<ListenerAddress>();
    this.opened = opened.promise;
    try {
      this.#raw = stack.openListener(options);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      this.#error = error;
      opened.reject(error);
      this.#closed.reject(error);
      return;
    }
    this.#raw.onAcceptable = () => this.#accept();
    this.#raw.onClosed = () => this.#end();
    const { localAddress, localPort } = this.#raw;
    opened.resolve({ localAddress, localPort });
    const { signal } = options;
    if (signal?.aborted) this.close();
    else signal?.addEventListener('abort', () => this.close(), { once: true });
  }

  get localAddress(): string {
    return this.#raw?.localAddress ?? '';
  }

  get localPort(): number {
    return this.#raw?.localPort ?? 0;
  }

  /** The listener beneath; null when it could not be opened. */
  get raw(): RawListener | null {
    return this.#raw;
  }

  /**
   * The next connection. Rejects with the signal's reason, with ECONNABORTED when the listener is
   * closed, and with what `opened` failed with.
   */
  accept(options: { signal?: AbortSignal } = {}): Promise<Socket> {
    checkOptions(options);
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#error !== undefined) return Promise.reject(this.#error);
    // Calls are served in the order they were made.
    const raw = this.#waiters.length === 0 ? this.#raw!.accept() : null;
    if (raw !== null) return Promise.resolve(this.#socket(raw));
    const waiter = deferred<Socket>();
    this.#waiters.push(waiter);
    if (signal === undefined) return waiter.promise;
    const onAbort = () => {
      const at = this.#waiters.indexOf(waiter);
      if (at >= 0) this.#waiters.splice(at, 1);
      waiter.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    return waiter.promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  /**
   * The connections as a stream that accepts only when it is read. Cancelling it closes the
   * listener.
   */
  get readable(): ReadableStream<Socket> {
    return (this.#readable ??= new ReadableStream<Socket>(
      {
        start: (controller) => {
          this.#controller = controller;
          if (this.#error !== undefined) this.#endStream();
        },
        pull: async (controller) => {
          const socket = await this.#next();
          if (socket !== null) controller.enqueue(socket);
        },
        cancel: () => {
          this.#controller = undefined;
          return this.close();
        },
      },
      { highWaterMark: 0 },
    ));
  }

  /** Accepts until the listener is closed. Leaving the loop early closes it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Socket, void, undefined> {
    try {
      for (;;) {
        const socket = await this.#next();
        if (socket === null) return;
        yield socket;
      }
    } finally {
      void this.close();
    }
  }

  info(): ListenerInfo {
    const { synQueue = 0, receiveQueue = 0, sendQueue = 0 } = this.#raw?.info() ?? {};
    const counters = this.#stack.counters();
    const count = (name: string) => Number(counters[`TcpExt${name}`]);
    return {
      synQueue,
      acceptQueue: receiveQueue,
      backlog: sendQueue,
      overflows: count('ListenOverflows'),
      cookies: {
        sent: count('SyncookiesSent'),
        received: count('SyncookiesRecv'),
        failed: count('SyncookiesFailed'),
      },
    };
  }

  /** Ends it: connections nobody has accepted are reset, those accepted go on. */
  close(): Promise<void> {
    if (this.#error === undefined) {
      this.#raw!.close();
      this.#end();
    }
    return this.closed;
  }

  [asyncDispose](): Promise<void> {
    return this.close().catch(() => {});
  }

  /** The next connection; null when the listener has been closed. */
  async #next(): Promise<Socket | null> {
    try {
      return await this.accept();
    } catch (error) {
      if (this.#raw === null || error !== this.#error) throw error;
      return null;
    }
  }

  #accept(): void {
    while (this.#waiters.length > 0) {
      const raw = this.#raw!.accept();
      if (raw === null) return;
      this.#waiters.shift()!.resolve(this.#socket(raw));
    }
  }

  #socket(raw: RawConnection): Socket {
    return new Socket(raw, this.#stack.clock, this.#options);
  }

  #end(): void {
    if (this.#error !== undefined) return;
    const { localAddress, localPort } = this;
    this.#error = new SocketError({
      syscall: 'accept',
      result: Result.CONNECTION_ABORTED,
      reason: Reason.LISTENER_CLOSED,
      address: localAddress,
      port: localPort,
    });
    this.#raw!.release();
    this.#closed.resolve();
    this.#endStream();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#error);
  }

  /** Nothing more will come of the stream: also where nobody reads, or waits only for its end. */
  #endStream(): void {
    const controller = this.#controller;
    this.#controller = undefined;
    if (this.#raw === null) controller?.error(this.#error);
    else controller?.close();
  }
}
