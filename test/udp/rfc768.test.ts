/**
 * RFC 768 and what the families make of it (RFC 1122 §4.1.3.4, RFC 8200 §8.1): the header, lengths,
 * and checksums.
 */
import { describe, expect, test } from 'vitest';
import {
  Counter,
  DatagramUser,
  datagram,
  ip,
  octetsOf,
  onesSum,
  Result,
  sent,
  Signal,
  Stack,
  UdpOption,
  written,
} from '../dsl/index.ts';

const { ENDS } = ip;
const FAMILIES = [4, 6] as const;

/** A stack with a user of port 7. */
function bound() {
  const stack = new Stack();
  const user = new DatagramUser(stack);
  expect(user.bind(7)).toBe(Result.OK);
  return { stack, user };
}

describe.each(FAMILIES)('IPv%s', (family) => {
  const ends = ENDS[family];

  test('RFC 768 §4a, §4b, RFC 1122 §4.1.3.5a: what comes is read with whence and whither', () => {
    const { stack, user } = bound();
    stack.input(datagram(ends, { text: 'one' }));
    stack.input(datagram(ends, { text: '', from: 9001 }));
    expect(user.signals().events).toBe(Signal.READABLE);
    const common = { from: written(ends.from), to: written(ends.to), hopLimit: 64, diffserv: 0 };
    expect(user.read()).toEqual({ text: 'one', port: 9000, ...common });
    expect(user.read()).toEqual({ text: '', port: 9001, ...common });
    expect(user.read()).toBe(null);
    expect(stack.counter(Counter.UdpInDatagrams)).toBe(2);
  });

  test('RFC 768 §3a: a source port of 0 is told as it is', () => {
    const { stack, user } = bound();
    stack.input(datagram(ends, { from: 0 }));
    expect(user.read()).toMatchObject({ text: 'hello', port: 0 });
  });

  test('RFC 768 §4c, §5, RFC 1122 §4.1.3.4a, RFC 8200 §8.1a: what is sent has all of it', () => {
    const { stack, user } = bound();
    expect(user.send('hello', ends.from, 9000)).toBe(1);
    const [one] = sent(stack);
    expect(one).toMatchObject({ from: 7, to: 9000, text: 'hello', hopLimit: 64 });
    expect([one!.source, one!.destination]).toEqual([ends.to, ends.from].map(octetsOf));
    expect(one!.checksum).not.toBe(0);
    expect(stack.counter(Counter.UdpOutDatagrams)).toBe(1);
  });

  test('RFC 768 §3d: a checksum that comes to 0 is sent as all ones', () => {
    const { stack, user } = bound();
    // The last word makes up for all that is summed before it.
    user.send(Uint8Array.of(0, 0), ends.from, 9000);
    const { checksum } = sent(stack)[0]!;
    user.send(Uint8Array.of(checksum >> 8, checksum & 255), ends.from, 9000);
    expect(sent(stack)[0]!.checksum).toBe(0xffff);
  });

  test.each([
    ['shorter than a header', 7],
    ['none', 0],
    ['longer than the packet', 14],
  ])('RFC 768 §3b: a length that is %s is dropped in silence', (_, length) => {
    const { stack, user } = bound();
    stack.input(datagram(ends, { length }));
    stack.pump();
    expect(user.read()).toBe(null);
    expect(stack.strays).toEqual([]);
    expect(stack.counter(Counter.UdpInErrors)).toBe(1);
  });

  test('what a packet has behind a datagram is none of it', () => {
    const { stack, user } = bound();
    const whole = datagram(ends, { text: 'hello', length: 11, checksum: 0 });
    if (family === 6) {
      // Its checksum covers what it says its length is.
      const short = datagram(ends, { text: 'hel' });
      whole.set(short.subarray(46, 48), 46);
    }
    stack.input(whole);
    expect(user.texts()).toEqual(['hel']);
  });

  test('RFC 1122 §4.1.3.4b: a wrong checksum is dropped in silence, wherever it is for', () => {
    const { stack, user } = bound();
    for (const to of [7, 8]) stack.input(datagram(ends, { to, checksum: 0x1234 }));
    stack.pump();
    expect(user.read()).toBe(null);
    expect(user.signals().events).toBe(Signal.NONE);
    expect(stack.strays).toEqual([]);
    expect(stack.counter(Counter.UdpInCsumErrors)).toBe(2);
    expect(stack.counter(Counter.UdpNoPorts)).toBe(0);
    // What was copied while it was summed is nobody's: the next lies where it lay.
    stack.input(datagram(ends, { text: 'good' }));
    expect(user.texts()).toEqual(['good']);
  });

  test('RFC 1122 §4.1.3.1: what is for a port that nobody has is told of', () => {
    const { stack } = bound();
    const packet = datagram(ends, { to: 8 });
    stack.input(packet);
    stack.pump();
    const { type, code, body } = ip.readIcmp(stack.strays[0]!);
    expect([type, code]).toEqual(family === 4 ? [3, 3] : [1, 4]);
    expect(Buffer.compare(body, packet)).toBe(0);
    expect(stack.counter(Counter.UdpNoPorts)).toBe(1);
  });

  test('RFC 1122 §4.1.4a, §4.1.4b: hop limit and TOS, both ways', () => {
    const { stack, user } = bound();
    user.set(UdpOption.HOP_LIMIT, 5);
    user.set(UdpOption.DIFFSERV, 0xb8);
    user.send('x', ends.from);
    expect(sent(stack)).toMatchObject([{ hopLimit: 5, diffserv: 0xb8 }]);
    const packet = datagram(ends);
    if (family === 6) {
      packet.set([0x6b, 0x80]);
      packet[7] = 3;
    } else {
      packet.set([0xb8], 1);
      packet.set([3], 8);
      packet.set([0, 0], 10);
      const checksum = 0xffff - onesSum(packet.subarray(0, 20));
      packet.set([checksum >> 8, checksum & 255], 10);
    }
    stack.input(packet);
    expect(user.read()).toMatchObject({ hopLimit: 3, diffserv: 0xb8 });
  });
});

test('RFC 768 §3c: IPv4 may do without a checksum', () => {
  const { stack, user } = bound();
  stack.input(datagram(ENDS[4], { checksum: 0 }));
  expect(user.texts()).toEqual(['hello']);
});

test('RFC 8200 §8.1b: IPv6 may not, and nobody is told', () => {
  const { stack, user } = bound();
  for (const to of [7, 8]) stack.input(datagram(ENDS[6], { to, checksum: 0 }));
  stack.pump();
  expect(user.read()).toBe(null);
  expect(stack.strays).toEqual([]);
  expect(stack.counter(Counter.UdpInCsumErrors)).toBe(2);
});

test('RFC 1122 §4.1.3.6a: what comes from a group, everybody or ourselves is dropped', () => {
  const { stack, user } = bound();
  for (const from of ['224.0.0.5', '255.255.255.255', '10.0.0.255', '10.0.0.1', '127.0.0.1']) {
    stack.input(datagram({ from, to: '10.0.0.1' }));
  }
  stack.input(datagram({ from: 'ff02::5', to: 'fd00::1' }));
  expect(user.read()).toBe(null);
  expect(stack.counter(Counter.IpInAddrErrors)).toBe(6);
});
