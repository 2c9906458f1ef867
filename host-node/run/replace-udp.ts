/**
 * UDP of a whole program, as `replace.ts` has its TCP: `udp_wrap`'s UDP is replaced before anything
 * loads `dgram`. All of its datagrams are the stack's: which destinations are left to the kernel
 * (`--kernel`) is asked of connections alone.
 */
import type { Stack } from '../../host-web/stack.ts';
import { UdpHandle } from '../dgram/handle.ts';
import { internals } from '../net/internals.ts';

let stack: Stack | undefined;

/** What `dgram` makes its sockets of. */
class UDP extends UdpHandle {
  constructor() {
    if (stack === undefined) throw new Error('the stack of this process is not there yet');
    super(stack);
  }
}

// As the kernel's is called, whatever a bundler makes of it.
Object.defineProperty(UDP, 'name', { value: 'UDP' });

export function replaceUdp(): void {
  internals.udp.UDP = UDP;
}

/** Has all handles be of this stack. */
export function runUdpOn(its: Stack): void {
  stack = its;
}

/** What a worker's `cluster` has for sockets that its primary would share. */
export interface Cluster {
  _getServer(owner: object, options: Asked, done: Answer): unknown;
}

interface Asked {
  readonly addressType?: unknown;
  readonly address: string;
  readonly port: number;
  readonly flags?: number;
}

type Answer = (status: number, handle: object | null) => void;

/**
 * Has what a worker of `node:cluster` binds be its own. Its primary would share a socket of the
 * kernel's with it; stacks share none, and each worker has one, with an address of its own.
 */
export function bindOwn(cluster: Cluster): void {
  const { _getServer: ask } = cluster;
  cluster._getServer = function (owner, options, done) {
    const { addressType, address, port, flags } = options;
    if (addressType !== 'udp4' && addressType !== 'udp6') {
      return ask.call(this, owner, options, done);
    }
    const handle = new UDP();
    const bind = addressType === 'udp6' ? handle.bind6 : handle.bind;
    const status = bind.call(handle, address, port, flags);
    if (status !== 0) handle.close();
    return done(status, status === 0 ? handle : null);
  };
}

/** Whether `dgram` makes its sockets of our handles. */
export async function isUdpOurs(): Promise<boolean> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4') as unknown as Record<symbol, { handle?: unknown }> & {
    close(): void;
  };
  const own = Object.getOwnPropertySymbols(socket).map((symbol) => socket[symbol]?.handle);
  socket.close();
  return own.some((handle) => handle instanceof UdpHandle);
}
