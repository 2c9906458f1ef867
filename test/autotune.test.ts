/**
 * Buffers that tune themselves (Linux's `tcp_rmem` and `tcp_wmem`), segment by segment: what makes
 * them grow, what they never do, and what switches it off. How much a line carries with them stands
 * in `test/simulation/autotune.test.ts`.
 */
import { describe, expect, test } from 'vitest';
import { ack, data, established, listening, Option, Peer, Setting, syn } from './dsl/index.ts';
import type { Options } from './dsl/states.ts';

const MSS = 1000;
const ROUND_TRIP = 100;

/** Both buffers tune themselves; the peer scales by 7. */
function tuned(options: Options = {}, roundTrip = ROUND_TRIP) {
  const limits = { receiveBuffer: 0, sendBuffer: 0, pages: 16_384, ...options.limits };
  const made = established({ mss: MSS, wscale: 7, timestamps: true, ...options, limits });
  const { host, peer } = made;
  let seq = 1;
  const edges: number[] = [];
  host.wait(roundTrip);
  /** A round trip in which so many segments come and are read, or left. */
  const round = (segments: number, reads = true) => {
    const at = seq;
    seq += segments * MSS;
    const each = (_: unknown, i: number) => data(MSS, { seq: at + i * MSS, ack: 1 });
    peer.send(...Array.from({ length: segments }, each));
    if (reads) for (let n = host.read(); n !== ''; n = host.read());
    host.wait(roundTrip);
    const shift = host.look('rcvShift');
    for (const { ack: to, win } of peer.take()) edges.push(to! + win! * 2 ** shift);
  };
  return { ...made, round, edges };
}

describe('the receive buffer', () => {
  test('grows to twice what was read in a round trip, and by what its growth may bring', () => {
    const { host, round } = tuned();
    expect(host.look('rcvBuf')).toBe(131_072);
    round(10);
    round(20);
    expect(host.look('rcvSpace')).toBe(20_000);
    expect(host.look('rcvBuf')).toBe(131_072);
    round(60);
    expect(host.look('rcvBuf')).toBe(2 * 60_000 + 4 * 20_000);
    // As much again is no reason to grow, and less none to shrink.
    round(60);
    round(5);
    expect(host.look('rcvBuf')).toBe(2 * 60_000 + 4 * 20_000);
    expect(host.look('rcvRtt')).toBe(ROUND_TRIP * 1000);
  });

  test('where a tick brings many windows, it holds what a turn brings, twice', () => {
    // The handshake was slow, and so knows no better.
    const { host, round } = tuned({ handshakeMs: 8 }, 0.1);
    // Nothing is beyond the window, or it would not be taken.
    for (let i = 0; i < 400; i++) round(60);
    expect(host.look('rcvNxt')).toBeGreaterThan(399 * 60 * MSS);
    expect(host.look('rcvBuf')).toBeLessThanOrEqual(2 * 131_072);
  });

  test('SHLD-14: the right edge never moves left meanwhile', () => {
    const { round, edges } = tuned();
    for (const segments of [10, 40, 60, 3, 100, 100, 7, 1, 120]) round(segments);
    expect(edges).toEqual([...edges].sort((a, b) => a - b));
    expect(edges.at(-1)! - edges[0]!).toBeGreaterThan(431_000);
  });

  test('does not grow by what nobody reads', () => {
    const { host, round } = tuned();
    round(10);
    for (let i = 0; i < 12; i++) round(20, false);
    expect(host.look('rcvBuf')).toBe(131_072);
    // The field counts in steps, and what rounding up gives away is 64 KiB at most.
    expect(host.look('receiveQueue')).toBeLessThanOrEqual(131_072 + 65_536);
  });

  test('without timestamps the round trip is a window’s', () => {
    const { host, round } = tuned({ timestamps: false });
    for (let i = 0; i < 5; i++) round(60);
    expect(host.look('rcvRtt')).toBeGreaterThanOrEqual(ROUND_TRIP * 1000);
    expect(host.look('rcvRtt')).toBeLessThanOrEqual(3 * ROUND_TRIP * 1000);
  });

  test('where the peer does not scale, the field is all that is offered', () => {
    const { host, round } = tuned({ wscale: undefined });
    for (let i = 0; i < 5; i++) round(60);
    expect(host.look('rcvShift')).toBe(0);
    expect(host.look('rcvWnd')).toBeLessThanOrEqual(65_535);
  });

  test.each(['before OPEN', 'later'])('has the size the user gives it %s for good', (when) => {
    const option = [Option.RECEIVE_BUFFER, 200_000] as const;
    const { host, round } = tuned(when === 'later' ? {} : { set: [option] });
    if (when === 'later') expect(host.setOption(...option)).toBe(0);
    for (const segments of [10, 60, 150, 190]) round(segments);
    expect(host.look('rcvBuf')).toBe(200_000);
    expect(host.look('rcvShift')).toBe(when === 'later' ? 10 : 2);
  });
});

describe('the scale', () => {
  test('fits the most the buffer may grow to, and the SYN queue keeps what was offered', () => {
    const limits = { receiveBuffer: 0, pages: 16_384 };
    const { stack, listener } = listening({ wscale: 7, limits });
    const peer = new Peer(stack, { port: 50_000 });
    peer.send(syn({ seq: 0, mss: MSS, wscale: 7 }));
    expect(peer.take()[0]).toMatchObject({ wscale: 10, win: 65_535 });
    stack.core.set(Setting.RMEM_MAX, 100_000);
    peer.send(ack({ seq: 1, ack: 1 }));
    const host = listener.accept()!;
    expect(host.look('rcvShift')).toBe(10);
    expect(host.look('rcvBuf')).toBe(131_072);
  });

  test('and the buffer is half of all pages at most', () => {
    const { host, round } = tuned({ limits: { pages: 64 } });
    for (const segments of [10, 20, 40, 60, 60]) round(segments);
    expect(host.look('rcvBuf')).toBe(32 * 4096);
    expect(host.look('rcvShift')).toBe(2);
  });
});

describe('the send buffer', () => {
  test('holds two windows', () => {
    const { host, peer } = tuned({ timestamps: false });
    expect(host.write(60_000)).toBe(20_000);
    expect(host.look('cwnd')).toBe(10_000);
    expect(peer.take()).toHaveLength(10);
    peer.send(ack({ seq: 1, ack: 10_001, win: 60_000 }));
    expect(host.look('cwnd')).toBe(20_000);
    expect(host.write(60_000)).toBe(30_000);
    expect(host.look('sndBuf')).toBe(40_000);
  });

  test('holds no more than the peer takes, twice', () => {
    const { host } = tuned({ timestamps: false, window: 64 });
    expect(host.look('sndWnd')).toBe(64 << 7);
    expect(host.write(60_000)).toBe(2 * (64 << 7));
  });

  test('has the size the user gives it', () => {
    const { host } = tuned({ set: [[Option.SEND_BUFFER, 5000]] });
    expect(host.write(60_000)).toBe(5000);
  });

  test('is sixteen thousand octets until the peer has answered', () => {
    const settings = { [Setting.WMEM_DEFAULT]: 3000 };
    const { host } = tuned({ settings, window: 1 });
    expect(host.look('sndBuf')).toBe(3000);
    expect(tuned({ window: 1 }).host.look('sndBuf')).toBe(16_384);
  });
});
