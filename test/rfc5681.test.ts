/** Congestion control (RFC 5681); most is tested in `rfc9293/congestion` and `recovery`. */
import { expect, test } from 'vitest';
import { ack, established } from './dsl/index.ts';

const MSS = 1000;

function tenInFlight(more: number) {
  const made = established({ mss: MSS, wscale: 7, sack: false });
  made.peer.send(ack({ seq: 1, ack: 1 }));
  made.host.write(10 * MSS + more);
  expect(made.peer.take()).toHaveLength(10);
  return made;
}

test('RFC 5681 §3.1c: ssthresh begins above any window', () => {
  const { host } = established();
  expect(host.look('ssthresh')).toBeGreaterThan(2 ** 30);
});

test('RFC 5681 §3.2c: what limited transmit has sent does not count for ssthresh', () => {
  const { host, peer } = tenInFlight(5 * MSS);
  for (let i = 0; i < 2; i++) peer.send(ack({ ack: 1 }));
  expect(peer.take()).toHaveLength(2);
  peer.send(ack({ ack: 1 }));
  expect(host.status()).toMatchObject({ ssthresh: 5 * MSS, cwnd: 8 * MSS });
});

test('RFC 5681 §3.2c: nor does what the user has sent since the first duplicate', () => {
  const { host, peer } = tenInFlight(0);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  host.write(10 * MSS);
  expect(peer.take()).toHaveLength(10);
  // cwnd is twenty segments, so it holds nothing back.
  peer.send(ack({ ack: 1 + 10 * MSS }));
  host.write(5 * MSS);
  expect(peer.take()).toHaveLength(5);
  for (let i = 0; i < 2; i++) peer.send(ack({ ack: 1 + 10 * MSS }));
  expect(host.look('ssthresh')).toBe(5 * MSS);
});

test('RFC 5681 §4.3: three losses of one window halve cwnd once', () => {
  const { host, peer } = tenInFlight(0);
  for (let i = 0; i < 7; i++) peer.send(ack({ ack: 1 }));
  for (const hole of [3, 6, 10]) {
    expect(host.look('ssthresh')).toBe(5 * MSS);
    peer.send(ack({ ack: 1 + hole * MSS }));
  }
  expect(host.look('ssthresh')).toBe(5 * MSS);
});
