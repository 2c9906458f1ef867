/**
 * SEGMENT ARRIVES, other states, first: the sequence number (RFC 9293 §3.10.7.4, §3.4; RFC 7323
 * §5).
 */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  established,
  fin,
  rst,
  State,
  SYNCHRONIZED,
  synReceived,
} from '../dsl/index.ts';

/** RCV.NXT is 1, RCV.WND is 1000. */
const small = (options = {}) => established({ receiveBuffer: 1000, ...options });

// The four cases of Table 6 ----------------------------------------------------------

test('no length, window open: SEG.SEQ must lie in the window', () => {
  const { stack, peer } = small();
  peer.send(ack({ seq: 1, ack: 1 }), ack({ seq: 1000, ack: 1 }));
  peer.expectNothing();
  peer.send(ack({ seq: 1001, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  stack.wait(1000);
  peer.send(ack({ seq: 0, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
});

test('no length, window closed: SEG.SEQ must be RCV.NXT', () => {
  const { host, peer } = small();
  peer.send(data(1000, { seq: 1, ack: 1 }));
  host.wait(40);
  peer.expect(ack({ ack: 1001, win: 0 }));
  host.write('x');
  peer.take();
  peer.send(ack({ seq: 1001, ack: 2 }));
  peer.expectNothing();
  expect(host.look('sendQueue')).toBe(0);
  peer.send(ack({ seq: 1002, ack: 2 }));
  peer.expect(ack({ ack: 1001, win: 0 }));
});

test('text, window closed: not acceptable, acknowledged', () => {
  const { host, peer } = small();
  peer.send(data(1000, { seq: 1, ack: 1 }));
  host.wait(40);
  peer.take();
  peer.send(data('x', { seq: 1001, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1001, win: 0 }));
  expect(host.look('receiveQueue')).toBe(1000);
});

test('text, window open: some of it must lie in the window', () => {
  const { host, peer } = small();
  peer.send(data('beyond', { seq: 1001, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.send(data('lo world', { seq: 4, ack: 1 }));
  expect(host.read()).toBe('hello world');
});

test('text that reaches beyond the window is taken up to its edge', () => {
  const { host, peer } = small();
  peer.send(data(1500, { seq: 1, ack: 1 }));
  host.wait(40);
  peer.expect(ack({ ack: 1001, win: 0 }));
  expect(host.read()).toBe(data(1000, { seq: 1 }).text);
});

test('old text is acknowledged, so that its sender goes on', () => {
  const { host, peer } = established({ sack: false });
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.wait(40);
  peer.expect(ack({ ack: 6 }));
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 6 }));
  expect(host.read()).toBe('hello');
});

test('RFC 5961 §3.2a: an unacceptable RST is not answered', () => {
  const { host, peer } = small();
  peer.send(rst({ seq: 0 }), rst({ seq: 1001 }), rst({ seq: 0x8000_0000 }));
  peer.expectNothing();
  host.expect(State.ESTABLISHED);
});

test('an unacceptable FIN is acknowledged and changes nothing', () => {
  const { host, peer } = small();
  peer.send(fin({ seq: 5000, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  host.expect(State.ESTABLISHED);
});

test.each(Object.entries(SYNCHRONIZED))(
  '%s: a segment outside the window is acknowledged and not processed',
  (name, state) => {
    const { host, peer } = state();
    const before = host.look('sndUna');
    peer.send(ack({ seq: 0x4000_0000, ack: 1 }));
    expect(peer.take()).toHaveLength(1);
    host.expect(State[name as keyof typeof State]);
    expect(host.look('sndUna')).toBe(before);
  },
);

test('in SYN-RECEIVED a segment outside the window is acknowledged', () => {
  const { host, peer } = synReceived();
  peer.send(ack({ seq: 0x4000_0000, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  host.expect(State.SYN_RECEIVED);
});

test('answers to segments without text are limited in rate: no ACK storms', () => {
  const { peer } = established();
  for (let i = 0; i < 50; i++) peer.send(ack({ seq: 0x4000_0000 + i, ack: 1 }));
  expect(peer.take().length).toBeLessThan(5);
});

// Sequence numbers wrap -------------------------------------------------------------

test.each([0, 0x7fff_fff0, 0x8000_0000, 0xffff_fff0, 0xffff_ffff])(
  "hostile 14a: text across the wrap: peer's ISN %i",
  (isn) => {
    const { host, peer } = established({ isn });
    peer.send(data('world', { seq: 6, ack: 1 }));
    peer.expect(ack({ ack: 1, sack: [[6, 11]] }));
    peer.send(data('hello', { seq: 1, ack: 1 }));
    peer.expect(ack({ ack: 11 }));
    expect(host.read()).toBe('helloworld');
  },
);

test.each([0x7fff_fff0, 0xffff_fff0])('hostile 14b: our own numbers wrap: ISS %i', (iss) => {
  // ISS ticks every four microseconds, so the right moment gives any ISS.
  const first = established().peer.iss;
  const epoch = 1000 + (((iss - first) >>> 0) * 4) / 1000;
  const { host, peer } = established({ epoch, mss: 1000 });
  expect(peer.iss).toBe(iss);
  host.write(2000);
  peer.expect(data(1000, { seq: 1 }), data(1000, { seq: 1001 }));
  peer.send(ack({ seq: 1, ack: 1001 }));
  host.wait(201);
  peer.expect(data(1000, { seq: 1001 }));
  peer.send(ack({ seq: 1, ack: 2001 }));
  expect(host.look('sendQueue')).toBe(0);
});

// PAWS (RFC 7323 §5) ----------------------------------------------------------------

const stamped = () => established({ timestamps: true });

test('RFC 7323 §5.3a: PAWS: an older timestamp: acknowledged and dropped', () => {
  const { stack, host, peer } = stamped();
  peer.send(data('hello', { seq: 1, ack: 1, ts: [peer.clockOffset - 1, peer.echo] }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  expect(host.read()).toBe('');
  expect(stack.counter(Counter.TcpExtPAWSEstab)).toBe(1);
});

test('PAWS: the same timestamp again is acceptable', () => {
  const { host, peer } = stamped();
  peer.send(data('hello', { seq: 1, ack: 1, ts: [peer.clockOffset, peer.echo] }));
  expect(host.read()).toBe('hello');
});

test('PAWS, hostile 11f: timestamps compare modulo 2^32', () => {
  const { host, peer } = stamped();
  peer.send(ack({ seq: 1, ack: 1, ts: [0xe000_0000, peer.echo] }));
  peer.send(data('hello', { seq: 1, ack: 1, ts: [5, peer.echo] }));
  expect(host.read()).toBe('hello');
});

test('RFC 7323 §5.3a, hostile 11g: a RST is exempt', () => {
  const { host, peer } = stamped();
  peer.send(rst({ seq: 1, ts: [peer.clockOffset - 1000, 0] }));
  host.expect(State.CLOSED);
});

test('RFC 7323 §5.5: after 24 idle days TS.Recent is not judged by', () => {
  const { host, peer } = stamped();
  host.wait(25 * 86_400_000);
  peer.send(data('hello', { seq: 1, ack: 1, ts: [peer.clockOffset - 1000, peer.echo] }));
  expect(host.read()).toBe('hello');
});

test('RFC 7323 §5.3b, hostile 11a: a segment outside the window does not touch TS.Recent', () => {
  const { host, peer } = stamped();
  peer.send(data('evil', { seq: 0x4000_0000, ack: 1, ts: [peer.clockOffset + 1_000_000, 0] }));
  peer.take();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
});

test('RFC 7323 §4.3: the timestamp echoed is that of the segment the ACK answers', () => {
  const { host, peer } = stamped();
  host.wait(100);
  peer.send(data('a', { seq: 1, ack: 1, ts: [peer.clockOffset + 10, peer.echo] }));
  peer.send(data('b', { seq: 2, ack: 1, ts: [peer.clockOffset + 20, peer.echo] }));
  host.wait(40);
  expect(peer.take().map((segment) => segment.ts?.[1])).toEqual([peer.clockOffset + 10]);
});

test('RFC 7323 §4.3, hostile 11b: of a segment in the future nothing is echoed', () => {
  const { peer } = stamped();
  peer.send(data('b', { seq: 2, ack: 1, ts: [peer.clockOffset + 20, peer.echo] }));
  expect(peer.take()[0]?.ts?.[1]).toBe(peer.clockOffset);
});
