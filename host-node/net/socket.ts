/**
 * Node's `net.Socket` over a stack: the same class, whose handle is ours, with what a stack can say
 * and do besides.
 */
import nodeNet from 'node:net';
import type { TcpInfo } from '../../host-web/inspect.ts';
import { refuseTls } from '../../host-web/raw/plain.ts';
import { RawConnection } from '../../host-web/raw/raw.ts';
import type { TuningOptions } from '../../host-web/raw/tuning.ts';
import { Handle, type HandleClass } from './handle.ts';
import { isLocalhost, lookup } from './lookup.ts';

export interface SocketOptions extends nodeNet.SocketConstructorOpts {
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
  readonly highWaterMark?: number;
}

/** A listener that waits for a connection. */
export type OnConnect = () => void;

/** What `net.Socket` has, and does not document. */
interface Inner {
  _handle: unknown;
  _peername: unknown;
}

/** Gives a socket a handle, as `net.Socket` does itself. */
const takeHandle = Object.getOwnPropertySymbols(nodeNet.Socket.prototype).find(
  ({ description }) => description === 'kReinitializeHandle',
) as unknown as 'takeHandle';
/** `net`'s own reading of `connect(port[, host][, listener])` and its other forms. */
export const { _normalizeArgs: normalize } = nodeNet as unknown as {
  _normalizeArgs(args: unknown[]): [nodeNet.NetConnectOpts & Extras, OnConnect | null];
};

export interface Extras {
  /** Options that `node:net` has no word for. */
  readonly tuning?: TuningOptions;
  host?: string;
  lookup?: nodeNet.LookupFunction;
  readonly path?: string;
}

/** Options that were given before there was a handle. */
const wishes = new WeakMap<object, TuningOptions>();

/** The handle of a socket or server, where it is ours. */
export function handleOf(socket: object): Handle | undefined {
  const { _handle } = socket as Inner;
  return _handle instanceof Handle ? _handle : undefined;
}

export class Socket extends nodeNet.Socket {
  /** The stack's handles: each stack has a subclass. */
  protected get handles(): HandleClass {
    throw new TypeError('a socket is of a stack: make it by netFor(stack)');
  }

  constructor(options: SocketOptions = {}) {
    refuseTls(options);
    super(options);
  }

  override connect(...args: unknown[]): this {
    // Arguments that Node has read already come as one array.
    const isRead = Array.isArray(args[0]);
    const read = isRead ? (args[0] as ReturnType<typeof normalize>) : normalize(args);
    const [options] = read;
    refuseTls(options);
    refusePath(options.path);
    if (isLocalhost(options.host)) options.lookup ??= lookup;
    const inner = this as unknown as Inner;
    if (inner._handle === null || inner._handle === undefined || this.destroyed) {
      inner._peername = null;
      this[takeHandle](new this.handles(0));
    }
    if (options.tuning !== undefined) this.tune(options.tuning);
    return super.connect(read as never);
  }

  /** As Node's; an error that the stack knows more of has that as its `cause`. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const known = rawOf(this)?.error ?? null;
    if (error !== null && known !== null && known.code === (error as { code?: string }).code) {
      const cause = { value: known, configurable: true, writable: true };
      if (error.cause === undefined) Object.defineProperty(error, 'cause', cause);
    }
    super._destroy(error, done);
  }

  /** Happy eyeballs make a handle for each address they try: of the stack, and not the kernel's. */
  [takeHandle](handle: unknown): void {
    const own = handle instanceof Handle ? handle : new this.handles(0);
    own.tune(wishes.get(this) ?? {});
    (nodeNet.Socket.prototype as unknown as Taking)[takeHandle].call(this, own);
    watch(this, own);
  }

  /**
   * Options that `node:net` has no word for: `tune({ hopLimit: 1, cork: true })`. Before there is a
   * connection they wait for it.
   *
   * @throws RangeError
   */
  tune(options: TuningOptions): this {
    refuseTls(options);
    const handle = handleOf(this);
    if (handle === undefined) wishes.set(this, { ...wishes.get(this), ...options });
    else handle.tune(options);
    return this;
  }

  /**
   * What is sent from here on is urgent, and stays in line (RFC 9293 §3.8.5); a peer of this shape
   * has 'urgent' and `urgentLeft`.
   */
  setUrgent(isOn = true): this {
    const raw = rawOf(this);
    if (raw !== undefined) raw.isUrgent = isOn;
    return this;
  }

  /** Octets to read until the end of the peer's urgent data; 0 when none is pending. */
  get urgentLeft(): number {
    return rawOf(this)?.urgentLeft ?? 0;
  }

  /** State by RFC 9293's name: `ESTABLISHED`. */
  get tcpState(): string {
    return rawOf(this)?.state ?? 'CLOSED';
  }

  /** Everything the stack knows of the connection, by the names of Linux's `tcp_info`. */
  info(): TcpInfo | undefined {
    return rawOf(this)?.info();
  }
}

interface Taking {
  takeHandle(this: unknown, handle: Handle): void;
}

function rawOf(socket: object): RawConnection | undefined {
  const raw = handleOf(socket)?.raw;
  return raw instanceof RawConnection ? raw : undefined;
}

/**
 * Has a socket tell what only a handle of ours tells. That its stack has been closed is an error to
 * those who listen for errors; it ends no program that does not, for it is that program's doing.
 */
export function watch(socket: nodeNet.Socket, handle: Handle): void {
  handle.onurgent = () => socket.emit('urgent');
  handle.onended = () => socket.destroy();
  handle.isUnheard = () => socket.listenerCount('error') === 0;
}

/** @throws TypeError for what is the kernel's alone */
export function refusePath(path: unknown): void {
  if (typeof path !== 'string') return;
  const error = new TypeError('there are no pipes in a TCP/IP stack');
  throw Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' });
}
