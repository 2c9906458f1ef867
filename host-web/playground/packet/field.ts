/**
 * One field of a header, and how numbers in it are written. Which fields a packet has stands in
 * `fields.ts` and `tcp-fields.ts`.
 */

/** One field of a header. */
export interface Field {
  readonly header: 'IPv4' | 'IPv6' | 'TCP' | 'Options' | 'Text';
  /** The name the RFC gives it. */
  readonly name: string;
  /** Bits from the packet's begin, and how many. */
  readonly bit: number;
  readonly width: number;
  /** What it says, in the reader's terms. */
  readonly value: string;
  /** What the value means, where that is not plain. */
  readonly note?: string;
}

/** What makes sequence numbers relative: the number that is printed as 0, both ways. */
export interface Bases {
  readonly seq: number;
  readonly ack: number;
}

/** A number as hexadecimal of so many digits. */
export function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/** What a sum over everything, the checksum included, says of it (RFC 1071). */
export function verdict(sum: number): string {
  return fold(sum) === 0xffff ? 'right' : 'wrong';
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return folded;
}
