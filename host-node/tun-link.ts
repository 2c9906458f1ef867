/**
 * The link over a TUN device: a batch of packets in, everything they cause out.
 *
 * One wake-up drains at most a batch of packets into the stack's receive window and processes each
 * there; only then does the stack get to send (MUST-58, MUST-59), so a batch is acknowledged once.
 * What is left waits for the next turn of the event loop, where timers and everybody else have
 * theirs. Nothing is allocated for a packet.
 *
 * The drain runs from `setImmediate`, not in koffi's callback: there Node has no callback scope
 * open, so the first native call that opens one (http's parser) would run everybody's promises in
 * the middle of a pump, and on Node 26 none at all would run afterwards.
 *
 * Where siblings share the device, what no connection or listener here has is kept until the end of
 * the batch, and they are asked (`siblings.ts`).
 *
 * Not here: the device (`tun.ts`) and packets (the core).
 */
import { PacketFlag } from '../host-web/abi.ts';
import type { Link, LinkPort, Offloads, Share } from '../host-web/link/link.ts';
import type { Sibling, Stray } from './siblings.ts';
import type { TunDevice } from './tun-device.ts';

/**
 * Packets drained in one turn, from where on the turns cost nothing measurable; and octets, of
 * which so many packets may be 32 MiB where segments come joined: a millisecond's work.
 */
const BATCH = 512;
const BATCH_OCTETS = 4 << 20;

export interface TunLinkOptions {
  /**
   * The device failed, as when its interface is deleted; the link is over. Without this, the owner
   * that `attach` was given is told.
   */
  readonly onError?: (error: Error) => void;
}

/** The link over an open device. Closing it closes the device. */
export class TunLink implements Link {
  readonly mtu: number;
  readonly tun: TunDevice;
  /** Packets given to the device, taken from it, and those it dropped: queue full, link down. */
  sent = 0;
  received = 0;
  dropped = 0;
  readonly #onError: ((error: Error) => void) | undefined;
  readonly share: Share | undefined;
  #port: LinkPort | undefined;
  #memory = new Uint8Array();
  /** Set while a sibling's packet is put in: whether anybody here has taken it. */
  #isTaken: boolean | undefined;
  #offloads: Offloads | undefined;
  #isClosed = false;
  #isAwaited = false;
  /** Whether the latest batch was full: more waits, and the stack does not keep up. */
  #wasFull = false;

  constructor(tun: TunDevice, options: TunLinkOptions = {}) {
    this.tun = tun;
    this.mtu = tun.mtu;
    this.#onError = options.onError;
    const { siblings } = tun;
    this.share = siblings && { index: siblings.index, count: siblings.queues };
  }

  attach(port: LinkPort): void {
    this.tun.attach(port);
    this.resume();
    this.tun.siblings?.serve(this.#sibling);
    this.#memory = new Uint8Array(port.memory);
    this.#port = port;
  }

  /** Leaves what comes from here on to another reader of the device, until `resume`. */
  pause(): void {
    this.tun.unwatch();
  }

  resume(): void {
    if (!this.#isClosed) this.tun.watch(this.#onReadable);
  }

  offload(): void {
    this.#offloads = this.tun.offload();
  }

  get queueLength(): number {
    return this.tun.queueLength;
  }

  get offloads(): Offloads | undefined {
    return this.#offloads;
  }

  send(length: number, flags = 0): boolean {
    if (this.#isClosed) return false;
    try {
      if (this.tun.transmit(length, flags)) {
        this.sent++;
        return true;
      }
    } catch (error) {
      if (isGone(error)) this.#fail(error);
      else this.#port?.lost(error);
    }
    this.dropped++;
    return false;
  }

  ref(): void {
    this.tun.ref();
  }

  unref(): void {
    this.tun.unref();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#port = undefined;
    this.tun.close();
  }

  // Bound once, so that a wake-up makes no closure.

  readonly #onReadable = (): void => {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    setImmediate(this.#drain);
  };

  readonly #drain = (): void => {
    this.#isAwaited = false;
    this.receive();
  };

  /** Puts in one batch of what waits in the device, if anything does. */
  receive(): void {
    const port = this.#port;
    if (port === undefined) return;
    const { tun } = this;
    const behind = this.#wasFull ? PacketFlag.BEHIND : PacketFlag.NONE;
    const siblings = tun.siblings?.isAny ? tun.siblings : undefined;
    const given = siblings === undefined ? behind : behind | PacketFlag.SHARED;
    let count = 0;
    let octets = 0;
    try {
      while (count < BATCH && octets < BATCH_OCTETS) {
        const length = tun.receive();
        if (length === 0) break;
        count++;
        octets += length;
        port.input(length, tun.receiveFlags() | given);
        // What a packet made the stack do may have closed the link.
        if (this.#isClosed) return;
      }
    } catch (error) {
      this.#fail(error as Error);
      return;
    } finally {
      this.received += count;
    }
    this.#wasFull = count === BATCH;
    siblings?.ask();
    if (count > 0) port.pump();
  }

  unclaimed(length: number, flags: number): void {
    if (this.#isTaken !== undefined) {
      this.#isTaken = false;
      return;
    }
    const at = this.#port!.receiveAt;
    this.tun.siblings?.keep(this.#memory.subarray(at, at + length), flags);
  }

  /** What siblings have, and what they have not: packets that do not come from the device. */
  readonly #sibling: Sibling = {
    offer: (strays) => {
      const taken: number[] = [];
      if (this.#port === undefined) return taken;
      for (const [i, stray] of strays.entries()) {
        this.#isTaken = true;
        this.#put(stray, PacketFlag.SHARED);
        if (this.#isTaken) taken.push(i);
      }
      this.#isTaken = undefined;
      this.#port.pump();
      return taken;
    },
    refused: (strays) => {
      for (const stray of strays) this.#put(stray, PacketFlag.NONE);
      this.#port?.pump();
    },
  };

  #put({ packet, flags }: Stray, shared: PacketFlag): void {
    const port = this.#port;
    if (port === undefined) return;
    this.#memory.set(packet, port.receiveAt);
    port.input(packet.length, (flags & ~PacketFlag.SHARED) | shared);
  }

  #fail(error: Error): void {
    if (this.#isClosed) return;
    const port = this.#port;
    const report = this.#onError;
    this.close();
    if (report === undefined) {
      port?.ended(error);
      return;
    }
    port?.ended();
    // In a turn of its own: the stack may be in the middle of sending.
    setImmediate(() => report(error));
  }
}

/** Whether an error of the device says that there is none any more. */
function isGone(error: unknown): error is Error {
  const { code } = error as { code?: string };
  return code === 'EBADFD' || code === 'EBADF';
}
