/**
 * `net.Server`'s shape over a listener of a stack.
 *
 * Connections are accepted as they complete, as Node does; the backlog is the core's and is real:
 * what is not accepted in time waits there, and what does not fit is not answered. Not here:
 * clusters, pipes and handles handed over.
 */
import { EventEmitter } from 'node:events';
import { call } from '../host-web/callback.ts';
import { refuseTls } from '../host-web/raw/plain.ts';
import type { RawConnection, RawListener } from '../host-web/raw/raw.ts';
import type { TuningOptions } from '../host-web/raw/tuning.ts';
import type { Stack } from '../host-web/stack.ts';
import { LOCALHOST, loopbackOf, readPort, withCode } from './connecting.ts';
import { asNodeError, nodeError } from './node-error.ts';
import { type References, referencesOf } from './references.ts';
import { type AddressInfo, familyOf } from './socket-base.ts';
import { Socket } from './socket.ts';

export interface ServerOptions {
  readonly allowHalfOpen?: boolean;
  readonly pauseOnConnect?: boolean;
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
  readonly highWaterMark?: number;
}

export interface ListenOptions {
  readonly port?: number | string;
  readonly host?: string;
  readonly path?: string;
  readonly backlog?: number;
  readonly signal?: AbortSignal;
  readonly exclusive?: boolean;
  /** Options that `node:net` has no word for; accepted connections have them too. */
  readonly tuning?: TuningOptions;
}

/** What listeners of 'drop' get: the addresses of a connection that was turned away. */
export interface DropArgument {
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly localFamily?: string;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly remoteFamily?: string;
}

const DEFAULT_BACKLOG = 511;

export class Server extends EventEmitter {
  readonly #stack: Stack;
  readonly #references: References;
  readonly #options: ServerOptions;
  readonly #sockets = new Set<Socket>();
  #raw: RawListener | undefined;
  #isReferenced = true;
  /** `close` has been called; 'close' is due once the last connection has ended. */
  #isClosing = false;
  /** More connections than this are turned away, with 'drop'. */
  maxConnections: number | undefined;

  constructor(
    stack: Stack,
    options?: ServerOptions | ((socket: Socket) => void),
    listener?: (socket: Socket) => void,
  ) {
    super();
    if (typeof options === 'object' && options !== null) refuseTls(options);
    this.#stack = stack;
    this.#references = referencesOf(stack);
    this.#options = typeof options === 'object' ? (options ?? {}) : {};
    const onConnection = typeof options === 'function' ? options : listener;
    if (onConnection !== undefined) this.on('connection', onConnection);
  }

  /** `listen(port[, host][, backlog][, listener])` or `listen(options[, listener])`. */
  listen(...args: unknown[]): this {
    const { options, listener } = listenArguments(args);
    refuseTls(options);
    if (this.#raw !== undefined) {
      const sentence = 'Listen method has been called more than once without closing.';
      throw withCode(new Error(sentence), 'ERR_SERVER_ALREADY_LISTEN');
    }
    if (options.path !== undefined) {
      throw withCode(
        new TypeError('there are no pipes in a TCP/IP stack'),
        'ERR_INVALID_ARG_VALUE',
      );
    }
    const port = readPort(options.port ?? 0);
    if (listener !== undefined) this.once('listening', listener);
    this.#isClosing = false;
    try {
      const { host = '::' } = options;
      const hostname = host === LOCALHOST ? loopbackOf(undefined) : host;
      const backlog = options.backlog || DEFAULT_BACKLOG;
      this.#start(this.#stack.openListener({ ...options.tuning, port, hostname, backlog }));
    } catch (error) {
      process.nextTick(() => this.emit('error', asNodeError(error)));
      return this;
    }
    const { signal } = options;
    if (signal?.aborted === true) this.close();
    else signal?.addEventListener('abort', () => this.close(), { once: true });
    process.nextTick(() => {
      if (this.#raw !== undefined) this.emit('listening');
    });
    return this;
  }

  #start(raw: RawListener): void {
    this.#raw = raw;
    raw.onAcceptable = () => this.#accept();
    // The stack has been closed under it.
    raw.onClosed = () => {
      if (this.#raw === raw) this.close();
    };
    if (this.#isReferenced) this.#references.add(this);
  }

  #accept(): void {
    for (;;) {
      const connection = this.#raw?.accept() ?? null;
      if (connection === null) return;
      if (this.maxConnections !== undefined && this.#sockets.size >= this.maxConnections) {
        this.#drop(connection);
        continue;
      }
      const { pauseOnConnect = false, ...options } = this.#options;
      const socket = new Socket(this.#stack, options);
      this.#sockets.add(socket);
      socket.server = this;
      socket.adopt(connection, this);
      if (pauseOnConnect) socket.pause();
      // What a listener throws must not keep others from being accepted.
      call(() => this.emit('connection', socket));
      if (!pauseOnConnect && !socket.destroyed) socket.read(0);
    }
  }

  #drop(connection: RawConnection): void {
    const { localAddress, localPort, remoteAddress, remotePort } = connection;
    connection.release();
    const dropped: DropArgument = {
      localAddress,
      localPort,
      localFamily: familyOf(localAddress),
      remoteAddress,
      remotePort,
      remoteFamily: familyOf(remoteAddress),
    };
    call(() => this.emit('drop', dropped));
  }

  /** A socket of ours is over. */
  closed(socket: Socket): void {
    this.#sockets.delete(socket);
    this.#closeIfDrained();
  }

  /** Stops accepting; 'close' follows once every connection has ended. */
  close(listener?: (error?: Error) => void): this {
    if (this.#raw === undefined) {
      if (listener !== undefined) {
        const error = withCode(new Error('Server is not running.'), 'ERR_SERVER_NOT_RUNNING');
        this.once('close', () => listener(error));
      }
    } else {
      if (listener !== undefined) this.once('close', () => listener());
      this.#raw.onAcceptable = this.#raw.onClosed = null;
      this.#raw.close();
      this.#raw.release();
      this.#raw = undefined;
      this.#references.delete(this);
    }
    this.#isClosing = true;
    this.#closeIfDrained();
    return this;
  }

  #closeIfDrained(): void {
    if (!this.#isClosing || this.#sockets.size > 0) return;
    this.#isClosing = false;
    process.nextTick(() => this.emit('close'));
  }

  /** Ends our side of every open connection: a FIN behind what has been written. */
  endConnections(): void {
    for (const socket of this.#sockets) {
      socket.end();
      // Data that nobody reads any more must not keep the peer's FIN from being seen.
      if (socket.listenerCount('data') === 0) socket.resume();
    }
  }

  get listening(): boolean {
    return this.#raw !== undefined;
  }

  address(): AddressInfo | null {
    if (this.#raw === undefined) return null;
    const { localAddress: address, localPort: port } = this.#raw;
    return { address, family: familyOf(address), port };
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(() => callback(null, this.#sockets.size));
    return this;
  }

  /** What waits in the two queues, and how much may. */
  queues(): { synQueue: number; acceptQueue: number; backlog: number } {
    if (this.#raw === undefined)
      throw nodeError('ENOTCONN', 'queues', 'the server is not listening');
    const { synQueue, receiveQueue, sendQueue } = this.#raw.info();
    return { synQueue, acceptQueue: receiveQueue, backlog: sendQueue };
  }

  ref(): this {
    this.#isReferenced = true;
    if (this.#raw !== undefined) this.#references.add(this);
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    this.#references.delete(this);
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => {
      if (!this.listening) resolve();
      else this.close(() => resolve());
    });
  }
}

function listenArguments(args: unknown[]): { options: ListenOptions; listener?: () => void } {
  const listener = args.findLast((arg) => typeof arg === 'function') as (() => void) | undefined;
  const also = listener === undefined ? {} : { listener };
  const [first, second, third] = args;
  if (typeof first === 'object' && first !== null)
    return { options: first as ListenOptions, ...also };
  const host = typeof second === 'string' ? { host: second } : {};
  const numbers = [second, third].filter((arg) => typeof arg === 'number');
  const backlog = numbers.length > 0 ? { backlog: numbers[0] as number } : {};
  const port = typeof first === 'number' || typeof first === 'string' ? { port: first } : {};
  return { options: { ...port, ...host, ...backlog }, ...also };
}
