/** SEGMENT ARRIVES, other states, fifth: the ACK field (RFC 9293 §3.10.7.4, RFC 5961 §5). */
import { expect, test } from 'vitest';
import {
  ack,
  closeWait,
  closing,
  data,
  established,
  FIN,
  fin,
  finWait1,
  lastAck,
  rst,
  Signal,
  State,
  SYNCHRONIZED,
  syn,
  synAck,
  synReceived,
  synSent,
} from '../dsl/index.ts';

test('hostile 7b: without the ACK bit nothing is processed', () => {
  const { host, peer } = established();
  peer.send({ ctl: 0, seq: 1, text: 'hello' }, { ctl: FIN, seq: 1 });
  expect(host.read()).toBe('');
  host.expect(State.ESTABLISHED);
});

test.each([0, 2, 0x8000_0000])(
  'SYN-RECEIVED: an ACK of %i is answered by a RST and the entry stays',
  (number) => {
    const { host, peer } = synReceived();
    peer.send(ack({ seq: 1, ack: number }));
    peer.expect(rst({ seq: number, ack: null }));
    host.expect(State.SYN_RECEIVED);
  },
);

test('SYN-RECEIVED of an active OPEN: an unacceptable ACK is answered by a RST', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  peer.take();
  peer.send(ack({ seq: 1, ack: 7 }));
  peer.expect(rst({ seq: 7, ack: null }));
  host.expect(State.SYN_RECEIVED);
});

test('SYN-RECEIVED to ESTABLISHED: SND.WND, SND.WL1 and SND.WL2 are set', () => {
  const { listener, peer } = synReceived();
  peer.send(ack({ seq: 1, ack: 1, win: 777 }));
  expect(listener.accept()?.look('sndWnd')).toBe(777);
  listener.expectSignal(Signal.ACCEPTABLE);
});

test('an ACK moves SND.UNA, frees text and stops the timer', () => {
  const { host, peer } = established();
  host.write('hello');
  peer.send(ack({ seq: 1, ack: 4 }));
  expect(host.status()).toMatchObject({ sendQueue: 2, flightSize: 2, timer: 1 });
  peer.send(ack({ seq: 1, ack: 6 }));
  expect(host.status()).toMatchObject({ sendQueue: 0, flightSize: 0, timer: 0 });
});

test('a duplicate ACK changes nothing', () => {
  const { host, peer } = established();
  host.write('hello');
  peer.send(ack({ seq: 1, ack: 6 }));
  peer.take();
  peer.send(ack({ seq: 1, ack: 1 }), ack({ seq: 1, ack: 3 }));
  peer.expectNothing();
  expect(host.look('sendQueue')).toBe(0);
});

test.each(Object.entries(SYNCHRONIZED))(
  'hostile 9b: %s: an ACK of something not sent is acknowledged and dropped',
  (name, state) => {
    const { host, peer } = state();
    const next = (host.look('sndNxt') - host.look('iss')) >>> 0;
    peer.take();
    peer.send(ack({ ack: next + 1 }));
    peer.expect(ack({ seq: next, ack: peer.next }));
    host.expect(State[name as keyof typeof State]);
  },
);

test('MAY-12, RFC 5961 §5.2a: text whose ACK is older than MAX.SND.WND is not accepted', () => {
  const { host, peer } = established({ window: 1000 });
  peer.send(data('evil', { seq: 1, ack: 1 - 1001 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  expect(host.read()).toBe('');
  peer.send(data('good', { seq: 1, ack: 1 - 1000 }));
  expect(host.read()).toBe('good');
});

test('text whose ACK acknowledges what was never sent is not accepted', () => {
  const { host, peer } = established();
  peer.send(data('evil', { seq: 1, ack: 2 }));
  expect(host.read()).toBe('');
});

// The send window --------------------------------------------------------------------

test('an ACK of nothing new may carry a newer window', () => {
  const { host, peer } = established();
  peer.send(ack({ seq: 1, ack: 1, win: 500 }));
  expect(host.look('sndWnd')).toBe(500);
});

test('an old segment does not bring an old window back: SND.WL1', () => {
  const { host, peer } = established();
  peer.send(data('b', { seq: 2, ack: 1, win: 500 }));
  peer.send(data('a', { seq: 1, ack: 1, win: 9000 }));
  expect(host.look('sndWnd')).toBe(500);
});

test('an old acknowledgment does not bring an old window back: SND.WL2', () => {
  const { host, peer } = established();
  host.write('hello');
  peer.send(ack({ seq: 1, ack: 6, win: 500 }));
  peer.send(ack({ seq: 1, ack: 3, win: 9000 }));
  expect(host.look('sndWnd')).toBe(500);
});

// Our FIN --------------------------------------------------------------------------------

test('FIN-WAIT-1: only the ACK of the FIN leads on', () => {
  const { host, peer } = established();
  host.write('hello');
  host.close();
  peer.take();
  peer.send(ack({ seq: 1, ack: 6 }));
  host.expect(State.FIN_WAIT_1);
  host.expectNoSignal(Signal.FIN_ACKNOWLEDGED);
  peer.send(ack({ seq: 1, ack: 7 }));
  host.expect(State.FIN_WAIT_2);
  host.expectSignal(Signal.FIN_ACKNOWLEDGED);
});

test('CLOSING: only the ACK of the FIN leads to TIME-WAIT', () => {
  const { host, peer } = closing();
  peer.send(ack({ seq: 2, ack: 1 }));
  host.expect(State.CLOSING);
  peer.send(ack({ seq: 2, ack: 2 }));
  host.expect(State.TIME_WAIT);
});

test('LAST-ACK: only the ACK of the FIN ends it', () => {
  const { host, peer } = lastAck();
  peer.send(ack({ seq: 2, ack: 1 }));
  host.expect(State.LAST_ACK);
  peer.send(ack({ seq: 2, ack: 2 }));
  host.expect(State.CLOSED);
  peer.expectNothing();
});

test('CLOSE-WAIT: text is acknowledged as in ESTABLISHED', () => {
  const { host, peer } = closeWait();
  host.write('hello');
  peer.expect(data('hello', { seq: 1, ack: 2 }));
  peer.send(ack({ seq: 2, ack: 6 }));
  expect(host.look('sendQueue')).toBe(0);
});

test("FIN-WAIT-1: the ACK of text, the ACK of the FIN and the peer's FIN in three segments", () => {
  const { host, peer } = finWait1();
  peer.send(ack({ seq: 1, ack: 2 }));
  host.expect(State.FIN_WAIT_2);
  peer.send(fin({ seq: 1, ack: 2 }));
  peer.expect(ack({ seq: 2, ack: 2 }));
  host.expect(State.TIME_WAIT);
});

test('MUST-58, MUST-59, RFC 5681 §4.2c: segments that come together get one ACK', () => {
  const { peer } = established({ mss: 1000 });
  peer.send(...Array.from({ length: 10 }, (_, i) => data(1000, { seq: 1 + 1000 * i, ack: 1 })));
  peer.expect(ack({ seq: 1, ack: 10_001 }));
});

test('MUST-59: a gap that closes within the batch is not asked for', () => {
  const { peer } = established();
  peer.send(data('world', { seq: 6, ack: 1 }), data('hello', { seq: 1, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 11 }));
  expect(peer.latest().sack).toBeUndefined();
});

test('MUST-58: an acknowledgment travels with text that leaves anyhow', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.write('world');
  peer.expect(data('world', { seq: 1, ack: 6 }));
  host.wait(1000);
  expect(peer.take().every((segment) => segment.text === 'world')).toBe(true);
});

test('an ACK is not acknowledged', () => {
  const { host, peer } = established();
  peer.send(ack({ seq: 1, ack: 1 }), ack({ seq: 1, ack: 1 }));
  host.wait(10_000);
  peer.expectNothing();
});

test('a SYN,ACK of a crossed open that comes twice begins no storm', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  peer.take();
  peer.send(synAck({ seq: 0, ack: 1 }));
  peer.take();
  peer.send(synAck({ seq: 0, ack: 1 }));
  expect(peer.take().length).toBeLessThanOrEqual(1);
  host.expect(State.ESTABLISHED);
});
