/** The user timeout option (RFC 5482), which nobody here sends. */
import { expect, test } from 'vitest';
import { ack, data, established, listening, State, syn, synAck } from './dsl/index.ts';

/** Ten seconds. */
const USER_TIMEOUT = [28, 4, 0, 10];

test('RFC 5482 §3b: a peer’s user timeout is passed over, what stands behind it is read', () => {
  const { listener, peer } = listening();
  peer.send(syn({ seq: 0, rawOptions: [...USER_TIMEOUT, 2, 4, 3, 232] }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(listener.accept()?.look('smss')).toBe(1000);
});

test('RFC 5482 §3b: it changes nobody’s timeout', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1, rawOptions: USER_TIMEOUT }));
  expect(host.read()).toBe('hello');
  host.write('unanswered');
  host.wait(60_000);
  host.expect(State.ESTABLISHED);
  expect(peer.take().length).toBeGreaterThan(3);
});
