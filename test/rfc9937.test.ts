/** Proportional Rate Reduction (RFC 9937): how cwnd comes down during recovery. */
import { expect, test } from 'vitest';
import { ack, established, type Peer } from './dsl/index.ts';

const MSS = 1000;

/** Twenty segments in flight, the first of them number 10, and more waiting. */
function twenty() {
  const made = established({ mss: MSS, wscale: 7, handshakeMs: 100 });
  made.host.write(60 * MSS);
  expect(made.peer.take()).toHaveLength(10);
  made.host.wait(100);
  made.peer.send(ack({ ack: 1 + 10 * MSS }));
  expect(made.peer.take()).toHaveLength(20);
  made.host.wait(100);
  return made;
}

const report = (from: number, to: number, at = 10) =>
  ack({ ack: 1 + at * MSS, sack: [[1 + from * MSS, 1 + to * MSS]] });
const numbers = (peer: Peer) => peer.take().map(({ seq }) => (seq - 1) / MSS);

test('RFC 9937 §6e: the first segment that is lost goes at once, whatever its share is', () => {
  const { host, peer } = twenty();
  peer.send(report(11, 14));
  expect(numbers(peer)).toEqual([10]);
  expect(host.look('ssthresh')).toBe(10 * MSS);
});

test('RFC 9937 §6a, §6b: of what is delivered, half is sent while cwnd comes down by half', () => {
  const { peer } = twenty();
  peer.send(report(11, 14));
  expect(numbers(peer)).toEqual([10]);
  let sent = 1;
  for (let last = 15; last <= 30; last++) {
    peer.send(report(11, last));
    const now = numbers(peer).length;
    expect(now).toBeLessThanOrEqual(1);
    sent += now;
    // Nineteen are delivered when all but the lost one are: a half of them is nine or ten.
    expect(Math.abs(sent - (last - 11) / 2)).toBeLessThanOrEqual(1.5);
  }
});

test('RFC 9937 §6c: below ssthresh what is delivered is sent, and no burst', () => {
  const { host, peer } = twenty();
  // Only the last three of twenty have arrived: seventeen are lost.
  peer.send(report(27, 30));
  expect(numbers(peer)[0]).toBe(10);
  expect(host.look('cwnd')).toBeLessThanOrEqual(4 * MSS);
  host.wait(100);
  const before = numbers(peer).length;
  expect(before).toBe(0);
});

test('RFC 9937 §6d: progress without a further loss lets one segment more out', () => {
  const { host, peer } = twenty();
  peer.send(report(27, 30));
  const first = numbers(peer);
  host.wait(100);
  // All that was sent again is acknowledged, and nothing is found to be lost anew.
  peer.send(report(27, 30, 10 + first.length));
  expect(numbers(peer)).toHaveLength(first.length + 1);
});

test('RFC 9937 §6f: recovery ends with cwnd at ssthresh', () => {
  const { host, peer } = twenty();
  peer.send(report(11, 14));
  for (let last = 15; last <= 30; last++) peer.send(report(11, last));
  peer.take();
  peer.send(ack({ ack: 1 + 30 * MSS }));
  expect(host.status()).toMatchObject({ cwnd: 10 * MSS, ssthresh: 10 * MSS });
});
