/** What siblings are asked about, and how much of it: the queues of a device without the device. */
import { afterEach, expect, it, vi } from 'vitest';
import { begin, Siblings, type Sharing, type Stray } from '../../host-node/siblings.ts';
import { PacketFlag } from '../../host-web/index.ts';

const made: Siblings[] = [];
let channels = 0;

afterEach(() => {
  vi.useRealTimers();
  for (const siblings of made.splice(0)) siblings.close();
});

function sharing(queues: number): Sharing {
  const channel = `test ${process.pid} ${channels++}`;
  const holders = new SharedArrayBuffer(4 * queues);
  return { index: 0, queues, channel, holders };
}

/** One of those who share, that takes the packets which begin with its own number. */
function join(shared: Sharing, index: number) {
  const siblings = Siblings.join({ ...shared, index }, () => {})!;
  made.push(siblings);
  const offered: Stray[] = [];
  const refused: Stray[] = [];
  siblings.serve({
    offer: (strays) => {
      offered.push(...strays);
      return [...strays.keys()].filter((i) => strays[i]!.packet[0] === index);
    },
    refused: (strays) => void refused.push(...strays),
  });
  return { siblings, offered, refused };
}

const packetFor = (index: number) => Uint8Array.of(index, 1, 2, 3);

it('each takes its own, and what nobody takes comes back with its flags', async () => {
  const shared = sharing(3);
  const [first, second, third] = [0, 1, 2].map((index) => join(shared, index));
  for (const index of [1, 2, 7]) {
    first!.siblings.keep(packetFor(index), PacketFlag.CHECKSUM_TRUSTED);
  }
  first!.siblings.ask();
  await expect.poll(() => first!.refused).toHaveLength(1);
  expect(first!.refused[0]).toEqual({
    packet: packetFor(7),
    flags: PacketFlag.CHECKSUM_TRUSTED,
  });
  expect(first!.siblings).toMatchObject({ asked: 3, taken: 2, dropped: 0 });
  expect(second!.offered).toHaveLength(3);
  expect(third!.offered).toHaveLength(3);
});

it('nobody is there: what is none of ours comes back at once', () => {
  const alone = join(sharing(2), 0);
  expect(alone.siblings.isAny).toBe(false);
  alone.siblings.keep(packetFor(1), 0);
  alone.siblings.ask();
  expect(alone.refused).toHaveLength(1);
});

it('a flood of strays costs siblings a bounded share, and the rest is counted', () => {
  const shared = sharing(2);
  const first = join(shared, 0);
  join(shared, 1);
  for (let batch = 0; batch < 1000; batch++) {
    for (let i = 0; i < 512; i++) first.siblings.keep(packetFor(7), 0);
    first.siblings.ask();
  }
  const { asked, dropped } = first.siblings;
  expect(asked + dropped).toBe(512_000);
  // So many batches wait for an answer at a time, each of so many packets.
  expect(asked).toBeLessThanOrEqual(16 * 64);
  expect(asked).toBeGreaterThanOrEqual(64);
});

it('what siblings take is no flood, however much of it there is', async () => {
  const shared = sharing(2);
  const first = join(shared, 0);
  join(shared, 1);
  for (let batch = 1; batch <= 200; batch++) {
    for (let i = 0; i < 64; i++) first.siblings.keep(packetFor(1), 0);
    first.siblings.ask();
    await expect.poll(() => first.siblings.taken, { interval: 1 }).toBe(64 * batch);
  }
  expect(first.siblings.dropped).toBe(0);
});

it('a sibling that is busy is not taken for one that has no such connection', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const shared = sharing(2);
  const first = join(shared, 0);
  // Its slot is this thread's, which lives; it never answers.
  new Int32Array(shared.holders)[1] = new Int32Array(shared.holders)[0]!;
  first.siblings.keep(packetFor(1), 0);
  first.siblings.ask();
  vi.runAllTimers();
  expect(first.refused).toEqual([]);
  expect(first.siblings.dropped).toBe(1);
  expect(first.siblings.isAny).toBe(true);
});

it('a thread that is gone is waited for once', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const shared = sharing(2);
  const first = join(shared, 0);
  // Beyond the largest number a thread can have.
  new Int32Array(shared.holders)[1] = (1 << 22) + 1;
  first.siblings.keep(packetFor(1), 0);
  first.siblings.ask();
  expect(first.refused).toEqual([]);
  vi.runAllTimers();
  expect(first.refused).toHaveLength(1);
  expect(first.siblings.isAny).toBe(false);
});

it('a queue is one thread’s at a time, and free once that has left', () => {
  const shared = sharing(2);
  begin(shared);
  const second = join(shared, 1);
  expect(Siblings.join({ ...shared, index: 1 }, () => {})).toBeUndefined();
  second.siblings.close();
  join(shared, 1);
});
