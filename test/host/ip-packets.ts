/**
 * IP packets for tests that talk to a kernel: just enough to write a UDP datagram or an ICMP echo
 * of either family and to read one. Written apart from the core on purpose, so that the two can
 * differ.
 */
import { parseAddress } from '../../host-web/address.ts';

export const UDP = 17;
export const ICMP = 1;
export const ICMPV6 = 58;

/** What a packet says, both ways. */
export interface Packet {
  readonly protocol: number;
  readonly source: string | Uint8Array;
  readonly destination: string | Uint8Array;
  /** The UDP datagram or ICMP message, its checksum field zero when it is to be written. */
  readonly body: Uint8Array;
}

/** Write a packet: IP header, and the checksum of the body filled in. */
export function writePacket({ protocol, source, destination, body }: Packet): Uint8Array {
  const from = octetsOf(source);
  const to = octetsOf(destination);
  const v6 = from.length === 16;
  const header = v6 ? 40 : 20;
  const packet = new Uint8Array(header + body.length);
  const view = new DataView(packet.buffer);
  packet.set(body, header);
  if (v6) {
    view.setUint32(0, 0x60000000);
    view.setUint16(4, body.length);
    packet.set([protocol, 64], 6);
  } else {
    view.setUint16(0, 0x4500);
    view.setUint16(2, packet.length);
    packet.set([64, protocol], 8);
  }
  packet.set(from, v6 ? 8 : 12);
  packet.set(to, v6 ? 24 : 16);
  if (!v6) view.setUint16(10, ~sum(packet.subarray(0, 20)));
  // ICMP for IPv4 is the one without a pseudo-header (RFC 792).
  const pseudo = protocol === ICMP ? 0 : sum(from) + sum(to) + protocol + body.length;
  view.setUint16(header + (protocol === UDP ? 6 : 2), ~fold(sum(body) + pseudo));
  return packet;
}

/** Read a packet without options or extension headers. */
export function readPacket(packet: Uint8Array): Packet {
  const v6 = packet[0]! >> 4 === 6;
  return {
    protocol: packet[v6 ? 6 : 9]!,
    source: packet.slice(v6 ? 8 : 12, v6 ? 24 : 16),
    destination: packet.slice(v6 ? 24 : 16, v6 ? 40 : 20),
    body: packet.slice(v6 ? 40 : 20),
  };
}

/** A UDP datagram, its checksum still zero. */
export function udp(sourcePort: number, destinationPort: number, text: string): Uint8Array {
  const octets = new TextEncoder().encode(text);
  const body = new Uint8Array(8 + octets.length);
  const view = new DataView(body.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint16(4, body.length);
  body.set(octets, 8);
  return body;
}

/** An ICMP or ICMPv6 echo request, its checksum still zero. */
export function echoRequest(protocol: number, text: string): Uint8Array {
  const body = new Uint8Array(8 + text.length);
  body[0] = protocol === ICMP ? 8 : 128;
  body.set([0x12, 0x34, 0, 1], 4);
  body.set(new TextEncoder().encode(text), 8);
  return body;
}

/** The text behind an eight-octet UDP or ICMP header. */
export function textOf(body: Uint8Array): string {
  return new TextDecoder().decode(body.subarray(8));
}

function octetsOf(address: string | Uint8Array): Uint8Array {
  if (typeof address !== 'string') return address;
  const octets = parseAddress(address);
  if (octets === undefined) throw new Error(`${address} is no address`);
  return octets;
}

function sum(octets: Uint8Array): number {
  let total = 0;
  for (const [at, octet] of octets.entries()) total += at % 2 === 0 ? octet << 8 : octet;
  return fold(total);
}

function fold(total: number): number {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}
