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
  // What has arrived is not in flight any more, and there is no recovery yet.
  expect(numbers(peer)).toEqual([10, 11]);
  expect(stack.counter(Counter.TcpExtTCPSackRecovery)).toBe(0);
  peer.send(report(1, 4));
  expect(numbers(peer)[0]).toBe(0);
  expect(stack.counter(Counter.TcpExtTCPSackRecovery)).toBe(1);
});

test('RFC 6675 §4b, §5d: text leaves only while pipe leaves room in cwnd', () => {
  const { host, peer } = twenty();
  // Of ten segments one is lost and three have arrived: six are on their way, seven with the
  // retransmission.
  peer.send(report(1, 4));
  expect(numbers(peer)).toEqual([0]);
  const all: number[] = [];
  for (let last = 5; last <= 10; last++) {
    peer.send(report(1, last));
    const sent = numbers(peer).length;
    const arrived = last - 1;
    const outstanding = (host.look('sndNxt') - host.look('sndUna')) / MSS;
    expect(outstanding - arrived).toBeLessThanOrEqual(host.look('cwnd') / MSS);
    expect(sent).toBeLessThanOrEqual(1);
    all.push(sent);
  }
  // And what is lost leaves room, too.
  expect(all).toEqual([1, 0, 0, 1, 1, 1]);
  expect(host.look('cwnd')).toBe(5 * MSS);
});

test('RFC 6675 §5c: recovery lasts until all that was sent before it is acknowledged', () => {
  const { stack, host, peer } = twenty();
  const recoveries = () => stack.counter(Counter.TcpExtTCPSackRecovery);
  peer.send(report(1, 4));
  peer.send(report(5, 10, 1 + 4 * MSS));
  expect(recoveries()).toBe(1);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  expect(host.status()).toMatchObject({ cwnd: 5 * MSS, ssthresh: 5 * MSS });
  peer.take();
  // It is over: the next loss is one of its own.
  peer.send(report(11, 14, 1 + 10 * MSS));
  expect(recoveries()).toBe(2);
});

test('RFC 6675 §5.1: after a timeout no recovery begins before all of it is acknowledged', () => {
  const { stack, host, peer } = twenty();
  // A probe first, in the timeout's place (RFC 8985 §7.2); then the timeout.
  host.wait(1000);
  expect(numbers(peer)).toEqual([10]);
  host.wait(1000);
  expect(numbers(peer)).toEqual([0]);
  for (let last = 3; last <= 10; last++) peer.send(report(1, last));
  expect(stack.counter(Counter.TcpExtTCPSackRecovery)).toBe(0);
});
