/**
 * The line of a cell, as a simulated link: rate, delay, queue, and what becomes of the sender's
 * data packets, by their number alone. The same seed gives every sender the same losses, whatever
 * it does and whenever it sends.
 */
import type { Rule, Verdict } from '../../../host-web/link/path.ts';
import { Random } from '../../../host-web/link/random.ts';
import type { SimulatedOptions } from '../../../host-web/link/simulated.ts';
import { type Cell, packetsIn, packetTime, SEGMENT } from './cells.ts';

/** A queue is never shorter: a line of a millisecond would drop every burst. */
const SHORTEST_QUEUE = 20;
/** Packets of the way back, which nothing is to be refused on. */
const WAY_BACK = 100_000;

/** The link's options; A is the sender. */
export function lineOf(cell: Cell, seed: number): Omit<SimulatedOptions, 'clock'> {
  const { rate, rtt, queue = 1, holes, spike, lateAcks } = cell;
  const delay = rtt / 2;
  // Packets on their way count as waiting, as netem's do.
  const waiting = Math.max(packetsIn(cell, queue * rtt), SHORTEST_QUEUE);
  const rules = [fatesOf(cell, seed)];
  if (holes !== undefined) rules.push(losing(holes));
  if (spike !== undefined) rules.push(standing(cell, spike));
  if (lateAcks !== undefined) rules.push(acknowledgingLate(lateAcks));
  return {
    delay,
    rate: rate * 1e6,
    rules,
    a: { limit: packetsIn(cell, delay) + waiting },
    b: { limit: WAY_BACK },
  };
}

/**
 * Decides about each data packet, retransmissions counted, with the same number of draws. Packets
 * without data always pass: the way back is only slow.
 */
export function fatesOf(cell: Cell, seed: number): Rule {
  const { loss = 0, marks = 0, bursts, reordering } = cell;
  const dice = new Random(seed);
  const delays = Array.from({ length: reordering?.most ?? 0 }, (_, i): Verdict => {
    return { delay: (i + 1.5) * packetTime(cell) };
  });
  // Gilbert and Elliott: in the bad state all is lost, and it lasts `length` packets in the mean.
  const leaves = bursts === undefined ? 1 : 1 / bursts.length;
  const enters = bursts === undefined ? 0 : (leaves * bursts.share) / (1 - bursts.share);
  let isBad = false;
  return ({ from, dataIndex }) => {
    if (from !== 'A' || dataIndex === 0) return 'pass';
    const [chance, turn, which] = [dice.fraction(), dice.fraction(), dice.fraction()];
    isBad = isBad ? turn >= leaves : turn < enters;
    if (isBad || chance < loss) return 'drop';
    if (chance < marks) return 'mark';
    if (reordering !== undefined && chance < reordering.share) {
      return delays[Math.floor(which * delays.length)]!;
    }
    return 'pass';
  };
}

/** Loses the first sendings of some segments, in each connection anew. */
function losing(holes: readonly (readonly [number, number])[]): Rule {
  const flows = new Map<number, Map<number, number>>();
  return ({ from, textLength, seq, sourcePort }) => {
    if (from !== 'A' || textLength === 0) return 'pass';
    const left = flows.get(sourcePort) ?? new Map(holes);
    flows.set(sourcePort, left);
    const segment = (seq - 1) / SEGMENT;
    const times = left.get(segment) ?? 0;
    if (times === 0) return 'pass';
    left.set(segment, times - 1);
    return 'drop';
  };
}

/** Stands still once; what has entered leaves in its order all the same, at the line's rate. */
function standing(cell: Cell, { after, ms }: { after: number; ms: number }): Rule {
  // When the line would be free without the spike, as the link reckons, and when it is.
  let [plain, free, begin] = [0, 0, Number.POSITIVE_INFINITY];
  return ({ from, at, length, dataIndex }) => {
    if (from !== 'A') return 'pass';
    if (dataIndex === 1) begin = at + after;
    const time = length / (125 * cell.rate);
    plain = Math.max(at, plain) + time;
    free = Math.max(at, free);
    if (free >= begin && free < begin + ms) free = begin + ms;
    free += time;
    return free > plain ? { delay: free - plain } : 'pass';
  };
}

/** A receiver that lets every ACK wait; the handshake is as ever. */
function acknowledgingLate(ms: number): Rule {
  return ({ from, flags, textLength }) =>
    from === 'B' && flags === '.' && textLength === 0 ? { delay: ms } : 'pass';
}
