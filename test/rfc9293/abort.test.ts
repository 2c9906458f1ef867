/** ABORT (RFC 9293 §3.10.5). */
import { expect, test } from 'vitest';
import {
  ack,
  closed,
  closeWait,
  closing,
  data,
  established,
  fin,
  finWait1,
  finWait2,
  lastAck,
  listening,
  Result,
  rst,
  Signal,
  State,
  syn,
  synAck,
  synSent,
  timeWait,
} from '../dsl/index.ts';

test('ABORT in CLOSED', () => {
  expect(closed().host.abort()).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
});

test('ABORT in LISTEN and SYN-SENT sends nothing', () => {
  for (const state of [listening, synSent]) {
    const { host, peer } = state();
    expect(host.abort()).toBe(0);
    peer.expectNothing();
    host.expect(State.CLOSED);
    host.expectSignal(Signal.CLOSED, Result.CONNECTION_ABORTED);
  }
});

test.each([
  ['ESTABLISHED', established, 1],
  ['FIN-WAIT-1', finWait1, 2],
  ['FIN-WAIT-2', finWait2, 2],
  ['CLOSE-WAIT', closeWait, 1],
] as const)('ABORT in %s: a RST at SND.NXT', (_, state, seq) => {
  const { host, peer } = state();
  expect(host.abort()).toBe(0);
  peer.expect(rst({ seq }));
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.CONNECTION_ABORTED);
});

test('ABORT in SYN-RECEIVED: a RST', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  peer.expect(synAck());
  host.abort();
  peer.expect(rst({ seq: 1 }));
});

test.each([
  ['CLOSING', closing],
  ['LAST-ACK', lastAck],
] as const)('ABORT in %s: nothing is sent where all our text is acknowledged', (_, state) => {
  const { host, peer } = state();
  expect(host.abort()).toBe(0);
  peer.expectNothing();
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.CONNECTION_ABORTED);
});

test.each([
  ['CLOSING', finWait1],
  ['LAST-ACK', closeWait],
] as const)('ABORT in %s tells the peer of text that is lost by it', (_, state) => {
  for (const written of [1000, 65_536, 500_000]) {
    const { host, peer } = established();
    for (let left = written; left > 0; left -= 65_536) host.write(Math.min(left, 65_536));
    if (state === finWait1) host.close();
    peer.send(fin({ seq: 1, ack: 1 }));
    if (state === closeWait) host.close();
    peer.take();
    const sent = host.look('sndNxt') - host.look('iss');
    expect(host.abort()).toBe(0);
    peer.expect(rst({ seq: sent >>> 0, ack: 2 }));
    host.expectSignal(Signal.CLOSED, Result.CONNECTION_ABORTED);
  }
});

test('ABORT in TIME-WAIT: OK, and the wait goes on (RFC 1337)', () => {
  const { host, peer } = timeWait();
  expect(host.abort()).toBe(0);
  peer.expectNothing();
  host.expect(State.TIME_WAIT);
  host.wait(60_000);
  host.expect(State.CLOSED);
});

test('ABORT forgets what is queued; its RST stands behind what was sent', () => {
  const { host, peer, stack } = established({ mss: 1000, window: 2000 });
  host.write(10_000);
  peer.expect(data(1000, { seq: 1 }), data(1000, { seq: 1001 }));
  host.abort();
  peer.expect(rst({ seq: 2001 }));
  expect(stack.used()[5]).toBe(0);
  expect(host.write('x')).toBe(-Result.CONNECTION_ABORTED);
  expect(host.read()).toBe(-Result.CONNECTION_ABORTED);
});

test('after ABORT a segment of the old connection is answered by a RST', () => {
  const { host, peer } = established();
  host.abort();
  peer.take();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.expect(rst({ seq: 1, ack: null }));
});

test('ABORT twice: connection does not exist', () => {
  const { host, peer } = established();
  host.abort();
  expect(host.abort()).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
  peer.expect(rst());
  peer.send(ack({ seq: 1, ack: 1 }));
});

test('ABORT behind a probe of a closed window: the RST lies where the peer will take it', () => {
  const { host, peer } = established({ window: 0 });
  host.write(10);
  host.wait(1000);
  peer.expect(data(1, { seq: 1 }));
  host.abort();
  peer.expect(rst({ seq: 1, ack: 1 }));
});
