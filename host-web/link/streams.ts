/**
 * A link over web streams of packets: sugar for what has no faster way (a WebSocket, a test).
 *
 * Each packet costs an array and a few promises here; links that matter implement `Link`
 * themselves.
 */
import { PacketFlag } from '../abi.ts';
import type { Link, LinkPort } from './link.ts';

/** A device as a pair of streams; a chunk is an IP packet. */
export interface PacketStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Octets of the largest packet; default 1500. */
  readonly mtu?: number;
}

/**
 * Packets that may wait for the writable; beyond it they are dropped, as a device's queue drops.
 */
const QUEUE_LIMIT = 1000;

/** Makes a link of a pair of streams. It is over when one of them is; its owner hears of it. */
export function streamsLink(streams: PacketStreams): Link {
  return new StreamsLink(streams);
}

class StreamsLink implements Link {
  readonly mtu: number;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #port: LinkPort | undefined;
  #memory = new Uint8Array();
  #waiting = 0;

  constructor({ readable, writable, mtu = 1500 }: PacketStreams) {
    this.mtu = mtu;
    this.#reader = readable.getReader();
    try {
      this.#writer = writable.getWriter();
    } catch (error) {
      this.#reader.releaseLock();
      throw error;
    }
    this.#writer.closed.catch(() => {});
  }

  attach(port: LinkPort): void {
    this.#port = port;
    this.#memory = new Uint8Array(port.memory);
    // A stream that is cancelled without a reason errors with undefined: that is an end, too.
    const ended = (error: unknown) => this.#port?.ended(error);
    this.#receive().then(ended, ended);
    this.#writer.closed.then(ended, ended);
  }

  send(length: number): boolean {
    if (this.#port === undefined || this.#waiting >= QUEUE_LIMIT) return false;
    const at = this.#port.transmitAt;
    this.#waiting++;
    const done = () => {
      this.#waiting--;
    };
    this.#writer.write(this.#memory.slice(at, at + length)).then(done, done);
    return true;
  }

  close(): void {
    if (this.#port === undefined) return;
    this.#port = undefined;
    this.#reader.cancel().catch(() => {});
    this.#writer.close().catch(() => {});
  }

  async #receive(): Promise<void> {
    for (;;) {
      const { value, done } = await this.#reader.read();
      const port = this.#port;
      if (done || port === undefined) return;
      if (!(value instanceof Uint8Array)) {
        port.lost(new TypeError('a packet is a Uint8Array'));
        continue;
      }
      if (value.length === 0 || value.length > this.mtu) continue;
      this.#memory.set(value, port.receiveAt);
      port.input(value.length, PacketFlag.NONE);
      port.pump();
    }
  }
}
