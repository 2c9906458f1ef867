/**
 * The notes on SO_REUSEADDR and SO_REUSEPORT: who may have one port, how its SYNs are shared, and
 * what a listener takes along when it leaves.
 */
import { describe, expect, test } from 'vitest';
import { setEndpoint } from '../../host-web/core.ts';
import {
  ack,
  data,
  decode,
  encode,
  type Host,
  listening,
  Option,
  Peer,
  Result,
  rst,
  Setting,
  type Stack,
  State,
  syn,
  synAck,
} from '../dsl/index.ts';
import { octetsOf } from '../dsl/stack.ts';
import { door } from './pair.ts';

const BACKLOG = 64;

/** So many listeners on port 80. */
function sharing(count: number) {
  const made = listening({
    set: [[Option.REUSE_PORT, 1]],
    backlog: BACKLOG,
    limits: { children: 256, connections: 300 },
  });
  const listeners = [made.listener];
  while (listeners.length < count) {
    const another = made.listener.another();
    another.setOption(Option.REUSE_PORT, 1);
    expect(another.listen(80, { backlog: BACKLOG })).toBe(0);
    listeners.push(another);
  }
  return { stack: made.stack, listeners };
}

const peersOf = (stack: Stack, count: number): Peer[] =>
  Array.from({ length: count }, (_, i) => new Peer(stack, { port: 30_000 + 7 * i }));

function open(peer: Peer): void {
  peer.send(syn({ seq: 0 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  peer.send(ack({ seq: 1, ack: 1 }));
}

/** Remote ports of what each listener has to accept; nothing is accepted twice. */
const accepted = (listeners: readonly Host[]) =>
  listeners.map((listener) => {
    const hosts: Host[] = [];
    for (let host = listener.accept(); host !== null; host = listener.accept()) hosts.push(host);
    return hosts;
  });

// Sharing ------------------------------------------------------------------------------------

describe('several listeners on one port share its SYNs', () => {
  /**
   * Who of four listeners gets each of so many tuples: the depths of their SYN queues tell, at a
   * core's door.
   */
  function shares(seed: number, count: number, leaver = -1): number[] {
    const core = door('10.0.0.1', seed, { connections: 16, listeners: 8, children: 8, pages: 64 });
    core.set(Setting.SYN_COOKIES, 0);
    const listeners = [0, 1, 2, 3].map(() => {
      const handle = core.create();
      core.setOption(handle, Option.REUSE_PORT, 1);
      setEndpoint(core, null, 80, null, 0);
      expect(core.listen(handle, 4)).toBe(0);
      return handle;
    });
    if (leaver >= 0) core.release(listeners[leaver]!);
    return Array.from({ length: count }, (_, i) => {
      const flow = {
        source: Uint8Array.of(10, 1, i >> 8, i),
        destination: octetsOf('10.0.0.1'),
        sourcePort: 1024 + (i % 50_000),
        destinationPort: 80,
      };
      const give = (packet: Uint8Array) => {
        core.receiveWindow.set(packet);
        core.input(packet.length, 0);
      };
      give(encode(syn({ seq: 0 }), flow));
      const { seq } = decode(core.transmitWindow.subarray(0, core.output()));
      give(encode(ack({ seq: 1, ack: (seq + 1) >>> 0 }), flow));
      const who = listeners.findIndex((handle) => {
        const got = core.accept(handle);
        if (got > 0) core.abort(got);
        if (got > 0) core.release(got);
        return got > 0;
      });
      while (core.output() !== 0);
      while (core.signal() !== 0);
      return who;
    });
  }

  test('evenly: four thousand tuples over four listeners, by chi-square', () => {
    const counts = [0, 0, 0, 0];
    for (const who of shares(1, 4000)) counts[who]! += 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // Three degrees of freedom: 99.9 % stay below.
    expect(chiSquare).toBeLessThan(16.27);
  });

  test('by a hash of the tuple: the same tuple comes to the same listener each time', () => {
    expect(shares(1, 500)).toEqual(shares(1, 500));
  });

  test('with a key: under another seed the same tuples go elsewhere', () => {
    const [one, other] = [shares(1, 1000), shares(2, 1000)];
    const same = one.filter((who, i) => who === other[i]).length;
    // A quarter of them agree by chance.
    expect(same).toBeGreaterThan(190);
    expect(same).toBeLessThan(310);
  });

  test('a listener that leaves: its tuples are shared among the rest, all others stay', () => {
    const [before, after] = [shares(1, 1000), shares(1, 1000, 2)];
    const moved = before.filter((who, i) => who !== after[i]);
    expect(new Set(moved)).toEqual(new Set([2]));
    expect(moved.length).toBe(before.filter((who) => who === 2).length);
    const heirs = new Set(after.filter((_, i) => before[i] === 2));
    expect(heirs).toEqual(new Set([0, 1, 3]));
  });
});

describe('a listener that leaves takes only its own queue along', () => {
  test('connections nobody accepted are reset, entries forgotten: its own, no others', () => {
    const { stack, listeners } = sharing(3);
    const peers = peersOf(stack, 60);
    for (const peer of peers.slice(0, 40)) open(peer);
    for (const peer of peers.slice(40)) peer.send(syn({ seq: 0 }));
    for (const peer of peers) peer.take();
    const depths = listeners.map((listener) => [
      listener.look('receiveQueue'),
      listener.look('synQueue'),
    ]);
    expect(depths.every(([queue, synQueue]) => queue! > 0 && synQueue! > 0)).toBe(true);
    listeners[1]!.close();
    const heard = peers.map((peer) => peer.take().map(({ ctl }) => ctl & rst().ctl));
    expect(heard.flat()).toHaveLength(depths[1]![0]!);
    expect([0, 2].map((i) => listeners[i]!.look('receiveQueue'))).toEqual([
      depths[0]![0],
      depths[2]![0],
    ]);
    expect([0, 2].map((i) => listeners[i]!.look('synQueue'))).toEqual([
      depths[0]![1],
      depths[2]![1],
    ]);
  });

  test('connections it had accepted go on', () => {
    const { stack, listeners } = sharing(2);
    const peers = peersOf(stack, 12);
    for (const peer of peers) open(peer);
    const hosts = accepted(listeners);
    expect(Math.min(...hosts.map(({ length }) => length))).toBeGreaterThan(0);
    listeners[0]!.close();
    for (const peer of peers) peer.send(data('x', { seq: 1, ack: 1 }));
    expect(hosts.flat().map((host) => host.read())).toEqual(Array(12).fill('x'));
  });

  test('new SYNs all go to those that stay', () => {
    const { stack, listeners } = sharing(2);
    listeners[0]!.close();
    for (const peer of peersOf(stack, 20)) open(peer);
    expect(listeners[1]!.look('receiveQueue')).toBe(20);
  });

  test('a cookie made for one that has left is good at another', () => {
    const { stack, listeners } = sharing(2);
    stack.core.set(Setting.SYN_COOKIES, 2);
    const peers = peersOf(stack, 20);
    for (const peer of peers) peer.send(syn({ seq: 0 }));
    listeners[0]!.close();
    for (const peer of peers) peer.send(ack({ seq: 1, ack: 1 }));
    expect(listeners[1]!.look('receiveQueue')).toBe(20);
  });
});

// Who may ------------------------------------------------------------------------------------

describe('a port that is taken', () => {
  test.each([
    [false, false, -Result.ADDRESS_IN_USE],
    [true, false, -Result.ADDRESS_IN_USE],
    [false, true, -Result.ADDRESS_IN_USE],
    [true, true, 0],
  ])('REUSE_PORT first %s, second %s: %i', (first, second, answer) => {
    const { listener } = listening(first ? { set: [[Option.REUSE_PORT, 1]] } : {});
    const another = listener.another();
    if (second) another.setOption(Option.REUSE_PORT, 1);
    expect(another.listen(80)).toBe(answer);
  });

  test('by connections only is free: a restarted server needs no option to listen', () => {
    const { stack, listeners } = sharing(1);
    const peers = peersOf(stack, 3);
    for (const peer of peers) open(peer);
    const [hosts] = accepted(listeners);
    listeners[0]!.release();
    stack.handles.delete(listeners[0]!.handle);
    const again = hosts![0]!.another();
    expect(again.listen(80)).toBe(0);
    expect(hosts!.map((host) => host.look('state'))).toEqual(Array(3).fill(State.ESTABLISHED));
  });
});
