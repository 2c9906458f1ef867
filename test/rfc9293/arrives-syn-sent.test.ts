/** SEGMENT ARRIVES, SYN-SENT (RFC 9293 §3.10.7.3). */
import { expect, test } from 'vitest';
import {
  ack,
  data,
  FIN,
  fin,
  Option,
  Result,
  rst,
  Signal,
  State,
  SYN,
  syn,
  synAck,
  synSent,
} from '../dsl/index.ts';

test('a SYN,ACK completes the open', () => {
  const { host, peer } = synSent();
  peer.send(synAck({ seq: 0, ack: 1, mss: 1460 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  host.expect(State.ESTABLISHED);
  host.expectSignal(Signal.OPENED);
});

// First, the ACK bit ---------------------------------------------------------------

test.each([0, 2, 0x8000_0001])(
  'hostile 9d: an ACK of %i, which is not our SYN, is answered by a RST',
  (number) => {
    const { host, peer } = synSent();
    peer.send(ack({ seq: 7, ack: number }));
    peer.expect(rst({ seq: number, ack: null }));
    host.expect(State.SYN_SENT);
  },
);

test('a SYN,ACK of something else is answered by a RST, and the open goes on', () => {
  const { host, peer } = synSent();
  peer.send(synAck({ seq: 0, ack: 9 }));
  peer.expect(rst({ seq: 9, ack: null }));
  host.expect(State.SYN_SENT);
  peer.send(synAck({ seq: 0, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
});

test('hostile 9e: a RST with an unacceptable ACK is dropped', () => {
  const { host, peer } = synSent();
  peer.send(rst({ seq: 0, ack: 2 }), rst({ seq: 0, ack: 0 }));
  peer.expectNothing();
  host.expect(State.SYN_SENT);
});

// Second, the RST bit --------------------------------------------------------------

test('a RST that acknowledges our SYN refuses the connection', () => {
  const { host, peer } = synSent();
  peer.send(rst({ seq: 0, ack: 1 }));
  peer.expectNothing();
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.CONNECTION_REFUSED);
});

test('RFC 5961 §3.2d, hostile 9e: a RST without ACK is dropped', () => {
  const { host, peer } = synSent();
  peer.send(rst({ seq: 0 }));
  host.expect(State.SYN_SENT);
});

// Fourth, the SYN bit --------------------------------------------------------------

test('text with the SYN,ACK is received', () => {
  const { host, peer } = synSent();
  peer.send(synAck({ seq: 0, ack: 1, text: 'hello' }));
  peer.expect(ack({ seq: 1, ack: 6 }));
  expect(host.read()).toBe('hello');
});

test('text and FIN with the SYN,ACK: CLOSE-WAIT', () => {
  const { host, peer } = synSent();
  peer.send(synAck({ seq: 0, ack: 1, text: 'hello', ctl: FIN }));
  peer.expect(ack({ seq: 1, ack: 7 }));
  host.expect(State.CLOSE_WAIT);
  host.expectSignal(Signal.OPENED);
  host.expectSignal(Signal.CONNECTION_CLOSING);
  expect(host.read()).toBe('hello');
});

test('text that SEND has queued leaves with the ACK', () => {
  const { host, peer } = synSent();
  expect(host.write('hello')).toBe(5);
  peer.expectNothing();
  peer.send(synAck({ seq: 0, ack: 1 }));
  peer.expect(data('hello', { seq: 1, ack: 1 }));
});

test('MUST-10: a SYN that crosses ours: simultaneous open', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  host.expect(State.SYN_RECEIVED);
  host.expectNoSignal(Signal.OPENED);
  peer.send(synAck({ seq: 0, ack: 1 }));
  host.expect(State.ESTABLISHED);
  host.expectSignal(Signal.OPENED);
});

test('MUST-10: a simultaneous open is completed by a bare ACK as well', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.expect(State.ESTABLISHED);
  expect(host.read()).toBe('hello');
});

test('RFC 5961 §7a: a SYN that crosses ours a hundred times in 100 ms draws one ACK', () => {
  const { stack, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  for (let i = 0; i < 100; i++) {
    peer.send(syn({ seq: 0 }));
    stack.wait(1);
  }
  peer.expect(ack({ seq: 1, ack: 1 }));
});

test('text with a crossing SYN is held until ESTABLISHED', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0, text: 'hello' }));
  peer.expect(synAck({ seq: 0 }));
  host.expect(State.SYN_RECEIVED);
  expect(host.read()).toBe('');
  peer.send(ack({ seq: 6, ack: 1 }));
  host.expect(State.ESTABLISHED);
  expect(host.read()).toBe('hello');
});

test('a FIN with a crossing SYN waits for ESTABLISHED', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0, ctl: FIN }));
  peer.expect(synAck({ seq: 0 }));
  host.expect(State.SYN_RECEIVED);
  host.wait(1000);
  peer.expect(synAck({ seq: 0 }));
  peer.send(fin({ seq: 1, ack: 1 }));
  host.expect(State.CLOSE_WAIT);
});

test.each([
  ['text', { text: 'hello' }],
  ['a FIN', { ctl: FIN }],
])(
  'a crossed SYN,ACK that carries %s as well is trimmed and completes the open (§3.10.7.4, first)',
  (_, extra) => {
    const { host, peer } = synSent();
    peer.send(syn({ seq: 0 }));
    peer.take();
    peer.send(synAck({ seq: 0, ack: 1, ...extra }));
    expect([State.ESTABLISHED, State.CLOSE_WAIT]).toContain(host.state());
  },
);

test('the crossed SYN,ACK is sent again until it is acknowledged', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  host.wait(8000);
  expect(peer.take().map((s) => [s.at, s.ctl & SYN])).toEqual([
    [1000, SYN],
    [3000, SYN],
    [7000, SYN],
  ]);
});

test('hostile 10c: a connection to itself opens by crossing its own SYN', () => {
  const { stack, host, peer } = synSent();
  const self = host.another();
  expect(self.connect('10.0.0.1', 7777, { port: 7777 })).toBe(0);
  self.expect(State.ESTABLISHED);
  self.write('echo');
  expect(self.read()).toBe('echo');
  expect(stack.strays).toEqual([]);
  peer.expectNothing();
});

test('RFC 7323 §2.2c: the window of the SYN,ACK is not scaled', () => {
  const { host, peer } = synSent({ wscale: 7 });
  peer.send(synAck({ seq: 0, ack: 1, wscale: 7, win: 2000 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  expect(host.look('sndWnd')).toBe(2000);
});

// Fifth ------------------------------------------------------------------------

test('a segment with neither SYN nor RST is dropped', () => {
  const { host, peer } = synSent();
  peer.send(ack({ seq: 0, ack: 1 }), fin({ seq: 0, ack: 1 }), { ctl: 0, seq: 0, text: 'x' });
  peer.expectNothing();
  host.expect(State.SYN_SENT);
});

// The SYN itself ------------------------------------------------------------------

test('RFC 6298 §5.7: after a lost SYN the first RTO is three seconds', () => {
  const { host, peer } = synSent({ set: [[Option.NAGLE, 0]] });
  host.wait(1000);
  peer.expect(syn({ seq: 0 }));
  peer.send(synAck({ seq: 0, ack: 1, mss: 1000 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  host.write('hello');
  peer.expect(data('hello', { seq: 1 }));
  host.wait(2999);
  peer.expectNothing();
  host.wait(1);
  peer.expect(data('hello', { seq: 1 }));
});

test('RFC 5681 §3.1b, RFC 6928 §2b: after a lost SYN the first window is one segment', () => {
  const { host, peer } = synSent();
  host.wait(1000);
  peer.expect(syn({ seq: 0 }));
  peer.send(synAck({ seq: 0, ack: 1, mss: 1000 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  host.write(5000);
  peer.expect(data(1000, { seq: 1 }));
});

test('text of a SYN that crossed ours is told though CLOSE came before the open', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0, mss: 1460, text: 'hello' }));
  host.close();
  peer.take();
  host.expect(State.FIN_WAIT_1);
  peer.send(ack({ seq: 6, ack: 2 }));
  host.expectSignal(Signal.READABLE);
  expect(host.read()).toBe('hello');
});

test('SHLD-3: what is released in SYN-RECEIVED with text unread is reset', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0, mss: 1460, text: 'hello' }));
  peer.take();
  host.release();
  peer.expect(rst({ seq: 1, ack: 6 }));
});
