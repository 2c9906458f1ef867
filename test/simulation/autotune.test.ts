/**
 * Buffers that tune themselves, between two stacks with nothing set: one flow fills a long fat
 * line, with and without timestamps, and who reads slowly is offered little.
 */
import { describe, expect, test } from 'vitest';
import {
  createStackSync,
  type CreateStackOptions,
  type Link,
  type TcpInfo,
  VirtualClock,
} from '../../host-web/index.ts';
import { link, type LinkOptions, simulatedLink } from '../../host-web/sim/index.ts';
import { coreModule } from '../core-module.ts';

/** Of a packet of 1500 octets, those that are data beside timestamps. */
const DATA = 1448 / 1500;
const CHUNK = 65_536;

/** One direction of bulk data; the reader may read only so much each time it looks. */
class Flow {
  readonly clock = new VirtualClock();
  readonly #network: { close(): void };
  readonly #sender: { info(): TcpInfo };
  #receiver: { info(): TcpInfo } | undefined;
  read = 0;

  constructor(line: LinkOptions, ofStacks: CreateStackOptions = {}, slowly?: [number, number]) {
    const [a, b] = [1, 2].map((host) =>
      createStackSync({
        address: `10.0.0.${host}/24`,
        clock: this.clock,
        module: coreModule,
        seed: new Uint8Array(32).fill(host),
        ...ofStacks,
      }),
    ) as [ReturnType<typeof createStackSync>, ReturnType<typeof createStackSync>];
    this.#network = link(a, b, line);
    const listener = b.openListener({ port: 7 });
    listener.onAcceptable = () => {
      const server = listener.accept()!;
      this.#receiver = server;
      const [octets, everyMs] = slowly ?? [CHUNK, 0];
      const into = new Uint8Array(octets);
      const once = () => {
        const n = server.receive(into);
        this.read += Math.max(n, 0);
        return n > 0;
      };
      const drain = () => {
        while (once());
      };
      if (slowly === undefined) server.onReadable = drain;
      const alarm = this.clock.alarm(() => {
        once();
        alarm.set(this.clock.now() + everyMs);
      });
      if (slowly !== undefined) alarm.set(this.clock.now() + everyMs);
    };
    const client = a.openConnection('10.0.0.2:7');
    this.#sender = client;
    const chunk = new Uint8Array(CHUNK);
    client.onOpened = client.onWritable = () => {
      while (client.send(chunk) === CHUNK);
    };
  }

  /** Mbit/s over so many seconds from now. */
  async goodput(seconds: number): Promise<number> {
    const before = this.read;
    await this.clock.run(1000 * seconds);
    return ((this.read - before) * 8) / seconds / 1e6;
  }

  get sender(): TcpInfo {
    return this.#sender.info();
  }

  get receiver(): TcpInfo {
    return this.#receiver!.info();
  }

  end(): void {
    this.#network.close();
  }
}

describe('one flow fills the line with nothing set', () => {
  test('1 Gbit/s x 100 ms: .85 of it from the fifth second on', async () => {
    const flow = new Flow({ rate: '1gbit', delay: 50, limit: 10_000 });
    await flow.goodput(4);
    expect(await flow.goodput(1)).toBeGreaterThanOrEqual(0.85 * 1000);
    // What is in flight is more than any buffer began with.
    expect(flow.receiver.rcvbuf).toBe(33_554_432);
    expect(flow.sender.sndbuf).toBe(16_777_216);
    flow.end();
  });

  test.each([
    ['timestamps', 1],
    ['no timestamps: a window is timed', 0],
  ])('100 Mbit/s x 100 ms, %s: .9 of it over ten seconds', async (_, timestamps) => {
    const sysctl = { tcp_timestamps: timestamps };
    const flow = new Flow({ rate: '100mbit', delay: 50, limit: 1_500 }, { sysctl });
    await flow.goodput(2);
    expect(await flow.goodput(10)).toBeGreaterThanOrEqual(0.9 * 100 * DATA);
    flow.end();
  });

  test('10 Mbit/s x 20 ms: the buffers stay what that line needs', async () => {
    const flow = new Flow({ rate: '10mbit', delay: 10, limit: 40 });
    expect(await flow.goodput(10)).toBeGreaterThanOrEqual(0.9 * 10 * DATA);
    expect(flow.sender.sndbuf).toBeLessThan(400_000);
    expect(flow.receiver.rcvbuf).toBeLessThan(700_000);
    flow.end();
  });
});

describe('what is not read is not asked for', () => {
  test('a slow reader is offered what a buffer begins with, and no more', async () => {
    const flow = new Flow({ rate: '100mbit', delay: 50 }, {}, [10_000, 100]);
    await flow.goodput(20);
    expect(flow.read).toBeGreaterThan(150 * 10_000);
    expect(flow.receiver.rcvbuf).toBe(131_072);
    // The sender holds two windows of what the peer takes.
    expect(flow.sender.sndbuf).toBeLessThanOrEqual(2 * 132_096);
    flow.end();
  });

  test('tcp_rmem and tcp_wmem bound both sides, and the most chooses the scale', async () => {
    const sysctl = {
      tcp_rmem: [4096, 65_536, 262_144],
      tcp_wmem: [4096, 16_384, 131_072],
    } as const;
    const flow = new Flow({ rate: '100mbit', delay: 50, limit: 1_500 }, { sysctl });
    const goodput = await flow.goodput(10);
    expect(flow.receiver.rcvbuf).toBeLessThanOrEqual(262_144);
    expect(flow.receiver.rcv_wscale).toBe(3);
    expect(flow.sender.sndbuf).toBe(131_072);
    // The send buffer is what limits it.
    expect(goodput).toBeLessThanOrEqual((131_072 * 8) / 0.1 / 1e6);
    expect(goodput).toBeGreaterThanOrEqual((0.9 * 131_072 * 8) / 0.1 / 1e6);
    flow.end();
  });
});

/** Segments that eight flows from A to B lose on a line whose queue holds so many packets. */
async function lossesOfEight(queue: number, isTold: boolean): Promise<number> {
  const clock = new VirtualClock();
  const [a, b] = [1, 2].map((host) =>
    createStackSync({
      address: `10.0.0.${host}/24`,
      clock,
      module: coreModule,
      seed: new Uint8Array(32).fill(host),
    }),
  ) as [ReturnType<typeof createStackSync>, ReturnType<typeof createStackSync>];
  const line = simulatedLink({ clock, delay: '8ms', rate: '200mbit', limit: queue });
  a.attach(line.a);
  b.attach(isTold ? withQueue(line.b, queue) : line.b);
  const listener = b.openListener({ port: 7, backlog: 8 });
  const into = new Uint8Array(CHUNK);
  listener.onAcceptable = () => {
    for (let server = listener.accept(); server !== null; server = listener.accept()) {
      const reader = server;
      reader.onReadable = () => {
        while (reader.receive(into) > 0);
      };
    }
  };
  const chunk = new Uint8Array(CHUNK);
  for (let flow = 0; flow < 8; flow++) {
    const client = a.openConnection('10.0.0.2:7');
    client.onOpened = client.onWritable = () => {
      while (client.send(chunk) === CHUNK);
    };
  }
  await clock.run(4000);
  await Promise.all([a.close(), b.close()]);
  return Number(a.counters()['TcpRetransSegs']);
}

/** A link whose other side can hold so many packets for its stack. */
function withQueue(inner: Link, queueLength: number): Link {
  return {
    mtu: inner.mtu,
    queueLength,
    attach: (port) => inner.attach(port),
    send: (length) => inner.send(length),
    flush: () => inner.flush?.(),
    close: () => inner.close(),
  };
}

test('the windows of many who read much fit together into the queue of the link', async () => {
  const queue = 2200;
  expect(await lossesOfEight(queue, false)).toBeGreaterThan(50);
  expect(await lossesOfEight(queue, true)).toBe(0);
});
