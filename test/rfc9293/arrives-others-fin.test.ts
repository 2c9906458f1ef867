/** SEGMENT ARRIVES, other states, eighth: the FIN bit (RFC 9293 §3.10.7.4). */
import { expect, test } from 'vitest';
import {
  ack,
  closeWait,
  closing,
  data,
  established,
  fin,
  finWait1,
  finWait2,
  lastAck,
  Result,
  Signal,
  State,
} from '../dsl/index.ts';

test('a FIN in ESTABLISHED is acknowledged and half-closes', () => {
  const { host, peer } = established();
  peer.send(fin({ seq: 1, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 2 }));
  host.expect(State.CLOSE_WAIT);
  host.expectSignal(Signal.CONNECTION_CLOSING);
});

test('a FIN behind text', () => {
  const { host, peer } = established();
  peer.send(fin({ seq: 1, ack: 1, text: 'hello' }));
  peer.expect(ack({ seq: 1, ack: 7 }));
  host.expect(State.CLOSE_WAIT);
  expect(host.read()).toBe('hello');
});

test('an out-of-order FIN waits for the text before it', () => {
  const { host, peer } = established();
  peer.send(fin({ seq: 6, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  host.expect(State.ESTABLISHED);
  host.expectNoSignal(Signal.CONNECTION_CLOSING);
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 7 }));
  host.expect(State.CLOSE_WAIT);
});

test('an out-of-order FIN with out-of-order text', () => {
  const { host, peer } = established();
  peer.send(fin({ seq: 6, ack: 1, text: 'world' }));
  peer.expect(ack({ ack: 1 }));
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 12 }));
  expect(host.read()).toBe('helloworld');
  expect(host.read()).toBe(-Result.CONNECTION_CLOSING);
});

test('a FIN whose text was cut at the edge of the window has to come again', () => {
  const { host, peer } = established({ receiveBuffer: 1000 });
  peer.send(fin({ seq: 1, ack: 1, text: data(1200, { seq: 1 }).text ?? '' }));
  host.wait(40);
  peer.expect(ack({ ack: 1001, win: 0 }));
  host.expect(State.ESTABLISHED);
  host.read();
  peer.expect(ack({ ack: 1001, win: 1000 }));
  peer.send(fin({ seq: 1001, ack: 1, text: data(200, { seq: 1001 }).text ?? '' }));
  peer.expect(ack({ ack: 1202 }));
  host.expect(State.CLOSE_WAIT);
  expect(host.read()).toBe(data(200, { seq: 1001 }).text);
});

test('FIN-WAIT-1: a FIN that does not acknowledge ours: CLOSING', () => {
  const { host, peer } = finWait1();
  peer.send(fin({ seq: 1, ack: 1 }));
  peer.expect(ack({ seq: 2, ack: 2 }));
  host.expect(State.CLOSING);
});

test('FIN-WAIT-1: a FIN that acknowledges ours: TIME-WAIT', () => {
  const { host, peer } = finWait1();
  peer.send(fin({ seq: 1, ack: 2 }));
  peer.expect(ack({ seq: 2, ack: 2 }));
  host.expect(State.TIME_WAIT);
});

test('FIN-WAIT-2: TIME-WAIT', () => {
  const { host, peer } = finWait2();
  peer.send(fin({ seq: 1, ack: 2, text: 'bye' }));
  peer.expect(ack({ seq: 2, ack: 5 }));
  host.expect(State.TIME_WAIT);
  expect(host.read()).toBe('bye');
});

test.each([
  ['CLOSE-WAIT', closeWait, 1],
  ['CLOSING', closing, 2],
  ['LAST-ACK', lastAck, 2],
] as const)('%s: the FIN again is acknowledged, nothing else', (_, state, seq) => {
  const { host, peer } = state();
  const before = host.state();
  peer.send(fin({ seq: 1, ack: 1 }));
  peer.expect(ack({ seq, ack: 2 }));
  host.expect(before);
});

test("FIN-WAIT-2 told of a closed window: the FIN's number is acknowledged all the same", () => {
  const { host, peer } = finWait2({ receiveBuffer: 1000 });
  peer.send(data(1000, { seq: 1, ack: 2 }));
  host.wait(40);
  peer.expect(ack({ ack: 1001, win: 0 }));
  peer.send(fin({ seq: 1001, ack: 2 }));
  expect(peer.take()).toHaveLength(1);
  host.read();
  peer.take();
  peer.send(fin({ seq: 1001, ack: 2 }));
  peer.expect(ack({ seq: 2, ack: 1002 }));
  host.expect(State.TIME_WAIT);
});
