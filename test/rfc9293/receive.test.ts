/** RECEIVE (RFC 9293 §3.10.3). */
import { expect, test } from 'vitest';
import {
  ack,
  closed,
  closeWait,
  data,
  established,
  fin,
  finWait1,
  listening,
  Result,
  rst,
  Signal,
  State,
  synReceived,
  synSent,
  timeWait,
} from '../dsl/index.ts';

test('text is read in order and in the pieces asked for', () => {
  const { host, peer } = established();
  peer.send(data('hello world', { seq: 1, ack: 1 }));
  host.expectSignal(Signal.READABLE);
  expect([host.read(5), host.read(1), host.read()]).toEqual(['hello', ' ', 'world']);
  expect(host.read()).toBe('');
});

test('RECEIVE in CLOSED, LISTEN and SYN-SENT', () => {
  expect(closed().host.read()).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
  expect(listening().host.read()).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
  expect(synSent().host.read()).toBe('');
});

test('text is received in FIN-WAIT-1 and FIN-WAIT-2: half-close', () => {
  const { host, peer } = finWait1();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
  host.expect(State.FIN_WAIT_1);
  peer.send(data('world', { seq: 6, ack: 2 }));
  host.expect(State.FIN_WAIT_2);
  expect(host.read()).toBe('world');
});

test('in CLOSE-WAIT the rest can be read; then: connection closing', () => {
  const { host, peer } = established();
  peer.send(fin({ seq: 1, ack: 1, text: 'hello' }));
  host.expect(State.CLOSE_WAIT);
  expect(host.read()).toBe('hello');
  expect(host.read()).toBe(-Result.CONNECTION_CLOSING);
});

test('unread text can still be read in TIME-WAIT and after it', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.close();
  peer.send(fin({ seq: 6, ack: 2 }));
  host.expect(State.TIME_WAIT);
  expect(host.read(2)).toBe('he');
  host.wait(60_000);
  host.expect(State.CLOSED);
  expect(host.read()).toBe('llo');
  expect(host.read()).toBe(-Result.CONNECTION_CLOSING);
});

test('unread text can be read after LAST-ACK has ended', () => {
  const { host, peer } = established();
  peer.send(fin({ seq: 1, ack: 1, text: 'hello' }));
  host.close();
  peer.send(ack({ seq: 7, ack: 2 }));
  host.expect(State.CLOSED);
  expect(host.read()).toBe('hello');
  expect(host.read()).toBe(-Result.CONNECTION_CLOSING);
});

test('MUST-12: text that a RST found unread can be read, then it says so; a FIN does not', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.send(rst({ seq: 6 }));
  expect(host.read(2)).toBe('he');
  expect(host.read()).toBe('llo');
  expect(host.read()).toBe(-Result.CONNECTION_RESET);
  host.expectSignal(Signal.CLOSED, Result.CONNECTION_RESET);
  host.expectNoSignal(Signal.CONNECTION_CLOSING);
  expect(closeWait().host.read()).toBe(-Result.CONNECTION_CLOSING);
});

test('a RST behind the FIN: the rest is read, and its end; the signal says how it ended', () => {
  const { host, peer } = established();
  peer.send(fin({ seq: 1, ack: 1, text: 'hello' }));
  peer.send(rst({ seq: 7 }));
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.CONNECTION_RESET);
  expect(host.read()).toBe('hello');
  expect(host.read()).toBe(-Result.CONNECTION_CLOSING);
});

test('ABORT takes unread text away', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.abort();
  expect(host.read()).toBe(-Result.CONNECTION_ABORTED);
});

test('RECEIVE in TIME-WAIT without text: connection closing', () => {
  expect(timeWait().host.read()).toBe(-Result.CONNECTION_CLOSING);
});

test('text that came with the SYN is held until ESTABLISHED, then read (RFC 9293 §3.4)', () => {
  const { stack, listener } = synReceived();
  expect(listener.accept()).toBeNull();
  const held = listening();
  held.peer.send({ ctl: 2, seq: 0, text: 'early', mss: 1460 });
  expect(held.peer.take()).toHaveLength(1);
  held.peer.send(ack({ seq: 6, ack: 1 }));
  const host = held.listener.accept() ?? stack.fail('nothing to accept');
  expect(host.read()).toBe('early');
  expect(host.look('receiveQueue')).toBe(0);
});

test('text that came with the SYN and comes again is read once', () => {
  const { listener, peer } = listening();
  peer.send({ ctl: 2, seq: 0, text: 'early' });
  peer.take();
  peer.send(data('early bird', { seq: 1, ack: 1 }));
  expect(listener.accept()?.read()).toBe('early bird');
});

test('reading tells of nothing twice: READABLE comes anew with new text only', () => {
  const { host, peer } = established();
  peer.send(data('a', { seq: 1, ack: 1 }));
  host.expectSignal(Signal.READABLE);
  host.read();
  host.wait(1000);
  host.expectNoSignal(Signal.READABLE);
  peer.send(data('b', { seq: 2, ack: 1 }));
  host.expectSignal(Signal.READABLE);
});
