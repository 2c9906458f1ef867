/** HyStart++ (RFC 9406): slow start that ends before the queue overflows. */
import { expect, test } from 'vitest';
import { ack, established, type Host, type Peer } from './dsl/index.ts';

const MSS = 1000;

/** Fills the send buffer. */
function fill(host: Host): void {
  while (host.write(60 * MSS) === 60 * MSS);
}

function endless() {
  const made = established({ mss: MSS, wscale: 12, handshakeMs: 100 });
  fill(made.host);
  return { ...made, acked: { octets: 0 } };
}

/** A round of so many milliseconds; answers by what cwnd has grown, and by how much was acked. */
function round(host: Host, peer: Peer, acked: { octets: number }, ms: number) {
  const came = peer.take();
  const before = host.look('cwnd');
  host.wait(ms);
  fill(host);
  for (const { seq, text } of came) {
    acked.octets = seq - 1 + text.length;
    peer.send(ack({ ack: 1 + acked.octets }));
  }
  return { grown: (host.look('cwnd') - before) / MSS, count: came.length };
}

const INFINITE = 0x7fff_ffff;

test('RFC 9406 §4.2a, §4.2b: on a steady path slow start doubles cwnd each round', () => {
  const { host, peer, acked } = endless();
  for (let i = 0; i < 5; i++) {
    const { grown, count } = round(host, peer, acked, 100);
    expect(grown).toBe(count);
  }
  expect(host.look('ssthresh')).toBe(INFINITE);
});

test('RFC 9406 §4.2c, §4.2d, §4.2e: an eighth more of RTT, and cwnd grows by a quarter', () => {
  const { host, peer, acked } = endless();
  round(host, peer, acked, 100);
  round(host, peer, acked, 100);
  round(host, peer, acked, 111);
  const none = round(host, peer, acked, 111);
  expect(none.grown).toBe(none.count);
  round(host, peer, acked, 126);
  const { grown, count } = round(host, peer, acked, 126);
  expect(grown).toBeCloseTo(count / 4, -1);
  expect(host.look('ssthresh')).toBe(INFINITE);
});

test('RFC 9406 §4.2c: on a short path less than four milliseconds more mean nothing', () => {
  const { host, peer, acked } = endless();
  round(host, peer, acked, 10);
  round(host, peer, acked, 10);
  round(host, peer, acked, 13);
  const { grown, count } = round(host, peer, acked, 13);
  expect(grown).toBe(count);
});

test('RFC 9406 §4.2f: when the delay has gone again, slow start goes on', () => {
  const { host, peer, acked } = endless();
  round(host, peer, acked, 100);
  round(host, peer, acked, 100);
  round(host, peer, acked, 120);
  const slow = round(host, peer, acked, 120);
  expect(slow.grown).toBeLessThan(slow.count / 2);
  round(host, peer, acked, 100);
  const { grown, count } = round(host, peer, acked, 100);
  expect(grown).toBe(count);
});

test('RFC 9406 §4.2g: a delay that stays for five rounds ends slow start', () => {
  const { host, peer, acked } = endless();
  round(host, peer, acked, 100);
  round(host, peer, acked, 100);
  // The first of them finds the delay as it ends, and counts.
  for (let i = 0; i < 5; i++) round(host, peer, acked, 130);
  expect(host.look('ssthresh')).toBe(INFINITE);
  round(host, peer, acked, 130);
  expect(host.look('ssthresh')).toBeLessThan(INFINITE);
});

test('RFC 9406 §4.2: a slow start after a pause begins with rounds of its own', () => {
  const { host, peer } = established({ mss: MSS, wscale: 12, handshakeMs: 100 });
  for (let written = 0; written < 150 * MSS; written += 50 * MSS) host.write(50 * MSS);
  const acknowledge = (ms: number) => {
    const came = peer.take();
    host.wait(ms);
    for (const { seq } of came) peer.send(ack({ ack: seq + MSS }));
    return came.length;
  };
  // Rounds that take longer make slow start conservative.
  expect([100, 100, 126, 126].map(acknowledge)).toEqual([10, 20, 40, 80]);
  expect(host.look('cwnd')).toBeLessThan(120 * MSS);
  // Longer than RTO, and cwnd comes down; not so long that the flight is forgotten.
  host.wait(900);
  host.write(60 * MSS);
  const before = host.look('cwnd');
  const count = acknowledge(126);
  expect(host.look('cwnd')).toBe(before + count * MSS);
});
