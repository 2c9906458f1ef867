/** BBR (draft-ietf-ccwg-bbr), segment by segment; `simulation/bbr.test.ts` has it on lines. */
import { expect, test } from 'vitest';
import {
  ack,
  Controller,
  Counter,
  established,
  type Host,
  Option,
  type Peer,
  Setting,
} from './dsl/index.ts';

const MSS = 1000;
const RTT = 100;
const settings = { [Setting.CONGESTION_CONTROL]: Controller.BBR };

/** A connection with endless data. */
function endless(options = {}) {
  const made = established({ mss: MSS, wscale: 10, handshakeMs: RTT, settings, ...options });
  fill(made.host);
  return made;
}

function fill(host: Host): void {
  while (host.write(60 * MSS) === 60 * MSS);
}

/** Lets time pass, a millisecond each; answers what has come. */
function wait(host: Host, peer: Peer, millis: number) {
  const came = peer.take();
  for (let i = 0; i < millis; i++) {
    host.wait(1);
    came.push(...peer.take());
  }
  return came;
}

test('BBR §5.6.4.6: cwnd grows by no more than was delivered', () => {
  const { host, peer } = endless();
  const came = wait(host, peer, RTT);
  expect(came).toHaveLength(10);
  for (const { seq, text } of came) {
    const before = host.look('cwnd');
    peer.send(ack({ ack: seq + text.length }));
    expect(host.look('cwnd') - before).toBe(MSS);
  }
  expect(host.look('ssthresh')).toBe(0x7fff_ffff);
});

test('BBR §5.6.4.4: a timeout leaves one segment, and what was before comes back', () => {
  const { host, peer } = endless();
  wait(host, peer, RTT);
  const before = host.look('cwnd');
  // Two round trips for the probe of the tail, then RTO.
  wait(host, peer, 2 * RTT + host.look('rto') / 1000);
  expect(host.look('cwnd')).toBeLessThanOrEqual(2 * MSS);
  fill(host);
  wait(host, peer, RTT);
  peer.send(ack({ ack: 1 + 11 * MSS }));
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(before);
});

test('BBR §5.6.4.4: even if that was much more than the timeout has lost', () => {
  const { host, peer } = established({ mss: MSS, wscale: 10, handshakeMs: RTT, settings });
  let acked = 0;
  for (const segments of [10, 20, 40, 5]) {
    host.write(segments * MSS);
    wait(host, peer, RTT);
    acked += segments * MSS;
    if (segments > 5) peer.send(ack({ ack: 1 + acked }));
  }
  const before = host.look('cwnd');
  expect(before).toBeGreaterThan(40 * MSS);
  wait(host, peer, 2 * RTT + host.look('rto') / 1000);
  expect(host.look('cwnd')).toBeLessThanOrEqual(2 * MSS);
  peer.send(ack({ ack: 1 + acked }));
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(before);
});

test('in recovery cwnd is the model’s: no loss takes a share of it', () => {
  const { host, peer } = endless();
  wait(host, peer, RTT);
  peer.send(ack({ ack: 1, sack: [[1 + MSS, 1 + 5 * MSS]] }));
  expect(host.look('lost')).toBe(MSS);
  expect(host.look('cwnd')).toBe(14 * MSS);
  wait(host, peer, RTT);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(14 * MSS);
});

test('BBR §5.5.11.1, §5.5.11.2: what was sent again for nothing costs nothing', () => {
  const { stack, host, peer } = endless();
  wait(host, peer, RTT);
  const before = host.look('cwnd');
  peer.send(ack({ ack: 1, sack: [[1 + MSS, 1 + 4 * MSS]] }));
  peer.send(ack({ ack: 1 + 5 * MSS }));
  peer.send(ack({ ack: 1 + 5 * MSS, sack: [[1, 1 + MSS]] }));
  expect(stack.counter(Counter.TcpExtTCPDSACKUndo)).toBe(1);
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(before);
  expect(host.look('ssthresh')).toBe(0x7fff_ffff);
});

test('without SACK a loss is NewReno’s, and cwnd of before comes back after it', () => {
  const { host, peer } = endless({ sack: false });
  wait(host, peer, RTT);
  for (let i = 0; i < 3; i++) peer.send(ack({ ack: 1 }));
  expect(host.look('ssthresh')).toBe(7 * MSS);
  wait(host, peer, RTT);
  const end = host.look('sndNxt') - host.look('iss');
  peer.send(ack({ ack: end >>> 0 }));
  expect(host.status()).toMatchObject({ ssthresh: 0x7fff_ffff });
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(10 * MSS);
});

test('a connection can change to it, and back', () => {
  const { host, peer } = endless({ settings: {} });
  wait(host, peer, RTT);
  expect(host.look('pacingRate')).toBe(0);
  expect(host.setOption(Option.CONGESTION_CONTROL, Controller.BBR)).toBe(0);
  expect(host.look('pacingRate')).toBeGreaterThan(0);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  expect(wait(host, peer, RTT).length).toBeGreaterThan(10);
  expect(host.setOption(Option.CONGESTION_CONTROL, Controller.CUBIC)).toBe(0);
  expect(host.look('pacingRate')).toBe(0);
  expect(host.setOption(Option.CONGESTION_CONTROL, 3)).not.toBe(0);
});

test('RFC 8985 §6.2a: what was delivered before a long pause was not sent later', () => {
  const { stack, host, peer } = established({ mss: MSS, wscale: 7, handshakeMs: RTT, settings });
  host.write(4 * MSS);
  peer.take();
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 4 * MSS }));
  // Half of the time that a clock of microseconds has in 32 bits, and more.
  host.wait(40 * 60_000);
  host.write(4 * MSS);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 5 * MSS }));
  host.wait(RTT / 2);
  expect(stack.counter(Counter.TcpRetransSegs)).toBe(0);
});
