/**
 * The fields of a TCP header and its options (RFC 9293 §3.1, §3.2; RFC 7323; RFC 2018).
 */
import { type Bases, type Field, hex, verdict } from './field.ts';
import type { Octets } from './octets.ts';

/** Where the segment lies, and the pseudo-header's part of its checksum. */
export interface SegmentPlace {
  readonly start: number;
  readonly end: number;
  readonly pseudo: number;
  readonly bases: Bases;
}

const HEADER = 20;
const CONTROL_BITS: readonly (readonly [string, string])[] = [
  ['CWR', 'Congestion window reduced (RFC 3168)'],
  ['ECE', 'Congestion was met on the way (RFC 3168)'],
  ['URG', 'The urgent pointer means something'],
  ['ACK', 'The acknowledgment number means something'],
  ['PSH', 'Hand the text to the user now'],
  ['RST', 'Reset the connection'],
  ['SYN', 'Synchronize sequence numbers'],
  ['FIN', 'No more text from the sender'],
];

/** Every field from the source port to the text. */
export function tcpFields(octets: Octets, place: SegmentPlace): Field[] {
  const { start, end, pseudo, bases } = place;
  const at = 8 * start;
  const field = (
    name: string,
    bit: number,
    width: number,
    value: string,
    note?: string,
  ): Field => ({
    header: 'TCP',
    name,
    bit: at + bit,
    width,
    value,
    note,
  });
  const headerLength = 4 * octets.bits(at + 96, 4);
  const seq = octets.u32(start + 4);
  const ack = octets.u32(start + 8);
  const hasAck = octets.bits(at + 107, 1) === 1;
  const sum = pseudo + octets.sum(start, end);
  // Only the head of a long text is kept, so that its sum can not be known here.
  const checksum = end > octets.length ? 'the text is not kept' : verdict(sum);
  const fields = [
    field('Source Port', 0, 16, String(octets.u16(start))),
    field('Destination Port', 16, 16, String(octets.u16(start + 2))),
    field('Sequence Number', 32, 32, String(seq), `relative ${(seq - bases.seq) >>> 0}`),
    field(
      'Acknowledgment Number',
      64,
      32,
      String(ack),
      hasAck ? `relative ${(ack - bases.ack) >>> 0}` : 'without ACK it means nothing',
    ),
    field('Data Offset', 96, 4, String(octets.bits(at + 96, 4)), `${headerLength} octets`),
    field('Reserved', 100, 4, String(octets.bits(at + 100, 4))),
    ...CONTROL_BITS.map(([name, note], i) =>
      field(name, 104 + i, 1, String(octets.bits(at + 104 + i, 1)), note),
    ),
    field('Window', 112, 16, String(octets.u16(start + 14)), 'octets, before scaling'),
    field('Checksum', 128, 16, hex(octets.u16(start + 16), 4), checksum),
    field('Urgent Pointer', 144, 16, String(octets.u16(start + 18))),
  ];
  const textAt = Math.min(start + Math.max(headerLength, HEADER), end);
  return [...fields, ...optionFields(octets, start + HEADER, textAt), ...text(textAt, end)];
}

function text(from: number, end: number): Field[] {
  if (end <= from) return [];
  const value = `${end - from} octets`;
  return [{ header: 'Text', name: 'Text', bit: 8 * from, width: 8 * (end - from), value }];
}

const NAMES: Readonly<Record<number, string>> = {
  0: 'End of Options',
  1: 'No-Operation',
  2: 'Maximum Segment Size',
  3: 'Window Scale',
  4: 'SACK Permitted',
  5: 'SACK',
  8: 'Timestamps',
};

function optionFields(octets: Octets, from: number, end: number): Field[] {
  const fields: Field[] = [];
  for (let at = from; at < end; ) {
    const kind = octets.u8(at);
    const length = kind < 2 ? 1 : Math.min(Math.max(octets.u8(at + 1), 2), end - at);
    const name = NAMES[kind] ?? `Option ${kind}`;
    const value = optionValue(octets, kind, at, length);
    fields.push({ header: 'Options', name, bit: 8 * at, width: 8 * length, value });
    at += length;
  }
  return fields;
}

function optionValue(octets: Octets, kind: number, at: number, length: number): string {
  switch (kind) {
    case 2:
      return `${octets.u16(at + 2)} octets`;
    case 3:
      return `shift by ${octets.u8(at + 2)} (× ${2 ** octets.u8(at + 2)})`;
    case 5: {
      const ranges: string[] = [];
      for (let i = at + 2; i + 8 <= at + length; i += 8) {
        ranges.push(`${octets.u32(i)}–${octets.u32(i + 4)}`);
      }
      return ranges.join(', ');
    }
    case 8:
      return `value ${octets.u32(at + 2)}, echo ${octets.u32(at + 6)}`;
    default:
      return '';
  }
}
