/**
 * Addresses of IPv6 that never are on a wire (RFC 4291 §2.5, RFC 6890), in headers and in what ICMP
 * quotes. Inside, IPv4 is held in the mapped form: whatever came in that form would be IPv4 then.
 */
import { describe, expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  encode,
  established,
  ip,
  listening,
  octetsOf,
  onesSum,
  Peer,
  pseudoHeaderSum,
  Signal,
  syn,
} from './dsl/index.ts';

const { echo, ENDS, icmp, packet } = ip;
const PEER = ENDS[6];

const NOBODYS = [
  ['mapped, of our IPv4 peer', '::ffff:a00:2'],
  ['mapped, of our own IPv4', '::ffff:a00:1'],
  ['mapped, of anybody', '::ffff:808:808'],
  ['compatible with IPv4', '::a00:2'],
  ['unspecified', '::'],
  ['the loopback', '::1'],
  ['a group', 'ff02::1'],
  ['ourselves', 'fd00::1'],
] as const;

describe.each(NOBODYS)('from %s, %s', (_, from) => {
  test('RFC 4291 §2.5.5: nothing is opened, answered or delivered', () => {
    const { stack } = listening();
    const peer = new Peer(stack, { family: 6, address: from });
    peer.send(syn({ seq: 0 }));
    for (const bytes of [
      echo({ from, to: PEER.to }, 8),
      packet({ from, to: PEER.to }, ip.UDP, new Uint8Array(8)),
    ])
      stack.input(bytes);
    stack.pump();
    peer.expectNothing();
    expect(stack.strays).toEqual([]);
    expect(stack.used()[1]).toBe(0);
    expect(stack.counter(Counter.IpInAddrErrors)).toBe(3);
    expect(stack.counter(Counter.IpInDelivers)).toBe(0);
  });
});

test.each(NOBODYS.filter(([, to]) => to !== 'fd00::1'))(
  'RFC 4291 §2.5.5: what is for %s, %s, is dropped, and nobody is told',
  (_, to) => {
    const { stack } = listening();
    new Peer(stack, { family: 6, hostAddress: to }).send(syn({ seq: 0 }));
    stack.input(echo({ from: PEER.from, to }, 8));
    stack.pump();
    expect(stack.strays).toEqual([]);
    expect(stack.used()[1]).toBe(0);
    expect(stack.counter(Counter.IpInAddrErrors)).toBe(2);
  },
);

/** A segment of an IPv4 connection in an IPv6 header, whose addresses are the mapped ones. */
function disguised(peer: Peer, segment: Parameters<typeof encode>[0]): Uint8Array {
  const seq = (peer.isn + (segment.seq ?? 0)) >>> 0;
  const number = (peer.iss + (segment.ack ?? 0)) >>> 0;
  const plain = encode({ win: 65_535, ...segment, seq, ack: number }, peer.flow);
  const tcp = plain.slice(20);
  const ends = { from: '::ffff:a00:2', to: '::ffff:a00:1' };
  // The mapped form gives the pseudo header of IPv4: the checksum is right for whoever mixes them.
  const sum = pseudoHeaderSum(peer.flow.source, peer.flow.destination, 6, tcp.length);
  expect(onesSum(tcp, sum)).toBe(0xffff);
  return packet(ends, 6, tcp);
}

test('hostile 6b: no IPv6 packet gets into a connection of IPv4, nor opens one', () => {
  const { stack, host, peer } = established();
  stack.input(disguised(peer, data('evil', { seq: 1, ack: 1 })));
  stack.input(disguised(peer, { ctl: 4, seq: 1 }));
  stack.pump();
  expect(host.read()).toBe('');
  peer.send(data('good', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('good');
  expect(stack.counter(Counter.IpInAddrErrors)).toBe(2);
  peer.take();
  peer.send(ack({ seq: 5, ack: 1 }));
});

test('hostile 13f: an ICMPv6 error that quotes mapped addresses touches no IPv4 connection', () => {
  const { stack, host, peer } = established({ mss: 1460 });
  host.write(5000);
  const tcp = peer.latest().packet.slice(20);
  for (const [from, to] of [
    ['::ffff:a00:1', '::ffff:a00:2'],
    ['fd00::1', '::ffff:a00:2'],
    ['::ffff:a00:1', 'fd00::2'],
  ] as const) {
    const quote = packet({ from, to }, 6, tcp);
    stack.input(icmp(PEER, 2, 0, 1280, quote));
    stack.input(icmp(PEER, 1, 4, 0, quote));
  }
  stack.pump();
  expect(host.look('smss')).toBe(1460);
  host.expectNoSignal(Signal.SOFT_ERROR);
  expect(stack.counter(Counter.IcmpInErrors)).toBe(6);
});

test.each([
  ['::ffff:a00:7', 96],
  ['::a00:7', 96],
  ['::', 128],
  ['0.1.2.3', 24],
  ['240.0.0.1', 24],
])('%s can not be an address of ours', (address, prefix) => {
  const { stack } = listening();
  expect(stack.tryAddress(address, prefix)).toBeLessThan(0);
});

test('each family has an ICMP of its own, and takes the other for an unknown protocol', () => {
  const { stack } = listening();
  const message = Uint8Array.of(8, 0, 0xf7, 0xfe, 0, 1, 0, 0);
  stack.input(packet(PEER, ip.ICMP, message));
  stack.input(packet(ENDS[4], ip.ICMPV6, message));
  stack.pump();
  const said = stack.strays.map((bytes) => {
    const { type, code, pointer } = ip.readIcmp(bytes);
    return [type, code, pointer];
  });
  expect(said).toEqual([
    [4, 1, 6],
    [3, 2, 0],
  ]);
  expect(stack.counter(Counter.IcmpInMsgs)).toBe(0);
  expect(octetsOf(PEER.from)).toHaveLength(16);
});
