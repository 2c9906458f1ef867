/** NewReno (RFC 6582); most of its steps are tested in `rfc9293/recovery.test.ts`. */
import { expect, test } from 'vitest';
import { ack, established } from './dsl/index.ts';

const MSS = 1000;

test('RFC 6582 §3.2d: a partial ACK deflates cwnd by what it covers, less a segment', () => {
  const { host, peer } = established({ mss: MSS, wscale: 7, sack: false });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(10 * MSS);
  for (let i = 0; i < 7; i++) peer.send(ack({ ack: 1 }));
  expect(host.look('cwnd')).toBe(12 * MSS);
  peer.send(ack({ ack: 1 + 4 * MSS }));
  expect(host.look('cwnd')).toBe(9 * MSS);
  // Less than a segment: nothing is added back.
  peer.send(ack({ ack: 1 + 4 * MSS + 100 }));
  expect(host.look('cwnd')).toBe(9 * MSS - 100);
});
