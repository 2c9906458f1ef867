/**
 * Numbers that could be guessed (line 21 of `cases.ts`), in masses: one that repeats, leans or
 * follows its neighbour is one that somebody can compute from outside.
 */
import { expect, test } from 'vitest';
import { Setting } from '../../host-web/abi.ts';
import {
  ack,
  closed,
  data,
  established,
  openPacket,
  packetOf,
  Peer,
  rst,
  syn,
  synAck,
} from '../dsl/index.ts';
import { aimed, RST, SYN, synOptions, TIMESTAMPS } from '../fuzz/peer.ts';
import { at, send, Variant } from '../fuzz/scene.ts';
import { type World } from '../fuzz/world.ts';

const SYNS = 100_000;

/** Sends a SYN, lets its entry go again, and answers what came: ISN and timestamp. */
function sample(world: World, port: number, remote: Uint8Array): [isn: number, tsVal: number] {
  world.writer.family = { ...world.family, remote };
  aimed(world, SYN);
  synOptions(world, TIMESTAMPS);
  world.writer.sourcePort = port;
  expect(send(world)).toBe(1);
  const answer: [number, number] = [world.emitted.seq, world.emitted.tsVal];
  if (world.used(1) !== 0) {
    aimed(world, RST);
    world.writer.seq = (world.writer.seq + 1) >>> 0;
    world.writer.sourcePort = port;
    send(world);
    expect(world.used(1)).toBe(0);
  }
  return answer;
}

/** Samples of neighbouring tuples, all in one instant: port by port, address by address. */
function neighbours(world: World): [isn: number, tsVal: number][] {
  return Array.from({ length: SYNS }, (_, i) =>
    sample(world, 1024 + (i % 60_000), Uint8Array.of(10, 0, 0, 2 + Math.floor(i / 60_000))),
  );
}

/** Chi-squared of 32-bit numbers against an even spread, by one of their octets. */
function unevenness(numbers: readonly number[], shift: number): number {
  const buckets = Array<number>(256).fill(0);
  for (const number of numbers) buckets[(number >>> shift) & 255]!++;
  const mean = numbers.length / 256;
  return buckets.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
}

/** Every octet evenly spread, steps between neighbours too, and hardly any number twice. */
function expectEven(numbers: readonly number[]): void {
  const steps = numbers.slice(1).map((number, i) => (number - numbers[i]!) >>> 0);
  for (const shift of [0, 8, 16, 24]) {
    // 255 degrees of freedom: mean 255, deviation 22.6; beyond 400 lies one in 10^8.
    expect(unevenness(numbers, shift)).toBeLessThan(400);
    expect(unevenness(steps, shift)).toBeLessThan(400);
  }
  // Birthdays: 1.2 pairs are to be expected among 100,000 of 2^32.
  expect(numbers.length - new Set(numbers).size).toBeLessThan(10);
}

test('hostile 21a: 100,000 SYNs of one tuple: the clock of 4 µs, and nothing else moves', () => {
  const world = at('LISTEN', Variant.V4_TIMESTAMPS);
  const remote = Uint8Array.of(10, 0, 0, 2);
  const [first] = sample(world, 5000, remote);
  const began = world.now;
  for (let i = 1; i < SYNS; i++) {
    world.now += 10;
    world.core.poll(world.now);
    const [isn] = sample(world, 5000, remote);
    const expected = (first + 250 * (world.now - began)) >>> 0;
    if (isn !== expected) expect([i, isn]).toEqual([i, expected]);
  }
});

test('hostile 21b, 21c: 100,000 neighbouring tuples: ISNs and timestamps are even', () => {
  const samples = neighbours(at('LISTEN', Variant.V4_TIMESTAMPS));
  const isns = samples.map(([isn]) => isn);
  const stamps = samples.map(([, tsVal]) => tsVal);
  expectEven(isns);
  expectEven(stamps);
  // One does not give the other away.
  expectEven(isns.map((isn, i) => (isn - stamps[i]!) >>> 0));
});

function cookies(): World {
  const world = at('LISTEN', Variant.V4_TIMESTAMPS);
  world.core.set(Setting.SYN_COOKIES, 2);
  return world;
}

test('hostile 21b: 100,000 cookies of one minute and one MSS are even in every octet', () => {
  expectEven(neighbours(cookies()).map(([isn]) => isn));
});

test('RFC 4987 §3.6, hostile 21b: one tuple’s cookies do not count the minutes', () => {
  const world = cookies();
  const isns: number[] = [];
  for (let minute = 0; minute < 20_000; minute++) {
    isns.push(sample(world, 5000, Uint8Array.of(10, 0, 0, 2))[0]);
    world.now += 64_000;
    world.core.poll(world.now);
  }
  expectEven(isns);
  const turns = isns.slice(1).map((isn, i) => (isn ^ isns[i]!) >>> 0);
  for (const shift of [0, 8, 16, 24]) expect(unevenness(turns, shift)).toBeLessThan(400);
});

test('hostile 21c: the offset of a tuple stays, and another seed has another', () => {
  const echo = (options: Parameters<typeof established>[0]) =>
    established({ timestamps: true, ...options }).peer.echo;
  expect((echo({ epoch: 6000 }) - echo({ epoch: 1000 })) >>> 0).toBe(5000);
  expect(new Set([echo({}), echo({ port: 40_001 }), echo({ seed: 9 })]).size).toBe(3);
});

test('RFC 6056 §3.3, hostile 21d: no port towards 5,000 peers leads to the next', () => {
  const { host, stack } = closed();
  const ports = Array.from({ length: 5000 }, (_, i) => {
    const one = host.another();
    expect(one.connect(`10.0.0.${2 + (i % 250)}`, 1 + Math.floor(i / 250))).toBe(0);
    const port = one.look('localPort');
    one.release();
    stack.handles.delete(one.handle);
    stack.log.length = stack.packets.length = stack.strays.length = 0;
    return port;
  });
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(32_768);
  expect(Math.max(...ports)).toBeLessThan(32_768 + 28_232);
  // 16 buckets of 312: deviation 17.
  const buckets = Array<number>(16).fill(0);
  for (const port of ports) buckets[Math.floor(((port - 32_768) * 16) / 28_232)]!++;
  expect(Math.min(...buckets)).toBeGreaterThan(210);
  const next = ports.slice(1).filter((port, i) => port - ports[i]! === 1).length;
  expect(next).toBeLessThan(10);
});

test('hostile 21e: not one packet of a conversation counts in its identification', () => {
  const { stack, host, peer } = established();
  host.write(10_000);
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.send(rst({ seq: 100 }));
  new Peer(stack, { port: 41_000, hostPort: 9 }).send(syn({ seq: 0 }));
  const sent = stack.packets.filter(({ packet }) => packet[15] === 1);
  expect(sent.length).toBeGreaterThan(8);
  for (const { packet } of sent) expect([packet[4], packet[5], packet[6]]).toEqual([0, 0, 0x40]);
});

/** What a stranger is answered, after segments forged in another's name have arrived. */
function asked(withConnection: boolean): string[] {
  const { stack, peer, host } = established();
  if (!withConnection) host.abort();
  for (let i = 0; i < 300; i++) {
    const forged = [rst({ seq: 100 + i }), synAck({ seq: i, ack: i }), ack({ seq: 9, ack: 9 })];
    peer.send(...forged, data('?', { seq: 1, ack: 70_000 }));
  }
  const own = { address: '10.0.0.66', port: 666 };
  const stranger = new Peer(stack, { ...own, hostPort: 9 });
  const visitor = new Peer(stack, own);
  const answers: string[] = [];
  for (let i = 0; i < 150; i++) {
    stranger.send(syn({ seq: i }));
    visitor.send(ack({ seq: i, ack: i }));
    // UDP to a port nobody has: an ICMP error, of which there is a budget.
    const datagram = Uint8Array.of(2, 154, 0, 9, 0, 8, 0, 0);
    stack.input(packetOf(datagram, 17, stranger.flow.source, stranger.flow.destination));
    stack.pump();
  }
  for (const one of [stranger, visitor]) {
    for (const { packet } of one.take()) answers.push([...packet].join());
  }
  for (const packet of stack.strays) {
    if (openPacket(packet).protocol === 1) answers.push([...packet].join());
  }
  return answers;
}

test('hostile 21g: a stranger is answered the same, with or without the other', () => {
  const answers = asked(true);
  expect(answers.length).toBe(150 + 150 + 100);
  expect(asked(false)).toEqual(answers);
});
