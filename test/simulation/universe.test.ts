/**
 * The bar of the simulated link: 1 MiB each way at once, through every combination of loss,
 * reordering, duplication and corruption, with twenty seeds that choose buffers, MSS, options,
 * families, the order of closing and how the users read and write. All of it in virtual time.
 *
 * `UNIVERSE_SEEDS=500 UNIVERSE_FROM=1000` looks further.
 */
import { describe, expect, test } from 'vitest';
import { Result } from '../../host-web/abi.ts';
import { live, nameOf, type Weather, weathers } from './universe.ts';

const SEEDS = Number(process.env.UNIVERSE_SEEDS ?? 20);
const FROM = Number(process.env.UNIVERSE_FROM ?? 1);
const CALM: Weather = { loss: 0, reorder: false, duplicate: false, corrupt: false };

/** Runs the seeds of one weather; answers the first report. */
function failing(weather: Weather, seeds: number, from = FROM): string {
  for (let seed = from; seed < from + seeds; seed++) {
    const outcome = live(weather, seed);
    if (typeof outcome === 'string') return outcome;
  }
  return '';
}

describe('every octet written is read, once, in order, and both sides close', () => {
  test.each(weathers().map((weather) => [nameOf(weather), weather] as const))(
    '%s',
    (_name, weather) => {
      expect(failing(weather, SEEDS)).toBe('');
    },
    600_000,
  );
});

describe('where little is to be had', () => {
  test('buffers smaller than a segment', () => {
    for (const receiveBuffer of [300, 1_000]) {
      const manner = { receiveBuffer, sendBuffer: 700, timestamps: 1, delayedAckMs: 0 };
      expect(failing({ ...CALM, loss: 0.01, manner }, 1)).toBe('');
    }
  });

  test('windows of less than a kilobyte, read by the octet', () => {
    const manner = { receiveBuffer: 900, sendBuffer: 900, reads: 3, writes: 3, readsEveryMs: 5 };
    expect(failing({ ...CALM, manner }, 2)).toBe('');
  });

  test('scarce pages do not deadlock two writers', () => {
    expect(failing({ ...CALM, manner: { pages: 16 } }, 5)).toBe('');
  });
});

test('a link that goes dead: both users are told, and nothing leaks', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const manner = { receiveBuffer: 4_000, sendBuffer: 4_000, mss: 0 };
    const outcome = live({ ...CALM, cutAtMs: 400, manner }, seed);
    if (typeof outcome === 'string') expect.fail(outcome);
    const timedOut = Result.ABORTED_DUE_TO_USER_TIMEOUT;
    expect(outcome.results).toEqual([timedOut, timedOut]);
  }
});

test('the same seed is the same universe', () => {
  const weather = weathers().at(-1)!;
  expect(live(weather, 7)).toEqual(live(weather, 7));
});
