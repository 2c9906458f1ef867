/**
 * Packets written straight into a core's receive window, and read from its transmit window.
 *
 * Nothing is allocated: the writer is a cursor over the core's memory. It writes whatever it is
 * told, legal or not, and shares nothing with the core. Text is a function of its sequence number,
 * so that whoever reads an octet can say whether it stands where it belongs.
 */
import { Memory } from '../../host-web/abi.ts';

export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const ICMPV6 = 58;

/** The octet of text at a sequence number, in both directions. */
export function octetAt(seq: number): number {
  return Math.imul(seq, 0x9e37_79b1) >>> 24;
}

/** One's complement sum of 16-bit words (RFC 1071), not complemented; `length` may be odd. */
export function onesSum(octets: Uint8Array, at: number, length: number, from: number): number {
  let sum = from;
  const end = at + (length & ~1);
  for (let i = at; i < end; i += 2) sum += (octets[i]! << 8) | octets[i + 1]!;
  if (length & 1) sum += octets[end]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return sum;
}

export function put16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8;
  octets[at + 1] = value;
}

export function put32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 24;
  octets[at + 1] = value >>> 16;
  octets[at + 2] = value >>> 8;
  octets[at + 3] = value;
}

export function get16(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | octets[at + 1]!;
}

export function get32(octets: Uint8Array, at: number): number {
  return (
    ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0
  );
}

/** Which way packets go: addresses of 4 or 16 octets. */
export interface Family {
  readonly isV4: boolean;
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
}

const OURS6 = Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const THEIRS6 = Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2);

/** 10.0.0.1 is the core's, 10.0.0.2 the peer's. */
export const V4: Family = {
  isV4: true,
  local: Uint8Array.of(10, 0, 0, 1),
  remote: Uint8Array.of(10, 0, 0, 2),
};
/** fd00::1 is the core's, fd00::2 the peer's. */
export const V6: Family = { isV4: false, local: OURS6, remote: THEIRS6 };

/** The form addresses have at the door. */
export function mapped(octets: Uint8Array): Uint8Array {
  return octets.length === 16
    ? octets
    : Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...octets);
}

/** Writes one packet from the peer to the core; the fields last until they are changed. */
export class Writer {
  readonly octets: Uint8Array;
  family: Family = V4;
  sourcePort = 0;
  destinationPort = 0;
  seq = 0;
  ack = 0;
  ctl = 0;
  wnd = 0;
  up = 0;
  /** Octets of TCP options, a multiple of 4, written at `optionsAt` beforehand. */
  options = 0;
  text = 0;
  /** Octets of IP options or extension headers, and the protocol number in front of them. */
  extension = 0;
  firstHeader = TCP;
  /** The ECN codepoint. */
  codepoint = 0;
  /** The latest packet's octets. */
  length = 0;

  constructor(octets: Uint8Array) {
    this.octets = octets;
  }

  get header(): number {
    return (this.family.isV4 ? 20 : 40) + this.extension;
  }

  /** Where the transport's header begins. */
  get at(): number {
    return Memory.RECEIVE + this.header;
  }

  get optionsAt(): number {
    return this.at + 20;
  }

  /** Writes a whole TCP packet from the fields; answers its octets. */
  tcp(): number {
    this.tcpHeader();
    this.fillText();
    this.tcpChecksum(20 + this.options + this.text);
    return this.ip(TCP, 20 + this.options + this.text);
  }

  tcpHeader(): void {
    const o = this.octets;
    const at = this.at;
    put16(o, at, this.sourcePort);
    put16(o, at + 2, this.destinationPort);
    put32(o, at + 4, this.seq);
    put32(o, at + 8, this.ack);
    o[at + 12] = ((20 + this.options) << 2) & 0xf0;
    o[at + 13] = this.ctl;
    put16(o, at + 14, this.wnd);
    put16(o, at + 16, 0);
    put16(o, at + 18, this.up);
  }

  /** Text as its sequence numbers say; a SYN stands before it. */
  fillText(): void {
    const at = this.optionsAt + this.options;
    const first = this.seq + (this.ctl & 2 ? 1 : 0);
    for (let i = 0; i < this.text; i++) this.octets[at + i] = octetAt(first + i);
  }

  tcpChecksum(length: number): void {
    this.checksum(TCP, length, 16);
  }

  /** Writes the checksum of so many octets of a transport, at an offset from its beginning. */
  checksum(protocol: number, length: number, offset: number): void {
    const o = this.octets;
    const at = this.at;
    put16(o, at + offset, 0);
    const pseudo = protocol === ICMP ? 0 : pseudoSum(this.family, protocol, length);
    put16(o, at + offset, 0xffff - onesSum(o, at, length, pseudo));
  }

  /** Writes the IP header in front of so many octets of transport; answers the packet's octets. */
  ip(protocol: number, length: number): number {
    const o = this.octets;
    const at = Memory.RECEIVE;
    const f = this.family;
    const first = this.extension === 0 ? protocol : this.firstHeader;
    if (f.isV4) {
      o[at] = 0x40 | ((20 + this.extension) >> 2);
      o[at + 1] = this.codepoint;
      put16(o, at + 2, 20 + this.extension + length);
      put32(o, at + 4, 0x4000);
      o[at + 8] = 64;
      o[at + 9] = protocol;
      for (let i = 0; i < 4; i++) {
        o[at + 12 + i] = f.remote[i]!;
        o[at + 16 + i] = f.local[i]!;
      }
      this.ipChecksum();
    } else {
      put32(o, at, 0x6000_0000 | (this.codepoint << 20));
      put16(o, at + 4, this.extension + length);
      o[at + 6] = first;
      o[at + 7] = 64;
      for (let i = 0; i < 16; i++) {
        o[at + 8 + i] = f.remote[i]!;
        o[at + 24 + i] = f.local[i]!;
      }
    }
    this.length = this.header + length;
    return this.length;
  }

  /** Writes the IPv4 header checksum over as many octets as IHL says. */
  ipChecksum(): void {
    const at = Memory.RECEIVE;
    put16(this.octets, at + 10, 0);
    const length = (this.octets[at]! & 15) * 4;
    put16(this.octets, at + 10, 0xffff - onesSum(this.octets, at, length, 0));
  }
}

/** The sum of the pseudo header (RFC 9293 §3.1, RFC 8200 §8.1). */
export function pseudoSum(family: Family, protocol: number, length: number): number {
  const half = family.local.length;
  const sum = onesSum(family.local, 0, half, protocol + (length & 0xffff) + (length >>> 16));
  return onesSum(family.remote, 0, half, sum);
}
