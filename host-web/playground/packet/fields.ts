/**
 * A packet as the fields of its headers: which bits each takes, what it is called, what it says.
 *
 * IPv4 (RFC 791 §3.1), IPv6 (RFC 8200 §3) and TCP (RFC 9293 §3.1) with its options. Nothing is
 * judged here: a damaged packet is shown as it is, as far as it reaches. Checksums are verified,
 * for that is what a reader wants to know of a damaged one.
 */
import { type Bases, type Field, hex, verdict } from './field.ts';
import { Octets } from './octets.ts';
import { tcpFields } from './tcp-fields.ts';

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'ICMP',
  6: 'TCP',
  17: 'UDP',
  58: 'ICMPv6',
};
const TCP = 6;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/** Every field of a packet, in the order of its bits. */
export function fieldsOf(packet: Uint8Array, bases: Bases): Field[] {
  const octets = new Octets(packet);
  const version = octets.bits(0, 4);
  if (version === 4 && packet.length >= IPV4_HEADER) return ipv4Fields(octets, bases);
  if (version === 6 && packet.length >= IPV6_HEADER) return ipv6Fields(octets, bases);
  return [];
}

function ipv4Fields(octets: Octets, bases: Bases): Field[] {
  const headerLength = 4 * octets.bits(4, 4);
  const field = (
    name: string,
    bit: number,
    width: number,
    value: string,
    note?: string,
  ): Field => ({
    header: 'IPv4',
    name,
    bit,
    width,
    value,
    note,
  });
  const plain = (name: string, bit: number, width: number, note?: string): Field =>
    field(name, bit, width, String(octets.bits(bit, width)), note);
  const protocol = octets.u8(9);
  const fields = [
    plain('Version', 0, 4),
    plain('IHL', 4, 4, `${headerLength} octets`),
    plain('Type of Service', 8, 8),
    plain('Total Length', 16, 16, 'octets'),
    field('Identification', 32, 16, hex(octets.u16(4), 4)),
    field('Flags', 48, 3, octets.bits(49, 1) ? 'DF' : 'none', 'DF: do not fragment'),
    plain('Fragment Offset', 51, 13),
    plain('Time to Live', 64, 8),
    field('Protocol', 72, 8, PROTOCOLS[protocol] ?? String(protocol)),
    field('Header Checksum', 80, 16, hex(octets.u16(10), 4), verdict(octets.sum(0, headerLength))),
    field('Source Address', 96, 32, octets.ipv4(12)),
    field('Destination Address', 128, 32, octets.ipv4(16)),
  ];
  if (headerLength > IPV4_HEADER) {
    const bits = 8 * (headerLength - IPV4_HEADER);
    fields.push(field('Options', 8 * IPV4_HEADER, bits, `${bits / 8} octets`));
  }
  if (protocol !== TCP) return fields;
  const end = Math.max(octets.u16(2), headerLength);
  const pseudo = octets.sum(12, 20) + TCP + (end - headerLength);
  return [...fields, ...tcpFields(octets, { start: headerLength, end, pseudo, bases })];
}

function ipv6Fields(octets: Octets, bases: Bases): Field[] {
  const field = (
    name: string,
    bit: number,
    width: number,
    value: string,
    note?: string,
  ): Field => ({
    header: 'IPv6',
    name,
    bit,
    width,
    value,
    note,
  });
  const next = octets.u8(6);
  const length = octets.u16(4);
  const fields = [
    field('Version', 0, 4, String(octets.bits(0, 4))),
    field('Traffic Class', 4, 8, String(octets.bits(4, 8))),
    field('Flow Label', 12, 20, hex(octets.bits(12, 20), 5)),
    field('Payload Length', 32, 16, String(length), 'octets'),
    field('Next Header', 48, 8, PROTOCOLS[next] ?? String(next)),
    field('Hop Limit', 56, 8, String(octets.u8(7))),
    field('Source Address', 64, 128, octets.ipv6(8)),
    field('Destination Address', 192, 128, octets.ipv6(24)),
  ];
  if (next !== TCP) return fields;
  const end = IPV6_HEADER + length;
  const pseudo = octets.sum(8, 40) + TCP + length;
  return [...fields, ...tcpFields(octets, { start: IPV6_HEADER, end, pseudo, bases })];
}
