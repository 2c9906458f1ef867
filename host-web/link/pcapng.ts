/**
 * Capture files (pcapng, draft-ietf-opsawg-pcapng), and a tap that records any link.
 *
 * One section, one interface of LINKTYPE_RAW (the packets are IP without a frame), enhanced packet
 * blocks with direction and comments. Blocks are handed out as they are made; nothing is kept.
 */
import { PacketFlag } from '../abi.ts';
import { throwApart } from '../callback.ts';
import type { Clock } from '../clock.ts';
import { divide } from './divide.ts';
import type { Link, LinkPort, Offloads } from './link.ts';

export interface PcapngOptions {
  /** Name of the interface; default `netcell`. */
  name?: string;
  /** Unit of time; default microseconds, the core's own. */
  resolution?: 'us' | 'ns';
  /** Octets kept of each packet; default all. */
  snapLength?: number;
}

export interface PacketOptions {
  comment?: string;
  direction?: 'in' | 'out';
}

const SECTION_HEADER = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
/** Packets begin with an IP header. */
const LINKTYPE_RAW = 101;
const COMMENT = 1;
const USER_APPLICATION = 4;
const INTERFACE_NAME = 2;
const TIMESTAMP_RESOLUTION = 9;
const PACKET_FLAGS = 2;

/** Writes a capture, block by block. */
export class PcapngWriter {
  readonly #write: (block: Uint8Array) => void;
  readonly #isNano: boolean;
  readonly #snapLength: number;

  /** @param write takes each block, which is its own array; the first two come at once */
  constructor(write: (block: Uint8Array) => void, options: PcapngOptions = {}) {
    const { name = 'netcell', resolution = 'us', snapLength = 0 } = options;
    this.#write = write;
    this.#isNano = resolution === 'ns';
    this.#snapLength = snapLength;
    const section = new Block(SECTION_HEADER, 16 + 64);
    section.u32(BYTE_ORDER_MAGIC);
    section.u16(1);
    section.u16(0);
    // Length of the section: not known.
    section.u32(0xffff_ffff);
    section.u32(0xffff_ffff);
    section.option(USER_APPLICATION, new TextEncoder().encode('netcell'));
    write(section.end(true));
    const text = new TextEncoder().encode(name);
    const description = new Block(INTERFACE_DESCRIPTION, 64 + text.length);
    description.u16(LINKTYPE_RAW);
    description.u16(0);
    description.u32(snapLength);
    description.option(INTERFACE_NAME, text);
    description.option(TIMESTAMP_RESOLUTION, Uint8Array.of(this.#isNano ? 9 : 6));
    write(description.end(true));
  }

  /** Adds a packet. @param atMs milliseconds since 1970, or since a simulation began */
  packet(octets: Uint8Array, atMs: number, options: PacketOptions = {}): void {
    const { comment, direction } = options;
    const kept = this.#snapLength > 0 ? Math.min(octets.length, this.#snapLength) : octets.length;
    const text = comment === undefined ? undefined : new TextEncoder().encode(comment);
    const block = new Block(ENHANCED_PACKET, 64 + kept + (text?.length ?? 0));
    block.u32(0);
    this.#time(block, atMs);
    block.u32(kept);
    block.u32(octets.length);
    block.octets(kept === octets.length ? octets : octets.subarray(0, kept));
    if (direction !== undefined) {
      block.option(PACKET_FLAGS, Uint8Array.of(direction === 'in' ? 1 : 2, 0, 0, 0));
    }
    if (text !== undefined) block.option(COMMENT, text);
    this.#write(block.end(direction !== undefined || text !== undefined));
  }

  #time(block: Block, atMs: number): void {
    // Microseconds since 1970 fit a double exactly; nanoseconds do not.
    const micros = BigInt(Math.round(atMs * 1000));
    const nanos = BigInt(Math.floor(atMs)) * 1_000_000n + BigInt(Math.round((atMs % 1) * 1e6));
    const ticks = this.#isNano ? nanos : micros;
    block.u32(Number(ticks >> 32n));
    block.u32(Number(ticks & 0xffff_ffffn));
  }
}

/** A block that is being written. Little-endian throughout; the magic says so. */
class Block {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  #at = 8;

  constructor(type: number, room: number) {
    this.#octets = new Uint8Array(room + 32);
    this.#view = new DataView(this.#octets.buffer);
    this.#view.setUint32(0, type, true);
  }

  u16(value: number): void {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  /** Octets, padded to a multiple of four. */
  octets(octets: Uint8Array): void {
    this.#octets.set(octets, this.#at);
    this.#at += (octets.length + 3) & ~3;
  }

  option(code: number, value: Uint8Array): void {
    this.u16(code);
    this.u16(value.length);
    this.octets(value);
  }

  end(hasOptions: boolean): Uint8Array {
    if (hasOptions) this.u32(0);
    this.#view.setUint32(4, this.#at + 4, true);
    this.u32(this.#at + 4);
    return this.#octets.subarray(0, this.#at);
  }
}

export interface TapOptions {
  clock: Clock;
  /** Milliseconds to add to the clock's; default: what makes it the time of day. */
  epochMs?: number;
  /** A comment for a packet, asked for as it is recorded. */
  comment?: (octets: Uint8Array, direction: 'in' | 'out') => string | undefined;
  /**
   * Record what a wire carries in place of a packet that is several segments, or whose checksum is
   * left to the link; default: record the packet as it crosses the link.
   */
  split?: boolean;
}

/** Records everything a link carries, in both directions, and changes nothing. */
export function tap(inner: Link, writer: PcapngWriter, options: TapOptions): Link {
  const { clock, comment, split = false } = options;
  const epoch = options.epochMs ?? Date.now() - clock.now();
  let octets = new Uint8Array();
  let transmitAt = 0;
  let lost = throwApart;
  let offered: Offloads | undefined;
  let offloads: Offloads | undefined;
  const write = (packet: Uint8Array, direction: 'in' | 'out') => {
    const said = comment?.(packet, direction);
    writer.packet(
      packet,
      epoch + clock.now(),
      said === undefined ? { direction } : { direction, comment: said },
    );
  };
  const record = (at: number, length: number, flags: number, direction: 'in' | 'out') => {
    const packet = octets.subarray(at, at + length);
    try {
      if (split) divide(packet, flags, (part) => write(part, direction));
      else write(packet, direction);
    } catch (error) {
      // What can not be written down is carried all the same.
      lost(error);
    }
  };
  return {
    mtu: inner.mtu,
    queueLength: inner.queueLength,
    share: inner.share,
    attach(port: LinkPort) {
      octets = new Uint8Array(port.memory);
      transmitAt = port.transmitAt;
      lost = port.lost;
      inner.attach({
        ...port,
        input(length, flags) {
          record(port.receiveAt, length, flags, 'in');
          port.input(length, flags);
        },
      });
    },
    offload: () => inner.offload?.(),
    get offloads() {
      // What is recorded lies in one piece.
      if (inner.offloads !== offered) {
        offered = inner.offloads;
        offloads = offered && { ...offered, gather: false };
      }
      return offloads;
    },
    send(length, flags = PacketFlag.NONE) {
      record(transmitAt, length, flags, 'out');
      return inner.send(length, flags);
    },
    unclaimed: (length, flags) => inner.unclaimed?.(length, flags),
    flush: () => inner.flush?.(),
    receive: () => inner.receive?.(),
    close: () => inner.close(),
    advise: (destination) => inner.advise?.(destination),
    ref: () => inner.ref?.(),
    unref: () => inner.unref?.(),
  };
}

/** `tap` with a writer of its own: `write` gets the file's octets in order. */
export function capture(
  inner: Link,
  write: (block: Uint8Array) => void,
  options: TapOptions & PcapngOptions,
): Link {
  return tap(inner, new PcapngWriter(write, options), options);
}
