/**
 * Forged addresses and senseless flags (lines 6 and 7 of `cases.ts`), in every state.
 */
import { describe, expect, test } from 'vitest';

import { ACK, aimed, FIN, RST, SYN, URG } from '../fuzz/peer.ts';
import { at, leaks, send, Variant } from '../fuzz/scene.ts';
import { NAMES } from '../fuzz/states.ts';

import { Aim } from '../fuzz/world.ts';

describe('6: forged addresses', () => {
  const sources = [
    ['our own (LAND)', [10, 0, 0, 1]],
    ['limited broadcast', [255, 255, 255, 255]],
    ['directed broadcast', [10, 0, 0, 255]],
    ['multicast', [224, 0, 0, 1]],
    ['loopback', [127, 0, 0, 1]],
    ['nobody', [0, 0, 0, 0]],
  ] as const;
  test.each(sources)('hostile 6a, 6b: a SYN from %s', (_name, source) => {
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
  test.each(NAMES)('hostile 7a: %s', (name) => {
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

  test('hostile 7c, 7d: text with a RST is not delivered, text with a SYN is', () => {
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
