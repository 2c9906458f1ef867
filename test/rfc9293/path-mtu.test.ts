/**
 * Black holes of the path's MTU (RFC 2923 §2.1): full segments vanish, and no ICMP says why. What
 * ICMP does say is tested in `unreachable.test.ts`.
 */
import { expect, test } from 'vitest';
import { ack, Counter, established, Option } from '../dsl/index.ts';

type Made = ReturnType<typeof established>;

/** The largest packet that has left since the last look. */
function largest({ peer }: Made): number {
  return Math.max(...peer.take().map(({ packet }) => packet.length));
}

/** A connection with text under way that nobody acknowledges, after so many timeouts. */
function silent(timeouts: number, options = {}, octets = 10_000): Made {
  // Without SACK each expiry of the timer is a timeout; with it the first is a probe's.
  const made = established({ mss: 1460, sack: false, ...options });
  made.host.write(octets);
  made.peer.take();
  // RTO is one second here, and doubles.
  made.host.wait(1000 * (2 ** timeouts - 1));
  return made;
}

test('after three timeouts segments shrink to what every IPv6 path carries', () => {
  const made = silent(2);
  expect(largest(made)).toBe(1500);
  made.host.wait(4000);
  expect(largest(made)).toBe(1280);
  expect(made.stack.counter(Counter.TcpExtTCPMTUBlackHole)).toBe(1);
});

test('after five they shrink to what every IPv4 host takes', () => {
  const made = silent(4);
  made.peer.take();
  made.host.wait(16_000);
  expect(largest(made)).toBe(576);
});

test('with SACK too, where a probe of the tail has the place of the first timeout', () => {
  const made = silent(3, { sack: true });
  expect(made.stack.counter(Counter.TcpExtTCPLossProbes)).toBe(1);
  expect(made.host.look('smss')).toBe(1460);
  made.host.wait(8000);
  expect(made.host.look('smss')).toBe(1240);
});

test('over IPv6 there is no second step', () => {
  const made = silent(5, { family: 6, mss: 1440 });
  made.peer.take();
  made.host.wait(32_000);
  expect(largest(made)).toBe(1280);
});

test('when small ones vanish too it was not their size', () => {
  const made = silent(6);
  expect(made.host.look('smss')).toBe(536);
  made.peer.take();
  made.host.wait(60_000);
  expect(largest(made)).toBe(1500);
  expect(made.host.look('smss')).toBe(1460);
});

test('when small ones arrive they stay small', () => {
  const made = silent(3);
  const { host, peer } = made;
  peer.take();
  peer.send(ack({ seq: 1, ack: 1241 }));
  expect(largest(made)).toBe(1280);
  peer.send(ack({ seq: 1, ack: 8761 }));
  host.write(10_000);
  expect(largest(made)).toBe(1280);
});

test('a path that has carried much is suspected later', () => {
  const made = established({ mss: 1460 });
  const { host, peer } = made;
  for (let ackTo = 1; ackTo < 80_000; ackTo += 10_000) {
    host.write(10_000);
    peer.take();
    peer.send(ack({ seq: 1, ack: ackTo + 10_000 }));
  }
  host.write(10_000);
  host.wait(100 + 200 * 2 ** 4);
  expect(host.look('smss')).toBe(1460);
  host.wait(200 * 2 ** 5);
  expect(host.look('smss')).toBe(1240);
});

test('a lost tail that is shorter says nothing of size', () => {
  const made = silent(5, {}, 400);
  expect(made.host.look('smss')).toBe(1460);
  expect(made.stack.counter(Counter.TcpExtTCPMTUBlackHole)).toBe(0);
});

test('BLACK_HOLE_DETECTION turns it off', () => {
  const made = silent(5, { set: [[Option.BLACK_HOLE_DETECTION, 0]] });
  expect(made.host.look('smss')).toBe(1460);
});

test('what ICMP has said outlives the suspicion', () => {
  const made = established({ mss: 1460, sack: false });
  const { host, peer } = made;
  host.write(4 * 1460);
  const [first] = peer.take();
  host.wait(7_100);
  expect(host.look('smss')).toBe(1240);
  peer.icmp(3, 4, 700, first?.packet);
  host.wait(120_000);
  expect(host.look('smss')).toBe(660);
});
