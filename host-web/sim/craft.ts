/**
 * Packets made by hand, for the host X that has no stack: spoofed SYNs, old duplicates, blind RSTs.
 *
 * TCP over IPv4 or IPv6, checksums right unless asked otherwise. Sequence numbers are absolute
 * here: X has no connection that they could be relative to. Not here: when it is sent
 * (`action.ts`).
 */
import { Ctl } from '../abi.ts';
import { octetsOf } from '../address.ts';
import { onesSum, pseudoHeaderSum } from '../link/checksum.ts';

/** A segment and the packet it travels in. */
export interface Crafted {
  /** Addresses; `source` may be anybody's. */
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly port: number;
  /** tcpdump's letters: `S`, `S.`, `R`, `P.`. */
  readonly flags: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly wnd?: number;
  readonly text?: string;
  readonly mss?: number;
}

const BITS: Readonly<Record<string, Ctl>> = {
  F: Ctl.FIN,
  S: Ctl.SYN,
  R: Ctl.RST,
  P: Ctl.PSH,
  '.': Ctl.ACK,
  U: Ctl.URG,
  E: Ctl.ECE,
  W: Ctl.CWR,
};
const TCP = 6;
const HOP_LIMIT = 64;

/**
 * Makes the packet; the `nth` of a series counts its source port up, and its source address once
 * the ports have gone round a hundred.
 */
export function craft(spec: Crafted, nth = 0): Uint8Array {
  const source = octetsOf(spec.source).slice();
  const destination = octetsOf(spec.destination);
  if (source.length !== destination.length) {
    throw new TypeError(`${spec.source} and ${spec.destination} are not of one family`);
  }
  source[source.length - 1]! += Math.floor(nth / 100);
  const tcp = tcpOf(spec, nth);
  const sum = onesSum(tcp, pseudoHeaderSum(source, destination, TCP, tcp.length));
  new DataView(tcp.buffer).setUint16(16, 0xffff - sum);
  return packetOf(tcp, source, destination);
}

function tcpOf(spec: Crafted, nth: number): Uint8Array {
  const { seq = 0, ack = 0, wnd = 65_535, mss, text = '' } = spec;
  const header = mss === undefined ? 20 : 24;
  const octets = new TextEncoder().encode(text);
  const tcp = new Uint8Array(header + octets.length);
  const view = new DataView(tcp.buffer);
  view.setUint16(0, spec.sourcePort + (nth % 100));
  view.setUint16(2, spec.port);
  view.setUint32(4, seq);
  view.setUint32(8, ack);
  view.setUint8(12, header << 2);
  view.setUint8(
    13,
    [...spec.flags].reduce((bits, letter) => bits | (BITS[letter] ?? 0), 0),
  );
  view.setUint16(14, wnd);
  if (mss !== undefined) view.setUint32(20, 0x0204_0000 | mss);
  tcp.set(octets, header);
  return tcp;
}

function packetOf(tcp: Uint8Array, source: Uint8Array, destination: Uint8Array): Uint8Array {
  const isV4 = source.length === 4;
  const header = isV4 ? 20 : 40;
  const packet = new Uint8Array(header + tcp.length);
  const view = new DataView(packet.buffer);
  packet.set(source, isV4 ? 12 : 8);
  packet.set(destination, isV4 ? 16 : 24);
  packet.set(tcp, header);
  if (isV4) {
    view.setUint8(0, 0x45);
    view.setUint16(2, packet.length);
    view.setUint16(6, 0x4000);
    view.setUint8(8, HOP_LIMIT);
    view.setUint8(9, TCP);
    view.setUint16(10, 0xffff - onesSum(packet.subarray(0, 20)));
  } else {
    view.setUint8(0, 0x60);
    view.setUint16(4, tcp.length);
    view.setUint8(6, TCP);
    view.setUint8(7, HOP_LIMIT);
  }
  return packet;
}
