/**
 * IPv6 extension headers (RFC 8200 §4), what is said about those that can not be read (RFC 4443
 * §2.4, §3.4), and fragments (§4.5, RFC 7112).
 */
import { describe, expect, test } from 'vitest';
import { Counter, encode, established, data, ip, listening, type Stack } from './dsl/index.ts';

const { echo, ENDS, extended, fragment, fragments, options, packet, readIcmp } = ip;
const PEER = ENDS[6];
const HOP_BY_HOP = 0;
const ROUTING = 43;
const NOTHING = 59;
const DESTINATION = 60;
const UNKNOWN = 253;
/** Where the first header behind the fixed one begins. */
const FIRST = 40;

/** What the stack says to packets: type, code, and where it points. */
function said(stack: Stack, ...packets: Uint8Array[]): number[][] {
  stack.strays.length = 0;
  for (const bytes of packets) stack.input(bytes);
  stack.pump();
  return stack.strays.map((bytes) => {
    const { type, code, pointer } = readIcmp(bytes);
    return [type, code, type === 129 ? 0 : pointer];
  });
}

/** What it says to an echo with these headers; an answer is 129. */
function saidTo(...headers: readonly (readonly [number, readonly number[]])[]): number[][] {
  return said(listening().stack, extended(echo(PEER, 8), ...headers));
}

const ANSWERED = [[129, 0, 0]];

// Options (§4.2) -----------------------------------------------------------------------------

describe.each([
  ['hop-by-hop', HOP_BY_HOP],
  ['destination', DESTINATION],
] as const)('%s options', (_, kind) => {
  test.each([
    ['padding', [1, 2, 0, 0]],
    ['one octet of padding each', [0, 0, 0, 0, 0, 0]],
    ['a router alert', [5, 2, 0, 0]],
    ['one nobody knows, to be passed over', [0x1e, 4, 1, 2, 3, 4]],
    ['many', [0x1e, 1, 9, 0x3e, 0, 1, 1, 0, 0x1e, 11, ...Array<number>(11).fill(7)]],
  ])('that are %s do not matter', (_name, octets) => {
    expect(saidTo([kind, options(...octets)])).toEqual(ANSWERED);
  });

  test('RFC 8200 §4.2a: 01 in the upper bits: dropped in silence', () => {
    const { stack } = listening();
    const bytes = extended(echo(PEER, 8), [kind, options(0x5e, 0)]);
    expect(said(stack, bytes)).toEqual([]);
    expect(stack.counter(Counter.IpInHdrErrors)).toBe(1);
  });

  test.each([
    ['10', 0x9e],
    ['11', 0xde],
    ['11, a jumbo payload', 0xc2],
  ])('RFC 8200 §4.2b: %s: dropped, and code 2 points to its type', (_name, type) => {
    const { stack } = listening();
    const octets = options(1, 0, 0x1e, 1, 9, type, 4, 0, 0, 0, 0);
    const bytes = extended(echo(PEER, 8), [kind, octets]);
    expect(said(stack, bytes)).toEqual([[4, 2, FIRST + 2 + 5]]);
    expect(readIcmp(stack.strays[0]!).body).toEqual(bytes);
    expect(stack.counter(Counter.IcmpInEchos)).toBe(0);
    expect(stack.counter(Counter.IcmpOutParmProbs)).toBe(1);
  });

  test('whose length runs over their header are told by code 0, at the length', () => {
    expect(saidTo([kind, [0, 0, 0x1e, 9, 0, 0, 0, 0]])).toEqual([[4, 0, FIRST + 3]]);
    expect(saidTo([kind, [0, 0, 1, 9, 0, 0, 0, 0]])).toEqual([[4, 0, FIRST + 3]]);
    expect(saidTo([kind, [0, 0, 0, 0, 0, 0, 0, 0x1e]])).toEqual([[4, 0, FIRST + 7]]);
  });

  test('behind another header point to where they are', () => {
    const before = [ROUTING, [0, 1, 0, 0, ...Array<number>(12).fill(0)]] as const;
    const expected = kind === DESTINATION ? [[4, 2, FIRST + 16 + 2]] : [[4, 1, FIRST]];
    expect(saidTo(before, [kind, options(0x9e, 0)])).toEqual(expected);
  });
});

// The chain (§4, §4.1, §4.4) -----------------------------------------------------------------

test('RFC 8200 §4a: hop-by-hop options stand first or are an unknown header', () => {
  expect(saidTo([HOP_BY_HOP, options()], [DESTINATION, options()])).toEqual(ANSWERED);
  expect(saidTo([DESTINATION, options()], [HOP_BY_HOP, options()])).toEqual([[4, 1, FIRST]]);
  expect(saidTo([HOP_BY_HOP, options()], [HOP_BY_HOP, options()])).toEqual([[4, 1, FIRST]]);
});

test('an unknown header is named by the octet that said so', () => {
  const { stack } = listening();
  const plain = packet(PEER, UNKNOWN, new Uint8Array(8));
  expect(said(stack, plain)).toEqual([[4, 1, 6]]);
  const two = [DESTINATION, options(0x1e, 4, 0, 0, 0, 0)] as const;
  expect(said(stack, extended(plain, two))).toEqual([[4, 1, FIRST]]);
  expect(said(stack, extended(plain, [HOP_BY_HOP, options()], two))).toEqual([[4, 1, FIRST + 8]]);
});

test('RFC 8200 §4.4: a routing header with segments left is told of by its type', () => {
  const routing = (type: number, left: number) =>
    [ROUTING, [0, 2, type, left, ...Array<number>(20).fill(0)]] as const;
  expect(saidTo(routing(0, 0))).toEqual(ANSWERED);
  expect(saidTo(routing(77, 0))).toEqual(ANSWERED);
  expect(saidTo(routing(0, 1))).toEqual([[4, 0, FIRST + 2]]);
  expect(saidTo([DESTINATION, options()], routing(77, 1))).toEqual([[4, 0, FIRST + 8 + 2]]);
});

test('RFC 4443 §3.4: a header longer than its packet is told of by its length', () => {
  const { stack } = listening();
  for (const kind of [HOP_BY_HOP, ROUTING, DESTINATION]) {
    const bytes = packet(PEER, kind, Uint8Array.of(58, 1, 0, 0, 0, 0, 0, 0));
    expect(said(stack, bytes)).toEqual([[4, 0, FIRST + 1]]);
    expect(said(stack, packet(PEER, kind, Uint8Array.of(58)))).toEqual([[4, 0, 6]]);
  }
});

test('no next header is the end: nothing is said', () => {
  expect(saidTo([NOTHING, []])).toEqual([]);
  const { stack } = listening();
  expect(said(stack, packet(PEER, NOTHING, new Uint8Array(30)))).toEqual([]);
});

test('the longest packets there are of nested headers end, and cost no stack', () => {
  const { stack } = listening();
  // Atomic fragments one in the other, to the last octet a packet can have.
  const nested = new Uint8Array(8 * 8186 + 8);
  for (let i = 0; i <= 8186; i++) nested[8 * i] = i < 8186 ? 44 : 58;
  const headers = stack.counter(Counter.IpInHdrErrors);
  expect(said(stack, packet(PEER, 44, nested))).toEqual([]);
  nested.fill(60, 0, 0);
  for (let i = 0; i <= 8186; i++) nested[8 * i] = 60;
  expect(said(stack, packet(PEER, 60, nested))).toEqual([]);
  expect(stack.counter(Counter.IpInHdrErrors) - headers).toBe(2);
});

// What is never said (RFC 4443 §2.4) ---------------------------------------------------------

test.each([1, 2, 3, 4, 5, 99, 127, 137])(
  'RFC 4443 §2.4a: an ICMPv6 error or redirect, type %i, causes no error',
  (type) => {
    const { stack } = listening();
    const about = ip.icmp(PEER, type, 0, 0, new Uint8Array(48));
    expect(said(stack, extended(about, [DESTINATION, options(0x9e, 0)]))).toEqual([]);
    const behind = extended(about, [DESTINATION, options(0x9e, 0)], [DESTINATION, options()]);
    expect(said(stack, behind)).toEqual([]);
    said(stack, fragment(about, 0, 48));
    stack.wait(60_000);
    expect(stack.strays).toEqual([]);
  },
);

test('RFC 4443 §2.4b: not more than a hundred a second', () => {
  const { stack } = listening();
  const bytes = extended(echo(PEER, 8), [DESTINATION, options(0x9e, 0)]);
  expect(said(stack, ...Array<Uint8Array>(60).fill(bytes))).toHaveLength(60);
  expect(said(stack, ...Array<Uint8Array>(60).fill(bytes))).toHaveLength(40);
  expect(stack.counter(Counter.IcmpOutRateLimited)).toBe(20);
});

test('an error quotes as much as fits into 1280 octets', () => {
  const { stack } = listening();
  const bytes = extended(echo(PEER, 1400), [DESTINATION, options(0x9e, 0)]);
  expect(said(stack, bytes)).toEqual([[4, 2, FIRST + 2]]);
  expect(stack.strays[0]).toHaveLength(1280);
  expect(readIcmp(stack.strays[0]!).body).toEqual(bytes.slice(0, 1280 - 48));
});

// Fragments (§4.5) ---------------------------------------------------------------------------

test('RFC 8200 §4.5a: a datagram not whole after 60 seconds is told of, by its first part', () => {
  const { stack } = listening();
  const [first, second] = fragments(echo(PEER, 3000), 1448);
  expect(said(stack, second!, first!)).toEqual([]);
  stack.wait(59_999);
  expect(stack.strays).toEqual([]);
  stack.wait(1);
  const { type, code, rest, body } = readIcmp(stack.strays[0]!);
  expect([type, code, rest]).toEqual([3, 1, 0]);
  expect(body).toEqual(first!.slice(0, 1280 - 48));
  expect(stack.strays).toHaveLength(1);
  expect(stack.used()[5]).toBe(0);
  expect(stack.counter(Counter.IcmpOutTimeExcds)).toBe(1);
  said(stack, second!);
  stack.wait(60_000);
  expect(stack.strays).toEqual([]);
});

test('RFC 8200 §4.5b: a length that is no multiple of eight is told of', () => {
  const { stack } = listening();
  const whole = echo(PEER, 200);
  const odd = fragment(whole, 0, 101);
  expect(said(stack, odd)).toEqual([[4, 0, 4]]);
  // That fragment alone is dropped.
  expect(said(stack, fragment(whole, 0, 96), fragment(whole, 96, 208))).toEqual(ANSWERED);
});

test('RFC 8200 §4.5c: what would make more than 65,535 octets is told of by its offset', () => {
  const { stack } = listening();
  const far = fragment(packet(PEER, 58, new Uint8Array(65_535)), 65_528, 65_535);
  new DataView(far.buffer).setUint16(FIRST + 2, 65_528);
  expect(said(stack, far)).toEqual([]);
  const over = fragment(packet(PEER, 58, new Uint8Array(65_535)), 65_520, 65_535);
  new DataView(over.buffer).setUint16(FIRST + 2, 65_528);
  expect(said(stack, over)).toEqual([[4, 0, FIRST + 2]]);
  const behind = extended(over, [DESTINATION, options()]);
  expect(said(stack, behind)).toEqual([[4, 0, FIRST + 8 + 2]]);
});

test.each([
  ['TCP, cut short', packet(PEER, 6, new Uint8Array(64)), 16],
  ['options, cut short', extended(echo(PEER, 8), [DESTINATION, options(...Array(20).fill(0))]), 8],
  ['options alone', extended(echo(PEER, 8), [DESTINATION, options()]), 8],
])('RFC 8200 §4.5d: a first fragment with %s is told by code 3', (_, whole, to) => {
  const { stack } = listening();
  expect(said(stack, fragment(whole, 0, to))).toEqual([[4, 3, 0]]);
  expect(stack.used()[5]).toBe(0);
});

test('RFC 8200 §4.5e: fragments that overlap are dropped, and nothing is said', () => {
  const { stack } = listening();
  const whole = echo(PEER, 200);
  expect(said(stack, fragment(whole, 0, 96), fragment(whole, 88, 208))).toEqual([]);
  stack.wait(60_000);
  expect(stack.strays).toEqual([]);
  expect(stack.counter(Counter.IpReasmFails)).toBe(1);
});

describe.each([4, 6] as const)('IPv%i', (family) => {
  const whole = echo(ENDS[family], 9_000);
  const pieces = fragments(whole, 1448);
  /** A fragment as if none came behind it. */
  const ended = (piece: Uint8Array) => {
    if (family === 6) return piece.with(FIRST + 3, piece[FIRST + 3]! & ~1);
    // What the field loses the checksum gains; it has no carry here.
    const sum = ((piece[10]! << 8) | piece[11]!) + 0x2000;
    expect(sum).toBeLessThan(0x1_0000);
    return piece.with(6, 0).with(10, sum >> 8);
  };
  const isAnswered = (stack: Stack) => stack.counter(Counter.IcmpOutEchoReps) === 1;

  test('RFC 8200 §4.5f: each fragment twice, in any order, is the datagram once', () => {
    const twice = [pieces, pieces.toReversed(), pieces.flatMap((piece) => [piece, piece])];
    for (const order of [[...pieces, ...pieces], [...twice[1]!, ...pieces], twice[2]!]) {
      const { stack } = listening();
      for (const piece of order.slice(0, -1)) stack.input(piece);
      stack.pump();
      expect(isAnswered(stack)).toBe(true);
      expect(stack.counter(Counter.IpReasmFails)).toBe(0);
    }
  });

  test('RFC 8200 §4.5f: a part of what has come, octet for octet, is a duplicate too', () => {
    const { stack } = listening();
    for (const piece of [pieces[0]!, pieces[1]!, fragment(whole, 1440, 1456)]) stack.input(piece);
    for (const piece of pieces.slice(2)) stack.input(piece);
    stack.pump();
    expect(isAnswered(stack)).toBe(true);
  });

  test.each([
    ['other octets', (again: Uint8Array) => again.with(again.length - 1, 7)],
    ['another end', ended],
  ])('RFC 8200 §4.5e: the same place with %s ends the datagram', (_, change) => {
    const { stack } = listening();
    stack.input(pieces[1]!);
    stack.input(change(pieces[1]!));
    for (const piece of pieces.filter((_, i) => i !== 1)) stack.input(piece);
    stack.pump();
    expect(isAnswered(stack)).toBe(false);
  });
});

test('what is put together is quoted and pointed into as if it had come whole', () => {
  const { stack } = listening();
  const inner = extended(packet(PEER, UNKNOWN, new Uint8Array(400)), [DESTINATION, options()]);
  const pieces = fragments(inner, 200, 7).map((piece) =>
    extended(piece, [HOP_BY_HOP, options()]),
  );
  expect(said(stack, pieces[2]!, pieces[0]!, pieces[1]!)).toEqual([[4, 1, FIRST + 8]]);
  expect(readIcmp(stack.strays[0]!).body).toEqual(extended(inner, [HOP_BY_HOP, options()]));
});

test('the first fragment says what comes next, whatever the others say', () => {
  const { stack } = listening();
  const whole = echo(PEER, 400);
  const pieces = fragments(whole, 200);
  pieces[1]![FIRST] = 17;
  expect(said(stack, pieces[2]!, pieces[1]!, pieces[0]!)).toEqual(ANSWERED);
});

test('an atomic fragment is a datagram by itself, and joins no other (RFC 6946)', () => {
  const { stack } = listening();
  const whole = echo(PEER, 400);
  const atomic = extended(echo(PEER, 8), [44, [0, 0, 0, 0, 0, 0, 0, 1]]);
  const [first, second, third] = fragments(whole, 200);
  expect(said(stack, first!, second!)).toEqual([]);
  expect(said(stack, atomic)).toEqual(ANSWERED);
  expect(said(stack, third!)).toEqual(ANSWERED);
});

test('a segment in fragments, behind options, is read', () => {
  const { stack, host, peer } = established({ family: 6 });
  const seq = (peer.isn + 1) >>> 0;
  const number = (peer.iss + 1) >>> 0;
  const segment = { ...data(500, { seq: 1 }), seq, ack: number, win: 1000 };
  const whole = extended(encode(segment, peer.flow), [DESTINATION, options()]);
  for (const piece of fragments(whole, 104)) {
    stack.input(extended(piece, [HOP_BY_HOP, options(5, 2, 0, 0)]));
  }
  stack.pump();
  expect(host.read()).toBe(data(500, { seq: 1 }).text);
});

test('headers too long to be kept are dropped', () => {
  const { stack } = listening();
  const long = [HOP_BY_HOP, options(...Array<number>(250).fill(0))] as const;
  const pieces = fragments(echo(PEER, 400), 200).map((piece) => extended(piece, long));
  expect(said(stack, ...pieces)).toEqual([]);
  expect(stack.counter(Counter.IpReasmFails)).toBe(1);
});
