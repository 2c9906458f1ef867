/** Timeouts (RFC 9293 §3.10.8, §3.8.3): user timeout, retransmission timeout, R1 and R2. */
import { expect, test } from 'vitest';
import { mapped, octetsOf } from '../dsl/stack.ts';
import {
  ack,
  Counter,
  data,
  established,
  fin,
  lastAck,
  Option,
  Result,
  RST,
  rst,
  Signal,
  State,
  syn,
  synAck,
  synSent,
} from '../dsl/index.ts';

test('MUST-22, MUST-23: a silent host: SYN after 1, 2, 4 … seconds, for three minutes', () => {
  const { host, peer } = synSent();
  host.wait(179_999);
  expect(peer.take().map((segment) => [segment.at, segment.seq, segment.ctl])).toEqual(
    [1000, 3000, 7000, 15_000, 31_000, 63_000, 123_000].map((at) => [at, 0, 2]),
  );
  host.expect(State.SYN_SENT);
  host.wait(1);
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.ABORTED_DUE_TO_USER_TIMEOUT);
  peer.expectNothing();
});

test('MUST-21: USER_TIMEOUT_MS says how long a SYN is tried', () => {
  const { host, peer } = synSent({ set: [[Option.USER_TIMEOUT_MS, 5000]] });
  host.wait(4999);
  host.expect(State.SYN_SENT);
  host.wait(1);
  host.expect(State.CLOSED);
  expect(peer.take().map((segment) => segment.at)).toEqual([1000, 3000]);
});

test('a crossed SYN,ACK is given up after three minutes, with a RST', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  host.wait(200_000);
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.ABORTED_DUE_TO_USER_TIMEOUT);
  expect((peer.take().at(-1)?.ctl ?? 0) & RST).toBe(RST);
});

test('MUST-20, SHLD-11: text without acknowledgment: R2 after five minutes, then a RST', () => {
  const { host, peer } = established();
  host.write('hello');
  peer.expect(data('hello', { seq: 1 }));
  host.wait(299_999);
  host.expect(State.ESTABLISHED);
  const again = peer.take();
  expect(again.slice(0, 6).map((segment) => segment.at)).toEqual([
    1000, 3000, 7000, 15_000, 31_000, 63_000,
  ]);
  expect(again.slice(6).map((segment) => segment.at)).toEqual([123_000, 183_000, 243_000]);
  host.wait(1);
  peer.expect(rst({ seq: 6 }));
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.ABORTED_DUE_TO_USER_TIMEOUT);
  expect(host.write('x')).toBe(-Result.ABORTED_DUE_TO_USER_TIMEOUT);
});

test('MUST-21, RFC 5482 §3.1: the user sets R2 for a connection, also while it is open', () => {
  const { host, peer } = established();
  host.setOption(Option.USER_TIMEOUT_MS, 10_000);
  host.write('hello');
  host.wait(9999);
  host.expect(State.ESTABLISHED);
  host.wait(1);
  host.expect(State.CLOSED);
  expect(peer.take().at(-1)?.ctl).toBe(RST | 16);
});

test('the user timeout counts from the last acknowledgment of new text', () => {
  const { host, peer } = established({ set: [[Option.USER_TIMEOUT_MS, 10_000]] });
  host.write('hello');
  host.wait(9000);
  peer.send(ack({ seq: 1, ack: 3 }));
  host.wait(9000);
  host.expect(State.ESTABLISHED);
  host.wait(1000);
  host.expect(State.CLOSED);
});

test('the user timeout does not run while nothing is outstanding', () => {
  const { host } = established({ set: [[Option.USER_TIMEOUT_MS, 10_000]] });
  host.wait(3_600_000);
  host.expect(State.ESTABLISHED);
  host.write('hello');
  host.wait(9999);
  host.expect(State.ESTABLISHED);
});

test('MUST-47, SHLD-9, SHLD-10: at R1, three retransmissions, the user is told', () => {
  const { host, peer } = established({ sack: false });
  host.write('hello');
  host.wait(6999);
  host.expectNoSignal(Signal.SOFT_ERROR);
  host.wait(1);
  host.expectSignal(Signal.SOFT_ERROR);
  peer.take();
  peer.send(ack({ seq: 1, ack: 6 }));
  host.expect(State.ESTABLISHED);
});

test('MUST-20: at R1 IP is advised against its route, once', () => {
  const { stack, host, peer } = established({ sack: false });
  host.write('hello');
  host.wait(6999);
  expect(stack.advice()).toMatchObject({ count: 0 });
  host.wait(1);
  expect(stack.advice()).toEqual({ to: mapped(octetsOf('10.0.0.2')), count: 1 });
  host.wait(100_000);
  expect(stack.advice()).toMatchObject({ count: 1 });
  expect(stack.counter(Counter.IpExtNegativeAdvice)).toBe(1);
  peer.take();
});

test('MUST-20: a SYN without an answer advises too', () => {
  const { stack, host } = synSent();
  host.wait(7000);
  expect(stack.advice()).toMatchObject({ count: 1 });
});

test.each([50, 700, 3300])(
  'MUST-21: a user timeout of %i ms ends it then, not at a later RTO',
  (ms) => {
    const { host } = established({ set: [[Option.USER_TIMEOUT_MS, ms]] });
    host.write('hello');
    host.wait(ms - 1);
    host.expect(State.ESTABLISHED);
    host.wait(1);
    host.expect(State.CLOSED);
  },
);

test('MUST-21: a user timeout set while text is outstanding counts from its sending', () => {
  const { host } = established();
  host.write('hello');
  host.wait(100);
  host.setOption(Option.USER_TIMEOUT_MS, 300);
  host.wait(199);
  host.expect(State.ESTABLISHED);
  host.wait(1);
  host.expect(State.CLOSED);
});

test('the FIN of LAST-ACK is given up after R2', () => {
  const { host } = lastAck();
  host.wait(300_000);
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.ABORTED_DUE_TO_USER_TIMEOUT);
});

test('FIN-WAIT-1: a FIN sent again travels with the text before it', () => {
  const { host, peer } = established({ sack: false });
  host.write('hello');
  host.close();
  peer.take();
  host.wait(1000);
  peer.expect(fin({ seq: 1, text: 'hello' }));
});

test('a deadline is never answered twice: idle connections have none', () => {
  const { stack, host, peer } = established();
  host.write('hello');
  peer.send(ack({ seq: 1, ack: 6 }));
  expect(stack.deadline()).toBe(Number.POSITIVE_INFINITY);
});

test('a SYN,ACK that comes after two and a half minutes still opens', () => {
  const { host, peer } = synSent();
  host.wait(150_000);
  peer.take();
  peer.send(synAck({ seq: 0, ack: 1 }));
  host.expect(State.ESTABLISHED);
});

/** A clock that jumped past R2: the machine slept, or its program stood still. */
const LONG = 1_000_000;

test.each([
  ['before the end', 100, LONG],
  ['when the last retransmission had just been sent', 243_100, LONG],
])('a clock that jumps past R2, %s, gets one retransmission first', (_, wait, jump) => {
  const { stack, host, peer } = established();
  host.write('hello');
  host.wait(wait);
  peer.take();
  stack.jump(jump);
  peer.expect(data('hello', { seq: 1 }));
  host.wait(stack.deadline() - stack.now - 1);
  host.expect(State.ESTABLISHED);
  host.wait(1);
  peer.expect(rst({ seq: 6 }));
  host.expectSignal(Signal.CLOSED, Result.ABORTED_DUE_TO_USER_TIMEOUT);
});

test('a clock that jumps past R2 while the peer lives ends nothing', () => {
  const { stack, host, peer } = established();
  host.write('hello');
  peer.take();
  stack.jump(LONG);
  peer.expect(data('hello', { seq: 1 }));
  peer.send(ack({ seq: 1, ack: 6 }));
  host.wait(LONG);
  host.expect(State.ESTABLISHED);
});

test('a clock that jumps past the user timeout gets one retransmission first', () => {
  const { stack, host, peer } = established({ set: [[Option.USER_TIMEOUT_MS, 1000]] });
  host.write('hello');
  peer.take();
  stack.jump(1500);
  peer.expect(data('hello', { seq: 1 }));
  host.wait(1999);
  host.expect(State.ESTABLISHED);
  host.wait(1);
  host.expect(State.CLOSED);
  peer.take();
});

test('MUST-23: a SYN is sent once more by a clock that jumps past its three minutes', () => {
  const { stack, host, peer } = synSent();
  stack.jump(LONG);
  peer.expect(syn({ seq: 0 }));
  peer.send(synAck({ seq: 0, ack: 1 }));
  host.expect(State.ESTABLISHED);
});

test('a closed window is probed once more by a clock that jumps past the user timeout', () => {
  const { stack, host, peer } = established({ set: [[Option.USER_TIMEOUT_MS, 30_000]] });
  peer.send(ack({ seq: 1, ack: 1, win: 0 }));
  host.write('hello');
  stack.jump(LONG);
  peer.expect(data('h', { seq: 1 }));
  host.wait(stack.deadline() - stack.now - 1);
  host.expect(State.ESTABLISHED);
  host.wait(1);
  host.expect(State.CLOSED);
  peer.take();
});

test('a clock that jumps at every timer, as in a hidden tab, puts R2 off once', () => {
  const { stack, host, peer } = established();
  host.write('hello');
  for (let jumps = 0; jumps < 7; jumps++) stack.jump(59_000);
  host.expect(State.ESTABLISHED);
  stack.jump(59_000);
  host.expect(State.CLOSED);
  peer.take();
});

test('a user timeout that has passed already when it is set ends the connection', () => {
  const { host, peer } = established();
  host.write('hello');
  host.wait(5000);
  host.setOption(Option.USER_TIMEOUT_MS, 1000);
  host.wait(0);
  host.expect(State.CLOSED);
  peer.take();
});
