/**
 * Loss recovery: fast retransmit and recovery (RFC 5681 §3.2), NewReno (RFC 6582), limited
 * transmit (RFC 3042).
 */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  established,
  FIN,
  Option,
  Peer,
  Setting,
  State,
} from '../dsl/index.ts';

const MSS = 1000;
const segment = (n: number) => data(MSS, { seq: 1 + n * MSS });

/** Ten segments in flight, no SACK, and more to send. */
function tenInFlight(more = 0, options = {}) {
  const made = established({ mss: MSS, wscale: 7, sack: false, ...options });
  made.peer.send(ack({ seq: 1, ack: 1 }));
  made.host.write(10 * MSS + more);
  made.peer.expect(...Array.from({ length: 10 }, (_, n) => segment(n)));
  return made;
}

function duplicates(peer: Peer, times: number, at = 1): void {
  for (let i = 0; i < times; i++) peer.send(ack({ ack: at }));
}

test('RFC 5681 §3.2b: fast retransmit: the third duplicate ACK', () => {
  const { stack, peer } = tenInFlight();
  duplicates(peer, 2);
  peer.expectNothing();
  duplicates(peer, 1);
  peer.expect(segment(0));
  expect(stack.counter(Counter.TcpExtTCPFastRetrans)).toBe(1);
});

test('RFC 6582 §3.2a: fast retransmit works from the first ACK on, when OPEN was active', () => {
  const { host, peer } = established({ open: 'active', mss: MSS, sack: false });
  host.write(5 * MSS);
  expect(peer.take()).toHaveLength(5);
  duplicates(peer, 3);
  peer.expect(segment(0));
});

test('RFC 5681 §3.2c, §3.2d: ssthresh is half of FlightSize, cwnd that and three segments', () => {
  const { host, peer } = tenInFlight();
  duplicates(peer, 3);
  expect(host.status()).toMatchObject({ ssthresh: 5 * MSS, cwnd: 8 * MSS });
});

test('RFC 5681 §3.2e, §3.2f: every further duplicate inflates cwnd by a segment', () => {
  const { host, peer } = tenInFlight(5 * MSS);
  duplicates(peer, 3);
  peer.take();
  duplicates(peer, 2);
  expect(host.look('cwnd')).toBe(10 * MSS);
  const before = peer.take().length;
  duplicates(peer, 3);
  expect(before + peer.take().length).toBeGreaterThanOrEqual(1);
});

test('RFC 5681 §3.2g, RFC 6582 §3.2c: the ACK of everything ends recovery, cwnd deflates', () => {
  const { host, peer } = tenInFlight();
  duplicates(peer, 9);
  peer.take();
  peer.send(ack({ ack: 1 + 10 * MSS }));
  // Nothing is in flight, and what is written next must not leave in a burst.
  expect(host.status()).toMatchObject({ flightSize: 0, cwnd: 2 * MSS, ssthresh: 5 * MSS });
});

test('RFC 6582 §3.2d: a partial ACK sends the next hole at once, and recovery goes on', () => {
  const { peer } = tenInFlight();
  // Segments 0, 3 and 7 are lost: seven arrive and are acknowledged as duplicates.
  duplicates(peer, 7);
  peer.expect(segment(0));
  peer.send(ack({ ack: 1 + 3 * MSS }));
  peer.expect(segment(3));
  peer.send(ack({ ack: 1 + 7 * MSS }));
  peer.expect(segment(7));
  peer.send(ack({ ack: 1 + 10 * MSS }));
  peer.expectNothing();
});

test('RFC 6582 §3.2b, §3.2f: duplicates after a timeout do not begin a second recovery', () => {
  const { stack, host, peer } = tenInFlight();
  host.wait(1000);
  peer.expect(segment(0));
  duplicates(peer, 5);
  peer.take();
  expect(stack.counter(Counter.TcpExtTCPFastRetrans)).toBe(0);
});

test('RFC 3042 §2a: each of the first two duplicates lets a new segment out', () => {
  const { peer } = tenInFlight(5 * MSS);
  duplicates(peer, 1);
  peer.expect(segment(10));
  duplicates(peer, 1);
  peer.expect(segment(11));
});

test('RFC 3042 §2b: limited transmit does not change cwnd', () => {
  const { host, peer } = tenInFlight(5 * MSS);
  duplicates(peer, 2);
  expect(host.look('cwnd')).toBe(10 * MSS);
});

test('RFC 5681 §2: no duplicate ACK: with text, another window, nothing outstanding', () => {
  const { stack, peer } = tenInFlight();
  peer.send(
    data('a', { seq: 1, ack: 1 }),
    data('b', { seq: 2, ack: 1 }),
    data('c', { seq: 3, ack: 1 }),
  );
  for (let i = 1; i <= 3; i++) peer.send(ack({ ack: 1, win: 40_000 + i }));
  expect(stack.counter(Counter.TcpExtTCPFastRetrans)).toBe(0);
  const idle = established({ sack: false });
  duplicates(idle.peer, 5);
  idle.peer.expectNothing();
});

test('a lost FIN is recovered like text', () => {
  const { host, peer } = established({ mss: MSS, sack: false });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(4 * MSS);
  host.close();
  peer.take();
  peer.send(ack({ ack: 1 + 4 * MSS }));
  host.wait(1000);
  const [again] = peer.take();
  expect((again?.ctl ?? 0) & FIN).toBe(FIN);
  peer.send(ack({ ack: 2 + 4 * MSS }));
  host.expect(State.FIN_WAIT_2);
});

test('after a timeout the ACK of a late original spares what it covers', () => {
  const { host, peer } = tenInFlight();
  host.wait(1000);
  peer.expect(segment(0));
  peer.send(ack({ ack: 1 + 9 * MSS }));
  peer.expect(segment(9));
});

test('recovery by timeout is over when the peer has it all', () => {
  const { host, peer } = tenInFlight();
  host.wait(1000);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  peer.take();
  host.wait(600_000);
  peer.expectNothing();
  host.expect(State.ESTABLISHED);
});

test('the tail of a window lost: the timeout finds it', () => {
  const { host, peer } = tenInFlight();
  peer.send(ack({ ack: 1 + 9 * MSS }));
  host.wait(1000);
  expect(peer.take()[0]?.seq).toBe(1 + 9 * MSS);
});

test('retransmissions obey a smaller window: nothing beyond the right edge', () => {
  const { host, peer } = tenInFlight(0, {
    settings: { [Setting.WINDOW_SCALING]: 0 },
    set: [[Option.NAGLE, 0]],
  });
  peer.send(ack({ ack: 1, win: 500 }));
  host.wait(1000);
  for (const again of peer.take()) expect(again.seq + again.text.length).toBeLessThanOrEqual(501);
});

test('MUST-61: the last segment has its PSH also when it is sent again', () => {
  const { host, peer } = established({ mss: 1000, sack: false });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(5000);
  peer.take();
  for (let i = 0; i < 4; i++) peer.send(ack({ ack: 1001 }));
  peer.expect(data(1000, { seq: 1001, psh: false }));
  peer.send(ack({ ack: 4001 }));
  peer.expect(data(1000, { seq: 4001, psh: true }));
});
