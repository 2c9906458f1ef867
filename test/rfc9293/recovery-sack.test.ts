/** SACK: what a sender does with the blocks it gets (RFC 2018 §5, §8, RFC 6675). */
import { expect, test } from 'vitest';
import { ack, data, established, Option } from '../dsl/index.ts';

/** Ten segments of 1000 octets in flight. */
function tenInFlight(options = {}) {
  const made = established({ mss: 1000, ...options });
  made.peer.send(ack({ seq: 1, ack: 1 }));
  expect(made.host.write(10_000)).toBe(10_000);
  made.peer.expect(
    ...Array.from({ length: 10 }, (_, i) => data(1000, { seq: 1 + 1000 * i, ack: 1 })),
  );
  return made;
}

test('RFC 6675 §4c, RFC 2018 §5a: every hole is sent again once, nothing that was reported', () => {
  const { peer } = tenInFlight();
  // Segments 1, 4 and 6 are lost.
  peer.send(ack({ ack: 1, sack: [[1001, 2001]] }), ack({ ack: 1, sack: [[1001, 3001]] }));
  peer.expectNothing();
  peer.send(
    ack({
      ack: 1,
      sack: [
        [4001, 5001],
        [1001, 3001],
      ],
    }),
  );
  peer.expect(data(1000, { seq: 1 }));
  for (const right of [7001, 8001, 9001, 10_001]) {
    peer.send(
      ack({
        ack: 1,
        sack: [
          [6001, right],
          [4001, 5001],
          [1001, 3001],
        ],
      }),
    );
  }
  peer.expect(data(1000, { seq: 3001 }), data(1000, { seq: 5001 }));
  peer.send(ack({ ack: 10_001 }));
  peer.expectNothing();
});

test('RFC 2018 §5b, §5c: a timeout sends the left edge again even if it was reported', () => {
  const { host, peer } = tenInFlight();
  peer.send(ack({ ack: 1, sack: [[1001, 10_001]] }));
  // The peer has thrown away what it reported: it acknowledges the first segment and nothing more.
  host.wait(1000);
  expect(peer.take().map((segment) => segment.seq)).toContain(1);
  peer.send(ack({ ack: 1001 }));
  peer.take();
  host.wait(10_000);
  expect(peer.take().map((segment) => segment.seq)).toContain(1001);
});

test('RFC 6675 §3: a block below SND.UNA, beyond SND.NXT or inverted changes nothing', () => {
  const { host, peer } = tenInFlight();
  peer.send(ack({ ack: 2001 }));
  peer.take();
  const blocks = [
    [1, 1001],
    [10_001, 20_001],
    [5001, 4001],
    [3001, 90_001],
  ] as const;
  for (const block of blocks)
    peer.send(ack({ ack: 2001, sack: [block], win: 65_000 + (block[0] % 7) }));
  peer.expectNothing();
  host.wait(1000);
  // Beside the probe of the tail, the timeout finds the left edge.
  expect(peer.take().map(({ seq }) => seq)).toContain(2001);
});

test('10,000 one-octet reports do not stop the connection', () => {
  const { host, peer } = tenInFlight({ set: [[Option.NAGLE, 0]] });
  for (let i = 0; i < 10_000; i += 2) peer.send(ack({ ack: 1, sack: [[2 + i, 3 + i]] }));
  peer.take();
  peer.send(ack({ ack: 10_001 }));
  host.write(10);
  expect(peer.take().at(-1)?.seq).toBe(10_001);
});

test('MAY-7, RFC 7323 §2.4b: recovery sends lost text again beyond a window that shrank', () => {
  const { peer, host } = established({ mss: 1000, window: 10_000 });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(10_000);
  expect(peer.take()).toHaveLength(10);
  for (const right of [8001, 9001, 10_001])
    peer.send(ack({ ack: 1001, win: 2000, sack: [[7001, right]] }));
  expect(peer.take()[0]?.seq).toBe(1001);
  for (const left of [6001, 5001])
    peer.send(ack({ ack: 1001, win: 2000, sack: [[left, 10_001]] }));
  const again = peer.take().map((segment) => segment.seq);
  expect(again).toEqual([2001, 3001]);
});

test('RFC 6675 §5c: after recovery cwnd is ssthresh, however little is in flight', () => {
  const { host, peer } = established({ mss: 1000, wscale: 7 });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(10_000);
  expect(peer.take()).toHaveLength(10);
  for (let right = 2001; right <= 10_001; right += 1000) {
    peer.send(ack({ ack: 1, sack: [[1001, right]] }));
  }
  peer.expect(data(1000, { seq: 1 }));
  peer.send(ack({ ack: 10_001 }));
  expect(host.status()).toMatchObject({ flightSize: 0, cwnd: 5000, ssthresh: 5000 });
  host.write(10_000);
  expect(peer.take()).toHaveLength(5);
});

test('what is lost before the numbers wrap is sent again whole, and no longer than it was', () => {
  // The ISS is the clock's, four microseconds a step: a little later it lies before the wrap.
  const { peer: other } = established({ mss: 1000 });
  const epoch = 1000 + (((2 ** 32 - 5_500 - other.iss) >>> 0) * 4) / 1000;
  const { host, peer } = established({ mss: 1000, epoch });
  expect(2 ** 32 - peer.iss).toBeLessThan(10_000);
  host.write(400);
  host.write(8_000);
  expect(peer.take()).toHaveLength(9);
  // The first, a short one, is lost; the numbers begin anew behind it.
  peer.send(ack({ ack: 1, sack: [[401, 8401]] }));
  const again = peer.take();
  expect(again.map(({ seq, text }) => [seq, text.length])).toEqual([[1, 400]]);
  expect(host.status()).toMatchObject({ lost: 400, retrans: 400, sacked: 8000 });
  peer.send(ack({ ack: 8401 }));
  expect(host.status()).toMatchObject({ lost: 0, retrans: 0, sacked: 0 });
});
