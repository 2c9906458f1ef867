/**
 * Two flows of ours share a line, in virtual time. A Linux flow beside one of ours, in real time:
 * `npm run bench:loss -- --cases fairness`.
 */
import { describe, expect, test } from 'vitest';
import { median } from '../bench/loss/figures.ts';
import { lineOf } from '../bench/loss/line.ts';
import { type Flow, Race, rateOf } from './flows.ts';

/** Milliseconds by which the second flow begins later: at once, in slow start, after it. */
const LATER = [0, 30, 150, 700, 2_000];

/** Of each offset, how much the flow with less has of what the other has, seconds 20 to 80. */
function sharing(rate: number, queue: number, control: Flow['control']): number[] {
  // Nothing is lost but by the queue: the line needs no rules, and is quicker without.
  const line = { ...lineOf({ rate, rtt: 20, queue }, 1), rules: [] };
  return LATER.map((from) => {
    const race = new Race(line, [{ control }, { control, from }]);
    race.run(20_000, 20_000);
    const sights = race.run(60_000, 10_000);
    const rates = [0, 1].map((flow) => rateOf(sights, flow));
    expect(rates[0]! + rates[1]!).toBeGreaterThan(0.96 * rate);
    return Math.min(...rates) / Math.max(...rates);
  });
}

describe('two flows, whenever the second begins, within a tenth of each other', () => {
  // A queue overflows by one packet, and chance decides which flow that belongs to; a flow that
  // begins behind a full queue has not caught up after twenty seconds. The median has the bar.
  test.each([
    [10, 2, 'cubic'],
    [20, 2, 'reno'],
    [100, 2, 'cubic'],
  ] as const)('%i Mbit/s, a queue of %i BDP, %s', (rate, queue, control) => {
    const ratios = sharing(rate, queue, control);
    expect(median(ratios)).toBeGreaterThan(0.9);
    expect(Math.min(...ratios)).toBeGreaterThan(0.65);
  });
});
