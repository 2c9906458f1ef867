/** A TUN device, packet by packet: for links, and for programs without a stack. */
import type { Offloads } from '../host-web/link/link.ts';
import type { Siblings } from './siblings.ts';

/** The core's fixed windows. Linear memory must never grow or move after `attach`. */
export interface TunWindows {
  readonly memory: ArrayBuffer;
  /** Where the IP header of a received packet lands; at least 64 octets before it are ours. */
  readonly receiveAt: number;
  /** Octets from `receiveAt` on; at least the MTU. A longer packet would arrive cut short. */
  readonly receiveSize: number;
  /** Where the IP header of a packet to send lies; at least 64 octets before it are ours. */
  readonly transmitAt: number;
  /** As a link's port has it. */
  readonly piecesAt?: number;
}

/** An open TUN device, packet by packet. Every method belongs to the thread that opened it. */
export interface TunDevice {
  readonly name: string;
  readonly mtu: number;
  /** Packets the kernel queues for us before it drops. */
  readonly queueLength: number;
  /** The stacks on the other queues of the device; undefined where it has only this one. */
  readonly siblings?: Siblings | undefined;
  /** Octets of vnet header before each packet in the windows: 10. */
  readonly vnetHeaderSize: number;

  /** Say where packets lie. Once, before the first `receive` or `transmit`. */
  attach(windows: TunWindows): void;

  /**
   * Read one packet into the receive window, without waiting.
   *
   * @returns its length without the vnet header, or 0 when there is none.
   * @throws TunError EBADFD when the interface has been deleted, EBADF after `close`.
   */
  receive(): number;

  /**
   * Have the kernel leave out checksums and join segments, and take such packets: from now on up to
   * 64 KiB come at once, and `receiveFlags` says what they are. For who understands those.
   *
   * @returns what may be left to the device in turn; undefined when it does nothing: the kernel
   *   refuses, `offload: false` was asked for, or the receive window is too small for 64 KiB
   */
  offload(): Offloads | undefined;

  /**
   * Flags of the packet just read, as PacketFlag. Its checksum need not be verified when the kernel
   * has (DATA_VALID), or when the packet never left this machine and carries only a part of one
   * (NEEDS_CSUM); and it may be several segments. Without offload expect 0 mostly.
   */
  receiveFlags(): number;

  /**
   * Write one packet of `length` octets from the transmit window.
   *
   * @param flags as PacketFlag: what is left to the device, where it has agreed to `offload`
   * @returns false when the packet was dropped: the device would block, memory is short, or the
   *   interface is down. As on any link, nobody is told.
   * @throws TunError EINVAL for what is no IP packet; EBADFD, EBADF as in `receive`.
   */
  transmit(length: number, flags?: number): boolean;

  /**
   * Call `onReadable` whenever packets wait, until `unwatch` or `close`. It drains with `receive`
   * until that returns 0, or stops earlier to be fair to others: it is then called again in the
   * next turn of the event loop. Do stop: a peer that sends faster than we read never lets a drain
   * end, and timers would wait for ever. From 512 packets a turn on, the turns cost nothing
   * measurable.
   *
   * There is no second drain from `setImmediate` after a busy one: measured against a peer in
   * another process it changes neither throughput (1.0 million packets a second) nor round trip (52
   * µs, of which most is waking two processes), and within one process it costs 1.4 µs of 14.5.
   *
   * An error thrown by `onReadable` ends the watch and is rethrown as an uncaught exception, so a
   * caller catches what `receive` throws.
   */
  watch(onReadable: () => void): void;
  unwatch(): void;

  /** Whether watching keeps the process alive. It does until `unref`. */
  ref(): void;
  unref(): void;

  /** Close the device. An interface `openTun` made disappears with it. Harmless when repeated. */
  close(): void;
}
