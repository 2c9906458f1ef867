/**
 * `netcell/net`: a `node:net` shaped module bound to a stack.
 *
 * ```js
 * const net = netFor(stack)
 * net.createServer((c) => c.pipe(c)).listen(7)
 * net.serve(http.createServer(app), { port: 80 })
 * http.get('http://10.9.0.1/', { agent: net.agent({ keepAlive: true }) })
 * ```
 *
 * `http`, `https`, `http2` and `ws` take any Duplex with these methods. Here is only what binds
 * classes to a stack; sockets and servers have files of their own.
 */
import type { EventEmitter } from 'node:events';
import { Agent, type AgentOptions } from 'node:http';
import { isIP } from '../host-web/address.ts';
import { noTls, refuseTls, withoutTls } from '../host-web/raw/plain.ts';
import type { Stack } from '../host-web/stack.ts';
import { type ListenOptions, Server, type ServerOptions } from './server.ts';
import { connectArguments } from './connecting.ts';
import { Socket, type SocketOptions } from './socket.ts';

export type { ConnectOptions, Lookup } from './connecting.ts';
export type { DropArgument, ListenOptions, Server, ServerOptions } from './server.ts';
export type { Socket, SocketOptions } from './socket.ts';
export type { AddressInfo } from './socket-base.ts';

type OnConnection = (socket: Socket) => void;

/** A module in the shape of `node:net`. */
export interface Net {
  readonly Socket: new (options?: SocketOptions) => Socket;
  /** `Socket` under its old name, as `node:net` has it. */
  readonly Stream: new (
    options?: SocketOptions,
  ) => Socket;
  readonly Server: new (options?: ServerOptions | OnConnection, listener?: OnConnection) => Server;
  /** `connect(port[, host][, listener])` or `connect(options[, listener])`. */
  connect(...args: unknown[]): Socket;
  /** As `connect`; also what a request, or an agent, takes as its `createConnection`. */
  createConnection(...args: unknown[]): Socket;
  createServer(options?: ServerOptions | OnConnection, listener?: OnConnection): Server;
  /**
   * Has a server of `http`, `https` or `http2` answer on this stack.
   *
   * The listening server is returned; closing it leaves the other alone.
   */
  serve(server: EventEmitter, options: ListenOptions & ServerOptions): Server;
  /**
   * An `http.Agent` whose connections are the stack's.
   *
   * Node's takes no `createConnection` as an option, so the method is put in its place.
   */
  agent(options?: AgentOptions): Agent;
  isIP(text: string): number;
  isIPv4(text: string): boolean;
  isIPv6(text: string): boolean;
}

/**
 * Whether it is https that asks for a connection, in which it would then speak HTTP in the clear:
 * as its agent, as the options of its request, or as a URL.
 */
function isOfHttps(asker: unknown): boolean {
  if (asker instanceof URL || asker instanceof Agent) {
    return (asker as { protocol?: string }).protocol === 'https:';
  }
  const { _defaultAgent } = (asker ?? {}) as { _defaultAgent?: unknown };
  return _defaultAgent instanceof Agent && isOfHttps(_defaultAgent);
}

/** Makes the module for a stack. */
export function netFor(stack: Stack): Net {
  class BoundSocket extends Socket {
    constructor(options?: SocketOptions) {
      super(stack, options);
    }
  }

  class BoundServer extends Server {
    constructor(options?: ServerOptions | OnConnection, listener?: OnConnection) {
      super(stack, options, listener);
    }
  }

  function createConnection(this: unknown, ...args: unknown[]): Socket {
    const [first] = args;
    if (isOfHttps(this) || (first instanceof URL && isOfHttps(first)))
      throw noTls('https asks for it');
    const { options, listener } = connectArguments(args);
    // An agent of `http` hands on whatever its request was given, for a request in the clear.
    const own = this instanceof Agent ? withoutTls(options) : options;
    return new BoundSocket(own as SocketOptions).connect(own, listener);
  }

  function serve(server: EventEmitter, options: ListenOptions & ServerOptions): Server {
    // As http.Server sets up its own: it ends its side itself, and answers in whole pieces.
    const listening = new BoundServer({ allowHalfOpen: true, noDelay: true, ...options });
    listening.on('connection', (socket) => server.emit('connection', socket));
    return listening.listen(options);
  }

  return {
    Socket: BoundSocket,
    Stream: BoundSocket,
    Server: BoundServer,
    connect: createConnection,
    createConnection,
    createServer: (options, listener) => new BoundServer(options, listener),
    serve,
    agent: (options = {}) => {
      refuseTls(options);
      return Object.assign(new Agent(options), { createConnection });
    },
    isIP: (text) => isIP(text),
    isIPv4: (text) => isIP(text) === 4,
    isIPv6: (text) => isIP(text) === 6,
  };
}
