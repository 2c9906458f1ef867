/** The retransmission timer (RFC 6298); most rules are tested in `rfc9293/rto.test.ts`. */
import { expect, test } from 'vitest';
import { ack, data, established, Setting } from './dsl/index.ts';

test('RFC 6298 §4: round trips of less than a millisecond are measured', () => {
  const { host, peer } = established();
  host.write('quick');
  peer.take();
  host.wait(0.25);
  peer.send(ack({ seq: 1, ack: 6 }));
  expect(host.look('srtt')).toBe(250);
});

test('RFC 6298 §5a: nothing is sent again a millisecond before RTO has passed', () => {
  // Without SACK there is no probe of the tail before it.
  const { host, peer } = established({ sack: false, settings: { [Setting.RTO_MIN_MS]: 290 } });
  for (let seq = 1; seq < 40; seq += 2) {
    host.write('ab');
    peer.take();
    host.wait(10);
    peer.send(ack({ seq: 1, ack: seq + 2 }));
  }
  host.write('cd');
  peer.expect(data('cd', { seq: 41 }));
  expect(host.look('rto')).toBe(300_000);
  host.wait(299);
  peer.expectNothing();
  host.wait(1);
  peer.expect(data('cd', { seq: 41 }));
});
