/** Groups and everybody (RFC 1112, RFC 3493 §5.2, RFC 4604; ip(7) and ipv6(7) of Linux). */
import { describe, expect, test } from 'vitest';
import {
  Counter,
  DatagramUser,
  datagram,
  ip,
  Result,
  sent,
  Setting,
  Stack,
  UdpOption,
  written,
} from '../dsl/index.ts';

const { ENDS } = ip;

/** Users of port 7 that share it. */
function users(stack: Stack, count: number): DatagramUser[] {
  return Array.from({ length: count }, () => {
    const user = new DatagramUser(stack);
    user.set(UdpOption.REUSE_ADDRESS, 1);
    expect(user.bind(7)).toBe(Result.OK);
    return user;
  });
}

describe.each([
  [4, '239.1.2.3', '239.1.2.4', '224.0.0.1'],
  [6, 'ff05::1:3', 'ff05::1:4', 'ff02::1'],
] as const)('IPv%s', (family, group, other, allHosts) => {
  const ends = ENDS[family];
  const to = (address: string) => datagram({ from: ends.from, to: address }, { text: address });

  test('RFC 1112 §7.1, §7.2a: what is for a group that was joined, is for each bound to it', () => {
    const stack = new Stack();
    const [member, stranger] = users(stack, 2) as [DatagramUser, DatagramUser];
    stack.input(to(group));
    expect(stack.counter(Counter.IpInAddrErrors)).toBe(1);
    expect(member.join(group)).toBe(Result.OK);
    expect(member.join(group)).toBe(-Result.ADDRESS_IN_USE);
    for (const address of [group, other, allHosts]) stack.input(to(address));
    // As in Linux who has joined nothing has what was joined for here (IP_MULTICAST_ALL).
    expect([member.texts(), stranger.texts()]).toEqual([
      [group, allHosts],
      [group, allHosts],
    ]);
    expect(member.leave(group)).toBe(Result.OK);
    expect(member.leave(group)).toBe(-Result.ADDRESS_NOT_AVAILABLE);
    stack.input(to(group));
    expect(member.texts()).toEqual([]);
  });

  test('of some sources those alone', () => {
    const stack = new Stack();
    const [member] = users(stack, 1) as [DatagramUser];
    const wanted = family === 4 ? '10.0.0.8' : 'fd00::8';
    expect(member.join(group, wanted)).toBe(Result.OK);
    for (const from of [ends.from, wanted]) stack.input(datagram({ from, to: group }));
    const [one, ...others] = [member.read(), member.read()];
    expect([one?.from, one?.to, others]).toEqual([written(wanted), written(group), [null]]);
    expect(member.leave(group, wanted)).toBe(Result.OK);
  });

  test('who is bound to a group has what is for it, and can send', () => {
    const stack = new Stack();
    const user = new DatagramUser(stack);
    expect(user.bind(7, group)).toBe(Result.OK);
    user.join(group);
    user.join(other);
    for (const address of [group, other, ends.to]) stack.input(to(address));
    expect(user.texts()).toEqual([group]);
    expect(user.send('x', ends.from)).toBe(1);
    expect(sent(stack)).toMatchObject([{ from: 7 }]);
  });

  test('RFC 1112 §6.1a, §6.1b: what is sent goes one hop, and comes back unless told not', () => {
    const stack = new Stack();
    const [user] = users(stack, 1) as [DatagramUser];
    user.join(group);
    user.send('one', group, 7);
    expect(sent(stack)).toMatchObject([{ hopLimit: 1, text: 'one', to: 7 }]);
    expect(user.texts()).toEqual(['one']);
    user.set(UdpOption.GROUP_HOP_LIMIT, 9);
    user.set(UdpOption.GROUP_LOOP, 0);
    user.send('two', group, 7);
    expect(sent(stack)).toMatchObject([{ hopLimit: 9, text: 'two' }]);
    expect(user.texts()).toEqual([]);
    // Nobody here has joined the other.
    user.set(UdpOption.GROUP_LOOP, 1);
    user.send('three', other, 7);
    expect([sent(stack).length, user.texts().length]).toEqual([1, 0]);
  });

  test('in fragments it comes back whole', () => {
    const stack = new Stack();
    const [user] = users(stack, 1) as [DatagramUser];
    user.join(group);
    user.send('x'.repeat(4000), group, 7);
    stack.pump();
    expect(stack.strays.splice(0)).toHaveLength(3);
    expect(user.texts()).toEqual(['x'.repeat(4000)]);
  });

  test('it leaves from the address that was chosen for groups', () => {
    const stack = new Stack();
    const second = family === 4 ? '10.0.0.9' : 'fd00::9';
    stack.addAddress(second, family === 4 ? 24 : 64);
    const user = new DatagramUser(stack);
    expect(user.groupSource(family === 4 ? '10.0.0.77' : 'fd00::77')).toBeLessThan(0);
    expect(user.groupSource(second)).toBe(Result.OK);
    user.send('x', group, 7);
    user.send('x', ends.from, 7);
    expect(sent(stack).map(({ source }) => source.at(-1))).toEqual([9, 1]);
  });

  test('RFC 1122 §3.2.2c, RFC 4443 §2.4c: nobody is told of what is for a group', () => {
    const stack = new Stack();
    const user = new DatagramUser(stack);
    user.join(group);
    stack.input(to(group));
    const whole = datagram({ from: ends.from, to: group }, { text: 'x'.repeat(100) });
    stack.input(ip.fragment(whole, 0, 64));
    stack.wait(130_000);
    expect(stack.strays).toEqual([]);
    expect(stack.counter(Counter.IpReasmTimeout)).toBe(1);
  });

  test('a user joins twenty groups at most, and all are left when it goes', () => {
    const stack = new Stack();
    const [user] = users(stack, 1) as [DatagramUser];
    const name = (n: number) => (family === 4 ? `239.1.1.${n}` : `ff05::${n + 1}`);
    const answers = Array.from({ length: 21 }, (_, n) => user.join(name(n)));
    expect(answers.map((answer) => answer === Result.OK)).toEqual([...Array(20).fill(true), false]);
    expect(user.join(ends.from)).toBe(-Result.INVALID_ARGUMENT);
    expect(stack.core.used(14)).toBe(20);
    user.close();
    expect(stack.core.used(14)).toBe(0);
    stack.input(to(name(0)));
    expect(stack.counter(Counter.IpInAddrErrors)).toBe(1);
  });
});

test.each(['255.255.255.255', '10.0.0.255'])('%s is for each who is bound to its port', (to) => {
  const stack = new Stack();
  const all = users(stack, 3);
  stack.input(datagram({ from: '10.0.0.2', to }));
  expect(all.map((user) => user.texts())).toEqual([['hello'], ['hello'], ['hello']]);
  const [first] = all as [DatagramUser];
  expect(first.send('x', to, 7)).toBe(-Result.BROADCAST_NOT_ALLOWED);
  first.set(UdpOption.BROADCAST, 1);
  expect(first.send('x', to, 7)).toBe(1);
  expect(sent(stack)).toHaveLength(1);
  expect(all.map((user) => user.texts())).toEqual([['x'], ['x'], ['x']]);
});

test('RFC 4291 §2.5.5: a group of IPv4 in its mapped form is none of IPv6', () => {
  const stack = new Stack();
  const [user] = users(stack, 1) as [DatagramUser];
  user.join('239.1.2.3');
  for (const to of ['::ffff:ef01:203', '::ffff:ffff:ffff', '::ffff:a00:ff']) {
    stack.input(datagram({ from: 'fd00::2', to }));
  }
  expect(user.texts()).toEqual([]);
  expect(stack.counter(Counter.IpInAddrErrors)).toBe(3);
});

test('MUST-57: segments and echoes for a group that was joined are for nobody', () => {
  const stack = new Stack({ settings: { [Setting.ECHO_REPLY]: 1 } });
  const user = new DatagramUser(stack);
  user.join('239.1.2.3');
  user.join('ff05::1:3');
  stack.input(ip.echo({ from: '10.0.0.2', to: '239.1.2.3' }, 8));
  stack.input(ip.echo({ from: 'fd00::2', to: 'ff05::1:3' }, 8));
  stack.input(ip.packet({ from: 'fd00::2', to: 'ff05::1:3' }, ip.TCP, new Uint8Array(20)));
  stack.pump();
  expect(stack.strays).toEqual([]);
  expect(stack.counter(Counter.IpInAddrErrors)).toBe(3);
});
