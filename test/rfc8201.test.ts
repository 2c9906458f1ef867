/** Path MTU over IPv6 (RFC 8201); the rest of it is tested in `rfc9293/unreachable.test.ts`. */
import { expect, test } from 'vitest';
import { ack, established } from './dsl/index.ts';

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
