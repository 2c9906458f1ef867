/** Blind attacks (RFC 5961); most rules are tested in `rfc9293/arrives-others-*.test.ts`. */
import { expect, test } from 'vitest';
import { ack, Counter, data, established } from './dsl/index.ts';

test('RFC 5961 §5.2b: MAX.SND.WND stays the largest window, though the window shrinks', () => {
  const { stack, host, peer } = established({ window: 20_000 });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(6 * 1460);
  peer.send(ack({ seq: 1, ack: 8761, win: 100 }));
  peer.take();
  peer.send(data('a', { seq: 1, ack: 1 }));
  host.wait(50);
  expect(host.read()).toBe('a');
  expect(stack.counter(Counter.TcpExtTCPChallengeACK)).toBe(0);
  // SND.UNA - MAX.SND.WND is the last number that can be old.
  peer.send(data('b', { seq: 2, ack: 8761 - 20_000 }));
  expect(host.read()).toBe('b');
  peer.send(data('c', { seq: 3, ack: 8761 - 20_001 }));
  expect(host.read()).toBe('');
  expect(stack.counter(Counter.TcpExtTCPChallengeACK)).toBe(1);
});
