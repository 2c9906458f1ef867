/**
 * Why a connection ends that hears nothing: soft errors (RFC 9293 §3.9.2.2), user timeouts
 * (§3.9.1), and silence behind a closed window (§3.8.6.1).
 */
import { expect, test } from 'vitest';
import {
  ack,
  established,
  Option,
  Reason,
  Result,
  RST,
  Signal,
  State,
  synAck,
  synSent,
} from '../dsl/index.ts';

// Soft errors ----------------------------------------------------------------------

test('a soft error that an acknowledgment has overtaken is not why a connection ends', () => {
  const { host, peer } = established();
  host.write(100);
  peer.icmp(3, 1);
  peer.take();
  peer.send(ack({ seq: 1, ack: 101 }));
  host.wait(3_600_000);
  host.write(100);
  host.wait(400_000);
  host.expectSignal(Signal.CLOSED, Result.ABORTED_DUE_TO_USER_TIMEOUT);
});

test('nor is one that came while it opened', () => {
  const { host, peer } = synSent();
  peer.icmp(3, 1);
  peer.send(synAck({ seq: 0, ack: 1, mss: 1460 }));
  host.write(100);
  host.wait(400_000);
  host.expectSignal(Signal.CLOSED, Result.ABORTED_DUE_TO_USER_TIMEOUT);
});

test('R1 quotes no ICMP error that is over', () => {
  const { stack, host, peer } = established();
  host.write(100);
  host.wait(1_100);
  peer.icmp(3, 1);
  peer.send(ack({ seq: 1, ack: 101 }));
  host.write(100);
  host.wait(20_000);
  expect(stack.signals.get(host.handle)).toMatchObject({
    result: Result.ABORTED_DUE_TO_USER_TIMEOUT,
    reason: Reason.RETRANSMISSION_TIMEOUT,
  });
});

test('a soft error and the ACK that ends it in one batch are no signal', () => {
  const { stack, host, peer } = established();
  host.write(100);
  peer.take();
  const { pump } = stack;
  stack.pump = () => {};
  peer.icmp(3, 1);
  peer.send(ack({ seq: 1, ack: 101 }));
  stack.pump = pump;
  stack.pump();
  host.expectNoSignal(Signal.SOFT_ERROR);
});

// User timeouts ----------------------------------------------------------------------

test('MUST-21: a user timeout that is made longer leaves RTO as it was', () => {
  const { host, peer } = established();
  host.wait(1000);
  host.write(10);
  host.wait(100);
  peer.send(ack({ seq: 1, ack: 11 }));
  peer.take();
  const rto = host.look('rto') / 1000;
  host.setOption(Option.USER_TIMEOUT_MS, 50);
  host.write(10);
  peer.take();
  host.setOption(Option.USER_TIMEOUT_MS, 60_000);
  host.wait(rto - 1);
  peer.expectNothing();
  host.wait(1);
  expect(peer.take()).toHaveLength(1);
});

test('MUST-21: a user timeout is exact behind a closed window too', () => {
  const { host, peer } = established({ set: [[Option.USER_TIMEOUT_MS, 10_000]] });
  host.write(100);
  peer.send(ack({ seq: 1, ack: 101, win: 0 }));
  host.write(10);
  host.wait(9_999);
  host.expect(State.ESTABLISHED);
  host.wait(1);
  host.expect(State.CLOSED);
});

// Silence that never was ---------------------------------------------------------------

test('behind a window closed for long, text is probed for before any user timeout', () => {
  const { host, peer } = established({ set: [[Option.USER_TIMEOUT_MS, 30_000]] });
  host.write(100);
  peer.send(ack({ seq: 1, ack: 101, win: 0 }));
  peer.take();
  host.wait(60_000);
  host.write(10);
  host.wait(1_500);
  host.expect(State.ESTABLISHED);
  expect(peer.take().length).toBeGreaterThan(0);
});

test('what is released behind a window closed for long is not reset without a probe', () => {
  const { stack, host, peer } = established();
  host.write(100);
  peer.send(ack({ seq: 1, ack: 101, win: 0 }));
  peer.take();
  host.wait(360_000);
  host.write(10);
  host.release();
  stack.wait(1_500);
  const sent = peer.take();
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.some(({ ctl }) => ctl & RST)).toBe(false);
});
