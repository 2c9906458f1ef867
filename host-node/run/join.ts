/**
 * The link of a process that runs on a stack: a stream to the switch, which has the device, and the
 * device itself while no other process of the program speaks.
 */
import { readSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import type { Link, LinkPort, Offloads } from '../../host-web/link/link.ts';
import { frameReader, sendFrame, sendMessage } from './frames.ts';
import { OwnDevice } from './own-device.ts';
import type { Said, Told } from './program-ports.ts';
import type { Given } from './shared-device.ts';
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
  readonly #welcome: Welcome;
  readonly #socket: Socket;
  readonly #rest: Buffer;
  #octets = new Uint8Array();
  #transmitAt = 0;
  #take: (chunk: Buffer) => void = () => {};
  #chunk: Buffer | undefined;
  #port: LinkPort | undefined;
  /** Once it was given. */
  #device: OwnDevice | undefined;
  #isReferenced = false;

  constructor(socket: Socket, rest: Buffer, welcome: Welcome) {
    const { mtu, offload } = welcome;
    this.#welcome = welcome;
    this.#socket = socket.unref();
    this.#rest = rest;
    this.mtu = mtu;
    this.offloads = offload ? OFFLOADS : undefined;
  }

  attach(port: LinkPort): void {
    this.#octets = new Uint8Array(port.memory);
    this.#transmitAt = port.transmitAt;
    this.#port = port;
    const read = frameReader(
      (packet, flags) => {
        this.received++;
        this.#octets.set(packet, port.receiveAt);
        port.input(packet.length, flags);
      },
      (message) => this.#hear(message as Told),
    );
    this.#take = (chunk) => {
      read(chunk);
      port.pump();
    };
    this.#socket
      .on('error', () => {})
      .once('close', () => {
        this.#device?.close();
        port.ended();
      });
    this.#socket.on('data', this.#take).resume();
    if (this.#rest.length > 0) this.#take(this.#rest);
  }

  /** Packets come as the device gives them, whether or not anybody asks. */
  offload(): void {}

  #hear(told: Told): void {
    if ('device' in told) this.#have(told.device, told.isForAll);
    else this.onMessage(told);
  }

  /** Takes the device, or leaves it to the switch. */
  #have(isOurs: boolean, isForAll: boolean): void {
    // A poll handle of a worker that is ended from outside would end the process.
    const { given } = this.#welcome;
    if (given === undefined || !isMainThread) return;
    if (isOurs) this.#device ??= this.#accept(given);
    if (this.#device === undefined) return;
    this.#device.isOn = isOurs;
    this.#device.isForAll = isForAll;
    if (isOurs) this.tell({ say: 'reads' });
  }

  #accept({ path, queueLength }: Given): OwnDevice | undefined {
    const { sides, mtu, device: name } = this.#welcome;
    const port: LinkPort = {
      ...this.#port!,
      input: (length, flags) => {
        this.received++;
        this.#port!.input(length, flags);
      },
      ended: () => this.close(),
    };
    const device = OwnDevice.take(
      path,
      { name, mtu, queueLength },
      sides,
      port,
      (octets, flags) => {
        const packet = Buffer.from(octets).toString('base64');
        this.tell({ say: 'stray', packet, flags });
      },
    );
    if (!this.#isReferenced) device?.unref();
    return device;
  }

  send(length: number, flags = 0): boolean {
    const isSent = this.#device?.takes()
      ? this.#device.send(length, flags)
      : this.#pass(length, flags);
    if (isSent) this.sent++;
    else this.dropped++;
    return isSent;
  }

  /** Sends by the switch. */
  #pass(length: number, flags: number): boolean {
    const packet = this.#octets.subarray(this.#transmitAt, this.#transmitAt + length);
    return sendFrame(this.#socket, packet, flags);
  }

  receive(): void {
    if (this.#device?.isOn) this.#device.receive();
  }

  /** Says something to the switch, behind what has been sent. */
  tell(message: Said): void {
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
    this.receive();
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
    this.#device?.close();
    this.#socket.destroy();
  }

  ref(): void {
    this.#isReferenced = true;
    this.#device?.ref();
    this.#socket.ref();
  }

  unref(): void {
    this.#isReferenced = false;
    this.#device?.unref();
    this.#socket.unref();
  }
}
