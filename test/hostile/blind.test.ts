/**
 * Blind injection, and acknowledgments of ghosts (lines 8 and 9 of `cases.ts`): who cannot see a
 * connection must neither end it, nor feed it, nor learn of it, nor set two stacks on each other.
 */
import { expect, test } from 'vitest';
import {
  ack,
  closed,
  Counter,
  data,
  established,
  Host,
  listening,
  Peer,
  rst,
  Setting,
  State,
  SYNCHRONIZED,
  syn,
  synAck,
  timeWait,
} from '../dsl/index.ts';
import { ACK, aimed, FIN, RST, SYN } from '../fuzz/peer.ts';
import { LIMITS } from '../fuzz/limits.ts';
import { at, counter, send, Variant } from '../fuzz/scene.ts';
import { Aim } from '../fuzz/world.ts';
import { Pair } from './pair.ts';

test.each([
  ['RST', RST],
  ['SYN', SYN],
])('hostile 8b: %s at every window of sequence space', (_, ctl) => {
  const world = at('ESTABLISHED');
  const window = world.aim[Aim.rcvWnd]!;
  const first = (world.aim[Aim.rcvNxt]! + 1) >>> 0;
  const tries = Math.ceil(2 ** 32 / window);
  let answers = 0;
  for (let i = 0; i < tries; i++) {
    aimed(world, ctl);
    world.writer.seq = (first + i * window) >>> 0;
    answers += send(world);
  }
  // All in one instant: one challenge, and every other answer withheld.
  expect(answers).toBe(1);
  expect(counter(world, Counter.TcpExtTCPChallengeACK)).toBe(1);
  expect(world.aim[Aim.state]).toBe(State.ESTABLISHED);
});

// Two departures that must help nobody who is blind (RFC 5961 §5) ---------------------------

test.each<[string, number]>([
  ['CLOSE-WAIT', Variant.V4],
  ['CLOSING', Variant.V6],
  ['LAST-ACK', Variant.V4],
])('hostile 8b: %s: a sweep of RSTs finds two numbers, the FIN and the next', (...row) => {
  const world = at(...row);
  const start = world.save();
  const state = world.aim[Aim.state]!;
  const nxt = world.aim[Aim.rcvNxt]!;
  const window = world.aim[Aim.rcvWnd]!;
  const rst = (seq: number): number => {
    aimed(world, RST);
    world.writer.seq = seq >>> 0;
    return send(world);
  };
  let answers = 0;
  for (let offset = 1; offset < 2 ** 32; offset += window) answers += rst(nxt + offset);
  for (let offset = 2; offset < 70_000; offset++) answers += rst(nxt - offset);
  expect([answers, world.aim[Aim.state]]).toEqual([1, state]);
  for (const seq of [nxt - 1, nxt]) {
    world.restore(start);
    expect(rst(seq)).toBe(0);
    expect(world.aim[Aim.state]).toBe(State.CLOSED);
  }
});

test.each<[string, number]>([
  ['FIN-WAIT-1', Variant.V6],
  ['CLOSING', Variant.V4],
  ['LAST-ACK', Variant.V6],
])('hostile 8j: %s: an old segment moves nothing unless its ACK is exact', (...row) => {
  const world = at(...row);
  const start = world.save();
  const [state, una] = [world.aim[Aim.state], world.aim[Aim.una]];
  const nxt = world.aim[Aim.nxt]!;
  const rcvNxt = world.aim[Aim.rcvNxt]!;
  const late = (seq: number, number: number, ctl: number): void => {
    aimed(world, ctl);
    world.writer.seq = seq >>> 0;
    world.writer.ack = number >>> 0;
    send(world);
  };
  const expectUnmoved = () =>
    expect([world.aim[Aim.state], world.aim[Aim.una]]).toEqual([state, una]);
  // The peer's last octet again, with every ACK near SND.NXT and some from everywhere.
  for (let off = 1; off < 20_000; off++) {
    for (const far of [off, -off, off * 214_748]) late(rcvNxt - 1, nxt + far, ACK | FIN);
  }
  expectUnmoved();
  // The right ACK in each window of sequence space, but where the peer's own old segments can lie.
  const { receiveBuffer } = LIMITS as { receiveBuffer: number };
  const ahead = world.aim[Aim.rcvWnd]!;
  for (let off = ahead; off < 2 ** 32 - receiveBuffer - 1; off += receiveBuffer) {
    late(rcvNxt + off, nxt, ACK);
  }
  expectUnmoved();
  world.restore(start);
  late(rcvNxt - 1, nxt, ACK | FIN);
  expect(world.aim[Aim.state]).not.toBe(state);
});

test('hostile 8d: text with an ACK that was never due, at the right place, is not read', () => {
  const { stack, host, peer } = established({ window: 1000 });
  for (const number of [2, 0x4000_0000, 0x7fff_ffff, 0x8000_0001, -1000]) {
    peer.send(data('evil', { seq: 1, ack: number }));
  }
  peer.expect(ack({ seq: 1, ack: 1 }));
  expect(stack.counter(Counter.TcpExtTCPChallengeACK)).toBe(1);
  expect(stack.counter(Counter.TcpExtTCPACKSkipped)).toBe(4);
  expect(host.read()).toBe('');
  peer.send(data('good', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('good');
});

/** When challenges come, while a RST in the window arrives each millisecond. */
function challengeTimes(seed: number, count: number): number[] {
  const { stack, peer } = established({ seed });
  const times: number[] = [];
  while (times.length < count) {
    peer.send(rst({ seq: 100 }));
    times.push(...peer.take().map((segment) => segment.at));
    stack.wait(1);
  }
  return times;
}

test('hostile 8f: challenges come 250 to 500 ms apart, and never in step', () => {
  const times = challengeTimes(1, 21);
  const gaps = times.slice(1).map((time, i) => time - times[i]!);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(501);
  expect(new Set(gaps).size).toBeGreaterThan(15);
  expect(challengeTimes(2, 5)).not.toEqual(times.slice(0, 5));
});

test('CVE-2016-5696, hostile 8g: challenges of one connection cost no other its own', () => {
  const { stack, listener, peer } = established();
  const other = new Peer(stack, { port: 41_000 });
  other.send(syn({ seq: 0 }));
  other.expect(synAck({ seq: 0 }));
  other.send(ack({ seq: 1, ack: 1 }));
  listener.accept();
  for (let i = 0; i < 1000; i++) peer.send(rst({ seq: 100 + i }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  other.send(rst({ seq: 100 }));
  other.expect(ack({ seq: 1, ack: 1 }));
  expect(stack.counter(Counter.TcpExtTCPChallengeACK)).toBe(2);
  expect(stack.counter(Counter.TcpExtTCPACKSkipped)).toBe(999);
});

/** Two stacks with a connection that each believes to be further on than the other. */
function contradicting(delay: number): Pair {
  const pair = new Pair(delay, { settings: { [Setting.TIMESTAMPS]: 0 } });
  const listener = new Host(pair.b).create();
  listener.listen(80);
  const client = new Host(pair.a).create();
  client.connect('10.0.0.2', 80);
  pair.wait(4 * delay + 4);
  const server = listener.accept() ?? pair.b.fail('nothing to accept');
  const [one, two] = [client.status()!, server.status()!];
  pair.sent.length = 0;
  const text = 'x'.repeat(10);
  pair.forge(pair.a, one, data(text, { seq: one.rcvNxt, ack: one.sndNxt }));
  pair.forge(pair.b, two, data(text, { seq: two.rcvNxt, ack: two.sndNxt }));
  return pair;
}

test('hostile 8h: two stacks that acknowledge what neither sent fall silent at once', () => {
  const pair = contradicting(2);
  const began = pair.a.now;
  pair.wait(60_000);
  // Each: the delayed ACK of the forged text, and one challenge.
  expect(pair.sent).toHaveLength(4);
  expect(pair.sent.at(-1)! - began).toBeLessThan(100);
});

test('hostile 8h: over a path slower than the throttle they say little', () => {
  const pair = contradicting(300);
  pair.wait(60_000);
  expect(pair.sent.length).toBeLessThanOrEqual(4 * 60);
});

// Ghosts -----------------------------------------------------------------------------------

test('hostile 9a: ACKs below the window move nothing, those just within it do no harm', () => {
  const { stack, host, peer } = established({ window: 1000 });
  host.write('hello');
  peer.take();
  peer.send(ack({ seq: 1, ack: 1 - 1001, win: 9000 }));
  peer.expect(ack({ seq: 6, ack: 1 }));
  peer.send(ack({ seq: 1, ack: 1 - 1000, win: 9000 }));
  peer.expectNothing();
  expect(host.status()).toMatchObject({ sndWnd: 1000, sendQueue: 5, flightSize: 5 });
  expect(stack.counter(Counter.TcpExtTCPChallengeACK)).toBe(1);
});

test('hostile 9f: an old SYN,ACK in CLOSED and LISTEN is answered by a RST', () => {
  for (const { peer } of [closed(), listening()]) {
    peer.send(synAck({ seq: 0, ack: 7 }));
    peer.expect(rst({ seq: 7, ack: null }));
  }
});

test.each(Object.entries(SYNCHRONIZED))(
  'hostile 9f: an old SYN,ACK in %s is acknowledged and changes nothing',
  (name, state) => {
    const { host, peer } = state({ open: 'active' });
    const before = host.status()!;
    peer.send(synAck({ seq: 0, ack: 1, mss: 88, wscale: 14, win: 3 }));
    peer.expect(ack({ seq: (before.sndNxt - before.iss) >>> 0, ack: peer.next }));
    host.expect(State[name as keyof typeof State]);
    const { sndWnd, smss, sndShift } = before;
    expect(host.status()).toMatchObject({ sndWnd, smss, sndShift });
  },
);

test('hostile 9f: an old SYN,ACK in TIME-WAIT begins nothing, even beyond RCV.NXT', () => {
  const { stack, peer } = timeWait();
  for (const seq of [0, 100_000]) {
    peer.send(synAck({ seq, ack: 1 }));
    peer.expect(ack({ seq: 2, ack: 2 }));
    stack.wait(500);
  }
  expect(stack.used().slice(1, 3)).toEqual([0, 1]);
  expect(stack.counter(Counter.TcpExtTWRecycled)).toBe(0);
});
