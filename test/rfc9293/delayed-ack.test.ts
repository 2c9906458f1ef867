/** Delayed acknowledgments (RFC 9293 §3.8.6.3, RFC 5681 §4.2). */
import { expect, test } from 'vitest';
import { ack, Counter, data, established, Option, Result } from '../dsl/index.ts';

test('SHLD-18, MUST-40: a single short segment is acknowledged after the delay, not before', () => {
  const { stack, host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.wait(39);
  peer.expectNothing();
  host.wait(1);
  peer.expect(ack({ seq: 1, ack: 6 }));
  expect(stack.counter(Counter.TcpExtDelayedACKs)).toBe(1);
});

test('SHLD-19, RFC 5681 §4.2a: every second full-sized segment is acknowledged at once', () => {
  const { peer } = established({ mss: 1000 });
  for (let n = 0; n < 6; n++) {
    peer.send(data(1000, { seq: 1 + 1000 * n, ack: 1 }));
    if (n % 2 === 1) peer.expect(ack({ ack: 1 + 1000 * (n + 1) }));
    else peer.expectNothing();
  }
});

test('the delay counts from the first segment that waits', () => {
  const { host, peer } = established();
  peer.send(data('a', { seq: 1, ack: 1 }));
  host.wait(30);
  peer.send(data('b', { seq: 2, ack: 1 }));
  host.wait(10);
  peer.expect(ack({ ack: 3 }));
});

test('MUST-40: the delay is a choice, below half a second', () => {
  const { host, peer } = established({ set: [[Option.DELAYED_ACK_MS, 499]] });
  expect(host.setOption(Option.DELAYED_ACK_MS, 500)).toBe(-Result.INVALID_ARGUMENT);
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.wait(498);
  peer.expectNothing();
  host.wait(1);
  peer.expect(ack({ ack: 6 }));
});

test('a delay of 0 acknowledges at once', () => {
  const { peer } = established({ set: [[Option.DELAYED_ACK_MS, 0]] });
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.expect(ack({ ack: 6 }));
});

test('an acknowledgment that has travelled with text is not sent again', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.write('world');
  peer.expect(data('world', { seq: 1, ack: 6 }));
  peer.send(ack({ seq: 6, ack: 6 }));
  host.wait(10_000);
  peer.expectNothing();
});

test('RFC 5681 §3.2a: text out of order is acknowledged at once', () => {
  const { peer } = established();
  peer.send(data('b', { seq: 2, ack: 1 }));
  peer.expect(ack({ ack: 1 }));
});

test('reading alone is not a reason to acknowledge', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  host.read();
  peer.expectNothing();
});
