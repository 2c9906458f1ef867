/**
 * Who takes a datagram, and who may be bound where (RFC 1122 §4.1.3.5, RFC 3493 §5.3, socket(7) and
 * udp(7) of Linux for what is shared).
 */
import { describe, expect, test } from 'vitest';
import {
  Counter,
  DatagramUser,
  datagram,
  ip,
  Result,
  sent,
  Signal,
  Stack,
  State,
  UdpOption,
} from '../dsl/index.ts';

const { ENDS } = ip;
const { ADDRESS_IN_USE, ADDRESS_NOT_AVAILABLE, INVALID_ARGUMENT, OK } = Result;

/** Users, each bound to port 7 at one of these addresses; '' is any of both families. */
function users(stack: Stack, ...addresses: readonly string[]): DatagramUser[] {
  return addresses.map((address) => {
    const user = new DatagramUser(stack);
    expect(user.bind(7, address || undefined)).toBe(OK);
    return user;
  });
}

describe.each([4, 6] as const)('IPv%s', (family) => {
  const ends = ENDS[family];
  const ANY = family === 4 ? '0.0.0.0' : '::';

  test('the exact address before any address', () => {
    const stack = new Stack();
    const [any, exact] = [new DatagramUser(stack), new DatagramUser(stack)];
    for (const user of [any, exact]) user.set(UdpOption.REUSE_ADDRESS, 1);
    expect([exact.bind(7, ends.to), any.bind(7, ANY)]).toEqual([OK, OK]);
    stack.input(datagram(ends));
    expect([any.texts(), exact.texts()]).toEqual([[], ['hello']]);
    exact.close();
    stack.input(datagram(ends));
    expect(any.texts()).toEqual(['hello']);
  });

  test('who is connected hears its peer alone, and before who is not', () => {
    const stack = new Stack();
    const [one, other] = [new DatagramUser(stack), new DatagramUser(stack)];
    for (const user of [one, other]) {
      user.set(UdpOption.REUSE_ADDRESS, 1);
      expect(user.bind(7, ANY)).toBe(OK);
    }
    expect(one.connect(ends.from, 9000)).toBe(OK);
    expect(one.look('state')).toBe(State.ESTABLISHED);
    stack.input(datagram(ends, { text: 'peer' }));
    stack.input(datagram(ends, { text: 'stranger', from: 9001 }));
    expect([one.texts(), other.texts()]).toEqual([['peer'], ['stranger']]);
    other.close();
    stack.input(datagram(ends, { text: 'stranger', from: 9001 }));
    expect(one.texts()).toEqual([]);
    expect(stack.counter(Counter.UdpNoPorts)).toBe(1);
    expect(one.disconnect()).toBe(OK);
    stack.input(datagram(ends, { text: 'stranger', from: 9001 }));
    expect(one.texts()).toEqual(['stranger']);
    expect(one.disconnect()).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
  });

  test('who sends and is bound to nothing is bound to a port that nobody has', () => {
    const stack = new Stack();
    const all = Array.from({ length: 20 }, () => new DatagramUser(stack));
    for (const user of all) expect(user.send('hello', ends.from)).toBe(1);
    const ports = sent(stack).map(({ from }) => from);
    expect(new Set(ports).size).toBe(20);
    for (const port of ports) expect(port).toBeGreaterThanOrEqual(32_768);
    stack.input(datagram(ends, { to: ports[3] }));
    expect(all.map((user) => user.texts().length).indexOf(1)).toBe(3);
  });

  test('RFC 1122 §4.1.3.5b, §4.1.3.6b: what is sent comes from where its user is bound', () => {
    const stack = new Stack();
    const second = family === 4 ? '10.0.0.9' : 'fd00::9';
    stack.addAddress(second, family === 4 ? 24 : 64);
    const [user] = users(stack, second);
    user!.send('hello', ends.from);
    expect([...sent(stack)[0]!.source].at(-1)).toBe(9);
    const any = new DatagramUser(stack);
    any.send('hello', ends.from);
    expect([...sent(stack)[0]!.source].at(-1)).toBe(1);
    const foreign = family === 4 ? '10.0.0.77' : 'fd00::77';
    expect(new DatagramUser(stack).bind(8, foreign)).toBe(-ADDRESS_NOT_AVAILABLE);
  });

  test('what is for ourselves comes back, and never leaves', () => {
    const stack = new Stack();
    const [user] = users(stack, ANY);
    const loopback = family === 4 ? '127.0.0.1' : '::1';
    for (const address of [ends.to, loopback]) user!.send(address, address, 7);
    stack.pump();
    expect(user!.texts()).toEqual([ends.to, loopback]);
    expect(stack.strays).toEqual([]);
  });
});

/** Bound one after the other: the second to what the first leaves. */
const CONFLICTS = [
  ['', '', true],
  ['', '10.0.0.1', true],
  ['', 'fd00::1', true],
  ['0.0.0.0', 'fd00::1', false],
  ['0.0.0.0', '', true],
  ['0.0.0.0', '10.0.0.1', true],
  ['10.0.0.1', 'fd00::1', false],
  ['10.0.0.1', '127.0.0.1', false],
  ['10.0.0.1', '224.0.0.5', false],
] as const;

describe.each(CONFLICTS)('%s and %s', (first, second, isConflict) => {
  const both = [
    [first, second],
    [second, first],
  ];
  test.each(both)('bound to one port, %s first', (a, b) => {
    const stack = new Stack();
    users(stack, a);
    const late = new DatagramUser(stack);
    expect(late.bind(7, b || undefined)).toBe(isConflict ? -ADDRESS_IN_USE : OK);
  });

  test.each(both)('shared by SO_REUSEADDR of both, %s first', (a, b) => {
    const stack = new Stack();
    const [one, other] = [new DatagramUser(stack), new DatagramUser(stack)];
    one.set(UdpOption.REUSE_ADDRESS, 1);
    expect(one.bind(7, a || undefined)).toBe(OK);
    expect(other.bind(7, b || undefined)).toBe(isConflict ? -ADDRESS_IN_USE : OK);
    const third = new DatagramUser(stack);
    third.set(UdpOption.REUSE_ADDRESS, 1);
    if (isConflict) expect(third.bind(7, b || undefined)).toBe(OK);
  });
});

test('RFC 3493 §5.3: one at :: takes both families, or with IPV6_ONLY its own', () => {
  const stack = new Stack();
  const [both] = users(stack, '');
  for (const family of [4, 6] as const) stack.input(datagram(ENDS[family]));
  expect(both!.texts()).toHaveLength(2);
  expect([both!.send('x', '10.0.0.2'), both!.send('x', 'fd00::2')]).toEqual([1, 1]);
  both!.close();
  const only = new DatagramUser(stack);
  only.set(UdpOption.IPV6_ONLY, 1);
  only.bind(7);
  expect(new DatagramUser(stack).bind(7, '0.0.0.0')).toBe(OK);
  for (const family of [4, 6] as const) stack.input(datagram(ENDS[family]));
  expect(only.texts()).toHaveLength(1);
  expect(only.send('x', '10.0.0.2')).toBe(-INVALID_ARGUMENT);
  expect(only.set(UdpOption.IPV6_ONLY, 0)).toBe(-INVALID_ARGUMENT);
});

test('SO_REUSEPORT: a keyed hash deals out the datagrams, each source to one', () => {
  const stack = new Stack();
  const all = [0, 1, 2, 3].map(() => {
    const user = new DatagramUser(stack);
    user.set(UdpOption.REUSE_PORT, 1);
    expect(user.bind(7)).toBe(OK);
    return user;
  });
  for (let round = 0; round < 2; round++) {
    for (let from = 1; from <= 100; from++) stack.input(datagram(ENDS[4], { from }));
  }
  const counts = all.map((user) => user.texts().length);
  expect(counts.reduce((a, b) => a + b)).toBe(200);
  for (const count of counts) expect([count % 2, count > 10]).toEqual([0, true]);
});

test('SO_REUSEADDR: the one bound last has what is for one host', () => {
  const stack = new Stack();
  const all = [0, 1, 2].map(() => {
    const user = new DatagramUser(stack);
    user.set(UdpOption.REUSE_ADDRESS, 1);
    user.bind(7);
    return user;
  });
  stack.input(datagram(ENDS[4]));
  expect(all.map((user) => user.texts().length)).toEqual([0, 0, 1]);
});

test('calls that make no sense are refused, and change nothing', () => {
  const stack = new Stack();
  const [user] = users(stack, '10.0.0.1');
  expect(user!.bind(8)).toBe(-INVALID_ARGUMENT);
  expect(user!.send('x')).toBe(-Result.REMOTE_SOCKET_UNSPECIFIED);
  expect(user!.send('x', 'fd00::2')).toBe(-INVALID_ARGUMENT);
  expect(user!.send('x', '0.0.0.0')).toBe(-INVALID_ARGUMENT);
  expect(user!.send('x', '240.0.0.1')).toBe(-INVALID_ARGUMENT);
  expect(user!.send('x', '10.0.0.2', 65_536)).toBe(-INVALID_ARGUMENT);
  expect(user!.connect('240.0.0.1', 7)).toBe(-INVALID_ARGUMENT);
  const local = new DatagramUser(stack);
  local.bind(8, '127.0.0.1');
  expect(local.send('x', '10.0.0.2')).toBe(-INVALID_ARGUMENT);
  const alone = new Stack({ ownAddress: '10.0.0.1' });
  expect(new DatagramUser(alone).send('x', 'fd00::2')).toBe(-Result.NETWORK_UNREACHABLE);
  expect(sent(stack)).toEqual([]);
  stack.input(datagram(ENDS[4]));
  expect(user!.texts()).toEqual(['hello']);
});

test('a handle that was closed is nobody, and its port is free', () => {
  const stack = new Stack();
  const [user] = users(stack, '');
  stack.input(datagram(ENDS[4]));
  expect(user!.close()).toBe(OK);
  const gone = -Result.CONNECTION_DOES_NOT_EXIST;
  expect([user!.close(), user!.send('x', '10.0.0.2'), user!.bind(9)]).toEqual([gone, gone, gone]);
  expect(user!.signals().events).toBe(Signal.NONE);
  const [next] = users(stack, '');
  expect(next!.handle).not.toBe(user!.handle);
  expect(next!.texts()).toEqual([]);
  // A connection's handle is none of UDP's, nor the other way round.
  const tcb = stack.core.create();
  stack.handles.add(tcb);
  expect(stack.core.udpClose(tcb)).toBe(gone);
  expect(stack.core.close(next!.handle)).toBe(gone);
});
