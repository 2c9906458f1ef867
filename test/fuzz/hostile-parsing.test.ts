/**
 * Hostile inputs that aim at the reading of packets: lengths and offsets that lie, malformed
 * options, MSS, urgent pointers, fragments, extension headers, forged addresses, senseless flags.
 * (Numbers in names are the lines of the project's list of hostile inputs.)
 */
import { describe, expect, test } from 'vitest';
import { Counter, Memory, State, StatusField } from '../../host-web/abi.ts';
import { ACK, aimed, FIN, RST, SYN, synOptions, URG } from './peer.ts';
import { at, counter, leaks, options, patchIp, send, sendRaw, Variant } from './scene.ts';
import { NAMES } from './states.ts';
import { put16, put32, TCP } from './wire.ts';
import { Aim, type World } from './world.ts';

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
  test.each([0, 1, 4, 6, 15])('TCP data offset %i of a header without options', (offset) => {
    const world = at('ESTABLISHED');
    aimed(world, ACK);
    const length = world.writer.tcp();
    world.octets[world.writer.at + 12] = offset << 4;
    world.writer.tcpChecksum(20);
    expect(sendRaw(world, length)).toBe(0);
    expect(counter(world, Counter.TcpInErrs)).toBe(1);
    expectAlive(world);
  });

  test.each([0, 19, 39, 41, 0x7fff, 0xffff])('IPv4 total length %i of a packet of 40', (total) => {
    const world = at('ESTABLISHED');
    aimed(world, ACK);
    const length = world.writer.tcp();
    patchIp(world, 2, total);
    expect(sendRaw(world, length)).toBe(0);
    expectAlive(world);
  });

  test('what the link brings beyond the total length is not text', () => {
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
  test.each(MALFORMED)('%s', (_name, octets) => {
    const world = at('ESTABLISHED');
    aimed(world, ACK, 3);
    options(world, octets);
    send(world);
    expect((world.aim[Aim.rcvNxt]! - world.aim[Aim.irs]!) >>> 0).toBe(4);
    expectAlive(world);
  });

  test.each(MALFORMED)('%s, in a SYN', (_name, octets) => {
    const world = at('LISTEN');
    aimed(world, SYN);
    options(world, octets);
    expect(send(world)).toBe(1);
    expect(world.emitted.isSyn).toBe(true);
    expect(leaks(world)).toBe('');
  });

  test.each([14, 15, 32, 255])('a window scale of %i is taken as 14', (shift) => {
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
  test.each([0, 1, 7, 47, 48, 63])('%i is not obeyed', (mss) => {
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
  test.each([0, 1, 5, 0x7fff, 0xffff])('%i, in every place', (up) => {
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
    for (const name of ['SYN-SENT', 'LISTEN', 'SYN-RECEIVED, a child']) {
      const opening = at(name);
      aimed(opening, name === 'SYN-SENT' ? SYN | ACK | URG : SYN | URG, 5);
      opening.writer.up = up;
      send(opening);
      expect(leaks(opening)).toBe('');
    }
  });
});

describe('5: headers below TCP', () => {
  test('IPv4 options are passed over, IHL beyond the packet is not followed', () => {
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

  test.each([0, 43, 60])('a chain of 150 extension headers of kind %i ends', (kind) => {
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
    // The last one says it is longer than what is left.
    world.octets[Memory.RECEIVE + 40 + 8 * 149 + 1] = 255;
    expect(sendRaw(world, w.length)).toBe(0);
  });

  test('overlapping, teardrop and endless fragments hold little, and not for long', () => {
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

  test('an ICMP error too short for its quote', () => {
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

describe('6: forged addresses', () => {
  const sources = [
    ['our own (LAND)', [10, 0, 0, 1]],
    ['limited broadcast', [255, 255, 255, 255]],
    ['directed broadcast', [10, 0, 0, 255]],
    ['multicast', [224, 0, 0, 1]],
    ['loopback', [127, 0, 0, 1]],
    ['nobody', [0, 0, 0, 0]],
  ] as const;
  test.each(sources)('a SYN from %s', (_name, source) => {
    const world = at('LISTEN');
    const family = { ...world.family, remote: Uint8Array.from(source) };
    world.writer.family = family;
    world.writer.sourcePort = world.writer.destinationPort;
    aimed(world, SYN);
    expect(send(world)).toBe(0);
    expect(world.used(1)).toBe(0);
  });
});

describe('7: senseless flags, in every state', () => {
  const flags = [
    SYN | FIN,
    SYN | RST,
    0,
    0xff,
    FIN,
    SYN | FIN | ACK,
    RST | FIN,
    SYN | URG,
  ] as const;
  test.each(NAMES)('%s', (name) => {
    for (const variant of [Variant.V4, Variant.V4_ALL, Variant.V6_ALL]) {
      for (const ctl of flags) {
        const world = at(name, variant);
        for (const text of [0, 10]) {
          aimed(world, ctl, text);
          send(world);
          if (ctl & RST) expect(world.hasReset).toBe(false);
        }
        expect(leaks(world)).toBe('');
      }
    }
  });

  test('text with a RST is not delivered, text with a SYN is', () => {
    const world = at('ESTABLISHED');
    aimed(world, RST, 10);
    send(world);
    expect(world.receive(world.main, 10)).toBeLessThan(0);
    const listening = at('LISTEN');
    aimed(listening, SYN, 10);
    send(listening);
    listening.aim[Aim.nxt] = (listening.emitted.seq + 1) >>> 0;
    listening.aim[Aim.rcvNxt] = listening.emitted.ack;
    aimed(listening, ACK);
    send(listening);
    const handle = listening.core.accept(listening.listener);
    expect(listening.core.receive(handle, 100)).toBe(10);
  });
});

describe('23: lengths at 0, 1, 0x7fff and 0xffff', () => {
  const lengths = [0, 1, 7, 8, 19, 20, 21, 39, 40, 41, 60, 0x7fff, 0x8000, 0xfff7, 0xffff];
  test.each([Variant.V4, Variant.V6])(
    'header fields against the packet (variant %i)',
    (variant) => {
      const world = at('ESTABLISHED', variant);
      for (const says of lengths) {
        for (const is of [...lengths, 65_600, 0xffff_ffff]) {
          aimed(world, ACK, 1);
          world.writer.seq = (world.aim[Aim.rcvNxt]! - 5_000) >>> 0;
          world.writer.tcp();
          if (world.family.isV4) patchIp(world, 2, says);
          else put16(world.octets, Memory.RECEIVE + 4, says);
          expect(sendRaw(world, is, 1)).toBeLessThanOrEqual(2);
        }
      }
      expect(world.aim[Aim.state]).toBe(State.ESTABLISHED);
      expectAlive(world);
    },
  );

  test('every packet, truncated at every length, trusted checksum or not', () => {
    for (const variant of [Variant.V4_ALL, Variant.V6_ALL]) {
      for (const name of ['LISTEN', 'SYN-SENT', 'ESTABLISHED, early text']) {
        const world = at(name, variant);
        aimed(world, name === 'ESTABLISHED, early text' ? ACK : SYN, 20);
        if (name === 'LISTEN') synOptions(world, 7);
        const whole = world.writer.tcp();
        const copy = world.octets.slice(Memory.RECEIVE, Memory.RECEIVE + whole);
        for (let length = 0; length < whole; length++) {
          world.octets.set(copy, Memory.RECEIVE);
          expect(sendRaw(world, length, length & 1)).toBe(0);
        }
        expect(leaks(world)).toBe('');
      }
    }
  });

  test('lengths a host may get wrong', () => {
    const world = at('ESTABLISHED');
    expect(world.core.send(world.main, 0xffff_ffff)).toBeLessThan(0);
    expect(world.core.send(world.main, 65_537)).toBeLessThan(0);
    expect(world.core.receive(world.main, 0xffff_ffff)).toBe(0);
    put32(world.octets, Memory.RECEIVE, 0xffff_ffff);
    world.core.input(0xffff_ffff, 0);
    world.core.input(0x8000_0000, 3);
    expectAlive(world);
  });
});
