/**
 * Stacks that share a link and their addresses, as those on the queues of one TUN device do: what
 * comes by the wrong one reaches its connection, and to their peers they are one host.
 *
 * The host's part is played here: whoever has no use for a packet leaves it, another is offered it,
 * and what nobody takes is answered by the first.
 */
import { describe, expect, test } from 'vitest';
import {
  Counter,
  Memory,
  PacketFlag,
  Reason,
  Setting,
  State,
  TraceKind,
} from '../host-web/abi.ts';
import { parseAddress, toMapped } from '../host-web/address.ts';
import { type Core, createCore, setEndpoint } from '../host-web/core.ts';
import { coreModule } from './core-module.ts';
import {
  ack,
  CE,
  data,
  established,
  ip,
  listening,
  rst,
  Stack,
  syn,
  synAck,
  synSent,
} from './dsl/index.ts';
import type { Host } from './dsl/host.ts';
import { readTrace } from './dsl/ladder.ts';
import type { Peer } from './dsl/peer.ts';
import { Dice } from './simulation/dice.ts';

/** Has all that comes for a stack come by another first, which must leave it as it was found. */
function byTheWrongOne(stack: Stack): { wrong: Stack; left: () => number } {
  const wrong = new Stack();
  const before = countersOf(wrong.core);
  const input = stack.input.bind(stack);
  let left = 0;
  stack.input = (packet, flags = 0) => {
    wrong.core.receiveWindow.set(packet);
    const length = wrong.core.input(packet.length, flags | PacketFlag.SHARED);
    if (length === 0) return;
    left++;
    input(wrong.core.receiveWindow.slice(0, length), flags | PacketFlag.SHARED);
  };
  return {
    wrong,
    left: () => {
      wrong.pump();
      expect(wrong.packets).toEqual([]);
      // A whole packet leaves no count behind; of fragments those before the last one do.
      const after = countersOf(wrong.core);
      const reassembled = after[Counter.IpReasmOKs]!;
      if (reassembled === 0n) expect(after).toEqual(before);
      return left;
    },
  };
}

function countersOf(core: Core): bigint[] {
  return Array.from({ length: Counter.COUNT }, (_, i) =>
    core.view.getBigUint64(Memory.COUNTERS + 8 * i, true),
  );
}

/** Text and a RST come from the peer, and the connection has both. */
function textAndEnd(host: Host, peer: Peer): void {
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
  host.wait(500);
  peer.expect(ack({ seq: 1, ack: 6 }));
  peer.send(rst({ seq: 6 }));
  host.expect(State.CLOSED);
}

describe('what comes by the wrong stack', () => {
  test('of a connection, reaches it: text, and the end', () => {
    const { stack, host, peer } = established();
    const { wrong, left } = byTheWrongOne(stack);
    textAndEnd(host, peer);
    expect(left()).toBe(2);
    const notes = readTrace(wrong.core, 0, 16).filter(({ kind }) => kind === TraceKind.NOTE);
    expect(notes.map(({ reason }) => reason)).toEqual(Array(2).fill(Reason.LEFT_TO_OTHERS));
  });

  test('of a connection whose port has a listener there, too: its ACK is no stray', () => {
    const { stack, host, peer } = established();
    const { wrong, left } = byTheWrongOne(stack);
    const listener = wrong.core.create();
    setEndpoint(wrong.core, null, peer.flow.destinationPort, null, 0);
    expect(wrong.core.listen(listener, 8)).toBe(0);
    wrong.handles.add(listener);
    textAndEnd(host, peer);
    expect(left()).toBe(2);
  });

  test('of an OPEN, completes it: its SYN,ACK has no port that tells whose it is', () => {
    const { stack, host, peer } = synSent();
    const { left } = byTheWrongOne(stack);
    peer.send(synAck({ seq: 0, ack: 1 }));
    peer.expect(ack({ seq: 1, ack: 1 }));
    expect(left()).toBe(1);
    host.expect(State.ESTABLISHED);
  });

  test('in fragments is put together there, with their mark of congestion', () => {
    const { stack, host, peer } = established({ settings: { [Setting.ECN]: 1 } });
    const { left } = byTheWrongOne(stack);
    const whole = captured(stack, () => peer.send(data(64, { seq: 1, ack: 1 })));
    const pieces = ip.fragments(whole, 32);
    for (const piece of pieces) {
      piece[1] = piece === pieces[0] ? 2 : CE;
      recount(piece);
      stack.input(piece);
    }
    stack.pump();
    expect(host.read()).toHaveLength(64);
    host.wait(500);
    peer.expect(ack({ seq: 1, ack: 65 }));
    expect(left()).toBe(1);
    expect(stack.counter(Counter.IpExtInCEPkts)).toBe(1);
    expect(stack.counter(Counter.IpReasmReqds)).toBe(0);
  });

  test('and says that a packet was too big, is heard by who sent it', () => {
    const { stack, host, peer } = established();
    peer.send(ack({ seq: 1, ack: 1 }));
    host.write(4000);
    const first = peer.take()[0]!.packet;
    const { left } = byTheWrongOne(stack);
    peer.icmp(3, 4, 1000, first);
    expect(left()).toBe(1);
    const again = peer.take();
    expect(again.length).toBeGreaterThan(0);
    for (const { packet } of again) expect(packet.length).toBeLessThanOrEqual(1000);
    expect(stack.counter(Counter.IcmpInDestUnreachs)).toBe(1);
  });

  test('and answers an echo request, reaches who asked; that one takes it', () => {
    const [asking, other] = [new Stack(), new Stack()];
    setEndpoint(asking.core, null, 0, toMapped(parseAddress('10.0.0.2')!), 0);
    expect(asking.core.ping((7 << 16) | 1, 8)).toBe(0);
    asking.pump();
    const reply = ip.icmp(ip.ENDS[4], 0, 0, (7 << 16) | 1, new Uint8Array(8));
    for (const [stack, answer] of [
      [other, reply.length],
      [asking, 0],
    ] as const) {
      stack.core.receiveWindow.set(reply);
      expect(stack.core.input(reply.length, PacketFlag.SHARED)).toBe(answer);
      expect(stack.counter(Counter.IcmpInEchoReps)).toBe(answer === 0 ? 1 : 0);
    }
  });
});

describe('what nobody has', () => {
  const strays = [
    ['a SYN for a port without a listener', syn({ seq: 0, ack: 0 })],
    ['an ACK', ack({ seq: 5, ack: 5 })],
  ] as const;

  test.each(strays)('%s is answered by the first, once, when it is asked alone', (_, segment) => {
    const { stack, peer } = listening();
    const { left } = byTheWrongOne(stack);
    peer.flow.destinationPort = 81;
    const packet = captured(stack, () => peer.send(segment));
    stack.core.receiveWindow.set(packet);
    expect(stack.core.input(packet.length, PacketFlag.SHARED)).toBe(packet.length);
    stack.pump();
    expect(stack.packets).toEqual([]);
    expect(stack.core.input(packet.length, 0)).toBe(0);
    stack.pump();
    expect(stack.counter(Counter.TcpOutRsts)).toBe(1);
    expect(left()).toBe(0);
  });

  test('is answered at once where the link is nobody else’s', () => {
    const { stack, peer } = listening();
    peer.flow.destinationPort = 81;
    peer.send(syn({ seq: 0 }));
    expect(stack.counter(Counter.TcpOutRsts)).toBe(1);
  });

  test('and is damaged, is dropped and not passed on', () => {
    const { stack, peer } = listening();
    const packet = captured(stack, () => peer.send(ack({ seq: 5, ack: 5 })));
    packet[packet.length - 1]! ^= 1;
    stack.core.receiveWindow.set(packet);
    expect(stack.core.input(packet.length, PacketFlag.SHARED)).toBe(0);
    expect(stack.counter(Counter.TcpInCsumErrors)).toBe(1);
  });
});

/** The packet that something would put in, which then does not come. */
function captured(stack: Stack, work: () => void): Uint8Array {
  const { input } = stack;
  let packet = new Uint8Array();
  stack.input = (octets) => {
    packet = octets.slice();
  };
  work();
  stack.input = input;
  return packet;
}

/** Writes an IPv4 header's checksum anew. */
function recount(packet: Uint8Array): void {
  const view = new DataView(packet.buffer, packet.byteOffset, 20);
  view.setUint16(10, 0);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(10, 0xffff - sum);
}

// Two behind a splitter -----------------------------------------------------------

const PORT = 7;
const TOTAL = 20_000;

/** A core with connections that send so many octets, read all there is, and close. */
class Side {
  readonly core: Core;
  readonly open = new Map<number, { sent: number; read: number; isClosed: boolean }>();
  whole = 0;
  #listener = 0;

  constructor(host: number, seed: number, share?: number) {
    this.core = createCore(coreModule, { pages: 2048 }, new Uint8Array(32).fill(seed));
    if (share !== undefined) {
      this.core.set(Setting.PORT_SHARES, 2);
      this.core.set(Setting.PORT_SHARE, share);
    }
    setEndpoint(this.core, toMapped(parseAddress(`10.0.0.${host}`)!), 0, null, 0);
    this.core.addAddress(24);
    this.core.poll(1);
    this.#listener = this.core.create();
    setEndpoint(this.core, null, PORT, null, 0);
    this.core.listen(this.#listener, 256);
  }

  connect(host: number): void {
    const handle = this.core.create();
    setEndpoint(this.core, null, 0, toMapped(parseAddress(`10.0.0.${host}`)!), PORT);
    expect(this.core.connect(handle)).toBe(0);
    this.open.set(handle, { sent: 0, read: 0, isClosed: false });
  }

  act(): void {
    const { core } = this;
    for (let got = core.accept(this.#listener); got > 0; got = core.accept(this.#listener)) {
      this.open.set(got, { sent: 0, read: 0, isClosed: false });
    }
    for (const [handle, one] of this.open) {
      if (one.sent < TOTAL) one.sent += Math.max(0, core.send(handle, TOTAL - one.sent));
      for (let got = 1; got > 0; ) {
        got = core.receive(handle, Memory.TEXT_SIZE);
        if (got > 0) one.read += got;
      }
      if (one.sent === TOTAL && !one.isClosed) one.isClosed = core.close(handle) === 0;
      if (!one.isClosed || one.read !== TOTAL) continue;
      this.whole++;
      core.release(handle);
      this.open.delete(handle);
    }
    while (core.signal() !== 0);
  }

  counter(name: Counter): number {
    return Number(this.core.view.getBigUint64(Memory.COUNTERS + 8 * name, true));
  }
}

const isSyn = (packet: Uint8Array) => (packet[33]! & 0x12) === 2;

test.each([1, 2, 3, 4])('two behind a splitter are one host to their peer (seed %i)', (seed) => {
  const dice = new Dice(seed);
  const peer = new Side(1, 10 + seed);
  const two = [new Side(2, 20 + seed, 0), new Side(2, 30 + seed, 1)];
  let carried = 0;
  let handedOver = 0;
  /** As a device of two queues: a SYN by its ports, all else by whatever chance will have. */
  const toTwo = (packet: Uint8Array) => {
    carried++;
    const by = isSyn(packet) ? (packet[21]! >> 1) & 1 : dice.below(2);
    const first = two[by]!;
    first.core.receiveWindow.set(packet);
    if (first.core.input(packet.length, PacketFlag.SHARED) === 0) return;
    handedOver++;
    const second = two[1 - by]!;
    second.core.receiveWindow.set(packet);
    if (second.core.input(packet.length, PacketFlag.SHARED) === 0) return;
    first.core.receiveWindow.set(packet);
    expect(first.core.input(packet.length, 0)).toBe(0);
  };
  const fromCore = (core: Core, carry: (packet: Uint8Array) => void) => {
    for (let n = core.output(); n !== 0; n = core.output()) carry(core.transmitWindow.slice(0, n));
  };
  const toPeer = (packet: Uint8Array) => {
    peer.core.receiveWindow.set(packet);
    peer.core.input(packet.length, 0);
  };
  for (let i = 0; i < 24; i++) {
    peer.connect(2);
    two[i % 2]!.connect(1);
  }
  let now = 1;
  for (let round = 0; round < 400; round++) {
    now += 10;
    for (const side of [peer, ...two]) {
      side.core.poll(now);
      side.act();
    }
    fromCore(peer.core, toTwo);
    for (const { core } of two) fromCore(core, toPeer);
  }
  expect(peer.whole).toBe(48);
  expect(two[0]!.whole + two[1]!.whole).toBe(48);
  // Both had some of those that the peer opened.
  for (const { whole } of two) expect(whole).toBeGreaterThan(14);
  expect(handedOver).toBeGreaterThan(100);
  const sum = (name: Counter) => two[0]!.counter(name) + two[1]!.counter(name);
  expect(sum(Counter.TcpOutRsts) + peer.counter(Counter.TcpOutRsts)).toBe(0);
  // What was handed over counts once.
  expect(sum(Counter.IpInReceives)).toBe(carried);
  expect(sum(Counter.TcpInSegs)).toBe(peer.counter(Counter.TcpOutSegs));
  expect(sum(Counter.TcpPassiveOpens)).toBe(24);
});

test('stacks that share their addresses never open from the same port', () => {
  const both = [0, 1].map((share) => {
    const side = new Side(2, 5, share);
    return Array.from({ length: 200 }, () => {
      side.connect(9);
      const length = side.core.output();
      expect(length).toBeGreaterThan(0);
      return side.core.view.getUint16(Memory.TRANSMIT + 20);
    });
  });
  for (const [share, ports] of both.entries()) {
    expect(new Set(ports).size).toBe(200);
    for (const port of ports) expect(port % 2).toBe(share);
  }
});

test('all ports of a share can be had, and then none', () => {
  const core = createCore(
    coreModule,
    { connections: 8000, children: 4 },
    new Uint8Array(32).fill(3),
  );
  core.set(Setting.PORT_SHARES, 4);
  core.set(Setting.PORT_SHARE, 3);
  setEndpoint(core, toMapped(parseAddress('10.0.0.2')!), 0, null, 0);
  core.addAddress(24);
  core.poll(1);
  const open = () => {
    setEndpoint(core, null, 0, toMapped(parseAddress('10.0.0.9')!), PORT);
    return core.connect(core.create());
  };
  const count = Memory.EPHEMERAL_PORTS / 4;
  for (let i = 0; i < count; i++) expect(open()).toBe(0);
  expect(open()).toBeLessThan(0);
  // Which ports are whose may change: there are others then.
  core.set(Setting.PORT_SHARE, 2);
  expect(open()).toBe(0);
});
