/** Devices and sockets without anything behind them, for links: what is sent, and what waits. */
import type { TunDevice, TunWindows } from '../../host-node/tun-device.ts';
import type { SocketEvent, WebSocketLike } from '../../host-web/link/websocket.ts';

/** A TUN device whose kernel is two arrays. */
export class FakeTun implements TunDevice {
  readonly name = 'fake0';
  readonly mtu = 1500;
  readonly queueLength = 1000;
  readonly vnetHeaderSize = 10;
  readonly sent: Uint8Array[] = [];
  readonly waiting: Uint8Array[] = [];
  /** What the next call of the device throws. */
  error: Error | undefined;
  isClosed = false;
  onReadable: (() => void) | undefined;
  #windows: TunWindows | undefined;

  attach(windows: TunWindows): void {
    this.#windows = windows;
  }

  offload(): undefined {}

  receive(): number {
    this.#fail();
    const packet = this.waiting.shift();
    if (packet === undefined) return 0;
    const { memory, receiveAt } = this.#windows!;
    new Uint8Array(memory).set(packet, receiveAt);
    return packet.length;
  }

  receiveFlags(): number {
    return 0;
  }

  transmit(length: number): boolean {
    this.#fail();
    const { memory, transmitAt } = this.#windows!;
    this.sent.push(new Uint8Array(memory.slice(transmitAt, transmitAt + length)));
    return true;
  }

  watch(onReadable: () => void): void {
    this.onReadable = onReadable;
  }

  unwatch(): void {
    this.onReadable = undefined;
  }

  ref(): void {}

  unref(): void {}

  close(): void {
    this.isClosed = true;
  }

  #fail(): void {
    const { error } = this;
    this.error = undefined;
    if (error !== undefined) throw error;
  }
}

/** A WebSocket whose messages arrive when the test says so. */
export class FakeSocket implements WebSocketLike {
  binaryType = 'blob';
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: Uint8Array[] = [];
  readonly #listeners = { message: new Set<Listener>(), close: new Set<Listener>() };

  send(octets: Uint8Array): void {
    this.sent.push(octets);
  }

  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    for (const listener of [...this.#listeners.close]) listener({ type: 'close' });
  }

  addEventListener(type: 'message' | 'close', listener: Listener): void {
    this.#listeners[type].add(listener);
  }

  removeEventListener(type: 'message' | 'close', listener: Listener): void {
    this.#listeners[type].delete(listener);
  }

  /** A message arrives: octets as an ArrayBuffer, anything else as it is. */
  receive(message: unknown): void {
    const data = message instanceof Uint8Array ? message.slice().buffer : message;
    for (const listener of this.#listeners.message) listener({ type: 'message', data });
  }
}

type Listener = (event: SocketEvent) => void;
