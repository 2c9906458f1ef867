/**
 * The cells of the loss bench: what lies between the two ends, and which cells a form has.
 */

/** One line and what it does to packets. */
export interface Cell {
  /** Mbit/s of the line, each way. */
  readonly rate: number;
  /** Milliseconds there and back, without any queue. */
  readonly rtt: number;
  /** Share of data packets lost, each by itself. */
  readonly loss?: number;
  /** Share of data packets lost in bursts of a mean length (Gilbert and Elliott's model). */
  readonly bursts?: { readonly share: number; readonly length: number };
  /** Share of data packets that others overtake, and by how many at most. */
  readonly reordering?: { readonly share: number; readonly most: number };
  /** Share of data packets that are marked (RFC 3168); both senders then ask for ECN. */
  readonly marks?: number;
  /** The line's queue in products of rate and round trip; 1 by default. */
  readonly queue?: number;
  /** Segments that are lost, by their number from 0, and how many sendings of each. */
  readonly holes?: readonly (readonly [segment: number, times: number])[];
  /** The line stands still once, so long, and so long after the first data packet: milliseconds. */
  readonly spike?: { readonly after: number; readonly ms: number };
  /** Milliseconds by which the receiver delays every ACK. */
  readonly lateAcks?: number;
}

/** A form of the bench: how long it takes, and what of. */
export interface Form {
  readonly cells: readonly Cell[];
  readonly runs: number;
  readonly seconds: number;
}

const LOSSES = [0, 0.001, 0.01, 0.03, 0.05];
export const OVERTAKEN = { share: 0.05, most: 10 };
const BURSTS = { share: 0.01, length: 4 };

/** Reordering, bursts, queues and marks: on the line where both senders have most to lose. */
const OTHERS: readonly Cell[] = [
  { rate: 10, rtt: 20, reordering: OVERTAKEN },
  { rate: 100, rtt: 20, reordering: OVERTAKEN },
  { rate: 100, rtt: 100, reordering: OVERTAKEN },
  { rate: 10, rtt: 20, bursts: BURSTS },
  { rate: 100, rtt: 20, bursts: BURSTS },
  { rate: 100, rtt: 20, queue: 0.1 },
  { rate: 100, rtt: 20, queue: 4 },
  { rate: 100, rtt: 100, queue: 0.1 },
  { rate: 100, rtt: 20, marks: 0.001 },
  { rate: 100, rtt: 20, marks: 0.01 },
];

function matrix(rates: readonly number[], rtts: readonly number[], losses: readonly number[]) {
  return rates.flatMap((rate) =>
    rtts.flatMap((rtt) => losses.map((loss): Cell => ({ rate, rtt, loss }))),
  );
}

/** Losses of a run below which its goodput is much a matter of when they fall. */
const FEW = 50;
/** How many runs are then taken for one. */
const FEW_TAKES = 3;

/** Runs of a cell: more where each has few losses, which slow lines side by side afford. */
export function runsOf(cell: Cell, { runs, seconds }: Form): number {
  const packets = (goodputExpected(cell) * 1e6 * seconds) / (8 * SEGMENT);
  const losses = packets * (cell.loss ?? 0);
  return runs > 1 && losses > 0 && losses < FEW ? FEW_TAKES * runs : runs;
}

/** Forms by the minutes they take. */
export const FORMS: Readonly<Record<string, Form>> = {
  1: {
    cells: [
      { rate: 100, rtt: 20, loss: 0.001 },
      { rate: 100, rtt: 20, loss: 0.01 },
      { rate: 100, rtt: 20, reordering: OVERTAKEN },
    ],
    runs: 1,
    seconds: 10,
  },
  10: {
    cells: [
      ...matrix([10], [20, 100], [0.001, 0.03]),
      ...matrix([100], [20, 100], [0, 0.001, 0.01]),
      { rate: 100, rtt: 20, reordering: OVERTAKEN },
      { rate: 100, rtt: 20, bursts: BURSTS },
    ],
    runs: 1,
    seconds: 30,
  },
  60: {
    cells: [
      ...matrix([10, 100, 1000], [1, 20, 100], LOSSES),
      ...OTHERS,
    ],
    runs: 3,
    seconds: 30,
  },
};

/** Octets of a full packet, and of its text behind timestamps. */
const PACKET = 1500;
export const SEGMENT = 1448;

/** Packets in the line's pipe at a time: the product of its rate and a time in milliseconds. */
export function packetsIn({ rate }: Cell, ms: number): number {
  return Math.ceil((rate * 1000 * ms) / (8 * PACKET));
}

/** Milliseconds the line needs for a full packet. */
export function packetTime({ rate }: Cell): number {
  return (8 * PACKET) / (rate * 1000);
}

/** About what a sender can get through a line, Mbit/s: less the more it loses, and the longer. */
export function goodputExpected({ rate, rtt, loss = 0, bursts, marks = 0 }: Cell): number {
  const share = Math.max(loss, marks, bursts === undefined ? 0 : bursts.share / bursts.length);
  return Math.min(rate, (8 * SEGMENT * 1.2) / (1000 * rtt * Math.sqrt(share)));
}

/** A cell in words. */
export function nameOf(cell: Cell): string {
  const percent = (share: number) => `${Number((100 * share).toFixed(2))} %`;
  const words: string[] = [];
  if (cell.loss !== undefined) words.push(`loss ${percent(cell.loss)}`);
  if (cell.bursts !== undefined) {
    words.push(`loss ${percent(cell.bursts.share)} in bursts of ${cell.bursts.length}`);
  }
  if (cell.reordering !== undefined) {
    words.push(`reordering ${percent(cell.reordering.share)} by up to ${cell.reordering.most}`);
  }
  if (cell.marks !== undefined) words.push(`marks ${percent(cell.marks)}`);
  if (cell.queue !== undefined) words.push(`queue of ${cell.queue} BDP`);
  if (cell.spike !== undefined) words.push(`stands still for ${cell.spike.ms} ms`);
  const line = `${String(cell.rate).padStart(4)} Mbit/s ${String(cell.rtt).padStart(3)} ms`;
  return `${line}  ${words.join(', ')}`;
}
