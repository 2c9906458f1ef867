/** A new SYN in TIME-WAIT (RFC 6191); its first rule is tested in `rfc9293/time-wait.test.ts`. */
import { expect, test } from 'vitest';
import { ack, syn, synAck, timeWait } from './dsl/index.ts';

test.each([
  [2, false],
  [3, true],
])('RFC 6191 §2b: an equal timestamp at %i: begins anew: %s', (seq, isNew) => {
  const { peer } = timeWait({ timestamps: true });
  // The timestamp of the FIN: no time has passed.
  peer.send(syn({ seq, mss: 1460 }));
  if (isNew) peer.expect(synAck({ ack: seq + 1 }));
  else peer.expect(ack({ seq: 2, ack: 2 }));
});

test.each([
  [2, false],
  [3, true],
])('RFC 6191 §2c: without timestamps, after a connection with: %i: %s', (seq, isNew) => {
  const { peer } = timeWait({ timestamps: true });
  peer.send(syn({ seq, mss: 1460, ts: null }));
  const [answer] = peer.take();
  expect((answer?.ctl ?? 0) & 2).toBe(isNew ? 2 : 0);
  expect(answer?.ack).toBe(isNew ? seq + 1 : 2);
});
