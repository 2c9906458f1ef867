/**
 * Echo of both families (RFC 4443 §4, RFC 792, RFC 1122 §3.2.2.6): whatever its size, it is
 * answered in full, in fragments where the link is narrower; and our own requests go the same way.
 */
import { describe, expect, test } from 'vitest';
import { EchoReplyField, Memory } from '../host-web/abi.ts';
import { setEndpoint } from '../host-web/core.ts';
import {
  Counter,
  established,
  ip,
  listening,
  mapped,
  octetsOf,
  Setting,
  type Stack,
} from './dsl/index.ts';

const { echo, ENDS, fragments, joined, readFragment, readIcmp } = ip;

/** What comes back for packets, the limit of the link checked. */
function answers(stack: Stack, ...packets: Uint8Array[]): Uint8Array[] {
  stack.strays.length = 0;
  for (const packet of packets) stack.input(packet);
  stack.pump();
  for (const { length } of stack.strays) {
    expect(length).toBeLessThanOrEqual(stack.core.get(Setting.MTU));
  }
  return stack.strays.slice();
}

describe.each([
  [4, 20, 1472, 65_507],
  [6, 40, 1452, 65_507],
  [6, 40, 1452, 65_527],
] as const)('IPv%i, headers of %i, %i and up to %i octets', (family, header, fits, most) => {
  const ends = ENDS[family];
  const request = (size: number, sequence = 1) => echo(ends, size, sequence);
  /** As a sender with an MTU of 1500 would cut it. */
  const cut = (whole: Uint8Array, id = 1) => fragments(whole, family === 4 ? 1480 : 1448, id);

  test('RFC 1122 §3.2.2.6: what fits into a packet comes back in one', () => {
    const { stack } = listening();
    for (const size of [0, 1, 56, fits]) {
      const [answer, ...more] = answers(stack, request(size));
      expect(more).toEqual([]);
      expect(readIcmp(answer!)).toMatchObject({ type: family === 4 ? 0 : 129, code: 0, rest: 1 });
      expect(readIcmp(answer!).body).toEqual(request(size).slice(header + 8));
    }
  });

  test.each([fits + 1, 2_000, 8_192, 40_001, most])(
    'RFC 1122 §3.2.2.6: %i octets come back in fragments, every octet right',
    (size) => {
      const { stack } = listening();
      const whole = request(size);
      const packets = answers(stack, ...cut(whole));
      expect(packets).toHaveLength(cut(whole).length);
      const answer = joined(packets);
      expect(readIcmp(answer)).toMatchObject({ type: family === 4 ? 0 : 129, code: 0, rest: 1 });
      expect(readIcmp(answer).body).toEqual(whole.slice(header + 8));
      expect(stack.counter(Counter.IpFragOKs)).toBe(1);
      expect(stack.counter(Counter.IpFragCreates)).toBe(packets.length);
      expect(stack.counter(Counter.IcmpOutEchoReps)).toBe(1);
      expect(stack.used()[5]).toBe(0);
    },
  );

  test('fragments of an answer may be cut smaller on the way, where that is possible', () => {
    const { stack } = listening();
    for (const packet of answers(stack, ...cut(request(4_000)))) {
      expect(readFragment(packet).mayBeSplit).toBe(family === 4);
    }
  });

  test('every answer has an identification of its own', () => {
    const { stack } = listening();
    const ids = Array.from({ length: 20 }, (_, i) => {
      const packets = answers(stack, ...cut(request(3_000, i), i));
      return readFragment(packets[0]!).id;
    });
    expect(new Set(ids).size).toBe(20);
  });

  test('several at once are answered one behind the other', () => {
    const { stack } = listening();
    const requests = [3_000, 100, 5_000].map((size, i) => request(size, i + 1));
    const packets = answers(stack, ...requests.flatMap((whole, i) => cut(whole, i)));
    const counts = requests.map((whole) => cut(whole).length);
    let at = 0;
    for (const [i, count] of counts.entries()) {
      const own = packets.slice(at, (at += count));
      const answer = count === 1 ? own[0]! : joined(own);
      expect(readIcmp(answer).body).toEqual(requests[i]!.slice(header + 8));
    }
    expect(packets).toHaveLength(at);
  });

  test('the link may become narrower between two fragments', () => {
    const { stack } = listening();
    for (const packet of cut(request(20_000))) stack.input(packet);
    const packets: Uint8Array[] = [];
    for (let length = stack.core.output(); length !== 0; length = stack.core.output()) {
      packets.push(stack.core.transmitWindow.slice(0, length));
      if (packets.length === 3) stack.core.set(Setting.MTU, 1280);
    }
    expect(packets.slice(3).every(({ length }) => length <= 1280)).toBe(true);
    expect(readIcmp(joined(packets)).body).toEqual(request(20_000).slice(header + 8));
  });

  test('a path that is narrower than the link has smaller fragments', () => {
    const { stack, host, peer } = established({ family });
    host.write(1_460);
    const { packet } = peer.latest();
    if (family === 4) peer.icmp(3, 4, 1300, packet);
    else peer.icmp(2, 0, 1300, packet);
    const packets = answers(stack, ...cut(request(8_000)));
    expect(Math.max(...packets.map(({ length }) => length))).toBeLessThanOrEqual(1300);
    expect(readIcmp(joined(packets)).body).toEqual(request(8_000).slice(header + 8));
  });

  test('an echo for which no pages are left is not answered, and counted', () => {
    const { stack } = listening({ limits: { pages: 32 } });
    const dropped = stack.counter(Counter.TcpExtReplyQueueDrop);
    const requests = [1, 2, 3].flatMap((i) => cut(request(50_000, i), i));
    const packets = answers(stack, ...requests);
    expect(packets.length).toBeLessThan(requests.length);
    expect(stack.counter(Counter.TcpExtReplyQueueDrop) - dropped).toBeGreaterThan(0);
    expect(stack.used()[5]).toBe(0);
  });

  // Our own requests ---------------------------------------------------------------------------

  const ping = (stack: Stack, size: number): number => {
    for (let i = 0; i < size; i++) stack.core.textWindow[i] = i * 7 + (i >> 8);
    setEndpoint(stack.core, null, 0, mapped(octetsOf(ends.from)), 0);
    return stack.core.ping(0x1234_0005, size);
  };

  test.each([56, fits, fits + 1, 10_000, most])(
    'a ping of ours with %i octets leaves whole',
    (size) => {
      const { stack } = listening();
      expect(ping(stack, size)).toBe(0);
      const packets = answers(stack);
      const whole = packets.length === 1 ? packets[0]! : joined(packets);
      expect(packets.length === 1).toBe(size <= fits);
      const { type, rest, body } = readIcmp(whole);
      expect([type, rest]).toEqual([family === 4 ? 8 : 128, 0x1234_0005]);
      expect(body).toEqual(request(size).slice(header + 8));
    },
  );

  test('one that no packet can hold is refused', () => {
    const { stack } = listening();
    expect(ping(stack, (family === 4 ? 65_507 : 65_527) + 1)).toBeLessThan(0);
    expect(answers(stack)).toEqual([]);
    expect(stack.used()[5]).toBe(0);
  });

  test('its answer is put together and told', () => {
    const { stack } = listening();
    ping(stack, most);
    answers(stack);
    const reply = ip.icmp(ends, family === 4 ? 0 : 129, 0, 0x1234_0005, new Uint8Array(most));
    expect(answers(stack, ...cut(reply))).toEqual([]);
    const field = (name: keyof typeof EchoReplyField) =>
      stack.core.view.getUint32(Memory.ECHO_REPLY + EchoReplyField[name], true);
    expect([field('count'), field('length'), field('sequence')]).toEqual([1, most, 0x1234_0005]);
  });
});
