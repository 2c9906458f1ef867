/**
 * A TUN device with several queues against a real kernel: a stack for each in a thread of its own.
 *
 * Every test runs `queues-child.ts` in a network namespace of its own. One waits for longer than
 * three seconds of the wall clock: so long the kernel remembers which queue a flow was written from
 * (drivers/net/tun.c), and what comes after that is what is to be seen.
 */
import { describe, expect, it } from 'vitest';
import { bundle, run } from './bundle.ts';
import { scenariosBy } from './scenarios.ts';

const child = process.platform === 'linux' ? bundle('test/host/queues-child.ts') : '';

const { inside, obstacle, title } = await scenariosBy('queues of a TUN', (scenario) => {
  return run(child, [scenario]).outcome;
});

describe.skipIf(obstacle !== undefined)(title, () => {
  it('spread connections over threads, each answered by the one its SYN came by', async () => {
    const { first, again, established, opens, resets } = await inside<{
      first: string[];
      again: string[];
      established: number[];
      opens: number;
      resets: number;
    }>('spread');
    const whose = first.map((text) => text[0]);
    expect(again.map((text) => text[0])).toEqual(whose);
    const counts = ['0', '1'].map((thread) => whose.filter((each) => each === thread).length);
    // By a hash: that one has less than a fifth is as likely as nothing.
    for (const count of counts) expect(count).toBeGreaterThan(40);
    expect(established).toEqual(counts);
    expect({ opens, resets }).toEqual({ opens: 200, resets: 0 });
  });

  it('bring what follows a long silence to the thread that opened the connection', async () => {
    const result = await inside<{
      whole: number;
      resets: number;
      asked: number;
      taken: number;
      dropped: number;
      ports: number[][];
    }>('idle');
    const { whole, resets, taken, asked, dropped, ports } = result;
    expect(whole).toBe(16);
    expect({ resets, dropped }).toEqual({ resets: 0, dropped: 0 });
    // Of sixteen some came by the wrong queue, or nothing was shown.
    expect(asked).toBeGreaterThan(0);
    expect(taken).toBe(asked);
    // From ports of their own.
    expect(ports.map((each) => [...new Set(each)])).toEqual([[0], [1]]);
  });

  it('bring an ICMP error to the thread it is about', async () => {
    expect(await inside('errors')).toEqual({ each: [1, 1], taken: 1, unmatched: 0 });
  });

  it('bring a segment in fragments to the thread it is for', async () => {
    const result = await inside<{ before: number[]; taken: number }>('fragments');
    const [first = 0, second = 0] = result.before;
    expect(first + second).toBe(16);
    expect([first, second]).toContain(result.taken);
    expect(result).toMatchObject({ after: [0, 0], resets: 0, whole: 16 });
  });

  it('end with their threads, and the others go on; another may have the queue then', async () => {
    const result = await inside<{ before: string[]; orphaned: number }>('end');
    expect(result).toMatchObject({ error: 'a fault in the thread', after: ['0'] });
    expect(result).toMatchObject({ before: ['0', '1', '2'], fresh: ['0', '1'] });
    expect(result.orphaned).toBeGreaterThan(0);
  });

  it('hold as many packets each as the device is said to queue', async () => {
    expect(await inside('rings')).toEqual({ held: [50, 50] });
  });

  it('are refused where they are none, or another’s; the last takes the device along', async () => {
    const wrong = ['RangeError', 'RangeError', 'RangeError'];
    expect(await inside('queues')).toEqual({
      refused: 'EBUSY',
      wrong,
      queueLength: 30_000,
      left: false,
    });
  });
});
