/**
 * Two flows of ours share a line, in virtual time. A Linux flow beside one of ours, in real time:
 * `npm run bench:loss -- --cases fairness`.
 */
import { describe, expect, test } from 'vitest';
import { median } from '../bench/loss/figures.ts';
import { lineOf } from '../bench/loss/line.ts';
import type { LinkOptions } from '../../host-web/sim/index.ts';
import { type Flow, Race, rateOf } from './flows.ts';

/** Milliseconds by which the second flow begins later: at once, in slow start, after it. */
const LATER = [0, 30, 150, 700, 2_000];

/** How much the flow with less has of what the other has, once twenty seconds have passed. */
function shareOf(line: LinkOptions, control: Flow['control'], from: number, millis: number) {
  const race = new Race(line, [{ control }, { control, from }]);
  race.run(20_000, 20_000);
  const sights = race.run(millis, 10_000);
  const rates = [0, 1].map((flow) => rateOf(sights, flow));
  expect(rates[0]! + rates[1]!).toBeGreaterThan(0.96 * (Number(line.rate) / 1e6));
  return Math.min(...rates) / Math.max(...rates);
}

/** Nothing is lost but by the queue: the line needs no rules, and is quicker without. */
function lineWith(rate: number, queue: number): LinkOptions {
  return { ...lineOf({ rate, rtt: 20, queue }, 1), rules: [] };
}

describe('two flows, whenever the second begins, within a tenth of each other', () => {
  // A queue overflows by one packet, and chance decides which flow that belongs to; a flow that
  // begins behind a full queue has not caught up after twenty seconds. The median has the bar.
  test.each([
    [10, 2, 'cubic'],
    [20, 2, 'reno'],
    [100, 2, 'cubic'],
  ] as const)('%i Mbit/s, a queue of %i BDP, %s', (rate, queue, control) => {
    const line = lineWith(rate, queue);
    const ratios = LATER.map((from) => shareOf(line, control, from, 60_000));
    expect(median(ratios)).toBeGreaterThan(0.9);
    expect(Math.min(...ratios)).toBeGreaterThan(0.65);
  });

  test('in five minutes chance evens out', () => {
    const line = lineWith(100, 2);
    // ACKs that always come to the microsecond let one pattern of losses go on for ever.
    const uneven = { ...line, b: { ...line.b, jitter: 0.2 } };
    expect(shareOf(uneven, 'cubic', 0, 300_000)).toBeGreaterThan(0.9);
  });
});
