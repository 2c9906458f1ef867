/**
 * Lengths at the door (line 23 of `cases.ts`): what a packet says, and what a host says of it.
 */
import { describe, expect, test } from 'vitest';
import { Memory, State } from '../../host-web/abi.ts';
import { ACK, aimed, SYN, synOptions } from '../fuzz/peer.ts';
import { at, leaks, patchIp, send, sendRaw, Variant } from '../fuzz/scene.ts';

import { put16, put32 } from '../fuzz/wire.ts';
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

describe('23: lengths at 0, 1, 0x7fff and 0xffff', () => {
  const lengths = [0, 1, 7, 8, 19, 20, 21, 39, 40, 41, 60, 0x7fff, 0x8000, 0xfff7, 0xffff];
  test.each([Variant.V4, Variant.V6])(
    'hostile 23a, 1c: header fields against the packet (variant %i)',
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

  test('hostile 23b: every packet, truncated at every length, trusted checksum or not', () => {
    for (const variant of [Variant.V4_ALL, Variant.V6_ALL]) {
      for (const name of ['LISTEN', 'SYN-SENT', 'ESTABLISHED, out-of-order text']) {
        const world = at(name, variant);
        aimed(world, name === 'ESTABLISHED, out-of-order text' ? ACK : SYN, 20);
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

  test('hostile 23c: lengths a host may get wrong', () => {
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
