/** SEGMENT ARRIVES, other states, seventh: the segment text (RFC 9293 §3.10.7.4). */
import { expect, test } from 'vitest';
import {
  ack,
  closeWait,
  closing,
  Counter,
  data,
  established,
  finWait2,
  lastAck,
  Option,
  Signal,
  State,
} from '../dsl/index.ts';

test('text in order reaches its user', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.expectSignal(Signal.READABLE);
  expect(host.read()).toBe('hello');
});

test('SHLD-31, MAY-13: a segment in the future is held, and the gap is asked for', () => {
  const { host, peer } = established();
  peer.send(data('world', { seq: 6, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1, sack: [[6, 11]] }));
  expect(host.read()).toBe('');
  host.expectNoSignal(Signal.READABLE);
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 11 }));
  expect(host.read()).toBe('helloworld');
});

test('SHLD-31: text that arrives backwards', () => {
  const { host, peer } = established();
  const length = 40;
  for (let seq = length; seq >= 1; seq--) peer.send(data(1, { seq, ack: 1 }));
  expect(host.read()).toBe(data(length, { seq: 1 }).text);
});

test('overlapping out-of-order segments: each octet once', () => {
  const { host, peer } = established();
  peer.send(
    data(10, { seq: 11, ack: 1 }),
    data(10, { seq: 16, ack: 1 }),
    data(10, { seq: 6, ack: 1 }),
  );
  // What they share is reported as well, and as one, for it touches.
  peer.expect(
    ack({
      ack: 1,
      sack: [
        [11, 21],
        [6, 26],
      ],
    }),
  );
  peer.send(data(12, { seq: 1, ack: 1 }));
  peer.expect(ack({ ack: 26, sack: [[6, 13]] }));
  expect(host.read()).toBe(data(25, { seq: 1 }).text);
});

test('RFC 5681 §4.2b: text that fills a gap in part is acknowledged at once', () => {
  const { peer } = established();
  peer.send(data(10, { seq: 21, ack: 1 }));
  peer.expect(ack({ ack: 1 }));
  peer.send(data(10, { seq: 1, ack: 1 }));
  peer.expect(ack({ ack: 11, sack: [[21, 31]] }));
});

test('a segment that covers several islands joins them', () => {
  const { host, peer } = established();
  peer.send(data(2, { seq: 5, ack: 1 }), data(2, { seq: 9, ack: 1 }), data(2, { seq: 13, ack: 1 }));
  peer.take();
  peer.send(data(20, { seq: 1, ack: 1 }));
  peer.expect(ack({ ack: 21 }));
  expect(host.read()).toBe(data(20, { seq: 1 }).text);
});

test('SegmentSmack: islands are bounded; what is refused can come again', () => {
  const { stack, host, peer } = established();
  for (let i = 0; i < 200; i++) peer.send(data(1, { seq: 3 + 2 * i, ack: 1 }));
  // A list of 64 takes one node more.
  expect(stack.used()[3]).toBe(65);
  expect(stack.counter(Counter.TcpExtTCPOFODrop)).toBe(136);
  peer.take();
  peer.send(data(402, { seq: 1, ack: 1 }));
  peer.expect(ack({ ack: 403 }));
  expect(host.read()).toBe(data(402, { seq: 1 }).text);
});

test('when no page is left text is dropped and asked for again; the connection lives', () => {
  const { host, peer } = established({ limits: { pages: 2 } });
  peer.send(
    data(1400, { seq: 1, ack: 1 }),
    data(1400, { seq: 1401, ack: 1 }),
    data(1400, { seq: 2801, ack: 1 }),
  );
  for (let seq = 4201; seq < 12_000; seq += 1400) peer.send(data(1400, { seq, ack: 1 }));
  peer.take();
  const text = host.read() as string;
  expect(text).toBe(data(text.length, { seq: 1 }).text);
  const next = 1 + text.length;
  peer.take();
  peer.send(data(1400, { seq: next, ack: 1 }));
  expect(host.read()).toBe(data(1400, { seq: next }).text);
});

test.each([
  ['CLOSE-WAIT', closeWait],
  ['CLOSING', closing],
  ['LAST-ACK', lastAck],
] as const)('%s: text behind the FIN is ignored', (_, state) => {
  const { host, peer } = state();
  const before = host.state();
  peer.send(data('ghost', { seq: 2, ack: 1 }));
  expect(host.look('receiveQueue')).toBe(0);
  host.expect(before);
});

test('FIN-WAIT-2 receives', () => {
  const { host, peer } = finWait2();
  peer.send(data('hello', { seq: 1, ack: 2 }));
  host.wait(40);
  peer.expect(ack({ seq: 2, ack: 6 }));
  expect(host.read()).toBe('hello');
});

test('text over IPv6', () => {
  const { host, peer } = established({ family: 6 });
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
});

test('MUST-5: options in a segment with text', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1, rawOptions: [1, 1, 1, 0] }));
  expect(host.read()).toBe('hello');
});

test('every octet of every value comes through', () => {
  const { host, peer } = established({ set: [[Option.DELAYED_ACK_MS, 0]] });
  const text = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
  peer.send(data(text, { seq: 1, ack: 1 }));
  const octets = host.stack.core.receive(host.handle, 1000);
  expect(Array.from(host.stack.core.textWindow.slice(0, octets))).toEqual(
    Array.from({ length: 256 }, (_, i) => i),
  );
  host.expect(State.ESTABLISHED);
});
