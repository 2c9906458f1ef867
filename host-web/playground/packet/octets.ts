/**
 * Reading a packet that may end anywhere: what lies behind its end reads as zero.
 */
import { formatMapped } from '../../address.ts';

export class Octets {
  readonly octets: Uint8Array;

  constructor(octets: Uint8Array) {
    this.octets = octets;
  }

  get length(): number {
    return this.octets.length;
  }

  u8(at: number): number {
    return this.octets[at] ?? 0;
  }

  u16(at: number): number {
    return this.u8(at) * 256 + this.u8(at + 1);
  }

  u32(at: number): number {
    return this.u16(at) * 0x1_0000 + this.u16(at + 2);
  }

  /** Up to 32 bits from any bit on. */
  bits(bit: number, width: number): number {
    let value = 0;
    for (let i = bit; i < bit + width; i++) {
      value = value * 2 + ((this.u8(i >> 3) >> (7 - (i & 7))) & 1);
    }
    return value;
  }

  /** The sum of 16-bit words of a stretch, not folded (RFC 1071). */
  sum(from: number, to: number): number {
    let sum = 0;
    for (let at = from; at < to; at += 2) {
      sum += this.u8(at) * 256 + (at + 1 < to ? this.u8(at + 1) : 0);
    }
    return sum;
  }

  ipv4(at: number): string {
    return [0, 1, 2, 3].map((i) => this.u8(at + i)).join('.');
  }

  ipv6(at: number): string {
    const address = new Uint8Array(16);
    address.set(this.octets.subarray(at, at + 16));
    return formatMapped(address);
  }
}
