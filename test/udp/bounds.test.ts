/** Buffers of UDP: bounded for each and together, and no connection is the worse for them. */
import { describe, expect, test } from 'vitest';
import {
  Counter,
  data,
  DatagramUser,
  datagram,
  established,
  ip,
  Result,
  sent,
  Setting,
  Signal,
  Stack,
  UdpOption,
} from '../dsl/index.ts';

const { ENDS } = ip;
/** Octets of what is kept with each datagram. */
const RECORD = 48;

/** A user of a port. */
function user(stack: Stack, port = 7): DatagramUser {
  const one = new DatagramUser(stack);
  expect(one.bind(port)).toBe(Result.OK);
  return one;
}

const flood = (stack: Stack, count: number, text: string, to = 7) => {
  for (let n = 0; n < count; n++) stack.input(datagram(ENDS[4], { text, to }));
};

test('a buffer takes so many octets with their records, and what is beyond is counted', () => {
  const stack = new Stack();
  const one = user(stack);
  one.set(UdpOption.RECEIVE_BUFFER, 10 * (RECORD + 100));
  flood(stack, 25, 'x'.repeat(100));
  expect(stack.counter(Counter.UdpRcvbufErrors)).toBe(15);
  expect(stack.counter(Counter.UdpInErrors)).toBe(15);
  expect([one.look('lost'), one.look('receiveQueue')]).toEqual([15, 10 * (RECORD + 100)]);
  expect(one.texts()).toHaveLength(10);
  flood(stack, 1, 'again');
  expect(one.texts()).toEqual(['again']);
});

test('by default it is that of Linux', () => {
  const stack = new Stack();
  const one = user(stack);
  expect([one.look('rcvBuf'), one.look('sndBuf')]).toEqual([212_992, 212_992]);
  stack.core.set(Setting.DATAGRAM_RMEM, 4096);
  expect(user(stack, 8).look('rcvBuf')).toBe(4096);
});

test('the smallest buffer takes one datagram, the longest', () => {
  const stack = new Stack();
  const one = user(stack);
  one.set(UdpOption.RECEIVE_BUFFER, 1);
  flood(stack, 2, 'x'.repeat(1400));
  expect(one.texts()).toHaveLength(1);
});

test('texts of any length, and many, come out as they went in', () => {
  const stack = new Stack();
  const one = user(stack);
  const lengths = [0, 1, 47, 48, 1400, 3, 2000, 4048, 8192, 0, 5, 9000, 1, 1400];
  const texts = lengths.map((length, n) => String.fromCharCode(97 + n).repeat(length));
  for (let round = 0; round < 40; round++) {
    const count = 1 + (round % texts.length);
    for (const text of texts.slice(0, count)) one.send(text, '10.0.0.1', 7);
    stack.pump();
    expect(one.texts()).toEqual(texts.slice(0, count));
  }
});

test('together they hold udp_mem pages, and what is beyond is counted as such', () => {
  const stack = new Stack();
  stack.core.set(Setting.UDP_MEM, 64);
  const all = Array.from({ length: 8 }, (_, n) => user(stack, 100 + n));
  for (const one of all) flood(stack, 200, 'x'.repeat(1000), one.port);
  expect(stack.core.used(5)).toBeLessThanOrEqual(64);
  expect(stack.counter(Counter.UdpMemErrors)).toBeGreaterThan(0);
  for (const one of all) expect(one.texts().length).toBeGreaterThan(0);
  expect(stack.core.used(5)).toBe(0);
});

describe('a flood to who does not read', () => {
  test('leaves a connection all that it needs', () => {
    const { stack, host, peer } = established({ limits: { pages: 256 } });
    const all = Array.from({ length: 20 }, (_, n) => user(stack, 100 + n));
    for (const one of all) {
      one.set(UdpOption.RECEIVE_BUFFER, 1 << 30);
      flood(stack, 200, 'x'.repeat(1400), one.port);
    }
    // An eighth is theirs.
    expect(stack.core.used(5)).toBeLessThanOrEqual(32);
    for (let seq = 1; seq <= 40_000; seq += 1000) peer.send(data(1000, { seq, ack: 1 }));
    expect(host.look('receiveQueue')).toBe(40_000);
    expect(host.write(60_000)).toBe(60_000);
  });
});

describe('SEND', () => {
  test('takes what the buffer holds; the user hears when there is room again', () => {
    const stack = new Stack();
    const one = user(stack);
    one.set(UdpOption.SEND_BUFFER, 300);
    const answers = Array.from({ length: 5 }, () => one.send('x'.repeat(100), '10.0.0.2'));
    expect(answers).toEqual([1, 1, 1, 0, 0]);
    expect(one.look('sendQueue')).toBe(300);
    expect(sent(stack)).toHaveLength(3);
    expect(one.signals().events).toBe(Signal.WRITABLE);
    expect([one.look('sendQueue'), one.send('x', '10.0.0.2')]).toEqual([0, 1]);
  });

  test('waits where all together have sent as many as may wait; each hears of room', () => {
    const stack = new Stack({ limits: { datagrams: 4 } });
    const all = [user(stack, 1), user(stack, 2), user(stack, 3)] as const;
    for (let n = 0; n < 4; n++) expect(all[0].send('x', '10.0.0.2')).toBe(1);
    expect(all.map((one) => one.send('x', '10.0.0.2'))).toEqual([0, 0, 0]);
    all[2].close();
    expect(sent(stack)).toHaveLength(4);
    expect(all.map((one) => one.signals().events)).toEqual([
      Signal.WRITABLE,
      Signal.WRITABLE,
      Signal.NONE,
    ]);
  });

  test('fails where there is no page, and nobody waits who would give one back', () => {
    const stack = new Stack({ limits: { pages: 16 } });
    const one = user(stack);
    expect(one.send('x'.repeat(60_000), '10.0.0.2')).toBe(-Result.INSUFFICIENT_RESOURCES);
    expect(stack.counter(Counter.UdpSndbufErrors)).toBe(1);
    expect(one.send('x', '10.0.0.2')).toBe(1);
  });

  test('what was sent leaves though its sender is gone', () => {
    const stack = new Stack();
    const one = user(stack);
    one.send('last words', '10.0.0.2');
    one.close();
    expect(sent(stack)).toMatchObject([{ text: 'last words', from: 7 }]);
  });

  test('datagrams and segments take turns', () => {
    const { stack, host } = established();
    const one = user(stack);
    for (let n = 0; n < 100; n++) one.send('x', '10.0.0.2');
    const before = stack.packets.length;
    expect(stack.core.send(host.handle, 4_000)).toBe(4_000);
    stack.pump();
    const kinds = stack.packets.slice(before).map(({ packet }) => packet[9]);
    const first = kinds.indexOf(6);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThanOrEqual(16);
    expect(kinds.lastIndexOf(17)).toBeGreaterThan(kinds.lastIndexOf(6));
    expect(sent(stack)).toHaveLength(100);
  });
});

test('there are as many sockets as the limit says', () => {
  const stack = new Stack({ limits: { datagramSockets: 3 } });
  const all = Array.from({ length: 4 }, () => new DatagramUser(stack));
  expect(all.map(({ handle }) => handle > 0)).toEqual([true, true, true, false]);
  expect(all[3]!.handle).toBe(-Result.INSUFFICIENT_RESOURCES);
  all[0]!.close();
  expect(new DatagramUser(stack).handle).toBeGreaterThan(0);
});
