/**
 * Buffers that many hold and nobody reads: each is legal, and together they would have every page
 * of the stack. One honest transfer beside them, in virtual time, does as well as alone.
 */
import { expect, test } from 'vitest';
import { createStackSync, type RawConnection, VirtualClock } from '../../host-web/index.ts';
import type { Limits } from '../../host-web/core.ts';
import { link } from '../../host-web/sim/index.ts';
import { coreModule } from '../core-module.ts';
import { Counter, data, established } from '../dsl/index.ts';

/** 100 Mbit/s and 20 ms of round trip: 250,000 octets are on their way. */
const LINE = { rate: '100mbit', delay: 10, limit: 300 };
const [PAGES, BLOCKS] = [5, 10];
const CHUNK = 65_536;

/** A client's stack, which has what it takes, and the server's, which has what `limits` say. */
function twoStacks(limits: Limits) {
  const clock = new VirtualClock();
  const stack = (host: number, own: Limits) =>
    createStackSync({
      address: `10.0.0.${host}/24`,
      clock,
      module: coreModule,
      seed: new Uint8Array(32).fill(host),
      limits: own,
    });
  const client = stack(1, { ...limits, pages: 65_536 });
  const server = stack(2, limits);
  const network = link(client, server, LINE);
  return { clock, client, server, end: () => network.close() };
}

type Stacks = ReturnType<typeof twoStacks>;

/** Opens so many connections to a listener that reads nothing; each sends as much as it may. */
async function hold({ clock, client, server }: Stacks, { count, octets }: Holders) {
  const listener = server.openListener({ port: 9, backlog: 1024 });
  let accepted = 0;
  listener.onAcceptable = () => {
    while (listener.accept() !== null) accepted++;
  };
  for (let i = 0; i < count; i++) {
    const connection = client.openConnection('10.0.0.2:9');
    let left = octets;
    const fill = () => {
      while (left > 0) {
        const taken = connection.send(new Uint8Array(Math.min(left, CHUNK)));
        if (taken <= 0) return;
        left -= taken;
      }
    };
    connection.onOpened = connection.onWritable = fill;
    if (i % 256 === 255) await clock.run(100);
  }
  await clock.run(20_000);
  expect(accepted).toBe(count);
}

interface Holders {
  readonly count: number;
  /** Octets each would send. */
  readonly octets: number;
}

interface Service {
  /** Mbit/s to the server, and from it. */
  readonly up: number;
  readonly down: number;
  /** Milliseconds of the slowest of fifty requests of 1000 octets with an answer as long. */
  readonly slowest: number;
}

/** What an honest client gets: bulk data both ways, one after the other, and fifty requests. */
async function serve({ clock, client, server }: Stacks): Promise<Service> {
  const into = new Uint8Array(CHUNK);
  const chunk = new Uint8Array(CHUNK);
  let read = 0;
  const drain = (from: { receive(into: Uint8Array): number }) => {
    for (let n = from.receive(into); n > 0; n = from.receive(into)) read += n;
  };
  const pour = (to: { send(octets: Uint8Array): number }) => {
    while (to.send(chunk) === CHUNK);
  };
  const listen = (port: number, use: (connection: RawConnection) => void) => {
    const listener = server.openListener({ port });
    listener.onAcceptable = () => use(listener.accept()!);
  };
  const goodput = async () => {
    await clock.run(2000);
    const before = read;
    await clock.run(4000);
    return ((read - before) * 8) / 4e6;
  };
  listen(10, (connection) => {
    connection.onReadable = () => drain(connection);
  });
  const upward = client.openConnection('10.0.0.2:10');
  upward.onOpened = upward.onWritable = () => pour(upward);
  const up = await goodput();
  upward.abort();
  await clock.run(1000);
  listen(11, (connection) => {
    connection.onWritable = () => pour(connection);
    pour(connection);
  });
  const downward = client.openConnection('10.0.0.2:11');
  downward.onReadable = () => drain(downward);
  const down = await goodput();
  downward.abort();
  await clock.run(1000);
  listen(12, (connection) => {
    connection.onReadable = () => {
      const n = connection.receive(into);
      if (n > 0) connection.send(into.subarray(0, n));
    };
  });
  let slowest = 0;
  for (let i = 0; i < 50; i++) {
    const begin = clock.now();
    const asking = client.openConnection('10.0.0.2:12');
    let [got, at] = [0, 0];
    asking.onOpened = () => asking.send(chunk.subarray(0, 1000));
    asking.onReadable = () => {
      got += Math.max(asking.receive(into), 0);
      if (got === 1000) at = clock.now();
    };
    await clock.run(100);
    expect(got).toBe(1000);
    slowest = Math.max(slowest, at - begin);
    asking.abort();
  }
  return { up, down, slowest };
}

async function compare(limits: Limits, holders: Holders) {
  const quiet = twoStacks(limits);
  const alone = await serve(quiet);
  quiet.end();
  const stacks = twoStacks(limits);
  await hold(stacks, holders);
  const { core } = stacks.server;
  const held = { pages: core.used(PAGES), blocks: core.used(BLOCKS) };
  const drops = stacks.server.counters()['TcpExtTCPRcvQDrop'];
  const beside = await serve(stacks);
  stacks.end();
  expect(alone.up).toBeGreaterThan(80);
  expect(alone.down).toBeGreaterThan(80);
  expect(beside.up).toBeGreaterThanOrEqual(0.9 * alone.up);
  expect(beside.down).toBeGreaterThanOrEqual(0.9 * alone.down);
  expect(beside.slowest).toBeLessThanOrEqual(alone.slowest / 0.9);
  return { held, drops };
}

test('hostile 16n: 720 that never read leave others their goodput and latency', async () => {
  const { drops } = await compare({}, { count: 720, octets: 400_000 });
  // No octet that was offered room was refused it.
  expect(drops).toBe(0n);
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

test('hostile 16o: 16,384 connections that hold an octet each take no page', async () => {
  const limits = { connections: 20_000, children: 4096 };
  const { held } = await compare(limits, { count: 16_384, octets: 1 });
  expect(held).toEqual({ pages: 0, blocks: 16_384 });
});
