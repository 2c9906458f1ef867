/** What two SYNs agree on (RFC 9293 §3.2, §3.7.1, RFC 7323, RFC 2018). */
import { expect, test } from 'vitest';
import {
  ack,
  data,
  established,
  finWait1,
  listening,
  Option,
  Setting,
  syn,
  synReceived,
  synSent,
} from '../dsl/index.ts';

// MSS -----------------------------------------------------------------------------------

/** The length of the first segment of a bulk write. */
function firstSegment(options: Parameters<typeof established>[0]): number {
  const { host, peer } = established(options);
  host.write(20_000);
  return peer.take()[0]?.text.length ?? 0;
}

test('MUST-15: without an MSS option 536 octets are sent, over IPv6 1220', () => {
  expect(firstSegment({ mss: null })).toBe(536);
  expect(firstSegment({ mss: null, family: 6 })).toBe(1220);
  expect(firstSegment({ mss: null, open: 'active' })).toBe(536);
});

test("MUST-16: the smaller of the peer's MSS and the link's", () => {
  expect(firstSegment({ mss: 1000 })).toBe(1000);
  expect(firstSegment({ mss: 9000 })).toBe(1460);
  expect(firstSegment({ mss: 9000, family: 6 })).toBe(1440);
});

test('MUST-16: timestamps take twelve octets of each segment', () => {
  expect(firstSegment({ mss: 1460, timestamps: true })).toBe(1448);
});

test('MUST-16: SACK blocks take room too', () => {
  const { host, peer } = established({ mss: 1000 });
  peer.send(data('x', { seq: 3, ack: 1 }));
  peer.take();
  host.write(5000);
  expect(peer.take()[0]?.text.length).toBe(1000 - 12);
});

test('MUST-14, MUST-67: the MSS announced is the MTU less both fixed headers', () => {
  for (const timestamps of [false, true]) {
    const v4 = synReceived({ timestamps, limits: { mtu: 9000 } });
    expect(v4.peer.latest().mss).toBe(8960);
    const v6 = synReceived({ timestamps, family: 6 });
    expect(v6.peer.latest().mss).toBe(1440);
  }
});

test('MAX_SEGMENT_SIZE bounds what is announced and what is sent', () => {
  const { host, peer } = established({ set: [[Option.MAX_SEGMENT_SIZE, 700]] });
  host.write(5000);
  expect(peer.take()[0]?.text.length).toBe(700);
  const { peer: other } = synSent({ set: [[Option.MAX_SEGMENT_SIZE, 700]] });
  expect(other.latest().mss).toBe(700);
});

test.each([0, 1, 7, 47])(
  'an MSS of %i does not make every octet cost a segment (CVE-2019-11479)',
  (mss) => {
    expect(firstSegment({ mss })).toBeGreaterThanOrEqual(48);
  },
);

test('an MSS option of a later segment means nothing', () => {
  const { host, peer } = established({ mss: 1000 });
  peer.send(ack({ seq: 1, ack: 1, mss: 100 }));
  host.write(5000);
  expect(peer.take()[0]?.text.length).toBe(1000);
});

// Options in general -----------------------------------------------------------------------

const offering = (rawOptions: number[]) => {
  const made = listening({ timestamps: true, wscale: 2 });
  made.peer.send(syn({ seq: 0, rawOptions }));
  const [answer] = made.peer.take();
  return { ...made, answer };
};

test('MUST-4: EOL, NOP and MSS', () => {
  const { listener, peer } = offering([1, 1, 2, 4, 3, 0xe8, 0, 0]);
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(listener.accept()?.look('smss')).toBe(1000);
});

test('MUST-6, MUST-68: an unknown option is passed over by its length', () => {
  const { listener, peer } = offering([0xfd, 6, 9, 9, 9, 9, 2, 4, 3, 0xe8]);
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(listener.accept()?.look('smss')).toBe(1000);
});

test('MUST-64: options need no alignment', () => {
  const { answer } = offering([
    1, 3, 3, 2, 1, 4, 2, 2, 4, 3, 0xe8, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 0,
  ]);
  expect(answer).toMatchObject({ sackOk: true, wscale: 0 });
  expect(answer?.ts?.[1]).toBe(7);
});

test('MUST-69: nothing behind EOL is read', () => {
  const { listener, peer } = offering([0, 0, 0, 0, 2, 4, 3, 0xe8]);
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(listener.accept()?.look('smss')).toBe(536);
});

test.each([
  ['length 0', [2, 0, 1, 1]],
  ['length 1', [2, 1, 1, 1]],
  ['beyond the header', [2, 40, 1, 1]],
  ['no length at all', [1, 1, 1, 2]],
  ['unknown kind, length 0', [0xfd, 0, 1, 1]],
])('MUST-7: an option with %s neither hangs nor kills', (_, rawOptions) => {
  const { answer } = offering(rawOptions);
  expect(answer?.ctl).toBe(18);
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1, rawOptions }));
  expect(host.read()).toBe('hello');
});

test('hostile 2c: an MSS option of another length than four is not believed', () => {
  const { listener, peer } = offering([2, 3, 9, 1, 1, 1, 1, 1]);
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(listener.accept()?.look('smss')).toBe(536);
});

test('forty NOPs', () => {
  const { answer } = offering(Array(40).fill(1));
  expect(answer?.ctl).toBe(18);
});

// Agreement --------------------------------------------------------------------------------

test('what one side does not offer does not hold', () => {
  const bare = established({
    open: 'active',
    sack: false,
    mss: 1460,
    settings: {
      [Setting.TIMESTAMPS]: 1,
      [Setting.WINDOW_SCALING]: 1,
      [Setting.SACK]: 1,
    },
  });
  expect(bare.host.look('flags')).toBe(0);
  bare.host.write('x');
  expect(bare.peer.latest().ts).toBeUndefined();
});

test('RFC 7323 §3.2a, §3.2b: every segment carries the agreed timestamps, a RST too', () => {
  const { host, peer } = finWait1({ timestamps: true });
  peer.send(ack({ seq: 1, ack: 2 }));
  peer.send(data('hello', { seq: 1, ack: 2 }));
  host.wait(40);
  host.abort();
  const segments = peer.take();
  expect(segments).toHaveLength(2);
  expect(segments.every((segment) => segment.ts)).toBe(true);
});

test('RFC 7323 §5.4a, §5.4b: timestamps tick once a millisecond, offset per tuple', () => {
  const { host, peer } = established({ timestamps: true });
  host.write('a');
  const first = peer.latest().ts?.[0] ?? 0;
  peer.send(ack({ ack: 2 }));
  host.wait(1234);
  host.write('b');
  expect(((peer.latest().ts?.[0] ?? 0) - first) >>> 0).toBe(1234);
  const other = synReceived({ timestamps: true, port: 41_000 });
  expect(Math.abs((other.peer.latest().ts?.[0] ?? 0) - first)).toBeGreaterThan(10_000);
});

test('the SYN,ACK to a retransmitted SYN echoes one of its timestamps', () => {
  const { peer } = synReceived({ timestamps: true });
  peer.send(syn({ seq: 0, mss: 1460, sackOk: true, ts: [peer.clockOffset + 5, 0] }));
  const [again] = peer.take();
  expect([peer.clockOffset, peer.clockOffset + 5]).toContain(again?.ts?.[1]);
});
