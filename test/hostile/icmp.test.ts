/**
 * ICMP errors that lie (line 13 of `cases.ts`), and text across the wraps (14).
 */
import { describe, expect, test } from 'vitest';
import { Counter, State, StatusField } from '../../host-web/abi.ts';
import { ACK, aimed } from '../fuzz/peer.ts';
import { at, counter, send, sendRaw, Variant } from '../fuzz/scene.ts';
import { ICMP, ICMPV6, put16, put32, TCP } from '../fuzz/wire.ts';
import { Aim, type World } from '../fuzz/world.ts';

/** Sends an ICMP error that quotes our segment at `seq`. */
function sendError(world: World, type: number, code: number, mtu: number, seq: number): void {
  const { octets, writer, family, aim } = world;
  const isV4 = family.isV4;
  writer.extension = 0;
  const header = isV4 ? 20 : 40;
  const quote = writer.at + 8;
  octets.fill(0, writer.at, quote + header + 8);
  octets[writer.at] = type;
  octets[writer.at + 1] = code;
  put32(octets, writer.at + 4, mtu);
  octets[quote] = isV4 ? 0x45 : 0x60;
  octets[quote + (isV4 ? 9 : 6)] = TCP;
  octets.set(family.local, quote + (isV4 ? 12 : 8));
  octets.set(family.remote, quote + (isV4 ? 16 : 24));
  put16(octets, quote + header, aim[Aim.localPort]!);
  put16(octets, quote + header + 2, aim[Aim.remotePort]!);
  put32(octets, quote + header + 4, seq);
  const length = 8 + header + 8;
  writer.checksum(isV4 ? ICMP : ICMPV6, length, 2);
  sendRaw(world, writer.ip(isV4 ? ICMP : ICMPV6, length));
}

function smss(world: World): number {
  world.refresh();
  return world.field(StatusField.smss);
}

describe('13: ICMP', () => {
  test.each([0, 1, 68, 551])(
    'hostile 13c: fragmentation needed with MTU %i does not make dust',
    (mtu) => {
      const world = at('ESTABLISHED, in flight');
      sendError(world, 3, 4, mtu, world.aim[Aim.una]!);
      expect(smss(world)).toBeGreaterThanOrEqual(512);
    },
  );

  test.each([0, 68, 1_279])('hostile 13f: IPv6 packet too big with MTU %i stops at 1280', (mtu) => {
    const world = at('ESTABLISHED, in flight', Variant.V6);
    sendError(world, 2, 0, mtu, world.aim[Aim.una]!);
    expect(smss(world)).toBeGreaterThanOrEqual(1_220);
  });

  test('hostile 13d, 13e: a larger MTU, or one about what is not in flight, is ignored', () => {
    for (const variant of [Variant.V4, Variant.V6]) {
      const world = at('ESTABLISHED, in flight', variant);
      const [type, code] = variant === Variant.V4 ? [3, 4] : [2, 0];
      const before = smss(world);
      sendError(world, type!, code!, 9_000, world.aim[Aim.una]!);
      sendError(world, type!, code!, 0xffff_ffff, world.aim[Aim.una]!);
      sendError(world, type!, code!, 600, world.aim[Aim.nxt]!);
      sendError(world, type!, code!, 600, world.aim[Aim.una]! - 1);
      sendError(world, type!, code!, 600, (world.aim[Aim.una]! + 0x8000_0000) >>> 0);
      expect(smss(world)).toBe(before);
    }
  });

  test('hostile 13a: no error ends a synchronized connection, source quench slows nothing', () => {
    const world = at('ESTABLISHED, in flight');
    world.refresh();
    const cwnd = world.field(StatusField.cwnd);
    for (const [type, code] of [
      [3, 1],
      [3, 2],
      [3, 3],
      [4, 0],
      [11, 0],
      [12, 0],
    ] as const) {
      sendError(world, type, code, 0, world.aim[Aim.una]!);
    }
    world.refresh();
    expect(world.field(StatusField.state)).toBe(State.ESTABLISHED);
    expect(world.field(StatusField.cwnd)).toBe(cwnd);
  });

  test('hostile 13b: port unreachable ends an OPEN only with the SYN it quotes', () => {
    const world = at('SYN-SENT');
    sendError(world, 3, 3, 0, (world.aim[Aim.iss]! + 1) >>> 0);
    sendError(world, 3, 3, 0, (world.aim[Aim.iss]! - 1) >>> 0);
    expect(counter(world, Counter.TcpExtTCPIcmpOutOfWindow)).toBe(2);
    expect(world.aim[Aim.state]).toBe(State.SYN_SENT);
    sendError(world, 3, 3, 0, world.aim[Aim.iss]!);
    expect(world.aim[Aim.state]).toBe(State.CLOSED);
  });
});

describe('14: the wraps at 2^31 and 2^32', () => {
  // The variants' ISNs lie 128 and 4,096 octets before a wrap.
  test.each([Variant.V4, Variant.V4_TIMESTAMPS, Variant.V6])(
    'hostile 14a: text (variant %i)',
    (variant) => {
      const world = at('ESTABLISHED', variant);
      let read = 0;
      for (let i = 0; i < 200; i++) {
        aimed(world, ACK, 1_000);
        if (i % 3 === 1) {
          // Early first, so that held text and SACK cross the wrap too.
          world.writer.seq = (world.writer.seq + 1_000) >>> 0;
          send(world);
          aimed(world, ACK, 1_000);
        }
        send(world);
        read += world.receive(world.main, 65_536);
      }
      expect(read).toBeGreaterThanOrEqual(200_000);
    },
  );
});
