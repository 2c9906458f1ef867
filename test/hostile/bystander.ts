/**
 * An honest client beside many connections that hold the server's memory: what it gets of bulk data
 * both ways and how long its requests take, on virtual time.
 */
import { expect } from 'vitest';
import { createStackSync, type RawConnection, VirtualClock } from '../../host-web/index.ts';
import type { Limits } from '../../host-web/core.ts';
import { link } from '../../host-web/sim/index.ts';
import { coreModule } from '../core-module.ts';

/** 100 Mbit/s and 20 ms of round trip: 250,000 octets are on their way. */
const LINE = { rate: '100mbit', delay: 10, limit: 300 };
const CHUNK = 65_536;
/** Pools of a core. */
const [PAGES, BLOCKS] = [5, 10];

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

export type Stacks = ReturnType<typeof twoStacks>;

/** Makes connections that hold memory, and lets time pass until they do. */
export type Holders = (stacks: Stacks) => Promise<void>;

/** Opens a connection that sends as much as it may, up to so many octets. */
function pour({ client }: Stacks, octets: number): RawConnection {
  const connection = client.openConnection('10.0.0.2:9');
  let left = octets;
  connection.onOpened = connection.onWritable = () => {
    while (left > 0) {
      const taken = connection.send(new Uint8Array(Math.min(left, CHUNK)));
      if (taken <= 0) return;
      left -= taken;
    }
  };
  return connection;
}

/** So many connections that each send so many octets, which nobody reads. */
export function unread(count: number, octets: number): Holders {
  return async (stacks) => {
    const listener = stacks.server.openListener({ port: 9, backlog: 1024 });
    let accepted = 0;
    listener.onAcceptable = () => {
      while (listener.accept() !== null) accepted++;
    };
    for (let i = 0; i < count; i++) {
      pour(stacks, octets);
      if (i % 256 === 255) await stacks.clock.run(100);
    }
    await stacks.clock.run(20_000);
    expect(accepted).toBe(count);
  };
}

/**
 * So many connections, one after the other, whose users read everything for so many milliseconds,
 * until their windows have grown, and then nothing more.
 */
export function readThenStop(count: number, ms: number): Holders {
  return async (stacks) => {
    const into = new Uint8Array(CHUNK);
    const listener = stacks.server.openListener({ port: 9, backlog: 1024 });
    const reading: RawConnection[] = [];
    listener.onAcceptable = () => {
      const connection = listener.accept()!;
      reading.push(connection);
      connection.onReadable = () => {
        while (connection.receive(into) > 0);
      };
    };
    const stop = () => {
      for (const connection of reading.splice(0)) connection.onReadable = () => {};
    };
    for (let i = 0; i < count; i++) {
      pour(stacks, Infinity);
      await stacks.clock.run(ms);
      stop();
    }
    // What is late is accepted, and not read either.
    listener.onAcceptable = () => {
      while (listener.accept() !== null);
    };
    await stacks.clock.run(20_000);
  };
}

export interface Service {
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
  const fill = (to: { send(octets: Uint8Array): number }) => {
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
  upward.onOpened = upward.onWritable = () => fill(upward);
  const up = await goodput();
  upward.abort();
  await clock.run(1000);
  listen(11, (connection) => {
    connection.onWritable = () => fill(connection);
    fill(connection);
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

/** What the client gets alone and beside those, and what they hold by then. */
export async function compare(limits: Limits, holders: Holders) {
  const quiet = twoStacks(limits);
  const alone = await serve(quiet);
  quiet.end();
  const stacks = twoStacks(limits);
  await holders(stacks);
  const { core } = stacks.server;
  const held = { pages: core.used(PAGES), blocks: core.used(BLOCKS) };
  const drops = stacks.server.counters()['TcpExtTCPRcvQDrop'];
  const beside = await serve(stacks);
  stacks.end();
  expect(alone.up).toBeGreaterThan(80);
  expect(alone.down).toBeGreaterThan(80);
  const of = (figure: keyof Service) => beside[figure] / alone[figure];
  return { held, drops, up: of('up'), down: of('down'), slowest: of('slowest') };
}
