/**
 * The loopback (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3): a link of its own, whose addresses are every
 * stack's, whose packets never leave and never come from a wire.
 */
import { describe, expect, test } from 'vitest';
import { EchoReplyField, Memory } from '../host-web/abi.ts';
import { setEndpoint } from '../host-web/core.ts';
import {
  Counter,
  Host,
  listening,
  mapped,
  octetsOf,
  Peer,
  pattern,
  Result,
  Setting,
  Signal,
  Stack,
  State,
  syn,
} from './dsl/index.ts';

/** A stack that has no address but the loopback's. */
function bare() {
  const stack = new Stack({ ownAddress: null });
  return { stack, host: new Host(stack).create() };
}

/** A listener at `at`, and a connection to it from the same stack. */
function inside(stack: Stack, at: string | undefined, to: string, from?: string) {
  const listener = new Host(stack).create();
  expect(listener.listen(9, at === undefined ? {} : { address: at })).toBe(0);
  const client = new Host(stack).create();
  expect(client.connect(to, 9, from === undefined ? {} : { address: from })).toBe(0);
  const server = listener.accept() ?? stack.fail('nothing to accept');
  client.expect(State.ESTABLISHED);
  server.expect(State.ESTABLISHED);
  return { listener, client, server };
}

/** The addresses STATUS tells of: local and remote. */
function ends(host: Host): string[] {
  host.status();
  const { octets } = host.stack.core;
  return [Memory.STATUS, Memory.STATUS + 16].map((at) => octets.slice(at, at + 16).join());
}

describe.each([
  ['127.0.0.1', '127.0.0.1', 65_495],
  ['127.0.0.77', '127.0.0.1', 65_495],
  ['127.255.255.254', '127.0.0.1', 65_495],
  ['::1', '::1', 65_476],
] as const)('%s', (to, from, mss) => {
  test.each([
    ['any address', undefined],
    ['itself', to],
  ])('RFC 1122 §3.2.1.3b: a program listens on %s and connects, and no packet leaves', (_, at) => {
    const { stack } = bare();
    const { client, server } = inside(stack, at, to);
    expect(ends(client)).toEqual([from, to].map((text) => mapped(octetsOf(text)).join()));
    expect(ends(server)).toEqual([to, from].map((text) => mapped(octetsOf(text)).join()));
    let got = '';
    for (let round = 0; got.length < 200_000 && round < 100; round++) {
      if (round < 4) expect(client.write(50_000)).toBe(50_000);
      const text = server.read();
      if (typeof text === 'string') got += text;
    }
    expect(got === pattern(1, 200_000)).toBe(true);
    client.close();
    server.close();
    stack.wait(1);
    expect(stack.packets).toEqual([]);
    expect(stack.now).toBe(1);
  });

  test('its MTU is that of Linux, whatever the link has', () => {
    const { stack } = bare();
    stack.core.set(Setting.TIMESTAMPS, 0);
    const { client, server } = inside(stack, to, to);
    expect([client.look('smss'), server.look('smss')]).toEqual([mss, mss]);
    stack.core.set(Setting.MTU, 1280);
    expect(client.look('smss')).toBe(mss);
    client.write(mss);
    expect(stack.counter(Counter.TcpOutSegs)).toBeLessThan(8);
    server.read();
  });

  test('nobody listens: refused at once, by a stack with a link too', () => {
    const { stack, host } = listening();
    const client = host.another();
    expect(client.connect(to, 9)).toBe(0);
    client.expectSignal(Signal.CLOSED, Result.CONNECTION_REFUSED);
    stack.wait(200_000);
    expect(stack.strays).toEqual([]);
  });

  test('a ping comes back, of any size', () => {
    const { stack } = bare();
    const field = (name: keyof typeof EchoReplyField) =>
      stack.core.view.getUint32(Memory.ECHO_REPLY + EchoReplyField[name], true);
    for (const [i, size] of [0, 56, 1_473, 65_507].entries()) {
      setEndpoint(stack.core, null, 0, mapped(octetsOf(to)), 0);
      expect(stack.core.ping(7, size)).toBe(0);
      stack.pump();
      expect([field('count'), field('length')]).toEqual([i + 1, size]);
    }
    expect(stack.packets).toEqual([]);
  });

  test('each of several pings at once has its reply, of which a host sees one at a time', () => {
    const { stack } = bare();
    const field = (name: keyof typeof EchoReplyField) =>
      stack.core.view.getUint32(Memory.ECHO_REPLY + EchoReplyField[name], true);
    setEndpoint(stack.core, null, 0, mapped(octetsOf(to)), 0);
    for (const sequence of [7, 8, 9]) expect(stack.core.ping(sequence, 56)).toBe(0);
    const seen: number[][] = [];
    for (let more = 1; more !== 0; more = field('more')) {
      stack.pump();
      if (field('more') !== 0) expect(stack.deadline()).toBe(stack.now);
      seen.push([field('count'), field('sequence')]);
    }
    expect(seen.slice(0, 3)).toEqual([[1, 7], [2, 8], [3, 9]]);
    expect(field('count')).toBe(3);
  });

  test('from a wire it is nobody, as source and as destination', () => {
    const { stack } = listening();
    const v6 = to.includes(':');
    const before = stack.counter(Counter.IpInAddrErrors);
    new Peer(stack, { family: v6 ? 6 : 4, address: to }).send(syn({ seq: 0 }));
    new Peer(stack, { family: v6 ? 6 : 4, hostAddress: to }).send(syn({ seq: 0 }));
    expect(stack.used()[1]).toBe(0);
    expect(stack.strays).toEqual([]);
    expect(stack.counter(Counter.IpInAddrErrors) - before).toBe(2);
  });

  test('it can not be added as an address, and is no source for elsewhere', () => {
    const { stack, host } = listening();
    expect(stack.tryAddress(to, 8)).toBe(-Result.ADDRESS_IN_USE);
    const elsewhere = to.includes(':') ? 'fd00::2' : '10.0.0.2';
    expect(host.another().connect(elsewhere, 9, { address: to })).toBe(-Result.INVALID_ARGUMENT);
    const other = to.includes(':') ? '10.0.0.2' : 'fd00::2';
    expect(host.another().connect(other, 9, { address: to })).toBe(-Result.INVALID_ARGUMENT);
    stack.wait(10_000);
    expect(stack.strays).toEqual([]);
  });
});

test('an ICMP error from the wire does not reach a connection over the loopback', () => {
  const { stack } = listening();
  const { client } = inside(stack, '127.0.0.1', '127.0.0.1');
  const port = client.look('localPort');
  const quote = new Uint8Array(28);
  quote.set([0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
  const view = new DataView(quote.buffer);
  view.setUint16(20, port);
  view.setUint16(22, 9);
  view.setUint32(24, client.look('sndUna'));
  const peer = new Peer(stack);
  peer.icmp(3, 1, 0, quote);
  client.expectNoSignal(Signal.SOFT_ERROR);
  expect(stack.counter(Counter.IcmpInErrors)).toBe(1);
});

test('our other addresses are reached over the loopback, from themselves', () => {
  const { stack } = listening();
  stack.addAddress('10.0.0.3', 24);
  stack.core.set(Setting.TIMESTAMPS, 0);
  for (const to of ['10.0.0.1', '10.0.0.3', 'fd00::1']) {
    const { listener, client } = inside(stack, undefined, to);
    expect(ends(client)).toEqual([to, to].map((text) => mapped(octetsOf(text)).join()));
    expect(client.look('smss')).toBe(to.includes(':') ? 65_476 : 65_495);
    expect(listener.close()).toBe(0);
    listener.release();
  }
  expect(stack.strays).toEqual([]);
});

test('between the loopback and our other addresses connections are made both ways', () => {
  const { stack } = listening();
  inside(stack, '10.0.0.1', '10.0.0.1', '127.0.0.1');
  inside(stack, '127.0.0.5', '127.0.0.5', '10.0.0.1');
  expect(stack.strays).toEqual([]);
});

test('a connection to its own socket over the loopback is a simultaneous open with itself', () => {
  const { stack, host } = bare();
  expect(host.connect('127.0.0.1', 4_000, { port: 4_000 })).toBe(0);
  host.expect(State.ESTABLISHED);
  host.write('echo');
  expect(host.read()).toBe('echo');
  expect(stack.packets).toEqual([]);
});

test('a source route does not lead out of the loopback', () => {
  const { stack, host } = listening();
  const user = host.another();
  expect(user.sourceRoute([131, 7, 4, 10, 0, 0, 9])).toBe(0);
  for (const to of ['127.0.0.1', '10.0.0.1']) {
    expect(user.connect(to, 9)).toBe(-Result.INVALID_ARGUMENT);
  }
  expect(host.another().sourceRoute([131, 7, 4, 127, 0, 0, 1])).toBe(-Result.INVALID_ARGUMENT);
  expect(stack.strays).toEqual([]);
});
