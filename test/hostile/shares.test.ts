/**
 * Buffers that many hold and nobody reads: each is legal, and together they would have every page
 * of the stack. One honest client beside them, in virtual time, does as well as alone, or gets a
 * share of what hundreds have left.
 */
import { expect, test } from 'vitest';
import { Counter, data, established } from '../dsl/index.ts';
import { compare, readThenStop, unread } from './bystander.ts';

/** More connections than there are pages. */
const MANY = { connections: 20_000, children: 4096 };

test('hostile 16n: 720 that never read leave others their goodput and latency', async () => {
  const { drops, up, down, slowest } = await compare({}, unread(720, 400_000));
  // No octet that was offered room was refused it.
  expect(drops).toBe(0n);
  expect(Math.min(up, down, 1 / slowest)).toBeGreaterThanOrEqual(0.9);
});

test('hostile 16n: text beyond a share is answered, though there is no room for it', () => {
  const { stack, host, peer } = established({ mss: 1460, limits: { pages: 8 } });
  let edge = 1;
  const drops = () => stack.counter(Counter.TcpExtTCPRcvQDrop);
  for (; drops() === 0 && edge < 65_000; edge += 1460) {
    peer.take();
    peer.send(data(1460, { seq: edge, ack: 1 }));
  }
  expect(drops()).toBe(1);
  const refused = (host.look('rcvNxt') - peer.isn) >>> 0;
  expect(peer.take().at(-1)).toMatchObject({ ack: refused, text: '' });
  // In order or not; once there is room all goes on.
  peer.send(data(1460, { seq: refused, ack: 1 }));
  expect(peer.take()).toHaveLength(1);
  host.read();
  peer.take();
  peer.send(data(1460, { seq: refused, ack: 1 }));
  expect(host.read()).toBe(data(1460, { seq: refused }).text);
});

test.each([1, 300, 2048])(
  'hostile 16o: 16,384 connections that hold %i octets each take no page',
  async (octets) => {
    const { held, up, down, slowest } = await compare(MANY, unread(16_384, octets));
    expect(held).toEqual({ pages: 0, blocks: 16_384 });
    expect(Math.min(up, down, 1 / slowest)).toBeGreaterThanOrEqual(0.9);
  },
);

test('hostile 16o: 16,384 that fill a page each leave a quarter of all pages', async () => {
  const { held, up, down, slowest } = await compare(MANY, unread(16_384, 4096));
  expect(held).toEqual({ pages: 12_288, blocks: 4096 });
  expect(Math.min(up, down, 1 / slowest)).toBeGreaterThanOrEqual(0.9);
});

// Each holds its share whole: what has arrived out of order is kept. Bulk from the server finds
// little beside that, yet some.
test.each([
  [60, 400, 0.9, 0.1],
  [300, 300, 0.3, 0.01],
])(
  'hostile 16p: %i that read %i ms and then stop: requests are answered as soon as ever',
  async (count, ms, leastUp, leastDown) => {
    const { up, down, slowest } = await compare({}, readThenStop(count, ms));
    expect(slowest).toBeLessThanOrEqual(1 / 0.9);
    expect(up).toBeGreaterThanOrEqual(leastUp);
    expect(down).toBeGreaterThanOrEqual(leastDown);
  },
  60_000,
);
