/**
 * The one printed form of a segment, and its reader: packetdrill's.
 *
 *     S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,wscale 7>
 *
 * Control bits are F S R P . U E C, then first:last(octets of text), the acknowledgment, the
 * window, the urgent pointer, the options. Numbers are relative to the ISN of the side they belong
 * to. Before all that stands the ECN codepoint, if there is one: [ect0] or [ce].
 */
import {
  ACK,
  type Block,
  CWR,
  ECE,
  FIN,
  PSH,
  pattern,
  RST,
  SYN,
  type Segment,
  URG,
} from './segment.ts';

const LETTERS: readonly (readonly [letter: string, bit: number])[] = [
  ['S', SYN],
  ['F', FIN],
  ['R', RST],
  ['P', PSH],
  ['.', ACK],
  ['U', URG],
  ['E', ECE],
  ['C', CWR],
];

/** ECN codepoints by their number. */
const CODEPOINTS = ['', '[ect1] ', '[ect0] ', '[ce] '];

function printOptions(segment: Segment): string {
  const out: string[] = [];
  if (segment.mss !== undefined) out.push(`mss ${segment.mss}`);
  if (segment.sackOk) out.push('sackOK');
  if (segment.ts) out.push(`TS val ${segment.ts[0]} ecr ${segment.ts[1]}`);
  if (segment.wscale !== undefined) out.push(`wscale ${segment.wscale}`);
  if (segment.sack)
    out.push(`sack ${segment.sack.map(([left, right]) => `${left}:${right}`).join(' ')}`);
  if (segment.rawOptions) out.push(`raw ${segment.rawOptions.join(' ')}`);
  return out.length === 0 ? '' : ` <${out.join(',')}>`;
}

/** Prints a segment; what it leaves open is printed as `*`. */
export function print(segment: Segment): string {
  const ctl = segment.ctl | (segment.psh ? PSH : 0);
  const letters =
    LETTERS.filter(([, bit]) => ctl & bit)
      .map(([letter]) => letter)
      .join('') || '-';
  const length = segment.text?.length;
  const seq = segment.seq;
  const range =
    seq === undefined
      ? `*(${length ?? '*'})`
      : `${seq}:${length === undefined ? '*' : seq + length}(${length ?? '*'})`;
  const ack = ctl & ACK ? ` ack ${segment.ack ?? '*'}` : '';
  const win = segment.win === undefined ? '' : ` win ${segment.win}`;
  const up = ctl & URG ? ` urg ${segment.up ?? '*'}` : '';
  const codepoint = CODEPOINTS[segment.ecn ?? 0];
  return `${codepoint}${letters} ${range}${ack}${win}${up}${printOptions(segment)}`;
}

const LINE = new RegExp(
  [
    String.raw`^(\[\w+\] )?([SFRP.UEC-]+) (\d+|\*)(?::(?:\d+|\*))?\((\d+|\*)\)`,
    String.raw`(?: ack (\d+|\*))?(?: win (\d+))?(?: urg (\d+))?(?: <(.*)>)?$`,
  ].join(''),
);

/** Reads a printed segment; its text becomes the pattern of its place. */
export function parse(line: string): Segment {
  const match = LINE.exec(line.trim());
  if (!match) throw new SyntaxError(`not a segment: ${line}`);
  const [, codepoint, letters, seq, length, ack, win, up, options] = match as unknown as (
    | string
    | undefined
  )[];
  let ctl = 0;
  for (const [letter, bit] of LETTERS) if (letters?.includes(letter)) ctl |= bit;
  const segment: Segment = { ctl: ctl & ~PSH };
  if (codepoint !== undefined) segment.ecn = CODEPOINTS.indexOf(codepoint);
  if (ctl & PSH) segment.psh = true;
  if (seq !== undefined && seq !== '*') segment.seq = Number(seq);
  if (length !== undefined && length !== '*')
    segment.text = pattern(segment.seq ?? 0, Number(length));
  if (ack !== undefined && ack !== '*') segment.ack = Number(ack);
  if (win !== undefined) segment.win = Number(win);
  if (up !== undefined) segment.up = Number(up);
  for (const option of options ? options.split(',') : []) parseOption(segment, option.trim());
  return segment;
}

function parseOption(segment: Segment, option: string): void {
  const [name, ...words] = option.split(' ');
  switch (name) {
    case 'mss':
      segment.mss = Number(words[0]);
      return;
    case 'sackOK':
      segment.sackOk = true;
      return;
    case 'wscale':
      segment.wscale = Number(words[0]);
      return;
    case 'TS':
      segment.ts = [Number(words[1]), Number(words[3])];
      return;
    case 'sack':
      segment.sack = words.map((word) => word.split(':').map(Number) as unknown as Block);
      return;
    default:
      throw new SyntaxError(`not an option: ${option}`);
  }
}
