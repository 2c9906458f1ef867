/** Programs of one stack that speak with each other over its loopback, in every API. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Net, netFor, type Socket } from '../../host-node/net/index.ts';
import { createStackSync, pipe, type Stack, VirtualClock } from '../../host-web/index.ts';
import { coreModule } from '../core-module.ts';
import { fate, readAll, string, text } from './world.ts';

let stacks: Stack[] = [];
/** Packets that have left a stack. */
let left = 0;

/** A stack, behind a link where it has addresses. */
function make(options: { address?: string[]; clock?: VirtualClock } = {}): Stack {
  const stack = createStackSync({ module: coreModule, ...options });
  stacks.push(stack);
  if (options.address === undefined) return stack;
  const [one, other] = pipe();
  stack.attach(one);
  other.attach({
    memory: new ArrayBuffer(2 ** 18),
    receiveAt: 64,
    receiveSize: 65_600,
    transmitAt: 2 ** 17,
    input: () => left++,
    pump: () => {},
    ended: () => {},
    lost: () => {},
  });
  return stack;
}

/** Greets whoever comes; that the test ends before they do is not what is tested. */
function greet(socket: Socket): void {
  socket.on('error', () => {});
  socket.end('hello');
}

afterEach(async () => {
  for (const stack of stacks) await stack.close();
  stacks = [];
  expect(left).toBe(0);
});

describe.each([
  ['a stack without address or link', undefined],
  ['a stack with a link', ['10.0.0.1/24', 'fd00::1/64']],
])('%s', (_, address) => {
  const options = address === undefined ? {} : { address };

  it.each(['127.0.0.1', '127.9.9.9', '::1'])('streams: a server on %s', async (host) => {
    const clock = new VirtualClock();
    const stack = make({ ...options, clock });
    const listener = stack.listen({ port: 7, hostname: host });
    const socket = stack.connect({ hostname: host, port: 7 });
    await clock.runUntil(() => socket.state === 'ESTABLISHED', 100);
    const server = await listener.accept();
    void socket.writable.getWriter().write(text('to ourselves'));
    void socket.close();
    const all = readAll(server.readable);
    await clock.run(100);
    expect(await all).toBe('to ourselves');
    expect(clock.now()).toBeLessThan(200);
  });

  it.each(['127.0.0.1:9', '[::1]:9'])('nobody listens on %s: refused at once', async (to) => {
    const clock = new VirtualClock();
    const stack = make({ ...options, clock });
    const socket = stack.connect(to);
    await clock.run(10);
    expect(await fate(socket.opened)).toBe('ECONNREFUSED');
  });

  const own = address === undefined ? [] : ['10.0.0.1', 'fd00::1'];
  const hosts = ['127.0.0.1', '::1', ...own];
  it.each(hosts)('each of many pings to %s at once has its reply', async (host) => {
    const clock = new VirtualClock();
    const stack = make({ ...options, clock });
    const pings = Array.from({ length: 20 }, (_, i) => stack.ping(host, { size: i }));
    // One of a callback as well, where the pump runs already.
    const late = pings[0]!.then(() => stack.ping(host, { size: 99 }));
    await clock.run(10);
    const replies = await Promise.all([...pings, late]);
    expect(replies.map(({ size }) => size)).toEqual([...pings.keys(), 99]);
    expect(new Set(replies.map(({ from }) => from))).toEqual(new Set([host]));
  });

  it.each(['127.0.0.1', '::1'])('a ping to %s comes back, of any size', async (host) => {
    const clock = new VirtualClock();
    const stack = make({ ...options, clock });
    for (const size of [0, 56, 65_507]) {
      const reply = stack.ping(host, { size });
      await clock.run(10);
      expect(await reply).toMatchObject({ from: host, size, time: 0 });
    }
  });

  it('node:net: a port without a host is the loopback, as is localhost', async () => {
    const net: Net = netFor(make(options));
    const server = net.createServer(greet);
    server.listen(9);
    await once(server, 'listening');
    for (const to of [[9], [9, 'localhost'], [{ port: 9 }], [{ port: 9, family: 6 }]]) {
      const client = net.connect(...to);
      const [chunk] = await once(client, 'data');
      expect(string(chunk)).toBe('hello');
      const expected = JSON.stringify(to).includes('family') ? '::1' : '127.0.0.1';
      expect(client.remoteAddress).toBe(expected);
      expect(client.localAddress).toBe(expected);
      client.destroy();
    }
    server.close();
  });

  it.each([
    ['localhost', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
  ])('node:net: a server listens on %s', async (host, address) => {
    const net: Net = netFor(make(options));
    const server = net.createServer(greet);
    server.listen({ port: 9, host });
    await once(server, 'listening');
    expect((server.address() as AddressInfo).address).toBe(address);
    const client = net.connect(9, host);
    const [chunk] = await once(client, 'data');
    expect(string(chunk)).toBe('hello');
    client.destroy();
    server.close();
  });

  it('node:net: nobody listens: refused', async () => {
    const net: Net = netFor(make(options));
    const [error] = await once(net.connect(9), 'error');
    expect(error.code).toBe('ECONNREFUSED');
    // As Node's own: both addresses of localhost are tried.
    expect(error.errors).toMatchObject([
      { code: 'ECONNREFUSED', address: '127.0.0.1', port: 9 },
      { code: 'ECONNREFUSED', address: '::1', port: 9 },
    ]);
  });
});
