/**
 * The handle under Node's own `net`, `http`, `tls` and `http2`: a class in the shape of
 * `tcp_wrap`'s TCP, over a connection or a listener of a stack.
 *
 * Everything a program sees of `net` is Node's; what is here is what libuv does for it.
 *
 * - **Turns.** What the stack tells is told on in a turn of its own, one event each, as libuv
 *   does: user code never runs inside the pump, and ticks run between two events.
 * - **Statuses.** Methods answer 0 or libuv's negative number; they never throw.
 *
 * Not here: reading, writing, options, and what keeps the process alive (`stream-handle.ts`).
 */
import { AsyncResource } from 'node:async_hooks';
import type { RawConnection, RawListener } from '../../host-web/raw/raw.ts';
import type { RawSyn } from '../../host-web/raw/syn.ts';
import { ANY_DESTINATION, checkAny, type OpenListenerOptions } from '../../host-web/raw/tuning.ts';
import type { Stack } from '../../host-web/stack.ts';
import { errnoOf, numberOf } from './errno.ts';
import { internals } from './internals.ts';
import { ANY, type Family, isOwn, type Name, name, SELF } from './names.ts';
import { perStack } from './per-stack.ts';
import { type Place, portsOf } from './ports.ts';
import { type Request, StreamHandle } from './stream-handle.ts';

/** A connect under way. */
interface Connecting {
  readonly request: Request;
  /** A program's context at its call of `connect`, apart from that of the handle. */
  readonly context: AsyncResource;
}

/** `bind`'s flags (uv.h). */
const IPV6_ONLY = 1;
const REUSE_PORT = 2;

/** Gets the address to connect to, and the one to connect from. */
export type Found = (at: string, from?: string) => void;

/** Where a connection that is accepted belongs: to no call of the program's. */
const OUTSIDE = new AsyncResource('TCPWRAP', { requireManualDestroy: true });

/** A class of handles of one stack, as `net` makes them: `new TCP(constants.SOCKET)`. */
export type HandleClass = new (kind: number) => Handle;

export class Handle extends StreamHandle {
  #listener: RawListener | undefined;
  #bound: { address: string; port: number } | undefined;
  /** What `bind` could not do: `listen` and `connect` say it, as libuv's do. */
  #unbound = 0;
  #family: Family = 4;
  #connecting: Connecting | undefined;
  /** How it takes SYNs, where that is not as the kernel does. */
  #passive: Pick<OpenListenerOptions, 'hostname' | 'onSyn' | 'ipv6Only'> = {};
  /** `net.Server`'s: takes a connection. */
  onconnection: ((status: number, client?: Handle) => void) | undefined;
  /** Its stack has been closed, which nobody is told of as an error. */
  onended: (() => void) | undefined;
  /** Whether an error would be nobody's, and so end the program. */
  isUnheard: (() => boolean) | undefined;
  /** The peer's urgent pointer was set, or moved on. */
  onurgent: (() => void) | undefined;

  /** Whether it is to listen. */
  readonly isServer: boolean;

  constructor(stack: Stack, kind: number) {
    const isServer = kind === internals.tcp.constants.SERVER;
    super(stack, isServer ? 'TCPSERVERWRAP' : 'TCPWRAP');
    this.isServer = isServer;
  }

  /** What the stack has for it. */
  get raw(): RawConnection | RawListener | undefined {
    return this.connection ?? this.#listener;
  }

  protected override get isAbandoned(): boolean {
    return this.stack.isClosed && this.isUnheard?.() === true;
  }

  /** What `bind` was given. */
  protected get bound(): { readonly address: string; readonly port: number } | undefined {
    return this.#bound;
  }

  /** Whether an address that is not the stack's may yet be right: `connect` will tell. */
  protected get isUndecided(): boolean {
    return false;
  }

  protected override get isListening(): boolean {
    return this.#listener !== undefined;
  }

  protected override get isConnecting(): boolean {
    return this.#connecting !== undefined;
  }

  // Endpoints -----------------------------------------------------------------------

  /** A file descriptor is the kernel's. */
  open(): number {
    return numberOf('ENOTSUP');
  }

  bind(address: string, port: number, flags = 0): number {
    return this.#bind(address, port, 4, flags);
  }

  bind6(address: string, port: number, flags = 0): number {
    return this.#bind(address, port, 6, flags);
  }

  #bind(address: string, port: number, family: Family, flags: number): number {
    if (this.#bound !== undefined || this.connection !== undefined) return numberOf('EINVAL');
    if ((flags & IPV6_ONLY) !== 0) this.#passive = { ...this.#passive, ipv6Only: true };
    if ((flags & REUSE_PORT) !== 0) this.options = { ...this.options, reusePort: true };
    this.#family = family;
    // A listener's port is nobody else's: as with libuv, the name then tells.
    const isTaken = !this.isServer && portsOf(this.stack).isHeld(address, port);
    this.#bound = { address, port: isTaken ? 0 : port };
    if (!isOwn(this.stack, address)) this.#unbound = numberOf('EADDRNOTAVAIL');
    return this.isUndecided ? 0 : this.#unbound;
  }

  /**
   * Has it take SYNs for any address there is, or leave each to its user.
   *
   * @throws TypeError where nothing for other addresses comes
   */
  takeSyns(isForAny: boolean, onSyn: ((syn: RawSyn) => void) | undefined): void {
    if (isForAny) checkAny(this.stack.core);
    this.#passive = {
      ...this.#passive,
      ...(isForAny && { hostname: ANY_DESTINATION }),
      ...(onSyn && { onSyn: (syn) => this.tell(() => this.call(() => onSyn(syn))) }),
    };
  }

  listen(backlog: number): number {
    if (this.#unbound !== 0) return this.#unbound;
    const { address: hostname, port } = this.#bound ?? { address: ANY[4], port: 0 };
    let listener: RawListener;
    try {
      const where = { port, hostname, backlog, ...this.#passive };
      listener = this.stack.openListener({ ...this.options, ...where });
    } catch (error) {
      return errnoOf(error);
    }
    const { localAddress: address, localPort } = listener;
    const { reusePort: isShared = false } = this.options;
    const isIpv6 = this.#passive.ipv6Only === true;
    if (!this.claim(listener, { address, port: localPort, isShared, isIpv6 }, backlog)) {
      listener.close();
      listener.release();
      return port === 0 ? this.listen(backlog) : numberOf('EADDRINUSE');
    }
    this.#listener = listener;
    this.acceptFrom(listener);
    listener.onClosed = () => this.tell(() => this.onended?.());
    this.refresh();
    return 0;
  }

  /** Has a listener's place be its own; answers false where another has it. */
  protected claim(listener: RawListener, place: Place, _backlog: number): boolean {
    return portsOf(this.stack).enter(listener, place);
  }

  /** Gives that place back. */
  protected unclaim(listener: RawListener): void {
    portsOf(this.stack).leave(listener, listener.localPort);
  }

  /** Accepts a listener's connections, each in a turn of its own. */
  protected acceptFrom(listener: RawListener): void {
    let isAccepting = false;
    const accept = () => {
      if (isAccepting) return;
      isAccepting = true;
      this.tell(() => {
        isAccepting = false;
        const raw = listener.accept();
        if (raw === null) return;
        accept();
        this.#accepted(raw);
      });
    };
    listener.onAcceptable = accept;
  }

  #accepted(raw: RawConnection): void {
    const client = OUTSIDE.runInAsyncScope(() => new (this.constructor as HandleClass)(0));
    client.#take(raw, this.#family);
    const { onconnection } = this;
    let isTaken = false;
    try {
      this.call(() => onconnection?.call(this, 0, client));
      isTaken = onconnection !== undefined;
    } finally {
      // A listener of 'drop' that throws leaves a connection that no socket has.
      if (!isTaken && client.onread === undefined) client.close();
    }
  }

  connect(request: Request, address: string, port: number): number {
    return this.#open(request, address, port, 4);
  }

  connect6(request: Request, address: string, port: number): number {
    return this.#open(request, address, port, 6);
  }

  #open(request: Request, address: string, port: number, family: Family): number {
    if (this.isClosed) return numberOf('EBADF');
    if (this.#connecting !== undefined) return numberOf('EALREADY');
    if (this.connection !== undefined) return numberOf('EISCONN');
    if (this.#unbound !== 0) return this.#unbound;
    const connecting = { request, context: new AsyncResource('TCPCONNECTWRAP') };
    this.#connecting = connecting;
    this.#family = family;
    const hostname = SELF[address] ?? address;
    const isAsked = this.locate(hostname, port, (at, from) => {
      if (this.#connecting !== connecting) return;
      const late = this.#openTo(at, port, from);
      if (late !== 0) this.tell(() => this.#opened(late));
    });
    const status = isAsked ? 0 : this.#openTo(hostname, port);
    if (status !== 0) this.#connecting = undefined;
    this.refresh();
    return status;
  }

  /**
   * Looks where a destination is, if that is not where its address says: `found` is called later.
   *
   * @returns whether it will be
   */
  protected locate(_address: string, _port: number, _found: Found): boolean {
    return false;
  }

  #openTo(hostname: string, port: number, from?: string): number {
    const bound = this.#bound;
    const isAny = bound === undefined || bound.address === '' || bound.address in SELF;
    const localAddress = from ?? (isAny ? undefined : bound.address);
    try {
      const raw = this.stack.openConnection(
        { hostname, port },
        {
          ...this.options,
          ...(localAddress === undefined ? {} : { localAddress }),
          ...(bound === undefined || bound.port === 0 ? {} : { localPort: bound.port }),
        },
      );
      this.#take(raw, this.#family);
      return 0;
    } catch (error) {
      return errnoOf(error);
    }
  }

  #take(raw: RawConnection, family: Family): void {
    this.connection = raw;
    this.#family = family;
    raw.unhold();
    raw.onOpened = () => this.tell(() => this.#opened(0));
    raw.onReadable = () => this.look();
    raw.onEnd = () => {
      this.hasPeerEnded = true;
      this.look();
    };
    raw.onWritable = () => this.tell(() => this.settle());
    raw.onUrgent = () => this.tell(() => this.onurgent?.());
    raw.onOver = () => this.tell(() => this.#over(raw));
    if (raw.isClosed) raw.onOver();
  }

  #opened(status: number): void {
    const connecting = this.#connecting;
    if (connecting === undefined) return;
    this.#connecting = undefined;
    this.refresh();
    this.look();
    this.tell(() => this.settle());
    const { request, context } = connecting;
    context.runInAsyncScope(() => request.oncomplete?.(status, this, request, true, true));
  }

  /** The connection is over. */
  #over(raw: RawConnection): void {
    if (this.isClosed) return;
    if (this.#connecting !== undefined) {
      const status = errnoOf(raw.error, numberOf('ECONNABORTED'));
      // The word that connect(2) has for a pair of sockets that is taken.
      this.#opened(status === numberOf('EADDRINUSE') ? numberOf('EADDRNOTAVAIL') : status);
      return;
    }
    if (this.isAbandoned) {
      this.call(() => this.onended?.());
      return;
    }
    // What arrived before a failure is read before it is told.
    this.look();
    this.settle();
  }

  /** Gives its connection to a handle of its own; this one has none then. */
  moved(): Handle {
    const handle = new (this.constructor as HandleClass)(internals.tcp.constants.SOCKET);
    const raw = this.connection as RawConnection;
    this.connection = undefined;
    handle.hasPeerEnded = this.hasPeerEnded;
    handle.#take(raw, this.#family);
    return handle;
  }

  getsockname(out: Name): number {
    const { raw } = this;
    const named = raw ? { address: raw.localAddress, port: raw.localPort } : this.#bound;
    if (named === undefined) return numberOf('EBADF');
    return name(out, this.#family, this.shown(named.address), named.port);
  }

  getpeername(out: Name): number {
    const raw = this.connection;
    if (raw === undefined || this.#connecting !== undefined) return numberOf('ENOTCONN');
    return name(out, this.#family, this.shown(raw.remoteAddress), raw.remotePort);
  }

  /** What a program is to see of an address. */
  protected shown(address: string): string {
    return address;
  }

  // The end -------------------------------------------------------------------------

  isClosing(): boolean {
    return this.isClosed;
  }

  /** Lets go: a FIN behind what was taken, or a RST where text is unread (as close(2)). */
  close(closed?: () => void): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const raw = this.connection;
    if (raw !== undefined) {
      raw.onOpened = raw.onReadable = raw.onWritable = raw.onEnd = raw.onOver = null;
      raw.onUrgent = null;
      // Unread data makes the release a RST: a FIN before it leaves first, as from shutdown(2).
      if (raw.receiveQueue > 0) this.stack.pump();
      raw.release();
    }
    const listener = this.#listener;
    if (listener !== undefined) {
      listener.onAcceptable = listener.onClosed = null;
      this.unclaim(listener);
      listener.close();
      listener.release();
    }
    const connecting = this.#connecting;
    this.#connecting = undefined;
    const ends = this.cancel();
    if (connecting !== undefined) ends.unshift(() => cancel(connecting, this));
    ends.push(() => {
      this.context.emitDestroy();
      if (typeof closed === 'function') this.call(() => closed.call(this));
    });
    // libuv closes behind what is immediate: a program's `setImmediate` comes before 'close'.
    this.tell(() => {
      for (const end of ends) this.tell(end);
    });
  }

  /** As `close`, by a RST. */
  reset(closed?: () => void): number {
    if (this.isClosed) return 0;
    // As libuv: a FIN that is under way cannot be taken back.
    if (this.isEnding) return numberOf('EINVAL');
    if (this.connection !== undefined && !this.connection.isClosed) this.connection.abort();
    this.close(closed);
    return 0;
  }
}

/** The handle was closed before it was connected. */
function cancel({ request, context }: Connecting, handle: Handle): void {
  const status = numberOf('ECANCELED');
  context.runInAsyncScope(() => request.oncomplete?.(status, handle, request, false, false));
}

/** The class of a stack's handles. */
export const handlesOf = perStack<HandleClass>((stack) => {
  // The name that `net`'s own have, for what prints it.
  return class TCP extends Handle {
    constructor(kind: number) {
      super(stack, kind);
    }
  };
});
