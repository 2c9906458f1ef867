/**
 * Goodput where a send buffer that its user has chosen is what limits it: a user who writes
 * whenever there is room keeps the pipe full. All else is a default.
 */
import { expect, test } from 'vitest';
import type { VirtualClock } from '../../host-web/index.ts';
import { connected, world } from './world.ts';

const ROUND_TRIP = 100;
/** A line a little faster than a full buffer each round trip: it spreads the segments evenly. */
const LINK = { delay: ROUND_TRIP / 2, rate: '45mbit' };
/** The send buffer, octets. */
const BUFFER = 524_288;
/** Milliseconds for slow start, and those that are measured. */
const BEFORE = 3000;
const MEASURED = 3000;

/** A transfer that goes on until its clock does not: the clock, and octets read so far. */
interface Transfer {
  readonly clock: VirtualClock;
  readonly read: () => number;
  readonly end: () => void;
}

/** Writes of `size` octets, each as soon as the one before it is taken. */
async function byCallbacks(size: number): Promise<Transfer> {
  const { clock, a, b, network } = await world(LINK);
  const listener = b.openListener({ port: 7 });
  const client = a.openConnection('10.0.0.2:7', { sendBuffer: BUFFER });
  let read = 0;
  listener.onAcceptable = () => {
    const server = listener.accept();
    if (server === null) return;
    const into = new Uint8Array(65_536);
    const drain = (): void => {
      for (let n = server.receive(into); n > 0; n = server.receive(into)) read += n;
    };
    server.onReadable = drain;
    drain();
  };
  const chunk = new Uint8Array(size);
  client.onOpened = client.onWritable = () => {
    while (client.send(chunk) === size);
  };
  return { clock, read: () => read, end: () => network.close() };
}

async function byStreams(size: number): Promise<Transfer> {
  const { clock, client, server, network } = await connected(LINK, { sendBuffer: BUFFER });
  const writer = client.writable.getWriter();
  const chunk = new Uint8Array(size);
  let read = 0;
  let isOver = false;
  void (async () => {
    while (!isOver) await writer.write(chunk);
  })().catch(() => {});
  void server.readable
    .pipeTo(
      new WritableStream({
        write(octets) {
          read += octets.length;
        },
      }),
    )
    .catch(() => {});
  const end = (): void => {
    isOver = true;
    network.close();
  };
  return { clock, read: () => read, end };
}

test.each(['callbacks', 'streams'])('%s: 95 %% of the send buffer a round trip', async (way) => {
  const begin = way === 'streams' ? byStreams : byCallbacks;
  for (const size of [1000, 16_384, 65_536, 1 << 20]) {
    const { clock, read, end } = await begin(size);
    await clock.run(BEFORE);
    const before = read();
    await clock.run(MEASURED);
    const goodput = (read() - before) / MEASURED;
    end();
    expect(goodput).toBeGreaterThanOrEqual((0.95 * BUFFER) / ROUND_TRIP);
  }
});
