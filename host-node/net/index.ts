/**
 * `netcell/net`: Node's own `net`, bound to a stack.
 *
 * ```js
 * const net = netFor(stack)
 * net.createServer((c) => c.pipe(c)).listen(7)
 * net.serve(http.createServer(app), { port: 80 })
 * http.get('http://10.9.0.1/', { agent: net.agent({ keepAlive: true }) })
 * ```
 *
 * Sockets and servers are Node's, over a handle of ours (`handle.ts`): `tls`, `http`, `http2` and
 * libraries take them as they take the kernel's. Here is only what binds classes to a stack.
 */
import { Agent, type AgentOptions } from 'node:http';
import nodeNet from 'node:net';
import { refuseTls, withoutTls } from '../../host-web/raw/plain.ts';
import type { Stack } from '../../host-web/stack.ts';
import { refuseHttps } from './asker.ts';
import { type HandleClass, handlesOf } from './handle.ts';
import { hasInternals, withoutInternals } from './internals.ts';
import { endConnections, listenOn, type ListenOptions, Server } from './server.ts';
import { normalize, type OnConnect, Socket, type SocketOptions } from './socket.ts';

export {
  duplexFor,
  type Duplexes,
  type DuplexOptions,
  type Served,
  type StackDuplex,
} from './duplexes.ts';
export type { ListenOptions, Server } from './server.ts';
export type { Socket, SocketOptions } from './socket.ts';

type OnConnection = (socket: Socket) => void;

/** What a stack has in place of `node:net`'s. */
interface Bound {
  readonly Socket: new (options?: SocketOptions) => Socket;
  /** `Socket` under its old name, as `node:net` has it. */
  readonly Stream: new (
    options?: SocketOptions,
  ) => Socket;
  readonly Server: new (
    options?: nodeNet.ServerOpts | OnConnection,
    listener?: OnConnection,
  ) => Server;
  /** `connect(port[, host][, listener])` or `connect(options[, listener])`. */
  connect(...args: unknown[]): Socket;
  /** As `connect`; also what a request, or an agent, takes as its `createConnection`. */
  createConnection(...args: unknown[]): Socket;
  createServer(options?: nodeNet.ServerOpts | OnConnection, listener?: OnConnection): Server;
  /**
   * Has a server of `http`, `https`, `http2`, `tls` or `net` listen on this stack, as by its own
   * `listen`, and answers it: its `close`, `address` and timeouts are Node's.
   */
  serve<S extends nodeNet.Server>(server: S, options: ListenOptions): S;
  /** Ends our side of every open connection of a server: a FIN behind what has been written. */
  endConnections(server: nodeNet.Server): void;
  /**
   * An `http.Agent` whose connections are the stack's.
   *
   * Node's takes no `createConnection` as an option, so the method is put in its place.
   */
  agent(options?: AgentOptions): Agent;
}

/** A module in the shape of `node:net`. */
export type Net = Bound & Omit<typeof nodeNet, keyof Bound>;

/** The classes of a stack. */
function classesOf(handles: HandleClass): Pick<Bound, 'Socket' | 'Server'> {
  class BoundSocket extends Socket {
    protected override get handles(): HandleClass {
      return handles;
    }
  }
  class BoundServer extends Server {
    protected override get handles(): HandleClass {
      return handles;
    }

    protected override get sockets(): typeof Socket {
      return BoundSocket;
    }
  }
  return { Socket: BoundSocket, Server: BoundServer };
}

/**
 * Makes the module for a stack.
 *
 * @throws Error where this runtime does not have what it is made of
 */
export function netFor(stack: Stack): Net {
  if (!hasInternals) throw withoutInternals();
  const handles = handlesOf(stack);
  const { Socket: BoundSocket, Server: BoundServer } = classesOf(handles);

  function createConnection(this: unknown, ...args: unknown[]): Socket {
    refuseHttps(this, args[0]);
    const [options, listener] = normalize(args);
    // An agent of `http` hands on whatever its request was given, for a request in the clear.
    const own = this instanceof Agent ? withoutTls(options) : options;
    const socket = new BoundSocket(own as SocketOptions);
    const { timeout } = own as { timeout?: number };
    if (timeout) socket.setTimeout(timeout);
    return socket.connect(own, listener as OnConnect);
  }

  return {
    ...nodeNet,
    Socket: BoundSocket,
    Stream: BoundSocket,
    Server: BoundServer,
    connect: createConnection,
    createConnection,
    createServer: (options, listener) => new BoundServer(options, listener),
    serve: (server, options) => {
      if (!(server instanceof nodeNet.Server)) {
        throw new TypeError('serve takes a server of http, https, http2, tls or net');
      }
      return listenOn(server, handles, [options]);
    },
    endConnections,
    agent: (options = {}) => {
      refuseTls(options);
      return Object.assign(new Agent(options), { createConnection });
    },
  };
}
