/** Pacing (draft-ietf-ccwg-bbr §5.6.2): data leaves at a rate. */
import { expect, test } from 'vitest';
import { Reason, TraceKind } from '../host-web/abi.ts';
import { ack, data, established, type Host, Option, type Peer, Setting } from './dsl/index.ts';
import { readTrace } from './dsl/ladder.ts';

const MSS = 1000;
const RTT = 100;
/** Octets a second. */
const RATE = 100_000;

const bounded = (options = {}) =>
  established({
    mss: MSS,
    wscale: 7,
    handshakeMs: RTT,
    set: [[Option.MAX_PACING_RATE, RATE]],
    ...options,
  });

/** What leaves in so many milliseconds, each with its time since the first of them. */
function leaving(host: Host, peer: Peer, millis: number): number[] {
  const times = peer.take().map(() => 0);
  for (let at = 1; at <= millis; at++) {
    host.wait(1);
    times.push(...peer.take().map(() => at));
  }
  return times;
}

test('BBR §5.6.2a, §5.6.2b: each segment moves the time of the next by its octets', () => {
  const { host, peer } = bounded();
  host.write(8 * MSS);
  // Ten milliseconds a segment, and two that may be made up for.
  expect(leaving(host, peer, 80)).toEqual([0, 8, 18, 28, 38, 48, 58, 68]);
});

test('a bound holds for what is sent again, too', () => {
  const { host, peer } = bounded();
  host.write(8 * MSS);
  leaving(host, peer, 80);
  // The first four are lost.
  peer.send(ack({ ack: 1, sack: [[1 + 4 * MSS, 1 + 8 * MSS]] }));
  const times = leaving(host, peer, 60);
  expect(times.length).toBeGreaterThan(2);
  for (const [i, at] of times.slice(1).entries()) {
    expect(at - times[i]!).toBeGreaterThanOrEqual(10);
  }
});

test('no ACK waits for the pacer', () => {
  const { host, peer } = bounded({ set: [[Option.MAX_PACING_RATE, 1000]] });
  host.write(4 * MSS);
  peer.take();
  peer.send(data(MSS, { seq: 1, ack: 1 }));
  peer.send(data(MSS, { seq: 1 + MSS, ack: 1 }));
  const came = peer.take();
  expect(came.map(({ text, ack: number }) => [text.length, number])).toEqual([[0, 1 + 2 * MSS]]);
});

test('a host is not woken more often than once a millisecond, and nothing is slower for it', () => {
  const settings = { [Setting.PACING]: 1 };
  const { host, peer } = established({ mss: MSS, wscale: 7, handshakeMs: 10, settings });
  host.write(10 * MSS);
  // Half a millisecond a segment; two milliseconds may be made up for.
  expect(peer.take()).toHaveLength(5);
  host.wait(0.9);
  expect(peer.take()).toHaveLength(0);
  host.wait(0.1);
  expect(leaving(host, peer, 1)).toEqual([0, 0, 1, 1]);
});

test('the trace says that a segment waits for its time', () => {
  const { stack, host } = bounded();
  host.write(4 * MSS);
  const paced = readTrace(stack.core, 0, 4096).filter(({ reason }) => reason === Reason.PACED);
  expect(paced).toHaveLength(1);
  expect(paced[0]!.kind).toBe(TraceKind.CONGESTION);
});

test('STATUS has the rate, and no timer of the pacer', () => {
  const { host, peer } = bounded();
  host.write(4 * MSS);
  peer.take();
  expect(host.look('pacingRate')).toBe(RATE);
  // RTO or the tail's probe, never the pacer.
  expect(host.look('timer')).toBe(1);
});

test('a bound that is taken away holds nobody back any more', () => {
  const { host, peer } = bounded();
  host.write(8 * MSS);
  expect(peer.take()).toHaveLength(1);
  expect(host.setOption(Option.MAX_PACING_RATE, 0)).toBe(0);
  expect(peer.take()).toHaveLength(7);
  expect(host.look('pacingRate')).toBe(0);
});

test('tcp_pacing: twice cwnd a round trip in slow start, a fifth more than cwnd after it', () => {
  const settings = { [Setting.PACING]: 1 };
  const { host, peer } = established({ mss: MSS, wscale: 7, handshakeMs: RTT, settings });
  host.write(10 * MSS);
  expect(host.look('pacingRate')).toBe((2 * 10 * MSS * 1000) / RTT);
  leaving(host, peer, RTT);
  peer.send(ack({ ack: 1, sack: [[1 + MSS, 1 + 10 * MSS]] }));
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  const { cwnd, srtt } = host.status()!;
  expect(host.look('pacingRate')).toBe(Math.floor((1.2 * cwnd * 1e6) / srtt));
});
