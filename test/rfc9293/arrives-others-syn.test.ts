/** SEGMENT ARRIVES, other states, fourth: the SYN bit (RFC 9293 §3.10.7.4, RFC 5961 §4). */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  established,
  rst,
  State,
  SYNCHRONIZED,
  syn,
  synAck,
  synReceived,
} from '../dsl/index.ts';

test.each(Object.entries(SYNCHRONIZED))(
  'RFC 5961 §4.2, hostile 8c: %s: a SYN is challenged, wherever it lies',
  (name, state) => {
    const { stack, host, peer } = state();
    const seq = (host.look('sndNxt') - host.look('iss')) >>> 0;
    const rcvNxt = peer.next;
    for (const where of [rcvNxt, rcvNxt + 100, 0x4000_0000]) {
      peer.send(syn({ seq: where }));
      peer.expect(ack({ seq, ack: rcvNxt }));
      stack.wait(500);
      peer.take();
    }
    host.expect(State[name as keyof typeof State]);
  },
);

test('a SYN,ACK again (our ACK was lost) is acknowledged', () => {
  const { host, peer } = established({ open: 'active' });
  peer.send(synAck({ seq: 0, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  host.expect(State.ESTABLISHED);
});

test('a peer that has restarted answers the challenge with a RST and can open anew', () => {
  const { listener, host, peer } = established();
  peer.send(syn({ seq: 70_000 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  peer.send(rst({ seq: 1 }));
  host.expect(State.CLOSED);
  peer.send(syn({ seq: 70_000 }));
  peer.expect(synAck({ ack: 70_001 }));
  listener.expect(State.LISTEN);
});

test('challenges of SYNs are limited in rate', () => {
  const { stack, peer } = established();
  for (let i = 0; i < 100; i++) peer.send(syn({ seq: 5 + i }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  expect(stack.counter(Counter.TcpExtTCPSYNChallenge)).toBe(100);
});

test('text with such a SYN is not read', () => {
  const { host, peer } = established();
  peer.send(syn({ seq: 1, text: 'hello', ctl: 16, ack: 1 }));
  expect(host.read()).toBe('');
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
});

test('SYN-RECEIVED of a passive OPEN: another SYN in the window ends the entry', () => {
  const { listener, host, peer } = synReceived();
  peer.send(syn({ seq: 1000 }));
  host.expect(State.CLOSED);
  listener.expect(State.LISTEN);
});

test('a SYN without the timestamps that were agreed on is challenged like any other', () => {
  const { peer } = established({ timestamps: true });
  peer.timestamps = false;
  peer.take();
  peer.send(syn({ seq: 90_000 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
});
