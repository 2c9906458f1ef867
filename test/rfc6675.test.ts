/** Recovery by SACK (RFC 6675); its scoreboard is tested in `rfc9293/recovery-sack.test.ts`. */
import { expect, test } from 'vitest';
import { ack, Counter, data, established, type Peer } from './dsl/index.ts';

const MSS = 1000;
const segment = (n: number) => data(MSS, { seq: 1 + n * MSS });
/** A duplicate ACK that reports segments `from` to `to`, the last one excluded. */
const report = (from: number, to: number, at = 1) =>
  ack({ ack: at, sack: [[1 + from * MSS, 1 + to * MSS]] });

/** Ten segments in flight and as many waiting; the peer has room for all. */
function twenty() {
  const made = established({ mss: MSS, wscale: 7 });
  made.peer.send(ack({ seq: 1, ack: 1 }));
  made.host.write(20 * MSS);
  made.peer.expect(...Array.from({ length: 10 }, (_, n) => segment(n)));
  return made;
}

/** First octets of the segments that came, counted in segments. */
const numbers = (peer: Peer) => peer.take().map(({ seq }) => (seq - 1) / MSS);

test('RFC 6675 §4a, §5a: one report of three segments proves the left edge lost', () => {
  const { stack, peer } = twenty();
  peer.send(report(1, 3));
  // The first duplicate of limited transmit, and no recovery yet.
  expect(numbers(peer)).toEqual([10]);
  expect(stack.counter(Counter.TcpExtTCPSackRecovery)).toBe(0);
  peer.send(report(1, 4));
  expect(numbers(peer)[0]).toBe(0);
  expect(stack.counter(Counter.TcpExtTCPSackRecovery)).toBe(1);
});

test('RFC 6675 §5b: cwnd and ssthresh become half of FlightSize, and no more is added', () => {
  const { host, peer } = twenty();
  peer.send(report(1, 4));
  expect(host.status()).toMatchObject({ cwnd: 5 * MSS, ssthresh: 5 * MSS });
  for (let last = 5; last <= 8; last++) peer.send(report(1, last));
  expect(host.look('cwnd')).toBe(5 * MSS);
});

test('RFC 6675 §4b, §5d: text leaves only while pipe leaves room in cwnd', () => {
  const { peer } = twenty();
  // Of ten segments one is lost and three have arrived: six are on their way, seven with the
  // retransmission, and cwnd is five.
  peer.send(report(1, 4));
  expect(numbers(peer)).toEqual([0]);
  peer.send(report(1, 5));
  peer.send(report(1, 6));
  expect(numbers(peer)).toEqual([]);
  // From here on each segment that arrives makes room for one.
  peer.send(report(1, 7));
  expect(numbers(peer)).toEqual([10]);
  peer.send(report(1, 8));
  expect(numbers(peer)).toEqual([11]);
});

test('RFC 6675 §5c: recovery lasts until all that was sent before it is acknowledged', () => {
  const { stack, host, peer } = twenty();
  const recoveries = () => stack.counter(Counter.TcpExtTCPSackRecovery);
  peer.send(report(1, 4));
  peer.send(report(5, 10, 1 + 4 * MSS));
  peer.send(ack({ ack: 1 + 9 * MSS }));
  peer.send(report(11, 14, 1 + 9 * MSS));
  expect([recoveries(), host.look('cwnd')]).toEqual([1, 5 * MSS]);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  expect(host.look('cwnd')).toBeLessThanOrEqual(5 * MSS);
  // It is over: the next loss is one of its own.
  peer.send(report(11, 15, 1 + 10 * MSS));
  expect(recoveries()).toBe(2);
});

test('RFC 6675 §5.1: after a timeout no recovery begins before all of it is acknowledged', () => {
  const { stack, host, peer } = twenty();
  host.wait(1000);
  expect(numbers(peer)).toEqual([0]);
  for (let last = 3; last <= 10; last++) peer.send(report(1, last));
  expect(stack.counter(Counter.TcpExtTCPSackRecovery)).toBe(0);
});
