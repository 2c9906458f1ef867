/** What ICMP says of datagrams (RFC 1122 §4.1.3.3; RFC 1191, RFC 8201; udp(7) of Linux). */
import { describe, expect, test } from 'vitest';
import { Counter, DatagramUser, ip, Result, Setting, Signal, Stack } from '../dsl/index.ts';

const { ENDS, icmp } = ip;

/** A user that has sent so many octets, and the packets that left. */
function sender(family: 4 | 6, size: number, isConnected = true) {
  const stack = new Stack();
  const user = new DatagramUser(stack);
  const { from } = ENDS[family];
  if (isConnected) expect(user.connect(from, 9000)).toBe(Result.OK);
  expect(isConnected ? user.send('x'.repeat(size)) : user.send('x'.repeat(size), from)).toBe(1);
  stack.pump();
  return { stack, user, packets: stack.strays.splice(0) };
}

/** ICMP's type and code, IPv4's and IPv6's, and what that is to who sends datagrams. */
const ERRORS = [
  ['port unreachable', [3, 3], [1, 4], Result.CONNECTION_REFUSED],
  ['host unreachable', [3, 1], [1, 3], Result.HOST_UNREACHABLE],
  ['time exceeded', [11, 0], [3, 0], Result.HOST_UNREACHABLE],
] as const;

describe.each([4, 6] as const)('IPv%s', (family) => {
  const ends = ENDS[family];
  const error = (at: number, quoted: Uint8Array, rest = 0) => {
    const [type, code] = ERRORS[at]![family === 4 ? 1 : 2];
    return icmp(ends, type, code, rest, quoted);
  };
  const tooBig = (quoted: Uint8Array, mtu: number) =>
    family === 4 ? icmp(ends, 3, 4, mtu, quoted) : icmp(ends, 2, 0, mtu, quoted);

  test.each(ERRORS.map(([name], at) => [name, at] as const))(
    'RFC 1122 §4.1.3.3: who is connected is told of %s, and goes on',
    (_, at) => {
      const { stack, user, packets } = sender(family, 8);
      stack.input(error(at, packets[0]!));
      expect(user.signals()).toEqual({ events: Signal.SOFT_ERROR, result: ERRORS[at]![3] });
      expect(user.send('again')).toBe(1);
      stack.pump();
      expect(stack.strays).toHaveLength(1);
    },
  );

  test('who is connected to nobody is not', () => {
    const { stack, user, packets } = sender(family, 8, false);
    stack.input(error(0, packets[0]!));
    expect(user.signals().events).toBe(Signal.NONE);
  });

  test('nor is anybody told of what was not sent from here', () => {
    const { stack, user, packets } = sender(family, 8);
    const transport = family === 4 ? 20 : 40;
    for (const at of [transport, transport + 2]) {
      const other = packets[0]!.slice();
      other[at]! ^= 1;
      stack.input(error(0, other));
    }
    expect(user.signals().events).toBe(Signal.NONE);
    expect(stack.counter(Counter.IcmpInUnmatched)).toBe(2);
  });

  test('of its own host it hears the same', () => {
    const stack = new Stack();
    const user = new DatagramUser(stack);
    user.connect(ends.to, 9);
    user.send('anybody');
    const told = { events: Signal.SOFT_ERROR, result: Result.CONNECTION_REFUSED };
    expect(user.signals()).toEqual(told);
  });

  test('RFC 1191 §3a, RFC 8201 §4a: a path that carries less has fragments', () => {
    const { stack, user, packets } = sender(family, 1400);
    expect(packets).toHaveLength(1);
    stack.input(tooBig(packets[0]!, 1300));
    user.send('x'.repeat(1400));
    stack.pump();
    const pieces = stack.strays.splice(0);
    expect(pieces.map(({ length }) => length <= 1300)).toEqual([true, true]);
    expect(ip.readFragment(pieces[0]!)).toMatchObject({ offset: 0, isLast: false });
    expect(ip.joined(pieces)).toHaveLength(packets[0]!.length);
    expect(user.signals().events).toBe(Signal.NONE);
  });

  test('but not one that its latest datagram did not take', () => {
    const { stack, user, packets } = sender(family, 1400, false);
    user.send('x'.repeat(1400), family === 4 ? '10.0.0.3' : 'fd00::3');
    stack.input(tooBig(packets[0]!, 1300));
    user.send('x'.repeat(1400), ends.from);
    stack.pump();
    expect(stack.strays).toHaveLength(2);
  });

  test('what is longer than the link carries leaves in fragments, and comes in such', () => {
    const { stack, user, packets } = sender(family, 5000, false);
    expect(packets).toHaveLength(4);
    for (const { length } of packets) expect(length).toBeLessThanOrEqual(1500);
    expect(stack.counter(Counter.IpFragCreates)).toBe(4);
    const to = user.port;
    const other = new Stack({ ownAddress: ends.from });
    const reader = new DatagramUser(other);
    reader.bind(9000);
    for (const packet of packets) other.input(packet);
    expect(reader.read()).toMatchObject({ text: 'x'.repeat(5000), port: to });
  });

  test('what is longer than a datagram can be is refused', () => {
    const { stack, user } = sender(family, 8);
    const most = family === 4 ? 65_507 : 65_527;
    stack.core.set(Setting.UDP_MEM, 100);
    expect(user.send(new Uint8Array(most + 1))).toBe(-Result.DATAGRAM_TOO_LONG);
    expect(user.send(new Uint8Array(most))).toBe(1);
    stack.pump();
    expect(ip.joined(stack.strays.splice(0))).toHaveLength(most + (family === 4 ? 28 : 48));
  });
});

test('a fragment that says who sent it is quoted as well as the whole: IPv6', () => {
  const { stack, user, packets } = sender(6, 3000);
  stack.input(icmp(ENDS[6], 1, 4, 0, packets[0]!));
  expect(user.signals().result).toBe(Result.CONNECTION_REFUSED);
  // A later one does not say it.
  const before = stack.counter(Counter.IcmpInUnmatched);
  stack.input(icmp(ENDS[6], 1, 4, 0, packets[1]!));
  expect(user.signals().events).toBe(Signal.NONE);
  expect(stack.counter(Counter.IcmpInUnmatched) - before).toBe(1);
});
