/** The SYN queue and the accept queue (RFC 9293 §3.10.7.2, RFC 4987, listen(2)). */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  fin,
  Host,
  listening,
  Peer,
  rst,
  State,
  syn,
  synAck,
  synReceived,
  established,
  Result,
  Setting,
} from '../dsl/index.ts';

/** Peers of one stack, each with its own port. */
function peers(stack: ConstructorParameters<typeof Peer>[0], count: number): Peer[] {
  return Array.from(
    { length: count },
    (_, i) => new Peer(stack, { port: 50_000 + i, isn: 1_000_000 * i }),
  );
}

test('RFC 4987 §3.5: a SYN-queue entry takes no TCB until its handshake completes', () => {
  const { stack, peer } = synReceived();
  expect(stack.used().slice(0, 2)).toEqual([1, 1]);
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(stack.used().slice(0, 2)).toEqual([2, 0]);
});

test('the SYN queue is bounded; without cookies a SYN too many is not answered', () => {
  const { stack } = listening({ backlog: 2, settings: { [Setting.SYN_COOKIES]: 0 } });
  const all = peers(stack, 3);
  for (const peer of all) peer.send(syn({ seq: 0, mss: 1460 }));
  all[0]?.expect(synAck());
  all[1]?.expect(synAck());
  all[2]?.expectNothing();
  expect(stack.counter(Counter.TcpExtTCPReqQFullDrop)).toBe(1);
});

test('a full accept queue takes no further SYN', () => {
  const { stack } = listening({ backlog: 1 });
  const [first, second] = peers(stack, 2) as [Peer, Peer];
  first.send(syn({ seq: 0 }));
  first.expect(synAck());
  first.send(ack({ seq: 1, ack: 1 }));
  second.send(syn({ seq: 0 }));
  second.expectNothing();
  expect(stack.counter(Counter.TcpExtListenOverflows)).toBe(1);
});

/** A backlog of two: two connections wait to be accepted, and a third completes its handshake. */
function overflowing(options = {}) {
  const made = listening({ backlog: 2, ...options });
  const [a, b, c] = peers(made.stack, 3) as [Peer, Peer, Peer];
  for (const peer of [a, b]) peer.send(syn({ seq: 0 }));
  a.send(ack({ seq: 1, ack: 1 }));
  c.send(syn({ seq: 0 }));
  c.expect(synAck({ seq: 0, ack: 1 }));
  b.send(ack({ seq: 1, ack: 1 }));
  c.send(ack({ seq: 1, ack: 1 }));
  expect(made.host.look('receiveQueue')).toBe(2);
  return { ...made, third: c };
}

test('the last ACK of a handshake that finds the accept queue full is ignored', () => {
  const { stack, host: listener, third } = overflowing();
  third.expectNothing();
  expect(listener.accept()).not.toBeNull();
  // The SYN,ACK is sent again and asks for another.
  stack.wait(1000);
  third.expect(synAck({ seq: 0, ack: 1 }));
  third.send(ack({ seq: 1, ack: 1 }));
  expect(listener.accept()).not.toBeNull();
  expect(listener.accept()?.look('remotePort')).toBe(50_002);
});

test('ABORT_ON_OVERFLOW: it is answered by a RST instead', () => {
  const { stack, third } = overflowing({ settings: { [Setting.ABORT_ON_OVERFLOW]: 1 } });
  third.expect(rst({ seq: 1 }));
  expect(stack.used()[1]).toBe(0);
});

test('connections are accepted in the order their handshakes were completed', () => {
  const { stack, host: listener } = listening();
  const [first, second] = peers(stack, 2) as [Peer, Peer];
  first.send(syn({ seq: 0 }));
  second.send(syn({ seq: 0 }));
  second.send(ack({ seq: 1, ack: 1 }));
  first.send(ack({ seq: 1, ack: 1 }));
  expect([listener.accept(), listener.accept()].map((host) => host?.look('remotePort'))).toEqual([
    50_001, 50_000,
  ]);
});

test('hostile 15d: a SYN,ACK is sent again five times in a minute, then given up', () => {
  const { stack, host, peer } = synReceived();
  stack.wait(62_999);
  expect(peer.take().map((segment) => [segment.at, segment.ctl])).toEqual(
    [1000, 3000, 7000, 15_000, 31_000].map((at) => [at, 18]),
  );
  host.expect(State.SYN_RECEIVED);
  stack.wait(1);
  host.expect(State.CLOSED);
  peer.expectNothing();
  expect(stack.used()[1]).toBe(0);
});

test('MUST-23: with tcp_synack_retries at 7 it is sent again for three minutes', () => {
  const { stack, host, peer } = synReceived({ settings: { [Setting.SYN_ACK_RETRIES]: 7 } });
  stack.wait(182_999);
  expect(peer.take().map((segment) => [segment.at, segment.ctl])).toEqual(
    [1000, 3000, 7000, 15_000, 31_000, 63_000, 123_000].map((at) => [at, 18]),
  );
  host.expect(State.SYN_RECEIVED);
  stack.wait(1);
  host.expect(State.CLOSED);
  peer.expectNothing();
  expect(stack.used()[1]).toBe(0);
});

test('RFC 4987 §3.3: SYN_ACK_RETRIES says how often', () => {
  const { stack, peer } = synReceived({ settings: { [Setting.SYN_ACK_RETRIES]: 1 } });
  stack.wait(100_000);
  expect(peer.take().map((segment) => segment.at)).toEqual([1000]);
});

test('RFC 4987 §3.3, hostile 15e: half of a SYN queue is kept for the young', () => {
  const sent = (count: number): number[] => {
    const { stack } = listening({ backlog: 16 });
    const all = peers(stack, count);
    for (const peer of all) peer.send(syn({ seq: 0 }));
    stack.wait(200_000);
    expect(stack.used()[1]).toBe(0);
    return all.map((peer) => peer.take().length).sort();
  };
  // As many as are beyond half of it end after two tries.
  expect(sent(8)).toEqual(Array(8).fill(6));
  expect(sent(9)).toEqual([3, ...Array(8).fill(6)]);
  expect(sent(16)).toEqual([...Array(8).fill(3), ...Array(8).fill(6)]);
});

test('hostile 15e: while many are young, the old have more tries', () => {
  const { stack } = listening({ backlog: 16 });
  const [old, ...young] = peers(stack, 16) as [Peer, ...Peer[]];
  old.send(syn({ seq: 0 }));
  for (let second = 1; second < 60; second++) {
    stack.wait(1000);
    // Fifteen others come and go, as they do where there is no flood.
    for (const peer of young) peer.send(syn({ seq: 0 }));
    for (const peer of young) peer.send(rst({ seq: 1 }));
  }
  expect(old.take()).toHaveLength(6);
});

test('a retransmitted SYN is answered by the same SYN,ACK', () => {
  const { peer } = synReceived();
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
});

test('RFC 5961 §7a: a SYN repeated a hundred times in 100 ms draws one SYN,ACK more', () => {
  const { stack, peer } = synReceived();
  for (let i = 0; i < 100; i++) {
    peer.send(syn({ seq: 0, mss: 1460, sackOk: true }));
    stack.wait(1);
  }
  peer.expect(synAck({ seq: 0, ack: 1 }));
  stack.wait(500);
  peer.send(syn({ seq: 0, mss: 1460, sackOk: true }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
});

test('RFC 5681 §3.1b: after a lost SYN,ACK the connection begins with one segment', () => {
  const { stack, listener, peer } = synReceived({ mss: 1000 });
  stack.wait(1000);
  peer.expect(synAck({ seq: 0 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  const host = listener.accept() as Host;
  host.write(5000);
  peer.expect(data(1000, { seq: 1 }));
});

test('the third ACK may carry text', () => {
  const { listener, peer } = synReceived();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(listener.accept()?.read()).toBe('hello');
});

test('the third ACK may carry text and a FIN', () => {
  const { listener, peer } = synReceived();
  peer.send(fin({ seq: 1, ack: 1, text: 'hello' }));
  peer.expect(ack({ seq: 1, ack: 7 }));
  const host = listener.accept() as Host;
  host.expect(State.CLOSE_WAIT);
  expect(host.read()).toBe('hello');
  expect(host.read()).toBe(-Result.CONNECTION_CLOSING);
});

test('a lost third ACK is made good by the first text', () => {
  const { stack, listener, peer } = synReceived();
  stack.wait(1000);
  peer.expect(synAck());
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(listener.accept()?.read()).toBe('hello');
});

test('a connection that is reset before it is accepted leaves the queue', () => {
  const { listener, peer, stack } = synReceived();
  peer.send(ack({ seq: 1, ack: 1 }));
  peer.send(rst({ seq: 1 }));
  expect(listener.accept()).toBeNull();
  expect(stack.used()[0]).toBe(1);
});

test('closing a listener resets what nobody accepted and forgets its entries', () => {
  const { stack, host: listener } = listening();
  const [first, second] = peers(stack, 2) as [Peer, Peer];
  first.send(syn({ seq: 0 }));
  first.expect(synAck());
  first.send(ack({ seq: 1, ack: 1 }));
  second.send(syn({ seq: 0 }));
  second.expect(synAck());
  expect(listener.close()).toBe(0);
  first.expect(rst({ seq: 1 }));
  second.expectNothing();
  listener.expect(State.CLOSED);
  expect(stack.used().slice(0, 2)).toEqual([1, 0]);
  second.send(ack({ seq: 1, ack: 1 }));
  second.expect(rst({ seq: 1, ack: null }));
});

test('accepted connections outlive their listener', () => {
  const { listener, host, peer } = established();
  listener.release();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
  host.expect(State.ESTABLISHED);
});

test('a handshake whose ACK must have timestamps and has none takes no TCB for ever', () => {
  const { stack, peer } = synReceived({
    timestamps: true,
    settings: { [Setting.TOLERATE_MISSING_TS]: 0 },
  });
  peer.send(ack({ seq: 1, ack: 1, ts: null }));
  stack.wait(700_000);
  expect(stack.used().slice(0, 2)).toEqual([1, 0]);
});

test('hostile 11h: an ACK with an old timestamp leaves the SYN,ACK to be sent again', () => {
  const { stack, listener, peer } = synReceived({ timestamps: true });
  peer.send(ack({ seq: 1, ack: 1, ts: [peer.clockOffset - 5000, peer.echo] }));
  peer.take();
  stack.wait(1000);
  peer.expect(synAck({ seq: 0, ack: 1 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(listener.accept()).not.toBeNull();
});

test('STATUS of a listener tells its backlog and what waits in its queues', () => {
  const { stack, host: listener } = listening({ backlog: 5 });
  const [first, second] = peers(stack, 2) as [Peer, Peer];
  first.send(syn({ seq: 0 }));
  second.send(syn({ seq: 0 }));
  second.send(ack({ seq: 1, ack: 1 }));
  expect([
    listener.look('receiveQueue'),
    listener.look('sendQueue'),
    listener.look('synQueue'),
  ]).toEqual([1, 5, 1]);
});

test('hostile 8i: challenges to a SYN-queue entry are limited in rate (RFC 5961 §7)', () => {
  const { peer } = synReceived();
  for (let i = 0; i < 100; i++) peer.send(rst({ seq: 100 + i }));
  expect(peer.take().length).toBeLessThan(5);
});
