/** STATUS (RFC 9293 §3.10.6). */
import { expect, test } from 'vitest';
import {
  ack,
  data,
  established,
  fin,
  finWait2,
  Option,
  Result,
  rst,
  State,
  synReceived,
  synSent,
  Timer,
  timeWait,
} from '../dsl/index.ts';

test('STATUS tells sockets, state and sequence variables', () => {
  const { host } = established();
  expect(host.status()).toMatchObject({
    localPort: 80,
    remotePort: 40_000,
    state: State.ESTABLISHED,
    sndWnd: 65_535,
    rcvWnd: 65_535,
    smss: 1460,
    irs: 0xffff_fff8,
    rcvNxt: 0xffff_fff9,
    receiveQueue: 0,
    sendQueue: 0,
    timer: 0,
    handle: host.handle,
  });
});

test('STATUS tells what waits in both directions', () => {
  const { host, peer } = established({ mss: 1000, window: 1000 });
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.write(1500);
  expect(host.status()).toMatchObject({
    receiveQueue: 5,
    sendQueue: 1500,
    flightSize: 1000,
    bytesReceived: 5,
  });
  peer.send(ack({ seq: 6, ack: 1001 }));
  expect(host.status()).toMatchObject({ sendQueue: 500, flightSize: 500, bytesAcked: 1001 });
});

test('STATUS tells the timer that runs', () => {
  const { host } = established({ sack: false });
  host.write('x');
  expect(host.status()).toMatchObject({ timer: Timer.RETRANSMIT + 1, timerMs: 1000 });
  host.wait(400);
  expect(host.look('timerMs')).toBe(600);
  host.wait(600);
  expect(host.status()).toMatchObject({
    retransmits: 1,
    rto: 2_000_000,
    timerMs: 2000,
    retransTotal: 1,
  });
});

test('STATUS of every connection: listener, entry, connection, TIME-WAIT', () => {
  const { stack } = timeWait();
  expect(stack.records().map((record) => record.state)).toEqual([State.LISTEN, State.TIME_WAIT]);
  const entry = synReceived();
  expect(entry.stack.records().map((record) => record.state)).toEqual([
    State.LISTEN,
    State.SYN_RECEIVED,
  ]);
});

test('STATUS of a TIME-WAIT tells how long it lasts', () => {
  const { stack, peer } = timeWait();
  stack.wait(10_000);
  const record = stack.records().find((r) => r.remotePort === peer.flow.sourcePort);
  expect(record).toMatchObject({ state: State.TIME_WAIT, timer: 16, timerMs: 50_000, handle: 0 });
});

test('STATUS in CLOSED tells how the connection ended', () => {
  const { host, peer } = established();
  peer.send(rst({ seq: 1 }));
  expect(host.status()).toMatchObject({ state: State.CLOSED, result: Result.CONNECTION_RESET });
  const normal = finWait2();
  normal.peer.send(fin({ seq: 1, ack: 2 }));
  normal.host.wait(60_000);
  expect(normal.host.status()).toMatchObject({ state: State.CLOSED, result: Result.OK });
});

test('STATUS tells which options are in force', () => {
  const plain = established();
  expect(plain.host.look('flags')).toBe(2);
  const all = established({ timestamps: true, wscale: 7, set: [[Option.NAGLE, 0]] });
  expect(all.host.look('flags')).toBe(15);
  expect(all.host.look('sndShift')).toBe(7);
});

test('STATUS of a stale handle is an error', () => {
  const { stack, host } = synSent();
  host.release();
  expect(stack.core.status(host.handle)).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
  expect(stack.core.status(0)).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
  expect(stack.core.status(0x7fff_ffff)).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
});

test('a deadline of nothing is Infinity, as the door says', () => {
  const { stack } = established();
  expect(stack.core.deadlineMs()).toBe(Number.POSITIVE_INFINITY);
});
