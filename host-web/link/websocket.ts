/**
 * A link over a WebSocket: each binary message is one IP packet.
 *
 * It takes any socket of the WHATWG's shape, at either end: a browser's, a worker's, Deno's, Bun's,
 * Node's. The socket must be open; what the stack sends before is dropped, as on a cable that is
 * not plugged in. Packets are dropped, too, while more than `limit` octets wait in the socket: a
 * WebSocket rides on a TCP of its own, and two TCPs that both keep everything make a queue without
 * end. The connections above see a loss and slow down.
 */
import { PacketFlag } from '../abi.ts';
import type { Octets } from '../platform.ts';
import type { Link, LinkPort } from './link.ts';

/** What is used of a WebSocket. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  /** Octets `send` has taken that have not left yet; workers do not say. */
  readonly bufferedAmount?: number;
  send(octets: Octets): void;
  close(): void;
  addEventListener(type: 'message' | 'close', listener: (event: SocketEvent) => void): void;
  removeEventListener(type: 'message' | 'close', listener: (event: SocketEvent) => void): void;
}

/** What is used of its events: `data` is a message's. */
export interface SocketEvent {
  readonly type?: string;
  readonly data?: unknown;
}

export interface WebSocketLinkOptions {
  /** Octets of the largest packet; default 1500. */
  mtu?: number;
  /** Octets that may wait in the socket; default 256 KiB. */
  limit?: number;
}

const OPEN = 1;
const CLOSED = 3;

/**
 * Makes a link of an open WebSocket; closing it closes that. It is over when the socket is, and its
 * owner hears of it.
 */
export function webSocketLink(socket: WebSocketLike, options: WebSocketLinkOptions = {}): Link {
  return new WebSocketLink(socket, options);
}

class WebSocketLink implements Link {
  readonly mtu: number;
  readonly #socket: WebSocketLike;
  readonly #limit: number;
  #port: LinkPort | undefined;
  #memory = new Uint8Array();

  constructor(socket: WebSocketLike, { mtu = 1500, limit = 1 << 18 }: WebSocketLinkOptions) {
    this.mtu = mtu;
    this.#socket = socket;
    this.#limit = limit;
    socket.binaryType = 'arraybuffer';
  }

  attach(port: LinkPort): void {
    this.#port = port;
    this.#memory = new Uint8Array(port.memory);
    this.#socket.addEventListener('message', this.#onEvent);
    this.#socket.addEventListener('close', this.#onEvent);
    if (this.#socket.readyState === CLOSED) port.ended();
  }

  send(length: number): boolean {
    const socket = this.#socket;
    if (this.#port === undefined || socket.readyState !== OPEN) return false;
    if ((socket.bufferedAmount ?? 0) > this.#limit) return false;
    const at = this.#port.transmitAt;
    // A copy: some sockets keep what they are given until it has left.
    socket.send(this.#memory.slice(at, at + length) as Octets);
    return true;
  }

  close(): void {
    if (this.#port === undefined) return;
    this.#port = undefined;
    this.#socket.removeEventListener('message', this.#onEvent);
    this.#socket.removeEventListener('close', this.#onEvent);
    this.#socket.close();
  }

  readonly #onEvent = ({ type, data }: SocketEvent): void => {
    const port = this.#port;
    if (type === 'close') port?.ended();
    if (port === undefined || !(data instanceof ArrayBuffer)) return;
    if (data.byteLength === 0 || data.byteLength > this.mtu) return;
    this.#memory.set(new Uint8Array(data), port.receiveAt);
    port.input(data.byteLength, PacketFlag.NONE);
    port.pump();
  };
}
