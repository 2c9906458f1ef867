/**
 * Window updates (RFC 9293 §3.8.6.2.2): a user who reads at once leaves nothing to tell, whatever
 * the buffer and the field of the header can hold.
 */
import { expect, test } from 'vitest';
import { ack, data, established, Option, Setting } from '../dsl/index.ts';

const SEGMENTS = 200;

/** Segments 25 ms apart, each read as it comes; answers the ACKs they drew. */
function readEach(octets: number, { host, peer }: ReturnType<typeof established>): number {
  for (let i = 0; i < SEGMENTS; i++) {
    peer.send(data(octets, { seq: 1 + i * octets, ack: 1 }));
    expect(String(host.read())).toHaveLength(octets);
    host.wait(25);
  }
  host.wait(40);
  return peer.take().length;
}

const BUFFERS = [4096, 65_535, 65_536, 100_000, 524_288, 1 << 22];
const WAYS = BUFFERS.flatMap((receiveBuffer) =>
  [undefined, 0, 7].flatMap((wscale) =>
    (['passive', 'active'] as const).map((open) => ({ receiveBuffer, wscale, open })),
  ),
);

test.each(WAYS)('MUST-39: text read as it comes draws an ACK of two segments: %o', (way) => {
  for (const octets of [100, 1000]) {
    const made = established({ mss: 1000, ...way });
    // The ACK that says how much more there is than a SYN can say, and no other.
    const opening = way.wscale !== undefined && way.receiveBuffer > 65_535 ? 1 : 0;
    expect(readEach(octets, made)).toBeLessThanOrEqual(SEGMENTS / 2 + opening);
  }
});

test('MUST-39: a buffer that grows beyond what the shift can say changes nothing', () => {
  const made = established({
    receiveBuffer: 65_535,
    settings: { [Setting.WINDOW_SCALING]: 1 },
    wscale: 2,
  });
  expect(made.host.setOption(Option.RECEIVE_BUFFER, 1 << 20)).toBe(0);
  expect(readEach(100, made)).toBeLessThanOrEqual(SEGMENTS / 2);
});

test('MUST-39: a window of 65,535 that was closed opens by a segment', () => {
  const { host, peer } = established({ receiveBuffer: 1 << 20, mss: 1000 });
  for (let seq = 1; seq <= 65_000; seq += 1000) peer.send(data(1000, { seq, ack: 1 }));
  peer.take();
  peer.send(data(535, { seq: 65_001, ack: 1 }));
  host.wait(40);
  // The buffer has room for more than was read: the field is full again at once.
  peer.expect(ack({ ack: 65_536, win: 65_535 }));
});
