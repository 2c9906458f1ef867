/**
 * The line of a cell, as a simulated link: rate, delay, queue, and what becomes of the sender's
 * data packets, by their number alone. The same seed gives every sender the same losses, whatever
 * it does and whenever it sends.
 */
import type { Rule, Verdict } from '../../../host-web/link/path.ts';
import { Random } from '../../../host-web/link/random.ts';
import type { SimulatedOptions } from '../../../host-web/link/simulated.ts';
import { type Cell, packetsIn, packetTime } from './cells.ts';

/** A queue is never shorter: a line of a millisecond would drop every burst. */
const SHORTEST_QUEUE = 20;
/** Packets of the way back, which nothing is to be refused on. */
const WAY_BACK = 100_000;

/** The link's options; A is the sender. */
export function lineOf(cell: Cell, seed: number): Omit<SimulatedOptions, 'clock'> {
  const { rate, rtt, queue = 1 } = cell;
  const delay = rtt / 2;
  // Packets on their way count as waiting, as netem's do.
  const waiting = Math.max(packetsIn(cell, queue * rtt), SHORTEST_QUEUE);
  return {
    delay,
    rate: rate * 1e6,
    rules: [fatesOf(cell, seed)],
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
