/**
 * Node's servers over a stack: `net.Server`, and whatever extends it (`http`, `https`, `http2`,
 * `tls`), listen on a handle of ours. Their whole life is Node's: timeouts, `maxConnections`,
 * `close`, `address`.
 */
import nodeNet from 'node:net';
import { refuseTls } from '../../host-web/raw/plain.ts';
import { RawListener } from '../../host-web/raw/raw.ts';
import type { RawSyn } from '../../host-web/raw/syn.ts';
import { ANY_DESTINATION, type TuningOptions } from '../../host-web/raw/tuning.ts';
import type { HandleClass } from './handle.ts';
import { isLocalhost, LOOPBACK } from './lookup.ts';
import { handleOf, normalize, refusePath, type Socket, watch } from './socket.ts';

export interface ListenOptions extends nodeNet.ListenOptions {
  /** Options that `node:net` has no word for; accepted connections have them too. */
  readonly tuning?: TuningOptions;
  /** Decides about each SYN, now or later; with it nothing is answered before. */
  readonly onSyn?: (syn: RawSyn) => void;
}

/** What is not documented of `net.Server`: it listens by this, once it knows the address. */
interface Inner {
  _handle: unknown;
  _listen2: Listen;
}

type Listen = (
  address: string | null,
  port: number,
  family: number,
  backlog: number,
  fd: number | undefined,
  flags: number,
) => void;

/** Open connections of servers that listen on stacks. */
const connections = new WeakMap<nodeNet.Server, Set<nodeNet.Socket>>();

/** `listen(port[, host][, backlog][, listener])` or `listen(options[, listener])`, in one form. */
function readArguments(args: readonly unknown[]): [ListenOptions, (() => void) | null] {
  const [read, listener] = normalize([...args]);
  const [first, ...others] = args;
  const options = { ...read } as ListenOptions;
  if (args.length === 0 || typeof first === 'function') options.port = 0;
  const backlog = others.find((arg) => typeof arg === 'number') as number | undefined;
  if (backlog !== undefined) options.backlog = backlog;
  return [options, listener];
}

/**
 * Has a server listen on handles of a stack: `listen` is its own, as its class has it.
 *
 * @throws TypeError or RangeError for what no `net` accepts
 */
export function listenOn<S extends nodeNet.Server>(
  server: S,
  handles: HandleClass,
  args: readonly unknown[],
): S {
  const [{ tuning = {}, onSyn, ...options }, listener] = readArguments(args);
  refuseTls(options);
  refuseTls(tuning);
  refusePath(options.path);
  if ('fd' in options || 'handle' in options || '_handle' in options) {
    throw new TypeError('a stack listens on addresses, and on no file descriptor or handle');
  }
  // To Node it is no host at all, else it would look for one of that name.
  const isForAny = options.host === ANY_DESTINATION;
  if (isForAny) delete options.host;
  const inner = server as unknown as Inner;
  const { _listen2: listen } = nodeNet.Server.prototype as unknown as Inner;
  inner._listen2 = (address, port, family, backlog, fd, flags) => {
    const handle = new handles(1);
    handle.tune(tuning);
    handle.takeSyns(isForAny, onSyn);
    handle.onended = () => server.close();
    const isIpv6 = !address || family === 6;
    // What cannot be bound is told by `listen`, whose error is Node's.
    if (isIpv6) handle.bind6(address || '::', port, flags);
    else handle.bind(address, port, flags);
    inner._handle = handle;
    listen.call(server, address || '::', port, isIpv6 ? 6 : family, backlog, fd, flags);
  };
  watchConnections(server);
  if (isLocalhost(options.host ?? '')) options.host = LOOPBACK;
  // In a worker of a cluster the primary would listen, on the kernel. What an error shows of the
  // options is what was given.
  Object.defineProperty(options, 'exclusive', { value: true, enumerable: false });
  nodeNet.Server.prototype.listen.call(server, options, listener ?? undefined);
  return server;
}

function watchConnections(server: nodeNet.Server): void {
  if (connections.has(server)) return;
  const open = new Set<nodeNet.Socket>();
  connections.set(server, open);
  server.prependListener('connection', (socket: nodeNet.Socket) => {
    const handle = handleOf(socket);
    if (handle === undefined) return;
    watch(socket, handle);
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
}

/** Ends our side of every open connection: a FIN behind what has been written. */
export function endConnections(server: nodeNet.Server): void {
  for (const socket of connections.get(server) ?? []) {
    socket.end();
    // Data that nobody reads any more must not keep the peer's FIN from being seen.
    if (socket.listenerCount('data') === 0) socket.resume();
  }
}

/** `net.Server` of a stack, with what a stack can say besides. */
export class Server extends nodeNet.Server {
  /** The stack's handles: each stack has a subclass. */
  protected get handles(): HandleClass {
    throw new TypeError('a server is of a stack: make it by netFor(stack)');
  }

  /** The class of its connections. */
  protected get sockets(): typeof Socket {
    throw new TypeError('a server is of a stack: make it by netFor(stack)');
  }

  constructor(
    options?: nodeNet.ServerOpts | ((socket: Socket) => void),
    listener?: (socket: Socket) => void,
  ) {
    if (typeof options === 'object' && options !== null) refuseTls(options);
    super(options as nodeNet.ServerOpts, listener as (socket: nodeNet.Socket) => void);
    // Node makes sockets of its own class.
    this.prependListener('connection', (socket) => {
      Object.setPrototypeOf(socket, this.sockets.prototype);
    });
  }

  override listen(...args: unknown[]): this {
    return listenOn(this, this.handles, args);
  }

  /** Ends our side of every open connection: a FIN behind what has been written. */
  endConnections(): void {
    endConnections(this);
  }

  /** What waits in the two queues, and how much may. */
  queues(): { synQueue: number; acceptQueue: number; backlog: number } {
    const raw = handleOf(this)?.raw;
    if (!(raw instanceof RawListener)) throw new TypeError('the server is not listening');
    const { synQueue, receiveQueue, sendQueue } = raw.info();
    return { synQueue, acceptQueue: receiveQueue, backlog: sendQueue };
  }
}
