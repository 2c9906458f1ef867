/** SEGMENT ARRIVES, other states, sixth: the URG bit (RFC 9293 §3.10.7.4, §3.8.5, RFC 6093). */
import { expect, test } from 'vitest';
import {
  ack,
  closeWait,
  data,
  established,
  listening,
  Signal,
  State,
  syn,
  synAck,
  URG,
} from '../dsl/index.ts';

const urgent = (text: string, up: number, seq = 1) => data(text, { seq, ack: 1, ctl: URG, up });

test.each([0x1000, 0x7fff_fff0, 0x9000_0000, 0xffff_fff8])(
  'MUST-30, MUST-32: an urgent pointer is told to the user, whatever the ISN (%i)',
  (isn) => {
    const { host, peer } = established({ isn });
    peer.send(urgent('hello', 3));
    host.expectSignal(Signal.URGENT);
    expect(host.read()).toBe('hello');
  },
);

test('MUST-31: urgent text may be longer than its segment', () => {
  const { host, peer } = established();
  peer.send(urgent('hello', 60_000));
  host.expectSignal(Signal.URGENT);
  expect(host.read()).toBe('hello');
});

test('MUST-32: an urgent pointer that advances is told again', () => {
  const { host, peer } = established();
  peer.send(urgent('hello', 3));
  host.expectSignal(Signal.URGENT);
  peer.send(urgent('world', 5, 6));
  host.expectSignal(Signal.URGENT);
});

test('an urgent pointer that does not advance is not told again', () => {
  const { host, peer } = established();
  peer.send(urgent('hello', 10));
  host.expectSignal(Signal.URGENT);
  peer.send(urgent('world', 5, 6));
  host.expectNoSignal(Signal.URGENT);
});

test('MUST-66: the URG bit of a segment is processed even with a closed window', () => {
  const { host, peer } = established({ receiveBuffer: 1000 });
  peer.send(data(1000, { seq: 1, ack: 1 }));
  host.wait(40);
  peer.expect(ack({ ack: 1001, win: 0 }));
  peer.send(urgent('x', 1, 1001));
  peer.expect(ack({ seq: 1, ack: 1001, win: 0 }));
  host.expectSignal(Signal.URGENT);
});

test('an urgent pointer of 0 points at text before the segment and says nothing new', () => {
  const { host, peer } = established();
  peer.send(urgent('hello', 0));
  host.expectNoSignal(Signal.URGENT);
  expect(host.read()).toBe('hello');
});

test('an urgent pointer without the URG bit means nothing', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1, up: 5 }));
  host.expectNoSignal(Signal.URGENT);
});

test("URG behind the peer's FIN is ignored", () => {
  const { host, peer } = closeWait();
  peer.send(ack({ seq: 2, ack: 1, ctl: URG, up: 9 }));
  host.expectNoSignal(Signal.URGENT);
  host.expect(State.CLOSE_WAIT);
});

test("URG with a listener's SYN is told to whoever accepts the connection", () => {
  const { host: listener, peer } = listening();
  peer.send(syn({ seq: 0, text: 'hello', ctl: URG, up: 4 }));
  peer.expect(synAck({ seq: 0, ack: 6 }));
  peer.send(ack({ seq: 6, ack: 1 }));
  const host = listener.accept() ?? listener.stack.fail('nothing to accept');
  host.stack.pump();
  host.expectSignal(Signal.URGENT);
  // It counts from the SYN, which takes the first number.
  expect(host.look('urgentLeft')).toBe(3);
  expect(host.read()).toBe('hello');
});

test('text that came with a SYN is not urgent for that', () => {
  const { host: listener, peer } = listening();
  peer.send(syn({ seq: 0, text: 'hello' }));
  peer.take();
  peer.send(ack({ seq: 6, ack: 1 }));
  const host = listener.accept() ?? listener.stack.fail('nothing to accept');
  host.expectNoSignal(Signal.URGENT);
  expect(host.look('urgentLeft')).toBe(0);
  expect(host.read()).toBe('hello');
});
