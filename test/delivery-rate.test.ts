/** The delivery rate as draft-ietf-ccwg-bbr §4.1 samples it, and as `ss -i` shows it. */
import { expect, test } from 'vitest';
import { ack, established } from './dsl/index.ts';

const MSS = 1000;
const RTT = 100;

/** A connection that has sent so many segments. */
function sent(written: number, options = {}) {
  const made = established({ mss: MSS, wscale: 7, handshakeMs: RTT, ...options });
  made.host.write(written * MSS);
  return { ...made, first: made.peer.take() };
}

const isAppLimited = (flags: number) => (flags & 256) !== 0;

test('BBR §4.1.2.2b: what was delivered while a segment was on its way, in that time', () => {
  const { host, peer } = sent(10);
  expect(host.look('deliveryRate')).toBe(0);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 4 * MSS }));
  // Four segments in a round trip.
  expect(host.look('deliveryRate')).toBe((4 * MSS * 1000) / RTT);
  host.write(4 * MSS);
  peer.take();
  host.wait(RTT / 2);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  host.wait(RTT / 2);
  peer.send(ack({ ack: 1 + 14 * MSS }));
  // The last four left with the first ACK; since then ten were delivered.
  expect(host.look('deliveryRate')).toBe((10 * MSS * 1000) / RTT);
});

test('BBR §4.1.2.3a: ACKs that come in a heap deliver no faster than was sent', () => {
  const { host, peer } = sent(1);
  for (let segment = 1; segment < 10; segment++) {
    host.wait(RTT / 10);
    host.write(MSS);
  }
  host.wait(RTT / 10);
  peer.send(ack({ ack: 1 + MSS }));
  peer.send(ack({ ack: 1 + 10 * MSS }));
  // Nine segments took nine tenths of a round trip to be sent, and their ACKs no time at all.
  expect(host.look('deliveryRate')).toBe((10 * MSS * 1000) / RTT);
});

test('BBR §4.1.2.3a: nor if the segment they answer left just after the heap began', () => {
  const { host, peer } = sent(1);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + MSS }));
  for (let segment = 0; segment < 10; segment++) {
    host.write(MSS);
    host.wait(RTT / 10);
  }
  host.wait(RTT);
  // The first of the heap lets one more go; the others arrive with that one's.
  peer.send(ack({ ack: 1 + 2 * MSS }));
  host.write(MSS);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 12 * MSS }));
  // Ten were delivered in a round trip. From the first of them to the last two have passed.
  expect(host.look('deliveryRate')).toBe((10 * MSS * 1000) / (2 * RTT));
});

test('BBR §4.1.2.2a: a pause is no time of sending', () => {
  const { host, peer } = sent(4);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 4 * MSS }));
  host.wait(500);
  host.write(4 * MSS);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 8 * MSS }));
  expect(host.look('deliveryRate')).toBe((4 * MSS * 1000) / RTT);
});

test('BBR §4.1.2.4: samples are marked that lack of data has limited', () => {
  const { host, peer } = sent(20);
  host.wait(RTT);
  // Ten segments fill cwnd. The bubble before the first is gone with it.
  peer.send(ack({ ack: 1 + 2 * MSS }));
  const limited = () => isAppLimited(host.look('flags'));
  expect(limited()).toBe(true);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 12 * MSS }));
  expect(limited()).toBe(false);
  expect(host.look('deliveryRate')).toBe((10 * MSS * 1000) / RTT);
  // All has been sent; a slower sample of what follows says nothing of the path.
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 20 * MSS }));
  host.write(MSS);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 21 * MSS }));
  expect(host.look('deliveryRate')).toBeGreaterThan((MSS * 1000) / RTT);
  expect(limited()).toBe(false);
});

test('BBR §4.1.2.3b: what arrived before it was sent again gives no sample', () => {
  const { host, peer } = sent(10);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + MSS }));
  const rate = host.look('deliveryRate');
  peer.send(ack({ ack: 1 + MSS, sack: [[1 + 2 * MSS, 1 + 8 * MSS]] }));
  const before = host.look('deliveryRate');
  expect(before).toBeGreaterThanOrEqual(rate);
  host.wait(1);
  peer.send(ack({ ack: 1 + 8 * MSS }));
  // A round trip of a millisecond on a path of a hundred.
  expect(host.look('deliveryRate')).toBe(before);
});

test('BBR §4.1.3.5: an echo of the first sending measures nothing of the second', () => {
  const { host, peer, first } = sent(2, { timestamps: true, sack: false });
  host.wait(host.look('rto') / 1000 + RTT);
  peer.send(ack({ ack: 1 + MSS, ts: [peer.clockOffset + 1000, first[0]!.ts![0]] }));
  expect(host.look('deliveryRate')).toBe(0);
});

test('the rate outlives the flight it was measured in', () => {
  const { host, peer } = sent(4);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 4 * MSS }));
  host.wait(60_000);
  expect(host.look('deliveryRate')).toBe((4 * MSS * 1000) / RTT);
  expect(isAppLimited(host.look('flags'))).toBe(true);
});
