/**
 * `http` over a stack on Bun, Deno and `node --permission`, where there are no internals for
 * `netFor` to stand on.
 *
 * ```js
 * const net = duplexFor(stack)
 * http.get('http://10.9.0.1/', { agent: net.agent({ keepAlive: true }) })
 * net.serve(http.createServer(app), { port: 80 })
 * ```
 *
 * What is missing beside `netFor`: connections are no `net.Socket`s, but have what `http` needs of
 * one; there is no `net.Server`, so a server's own `listen`, `close`, `address`, `maxConnections`
 * know nothing of the stack; no happy eyeballs, `lookup`, `onread` or `signal`; an error is the
 * stack's `SocketError`. Bun's server of https is refused, for it would answer in the clear.
 */
import { Agent, type AgentOptions } from 'node:http';
import type { Server } from 'node:net';
import { noTls, refuseTls, withoutTls } from '../../host-web/raw/plain.ts';
import type { OpenListenerOptions, TuningOptions } from '../../host-web/raw/tuning.ts';
import type { Stack } from '../../host-web/stack.ts';
import { refuseHttps } from './asker.ts';
import { StackDuplex } from './duplex.ts';
import { lookup } from './lookup.ts';
import { referencesOf } from './references.ts';

export type { StackDuplex } from './duplex.ts';

export interface DuplexOptions {
  readonly host?: string | null | undefined;
  readonly port?: number | string | null | undefined;
  /** As of `setTimeout`, milliseconds. */
  readonly timeout?: number | undefined;
  /** Options of the stack's. */
  readonly tuning?: TuningOptions;
}

/** `connect(options)` or `connect(port[, host])`: 'connect' or 'error' follows. */
interface Connect {
  (options: DuplexOptions): StackDuplex;
  (port: number, host?: string): StackDuplex;
}

/** What a stack has for `http`, by the names of `netFor`'s. */
export interface Duplexes {
  readonly connect: Connect;
  /** As `connect`: what a request takes as its `createConnection`. */
  readonly createConnection: Connect;
  /** An `http.Agent` whose connections are the stack's. */
  agent(options?: AgentOptions): Agent;
  /**
   * Gives a server of `http`, `https`, `http2` or `tls` the connections that come to a port.
   *
   * @returns the port, and what ends it
   * @throws SocketError, TypeError or RangeError, as `openListener`
   */
  serve(server: Server, options: OpenListenerOptions): Served;
}

/** A port of the stack that a server has. */
export interface Served {
  readonly port: number;
  /** Connections that are open go on. */
  close(): void;
}

/** Deno's http keeps no connection of a server that does not listen. */
function setListening(server: Server, value: boolean): void {
  const descriptor = { value, configurable: true, writable: true, enumerable: true };
  Object.defineProperty(server, 'listening', descriptor);
}

/** @throws TypeError for a server of https whose TLS is not above its connections, as Bun's */
function refuseClear(server: Server): void {
  // Asked here, for TLS takes longer to load than all the rest.
  const { Server: Https } = process.getBuiltinModule('node:https');
  const { Server: Tls } = process.getBuiltinModule('node:tls');
  if (server instanceof Https && !(server instanceof Tls)) {
    throw noTls('a server of https asks for it');
  }
}

/** Connections of a stack as `Duplex`es. */
export function duplexFor(stack: Stack): Duplexes {
  function connect(this: unknown, ...args: unknown[]): StackDuplex {
    const [first, second] = args;
    refuseHttps(this, first);
    const given = typeof first === 'object' ? { ...first } : { port: first, host: second };
    const options = this instanceof Agent ? withoutTls(given) : given;
    refuseTls(options);
    const { host, port, timeout = 0, tuning } = options as DuplexOptions;
    const socket = new StackDuplex(stack, false).setTimeout(timeout);
    lookup(host ?? 'localhost', {}, (error, hostname) => {
      if (socket.destroyed) return;
      if (error !== null) return void socket.destroy(error);
      try {
        const address = { hostname: String(hostname), port: Number(port ?? 80) };
        socket.begin(stack.openConnection(address, tuning));
      } catch (thrown) {
        socket.destroy(thrown as Error);
      }
    });
    return socket;
  }

  function serve(server: Server, options: OpenListenerOptions): Served {
    refuseClear(server);
    refuseTls(options);
    const listener = stack.openListener(options);
    referencesOf(stack).add(listener);
    setListening(server, true);
    const accept = () => {
      for (let raw = listener.accept(); raw !== null; raw = listener.accept()) {
        server.emit('connection', new StackDuplex(stack, true).begin(raw));
      }
    };
    listener.onAcceptable = () => stack.clock.turn(accept);
    const close = () => {
      referencesOf(stack).delete(listener);
      setListening(server, false);
      listener.close();
      listener.release();
    };
    return { port: listener.localPort, close };
  }

  return {
    connect,
    createConnection: connect,
    agent: (options = {}) => {
      refuseTls(options);
      return Object.assign(new Agent(options), { createConnection: connect });
    },
    serve,
  };
}
