/**
 * Hostile inputs that aim at the reading of packets (lines 1 to 5 of `cases.ts`): lengths and
 * offsets
 * that lie, malformed options, MSS, urgent pointers, headers below TCP.
 */
import { describe, expect, test } from 'vitest';
import { Counter, Memory, StatusField } from '../../host-web/abi.ts';
import { ACK, aimed, SYN, synOptions, URG } from '../fuzz/peer.ts';
import { at, counter, leaks, options, patchIp, send, sendRaw, Variant } from '../fuzz/scene.ts';

import { put16, TCP } from '../fuzz/wire.ts';
import { Aim, type World } from '../fuzz/world.ts';

/** The connection still takes text in order, and answers it with nothing but an ACK. */
function expectAlive(world: World): void {
  world.refresh();
  const before = world.aim[Aim.rcvNxt]!;
  aimed(world, ACK, 2);
  send(world);
  expect((world.aim[Aim.rcvNxt]! - before) >>> 0).toBe(2);
  expect(world.hasReset).toBe(false);
}

describe('1: lengths and offsets that lie', () => {
  test.each([0, 1, 4, 6, 15])(
    'hostile 1a: TCP data offset %i of a header without options',
    (offset) => {
      const world = at('ESTABLISHED');
      aimed(world, ACK);
      const length = world.writer.tcp();
      world.octets[world.writer.at + 12] = offset << 4;
      world.writer.tcpChecksum(20);
      expect(sendRaw(world, length)).toBe(0);
      expect(counter(world, Counter.TcpInErrs)).toBe(1);
      expectAlive(world);
    },
  );

  test.each([0, 19, 39, 41, 0x7fff, 0xffff])(
    'hostile 1b: IPv4 total length %i of a packet of 40',
    (total) => {
      const world = at('ESTABLISHED');
      aimed(world, ACK);
      const length = world.writer.tcp();
      patchIp(world, 2, total);
      expect(sendRaw(world, length)).toBe(0);
      expectAlive(world);
    },
  );

  test('hostile 1d: what the link brings beyond the total length is not text', () => {
    for (const variant of [Variant.V4, Variant.V6]) {
      const world = at('ESTABLISHED', variant);
      const before = world.aim[Aim.rcvNxt]!;
      aimed(world, ACK, 4);
      sendRaw(world, world.writer.tcp() + 60);
      expect((world.aim[Aim.rcvNxt]! - before) >>> 0).toBe(4);
    }
  });
});

const MALFORMED: readonly (readonly [name: string, octets: readonly number[]])[] = [
  ['length 0', [253, 0, 1, 1]],
  ['length 1', [253, 1, 1, 1]],
  ['past the end', [253, 40, 1, 1]],
  ['truncated last option', [1, 1, 1, 8]],
  ['MSS of length 3', [2, 3, 1, 1]],
  ['MSS of length 0', [2, 0, 5, 180]],
  ['SACK of length 11', [5, 11, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0]],
  ['SACK of length 2', [5, 2, 1, 1]],
  ['window scale of length 2', [3, 2, 14, 1]],
  ['timestamps of length 2', [8, 2, 1, 1]],
  ['timestamps at an odd place', [1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 0]],
  ['40 NOPs', Array<number>(40).fill(1)],
  ['AO of length 0', [29, 0, 0, 0]],
  ['END, then garbage', [0, 255, 255, 255]],
];

describe('2: malformed options do not end a connection', () => {
  test.each(MALFORMED)('hostile 2a, 2d, 2f, 2g: %s', (_name, octets) => {
    const world = at('ESTABLISHED');
    aimed(world, ACK, 3);
    options(world, octets);
    send(world);
    expect((world.aim[Aim.rcvNxt]! - world.aim[Aim.irs]!) >>> 0).toBe(4);
    expectAlive(world);
  });

  test.each(MALFORMED)('hostile 2b: %s, in a SYN', (_name, octets) => {
    const world = at('LISTEN');
    aimed(world, SYN);
    options(world, octets);
    expect(send(world)).toBe(1);
    expect(world.emitted.isSyn).toBe(true);
    expect(leaks(world)).toBe('');
  });

  test.each([14, 15, 32, 255])('hostile 2e: a window scale of %i is taken as 14', (shift) => {
    const world = at('SYN-SENT');
    aimed(world, SYN | ACK);
    world.writer.ack = world.aim[Aim.nxt]!;
    options(world, [3, 3, shift, 1]);
    send(world);
    world.refresh();
    expect(world.field(StatusField.sndShift)).toBe(14);
  });
});

describe('3: MSS', () => {
  test.each([0, 1, 7, 47, 48, 63])('hostile 3a, 3b: %i is not obeyed', (mss) => {
    const world = at('SYN-SENT', Variant.V4_TIMESTAMPS);
    aimed(world, SYN | ACK);
    synOptions(world, 1, mss);
    send(world);
    world.send(world.main, 2_000);
    world.settle();
    world.refresh();
    expect(world.field(StatusField.smss)).toBeGreaterThanOrEqual(52);
    // Ten segments of the initial window at most, each with text.
    expect(world.burst).toBeLessThanOrEqual(11);
    expect(leaks(world)).toBe('');
  });
});

describe('4: urgent pointers', () => {
  test.each([0, 1, 5, 0x7fff, 0xffff])('hostile 4a, 4b, 4d: %i', (up) => {
    const world = at('ESTABLISHED');
    for (const text of [0, 5]) {
      aimed(world, ACK | URG, text);
      world.writer.up = up;
      options(world, [29, 0, 0, 0]);
      send(world);
    }
    // Urgent text stays in line (RFC 6093).
    expect(world.receive(world.main, 100)).toBe(5);
    expectAlive(world);
  });

  test.each([0, 1, 5, 0x7fff, 0xffff])('hostile 4c: %i, while the connection opens', (up) => {
    for (const name of ['SYN-SENT', 'LISTEN', 'SYN-RECEIVED, an entry']) {
      const opening = at(name);
      aimed(opening, name === 'SYN-SENT' ? SYN | ACK | URG : SYN | URG, 5);
      opening.writer.up = up;
      send(opening);
      expect(leaks(opening)).toBe('');
    }
  });
});

describe('5: headers below TCP', () => {
  test('hostile 5a: IPv4 options are passed over, IHL beyond the packet is not followed', () => {
    const world = at('ESTABLISHED');
    for (const extension of [4, 20, 40]) {
      aimed(world, ACK, 1);
      world.writer.extension = extension;
      world.octets.fill(1, Memory.RECEIVE + 20, Memory.RECEIVE + 20 + extension);
      sendRaw(world, world.writer.tcp());
    }
    expect(world.receive(world.main, 9)).toBe(3);
    for (const ihl of [0, 4, 11, 15]) {
      aimed(world, ACK);
      const length = world.writer.tcp();
      world.octets[Memory.RECEIVE] = 0x40 | ihl;
      world.writer.ipChecksum();
      expect(sendRaw(world, length)).toBe(0);
    }
    expectAlive(world);
  });

  test.each([43, 60])('hostile 5b: a chain of 150 extension headers of kind %i ends', (kind) => {
    const world = at('ESTABLISHED', Variant.V6);
    const w = world.writer;
    aimed(world, ACK, 1);
    w.extension = 150 * 8;
    w.firstHeader = kind;
    world.octets.fill(0, Memory.RECEIVE + 40, Memory.RECEIVE + 40 + w.extension);
    for (let i = 0; i < 150; i++) {
      world.octets[Memory.RECEIVE + 40 + 8 * i] = i === 149 ? TCP : kind;
    }
    sendRaw(world, w.tcp());
    expect(world.receive(world.main, 9)).toBe(1);
    // The last one says it is longer than what is left: a Parameter Problem answers it.
    world.octets[Memory.RECEIVE + 40 + 8 * 149 + 1] = 255;
    expect(sendRaw(world, w.length)).toBe(1);
    expect(counter(world, Counter.IcmpOutParmProbs)).toBe(1);
  });

  test('hostile 5d, 5e: overlapping, teardrop and endless fragments hold little', () => {
    const world = at('ESTABLISHED');
    const w = world.writer;
    for (let i = 0; i < 20_000; i++) {
      w.ip(TCP, 24);
      put16(world.octets, Memory.RECEIVE + 4, i % 7);
      const offset = [0, 1, 2, 8_190, (3 * i) % 8_000][i % 5]!;
      put16(world.octets, Memory.RECEIVE + 6, (i % 3 === 0 ? 0 : 0x2000) | offset);
      w.ipChecksum();
      expect(sendRaw(world, w.length)).toBeLessThanOrEqual(1);
    }
    expect(world.used(5)).toBeLessThanOrEqual(64);
    expectAlive(world);
    expect(leaks(world)).toBe('');
  });

  test('hostile 5f: an ICMP error too short for its quote', () => {
    for (const variant of [Variant.V4, Variant.V6]) {
      const world = at('ESTABLISHED, in flight', variant);
      const isV4 = world.family.isV4;
      for (let length = 0; length < (isV4 ? 36 : 56); length++) {
        world.octets.fill(0, world.writer.at, world.writer.at + 80);
        world.octets[world.writer.at] = isV4 ? 3 : 1;
        world.octets[world.writer.at + 8] = isV4 ? 0x45 : 0x60;
        if (length >= 4) world.writer.checksum(isV4 ? 1 : 58, length, 2);
        expect(sendRaw(world, world.writer.ip(isV4 ? 1 : 58, length))).toBe(0);
      }
      expectAlive(world);
    }
  });
});
