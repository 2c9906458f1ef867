/** Window scale and timestamps (RFC 7323); most of it is tested heading by heading in `rfc9293`. */
import { expect, test } from 'vitest';
import { ack, data, established, listening, syn, synSent } from './dsl/index.ts';

test('RFC 7323 §2.2b: a window scale in a later segment means nothing', () => {
  const { host, peer } = established({ wscale: 2 });
  peer.send(ack({ seq: 1, ack: 1, win: 1000, wscale: 9 }));
  expect(host.look('sndWnd')).toBe(4000);
  const plain = established();
  plain.peer.send(ack({ seq: 1, ack: 1, win: 1000, wscale: 9 }));
  expect(plain.host.look('sndWnd')).toBe(1000);
});

test('RFC 7323 §3.2d: timestamps that were not agreed on are ignored', () => {
  const { host, peer } = established();
  peer.send(data('new', { seq: 1, ack: 1, ts: [0xa000_0000, 0] }));
  peer.send(data('old', { seq: 4, ack: 1, ts: [0x9000_0000, 0] }));
  expect(host.read()).toBe('newold');
  expect(peer.take().every(({ ts }) => ts === undefined)).toBe(true);
});

test('RFC 7323 §3.2e: TSecr is 0 in a SYN, and the peer’s time in a SYN,ACK', () => {
  expect(synSent({ timestamps: true }).peer.latest().ts?.[1]).toBe(0);
  const { peer } = listening({ timestamps: true });
  peer.send(syn({ seq: 0, mss: 1460, ts: [1234, 0] }));
  expect(peer.take()[0]?.ts?.[1]).toBe(1234);
});

test('RFC 7323 §4.1: an echo in an ACK of nothing new is no measurement', () => {
  const { host, peer } = established({ timestamps: true });
  host.write('hello');
  peer.take();
  host.wait(1000);
  peer.take();
  host.wait(30);
  const before = host.status() ?? host.stack.fail('no status');
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(host.status()).toMatchObject({ srtt: before.srtt, rto: before.rto });
  peer.send(ack({ seq: 1, ack: 6 }));
  expect(host.look('srtt')).toBe(30_000);
});
