/**
 * A device that takes what a stack leaves to it: in JavaScript what a kernel does with a vnet
 * header. It divides what leaves and joins what arrives, before any link that knows nothing of it.
 */
import { Ctl, PacketFlag, PieceField } from '../../host-web/abi.ts';
import type { Link, LinkPort, Offloads } from '../../host-web/index.ts';
import { divide } from '../../host-web/link/divide.ts';

export class OffloadDevice implements Link {
  readonly mtu: number;
  readonly offloads: Offloads;
  /** Pieces of the text that packets have had apart. */
  pieces = 0;
  /** Segments of each packet of several that has left or come. */
  readonly divided: number[] = [];
  readonly joined: number[] = [];
  /** Packets with text that were one segment. */
  singles = 0;
  readonly #inner: Link;
  readonly #waiting: Uint8Array[] = [];
  #octets = new Uint8Array();
  #port: LinkPort | undefined;

  /** @param gather whether text may lie apart */
  constructor(inner: Link, gather = false) {
    this.#inner = inner;
    this.mtu = inner.mtu;
    this.offloads = { checksum: true, segments: 65_535, gather };
  }

  attach(port: LinkPort): void {
    this.#port = port;
    this.#octets = new Uint8Array(port.memory);
    this.#inner.attach({
      ...port,
      input: (length) => {
        this.#waiting.push(this.#octets.slice(port.receiveAt, port.receiveAt + length));
      },
      pump: () => this.#join(),
    });
  }

  send(length: number, flags = 0): boolean {
    const at = this.#port!.transmitAt;
    if (flags & PacketFlag.TEXT_APART) this.#gather(at + length);
    const packet = this.#octets.slice(at, at + length);
    const size = flags >>> 16;
    if (size !== 0) this.divided.push(Math.ceil((length - headerOf(packet)) / size));
    else if (length > headerOf(packet)) this.singles++;
    divide(packet, flags, (part) => {
      this.#octets.set(part, at);
      this.#inner.send(part.length);
    });
    return true;
  }

  /** Brings the pieces of a packet's text together, before its end. */
  #gather(end: number): void {
    const view = new DataView(this.#octets.buffer);
    const found: Uint8Array[] = [];
    for (let i = this.#port!.piecesAt!; ; i += PieceField.size) {
      const length = view.getUint32(i + PieceField.length, true);
      if (length === 0) break;
      const from = view.getUint32(i + PieceField.at, true);
      found.push(this.#octets.subarray(from, from + length));
    }
    this.pieces += found.length;
    const text = Buffer.concat(found);
    this.#octets.set(text, end - text.length);
  }

  flush(): void {
    this.#inner.flush?.();
  }

  close(): void {
    this.#inner.close();
  }

  /** Hands on what has arrived, segments that follow each other as one. */
  #join(): void {
    const port = this.#port!;
    while (this.#waiting.length > 0) {
      const first = this.#waiting.shift()!;
      const header = headerOf(first);
      const size = first.length - header;
      let packet = first;
      let count = 1;
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        const text = next.length - header;
        const isFull = packet.length - header === count * size;
        if (!isFull || text > size || text <= 0 || packet.length + text > 65_535) break;
        if (!follows(packet, next, header)) break;
        packet = Buffer.concat([packet, next.subarray(header)]);
        packet[header - 32 + 13]! |= next[header - 32 + 13]!;
        this.#waiting.shift();
        count++;
      }
      let flags: number = PacketFlag.NONE;
      if (count > 1) {
        packet = relengthened(packet);
        flags = PacketFlag.CHECKSUM_TRUSTED | PacketFlag.CHECKSUM_PARTIAL;
        flags += size * PacketFlag.SEGMENT_SIZE;
        this.joined.push(count);
      }
      this.#octets.set(packet, port.receiveAt);
      port.input(packet.length, flags);
    }
    port.pump();
  }
}

function transportOf(packet: Uint8Array): number {
  return packet[0]! >> 4 === 4 ? 4 * (packet[0]! & 15) : 40;
}

function headerOf(packet: Uint8Array): number {
  const transport = transportOf(packet);
  return transport + 4 * (packet[transport + 12]! >> 4);
}

/** Whether one segment of a connection goes on where another ends, all else being equal. */
function follows(packet: Uint8Array, next: Uint8Array, header: number): boolean {
  const transport = transportOf(packet);
  if (headerOf(next) !== header || header - transport !== 32) return false;
  const view = new DataView(packet.buffer, packet.byteOffset);
  const other = new DataView(next.buffer, next.byteOffset);
  const end = (view.getUint32(transport + 4) + packet.length - header) >>> 0;
  if (other.getUint32(transport + 4) !== end) return false;
  const bits = [packet[transport + 13]!, next[transport + 13]!];
  if (bits.some((each) => (each & ~(Ctl.ACK | Ctl.PSH)) !== 0)) return false;
  // Addresses, ports, SEG.ACK, window and options.
  const same = (from: number, to: number) =>
    Buffer.compare(packet.subarray(from, to), next.subarray(from, to)) === 0;
  return (
    same(packet[0]! >> 4 === 4 ? 12 : 8, transport + 4) &&
    same(transport + 8, transport + 12) &&
    same(transport + 14, transport + 16) &&
    same(transport + 20, header)
  );
}

/** A packet whose IP header says how long it has become. */
function relengthened(packet: Uint8Array): Uint8Array {
  // Divided into one, its header is made anew; its checksum of TCP is none that anybody looks at.
  let whole = packet;
  divide(packet, PacketFlag.CHECKSUM_PARTIAL, (part) => (whole = part));
  return whole;
}
