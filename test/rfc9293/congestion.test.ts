/** Congestion control (RFC 5681, RFC 6928; MUST-19, RFC 9293 §3.8.2). */
import { expect, test } from 'vitest';
import { ack, data, established, fin, Host, Option, Peer, State } from '../dsl/index.ts';

const MSS = 1000;

/** A connection with more to send than any window. */
function bulk(options = {}) {
  const made = established({ mss: MSS, wscale: 7, sack: false, ...options });
  made.peer.send(ack({ seq: 1, ack: 1 }));
  made.host.write(60_000);
  return made;
}

/** Segments that came since the last look, as numbers of full segments. */
const count = (peer: Peer) => peer.take().length;

/** Acknowledges segment by segment; answers how many new ones each brought. */
function acknowledgeEach(host: Host, peer: Peer, from: number, segments: number): number[] {
  return Array.from({ length: segments }, (_, i) => {
    host.write(3000);
    peer.send(ack({ ack: 1 + (from + i + 1) * MSS }));
    return count(peer);
  });
}

test.each([
  [1460, 10],
  [1000, 10],
  [536, 10],
])('RFC 6928 §2a: the initial window with MSS %i is %i segments', (mss, most) => {
  const { host, peer } = established({ mss, wscale: 7 });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(60_000);
  expect(count(peer)).toBe(most);
});

test('RFC 6928 §2a: the initial window of large segments is two of them', () => {
  const { host, peer } = established({ mss: 8960, wscale: 7, limits: { mtu: 9000 } });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(60_000);
  expect(count(peer)).toBe(2);
});

test('slow start: two new segments for each that is acknowledged', () => {
  const { host, peer } = bulk();
  expect(count(peer)).toBe(10);
  expect(acknowledgeEach(host, peer, 0, 10)).toEqual(Array(10).fill(2));
  expect(host.look('cwnd')).toBe(20 * MSS);
});

test('slow start: ACKs that arrive in a batch count like single ones', () => {
  const { host, peer } = bulk();
  expect(count(peer)).toBe(10);
  peer.send(...Array.from({ length: 10 }, (_, i) => ack({ ack: 1 + (i + 1) * MSS })));
  expect(host.look('cwnd')).toBe(20 * MSS);
  expect(count(peer)).toBe(20);
});

test('RFC 5681 §3.1d, hostile 19d: a stretched ACK grows cwnd by what it covers', () => {
  const { host, peer } = bulk();
  count(peer);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  expect(host.look('cwnd')).toBe(20 * MSS);
});

test('slow start ends at ssthresh, whatever an ACK covers', () => {
  const { host, peer } = bulk();
  count(peer);
  host.wait(1000);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  expect(host.status()).toMatchObject({ cwnd: 2 * MSS, ssthresh: 5 * MSS });
  expect(count(peer)).toBe(3);
  peer.send(ack({ ack: 1 + 12 * MSS }));
  expect(host.look('cwnd')).toBe(4 * MSS);
  peer.send(ack({ ack: 1 + 16 * MSS }));
  expect(host.look('cwnd')).toBe(5 * MSS);
});

test('RFC 5681 §3.1d: of what was outstanding at a timeout an ACK adds one segment', () => {
  // With SACK the second of these would prove the timeout spurious (RFC 5682).
  const { host, peer } = bulk({ sack: false });
  count(peer);
  host.wait(1000);
  peer.send(ack({ ack: 1 + 4 * MSS }));
  expect(host.look('cwnd')).toBe(2 * MSS);
  peer.send(ack({ ack: 1 + 8 * MSS }));
  expect(host.look('cwnd')).toBe(3 * MSS);
});

test('139 segments with one ACK a round trip take three and a half of them', () => {
  const { host, peer } = established({ mss: MSS, wscale: 7, handshakeMs: 300 });
  peer.send(ack({ seq: 1, ack: 1 }));
  for (const segments of [50, 50, 39]) host.write(segments * MSS);
  const rounds: number[] = [];
  for (let acked = 0; rounds.at(-1) !== 0; ) {
    rounds.push(count(peer));
    acked += rounds.at(-1)!;
    host.wait(300);
    peer.send(ack({ ack: 1 + acked * MSS }));
  }
  expect(rounds).toEqual([10, 20, 40, 69, 0]);
});

test('RFC 5681 §3.1e: congestion avoidance: one segment more a round trip', () => {
  const { host, peer } = bulk();
  count(peer);
  host.wait(1000);
  // RTO: ssthresh is half of what was in flight, cwnd one segment.
  expect(host.status()).toMatchObject({ cwnd: MSS, ssthresh: 5 * MSS });
  expect(count(peer)).toBe(1);
  let acked = 1;
  const acknowledge = (segments: number) => {
    acked += segments * MSS;
    host.write(2000 * segments);
    peer.send(ack({ ack: acked }));
  };
  for (let i = 0; i < 10; i++) acknowledge(1);
  const start = host.look('cwnd');
  expect(start).toBeGreaterThanOrEqual(5 * MSS);
  for (let i = 0; i < start / MSS; i++) acknowledge(1);
  expect(host.look('cwnd') - start).toBeGreaterThanOrEqual(0.5 * MSS);
  expect(host.look('cwnd') - start).toBeLessThanOrEqual(1.5 * MSS);
});

test('RFC 5681 §3.1f, §3.1g: a timeout leaves one segment, ssthresh half of FlightSize', () => {
  const { host, peer } = bulk();
  expect(count(peer)).toBe(10);
  host.wait(1000);
  peer.expect(data(MSS, { seq: 1 }));
  expect(host.status()).toMatchObject({ cwnd: MSS, ssthresh: 5 * MSS });
});

test('RFC 5681 §3.1h: a second timeout of the same segment leaves ssthresh where it is', () => {
  const { host, peer } = bulk();
  count(peer);
  host.wait(3000);
  peer.expect(data(MSS, { seq: 1 }), data(MSS, { seq: 1 }));
  expect(host.status()).toMatchObject({ cwnd: MSS, ssthresh: 5 * MSS });
});

test('RFC 5681 §3.1g: ssthresh is never below two segments', () => {
  const { host } = established({ mss: MSS, sack: false });
  host.write(100);
  host.wait(1000);
  expect(host.look('ssthresh')).toBe(2 * MSS);
});

test('after a timeout everything outstanding is sent again in slow start', () => {
  const { host, peer } = established({ mss: MSS, sack: false });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(6000);
  count(peer);
  host.wait(1000);
  peer.expect(data(MSS, { seq: 1 }));
  peer.send(ack({ ack: 1001 }));
  peer.expect(data(MSS, { seq: 1001 }), data(MSS, { seq: 2001 }));
  peer.send(ack({ ack: 3001 }));
  expect(peer.take().map((segment) => segment.seq)).toEqual([3001, 4001, 5001].slice(0, 3));
  peer.send(ack({ ack: 6001 }));
  peer.expectNothing();
});

test('hostile 19e: a window that is not used does not grow (RFC 7661 §4.4)', () => {
  const { host, peer } = established({ mss: MSS });
  for (let i = 0; i < 50; i++) {
    host.write(100);
    peer.send(ack({ ack: 1 + 100 * (i + 1) }));
  }
  expect(host.look('cwnd')).toBe(10 * MSS);
});

test('RFC 5681 §4.1, RFC 6928 §2c: after an idle time longer than RTO cwnd begins anew', () => {
  const { host, peer } = bulk();
  let acked = 10;
  count(peer);
  for (; acked <= 60; acked++) peer.send(ack({ ack: Math.min(1 + acked * MSS, 60_001) }));
  count(peer);
  expect(host.look('cwnd')).toBeGreaterThan(20 * MSS);
  host.wait(60_000);
  host.write(60_000);
  expect(count(peer)).toBeLessThanOrEqual(10);
});

test('the FIN is bound by cwnd like text', () => {
  const { host, peer } = established({ mss: MSS });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(10_000);
  host.close();
  expect(count(peer)).toBeGreaterThanOrEqual(10);
  peer.send(ack({ ack: 10_001 }));
  host.wait(1000);
  peer.send(ack({ ack: 10_002 }));
  host.expect(State.FIN_WAIT_2);
  peer.send(fin({ seq: 1, ack: 10_002 }));
  host.expect(State.TIME_WAIT);
});

test('Nagle off does not mean cwnd off', () => {
  const { host, peer } = established({ mss: MSS, set: [[Option.NAGLE, 0]] });
  peer.send(ack({ seq: 1, ack: 1 }));
  for (let i = 0; i < 200; i++) host.write(100);
  expect(peer.take().reduce((sum, segment) => sum + segment.text.length, 0)).toBeLessThanOrEqual(
    10 * MSS,
  );
});
