/**
 * A socket of UDP as web streams, in the manner of Direct Sockets' UDPSocket.
 *
 * With a remote address it is connected (remote mode): it hears that one alone, and what is written
 * needs no address. Else it is bound (bound mode), and each datagram written says where it goes.
 *
 * Both streams have a highWaterMark of 0 or 1 and no buffer of their own: what is not read stays in
 * the core's receive buffer, and what comes beyond that is lost, as datagrams are.
 */
import { UdpOption } from '../abi.ts';
import { isHostName } from '../address.ts';
import type { SocketError } from '../errors.ts';
import type { UdpInfo } from '../inspect-udp.ts';
import type { Datagram, RawDatagram } from '../raw/datagram.ts';
import { notFound } from '../raw/failure.ts';
import { checkOptions } from '../raw/tuning.ts';
import { asyncDispose, deferred, type Deferred } from './settle.ts';

/** A datagram to be sent; octets alone go to where the socket is connected. */
export interface OutgoingDatagram {
  readonly data: Uint8Array;
  readonly address?: string;
  readonly port?: number;
}

export interface UdpOptions {
  /** Remote mode: whom it is connected to. */
  remoteAddress?: string;
  remotePort?: number;
  /** Where it is bound: by default any address, of both families, and a free port. */
  localAddress?: string;
  localPort?: number;
  /** Bound to `::` it takes IPv6 alone; default false. */
  ipv6Only?: boolean;
  /** Share the port with others that have the same (SO_REUSEADDR, SO_REUSEPORT). */
  reuseAddress?: boolean;
  reusePort?: boolean;
  /** Send to everybody, 255.255.255.255 or a network's last address; default false. */
  broadcast?: boolean;
  /** TTL or hop limit of what goes to one host (default 64), and to groups (default 1). */
  hopLimit?: number;
  groupHopLimit?: number;
  /** What is sent to groups comes back to members here; default true. */
  groupLoop?: boolean;
  /** Octets the core holds of what has come, and of what waits to be sent. */
  receiveBuffer?: number;
  sendBuffer?: number;
  /** Closes the socket. */
  signal?: AbortSignal;
}

/** Where an open socket stands. */
export interface UdpOpened {
  readonly localAddress: string;
  readonly localPort: number;
  /** In remote mode only. */
  readonly remoteAddress?: string;
  readonly remotePort?: number;
}

/** What a stack has that a socket of UDP stands on. */
interface DatagramOpener {
  openDatagram(): RawDatagram;
}

/** The core's option for each word that is a number or a truth value. */
const OPTIONS = {
  ipv6Only: UdpOption.IPV6_ONLY,
  reuseAddress: UdpOption.REUSE_ADDRESS,
  reusePort: UdpOption.REUSE_PORT,
  broadcast: UdpOption.BROADCAST,
  hopLimit: UdpOption.HOP_LIMIT,
  groupHopLimit: UdpOption.GROUP_HOP_LIMIT,
  groupLoop: UdpOption.GROUP_LOOP,
  receiveBuffer: UdpOption.RECEIVE_BUFFER,
  sendBuffer: UdpOption.SEND_BUFFER,
} as const;

export class UdpSocket {
  /** Where it stands; rejected where it could not be opened. */
  readonly opened: Promise<UdpOpened>;
  /** Settled when it is closed, or rejected as `opened` is. */
  readonly closed: Promise<void>;
  readonly readable: ReadableStream<Datagram>;
  readonly writable: WritableStream<OutgoingDatagram | Uint8Array>;
  /** ICMP says that what was sent to the remote did not get there: it goes on. */
  onError: ((error: SocketError) => void) | null = null;
  /** The socket beneath; null when it could not be opened. */
  readonly raw: RawDatagram | null = null;
  readonly #closed = deferred<void>();
  #reading: ReadableStreamDefaultController<Datagram> | undefined;
  #isWanted = false;
  #room: Deferred<void> | undefined;
  #writing: WritableStreamDefaultController | undefined;

  constructor(stack: DatagramOpener, options: UdpOptions) {
    const opened = deferred<UdpOpened>();
    this.opened = opened.promise;
    this.closed = this.#closed.promise;
    let error: unknown;
    try {
      this.raw = open(stack, options);
      opened.resolve(openedAs(this.raw.info()!));
    } catch (thrown) {
      if ((thrown as Error).name !== 'SocketError') throw thrown;
      error = thrown;
      opened.reject(thrown);
      this.#closed.reject(thrown);
    }
    this.readable = this.#makeReadable(error);
    this.writable = this.#makeWritable(error);
    if (this.raw === null) return;
    this.raw.onReadable = () => this.#look();
    this.raw.onWritable = () => this.#room?.resolve();
    this.raw.onError = (soft) => this.onError?.(soft);
    this.raw.onClosed = () => this.#end();
    const { signal } = options;
    if (signal?.aborted) this.close();
    else signal?.addEventListener('abort', () => this.close(), { once: true });
  }

  #makeReadable(error: unknown): ReadableStream<Datagram> {
    return new ReadableStream<Datagram>(
      {
        start: (controller) => {
          if (error === undefined) this.#reading = controller;
          else controller.error(error);
        },
        pull: () => {
          this.#isWanted = true;
          this.#look();
        },
        cancel: () => {
          this.#reading = undefined;
        },
      },
      { highWaterMark: 0 },
    );
  }

  #look(): void {
    if (!this.#isWanted || this.#reading === undefined) return;
    const datagram = this.raw!.receive();
    if (datagram === null) return;
    this.#isWanted = false;
    this.#reading.enqueue(datagram);
  }

  #makeWritable(error: unknown): WritableStream<OutgoingDatagram | Uint8Array> {
    return new WritableStream<OutgoingDatagram | Uint8Array>({
      start: (controller) => {
        if (error === undefined) this.#writing = controller;
        else controller.error(error);
      },
      write: (chunk) => this.#send(chunk),
      close: () => {
        this.#writing = undefined;
      },
      abort: () => {
        this.#writing = undefined;
      },
    });
  }

  async #send(chunk: OutgoingDatagram | Uint8Array): Promise<void> {
    const { data, address, port }: OutgoingDatagram =
      chunk instanceof Uint8Array ? { data: chunk } : chunk;
    if (!(data instanceof Uint8Array)) throw new TypeError('a datagram has data, a Uint8Array');
    const raw = this.raw!;
    for (;;) {
      const result = raw.send(data, address, port);
      if (result > 0) return;
      if (result < 0) throw raw.failure('send', result, address, port);
      this.#room = deferred();
      await this.#room.promise;
    }
  }

  /** Hears what is sent to a group, by everybody or by one source. @throws SocketError */
  join(group: string, source?: string): void {
    this.#check(this.raw?.join(group, source), group);
  }

  /** Undoes `join`, said in the same words. @throws SocketError EADDRNOTAVAIL */
  leave(group: string, source?: string): void {
    this.#check(this.raw?.leave(group, source), group);
  }

  #check(result: number | undefined, address: string): void {
    if (result !== undefined && result < 0) throw this.raw!.failure('bind', result, address);
  }

  /** Everything the core knows of it; undefined once closed. */
  info(): UdpInfo | undefined {
    return this.raw?.info();
  }

  /** Ends it; what was sent before leaves, what was not read is lost. */
  async close(): Promise<void> {
    this.raw?.close();
    await this.#closed.promise;
  }

  #end(): void {
    this.#closed.resolve();
    this.#reading?.close();
    this.#reading = undefined;
    const over = new TypeError('the socket is closed');
    this.#writing?.error(over);
    this.#writing = undefined;
    this.#room?.reject(over);
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Opens, binds and connects a socket. @throws SocketError; TypeError, RangeError for nonsense */
function open(stack: DatagramOpener, options: UdpOptions): RawDatagram {
  checkOptions(options);
  const { localAddress, localPort = 0, remoteAddress, remotePort } = options;
  if ((remoteAddress === undefined) !== (remotePort === undefined)) {
    throw new TypeError('remoteAddress and remotePort are given together');
  }
  for (const name of [localAddress, remoteAddress]) {
    if (name !== undefined && isHostName(name)) throw notFound('connect', name);
  }
  const raw = stack.openDatagram();
  try {
    for (const [name, option] of Object.entries(OPTIONS)) {
      const value = options[name as keyof typeof OPTIONS];
      if (value === undefined || raw.setOption(option, Number(value))) continue;
      throw new RangeError(`${name} can not be ${String(value)}`);
    }
    const isBound = localAddress !== undefined || remoteAddress === undefined || localPort !== 0;
    const bound = isBound ? raw.bind(localPort, localAddress) : 0;
    if (bound < 0) throw raw.failure('bind', bound, localAddress ?? '::', localPort);
    const connected = remoteAddress === undefined ? 0 : raw.connect(remoteAddress, remotePort!);
    if (connected < 0) throw raw.failure('connect', connected, remoteAddress, remotePort);
  } catch (error) {
    raw.close();
    throw error;
  }
  return raw;
}

function openedAs(info: UdpInfo): UdpOpened {
  const { localAddress, localPort, remoteAddress, remotePort } = info;
  if (info.state === 'UNCONN') return { localAddress, localPort };
  return { localAddress, localPort, remoteAddress, remotePort };
}
