/**
 * `netcell/tun`: a TUN device on Linux (Documentation/networking/tuntap.rst), the link between the
 * kernel and a stack.
 *
 * ```js
 * const tun = openTun({ addresses: ['10.9.0.1/24'] })
 * const stack = await createStack({ address: '10.9.0.2/24' })
 * stack.attach(tun, { onClosed: (error) => console.error('the device is gone', error) })
 * ```
 *
 * `openTun` makes an interface (or attaches to one), sets it up by rtnetlink and returns a `Tun`,
 * whose addresses are the kernel's. A stack that is attached to it gives it the core's two windows
 * in linear memory, and from then on packets go straight between the device and those windows: one
 * system call each, no copy, no object, no promise.
 *
 * ```
 *   linear memory    … | vnet header | packet                …  | vnet header | packet          …
 *                      10 octets     ^ receiveAt                10 octets     ^ transmitAt
 * ```
 *
 * Each packet has a vnet header (`vnet-header.ts`), which costs small ones nothing. Until `offload`
 * is called what arrives is at most an MTU long and carries complete checksums; a stack calls it,
 * and from then on up to 64 KiB of a connection cross the device by one system call.
 *
 * A device may have several queues, each for a stack in a thread of its own. They share nothing:
 * every one of them has a core, connections and counters, and listens for itself.
 *
 * ```js
 * const tun = openTun({ addresses: ['10.9.0.1/24'], queues: 2 })
 * new Worker(new URL('./worker.js', import.meta.url), { workerData: tun.queue(1) })
 * stack.attach(tun) // and in the worker: stack.attach(tunQueue(workerData))
 * ```
 *
 * Not here: how the interface is made and set up (`tun-setup.ts`), how to wait (`readiness.ts`),
 * what the errors say (`tun-error.ts`), and anything about packets beyond their header: that is the
 * core's.
 */
import { closeSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { PacketFlag } from '../host-web/abi.ts';
import type { Linkable, Offloads } from '../host-web/link/link.ts';
import { errnoName, type Libc, libc } from './libc.ts';
import { getLink } from './netlink.ts';
import { type Readiness, type Waiting, waitReadable } from './readiness.ts';
import { begin, type Sharing, Siblings } from './siblings.ts';
import type { TunDevice, TunWindows } from './tun-device.ts';
import { deviceGone, queueTaken, type TunError, transferFailed, unsupported } from './tun-error.ts';
import { TunLink, type TunLinkOptions } from './tun-link.ts';
import {
  attemptOf,
  checkOptions,
  joinInterface,
  makeInterface,
  type OpenTunOptions,
  openNode,
  setUp,
  turnOnOffload,
} from './tun-setup.ts';
import { Vectors } from './vectors.ts';
import { readVnetHeader, VNET_HEADER_SIZE, writeVnetHeader } from './vnet-header.ts';

export type { TunDevice, TunWindows } from './tun-device.ts';
export { TunError } from './tun-error.ts';
export { TunLink, type TunLinkOptions } from './tun-link.ts';
export type { Siblings } from './siblings.ts';
export type { OpenTunOptions } from './tun-setup.ts';

/** A queue of a device, to be posted to the thread that is to have it. */
export interface TunQueue extends Sharing {
  readonly name: string;
  readonly mtu: number;
  readonly queueLength: number;
  readonly offload: boolean;
  readonly waiting: Waiting | undefined;
}

/** An open TUN device, or a queue of one: what a stack is attached to. */
export interface Tun extends TunDevice, Linkable {
  /**
   * One of its further queues, from 1 on, for `workerData` or `postMessage`: `tunQueue` opens it in
   * that thread. From then on the kernel spreads flows over it, so open all before the first
   * listener. A queue ends with its thread, and another thread may have it then. End a thread by
   * closing its stack, or from within: `worker.terminate()` may abort the process while packets
   * come.
   *
   * @throws RangeError when there is no such queue
   */
  queue(index: number): TunQueue;
  /**
   * Makes a link of the device, as `stack.attach(tun)` does; closing the link closes the device.
   */
  link(options?: TunLinkOptions): TunLink;
}

const HEADROOM = 64;
/** Octets of the longest packet there is: IPv6's header, and as much as its length can say. */
const LONGEST = 40 + 65_535;
/** What the kernel takes once it has granted offload. */
const OFFLOADS: Offloads = { checksum: true, segments: 65_535 };
/** The same on every architecture koffi knows. */
const EAGAIN = 11;

/**
 * Open a TUN device.
 *
 * @throws TunError whose `code` is ENOENT or EACCES (the device node), EPERM (no CAP_NET_ADMIN),
 *   EBUSY (the name is in use), ENODEV (nothing to attach to), EEXIST (the address clashes),
 *   EINVAL (an option), ENOSYS (not Linux, or no koffi); the message ends with what helps.
 */
export function openTun(options: OpenTunOptions = {}): Tun {
  if (process.platform !== 'linux') throw unsupported(`TUN needs Linux, not ${process.platform}`);
  const { mtu = 1500, queueLength = 30_000, create = true } = options;
  const addresses = checkOptions(options, mtu);
  const attempt = attemptOf(options);
  const c = loadLibc();
  const fd = openNode(attempt);
  try {
    const name = makeInterface(c, fd, attempt);
    if (create) setUp(name, mtu, queueLength, addresses);
    const link = create ? { name, mtu, queueLength } : getLink(name);
    return new LinuxTun(c, fd, firstQueue(link, options));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Open a queue that another thread's `tun.queue` has named.
 *
 * @throws TunError as `openTun` does; EBUSY when a living thread has it
 */
export function tunQueue(queue: TunQueue): Tun {
  const { name, queues } = queue;
  const attempt = attemptOf({ name, queues, create: false });
  const c = loadLibc();
  const fd = openNode(attempt);
  try {
    return new LinuxTun(c, fd, queue, () => joinInterface(c, fd, attempt));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** What is told of a device whose descriptor goes to another process. */
export type TunFacts = Pick<TunQueue, 'name' | 'mtu' | 'queueLength'>;

/** The descriptor of an open device, to be given to another process (`tun-share.ts`). */
export function descriptorOf(tun: Tun): number {
  return tun instanceof LinuxTun ? tun.descriptor : -1;
}

/** A device by a descriptor that another process has opened, with offload as it is there. */
export function tunOf(fd: number, facts: TunFacts): Tun {
  return new LinuxTun(loadLibc(), fd, firstQueue(facts, {}));
}

/** Devices this process has opened: part of their channels' names. */
const opened = new Int32Array(1);

/** The first queue of a device, with what all of them share. */
function firstQueue(
  { name, mtu, queueLength }: Pick<TunDevice, 'name' | 'mtu' | 'queueLength'>,
  { queues = 1, offload = true, waiting }: OpenTunOptions,
): TunQueue {
  const channel = `netcell ${process.pid} ${threadId} ${opened[0]!++} ${name}`;
  const holders = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * queues);
  const queue = { name, mtu, queueLength, offload, waiting, index: 0, queues, holders, channel };
  if (queues > 1) begin(queue);
  return queue;
}

function loadLibc(): Libc {
  try {
    return libc();
  } catch (cause) {
    throw unsupported(`koffi has no native part for ${process.platform}-${process.arch}`, cause);
  }
}

class LinuxTun implements Tun {
  readonly name: string;
  readonly mtu: number;
  readonly queueLength: number;
  readonly vnetHeaderSize = VNET_HEADER_SIZE;

  readonly #libc: Libc;
  readonly #read: Libc['read'];
  readonly #write: Libc['write'];
  readonly #writev: Libc['writev'];
  readonly siblings: Siblings | undefined;
  readonly #queue: TunQueue;
  /** -1 once closed, so that a late call gets EBADF and never somebody else's descriptor. */
  #fd: number;

  // Addresses, not views: koffi takes a number for a pointer as fast as anything else, and nothing
  // is made per packet. `#memory` keeps alive what they point into.
  #memory: Uint8Array | undefined;
  #readAddress = 0;
  #readSize = 0;
  #writeAddress = 0;
  #writeLimit = 0;
  #vectors: Vectors | undefined;
  /** Offsets of the two vnet headers in `#memory`. */
  #receivedHeader = 0;
  #sentHeader = 0;

  #watch: Readiness | undefined;
  #onReadable: (() => void) | undefined;
  #referenced = true;

  /** @param join makes the descriptor a queue, once nobody else has that one */
  constructor(c: Libc, fd: number, queue: TunQueue, join?: () => void) {
    this.#libc = c;
    this.#read = c.read;
    this.#write = c.write;
    this.#writev = c.writev;
    this.#fd = fd;
    this.#queue = queue;
    this.name = queue.name;
    this.mtu = queue.mtu;
    this.queueLength = queue.queueLength;
    if (queue.queues === 1) return;
    this.siblings = Siblings.join(queue, () => this.unwatch());
    if (this.siblings === undefined) throw queueTaken(queue.name, queue.index);
    try {
      join?.();
    } catch (error) {
      this.siblings.close();
      throw error;
    }
  }

  queue(index: number): TunQueue {
    const { queues } = this.#queue;
    if (Number.isInteger(index) && index > 0 && index < queues) return { ...this.#queue, index };
    const those = queues === 1 ? 'has one queue, which is this' : `has queues 1 to ${queues - 1}`;
    throw new RangeError(`${this.name} ${those}; ${index} is none: openTun({ queues: 2 })`);
  }

  get descriptor(): number {
    return this.#fd;
  }

  attach({ memory, receiveAt, receiveSize, transmitAt, piecesAt }: TunWindows): void {
    const size = memory.byteLength;
    // koffi checks no bounds: these checks are what stands between a slip and a corrupted heap.
    if (receiveAt < HEADROOM || transmitAt < HEADROOM) {
      throw new RangeError(`a window lacks its ${HEADROOM} octets of headroom`);
    }
    if (receiveSize < this.mtu || receiveAt + receiveSize > size || transmitAt + this.mtu > size) {
      throw new RangeError(`a window does not hold a packet of ${this.mtu} octets`);
    }
    this.#memory = new Uint8Array(memory);
    const base = this.#libc.address(this.#memory);
    this.#receivedHeader = receiveAt - VNET_HEADER_SIZE;
    this.#sentHeader = transmitAt - VNET_HEADER_SIZE;
    this.#readAddress = base + this.#receivedHeader;
    this.#readSize = receiveSize + VNET_HEADER_SIZE;
    this.#writeAddress = base + this.#sentHeader;
    this.#writeLimit = size - transmitAt;
    if (piecesAt !== undefined) this.#vectors = new Vectors(this.#libc, memory, base, piecesAt);
  }

  link(options?: TunLinkOptions): TunLink {
    return new TunLink(this, options);
  }

  offload(): Offloads | undefined {
    const hasRoom = this.#readSize >= LONGEST + VNET_HEADER_SIZE;
    if (!this.#queue.offload || !hasRoom || this.#fd < 0) return undefined;
    if (!turnOnOffload(this.#libc, this.#fd)) return undefined;
    return { ...OFFLOADS, gather: this.#vectors !== undefined };
  }

  receive(): number {
    const length = this.#read(this.#fd, this.#readAddress, this.#readSize);
    return length > 0 ? length - VNET_HEADER_SIZE : this.#nothingReceived();
  }

  receiveFlags(): number {
    return readVnetHeader(this.#memory!, this.#receivedHeader);
  }

  transmit(length: number, flags = 0): boolean {
    // Also catches a transmit before attach, where the limit is 0.
    if (length > this.#writeLimit) throw new RangeError(`${length} octets exceed the window`);
    // Each time, because the headroom is not ours alone.
    writeVnetHeader(this.#memory!, this.#sentHeader, flags);
    const size = length + VNET_HEADER_SIZE;
    const written =
      flags & PacketFlag.TEXT_APART
        ? this.#writeApart(size)
        : this.#write(this.#fd, this.#writeAddress, size);
    return written > 0 || this.#notSent();
  }

  #writeApart(size: number): number {
    const vectors = this.#vectors!;
    const count = vectors.list(this.#writeAddress, size);
    return this.#writev(this.#fd, vectors.address, count);
  }

  watch(onReadable: () => void): void {
    this.unwatch();
    if (this.#fd < 0) throw deviceGone(this.name, 'EBADF');
    this.#onReadable = onReadable;
    this.#watch = waitReadable(this.#fd, this.#drain, this.#queue.waiting);
    if (!this.#referenced) this.#watch.unref();
  }

  unwatch(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#onReadable = undefined;
  }

  ref(): void {
    this.#referenced = true;
    this.#watch?.ref();
  }

  unref(): void {
    this.#referenced = false;
    this.#watch?.unref();
  }

  close(): void {
    // The watch first: libuv must not be left polling a number that may name another file soon.
    this.unwatch();
    if (this.#fd < 0) return;
    this.siblings?.close();
    closeSync(this.#fd);
    this.#fd = -1;
  }

  /** Bound once, so that a wake-up makes no closure. */
  readonly #drain = (): void => {
    try {
      this.#onReadable?.();
    } catch (error) {
      // Out of koffi's callback nothing may be thrown: later events would be lost.
      this.unwatch();
      setImmediate(() => {
        throw error;
      });
    }
  };

  #nothingReceived(): number {
    if (this.#memory === undefined) throw new Error('attach() comes before receive()');
    const code = this.#code();
    if (code === 'EAGAIN') return 0;
    throw this.#failure('read', code);
  }

  #notSent(): boolean {
    const code = this.#code();
    switch (code) {
      case 'EAGAIN':
      case 'EIO': // The interface is down.
      case 'ENOBUFS':
      case 'ENOMEM':
        return false;
      default:
        throw this.#failure('write', code);
    }
  }

  #code(): string {
    const errno = this.#libc.errno();
    // Asked once per drain, so not looked up in a table of names.
    return errno === EAGAIN ? 'EAGAIN' : errnoName(errno);
  }

  #failure(verb: string, code: string): TunError {
    const gone = code === 'EBADFD' || code === 'EBADF';
    return gone ? deviceGone(this.name, code) : transferFailed(this.name, verb, code);
  }
}
