/**
 * What a sender owes a path that loses, stands still, overtakes or answers late, in virtual time: a
 * short reply's losses are found without a timeout, and what was not lost is not sent again. Linux
 * beside it, in real time: `npm run bench:loss`.
 */
import { describe, expect, test } from 'vitest';
import { SEGMENT } from '../bench/loss/cells.ts';
import { REPLIES, REPLY_SEGMENTS, WARM_REPLIES } from '../bench/loss/replies.ts';
import type { Sysctl } from '../../host-web/sysctl.ts';
import { Race, rateOf } from './flows.ts';
import { pass } from './passage.ts';

const LINE = { rate: 100, rtt: 20 };
/** No queue that overflows: whatever is sent again is so for nothing. */
const DEEP = { ...LINE, queue: 20 };
/** The longest that the receiver keeps the ACK of a single segment, milliseconds. */
const DELAYED_ACK = 40;
/** Milliseconds for the segments' own length, and for timers. */
const ALLOWANCE = 5;

describe('a reply of twenty segments', () => {
  const writes = Array.from({ length: WARM_REPLIES + 1 }, () => REPLY_SEGMENTS * SEGMENT);
  /** When the last octet is read, from the write on: half a round trip is the way there. */
  const times: Record<string, number> = {
    'nothing lost': LINE.rtt / 2,
    'the middle lost': 1.5 * LINE.rtt,
    // A quarter of a round trip more: it might only have been overtaken (RFC 8985 §6.2).
    'the last but one lost': 1.75 * LINE.rtt,
    'five lost, and one of them twice': 2.5 * LINE.rtt,
    // The probe comes two round trips after the last ACK, which the receiver delays; what it
    // tells of is sent again in two round trips more, as PRR allows.
    'the last three lost': LINE.rtt + DELAYED_ACK + 2 * LINE.rtt + 2.5 * LINE.rtt,
  };

  test.each(REPLIES)('$name', ({ name, holes }) => {
    const made = pass({ ...LINE, holes }, { writes, every: 100, ms: 3000 });
    const lost = holes.reduce((sum, [, sendings]) => sum + sendings, 0);
    expect(made.octets).toBe(writes.length * writes[0]!);
    expect(made.timeouts).toBe(0);
    expect(made.again).toBe(lost);
    expect(made.took).toBeLessThanOrEqual(times[name]! + ALLOWANCE);
  });
});

test.each([300, 700, 1500])('a line that stands still for %s ms: a timeout, no more', (ms) => {
  const spike = { after: 3000, ms };
  const { times, timeouts } = pass({ ...DEEP, spike }, { ms: 6000 });
  expect(times.filter((time) => time >= spike.after).length).toBe(timeouts);
  expect(timeouts).toBeLessThanOrEqual(1);
});

describe('after a silence nothing is sent again but what its two timeouts send', () => {
  // With losses some begin in the middle of a recovery.
  test.each<[number, Sysctl]>([
    [0, {}],
    [0, { tcp_timestamps: 0 }],
    [0.0003, {}],
    [0.001, {}],
    [0.001, { tcp_congestion_control: 'reno' }],
    [0.002, { tcp_congestion_control: 'bbr' }],
  ])('beside losses of %d, %j', (loss, sysctl) => {
    for (let after = 2250; after < 6000; after += 1000) {
      const cell = { ...DEEP, loss, spike: { after, ms: 1500 } };
      const made = pass(cell, { ms: after + 2500, sysctl });
      expect(made.timeouts).toBeGreaterThan(0);
      expect(made.spurious).toBe(made.timeouts);
    }
  });
});

test('reordering alone: nothing is sent again after the first second', () => {
  const cell = { ...DEEP, reordering: { share: 0.05, most: 10 } };
  expect(pass(cell, { ms: 10_000 }).late).toBe(0);
});

test.each([
  ['cubic', 0.01],
  ['cubic', 0.05],
  ['bbr', 0.01],
  ['bbr', 0.05],
] as const)('RFC 3522 §3.2a: of %s’s losses, %d of all, none is undone', (control, loss) => {
  const race = new Race({ rate: '50mbit', delay: '10ms', limit: 500, loss }, [{ control }]);
  race.run(10_000, 500);
  expect(race.counter('TcpExtTCPSackRecovery')).toBeGreaterThan(40);
  // A recovery begins while what the last one sent again is on its way: its echo is no proof.
  expect(race.counter('TcpExtTCPFullUndo')).toBe(0);
  expect(race.counter('TcpExtTCPSACKReorder')).toBe(0);
});

describe('every ACK comes 200 ms late', () => {
  const writes = Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? 4 * SEGMENT : 100));

  test.each([1, 5, 20, 100, 200, 300])('RTT %s ms: at most three are sent again', (rtt) => {
    for (const every of [10, 300, 1000]) {
      const made = pass({ ...LINE, rtt, lateAcks: 200 }, { writes, every, ms: 120_000 });
      expect(made.again).toBeLessThanOrEqual(3);
    }
  });
});

test('a slow start that overshoots by a window: what has arrived is not sent again', () => {
  const race = new Race({ rate: '100mbit', delay: 50, limit: 800 }, [{ control: 'cubic' }]);
  race.run(1000, 1000);
  // The line is full while the losses are mended.
  expect(rateOf(race.run(1000, 500))).toBeGreaterThan(0.95 * 96);
  expect(race.counter('TcpExtTCPOFODrop', race.receiver)).toBe(0);
  // 1670 of 2488 that were sent again had arrived, and were thrown away, with 64 ranges.
  const again = race.counter('TcpRetransSegs');
  expect(again).toBeGreaterThan(500);
  expect(again).toBeLessThan(900);
});
