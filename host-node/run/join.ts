/** The link of a process that runs on a stack: a stream to the switch, which has the device. */
import { readSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Link, LinkPort, Offloads } from '../../host-web/link/link.ts';
import { frameReader, sendFrame, sendMessage } from './frames.ts';
import type { Welcome } from './switch.ts';

/** What a process has that joined. */
export interface Joined {
  readonly welcome: Welcome;
  readonly link: StreamLink;
}

/** What the device takes of segments joined to one packet. */
const OFFLOADS: Offloads = { checksum: true, segments: 65_535 };

/** What is slept by, between two looks at what has come. */
const CELL = new Int32Array(new SharedArrayBuffer(4));

/** Joins. @throws Error when nobody is there any more, or has no address left */
export async function join(path: string): Promise<Joined> {
  const socket = connect(path);
  let rest: Buffer = Buffer.alloc(0);
  const welcome = await new Promise<Welcome>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('no address of its network is left')));
    socket.on('data', function read(chunk: Buffer) {
      rest = Buffer.concat([rest, chunk]);
      const end = rest.indexOf('\n');
      if (end < 0) return;
      socket.off('data', read).pause();
      resolve(JSON.parse(rest.toString('utf8', 0, end)) as Welcome);
      rest = rest.subarray(end + 1);
    });
  });
  socket.removeAllListeners('error').removeAllListeners('close');
  return { welcome, link: new StreamLink(socket, rest, welcome) };
}

export class StreamLink implements Link {
  readonly mtu: number;
  readonly offloads: Offloads | undefined;
  sent = 0;
  received = 0;
  dropped = 0;
  /** Hears what the switch says. */
  onMessage: (message: unknown) => void = () => {};
  readonly #socket: Socket;
  readonly #rest: Buffer;
  #octets = new Uint8Array();
  #transmitAt = 0;
  #take: (chunk: Buffer) => void = () => {};
  #chunk: Buffer | undefined;

  constructor(socket: Socket, rest: Buffer, { mtu, offload }: Welcome) {
    this.#socket = socket.unref();
    this.#rest = rest;
    this.mtu = mtu;
    this.offloads = offload ? OFFLOADS : undefined;
  }

  attach(port: LinkPort): void {
    this.#octets = new Uint8Array(port.memory);
    this.#transmitAt = port.transmitAt;
    const read = frameReader(
      (packet, flags) => {
        this.received++;
        this.#octets.set(packet, port.receiveAt);
        port.input(packet.length, flags);
      },
      (message) => this.onMessage(message),
    );
    this.#take = (chunk) => {
      read(chunk);
      port.pump();
    };
    this.#socket.on('error', () => {}).once('close', () => port.ended());
    this.#socket.on('data', this.#take).resume();
    if (this.#rest.length > 0) this.#take(this.#rest);
  }

  /** Packets come as the device gives them, whether or not anybody asks. */
  offload(): void {}

  send(length: number, flags = 0): boolean {
    const packet = this.#octets.subarray(this.#transmitAt, this.#transmitAt + length);
    const isSent = sendFrame(this.#socket, packet, flags);
    if (isSent) this.sent++;
    else this.dropped++;
    return isSent;
  }

  /** Says something to the switch, behind what has been sent. */
  tell(message: object): void {
    sendMessage(this.#socket, message);
  }

  /** Whether all that was sent is out of this process. */
  get isFlushed(): boolean {
    return this.#socket.writableLength === 0;
  }

  get isClosed(): boolean {
    return !this.#socket.writable;
  }

  /**
   * Waits a moment and reads, where no event comes: the event loop has ended, or is not to go on.
   *
   * @param nap milliseconds
   * @returns false where nothing comes any more
   */
  readNow(nap: number): boolean {
    Atomics.wait(CELL, 0, 0, nap);
    const { fd } = (this.#socket as unknown as { _handle?: { fd: number } })._handle ?? { fd: -1 };
    this.#chunk ??= Buffer.alloc(1 << 16);
    try {
      const size = readSync(fd, this.#chunk);
      if (size > 0) this.#take(Buffer.from(this.#chunk.subarray(0, size)));
      return size > 0;
    } catch {
      // EAGAIN: there is nothing now.
      return true;
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }
}
