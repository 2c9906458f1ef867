/**
 * Hostile inputs that aim at memory and work (lines 15, 17, 18 and 20 of `cases.ts`): floods, tiny
 * early
 * segments, SACK in masses, windows that shrink.
 */
import { describe, expect, test } from 'vitest';
import { Memory, Setting, State, StatusField } from '../../host-web/abi.ts';
import { ACK, addSack, aimed, RST, SYN, synOptions, URG } from '../fuzz/peer.ts';
import { at, leaks, options, send, Variant } from '../fuzz/scene.ts';
import { get32 } from '../fuzz/wire.ts';
import { Aim } from '../fuzz/world.ts';

describe('15: SYN floods', () => {
  test('hostile 15a: without cookies the SYN queue is bounded, and ages', () => {
    const world = at('LISTEN');
    world.core.set(Setting.SYN_COOKIES, 0);
    let answers = 0;
    for (let port = 1; port <= 20_000; port++) {
      aimed(world, SYN);
      world.writer.sourcePort = port;
      answers += send(world);
    }
    expect(answers).toBe(4);
    expect(world.used(1)).toBe(4);
    world.wait(200_000, 1_000);
    expect(world.used(1)).toBe(0);
    expect(leaks(world)).toBe('');
  });

  test('hostile 15b: with cookies an honest client gets in meanwhile', () => {
    const world = at('LISTEN', Variant.V4_ALL);
    for (let port = 1; port <= 5_000; port++) {
      aimed(world, SYN);
      world.writer.sourcePort = port;
      expect(send(world)).toBe(1);
    }
    expect(world.used(1)).toBe(4);
    aimed(world, SYN);
    synOptions(world, 7);
    world.writer.sourcePort = 40_000;
    send(world);
    world.aim[Aim.nxt] = (world.emitted.seq + 1) >>> 0;
    world.aim[Aim.rcvNxt] = world.emitted.ack;
    aimed(world, ACK);
    world.writer.sourcePort = 40_000;
    send(world);
    expect(world.core.accept(world.listener)).toBeGreaterThan(0);
  });

  test('hostile 15c: the accept queue is bounded', () => {
    const world = at('LISTEN');
    for (let port = 1; port <= 50; port++) {
      aimed(world, SYN);
      world.writer.sourcePort = port;
      if (send(world) === 0) continue;
      const { seq, ack } = world.emitted;
      aimed(world, ACK);
      world.writer.sourcePort = port;
      world.writer.seq = ack;
      world.writer.ack = (seq + 1) >>> 0;
      send(world);
    }
    let accepted = 0;
    for (let h = world.core.accept(world.listener); h > 0; h = world.core.accept(world.listener)) {
      world.remember(h);
      accepted++;
    }
    expect(accepted).toBe(4);
    expect(leaks(world)).toBe('');
  });
});

describe('17: tiny out-of-order segments', () => {
  test.each(['ascending', 'descending'])('hostile 17a, 17b: 10,000 single octets, %s', (order) => {
    const world = at('ESTABLISHED', Variant.V4_SACK, { ranges: 4_096 });
    const first = world.aim[Aim.rcvNxt]!;
    for (let i = 1; i <= 10_000; i++) {
      const offset = 2 * (order === 'ascending' ? i : 10_001 - i);
      aimed(world, ACK, 1);
      world.writer.seq = (first + (offset % 11_000)) >>> 0;
      expect(send(world)).toBeLessThanOrEqual(1);
    }
    // What its three pages could hold of segments, a few more, and the list.
    expect(world.used(3)).toBeLessThanOrEqual(64 + 3 * 8 + 1);
    // What was not held must come again, and does: progress is never lost.
    for (let i = 0; i < 12; i++) {
      aimed(world, ACK, 1_000);
      send(world);
    }
    expect(world.receive(world.main, 65_536)).toBeGreaterThanOrEqual(11_000);
    expect(leaks(world)).toBe('');
  });
});

describe('18: SACK in masses', () => {
  test('hostile 18a: 100,000 one-octet blocks', () => {
    const world = at('ESTABLISHED, in flight', Variant.V4_SACK);
    const flight = (world.aim[Aim.nxt]! - world.aim[Aim.una]!) >>> 0;
    let answers = 0;
    for (let i = 0; i < 25_000; i++) {
      const blocks = [0, 1, 2, 3].map((block) => {
        const left = (world.aim[Aim.una]! + 1 + ((8 * i + 2 * block) % (flight - 2))) >>> 0;
        return [left, (left + 1) >>> 0] as const;
      });
      aimed(world, ACK);
      world.writer.ack = world.aim[Aim.una]!;
      addSack(world, blocks);
      answers += send(world);
    }
    expect(world.used(3)).toBeLessThanOrEqual(64);
    expect(answers).toBeLessThanOrEqual(25_000);
    aimed(world, ACK);
    send(world);
    expect(world.used(3)).toBe(0);
  });

  test('RFC 2018 §8b, hostile 18d: a peer that reneges gets everything again', () => {
    const world = at('ESTABLISHED, in flight', Variant.V4_SACK);
    const una = world.aim[Aim.una]!;
    aimed(world, ACK);
    world.writer.ack = una;
    addSack(world, [[(una + 1_460) >>> 0, world.aim[Aim.nxt]!]]);
    send(world);
    // The gap is filled, but what was reported is not there any more.
    const end = world.aim[Aim.nxt]!;
    const flight = (end - una) >>> 0;
    for (let offset = 1_460; offset < flight; offset += 1_460) {
      world.wait(60_000, 1);
      aimed(world, ACK);
      world.writer.ack = (una + offset) >>> 0;
      send(world);
    }
    aimed(world, ACK);
    send(world);
    expect(world.aim[Aim.una]).toBe(end);
  });

  test('hostile 18b: blocks inverted, empty, acknowledged or never sent are not kept', () => {
    const world = at('ESTABLISHED, in flight', Variant.V4_SACK);
    const [una, nxt] = [world.aim[Aim.una]!, world.aim[Aim.nxt]!];
    const blocks = [
      [nxt, una + 1],
      [una + 5, una + 5],
      [una - 9, una],
      [nxt, nxt + 9],
    ] as const;
    for (const [left, right] of blocks) {
      aimed(world, ACK);
      world.writer.ack = una;
      addSack(world, [[left >>> 0, right >>> 0]]);
      send(world);
    }
    expect(world.used(3)).toBe(0);
  });
});

describe('20: windows', () => {
  test('hostile 20a: a window shrinks below what is in flight, closes, opens again', () => {
    const world = at('ESTABLISHED, in flight');
    for (const wnd of [100, 1, 0]) {
      aimed(world, ACK);
      world.writer.ack = world.aim[Aim.una]!;
      world.writer.wnd = wnd;
      send(world);
      world.wait(5_000, 20);
    }
    aimed(world, ACK);
    world.writer.wnd = 16_000;
    send(world);
    world.wait(5_000, 20);
    expect(world.aim[Aim.state]).toBe(State.ESTABLISHED);
    expect(leaks(world)).toBe('');
  });

  test('hostile 20c: windows of one octet do not make a storm', () => {
    const world = at('ESTABLISHED, zero window');
    let sent = 0;
    for (let i = 0; i < 500; i++) {
      aimed(world, ACK);
      world.writer.wnd = 1;
      sent += send(world);
    }
    expect(sent).toBeLessThanOrEqual(501);
  });

  test('hostile 20b: RST and URG through a closed window of ours', () => {
    const world = at('ESTABLISHED');
    for (let i = 0; i < 12; i++) {
      aimed(world, ACK, 1_000);
      send(world);
    }
    expect(world.emitted.wnd).toBe(0);
    aimed(world, ACK | URG, 5);
    world.writer.up = 5;
    expect(send(world)).toBe(1);
    aimed(world, RST);
    send(world);
    expect(world.aim[Aim.state]).toBe(State.CLOSED);
  });

  test('hostile 20d: a scale of 14 and a window of 65,535', () => {
    const world = at('SYN-SENT', Variant.V4_SACK);
    aimed(world, SYN | ACK);
    options(world, [3, 3, 14, 1]);
    send(world);
    aimed(world, ACK);
    world.writer.wnd = 0xffff;
    send(world);
    world.refresh();
    expect(world.field(StatusField.sndWnd)).toBe(0xffff * 2 ** 14);
  });

  test('hostile 20e: a peer that ignores our window gains nothing', () => {
    const world = at('ESTABLISHED');
    const first = world.aim[Aim.rcvNxt]!;
    for (let i = 0; i < 100; i++) {
      aimed(world, ACK, 1_400);
      world.writer.seq = (first + 1_400 * i) >>> 0;
      expect(send(world)).toBeLessThanOrEqual(1);
    }
    expect((world.aim[Aim.rcvNxt]! - first) >>> 0).toBe(12_000);
    expect(world.used(5)).toBeLessThanOrEqual(4);
    expect(get32(world.octets, Memory.TRANSMIT + 28)).toBe(world.aim[Aim.rcvNxt]);
  });
});
