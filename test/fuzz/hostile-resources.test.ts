/**
 * Hostile inputs that aim at memory, work and the sender's windows: ICMP, wraps, floods, tiny early
 * segments, SACK in masses, windows that shrink. (Numbers in names are the lines of the list of
 * hostile inputs.)
 */
import { describe, expect, test } from 'vitest';
import { Counter, Memory, Setting, State, StatusField } from '../../host-web/abi.ts';
import { ACK, addSack, aimed, RST, SYN, synOptions, URG } from './peer.ts';
import { at, counter, leaks, options, send, sendRaw, Variant } from './scene.ts';
import { get32, ICMP, ICMPV6, put16, put32, TCP } from './wire.ts';
import { Aim, type World } from './world.ts';

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
  test.each([0, 1, 68, 551])('fragmentation needed with MTU %i does not make dust', (mtu) => {
    const world = at('ESTABLISHED, in flight');
    sendError(world, 3, 4, mtu, world.aim[Aim.una]!);
    expect(smss(world)).toBeGreaterThanOrEqual(512);
  });

  test.each([0, 68, 1_279])('IPv6 packet too big with MTU %i stops at 1280', (mtu) => {
    const world = at('ESTABLISHED, in flight', Variant.V6);
    sendError(world, 2, 0, mtu, world.aim[Aim.una]!);
    expect(smss(world)).toBeGreaterThanOrEqual(1_220);
  });

  test('a larger MTU, or a quote of what is not in flight, changes nothing', () => {
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

  test('no error ends a synchronized connection, source quench slows nothing', () => {
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

  test('port unreachable ends an OPEN only with the SYN it quotes', () => {
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
  test.each([Variant.V4, Variant.V4_TIMESTAMPS, Variant.V6])('text (variant %i)', (variant) => {
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
  });
});

describe('15: SYN floods', () => {
  test('without cookies the SYN queue is bounded, and ages', () => {
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

  test('with cookies an honest client gets in meanwhile', () => {
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

  test('the accept queue is bounded', () => {
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

describe('17: tiny early segments', () => {
  test.each(['ascending', 'descending'])('10,000 single octets, %s', (order) => {
    const world = at('ESTABLISHED', Variant.V4_SACK, { ranges: 4_096 });
    const first = world.aim[Aim.rcvNxt]!;
    for (let i = 1; i <= 10_000; i++) {
      const offset = 2 * (order === 'ascending' ? i : 10_001 - i);
      aimed(world, ACK, 1);
      world.writer.seq = (first + (offset % 11_000)) >>> 0;
      expect(send(world)).toBeLessThanOrEqual(1);
    }
    expect(world.used(3)).toBeLessThanOrEqual(64);
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
  test('100,000 one-octet blocks', () => {
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

  test('a peer that reneges gets everything again', () => {
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

  test('blocks that are inverted, empty, acknowledged or never sent are not kept', () => {
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
  test('a window that shrinks below what is in flight, closes, and opens again', () => {
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

  test('windows of one octet do not make a storm', () => {
    const world = at('ESTABLISHED, zero window');
    let sent = 0;
    for (let i = 0; i < 500; i++) {
      aimed(world, ACK);
      world.writer.wnd = 1;
      sent += send(world);
    }
    expect(sent).toBeLessThanOrEqual(501);
  });

  test('RST and URG through a closed window of ours', () => {
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

  test('a scale of 14 and a window of 65,535', () => {
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

  test('a peer that ignores our window gains nothing', () => {
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
