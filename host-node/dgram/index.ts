/**
 * `netcell/dgram`: Node's own `dgram`, bound to a stack.
 *
 * ```js
 * const dgram = dgramFor(stack)
 * const echo = dgram.createSocket('udp4', (message, { port, address }) => {
 *   echo.send(message, port, address)
 * })
 * echo.bind(7)
 * ```
 *
 * Sockets are Node's, over a handle of ours (`handle.ts`), which takes the place of the kernel's
 * before anybody has seen that.
 */
import cluster from 'node:cluster';
import nodeDgram from 'node:dgram';
import type { Stack } from '../../host-web/stack.ts';
import { hasInternals, withoutInternals } from '../net/internals.ts';
import { lookup } from '../net/lookup.ts';
import { type UdpClass, type UdpHandle, udpHandlesOf } from './handle.ts';

type OnMessage = (message: Buffer, from: nodeDgram.RemoteInfo) => void;
type Type = nodeDgram.SocketType | nodeDgram.SocketOptions;

/** What a stack has in place of `node:dgram`'s. */
interface Bound {
  readonly Socket: new (type: Type, listener?: OnMessage) => nodeDgram.Socket;
  /** `createSocket(type[, listener])`, as `node:dgram` has it. */
  createSocket(type: Type, listener?: OnMessage): nodeDgram.Socket;
}

/** A module in the shape of `node:dgram`. */
export type Dgram = Bound & Omit<typeof nodeDgram, keyof Bound>;

/** The handle of a socket, and its symbols. */
type Handle = Record<string | symbol, unknown> & { close(): void; lookup: unknown };

/** Node's class, as it is: a function that makes a socket. */
const NodeSocket = nodeDgram.Socket as unknown as new (
  type: Type,
  listener?: OnMessage,
) => nodeDgram.Socket & Record<symbol, unknown>;

/** A symbol of an object's by what it is called, as nobody gives them out. */
function symbolOf(owner: object, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(owner).find(({ description }) => description === name);
}

/** Puts a handle of ours in the place of a socket's, which has done nothing yet. */
function takeHandle(socket: Record<symbol, unknown> & { type?: string }, ours: UdpHandle): void {
  const state = socket[symbolOf(socket, 'state symbol') ?? Symbol()] as
    | { handle: Handle | null }
    | undefined;
  if (state === undefined) throw withoutInternals();
  const kernels = state.handle;
  // A signal that is aborted already has closed it.
  if (kernels === null) return;
  const handle = ours as unknown as Handle;
  for (const symbol of Object.getOwnPropertySymbols(kernels)) handle[symbol] = kernels[symbol];
  handle.lookup = kernels.lookup;
  if (socket.type === 'udp6') {
    for (const name of ['bind', 'connect', 'send']) handle[name] = handle[`${name}6`];
  }
  state.handle = handle;
  const asyncId = symbolOf(socket, 'async_id_symbol');
  if (asyncId !== undefined) socket[asyncId] = ours.getAsyncId();
  kernels.close();
}

/** As `dns.lookup` with a family; `localhost` is the stack itself. */
const ownLookup = (
  host: string,
  family: 4 | 6,
  done: (error: Error | null, address: string, family: number) => void,
): void => lookup(host, { family }, done as Parameters<typeof lookup>[2]);

function optionsOf(type: Type): nodeDgram.SocketOptions {
  const options = typeof type === 'string' ? { type } : type;
  return { lookup: ownLookup as never, ...options };
}

/** The class of a stack's sockets. */
function socketsOf(handles: UdpClass): Bound['Socket'] {
  return class Socket extends NodeSocket {
    constructor(type: Type, listener?: OnMessage) {
      super(typeof type === 'string' || (type ?? null) !== null ? optionsOf(type) : type, listener);
      takeHandle(this, new handles());
    }

    override bind(...args: unknown[]): this {
      const given = typeof args.at(-1) === 'function' ? args.slice(0, -1) : args;
      const [port, address] = given as [unknown, string?];
      const isObject = typeof port === 'object' && port !== null;
      // A worker of `cluster` would ask its primary for a socket, and be given one of the kernel's.
      const own = isObject ? { ...port } : { port, address };
      const rest = args.slice(given.length);
      const call = cluster.isWorker ? [{ ...own, exclusive: true }, ...rest] : args;
      return super.bind(...(call as []));
    }
  };
}

/**
 * Makes the module for a stack.
 *
 * @throws Error where this runtime does not have what it is made of
 */
export function dgramFor(stack: Stack): Dgram {
  if (!hasInternals) throw withoutInternals();
  const Socket = socketsOf(udpHandlesOf(stack));
  return {
    ...nodeDgram,
    Socket,
    createSocket: (type, listener) => new Socket(type, listener),
  } as Dgram;
}
