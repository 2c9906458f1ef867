/** CUBIC (RFC 9438), and what a mark takes of it (RFC 8511). */
import { expect, test } from 'vitest';
import {
  ack,
  Controller,
  Counter,
  ECE,
  established,
  type Host,
  type Peer,
  type Segment,
  Setting,
} from './dsl/index.ts';

const MSS = 1000;
const RTT = 100;
const settings = { [Setting.CONGESTION_CONTROL]: Controller.CUBIC };

/** Fills the send buffer. */
function fill(host: Host): void {
  while (host.write(60 * MSS) === 60 * MSS);
}

/** A connection with endless data, and the segments its peer has acknowledged. */
function endless(options = {}) {
  const made = established({ mss: MSS, wscale: 10, handshakeMs: RTT, settings, ...options });
  fill(made.host);
  return { ...made, acked: { octets: 0 } };
}

/** A round trip: all that came is acknowledged, each segment by an ACK of its own. */
function round(host: Host, peer: Peer, acked: { octets: number }, ms = RTT): number {
  const came = peer.take().filter(({ seq }) => seq > acked.octets);
  host.wait(ms);
  fill(host);
  for (const segment of came) {
    acked.octets = segment.seq - 1 + segment.text.length;
    peer.send(ack({ ack: 1 + acked.octets }));
  }
  return came.length;
}

/** Loses the first segment of the flight, and recovers. */
function lose(host: Host, peer: Peer, acked: { octets: number }, ms = RTT): void {
  const came = peer.take();
  host.wait(ms);
  const edge = came[0]!.seq;
  for (const { seq, text } of came.slice(1)) {
    peer.send(ack({ ack: edge, sack: [[edge + MSS, seq + text.length]] }));
  }
  host.wait(RTT);
  const end = Math.max(...[...came, ...peer.take()].map(({ seq, text }) => seq + text.length));
  acked.octets = end - 1;
  peer.send(ack({ ack: end }));
}

test('RFC 9438 §4.6a, RFC 8511 §3b: a loss leaves seven tenths of what was in flight', () => {
  const { host, peer, acked } = endless();
  lose(host, peer, acked);
  expect(host.status()).toMatchObject({ ssthresh: 7 * MSS, cwnd: 7 * MSS });
});

test('RFC 9438 §4.10, MAY-18: below ssthresh cwnd grows by what is acknowledged', () => {
  const { host, peer, acked } = endless();
  for (const cwnd of [20, 40, 80]) {
    round(host, peer, acked);
    expect(host.look('cwnd')).toBe(cwnd * MSS);
  }
});

test('RFC 9438 §4.8: a timeout leaves seven tenths as ssthresh, and slow start goes there', () => {
  const { host, peer, acked } = endless({ sack: false });
  expect(peer.take()).toHaveLength(10);
  host.wait(host.look('rto') / 1000);
  expect(host.status()).toMatchObject({ ssthresh: 7 * MSS, cwnd: MSS });
  host.wait(RTT);
  acked.octets = 10 * MSS;
  peer.take();
  peer.send(ack({ ack: 1 + acked.octets }));
  for (let i = 0; i < 3; i++) round(host, peer, acked);
  // Slow start has ended at ssthresh; from there the curve takes seconds to where the loss was.
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(7 * MSS);
  expect(host.look('cwnd')).toBeLessThan(10 * MSS);
});

test('RFC 9438 §4.6b: but never less than two segments', () => {
  const options = { mss: MSS, wscale: 10, handshakeMs: RTT, settings, sack: false };
  const { host, peer } = established(options);
  host.write(MSS);
  peer.take();
  host.wait(host.look('rto') / 1000);
  expect(host.look('ssthresh')).toBe(2 * MSS);
});

test('RFC 9438 §4.2a, §4.2b, §4.4: cwnd follows the cubic curve of time', () => {
  const { host, peer, acked } = endless();
  while (host.look('cwnd') < 100 * MSS) round(host, peer, acked);
  const inFlight = host.look('flightSize') / MSS;
  lose(host, peer, acked);
  const wMax = inFlight;
  const began = host.look('cwnd') / MSS;
  expect(began).toBeCloseTo(0.7 * wMax, 0);
  const K = Math.cbrt((wMax - began) / 0.4);
  for (let rounds = 1; rounds <= 55; rounds++) {
    round(host, peer, acked);
    const seconds = (rounds * RTT) / 1000;
    const curve = 0.4 * (seconds - K) ** 3 + wMax;
    const cwnd = host.look('cwnd') / MSS;
    // A round trip of the curve, up or down.
    const slope = Math.abs(1.2 * (seconds - K) ** 2 * 2 * (RTT / 1000));
    expect(Math.abs(cwnd - curve), `after ${seconds} s`).toBeLessThan(slope + 0.02 * wMax);
  }
});

test('RFC 9438 §4.2c: in a round trip cwnd grows by half at most', () => {
  const { host, peer, acked } = endless();
  round(host, peer, acked);
  lose(host, peer, acked);
  // Long after the loss the curve is steep, and the window has not been used.
  for (let i = 0; i < 60; i++) {
    const before = host.look('cwnd');
    round(host, peer, acked);
    expect(host.look('cwnd')).toBeLessThanOrEqual(1.5 * before + MSS);
  }
});

test('RFC 9438 §4.3a: where Reno would be faster, cwnd grows as Reno’s would', () => {
  const { host, peer, acked } = endless();
  round(host, peer, acked);
  lose(host, peer, acked);
  const began = host.look('cwnd') / MSS;
  // The curve is one of time: eight round trips as short as these take it nowhere.
  for (let rounds = 1; rounds <= 8; rounds++) round(host, peer, acked, RTT / 10);
  // alpha is 9/17 of a segment each round trip.
  expect(host.look('cwnd') / MSS).toBeGreaterThan(began + 8 * (9 / 17) - 1);
});

test('RFC 9438 §4.7: a loss before W_max is reached again leaves room for others', () => {
  const { host, peer, acked } = endless();
  while (host.look('cwnd') < 100 * MSS) round(host, peer, acked);
  lose(host, peer, acked);
  const after = host.look('cwnd') / MSS;
  lose(host, peer, acked);
  const second = host.look('cwnd') / MSS;
  // W_max is .85 of what was in flight: the plateau is there, after K, and not higher.
  const plateau = 0.85 * after;
  const K = Math.cbrt((plateau - second) / 0.4);
  for (let i = 0; i < (1000 * K) / RTT; i++) round(host, peer, acked);
  expect(host.look('cwnd') / MSS).toBeLessThan(plateau * 1.15);
});

test.each([
  [140, 1],
  [145, 0.85],
])('RFC 9438 §4.7: so does each loss behind a queue that stays: RTT %i ms', (ms, share) => {
  const { host, peer, acked } = endless();
  while (host.look('cwnd') < 100 * MSS) round(host, peer, acked);
  const wMax = (share * host.look('flightSize')) / MSS;
  lose(host, peer, acked, ms);
  const began = host.look('cwnd') / MSS;
  const K = Math.cbrt((wMax - began) / 0.4);
  for (let i = 0; i < (1000 * K) / RTT; i++) round(host, peer, acked);
  expect(host.look('cwnd') / MSS / wMax).toBeCloseTo(1, 1);
  // It is a plateau: a second later it is there still.
  for (let i = 0; i < 1000 / RTT; i++) round(host, peer, acked);
  expect(host.look('cwnd') / MSS / wMax).toBeCloseTo(1, 1);
});

test('RFC 9438 §4.9: a reduction that was wrong is undone, and so is the curve', () => {
  const { stack, host, peer, acked } = endless();
  round(host, peer, acked);
  const before = host.status()!;
  const came = peer.take();
  host.wait(RTT);
  const edge = came[0]!.seq;
  peer.send(ack({ ack: edge, sack: [[edge + MSS, edge + 4 * MSS]] }));
  expect(host.look('ssthresh')).toBeLessThan(before.ssthresh);
  peer.send(ack({ ack: edge + 5 * MSS }));
  peer.send(ack({ ack: edge + 5 * MSS, sack: [[edge, edge + MSS]] }));
  expect(stack.counter(Counter.TcpExtTCPDSACKUndo)).toBe(1);
  expect(host.look('ssthresh')).toBe(before.ssthresh);
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(before.cwnd);
});

test('RFC 9438 §4.9: so is that of a recovery and the timeout within it', () => {
  const { stack, host, peer, acked } = endless({ timestamps: true });
  while (host.look('cwnd') < 100 * MSS) round(host, peer, acked);
  const wMax = host.look('flightSize');
  lose(host, peer, acked);
  const K = Math.cbrt((wMax - host.look('cwnd')) / (0.4 * MSS));
  for (let i = 0; i < 5; i++) round(host, peer, acked);
  const { cwnd, ssthresh } = host.status()!;
  // All of it is late, and more than an RTO.
  const came = peer.take();
  const [first] = came;
  const edge = first!.seq;
  const size = first!.text.length;
  host.wait(RTT);
  const [stamp] = first!.ts!;
  const late = (segment: Segment) => {
    peer.echo = stamp;
    peer.send(segment);
  };
  late(ack({ ack: edge, sack: [[edge + size, edge + 4 * size]] }));
  host.wait(5 * RTT);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(1);
  peer.take();
  late(ack({ ack: edge + 4 * size }));
  expect(stack.counter(Counter.TcpExtTCPFullUndo)).toBe(1);
  expect(host.look('ssthresh')).toBe(ssthresh);
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(cwnd);
  acked.octets = edge + came.length * size - 1;
  late(ack({ ack: 1 + acked.octets }));
  // The curve goes on to the plateau it had.
  for (let i = 0; i < (1000 * K) / RTT; i++) round(host, peer, acked);
  expect(host.look('cwnd') / wMax).toBeCloseTo(1, 1);
});

test.each([
  ['CUBIC', Controller.CUBIC, 1, 8.5],
  ['Reno', Controller.RENO, 1, 8],
  ['CUBIC without it', Controller.CUBIC, 0, 7],
  ['Reno without it', Controller.RENO, 0, 5],
])('RFC 8511 §3a: a mark takes less than a loss: %s', (_, controller, abe, left) => {
  const { host, peer } = endless({
    ecn: true,
    settings: { [Setting.CONGESTION_CONTROL]: controller, [Setting.ABE]: abe },
  });
  peer.take();
  host.wait(RTT);
  peer.send(ack({ ack: 1 + MSS, ctl: ECE }));
  expect(host.status()).toMatchObject({ cwnd: left * MSS, ssthresh: left * MSS });
});
