/**
 * Our handle in the place of the kernel's, for a whole program: `tcp_wrap`'s TCP is replaced before
 * anything loads `net`, which takes it from there once and for all.
 */
import { Result } from '../../host-web/abi.ts';
import { parseAddress } from '../../host-web/address.ts';
import { SocketError } from '../../host-web/errors.ts';
import { RawConnection } from '../../host-web/raw/raw.ts';
import type { Stack } from '../../host-web/stack.ts';
import { plainAddress } from '../cli/words.ts';
import { numberOf } from '../net/errno.ts';
import { Handle } from '../net/handle.ts';
import { hasInternals, internals, withoutInternals } from '../net/internals.ts';
import { type Family, isOwn } from '../net/names.ts';
import type { Request } from '../net/stream-handle.ts';
import type { Destinations } from './destinations.ts';
import { handOver, hostOf, type NativeHandle } from './hand-over.ts';
import { ownerOf } from './inner.ts';
import { isUdpOurs, replaceUdp, runUdpOn } from './replace-udp.ts';
import { SharedHandle } from './shared-handle.ts';

/** The kernel's own handle. */
interface KernelTcp extends NativeHandle {
  connect(request: Request, address: string, port: number): number;
  connect6(request: Request, address: string, port: number): number;
  bind(address: string, port: number): number;
  bind6(address: string, port: number, flags: number): number;
  setNoDelay(isOn: boolean): number;
  setKeepAlive(isOn: boolean, seconds: number): number;
  /** From Node 24 on. */
  setTypeOfService?(octet: number): number;
  unref(): void;
  close(): void;
}

/** What was there before `replace`. */
const Kernel = hasInternals ? (internals.tcp.TCP as new (kind: number) => KernelTcp) : undefined;

let stack: Stack | undefined;
let destinations: Destinations | undefined;
/** Why nothing outside of this process is reached any more. */
let down: (() => SocketError) | undefined;
const open = new Set<TCP>();

/** What `net` makes its sockets and servers of. */
class TCP extends SharedHandle {
  constructor(kind: number) {
    if (stack === undefined) throw new Error('the stack of this process is not there yet');
    super(stack, kind);
    open.add(this);
  }

  /** Whether it is the kernel's or ours shows as it connects. */
  protected override get isUndecided(): boolean {
    return !this.isServer && destinations?.isAny === true;
  }

  override connect(request: Request, address: string, port: number): number {
    if (this.#isKernels(address, port)) return this.#leave(request, address, port, 4);
    return isCutOff(address) ? numberOf('ENETDOWN') : super.connect(request, address, port);
  }

  override connect6(request: Request, address: string, port: number): number {
    if (this.#isKernels(address, port)) return this.#leave(request, address, port, 6);
    return isCutOff(address) ? numberOf('ENETDOWN') : super.connect6(request, address, port);
  }

  #isKernels(address: string, port: number): boolean {
    return this.isUndecided && destinations!.isKernels(address, port, hostOf(this));
  }

  /** Leaves a socket that is about to connect to the kernel, with all that was asked of it. */
  #leave(request: Request, address: string, port: number, family: Family): number {
    const handle = new Kernel!(internals.tcp.constants.SOCKET);
    const { bound } = this;
    if (bound !== undefined) {
      const status =
        family === 6
          ? handle.bind6(bound.address, bound.port, 0)
          : handle.bind(bound.address, bound.port);
      if (status !== 0) {
        handle.close();
        return status;
      }
    }
    const { noDelay, keepAlive, keepAliveIdle = 0, diffserv } = this.options;
    if (noDelay === true) handle.setNoDelay(true);
    if (keepAlive === true) handle.setKeepAlive(true, Number(keepAliveIdle) / 1000);
    if (diffserv !== undefined) handle.setTypeOfService?.(diffserv);
    if (!this.hasRef()) handle.unref();
    if (!handOver(this, handle)) {
      handle.close();
      return numberOf('ENOTSUP');
    }
    this.close();
    return family === 6
      ? handle.connect6(request, address, port)
      : handle.connect(request, address, port);
  }

  override close(closed?: () => void): void {
    open.delete(this);
    super.close(closed);
  }
}

/** Whether a destination is behind a link that is gone: not the stack itself. */
function isCutOff(address: string): boolean {
  return down !== undefined && !isOwn(stack!, plainAddress(address));
}

/** The link is gone: connections over it end with ENETDOWN, and so does whoever connects by it. */
export function goDown(): void {
  down = () =>
    new SocketError({
      syscall: 'read',
      result: Result.HOST_UNREACHABLE,
      code: 'ENETDOWN',
      detail: 'the device is gone, or the process that had it',
    });
  for (const { raw } of open) {
    if (raw instanceof RawConnection && isCutOff(raw.remoteAddress)) raw.giveUp(down);
  }
}

// As the kernel's is called, whatever a bundler makes of it.
Object.defineProperty(TCP, 'name', { value: 'TCP' });
// What `net` asks of its handles, it asks of the kernel's too.
Object.defineProperty(TCP, Symbol.hasInstance, {
  value: (value: unknown) => Kernel !== undefined && value instanceof Kernel,
});

/** Another process of the program is over: connections with it end, as a kernel would end them. */
export function lose(index: number): void {
  for (const handle of open) {
    const { raw } = handle;
    const remote = raw instanceof RawConnection ? parseAddress(raw.remoteAddress) : undefined;
    if (remote !== undefined && ownerOf(remote) === index) handle.endWithoutFin();
  }
}

/** @throws Error where this runtime does not have what a handle is made of */
export function replace(): void {
  if (!hasInternals) throw withoutInternals();
  internals.tcp.TCP = TCP;
  replaceUdp();
}

/**
 * Has all handles be of this stack.
 *
 * @param left what is the kernel's instead
 */
export function runOn(its: Stack, left: Destinations): void {
  stack = its;
  destinations = left;
  runUdpOn(its);
}

/**
 * Proves by handles of `net`'s and `dgram`'s that they make them of ours.
 *
 * @throws Error where it does not: the program would speak through the kernel, and not know it
 */
export async function prove(): Promise<void> {
  const { default: net } = await import('node:net');
  const { _createServerHandle: make } = net as unknown as {
    _createServerHandle(address: string, port: number, family: number): { close?(): void };
  };
  const handle = make('127.0.0.1', 0, 4);
  handle.close?.();
  if (handle instanceof Handle && (await isUdpOurs())) return;
  throw new Error(
    'something has loaded node:net or node:dgram before netcell/register: put that first, ' +
      'as in node --import netcell/register --import OTHER app.js',
  );
}
