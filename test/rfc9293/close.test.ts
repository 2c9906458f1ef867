/** CLOSE (RFC 9293 §3.10.4, §3.6), and the user's letting go of the handle. */
import { expect, test } from 'vitest';
import {
  ack,
  closed,
  closing,
  data,
  established,
  FIN,
  fin,
  finWait1,
  finWait2,
  lastAck,
  listening,
  Option,
  Result,
  rst,
  Signal,
  State,
  syn,
  synAck,
  SYN,
  synSent,
  timeWait,
} from '../dsl/index.ts';

test('CLOSE in CLOSED', () => {
  expect(closed().host.close()).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
});

test('CLOSE in LISTEN: the listener is gone, its port refuses', () => {
  const { host, peer } = listening();
  expect(host.close()).toBe(0);
  host.expect(State.CLOSED);
  peer.send(syn({ seq: 0 }));
  peer.expect(rst({ seq: 0, ack: 1 }));
});

test('CLOSE in SYN-SENT: the open is given up, nothing is sent', () => {
  const { host, peer } = synSent();
  host.write('never');
  expect(host.close()).toBe(0);
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED);
  peer.expectNothing();
});

test('CLOSE in SYN-RECEIVED without text: FIN, FIN-WAIT-1 (§3.10.4)', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  expect(host.close()).toBe(0);
  host.expect(State.FIN_WAIT_1);
  peer.expect(fin({ seq: 1, ack: 1 }));
});

test('CLOSE in SYN-RECEIVED: a lost SYN is still sent again, and so is the FIN', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  host.close();
  peer.take();
  host.wait(1000);
  expect(peer.take()[0]).toMatchObject({ seq: 0, ctl: SYN | 16 });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.wait(10_000);
  expect(peer.take().some((segment) => segment.seq === 1 && (segment.ctl & FIN) !== 0)).toBe(true);
  peer.send(ack({ seq: 1, ack: 2 }));
  host.expect(State.FIN_WAIT_2);
});

test("CLOSE in SYN-RECEIVED: the peer's ACK of SYN and FIN together leads to FIN-WAIT-2", () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  host.close();
  peer.take();
  peer.send(ack({ seq: 1, ack: 2 }));
  host.expect(State.FIN_WAIT_2);
});

test('CLOSE in SYN-RECEIVED with text: both wait for ESTABLISHED', () => {
  const { host, peer } = synSent();
  host.write('hello');
  peer.send(syn({ seq: 0 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  expect(host.close()).toBe(0);
  expect(host.write('x')).toBe(-Result.CONNECTION_CLOSING);
  peer.expectNothing();
  peer.send(ack({ seq: 1, ack: 1 }));
  peer.expect(fin({ seq: 1, ack: 1, text: 'hello' }));
  host.expect(State.FIN_WAIT_1);
});

test('CLOSE in ESTABLISHED: FIN, FIN-WAIT-1', () => {
  finWait1().host.expect(State.FIN_WAIT_1);
});

test('the FIN stands behind every octet that was accepted', () => {
  const { host, peer } = established({ mss: 1000, set: [[Option.CORK, 1]] });
  host.write(1500);
  host.close();
  peer.expect(
    data(1000, { seq: 1 }),
    fin({ seq: 1001, text: data(500, { seq: 1001 }).text ?? '' }),
  );
});

test('the FIN waits behind text the window does not admit', () => {
  const { host, peer } = established({ window: 1000, mss: 1000 });
  host.write(1500);
  host.close();
  peer.expect(data(1000, { seq: 1 }));
  host.expect(State.FIN_WAIT_1);
  peer.send(ack({ seq: 1, ack: 1001 }));
  peer.expect(fin({ seq: 1001, text: data(500, { seq: 1001 }).text ?? '' }));
});

test('CLOSE in CLOSE-WAIT: FIN, LAST-ACK', () => {
  lastAck().host.expect(State.LAST_ACK);
});

test.each([
  ['FIN-WAIT-1', finWait1],
  ['FIN-WAIT-2', finWait2],
  ['CLOSING', closing],
  ['LAST-ACK', lastAck],
  ['TIME-WAIT', timeWait],
])('CLOSE in %s: connection closing', (_, state) => {
  const { host, peer } = state();
  expect(host.close()).toBe(-Result.CONNECTION_CLOSING);
  peer.expectNothing();
});

test('a normal end tells: FIN acknowledged, the peer closing, CLOSED with OK', () => {
  const { host } = timeWait();
  host.expectSignal(Signal.FIN_ACKNOWLEDGED);
  host.expectSignal(Signal.CONNECTION_CLOSING);
  host.expectSignal(Signal.CLOSED, Result.OK);
});

test('LAST-ACK ends with CLOSED and OK', () => {
  const { host, peer } = lastAck();
  peer.send(ack({ seq: 2, ack: 2 }));
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.OK);
});

test('simultaneous close: CLOSING, then TIME-WAIT', () => {
  const { host, peer } = closing();
  peer.send(ack({ seq: 2, ack: 2 }));
  host.expect(State.TIME_WAIT);
  host.expectSignal(Signal.CLOSED, Result.OK);
});

test('FIN and the ACK of ours in one segment: TIME-WAIT at once', () => {
  const { host, peer } = finWait1();
  peer.send(fin({ seq: 1, ack: 2 }));
  peer.expect(ack({ seq: 2, ack: 2 }));
  host.expect(State.TIME_WAIT);
});

test('the FIN is sent again until it is acknowledged', () => {
  const { host, peer } = finWait1();
  host.wait(1000);
  peer.expect(fin({ seq: 1, ack: 1 }));
  host.wait(2000);
  peer.expect(fin({ seq: 1, ack: 1 }));
  peer.send(ack({ seq: 1, ack: 2 }));
  host.wait(100_000);
  peer.expectNothing();
  host.expect(State.FIN_WAIT_2);
});

test('CLOSE right after OPEN has completed, text queued before: text and FIN', () => {
  const { host, peer } = synSent();
  host.write('hello');
  peer.send(synAck({ seq: 0, ack: 1 }));
  host.close();
  expect(peer.take().map((segment) => [segment.text, segment.ctl & FIN])).toEqual([
    ['hello', 0],
    ['', FIN],
  ]);
});

// Letting go ---------------------------------------------------------------------

test('release closes: the connection ends in its own time', () => {
  const { stack, host, peer } = established();
  host.write('hello');
  host.release();
  expect(peer.take().map((s) => s.ctl & FIN)).toEqual([0, FIN]);
  peer.send(fin({ seq: 1, ack: 7 }));
  peer.expect(ack({ seq: 7, ack: 2 }));
  expect(stack.used().slice(0, 3)).toEqual([1, 0, 1]);
});

test('SHLD-3: release with unread text: RST', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.release();
  peer.expect(rst({ seq: 1 }));
});

test('release after everything was read: FIN, not RST', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.read();
  host.release();
  peer.expect(fin({ seq: 1, ack: 6 }));
});

test('SHLD-3, MAY-1, RFC 1122 §4.2.2.13d: text after release: RST', () => {
  const { host, peer, stack } = established();
  host.release();
  peer.expect(fin({ seq: 1, ack: 1 }));
  peer.send(data('too late', { seq: 1, ack: 2 }));
  peer.expect(rst({ seq: 2 }));
  expect(stack.used()[0]).toBe(1);
});

test('text after CLOSE without release is received: half-close', () => {
  const { host, peer } = finWait2();
  peer.send(data('in time', { seq: 1, ack: 2 }));
  expect(host.read()).toBe('in time');
});

test('a released connection waits in FIN-WAIT-2 for 60 seconds and no longer', () => {
  const { stack, host, peer } = finWait2();
  host.release();
  stack.wait(59_999);
  expect(stack.used()[0]).toBe(2);
  stack.wait(1);
  expect(stack.used()[0]).toBe(1);
  peer.expectNothing();
});

test('released in FIN-WAIT-1: FIN_WAIT_2_MS counts from the ACK of the FIN', () => {
  const { stack, host, peer } = finWait1({ set: [[Option.FIN_WAIT_2_MS, 5000]] });
  host.release();
  stack.wait(500);
  peer.send(ack({ seq: 1, ack: 2 }));
  stack.wait(4999);
  expect(stack.used()[0]).toBe(2);
  stack.wait(1);
  expect(stack.used()[0]).toBe(1);
});

test('a connection its user keeps may stay in FIN-WAIT-2 for days', () => {
  const { host, peer } = finWait2();
  host.wait(3 * 86_400_000);
  host.expect(State.FIN_WAIT_2);
  peer.send(data('still here', { seq: 1, ack: 2 }));
  expect(host.read()).toBe('still here');
});

test('a released connection whose peer is silent is given up with a RST', () => {
  const { stack, host, peer } = established();
  host.release();
  stack.wait(300_000);
  expect(peer.take().at(-1)?.ctl).toBe(rst({ seq: 0, ack: 0 }).ctl);
  expect(stack.used()[0]).toBe(1);
});

test('release in SYN-SENT sends nothing more', () => {
  const { stack, host, peer } = synSent();
  host.release();
  stack.wait(10_000);
  peer.expectNothing();
  peer.send({ ctl: SYN | 16, seq: 0, ack: 1 });
  peer.expect(rst({ seq: 1, ack: null }));
});
