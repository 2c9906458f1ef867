/** The user timeout option (RFC 5482), which nobody here sends. */
import { expect, test } from 'vitest';
import { data, established, State } from './dsl/index.ts';

test('RFC 5482 §3b: a peer’s user timeout is passed over, and nobody’s timeout changes', () => {
  const { host, peer } = established();
  // Ten seconds.
  peer.send(data('hello', { seq: 1, ack: 1, rawOptions: [28, 4, 0, 10] }));
  expect(host.read()).toBe('hello');
  host.write('unanswered');
  host.wait(60_000);
  host.expect(State.ESTABLISHED);
  expect(peer.take().length).toBeGreaterThan(3);
});
