/**
 * Two flows of ours share a line, in virtual time. A Linux flow beside one of ours, in real time:
 * `npm run bench:loss -- --cases fairness`.
 */
import { expect, test } from 'vitest';
import { pass } from './passage.ts';

const LINE = { rate: 20, rtt: 20, queue: 2 };
const TIMES = { from: 20_000, ms: 80_000 };

test.each(['cubic', 'reno'] as const)('two flows with %s: within a tenth', (congestion) => {
  const { each } = pass(LINE, { ...TIMES, flows: 2, congestion });
  expect(Math.min(...each)).toBeGreaterThan(0.9 * Math.max(...each));
});
