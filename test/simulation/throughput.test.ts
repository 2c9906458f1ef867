/**
 * Goodput over a line of 100 Mbit/s and 20 ms of round trip, for buffers and losses: deterministic,
 * so the table is a snapshot. Whoever changes congestion control or recovery sees here what it
 * does.
 *
 * `npx vitest run test/simulation/throughput -u` writes it anew.
 */
import { expect, test } from 'vitest';
import { VirtualClock } from '../../host-web/clock.ts';
import { Dice } from './dice.ts';
import { Node } from './node.ts';
import { PATTERNS, plainManner, TOTAL, wire } from './universe.ts';

const BUFFERS = [1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576];
const LOSSES = [0, 0.001, 0.01, 0.05, 0.1];
/**
 * Runs of each cell: a few tell more of their luck than of its loss. At 10 % a single run takes
 * from half of the mean time to six times as much.
 */
const SEEDS = [1, 4, 8, 16, 32];
const LINE = { rate: '100mbit', delay: 10, limit: 200 };

/** Milliseconds it takes A to get everything to B. */
function timeOf(buffer: number, loss: number, seed: number): number {
  const clock = new VirtualClock(1_000);
  const dice = new Dice(seed);
  const own = { receiveBuffer: buffer, sendBuffer: buffer };
  const manners = [plainManner(true, { ...own, total: TOTAL }), plainManner(false, own)] as const;
  const a = new Node('A', clock, dice, manners[0], PATTERNS[0], PATTERNS[1]);
  const b = new Node('B', clock, dice, manners[1], PATTERNS[1], PATTERNS[0]);
  wire(clock, dice, a, [{ loss }, LINE], b, 'A');
  wire(clock, dice, b, [{ loss }, LINE], a, 'B');
  b.start();
  a.start();
  while (!b.isEnded) if (!clock.step()) throw new Error(a.describe());
  expect(b.received).toBe(TOTAL);
  return clock.now() - 1_000;
}

/** Mbit/s over so many seeds. */
function goodput(buffer: number, loss: number, seeds: number): number {
  let ms = 0;
  for (let seed = 1; seed <= seeds; seed++) ms += timeOf(buffer, loss, seed);
  return (8 * TOTAL * seeds) / ms / 1_000;
}

test('the goodput table', async () => {
  const head = ['buffer\\loss', ...LOSSES.map((loss) => `${loss * 100}%`)];
  const rows = BUFFERS.map((buffer) => [
    String(buffer),
    ...LOSSES.map((loss, column) => goodput(buffer, loss, SEEDS[column]!).toFixed(2)),
  ]);
  const table = [head, ...rows].map((row) => row.map((cell) => cell.padStart(11)).join(' '));
  const title = '1 MiB one way, 100 Mbit/s, 20 ms round trip, loss both ways; Mbit/s';
  await expect(`${[title, '', ...table].join('\n')}\n`).toMatchFileSnapshot('throughput.txt');
});
