/**
 * Batches of a flood (line 15 of `cases.ts`): none of the answers they are owed is lost for want of
 * room, and neither they nor what established connections send wait for all of the other.
 */
import { expect, test } from 'vitest';
import { TunLink } from '../../host-node/tun-link.ts';
import { PacketFlag } from '../../host-web/abi.ts';
import { createStackSync, VirtualClock } from '../../host-web/index.ts';
import { coreModule } from '../core-module.ts';
import {
  ACK,
  ack,
  Counter,
  decode,
  encode,
  established,
  ip,
  listening,
  octetsOf,
  RST,
  rst,
  type Stack,
  SYN,
} from '../dsl/index.ts';
import { FakeTun } from '../host/fake-links.ts';

/** Packets that a TUN's link puts in before it lets the stack answer (`host-node/tun-link.ts`). */
const BATCH = 512;
/** Packets without a connection, or of connections, that leave in a row where both wait. */
const STRETCH = 16;
/** Replies to strays in one batch, while the stack does not keep up with its link. */
const FEW = 64;
/** The limits a stack has where nobody chose any. */
const DEFAULT = { replies: 0, children: 0 };

/** A SYN, the n-th of many. */
function synFrom(n: number, family: 4 | 6, port: number): Uint8Array {
  const source = octetsOf(family === 4 ? '10.0.0.9' : 'fd00::9');
  const destination = octetsOf(family === 4 ? '10.0.0.1' : 'fd00::1');
  const flow = { source, destination, sourcePort: 10_000 + n, destinationPort: port };
  return encode({ ctl: SYN, seq: n, ack: 0, win: 65_535, text: '', mss: 1460 }, flow);
}

/** SYNs arrive, each from another port; nothing is sent yet. */
function flood(stack: Stack, count: number, family: 4 | 6, port = 80, flags = 0): void {
  for (let i = 0; i < count; i++) stack.input(synFrom(i, family, port), flags);
}

/** Control bits of all that the flood was answered with. */
function answers(stack: Stack): number[] {
  stack.pump();
  return stack.strays.splice(0).map((packet) => decode(packet).ctl);
}

/** What the stack sends while something is done: S for each SYN,ACK, R for a RST, D for data. */
function sent(stack: Stack, done: () => void): string {
  const before = stack.packets.length;
  done();
  const packets = stack.packets.slice(before).map(({ packet }) => decode(packet));
  return packets.map(({ ctl }) => (ctl & SYN ? 'S' : ctl & RST ? 'R' : 'D')).join('');
}

test.each([4, 6] as const)('hostile 15f: a batch of SYNs is answered whole, IPv%i', (family) => {
  const { stack } = listening({ backlog: 1, limits: DEFAULT });
  flood(stack, BATCH, family);
  expect(answers(stack)).toEqual(Array(BATCH).fill(SYN | ACK));
  expect(stack.counter(Counter.TcpExtSyncookiesSent)).toBe(BATCH - 1);
  expect(stack.counter(Counter.TcpExtReplyQueueDrop)).toBe(0);
});

test('hostile 15f: so is one to a port where nobody listens', () => {
  const { stack } = listening({ limits: DEFAULT });
  flood(stack, BATCH, 4, 81);
  expect(answers(stack)).toEqual(Array(BATCH).fill(RST | ACK));
  expect(stack.counter(Counter.TcpExtReplyQueueDrop)).toBe(0);
});

test('hostile 15g: what a connection has to send waits for a few answers to a flood', () => {
  const { stack, host } = established({ limits: DEFAULT });
  flood(stack, BATCH, 4, 81);
  const rest = BATCH - STRETCH;
  expect(sent(stack, () => host.write('reply'))).toBe(`${'R'.repeat(STRETCH)}D${'R'.repeat(rest)}`);
});

test('hostile 15g: nor does a SYN wait for all that connections may send', () => {
  const { stack, host, peer } = established({ backlog: 64, limits: DEFAULT });
  // Until more than a stretch of segments may be on the way.
  host.write(14_600);
  for (let acked = 2920; acked <= 14_600; acked += 2920) peer.send(ack({ seq: 1, ack: 1 + acked }));
  flood(stack, STRETCH + 2, 4);
  const most = `${'S'.repeat(STRETCH)}${'D'.repeat(STRETCH)}SS`;
  expect(sent(stack, () => host.write(60_000)).slice(0, most.length)).toBe(most);
});

test('hostile 15h: behind its link a stack answers few of a flood', () => {
  const { stack } = listening({ backlog: 1, limits: DEFAULT });
  flood(stack, BATCH, 4, 80, PacketFlag.BEHIND);
  // One has its place in the SYN queue.
  expect(answers(stack)).toEqual(Array(FEW + 1).fill(SYN | ACK));
  flood(stack, BATCH, 4, 81, PacketFlag.BEHIND);
  expect(answers(stack)).toEqual(Array(FEW).fill(RST | ACK));
  expect(stack.counter(Counter.TcpExtReplyQueueDrop)).toBe(2 * (BATCH - FEW) - 1);
  // Once it has caught up that is forgotten.
  flood(stack, BATCH, 4, 81);
  expect(answers(stack)).toHaveLength(BATCH);
});

test.each([4, 6] as const)('hostile 15h: and few of as many echoes, IPv%i', (family) => {
  const { stack } = listening({ limits: DEFAULT });
  const answered = (flags: PacketFlag) => {
    for (let i = 0; i < BATCH; i++) stack.input(ip.echo(ip.ENDS[family], 8, i), flags);
    stack.pump();
    return stack.strays.splice(0).length;
  };
  expect([PacketFlag.BEHIND, PacketFlag.NONE].map(answered)).toEqual([FEW, BATCH]);
});

test('hostile 15h: what a user resets meanwhile is told so', () => {
  const { stack, host, peer } = established({ limits: DEFAULT });
  flood(stack, BATCH, 4, 81, PacketFlag.BEHIND);
  host.abort();
  peer.expect(rst({ seq: 1 }));
  expect(answers(stack)).toHaveLength(FEW);
});

test('hostile 15h: a stack is behind its TUN after a full batch, until one is not full', () => {
  const tun = new FakeTun();
  const link = new TunLink(tun);
  const clock = new VirtualClock();
  const stack = createStackSync({ address: '10.0.0.1/24', module: coreModule, clock });
  stack.attach(link);
  stack.openListener({ port: 80, backlog: 1 });
  let count = 0;
  const answered = (waiting: number): number => {
    for (let i = 0; i < waiting; i++) tun.waiting.push(synFrom(count++, 4, 80));
    link.receive();
    return tun.sent.splice(0).length;
  };
  const batches = [BATCH, BATCH, BATCH, FEW + 1, BATCH];
  expect(batches.map(answered)).toEqual([BATCH, FEW, FEW, FEW, BATCH]);
});
