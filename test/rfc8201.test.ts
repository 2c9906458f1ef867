/** Path MTU over IPv6 (RFC 8201); the rest of it is tested in `rfc9293/unreachable.test.ts`. */
import { expect, test } from 'vitest';
import { ack, established, Peer, synAck } from './dsl/index.ts';

test('RFC 8201 §4d: no report makes packets larger, not even than the last report', () => {
  const { host, peer } = established({ family: 6, mss: 1440 });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(10_000);
  const first = peer.take()[0]?.packet;
  for (const [mtu, smss] of [
    [9000, 1440],
    [1400, 1340],
    [1450, 1340],
    [1500, 1340],
  ] as const) {
    peer.icmp(2, 0, mtu, first);
    expect(host.look('smss')).toBe(smss);
  }
});

test('RFC 8201 §5.3: ten minutes after the latest report a larger MTU is tried', () => {
  const { stack, host, peer } = established({ family: 6, mss: 1440 });
  host.write(1440);
  peer.icmp(2, 0, 1300, peer.take()[0]?.packet);
  expect(host.look('smss')).toBe(1240);
  peer.take();
  peer.send(ack({ seq: 1, ack: 1441 }));
  // The next connection to the same peer begins with what this one has learned.
  const next = host.another();
  const to = new Peer(stack, { family: 6, port: 41_000, hostPort: 0 });
  next.connect('fd00::2', 41_000);
  to.send(synAck({ seq: 0, ack: 1, mss: 1440 }));
  expect(next.look('smss')).toBe(1240);
  host.wait(599_999);
  expect(host.look('smss')).toBe(1240);
  host.wait(1);
  expect([host.look('smss'), next.look('smss')]).toEqual([1440, 1440]);
  host.write(1440);
  expect(peer.take()[0]?.packet).toHaveLength(1500);
  to.take();
});
