/**
 * Fragments and packets in packets (line 5 of `cases.ts`), with what becomes of each: only what
 * came whole, once and without contradiction is delivered (RFC 5722, RFC 1122 §3.3.2).
 */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  encode,
  established,
  ip,
  listening,
  onesSum,
  openPacket,
  packetOf,
  type Peer,
  type Segment,
  type Stack,
  syn,
} from '../dsl/index.ts';

/** A packet of the peer's that was not sent yet, its numbers made absolute. */
function packetFrom(peer: Peer, segment: Segment): Uint8Array {
  const seq = (peer.isn + (segment.seq ?? 0)) >>> 0;
  const number = (peer.iss + (segment.ack ?? 0)) >>> 0;
  return encode({ win: 65_535, ...segment, seq, ack: number }, peer.flow);
}

const { fragment } = ip;

const reassembled = (stack: Stack) => [
  stack.counter(Counter.IpReasmReqds),
  stack.counter(Counter.IpReasmOKs),
  stack.counter(Counter.IpReasmFails),
];

/** A connection, and a segment with 100 octets of text for it, which nobody has sent. */
function withText() {
  const made = established();
  const whole = packetFrom(made.peer, data(100, { seq: 1, ack: 1 }));
  const give = (...packets: Uint8Array[]) => {
    for (const packet of packets) made.stack.input(packet);
    made.stack.pump();
  };
  return { ...made, whole, give };
}

test('hostile 5d: fragments in any order are one segment, whose text is read once', () => {
  const { stack, host, whole, give } = withText();
  give(fragment(whole, 80, 120), fragment(whole, 0, 24), fragment(whole, 24, 80));
  expect(host.read()).toBe(data(100, { seq: 1 }).text);
  expect(reassembled(stack)).toEqual([3, 1, 0]);
});

test.each([
  ['the same again', [0, 24, 0, 24, 24, 120]],
  ['inside one before it', [0, 80, 24, 40, 80, 120]],
])('hostile 5d: a fragment %s, octet for octet, changes nothing', (_, edges) => {
  const { stack, host, whole, give } = withText();
  for (let i = 0; i < edges.length; i += 2) {
    give(fragment(whole, edges[i]!, edges[i + 1]!));
  }
  expect(host.read()).toBe(data(100, { seq: 1 }).text);
  expect(reassembled(stack)).toEqual([3, 1, 0]);
});

test.each([
  ['the same again with other octets', [0, 24, 0, 24, 24, 120], 1],
  ['over the end of one before it', [0, 24, 16, 80, 80, 120]],
  ['inside one before it with other octets (teardrop)', [0, 80, 24, 40, 80, 120], 1],
  ['over the header', [24, 120, 0, 32]],
] as [string, number[], number?][])(
  'hostile 5d: a fragment %s takes the datagram with it',
  (...row) => {
    const [, edges, altered = -1] = row;
    const { stack, host, whole, give } = withText();
    for (let i = 0; i < edges.length; i += 2) {
      const part = fragment(whole, edges[i]!, edges[i + 1]!);
      if (i === 2 * altered) part[part.length - 1]! ^= 1;
      give(part);
    }
    expect(host.read()).toBe('');
    expect(stack.counter(Counter.IpReasmOKs)).toBe(0);
    expect(stack.counter(Counter.IpReasmFails)).toBe(1);
    stack.wait(30_000);
    expect(stack.used()[5]).toBe(0);
    // The same text, not in pieces, is welcome.
    give(whole);
    expect(host.read()).toBe(data(100, { seq: 1 }).text);
  },
);

test('hostile 5d: a last fragment that contradicts another last one is not believed', () => {
  const { stack, whole, give } = withText();
  const view = (packet: Uint8Array) => new DataView(packet.buffer);
  const early = fragment(whole, 80, 120);
  // Claims to be the last, at an earlier place.
  const lying = fragment(whole, 24, 48);
  view(lying).setUint16(6, 24 / 8);
  view(lying).setUint16(10, 0);
  view(lying).setUint16(10, 0xffff - onesSum(lying.subarray(0, 20)));
  give(early, lying, fragment(whole, 0, 24));
  expect(stack.counter(Counter.IpReasmOKs)).toBe(0);
  expect(stack.counter(Counter.IpReasmFails)).toBe(1);
});

test('hostile 5e: a flood of first fragments holds four datagrams, for 30 seconds', () => {
  const { stack, host, whole, give } = withText();
  for (let id = 1; id <= 1000; id++) give(fragment(whole, 0, 24, id));
  expect(reassembled(stack)).toEqual([1000, 0, 996]);
  // A block each.
  expect(stack.core.used(10)).toBe(4);
  stack.wait(29_999);
  expect(stack.core.used(10)).toBe(4);
  stack.wait(1);
  expect(stack.core.used(10)).toBe(0);
  expect(stack.used()[3]).toBe(0);
  give(whole);
  expect(host.look('receiveQueue')).toBe(100);
});

test('hostile 5e: a datagram in more than 64 islands is given up', () => {
  const { stack, peer } = established();
  const whole = packetFrom(peer, data(1400, { seq: 1, ack: 1 }));
  for (let island = 0; island < 70; island++) {
    stack.input(fragment(whole, 16 * island, 16 * island + 8));
  }
  expect(stack.counter(Counter.IpReasmFails)).toBe(1);
  expect(stack.used()[3]).toBeLessThanOrEqual(6);
});

// Packets in packets (no tunnel ends here) ------------------------------------------------

test.each([
  ['IPv4 in IPv4', 4, 4],
  ['IPv4 in IPv6', 4, 6],
] as const)('hostile 5c: %s is not opened, and said to be unknown', (_, protocol, family) => {
  const { stack, peer } = listening();
  const outer = listening({ family }).peer.flow;
  const inner = packetFrom(peer, syn({ seq: 0 }));
  stack.input(packetOf(inner, protocol, outer.source, outer.destination));
  stack.pump();
  expect(stack.used()[1]).toBe(0);
  expect(stack.counter(Counter.IpInUnknownProtos)).toBe(1);
  expect(stack.counter(Counter.TcpInSegs)).toBe(0);
  // Destination unreachable, protocol; parameter problem, next header.
  const answer = openPacket(stack.strays[0]!);
  expect([...answer.payload.slice(0, 2)]).toEqual(family === 4 ? [3, 2] : [4, 1]);
  expect(stack.strays).toHaveLength(1);
});

test('hostile 5c: IPv4 in IPv4 in fragments is put together, and not opened either', () => {
  const { stack, peer } = listening();
  const inner = packetFrom(peer, syn({ seq: 0 }));
  const whole = packetOf(inner, 4, peer.flow.source, peer.flow.destination);
  stack.input(fragment(whole, 0, 24));
  stack.input(fragment(whole, 24, 40));
  stack.pump();
  expect(reassembled(stack)).toEqual([2, 1, 0]);
  expect(stack.used()[1]).toBe(0);
  expect(stack.counter(Counter.IpInUnknownProtos)).toBe(1);
  peer.expectNothing();
});

test('hostile 5b: an IPv6 extension header that says it is longer than the packet', () => {
  const { stack, host, peer } = established({ family: 6 });
  const { payload, source, destination } = openPacket(
    packetFrom(peer, data('hello', { seq: 1, ack: 1 })),
  );
  const errors = stack.counter(Counter.IpInHdrErrors);
  for (const [kind, words] of [
    [0, 200],
    [60, 4],
    [43, 255],
    [0, 0],
  ] as const) {
    const extended = new Uint8Array(8 + payload.length);
    extended.set([6, words, 1, 4, 0, 0, 0, 0]);
    // A routing header must have no segments left, or it is dropped for that.
    if (kind === 43) extended[3] = 0;
    extended.set(payload, 8);
    stack.input(packetOf(extended, kind, source, destination));
  }
  stack.pump();
  expect(stack.counter(Counter.IpInHdrErrors) - errors).toBe(3);
  expect(host.read()).toBe('hello');
  peer.send(ack({ seq: 6, ack: 1 }));
  peer.take();
});
