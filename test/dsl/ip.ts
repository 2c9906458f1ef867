/** IP below segments: fragments, extension headers, echoes and ICMP errors, as octets. */
import { onesSum, openPacket, packetOf, pseudoHeaderSum } from './segment.ts';
import { octetsOf } from './stack.ts';

/** Where a packet comes from and goes to, as text. */
export interface Ends {
  from: string;
  to: string;
}

/** The peer's end and ours, by family. */
export const ENDS: Readonly<Record<4 | 6, Ends>> = {
  4: { from: '10.0.0.2', to: '10.0.0.1' },
  6: { from: 'fd00::2', to: 'fd00::1' },
};

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
export const FRAGMENT = 44;
export const ICMPV6 = 58;

/** A packet of an IP protocol between two addresses. */
export function packet(ends: Ends, protocol: number, payload: Uint8Array): Uint8Array {
  return packetOf(payload, protocol, octetsOf(ends.from), octetsOf(ends.to));
}

/** An ICMP or ICMPv6 message with its checksum, in a packet of the family its ends have. */
export function icmp(ends: Ends, type: number, code: number, rest: number, body: Uint8Array) {
  const v6 = ends.from.includes(':');
  const message = new Uint8Array(8 + body.length);
  const view = new DataView(message.buffer);
  message.set([type, code]);
  view.setUint32(4, rest);
  message.set(body, 8);
  const [source, destination] = [octetsOf(ends.from), octetsOf(ends.to)];
  const from = v6 ? pseudoHeaderSum(source, destination, ICMPV6, message.length) : 0;
  view.setUint16(2, 0xffff - onesSum(message, from));
  return packetOf(message, v6 ? ICMPV6 : ICMP, source, destination);
}

/** An echo request with so many octets. */
export function echo(ends: Ends, size: number, sequence = 1): Uint8Array {
  const body = Uint8Array.from({ length: size }, (_, i) => i * 7 + (i >> 8));
  return icmp(ends, ends.from.includes(':') ? 128 : 8, 0, sequence, body);
}

/** Puts extension headers, each with the number of its own kind, before what an IPv6 packet has. */
export function extended(
  whole: Uint8Array,
  ...headers: readonly (readonly [kind: number, header: readonly number[]])[]
): Uint8Array {
  const { payload, protocol, source, destination } = openPacket(whole);
  const kinds = [...headers.map(([kind]) => kind), protocol];
  const chain = headers.flatMap(([, header], i) => [kinds[i + 1]!, ...header.slice(1)]);
  const all = new Uint8Array(chain.length + payload.length);
  all.set(chain);
  all.set(payload, chain.length);
  return packetOf(all, kinds[0]!, source, destination);
}

/** An extension header of options: as many octets as they need, filled with PadN or Pad1. */
export function options(...octets: number[]): number[] {
  const length = Math.ceil((2 + octets.length) / 8) * 8;
  const gap = length - 2 - octets.length;
  const padding = gap < 2 ? Array<number>(gap).fill(0) : [1, gap - 2, ...Array(gap - 2).fill(0)];
  return [0, length / 8 - 1, ...octets, ...padding];
}

/** Octets `from` to `to` of what a packet carries, as a fragment of it. */
export function fragment(whole: Uint8Array, from: number, to: number, id = 1): Uint8Array {
  const { payload, protocol, source, destination } = openPacket(whole);
  const isLast = to >= payload.length;
  const piece = payload.slice(from, to);
  if (source.length === 16) {
    const body = new Uint8Array(8 + piece.length);
    const view = new DataView(body.buffer);
    view.setUint8(0, protocol);
    view.setUint16(2, from | (isLast ? 0 : 1));
    view.setUint32(4, id);
    body.set(piece, 8);
    return packetOf(body, FRAGMENT, source, destination);
  }
  const made = packetOf(piece, protocol, source, destination);
  const view = new DataView(made.buffer);
  view.setUint16(4, id);
  view.setUint16(6, (isLast ? 0 : 0x2000) | (from / 8));
  view.setUint16(10, 0);
  view.setUint16(10, 0xffff - onesSum(made.subarray(0, 20)));
  return made;
}

/** A packet in fragments of so many octets each, the last but for what is left. */
export function fragments(whole: Uint8Array, size: number, id = 1): Uint8Array[] {
  const { length } = openPacket(whole).payload;
  const count = Math.ceil(length / size);
  return Array.from({ length: count }, (_, i) => fragment(whole, size * i, size * (i + 1), id));
}

/** What an ICMP message of ours says; fails when its checksum is wrong. */
export function readIcmp(bytes: Uint8Array) {
  const { payload, protocol, source, destination } = openPacket(bytes);
  const v6 = source.length === 16;
  const pseudo = v6 ? pseudoHeaderSum(source, destination, ICMPV6, payload.length) : 0;
  if (protocol !== (v6 ? ICMPV6 : ICMP)) throw new Error(`protocol ${protocol}, not ICMP`);
  if (onesSum(payload, pseudo) !== 0xffff) throw new Error('ICMP checksum');
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return {
    type: view.getUint8(0),
    code: view.getUint8(1),
    /** The four octets behind the checksum. */
    rest: view.getUint32(4),
    /** Where a Parameter Problem points. */
    pointer: v6 ? view.getUint32(4) : view.getUint8(4),
    body: payload.slice(8),
    from: source,
    to: destination,
  };
}

/** A fragment of ours: what it says of itself, and its data. */
export function readFragment(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { payload, protocol } = openPacket(bytes);
  if (view.getUint8(0) >> 4 === 4) {
    const word = view.getUint16(6);
    return {
      protocol,
      id: view.getUint16(4),
      offset: (word & 0x1fff) * 8,
      isLast: (word & 0x2000) === 0,
      mayBeSplit: (word & 0x4000) === 0,
      data: payload,
    };
  }
  const header = new DataView(payload.buffer, payload.byteOffset, 8);
  const word = header.getUint16(2);
  return {
    protocol: protocol === FRAGMENT ? payload[0]! : protocol,
    id: header.getUint32(4),
    offset: word & ~7,
    isLast: (word & 1) === 0,
    mayBeSplit: false,
    data: payload.subarray(8),
  };
}

/** Puts our fragments together; fails unless they are of one packet, in order, without a gap. */
export function joined(packets: readonly Uint8Array[]): Uint8Array {
  const pieces = packets.map(readFragment);
  const { id, protocol } = pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((length, { data }) => length + data.length, 0));
  let at = 0;
  for (const [i, piece] of pieces.entries()) {
    const isLast = i === pieces.length - 1;
    if (piece.id !== id || piece.offset !== at || piece.isLast !== isLast) {
      throw new Error(`fragment ${i} of ${pieces.length}: offset ${piece.offset}, not ${at}`);
    }
    whole.set(piece.data, at);
    at += piece.data.length;
  }
  const { source, destination } = openPacket(packets[0]!);
  return packetOf(whole, protocol, source, destination);
}
