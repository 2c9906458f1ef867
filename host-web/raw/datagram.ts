/**
 * The raw API of UDP: sockets by callback, as `raw.ts` has connections.
 *
 * - **Look first, sleep second.** `receive` answers null when nothing has come, and `send` answers
 *   0 when there is no room: wait for `onReadable` or `onWritable`, and call again.
 * - **Nothing is buffered here.** What is not received stays in the core, up to the receive buffer;
 *   what comes beyond it is dropped, and counted.
 * - **Calls never call back**, and answer a negated Result where they fail; `failure` makes an
 *   error of it.
 * - **`close` ends it at once.** What was sent before leaves.
 */
import { Memory, type Reason, ReceivedField, Result, Signal, UdpOption } from '../abi.ts';
import { checkPort, octetsOf, toMapped } from '../address.ts';
import { type Callback, call } from '../callback.ts';
import { setEndpoint } from '../core.ts';
import { SocketError, type Syscall } from '../errors.ts';
import { AddressCache, readUdpStatus, type UdpInfo } from '../inspect-udp.ts';
import type { Octets } from '../platform.ts';
import { Owners } from './owners.ts';
import type { Host } from './raw-handle.ts';

/** One datagram that has come. */
export interface Datagram {
  readonly data: Octets;
  /** Who sent it. */
  readonly address: string;
  readonly port: number;
  /** The address it was sent to: one of the stack's, a group's or everybody's. */
  readonly localAddress: string;
  readonly hopLimit: number;
  /** Diffserv and, below it, the ECN codepoint. */
  readonly diffserv: number;
}

const INDEX_MASK = (1 << Memory.INDEX_BITS) - 1;

/** Whether a handle of the core names a socket of UDP. */
export function isDatagramHandle(handle: number): boolean {
  return (handle & INDEX_MASK) >= Memory.FIRST_UDP_INDEX;
}

/** The sockets of UDP of one stack. */
export class RawDatagrams {
  readonly #host: Host;
  readonly #owners = new Owners<RawDatagram>(Memory.FIRST_UDP_INDEX);

  constructor(host: Host) {
    this.#host = host;
  }

  /** A socket that is bound to nothing. @throws SocketError ENOBUFS */
  open(): RawDatagram {
    const handle = this.#host.core.udpOpen();
    if (handle <= 0) throw new SocketError({ syscall: 'bind', result: -handle as Result });
    const raw = new RawDatagram(this.#host, handle, () => this.#owners.remove(handle));
    this.#owners.add(raw);
    return raw;
  }

  /** Hands out a signal; `events` are bits of Signal. */
  signal(handle: number, events: number, result: Result, reason: Reason): void {
    this.#owners.of(handle)?.signal(events, result, reason);
  }

  /** Ends all of them. */
  close(): void {
    for (const raw of this.#owners.all()) raw.close();
  }
}

/** One socket of UDP. */
export class RawDatagram {
  /** `receive` has a datagram. */
  onReadable: Callback = null;
  /** `send` has room again, after it answered 0. */
  onWritable: Callback = null;
  /** ICMP says that what was sent to where this is connected did not get there. */
  onError: ((error: SocketError) => void) | null = null;
  /** It has been closed: by its user, or with its stack. */
  onClosed: Callback = null;
  /** The core's name for it; 0 once closed. */
  handle: number;
  readonly #host: Host;
  readonly #forget: () => void;
  readonly #from = new AddressCache();
  readonly #to = new AddressCache();
  /** The address that was sent to last, and its octets. */
  #latest = '';
  #latestOctets: Uint8Array = new Uint8Array(16);

  constructor(host: Host, handle: number, forget: () => void) {
    this.#host = host;
    this.handle = handle;
    this.#forget = forget;
  }

  get isClosed(): boolean {
    return this.handle === 0;
  }

  /** Binds it; port 0 is a free one. `'::'` is any address of both families. */
  bind(port = 0, address = '::'): number {
    setEndpoint(this.#host.core, toMapped(octetsOf(address)), checkPort(port), null, 0);
    return this.#host.core.udpBind(this.handle);
  }

  /** Connects it: it hears that remote socket alone, and of ICMP's errors. */
  connect(address: string, port: number): number {
    setEndpoint(this.#host.core, null, 0, this.#octetsOf(address), checkPort(port));
    return this.#host.core.udpConnect(this.handle);
  }

  /** Undoes `connect`. */
  disconnect(): number {
    setEndpoint(this.#host.core, null, 0, null, 0);
    return this.#host.core.udpConnect(this.handle);
  }

  /**
   * Sends one datagram, to where it is connected or to a remote socket.
   *
   * @returns 1; 0 when there is no room, and `onWritable` follows; or a negated Result
   */
  send(data: Uint8Array, address?: string, port = 0): number {
    const { core } = this.#host;
    if (data.length > Memory.TEXT_SIZE) return -Result.DATAGRAM_TOO_LONG;
    const remote = address === undefined ? null : this.#octetsOf(address);
    setEndpoint(core, null, 0, remote, port);
    core.textWindow.set(data);
    this.#host.refresh();
    const result = core.udpSend(this.handle, data.length);
    if (result > 0) this.#host.wake();
    return result;
  }

  #octetsOf(address: string): Uint8Array {
    if (address !== this.#latest) {
      this.#latestOctets = toMapped(octetsOf(address));
      this.#latest = address;
    }
    return this.#latestOctets;
  }

  /** The oldest datagram there is; null when there is none, and `onReadable` follows. */
  receive(): Datagram | null {
    const { core } = this.#host;
    if (core.udpReceive(this.handle) !== 1) return null;
    const { view } = core;
    const at = Memory.RECEIVED;
    const length = view.getUint32(at + ReceivedField.length, true);
    return {
      data: core.textWindow.slice(0, length) as Octets,
      address: this.#from.read(core, at + ReceivedField.source0),
      port: view.getUint32(at + ReceivedField.sourcePort, true),
      localAddress: this.#to.read(core, at + ReceivedField.destination0),
      hopLimit: view.getUint32(at + ReceivedField.hopLimit, true),
      diffserv: view.getUint32(at + ReceivedField.diffserv, true),
    };
  }

  /** Hears what is sent to a group: by everybody, or by one source alone. */
  join(group: string, source?: string): number {
    return this.#membership(group, source, 1);
  }

  /** Undoes `join`, said in the same words. */
  leave(group: string, source?: string): number {
    return this.#membership(group, source, 0);
  }

  #membership(group: string, source: string | undefined, isMember: number): number {
    const { core } = this.#host;
    const from = source === undefined ? null : toMapped(octetsOf(source));
    setEndpoint(core, from, 0, toMapped(octetsOf(group)), 0);
    return core.udpMembership(this.handle, isMember);
  }

  /** The address of the stack that datagrams to groups leave from. */
  setGroupSource(address: string): number {
    setEndpoint(this.#host.core, toMapped(octetsOf(address)), 0, null, 0);
    return this.#host.core.udpGroupSource(this.handle);
  }

  /** Sets an option; answers whether the core takes that value. */
  setOption(option: UdpOption, value: number): boolean {
    return this.#host.core.udpSetOption(this.handle, option, value) === Result.OK;
  }

  /** Everything the core knows of it; undefined once closed. */
  info(): UdpInfo | undefined {
    const { core } = this.#host;
    return core.udpStatus(this.handle) === Result.OK ? readUdpStatus(core) : undefined;
  }

  /** Ends it. Harmless when repeated. */
  close(): void {
    if (this.handle === 0) return;
    const { handle } = this;
    this.handle = 0;
    this.#forget();
    this.#host.core.udpClose(handle);
    this.#host.wake();
    call(this.onClosed);
  }

  /** An error for a negative answer. */
  failure(syscall: Syscall, result: number, address?: string, port?: number): SocketError {
    return new SocketError({
      syscall,
      result: -result as Result,
      ...(address !== undefined && { address }),
      ...(port !== undefined && { port }),
    });
  }

  /** The stack's: hands out a signal. `events` are bits of Signal. */
  signal(events: number, result: Result, reason: Reason): void {
    if (events & Signal.READABLE) call(this.onReadable);
    if (events & Signal.WRITABLE) call(this.onWritable);
    const { onError } = this;
    if (events & Signal.SOFT_ERROR && onError !== null) {
      const { remoteAddress: address = '', remotePort: port = 0 } = this.info() ?? {};
      call(() => onError(new SocketError({ syscall: 'read', result, reason, address, port })));
    }
  }
}
