/** Congestion window validation (RFC 7661), with `tcp_slow_start_after_idle` at 0, and without. */
import { describe, expect, test } from 'vitest';
import { ack, Controller, established, type Host, type Peer, Setting } from './dsl/index.ts';

const MSS = 1000;
const RTT = 100;
const FIVE_MINUTES = 300_000;

/** A connection whose cwnd is 40 segments, all of them used and validated. */
function opened(keeps: boolean) {
  const settings = {
    [Setting.CONGESTION_CONTROL]: Controller.RENO,
    [Setting.SLOW_START_AFTER_IDLE]: Number(!keeps),
  };
  const made = established({ mss: MSS, wscale: 10, handshakeMs: RTT, settings });
  const at = { acked: 0 };
  for (const segments of [10, 20]) round(made.host, made.peer, at, segments);
  expect(made.host.look('cwnd')).toBe(40 * MSS);
  return { ...made, at };
}

/** Sends so many segments, which are acknowledged one by one after a round trip. */
function round(host: Host, peer: Peer, at: { acked: number }, segments: number): void {
  host.write(segments * MSS);
  expect(peer.take()).toHaveLength(segments);
  host.wait(RTT);
  for (let i = 0; i < segments; i++) {
    at.acked += MSS;
    peer.send(ack({ ack: 1 + at.acked }));
  }
}

/** Uses a tenth of cwnd for so many round trips. */
function useLittle(made: ReturnType<typeof opened>, rounds: number): void {
  for (let i = 0; i < rounds; i++) {
    round(made.host, made.peer, made.at, 4);
    made.host.wait(RTT);
  }
}

/** Loses the first of so many segments, and recovers; answers ssthresh meanwhile. */
function lose({ host, peer, at }: ReturnType<typeof opened>, segments: number): number {
  host.write(segments * MSS);
  peer.take();
  host.wait(RTT);
  const edge = 1 + at.acked;
  peer.send(ack({ ack: edge, sack: [[edge + MSS, edge + segments * MSS]] }));
  expect(peer.take()[0]?.seq).toBe(edge);
  const ssthresh = host.look('ssthresh');
  host.wait(RTT);
  at.acked += segments * MSS;
  peer.send(ack({ ack: 1 + at.acked }));
  return ssthresh;
}

test('RFC 7661 §4.1: a connection begins validated: its window grows from the first ACK on', () => {
  const { host } = opened(true);
  expect(host.look('cwnd')).toBe(40 * MSS);
});

test('RFC 7661 §4.2a, §4.3a, §4.3b, §4.4: under half of cwnd it stays, then it grows', () => {
  const made = opened(true);
  useLittle(made, 20);
  round(made.host, made.peer, made.at, 19);
  expect(made.host.look('cwnd')).toBe(40 * MSS);
  // A window that is full is no proof before it is acknowledged.
  round(made.host, made.peer, made.at, 40);
  expect(made.host.look('cwnd')).toBe(41 * MSS);
  round(made.host, made.peer, made.at, 40);
  expect(made.host.look('cwnd')).toBeGreaterThan(70 * MSS);
});

test('RFC 7661 §4.2b: what was used within a second counts', () => {
  const made = opened(true);
  useLittle(made, 3);
  lose(made, 4);
  // 20 segments a round trip, seen 600 ms ago, are half of cwnd: the usual reduction.
  expect(made.host.look('ssthresh')).toBe(2 * MSS);
});

test('RFC 7661 §4.3c: validated or not, a window that is not filled does not grow', () => {
  const made = opened(true);
  for (let i = 0; i < 5; i++) round(made.host, made.peer, made.at, 20);
  expect(made.host.look('cwnd')).toBe(40 * MSS);
});

test('RFC 7661 §4.4.1a: a loss leaves half of what the path has carried, not of cwnd', () => {
  const made = opened(true);
  useLittle(made, 10);
  round(made.host, made.peer, made.at, 16);
  expect(lose(made, 4)).toBe(8 * MSS);
});

test('RFC 7661 §4.4.1b: after recovery, less half of what was sent again', () => {
  const made = opened(true);
  useLittle(made, 10);
  round(made.host, made.peer, made.at, 16);
  lose(made, 4);
  expect(made.host.look('cwnd')).toBe(7.5 * MSS);
});

test('RFC 7661 §4.4.1b: a probe that was on its way before is no part of that', () => {
  const made = opened(true);
  useLittle(made, 10);
  round(made.host, made.peer, made.at, 16);
  const { host, peer, at } = made;
  host.write(4 * MSS);
  host.wait(3 * RTT);
  expect(peer.take()).toHaveLength(5);
  const edge = 1 + at.acked;
  peer.send(ack({ ack: edge, sack: [[edge + MSS, edge + 4 * MSS]] }));
  peer.take();
  host.wait(RTT);
  peer.send(ack({ ack: edge + 4 * MSS }));
  expect(host.look('cwnd')).toBe(7.5 * MSS);
});

test('RFC 7661 §4.4.1d: and ssthresh is cwnd then, so no slow start follows', () => {
  const made = opened(true);
  useLittle(made, 10);
  round(made.host, made.peer, made.at, 16);
  lose(made, 4);
  expect(made.host.look('ssthresh')).toBe(made.host.look('cwnd'));
});

test('RFC 7661 §4.4.3: a second period follows the first', () => {
  const made = opened(true);
  for (let i = 0; i < 2; i++) round(made.host, made.peer, made.at, 40 + 20 * i);
  const { cwnd } = made.host.status()!;
  made.host.wait(1.9 * FIVE_MINUTES);
  made.host.write(4 * MSS);
  made.peer.take();
  expect(made.host.look('cwnd')).toBe(cwnd / 2);
  made.peer.send(ack({ ack: made.at.acked + 1 + 4 * MSS }));
  made.host.wait(0.15 * FIVE_MINUTES);
  made.host.write(4 * MSS);
  made.peer.take();
  made.host.wait(1);
  made.peer.send(ack({ ack: made.at.acked + 1 + 8 * MSS }));
  expect(made.host.look('cwnd')).toBe(cwnd / 4);
});

test('RFC 7661 §4.4.1c: then nothing is known of the path, and the window grows as usual', () => {
  const made = opened(true);
  useLittle(made, 10);
  round(made.host, made.peer, made.at, 16);
  lose(made, 4);
  for (let i = 0; i < 2; i++) round(made.host, made.peer, made.at, 7);
  expect(made.host.look('cwnd')).toBeGreaterThan(7.5 * MSS);
});

test('RFC 7661 §4.4: a pause of less than five minutes leaves cwnd as it is', () => {
  const made = opened(true);
  made.host.wait(FIVE_MINUTES - 10_000);
  made.host.write(60 * MSS);
  expect(made.peer.take()).toHaveLength(40);
});

test('RFC 7661 §4.4.3a, §4.4.3b: after five minutes half of cwnd is left, and ssthresh', () => {
  const made = opened(true);
  lose(made, 40);
  const before = made.host.look('cwnd');
  expect(before).toBeGreaterThan(19 * MSS);
  made.host.wait(FIVE_MINUTES + 1000);
  made.host.write(60 * MSS);
  expect(made.peer.take()).toHaveLength(Math.max(10, Math.floor(before / 2 / MSS)));
  expect(made.host.look('ssthresh')).toBeGreaterThanOrEqual((3 / 4) * before);
});

test('RFC 7661 §4.4.3b: after an hour it is as at the beginning', () => {
  const made = opened(true);
  made.host.wait(12 * FIVE_MINUTES);
  made.host.write(60 * MSS);
  expect(made.peer.take()).toHaveLength(10);
});

test('tcp_slow_start_after_idle 1: a pause takes half of cwnd for each RTO', () => {
  for (const [rtos, left] of [
    [1, 20],
    [2, 10],
    [50, 10],
  ] as const) {
    const made = opened(false);
    made.host.wait((rtos * made.host.look('rto')) / 1000 + 10 - RTT);
    made.host.write(60 * MSS);
    expect(made.peer.take()).toHaveLength(left);
  }
});

describe('tcp_slow_start_after_idle 1: a user that sends little for long', () => {
  test('for each RTO cwnd comes halfway down to what was used, or an initial window', () => {
    const made = opened(false);
    const seen = new Set<number>();
    for (let i = 0; i < 40; i++) {
      useLittle(made, 1);
      seen.add(made.host.look('cwnd') / MSS);
    }
    expect([...seen].slice(0, 4)).toEqual([40, 25, 17.5, 13.75]);
    expect(made.host.look('cwnd')).toBeLessThan(10.1 * MSS);
    // Where it has been is remembered: slow start goes there.
    expect(made.host.look('ssthresh')).toBeGreaterThanOrEqual(30 * MSS);
    made.host.write(60 * MSS);
    expect(made.peer.take()).toHaveLength(10);
  });

  test('what was used in that time counts, not what is used at its end', () => {
    const made = opened(false);
    for (let i = 0; i < 40; i++) {
      round(made.host, made.peer, made.at, 15);
      useLittle(made, 1);
    }
    // Slow start goes to twice what is used (§4.3).
    expect(made.host.look('cwnd')).toBeGreaterThanOrEqual(15 * MSS);
    expect(made.host.look('cwnd')).toBeLessThan(32 * MSS);
  });

  test('one that fills cwnd keeps it', () => {
    const made = opened(false);
    for (let i = 0; i < 12; i++) round(made.host, made.peer, made.at, 40);
    expect(made.host.look('cwnd')).toBeGreaterThanOrEqual(40 * MSS);
  });
});
