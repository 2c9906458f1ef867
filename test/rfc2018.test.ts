/** SACK (RFC 2018); most of its rules are tested in `rfc9293/recovery-sack.test.ts`. */
import { expect, test } from 'vitest';
import { ack, data, established, Setting, SYN } from './dsl/index.ts';

test('RFC 2018 §2: SACK-permitted is in our SYN alone, and counts in the peer’s alone', () => {
  const made = established({ open: 'active' });
  made.host.write(3000);
  made.peer.send(ack({ seq: 1, ack: 1 }));
  const { peer } = established();
  peer.send(data('early', { seq: 5, ack: 1 }));
  for (const segment of [...made.peer.take(), ...peer.take()]) {
    expect([segment.ctl & SYN, segment.sackOk]).toEqual([0, undefined]);
  }
  const plain = established({ sack: false, settings: { [Setting.SACK]: 1 } });
  plain.peer.send(data('late', { seq: 5, ack: 1, sackOk: true }));
  expect(plain.peer.take()[0]?.sack).toBeUndefined();
});

test('RFC 2018 §4a: while there is out-of-order text every segment reports it', () => {
  const { host, peer } = established();
  peer.send(data('x', { seq: 3, ack: 1 }));
  host.write('hello');
  peer.send(data('x', { seq: 9, ack: 1 }));
  host.close();
  const blocks = peer.take().map(({ sack }) => sack?.length ?? 0);
  expect(blocks).toEqual([1, 1, 2, 2]);
});

test('RFC 2018 §8a: what was reported is kept when the pages run out', () => {
  const { host, peer } = established({ limits: { pages: 40 } });
  peer.send(data('reported', { seq: 3, ack: 1 }));
  peer.expect(ack({ ack: 1, sack: [[3, 11]] }));
  // Others take all pages there are.
  const greedy = host.another();
  expect(greedy.connect('10.0.0.9', 9)).toBe(0);
  while (greedy.write(4096) > 0);
  peer.send(data('ab', { seq: 1, ack: 1 }));
  peer.expect(ack({ ack: 11 }));
  expect(host.read()).toBe('abreported');
});
