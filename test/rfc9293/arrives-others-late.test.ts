/**
 * SEGMENT ARRIVES, other states, first: an old segment whose sender has all we have sent (RFC 9293
 * appendix A.2). It is answered as every unacceptable one is, but what waits for its ACK ends.
 *
 * What somebody who can not see the connection gains by it, nothing, stands in
 * `../hostile/blind.test.ts`.
 */
import { expect, test } from 'vitest';
import {
  ack,
  closing,
  Counter,
  data,
  established,
  fin,
  finWait1,
  lastAck,
  Result,
  Signal,
  State,
  syn,
  synAck,
  synReceived,
  synSent,
} from '../dsl/index.ts';

const VARIANTS = [
  ['', {}],
  [' with timestamps', { timestamps: true }],
  [' over IPv6', { family: 6 }],
] as const;

test.each(VARIANTS)(
  "CLOSING%s: the peer's FIN again, acknowledging ours: TIME-WAIT, and an answer",
  (_, options) => {
    const { stack, host, peer } = closing(options);
    peer.send(fin({ seq: 1, ack: 2 }));
    peer.expect(ack({ seq: 2, ack: 2 }));
    host.expect(State.TIME_WAIT);
    host.expectSignal(Signal.CLOSED, Result.OK);
    stack.wait(10_000);
    peer.expectNothing();
    expect(stack.counter(Counter.TcpRetransSegs)).toBe(0);
  },
);

test.each(VARIANTS)(
  "LAST-ACK%s: the peer's FIN again, acknowledging ours: CLOSED, and an answer",
  (_, options) => {
    const { stack, host, peer } = lastAck(options);
    peer.send(fin({ seq: 1, ack: 2 }));
    peer.expect(ack({ seq: 2, ack: 2 }));
    host.expect(State.CLOSED);
    host.expectSignal(Signal.CLOSED, Result.OK);
    stack.wait(10_000);
    peer.expectNothing();
  },
);

test('its answer has the timestamps and the window that every ACK has', () => {
  const { peer } = lastAck({ timestamps: true, wscale: 3, receiveBuffer: 400_000 });
  const before = peer.latest();
  peer.send(fin({ seq: 1, ack: 2 }));
  const [answer] = peer.take();
  expect(answer?.ts?.[1]).toBe(before.ts?.[1]);
  expect(answer?.win).toBe(before.win);
});

test("FIN-WAIT-1: the peer's text again, acknowledging our FIN: FIN-WAIT-2", () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.read();
  host.close();
  peer.expect(fin({ seq: 1, ack: 6 }));
  peer.send(data('hello', { seq: 1, ack: 2 }));
  peer.expect(ack({ seq: 2, ack: 6 }));
  host.expect(State.FIN_WAIT_2);
  host.expectSignal(Signal.FIN_ACKNOWLEDGED);
});

test("ESTABLISHED: the peer's text again, acknowledging all of ours: nothing is sent again", () => {
  const { stack, host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.write(2920);
  peer.take();
  peer.send(data('hello', { seq: 1, ack: 2921 }));
  peer.expect(ack({ seq: 2921, ack: 6 }));
  expect(host.look('sendQueue')).toBe(0);
  stack.wait(10_000);
  peer.expectNothing();
});

test('short of everything it is answered, and that is all', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.write(2920);
  peer.take();
  for (const number of [1, 2, 2920, 2922]) {
    peer.send(data('hello', { seq: 1, ack: number }));
    peer.expect(ack({ seq: 2921, ack: 6 }));
    expect(host.look('sendQueue')).toBe(2920);
  }
});

test('it moves neither the window nor a timestamp', () => {
  const { host, peer } = finWait1({ timestamps: true });
  const window = host.look('sndWnd');
  const before = peer.latest().ts?.[1];
  peer.send({ ...fin({ seq: 1, ack: 1 }), win: 9 });
  peer.take();
  const { sndWnd } = host.status()!;
  host.wait(5);
  peer.send(fin({ seq: 1, ack: 2, win: 7, ts: [peer.clockOffset + 90_000, peer.echo] }));
  expect(peer.take()[0]?.ts?.[1]).not.toBe((peer.clockOffset + 90_000) >>> 0);
  expect([window, sndWnd, before === undefined]).toEqual([65_535, 9, false]);
});

// Opening ----------------------------------------------------------------------------------

test("a crossed open: the peer's held text again, acknowledging our SYN, opens", () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0, text: 'hello' }));
  peer.expect(synAck({ seq: 0, ack: 6 }));
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 6 }));
  host.expect(State.ESTABLISHED);
  expect(host.read()).toBe('hello');
});

test('a crossed open with a FIN: it opens and half-closes at once', () => {
  const { host, peer } = synSent();
  peer.send({ ...syn({ seq: 0, text: 'hello' }), ctl: syn().ctl | fin().ctl & 1 });
  peer.take();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 7 }));
  host.expect(State.CLOSE_WAIT);
});

test("a crossed open that was closed at once: the peer's SYN,ACK acknowledges our SYN", () => {
  const { stack, host, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  peer.take();
  host.close();
  host.expect(State.FIN_WAIT_1);
  peer.expect(fin({ seq: 1, ack: 1 }));
  peer.send(synAck({ seq: 0, ack: 1 }));
  peer.expect(ack({ seq: 2, ack: 1 }));
  peer.send(ack({ seq: 1, ack: 2 }));
  host.expect(State.FIN_WAIT_2);
  stack.wait(10_000);
  peer.expectNothing();
});

test('a listener: the text its SYN has brought, again and with the ACK, opens', () => {
  const { listener, peer } = synReceived();
  // A keep-alive of a client whose third segment was lost: one octet below its SND.NXT.
  peer.send(ack({ seq: 0, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  listener.accept()!.expect(State.ESTABLISHED);
});
