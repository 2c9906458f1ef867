/**
 * What is left to a link: checksums, and the division of super-segments into segments.
 *
 * Behind the device (`host/offload-device.ts`) lies a simulated network, on which nobody can tell
 * that there was a super-segment.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Ctl, PacketFlag, State, TraceKind } from '../host-web/abi.ts';
import {
  END,
  pipe,
  type RawConnection,
  relay,
  type Stack,
  VirtualClock,
} from '../host-web/index.ts';
import { capture } from '../host-web/link/pcapng.ts';
import { Random } from '../host-web/link/random.ts';
import { tune } from '../host-web/raw/tuning.ts';
import { type PacketView, simulatedLink, type SimulatedOptions } from '../host-web/sim/index.ts';
import { pseudoHeaderSum } from './dsl/segment.ts';
import { UDP, udp, writePacket } from './host/ip-packets.ts';
import { packetsOf } from './host/captured.ts';
import { OffloadDevice } from './host/offload-device.ts';
import { stackAt } from './host/world.ts';

const MSS = 1448;
/** Octets of the headers of a segment with timestamps, of each family. */
const HEADERS = { 4: 20 + 32, 6: 40 + 32 } as const;

interface World {
  clock: VirtualClock;
  a: Stack;
  b: Stack;
  client: RawConnection;
  server: RawConnection;
  device: OffloadDevice | undefined;
  wire: PacketView[];
}

/** Two stacks, A behind a device or not, and an open connection between them. */
async function world(
  isLeft: boolean,
  options: Omit<SimulatedOptions, 'clock'> = {},
  { to = '10.0.0.2:7', sysctl = {}, limits = {}, gather = false } = {},
): Promise<World> {
  const clock = new VirtualClock();
  const a = stackAt(1, clock, { sysctl, limits: { traceEvents: 65_536 } });
  const b = stackAt(2, clock, { sysctl, limits: { traceEvents: 65_536, ...limits } });
  const wire: PacketView[] = [];
  const ends = simulatedLink({
    clock,
    delay: '5ms',
    ...options,
    watch: (packet) => void wire.push({ ...packet }),
  });
  const device = isLeft ? new OffloadDevice(ends.a, gather) : undefined;
  a.attach(device ?? ends.a);
  b.attach(ends.b);
  const listener = b.openListener({ port: 7 });
  const client = a.openConnection(to);
  let server: RawConnection | null = null;
  await clock.runUntil(() => (server ??= listener.accept()) !== null, 5000);
  await clock.run(50);
  return { clock, a, b, client, server: server!, device, wire };
}

const DATA = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));

describe('a super-segment', () => {
  it.each([
    ['IPv4', '10.0.0.2:7', HEADERS[4]],
    ['IPv6', '[fd00::2]:7', HEADERS[6]],
  ] as const)('carries what cwnd allows as one packet of %s', async (_, to, headers) => {
    const { clock, client, a, device, wire } = await world(true, {}, { to });
    const mss = 1500 - headers;
    const before = [a.counters()['TcpOutSegs']!, wire.length] as const;
    const reader = a.trace();
    client.send(DATA);
    clock.advance(0);
    expect(device!.divided).toEqual([10]);
    const sent = reader.read().filter(({ kind }) => kind === TraceKind.SEGMENT_OUT);
    expect(sent.map(({ c }) => [c >>> 16, (c >> 8) & 0xff, c & 0xff])).toEqual([
      [10 * mss, 9, Ctl.ACK],
    ]);
    expect(a.counters()['TcpOutSegs']! - before[0]).toBe(10n);
    const segments = wire.slice(before[1]);
    expect(segments.map(({ textLength }) => textLength)).toEqual(Array(10).fill(mss));
    expect(segments.map(({ seq }) => seq)).toEqual(segments.map((__, i) => 1 + i * mss));
  });

  it('ends where the window of the peer does, and with a whole segment', async () => {
    const limits = { receiveBuffer: 5000 };
    const { clock, client, device, wire } = await world(true, {}, { limits });
    const before = wire.length;
    client.send(DATA);
    clock.advance(0);
    expect(device!.divided).toEqual([3]);
    // What is left of the window is too little to be worth a segment, until the override's timer.
    expect(wire.slice(before).map(({ textLength }) => textLength)).toEqual([MSS, MSS, MSS]);
  });

  it('ends with a short segment when that is all there is, unless it is to wait', async () => {
    for (const isCorked of [false, true]) {
      const { clock, client, wire } = await world(true);
      const before = wire.length;
      tune(client, { cork: isCorked });
      client.send(DATA.subarray(0, 3 * MSS + 100));
      clock.advance(0);
      const lengths = wire.slice(before).map(({ textLength }) => textLength);
      expect(lengths).toEqual(isCorked ? [MSS, MSS, MSS] : [MSS, MSS, MSS, 100]);
    }
  });

  it('is as long as a packet can be, where the windows are', async () => {
    const { clock, client, server, device } = await world(true);
    const into = new Uint8Array(65_536);
    let left = 3_000_000;
    server.onReadable = () => {
      while (server.receive(into) > 0);
    };
    client.onWritable = () => {
      while (left > 0) {
        const taken = client.send(DATA.subarray(0, Math.min(left, DATA.length)));
        if (taken <= 0) return;
        left -= taken;
      }
    };
    client.onWritable();
    await clock.run(2000);
    const most = Math.floor((65_535 - HEADERS[4]) / MSS);
    expect(Math.max(...device!.divided)).toBe(most);
    expect(device!.divided.filter((count) => count === most).length).toBeGreaterThan(20);
    // A turn is one such packet: no single segment follows it.
    expect(device!.singles).toBeLessThan(5);
  });

  it('has neither the FIN nor urgent text', async () => {
    const { clock, client, device, wire } = await world(true);
    const before = wire.length;
    client.send(DATA.subarray(0, 3 * MSS));
    client.close();
    clock.advance(0);
    expect(device!.divided).toEqual([3]);
    expect(wire.slice(before).map(({ flags }) => flags)).toEqual(['.', '.', 'P.', 'F.']);

    const other = await world(true);
    other.client.send(DATA.subarray(0, 3 * MSS));
    other.client.isUrgent = true;
    other.client.send(Buffer.from('!'));
    other.clock.advance(0);
    expect(other.device!.divided).toEqual([]);
  });

  it('is not made without SACK, nor where the link offers nothing', async () => {
    const without = await world(true, {}, { sysctl: { tcp_sack: 0 } });
    without.client.send(DATA);
    without.clock.advance(0);
    expect(without.device!.divided).toEqual([]);

    const plain = await world(false);
    plain.client.send(DATA);
    await plain.clock.run(3000);
    expect(Math.max(...plain.wire.map(({ length }) => length))).toBe(1500);
  });

  it('that has come is acknowledged and counted by its segments', async () => {
    const { clock, client, server, device, a, wire } = await world(true);
    const before = a.counters()['TcpInSegs']!;
    server.send(DATA.subarray(0, 10 * MSS));
    await clock.run(8);
    expect(device!.joined).toEqual([10]);
    expect(a.counters()['TcpInSegs']! - before).toBe(10n);
    expect(client.info().rcv_mss).toBe(MSS);
    // SHLD-19: two segments are acknowledged at once, whatever they have come as.
    expect(wire.at(-1)).toMatchObject({ from: 'A', ack: 1 + 10 * MSS });
  });
});

/** What an exchange comes to: the octets each side has got, and the states it went through. */
async function life(isLeft: boolean, seed: number, gather = false) {
  const random = new Random(seed);
  const draw = (most: number) => Math.floor(random.fraction() * most);
  const mtu = [1500, 1280, 576, 9000][draw(4)]!;
  const isIpv6 = mtu >= 1280 && draw(2) === 0;
  const share = [0, 0.01, 0.05][draw(3)]!;
  const [ours, theirs] = [draw(150_000), draw(50_000)];
  const noDelay = draw(2) === 0;
  const chance = new Random(seed + 1);
  const lossy = (packet: PacketView) =>
    packet.textLength > 0 && chance.fraction() < share ? ('drop' as const) : ('pass' as const);
  const to = isIpv6 ? '[fd00::2]:7' : '10.0.0.2:7';
  const w = await world(isLeft, { mtu, rules: [lossy] }, { to, gather });
  const readers = [w.a.trace(), w.b.trace()] as const;
  const states: State[][] = [[], []];
  for (const raw of [w.client, w.server]) tune(raw, { noDelay });
  const side = (raw: RawConnection, octets: number) => {
    const data = DATA.subarray(0, octets);
    return { raw, data, at: 0, hash: createHash('sha256'), isOver: false };
  };
  const sides = [side(w.client, ours), side(w.server, theirs)] as const;
  const pieces = new Random(seed + 2);
  const isDone = () => sides.every(({ at, data, isOver }) => at === data.length && isOver);
  for (let round = 0; round < 20_000 && !isDone(); round++) {
    for (const side of sides) {
      for (let got = side.raw.read(); got !== 0; got = side.raw.read()) {
        if (got === END) {
          side.isOver = true;
          break;
        }
        side.hash.update(got as Uint8Array);
      }
      const piece = Math.floor(pieces.fraction() * 30_000);
      side.at += side.raw.send(side.data.subarray(side.at, side.at + piece));
    }
    // A closes first, B once it has the end: so the states do not depend on what was lost.
    if (sides[0].at === ours) w.client.close();
    if (sides[1].at === theirs && sides[1].isOver) w.server.close();
    await w.clock.run(10);
    for (const [i, reader] of readers.entries()) {
      for (const event of reader.read()) {
        if (event.kind === TraceKind.STATE && event.handle !== 0) states[i]!.push(event.b);
      }
    }
  }
  return {
    octets: sides.map(({ hash }) => hash.digest('hex')),
    states,
    wrong: Number(w.b.counters()['TcpInCsumErrors']) + Number(w.a.counters()['TcpInCsumErrors']),
    isWithinMtu: w.wire.every(({ length }) => length <= mtu),
    device: w.device,
  };
}

it('with and without a device the same octets arrive, by way of the same states', async () => {
  let divided = 0;
  let joined = 0;
  let pieces = 0;
  for (let seed = 1; seed <= 16; seed++) {
    const { device: none, ...plain } = await life(false, seed);
    expect(none).toBeUndefined();
    for (const gather of [false, true]) {
      const { device, ...left } = await life(true, seed, gather);
      expect(left, `seed ${seed}, text apart: ${gather}`).toEqual(plain);
      expect(left).toMatchObject({ wrong: 0, isWithinMtu: true });
      divided += device!.divided.length;
      joined += device!.joined.length;
      pieces += device!.pieces;
      if (!gather) expect(device!.pieces).toBe(0);
    }
  }
  expect(divided).toBeGreaterThan(200);
  expect(joined).toBeGreaterThan(60);
  expect(pieces).toBeGreaterThan(200);
});

describe('a pipe', () => {
  it('carries long packets without checksums between two stacks', async () => {
    const clock = new VirtualClock();
    const [a, b] = [stackAt(1, clock), stackAt(2, clock)];
    const [one, other] = pipe();
    a.attach(one);
    b.attach(other);
    const listener = b.openListener({ port: 7 });
    const client = a.openConnection('10.0.0.2:7');
    clock.advance(0);
    const server = listener.accept()!;
    const reader = a.trace();
    client.send(DATA);
    clock.advance(0);
    const first = reader.read().find(({ kind }) => kind === TraceKind.SEGMENT_OUT)!;
    expect(first.c >>> 16).toBe(10 * MSS);
    const got = server.read();
    expect(typeof got === 'number' ? got : DATA.subarray(0, got.length).compare(got)).toBe(0);
  });

  it('is recorded whole: text that a link would gather is in the packet', () => {
    const clock = new VirtualClock();
    const [a, b] = [stackAt(1, clock), stackAt(2, clock)];
    const [one, other] = pipe();
    const blocks: Uint8Array[] = [];
    a.attach(capture(one, (block) => blocks.push(block.slice()), { clock }));
    b.attach(other);
    const listener = b.openListener({ port: 7 });
    const client = a.openConnection('10.0.0.2:7');
    clock.advance(0);
    client.send(DATA);
    clock.advance(0);
    expect(listener.accept()!.receiveQueue).toBeGreaterThan(9 * MSS);
    const longest = packetsOf(Buffer.concat(blocks)).find(({ octets }) => octets.length > 2 * MSS)!;
    const text = longest.octets.subarray(-10 * MSS);
    expect(DATA.subarray(0, text.length).compare(text)).toBe(0);
  });

  it('carries whole segments to who has not said that it takes others', async () => {
    const clock = new VirtualClock();
    const [a, b] = [stackAt(1, clock), stackAt(2, clock)];
    // A relay hands on what it gets, to a link that divides nothing.
    const [near, far] = pipe();
    const ends = simulatedLink({ clock, delay: '1ms' });
    relay(far, ends.a);
    a.attach(near);
    b.attach(ends.b);
    const listener = b.openListener({ port: 7 });
    const client = a.openConnection('10.0.0.2:7');
    await clock.run(10);
    client.send(DATA);
    await clock.run(200);
    const got = listener.accept()!.read();
    expect(typeof got === 'number' ? got : got.length).toBeGreaterThan(MSS);
    expect(b.counters()['TcpInCsumErrors']).toBe(0n);
  });
});

it.each([
  ['10.0.0.9', '10.0.0.1'],
  ['fd00::9', 'fd00::1'],
])('an ICMP error to %s quotes the checksum that was left to us filled in', (from, to) => {
  const stack = stackAt(1, new VirtualClock());
  const { core } = stack;
  const body = udp(7, 9, 'hello');
  const whole = writePacket({ protocol: UDP, source: from, destination: to, body });
  const isIpv4 = !from.includes(':');
  const partial = whole.slice();
  const [address, width, header] = isIpv4 ? [12, 4, 20] : [8, 16, 40];
  const ends = [0, 1].map((i) => whole.subarray(address + i * width, address + (i + 1) * width));
  const pseudo = pseudoHeaderSum(ends[0]!, ends[1]!, UDP, body.length);
  new DataView(partial.buffer).setUint16(header + 6, pseudo);
  core.receiveWindow.set(partial);
  core.time(1000);
  core.input(partial.length, PacketFlag.CHECKSUM_TRUSTED | PacketFlag.CHECKSUM_PARTIAL);
  const length = core.output();
  expect(core.transmitWindow.subarray(header + 8, length)).toEqual(whole);
});
