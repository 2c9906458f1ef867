/**
 * Acknowledgments that lie (line 19 of `cases.ts`), reports that lie (18), the smallest segments
 * (3): a receiver must not make us send faster than its network lets us, nor count wrong.
 */
import { expect, test } from 'vitest';
import { ack, Counter, established, Option, type Peer } from '../dsl/index.ts';

const MSS = 1000;

/** Ten segments in flight and as many as one likes to follow. */
function bulk(options = {}) {
  const made = established({ mss: MSS, wscale: 7, sack: false, ...options });
  made.peer.send(ack({ seq: 1, ack: 1 }));
  made.host.write(60_000);
  expect(made.peer.take()).toHaveLength(10);
  return made;
}

const octetsOf = (peer: Peer) => peer.take().reduce((sum, segment) => sum + segment.text.length, 0);

test('RFC 3465, hostile 19a: a segment acknowledged by the octet is worth one ACK', () => {
  const { host, peer } = bulk();
  for (let octet = 1; octet <= MSS; octet++) peer.send(ack({ ack: 1 + octet }));
  expect(host.look('cwnd')).toBe(11 * MSS);
  expect(octetsOf(peer)).toBe(2 * MSS);
});

test('hostile 19a: nor does it in congestion avoidance', () => {
  const { host, peer } = bulk();
  host.wait(1000);
  let acked = 0;
  for (; acked < 10 * MSS; acked += MSS) peer.send(ack({ ack: 1 + acked + MSS }));
  peer.take();
  const before = host.look('cwnd');
  expect(before).toBeGreaterThanOrEqual(host.look('ssthresh'));
  for (let octet = 1; octet <= MSS; octet++) peer.send(ack({ ack: 1 + acked + octet }));
  expect(host.look('cwnd') - before).toBeLessThanOrEqual(MSS);
});

test('hostile 19b: ten thousand duplicates inflate cwnd by what was in flight, and no more', () => {
  const { stack, host, peer } = bulk();
  for (let i = 0; i < 10_000; i++) peer.send(ack({ ack: 1 }));
  // Ten segments were out, and two more by limited transmit: there cannot be more duplicates than
  // those twelve (RFC 5681 §3.2, step 4).
  expect(host.look('ssthresh')).toBe(5 * MSS);
  expect(host.look('cwnd')).toBe(17 * MSS);
  expect(host.look('flightSize')).toBe(17 * MSS);
  expect(stack.counter(Counter.TcpRetransSegs)).toBe(1);
  expect(stack.counter(Counter.TcpExtTCPFastRetrans)).toBe(1);
  // The ACK of it all takes back what the duplicates have added.
  peer.take();
  peer.send(ack({ ack: 1 + host.look('flightSize') }));
  expect(host.look('cwnd')).toBeLessThanOrEqual(5 * MSS);
});

test('hostile 19b: however many come, nothing leaves beyond the window', () => {
  const { peer } = bulk({ window: 160 });
  // 160 << 7 = 20,480 octets are what the peer has said it can take.
  for (let i = 0; i < 1000; i++) peer.send(ack({ ack: 1 }));
  const ends = peer.take().map((segment) => segment.seq + segment.text.length);
  expect(Math.max(...ends)).toBeLessThanOrEqual(1 + 20_480);
});

test('RFC 3042 §2c, RFC 6675 §2, hostile 19b: with SACK only news makes a duplicate', () => {
  const { stack, peer } = bulk({ sack: true });
  for (let i = 0; i < 1000; i++) peer.send(ack({ ack: 1, sack: [[1001, 2001]] }));
  // The first report counts, and lets one new segment out (RFC 3042).
  expect(peer.take().map((segment) => segment.seq)).toEqual([10_001]);
  expect(stack.counter(Counter.TcpExtTCPFastRetrans)).toBe(0);
});

test('hostile 19c: an ACK of more than was sent is challenged, and grows nothing', () => {
  const { stack, host, peer } = bulk();
  for (let i = 11; i <= 30; i++) peer.send(ack({ ack: 1 + i * MSS }));
  peer.expect(ack({ seq: 1 + 10 * MSS, ack: 1 }));
  expect(host.status()).toMatchObject({ cwnd: 10 * MSS, flightSize: 10 * MSS });
  expect(stack.counter(Counter.TcpExtTCPChallengeACK)).toBe(1);
  expect(stack.counter(Counter.TcpExtTCPACKSkipped)).toBe(19);
});

/** Number of the pool of records of segments. */
const SENT_RECORDS = 8;

// Reports ---------------------------------------------------------------------------------

test('hostile 18c: blocks that overlap count once: no loss is proven by saying it thrice', () => {
  const { stack, peer } = bulk({ sack: true });
  peer.send(
    ack({
      ack: 1,
      sack: [
        [1001, 2001],
        [1001, 1501],
        [1501, 2001],
      ],
    }),
  );
  const records = stack.used()[SENT_RECORDS];
  peer.send(ack({ ack: 1, sack: [[1200, 1800]] }));
  expect(stack.used()[SENT_RECORDS]).toBe(records);
  expect(stack.counter(Counter.TcpExtTCPFastRetrans)).toBe(0);
  peer.take();
  // A third segment above the hole proves it lost (RFC 6675 §4).
  peer.send(
    ack({
      ack: 1,
      sack: [
        [1500, 3002],
        [1001, 2001],
      ],
    }),
  );
  expect(peer.take()[0]).toMatchObject({ seq: 1 });
  expect(stack.counter(Counter.TcpExtTCPFastRetrans)).toBe(1);
});

test('hostile 18c: all but the first octet reported, over and over: flight is not negative', () => {
  const { host, peer } = bulk({ sack: true });
  for (let i = 0; i < 100; i++) {
    const next = (host.look('sndNxt') - host.look('iss')) >>> 0;
    peer.send(
      ack({
        ack: 1,
        sack: [
          [2, next],
          [3, next],
          [2, next - 1],
        ],
      }),
    );
    const { flightSize, cwnd, sndNxt, sndUna } = host.status()!;
    expect(flightSize).toBe((sndNxt - sndUna) >>> 0);
    expect(cwnd).toBe(5 * MSS);
  }
  // One octet was lost, and was sent again once.
  expect(host.look('retransTotal')).toBe(1);
});

// The smallest segments -----------------------------------------------------------------------

test('hostile 3c: 70,000 segments of the smallest size are counted one by one', () => {
  const { stack, host, peer } = established({ mss: 1, set: [[Option.SEND_BUFFER, 60_000]] });
  const smallest = host.look('smss');
  expect(smallest).toBe(64);
  let segments = 0;
  let acked = 0;
  while (segments < 70_000) {
    host.write(32_000);
    const sent = peer.take();
    segments += sent.length;
    acked += sent.reduce((sum, segment) => sum + segment.text.length, 0);
    expect(Math.max(...sent.map((segment) => segment.text.length))).toBe(smallest);
    peer.send(ack({ ack: 1 + acked }));
    stack.log.length = stack.packets.length = 0;
  }
  // The SYN,ACK was a SYN-queue entry's.
  segments += peer.take().length;
  expect(host.look('segsOut')).toBe(segments);
  expect(host.look('retransTotal')).toBe(0);
});
