/**
 * IPv4 of a host (RFC 1122 §3): addresses that never are on a wire, what is said about packets that
 * can not be read, and what is never said.
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
  Peer,
  Setting,
  Signal,
  syn,
  withIpOptions,
} from './dsl/index.ts';

const { echo, ENDS, fragment, fragments, packet, readIcmp } = ip;
const PEER = ENDS[4];

/** Pages and blocks of text in use. */
function held(stack: ReturnType<typeof listening>['stack']): number {
  const used = stack.used();
  return used[5]! + used[10]!;
}

/** What the stack says to a packet: type, code, and where it points. */
function said(stack: ReturnType<typeof listening>['stack'], ...packets: Uint8Array[]): number[][] {
  stack.strays.length = 0;
  for (const bytes of packets) stack.input(bytes);
  stack.pump();
  return stack.strays.map((bytes) => {
    const { type, code, pointer } = readIcmp(bytes);
    return [type, code, pointer];
  });
}

// Addresses (§3.2.1.3) -----------------------------------------------------------------------

const NOBODYS = [
  ['this network', '0.1.2.3'],
  ['this network, last', '0.255.255.254'],
  ['this host', '0.0.0.0'],
  ['the loopback', '127.0.0.1'],
  ['the loopback, last', '127.255.255.254'],
  ['a group', '224.0.0.5'],
  ['a group, last', '239.255.255.255'],
  ['class E', '240.0.0.1'],
  ['class E, last', '255.255.255.254'],
  ['everybody', '255.255.255.255'],
  ['everybody of our network', '10.0.0.255'],
  ['ourselves', '10.0.0.1'],
] as const;

test.each([
  [4, '10.0.0.2', 24],
  [6, 'fd00::2', 64],
] as const)(
  'RFC 1122 §3.2.1.3, MUST-63: IPv%i: a peer whose address is given to us is nobody’s from then on',
  (family, address, prefix) => {
    const { stack, peer } = established({ family });
    peer.send(data('a', { seq: 1, ack: 1 }));
    expect(stack.drops()).toEqual([]);
    stack.addAddress(address, prefix);
    peer.send(data('b', { seq: 2, ack: 1 }));
    expect(stack.drops()).toEqual(['ILLEGAL_ADDRESS']);
  },
);

describe.each(NOBODYS)('from %s, %s', (_, from) => {
  test('RFC 1122 §3.2.1.3, MUST-63: a SYN opens nothing, and is not answered', () => {
    const { stack } = listening();
    const before = stack.counter(Counter.IpInAddrErrors);
    const peer = new Peer(stack, { address: from });
    peer.send(syn({ seq: 0 }));
    peer.expectNothing();
    expect(stack.strays).toEqual([]);
    expect(stack.used()[1]).toBe(0);
    expect(stack.counter(Counter.IpInAddrErrors) - before).toBe(1);
  });

  test('RFC 1122 §3.2.1.3a: an echo and a datagram for no port are not answered', () => {
    const { stack } = listening();
    const ends = { from, to: PEER.to };
    expect(said(stack, echo(ends, 8), packet(ends, ip.UDP, new Uint8Array(8)))).toEqual([]);
    expect(stack.counter(Counter.IpInDelivers)).toBe(0);
  });
});

test.each(NOBODYS.filter(([, to]) => to !== '10.0.0.1'))(
  'MUST-57: what is for %s, %s, is for nobody here, and nobody is told',
  (_, to) => {
    const { stack } = listening();
    const ends = { from: PEER.from, to };
    const before = stack.counter(Counter.IpInAddrErrors);
    new Peer(stack, { hostAddress: to, port: 41_000 }).send(syn({ seq: 0 }));
    expect(said(stack, echo(ends, 8), packet(ends, ip.UDP, new Uint8Array(8)))).toEqual([]);
    expect(stack.used()[1]).toBe(0);
    // Of everybody's datagrams none is dropped for its address, which somebody may be bound to.
    const isEverybodys = to.endsWith('.255') && !to.startsWith('239');
    expect(stack.counter(Counter.IpInAddrErrors) - before).toBe(isEverybodys ? 2 : 3);
  },
);

test.each([
  ['class E', '240.0.0.1'],
  ['this network', '0.1.2.3'],
  ['a group', '224.0.0.1'],
])('MUST-46: %s, %s, can not be opened to', (_, to) => {
  const { host } = listening();
  expect(host.another().connect(to, 80)).toBeLessThan(0);
});

test.each(NOBODYS.filter(([, to]) => to !== '10.0.0.255'))(
  'RFC 1122 §3.2.1.3a: an error that quotes a packet of ours to %s, %s, is about nothing',
  (_, to) => {
    const { stack, host, peer } = established({ mss: 1460 });
    host.write(1000);
    const quote = peer.latest().packet.slice();
    quote.set(to.split('.').map(Number), 16);
    const fromUs = peer.latest().packet.slice();
    fromUs.set(to.split('.').map(Number), 12);
    const errors = stack.counter(Counter.IcmpInErrors);
    peer.icmp(3, 1, 0, quote);
    if (to !== '10.0.0.1') peer.icmp(3, 1, 0, fromUs);
    host.expectNoSignal(Signal.SOFT_ERROR);
    expect(stack.counter(Counter.IcmpInErrors) - errors).toBe(to === '10.0.0.1' ? 1 : 2);
  },
);

// Parameter Problem (§3.2.2.5) ---------------------------------------------------------------

/** An echo with these options in its header. */
const withOptions = (...option: number[]) => withIpOptions(echo(PEER, 8), option);

test.each([
  ['a length that runs over the header', [7, 5], 21],
  ['one that does so behind another', [1, 1, 68, 4, 5, 0, 7, 3], 27],
  ['a length of 0', [7, 0, 4, 0], 21],
  ['a length of 1', [7, 1, 4, 0], 21],
  ['no room for a length', [1, 1, 1, 7], 23],
  ['a source route whose length is none', [131, 6, 4, 10, 0, 0, 9, 0], 21],
  ['a source route that points into its head', [131, 7, 3, 10, 0, 0, 9, 0], 22],
  ['a second source route', [131, 3, 4, 137, 3, 4, 0, 0], 23],
])('RFC 1122 §3.2.2.5: an option with %s is a Parameter Problem', (_, option, pointer) => {
  const { stack } = listening();
  const errors = stack.counter(Counter.IpInHdrErrors);
  const bytes = withOptions(...option);
  expect(said(stack, bytes)).toEqual([[12, 0, pointer]]);
  const quoted = readIcmp(stack.strays[0]!).body;
  expect(quoted).toEqual(bytes.slice(0, quoted.length));
  expect(quoted.length).toBeGreaterThanOrEqual(20 + 8);
  expect(stack.counter(Counter.IpInHdrErrors) - errors).toBe(1);
  expect(stack.counter(Counter.IcmpOutParmProbs)).toBe(1);
});

test.each([
  ['nothing', []],
  ['no operation, to the end', [1, 1, 1, 1]],
  ['an end in the middle', [1, 0, 7, 99]],
  ['a record route', [7, 7, 4, 0, 0, 0, 0, 0]],
  ['an option nobody knows', [94, 4, 0, 0]],
])('MUST-50: options that are %s are passed over', (_, option) => {
  const { stack } = listening();
  expect(said(stack, withOptions(...option))).toEqual([[0, 0, 0]]);
});

// Time Exceeded (§3.3.2) ---------------------------------------------------------------------

test('RFC 1122 §3.3.2a, §3.3.2b: what is not whole in time is told of, by its first part', () => {
  const { stack } = listening();
  const [first, second] = fragments(echo(PEER, 3000), 1480);
  expect(said(stack, second!, first!)).toEqual([]);
  stack.wait(29_999);
  expect(stack.strays).toEqual([]);
  stack.wait(1);
  expect(stack.strays).toHaveLength(1);
  const { type, code, body, from } = readIcmp(stack.strays[0]!);
  expect([type, code]).toEqual([11, 1]);
  expect([...from]).toEqual([10, 0, 0, 1]);
  expect(body).toEqual(first!.slice(0, 548));
  expect(held(stack)).toBe(0);
  expect(stack.counter(Counter.IpReasmTimeout)).toBe(1);
  expect(stack.counter(Counter.IpReasmFails)).toBe(1);
  expect(stack.counter(Counter.IcmpOutTimeExcds)).toBe(1);
});

test('RFC 1122 §3.3.2b: without its first part there is nothing to tell it by', () => {
  const { stack } = listening();
  const [, second, third] = fragments(echo(PEER, 4000), 1480);
  said(stack, second!, third!);
  stack.wait(60_000);
  expect(stack.strays).toEqual([]);
  expect(stack.counter(Counter.IpReasmTimeout)).toBe(1);
});

test('RFC 1122 §3.3.2b: a first part that is short is quoted whole', () => {
  const { stack } = listening();
  const first = fragment(echo(PEER, 100), 0, 24);
  said(stack, first);
  stack.wait(30_000);
  expect(readIcmp(stack.strays[0]!).body).toEqual(first);
});

test('ipfrag_time says how long that is', () => {
  const { stack } = listening({ settings: { [Setting.IPFRAG_TIME]: 60 } });
  said(stack, fragment(echo(PEER, 100), 0, 24));
  stack.wait(59_999);
  expect(held(stack)).toBe(1);
  stack.wait(1);
  expect(stack.strays).toHaveLength(1);
  for (const seconds of [0, 121, 0xffff_ffff]) {
    expect(stack.core.set(Setting.IPFRAG_TIME, seconds)).toBeLessThan(0);
  }
});

test('a datagram put together has the header of its first fragment, whichever came last', () => {
  const { stack, host, peer } = established();
  const seq = (peer.isn + 1) >>> 0;
  const number = (peer.iss + 1) >>> 0;
  const whole = encode({ ...data(100, { seq: 1 }), seq, ack: number, win: 1000 }, peer.flow);
  const [first, ...rest] = fragments(whole, 48);
  for (const bytes of [withIpOptions(first!, [1, 1, 1, 1]), ...rest]) stack.input(bytes);
  stack.pump();
  expect(host.read()).toBe(data(100, { seq: 1 }).text);
});

// What is never said (§3.2.2) ----------------------------------------------------------------

/** An ICMP message of one type with an option that can not be read. */
const aboutIcmp = (type: number) =>
  withIpOptions(ip.icmp(PEER, type, 0, 0, new Uint8Array(28)), [7, 99, 0, 0]);

test.each([3, 4, 5, 11, 12])(
  'RFC 1122 §3.2.2a: an ICMP error, type %i, causes none, whatever is wrong with it',
  (type) => {
    const { stack } = listening();
    expect(said(stack, aboutIcmp(type))).toEqual([]);
    said(stack, fragment(ip.icmp(PEER, type, 0, 0, new Uint8Array(60)), 0, 32));
    stack.wait(30_000);
    expect(stack.strays).toEqual([]);
  },
);

test('an ICMP query may cause one', () => {
  const { stack } = listening();
  expect(said(stack, aboutIcmp(8), aboutIcmp(13))).toHaveLength(2);
});

test('RFC 1122 §3.2.2b: a fragment that is not the first causes none', () => {
  const { stack } = listening();
  const later = fragment(packet(PEER, 99, new Uint8Array(64)), 8, 32);
  expect(said(stack, withIpOptions(later, [7, 99, 0, 0]))).toEqual([]);
});

test('errors of every kind share one limit, a hundred a second', () => {
  const { stack } = listening();
  const kinds = [
    withOptions(7, 99, 0, 0),
    packet(PEER, 99, new Uint8Array(8)),
    packet(PEER, ip.UDP, Uint8Array.of(0, 9, 0, 9, 0, 8, 0, 0)),
  ];
  let sent = 0;
  for (let i = 0; i < 300; i++) sent += said(stack, kinds[i % 3]!).length;
  expect(sent).toBe(100);
  expect(stack.counter(Counter.IcmpOutRateLimited)).toBe(200);
  stack.wait(1000);
  expect(said(stack, kinds[0]!)).toHaveLength(1);
});

test('a connection is not disturbed by any of this', () => {
  const { host, peer } = established();
  peer.ipOptions = [7, 99, 0, 0];
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('');
  peer.ipOptions = [];
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
  host.wait(40);
  peer.expect(ack({ seq: 1, ack: 6 }));
});
