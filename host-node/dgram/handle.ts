/**
 * The handle under Node's own `dgram`: a class in the shape of `udp_wrap`'s UDP, over a socket of
 * UDP of a stack.
 *
 * Everything a program sees of `dgram` is Node's; what is here is what libuv does for it, as
 * `net/handle.ts` has it for TCP: what the stack tells is told on in a turn of its own, and methods
 * answer 0 or libuv's negative number. Not here: options (`options.ts`), and names, which are
 * looked up before.
 */
import { AsyncResource } from 'node:async_hooks';
import { Result, UdpOption } from '../../host-web/abi.ts';
import type { SocketError } from '../../host-web/errors.ts';
import type { Datagram, RawDatagram } from '../../host-web/raw/datagram.ts';
import type { Stack } from '../../host-web/stack.ts';
import { numberOf } from '../net/errno.ts';
import { ANY, type Family, type Name, SELF } from '../net/names.ts';
import { perStack } from '../net/per-stack.ts';
import { type References, referencesOf } from '../net/references.ts';
import { type Turns, turnsOf } from '../net/turns.ts';
import { errnoOf, isOfFamily, OptionHandle, withoutZone } from './options.ts';

/** `udp_wrap`'s SendWrap, as `dgram` fills it in. */
interface SendRequest {
  oncomplete?(status: number, sent: number): void;
}

interface Sending {
  readonly data: Uint8Array;
  readonly address: string | undefined;
  readonly port: number;
  readonly request: SendRequest;
  readonly context: AsyncResource;
}

type OnMessage = (
  size: number,
  handle: UdpHandle,
  data: Buffer | undefined,
  from?: { address: string; family: string; port: number; size: number },
) => void;

/** `bind`'s flags (uv.h). */
const IPV6_ONLY = 1;
const REUSE_ADDRESS = 4;
const REUSE_PORT = 64;
/** Datagrams that are taken from the core for one turn. */
const AT_ONCE = 64;

/** What `dgram` lets pass as data. */
type View = ArrayBufferView<ArrayBuffer>;

/** A class of handles of one stack, as `dgram` makes them. */
export type UdpClass = new () => UdpHandle;

export class UdpHandle extends OptionHandle {
  readonly fd = -1;
  onmessage: OnMessage | undefined;
  onerror: ((status: number, handle: UdpHandle, error: Error) => void) | undefined;
  readonly #turns: Turns;
  readonly #references: References;
  readonly #context = new AsyncResource('UDPWRAP', { requireManualDestroy: true });
  #isReceiving = false;
  #isReferenced = true;
  #isClosed = false;
  #isConnected = false;
  #sending: Sending[] = [];

  constructor(stack: Stack) {
    super(stack);
    this.#turns = turnsOf(stack);
    this.#references = referencesOf(stack);
  }

  getAsyncId(): number {
    return this.#context.asyncId();
  }

  getProviderType(): number {
    return 0;
  }

  // Endpoints -----------------------------------------------------------------------

  /** A file descriptor is the kernel's. */
  open(): number {
    return numberOf('ENOTSUP');
  }

  bind(address: string, port: number, flags = 0): number {
    return this.bindTo(address, port, flags, 4);
  }

  bind6(address: string, port: number, flags = 0): number {
    return this.bindTo(address, port, flags, 6);
  }

  protected override bindTo(address: string, port: number, flags: number, family: Family): number {
    if (this.raw !== undefined) return numberOf('EINVAL');
    const isIpv6Only = (flags & IPV6_ONLY) !== 0;
    const plain = withoutZone(address);
    if (!isOfFamily(plain, family) || (isIpv6Only && family === 4)) return numberOf('EINVAL');
    let raw: RawDatagram;
    try {
      raw = this.stack.openDatagram();
    } catch {
      return numberOf('ENOBUFS');
    }
    if ((flags & REUSE_ADDRESS) !== 0) raw.setOption(UdpOption.REUSE_ADDRESS, 1);
    if ((flags & REUSE_PORT) !== 0) raw.setOption(UdpOption.REUSE_PORT, 1);
    if (isIpv6Only) raw.setOption(UdpOption.IPV6_ONLY, 1);
    const status = errnoOf(raw.bind(port, plain));
    if (status !== 0) {
      raw.close();
      return status;
    }
    this.family = family;
    this.raw = raw;
    raw.onReadable = () => this.#read();
    raw.onWritable = () => this.#flush();
    raw.onError = (error) => this.#fail(error);
    return 0;
  }

  connect(address: string, port: number): number {
    return this.#connect(address, port, 4);
  }

  connect6(address: string, port: number): number {
    return this.#connect(address, port, 6);
  }

  #connect(address: string, port: number, family: Family): number {
    if (this.#isConnected) return numberOf('EISCONN');
    const status = this.raw === undefined ? this.bindTo(ANY[family], 0, 0, family) : 0;
    if (status !== 0) return status;
    const plain = withoutZone(address);
    if (!isOfFamily(plain, family)) return numberOf('EINVAL');
    const connected = errnoOf(this.raw!.connect(SELF[plain] ?? plain, port));
    this.#isConnected = connected === 0;
    return connected;
  }

  disconnect(): number {
    if (!this.#isConnected) return numberOf('ENOTCONN');
    this.#isConnected = false;
    return errnoOf(this.raw!.disconnect());
  }

  getsockname(out: Name): number {
    const info = this.raw?.info();
    if (info === undefined) return numberOf('EBADF');
    return this.#name(out, info.localAddress, info.localPort);
  }

  getpeername(out: Name): number {
    const info = this.raw?.info();
    if (info === undefined) return numberOf('EBADF');
    if (info.state !== 'ESTAB') return numberOf('ENOTCONN');
    return this.#name(out, info.remoteAddress, info.remotePort);
  }

  #name(out: Name, address: string, port: number): number {
    out.address = this.#shown(address);
    out.family = `IPv${this.family}`;
    out.port = port;
    return 0;
  }

  /** A handle of IPv6 shows IPv4's addresses as mapped ones, as the kernel's does. */
  #shown(address: string): string {
    return this.family === 6 && !address.includes(':') ? `::ffff:${address}` : address;
  }

  // Sending -------------------------------------------------------------------------

  send(request: SendRequest, list: View[], _count: number, ...to: unknown[]): number {
    return this.#send(request, list, to, 4);
  }

  send6(request: SendRequest, list: View[], _count: number, ...to: unknown[]): number {
    return this.#send(request, list, to, 6);
  }

  /** @param to port, address and whether there is a callback; or, when connected, that alone */
  #send(request: SendRequest, list: View[], to: unknown[], family: Family): number {
    const isTo = to.length === 3;
    if (isTo && this.#isConnected) return numberOf('EISCONN');
    if (!isTo && !this.#isConnected) return numberOf('EDESTADDRREQ');
    const status = this.raw === undefined ? this.bindTo(ANY[family], 0, 0, family) : 0;
    if (status !== 0) return status;
    const [port, address] = isTo ? (to as [number, string]) : [0, undefined];
    const given = address === undefined ? undefined : withoutZone(address);
    if (given !== undefined && !isOfFamily(given, family)) return numberOf('EINVAL');
    const remote = given === undefined ? undefined : (SELF[given] ?? given);
    const data = list.length === 1 ? octetsOf(list[0]!) : Buffer.concat(list.map(octetsOf));
    const sent = this.#sending.length > 0 ? 0 : this.raw!.send(data, remote, port);
    // One more than what was sent, which may be nothing.
    if (sent > 0) return data.length + 1;
    if (sent < 0) return errnoOf(sent);
    const context = new AsyncResource('UDPSENDWRAP');
    // What is given may change before it is sent.
    this.#sending.push({ data: Buffer.from(data), address: remote, port, request, context });
    this.#refresh();
    return 0;
  }

  /** There is room again for what waits. */
  #flush(): void {
    const raw = this.raw!;
    while (this.#sending.length > 0) {
      const { data, address, port, request, context } = this.#sending[0]!;
      const sent = raw.send(data, address, port);
      if (sent === 0) return;
      this.#sending.shift();
      const status = errnoOf(sent);
      this.#turns.tell(() => {
        context.runInAsyncScope(() => request.oncomplete?.(status, data.length));
      });
    }
    this.#refresh();
  }

  getSendQueueSize(): number {
    return this.#sending.reduce((size, { data }) => size + data.length, 0);
  }

  getSendQueueCount(): number {
    return this.#sending.length;
  }

  // Receiving -----------------------------------------------------------------------

  recvStart(): number {
    if (this.raw === undefined) return numberOf('EBADF');
    this.#isReceiving = true;
    this.#refresh();
    this.#read();
    return 0;
  }

  recvStop(): number {
    this.#isReceiving = false;
    this.#refresh();
    return 0;
  }

  /** Takes what there is, and tells of each in the order it came. */
  #read(): void {
    for (let n = 0; n < AT_ONCE; n++) {
      const datagram = this.#isReceiving ? this.raw?.receive() : null;
      if (datagram === null || datagram === undefined) return;
      this.#turns.tell(() => this.#deliver(datagram));
    }
    this.#turns.tell(() => this.#read());
  }

  #deliver({ data, address, port }: Datagram): void {
    if (!this.#isReceiving) return;
    const { length } = data;
    const octets = Buffer.from(data.buffer, data.byteOffset, length);
    const family = `IPv${this.family}`;
    const from = { address: this.#shown(address), family, port, size: length };
    this.#context.runInAsyncScope(() => this.onmessage?.(length, this, octets, from));
  }

  /** What ICMP says: as in Linux only that nobody listens is an error of the socket. */
  #fail(error: SocketError): void {
    if (error.result !== Result.CONNECTION_REFUSED) return;
    this.#turns.tell(() => {
      if (!this.#isReceiving) return;
      const status = numberOf('ECONNREFUSED');
      this.#context.runInAsyncScope(() => this.onmessage?.(status, this, undefined));
    });
  }

  // The end, and what keeps the process alive -------------------------------------------

  close(closed?: () => void): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isReceiving = false;
    this.#references.delete(this);
    const waiting = this.#sending;
    this.#sending = [];
    this.raw?.close();
    const canceled = numberOf('ECANCELED');
    this.#turns.tell(() => {
      for (const { request, context } of waiting) {
        context.runInAsyncScope(() => request.oncomplete?.(canceled, 0));
      }
      this.#context.emitDestroy();
      if (typeof closed === 'function') this.#context.runInAsyncScope(() => closed.call(this));
    });
  }

  ref(): void {
    this.#isReferenced = true;
    this.#refresh();
  }

  unref(): void {
    this.#isReferenced = false;
    this.#refresh();
  }

  hasRef(): boolean {
    return this.#isReferenced && !this.#isClosed;
  }

  /** As libuv: what receives, or has something to send. */
  #refresh(): void {
    const isActive = this.#isReceiving || this.#sending.length > 0;
    if (isActive && this.#isReferenced && !this.#isClosed) this.#references.add(this);
    else this.#references.delete(this);
  }
}

/** The octets of a view, whatever it shows them as. */
function octetsOf(view: View): Uint8Array {
  return view instanceof Uint8Array
    ? view
    : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** The class of a stack's handles. */
export const udpHandlesOf = perStack<UdpClass>((stack) => {
  // The name that `dgram`'s own have, for what prints it.
  return class UDP extends UdpHandle {
    constructor() {
      super(stack);
    }
  };
});
