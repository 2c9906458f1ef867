/**
 * One recovery after the other (RFC 3522, 3708, 5682, 7661, 9438): what is still on its way of the
 * first is not taken for the second's, and what the second takes comes back whole.
 */
import { expect, test } from 'vitest';
import { ack, Counter, established, type Peer } from './dsl/index.ts';

const MSS = 1000;
const RTT = 100;

/** Segments numbered from 0, of so many octets each. */
function numbered(size: number) {
  const at = (segment: number) => 1 + segment * size;
  return {
    at,
    /** An ACK of the segments before `acked` that reports the ranges of others. */
    report(acked: number, ...ranges: [number, number][]) {
      const sack = ranges.map(([from, to]): [number, number] => [at(from), at(to)]);
      return ack({ ack: at(acked), sack });
    },
    numbers: (peer: Peer) => peer.take().map(({ seq }) => (seq - 1) / size),
  };
}

test('RFC 8985 §6.2: of what is sent again all at once, what is lost anew is found', () => {
  const { report, numbers } = numbered(MSS);
  const { stack, host, peer } = established({ mss: MSS, wscale: 7, handshakeMs: RTT });
  host.write(10 * MSS);
  peer.take();
  host.wait(RTT);
  // The acknowledgments come together, and so do the answers to them leave.
  const ranges: [number, number][] = [
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 10],
  ];
  peer.send(...ranges.map((_, last) => report(0, ...ranges.slice(0, last + 1).reverse())));
  expect(numbers(peer)).toEqual([0, 2, 4, 6]);
  host.wait(RTT);
  peer.send(report(0, [1, 3], [7, 10], [5, 6]));
  expect(numbers(peer)).toContain(0);
  expect(stack.counter(Counter.TcpExtTCPLostRetransmit)).toBe(1);
});

/**
 * A recovery without timestamps that has sent 0 again, and 12, which was new when it began.
 */
function resent() {
  const { report, numbers } = numbered(MSS);
  const made = established({ mss: MSS, wscale: 7, handshakeMs: RTT });
  const { host, peer } = made;
  host.write(60 * MSS);
  host.wait(RTT);
  for (let last = 2; last <= 10; last++) peer.send(report(0, [1, last]));
  numbers(peer);
  host.wait(RTT);
  peer.send(report(0, [13, 14], [1, 12]));
  expect(numbers(peer)).toEqual([12, 14, 15, 16]);
  return { ...made, report, numbers };
}

test('RFC 3708 §3a: what was new when recovery began counts like all else it sends again', () => {
  const { stack, peer, report } = resent();
  peer.send(report(0, [12, 13], [1, 14]));
  expect(stack.counter(Counter.TcpExtTCPDSACKUndo)).toBe(0);
  peer.send(report(1, [0, 1], [1, 14]));
  expect(stack.counter(Counter.TcpExtTCPDSACKUndo)).toBe(1);
});

test('RFC 3708 §3b: copies that the network makes of what was sent once undo nothing', () => {
  const { stack, peer, report } = resent();
  for (const [from, to] of [
    [14, 15],
    [15, 16],
  ]) {
    peer.send(report(0, [from!, to!], [14, 16], [13, 14], [1, 12]));
  }
  expect(stack.counter(Counter.TcpExtTCPDSACKUndo)).toBe(0);
});

/** A second recovery has sent 14 again, while 12 of the first is on its way again. */
function overlapping() {
  const made = resent();
  const { stack, host, peer, report, numbers } = made;
  host.wait(10);
  peer.send(report(12, [13, 14]));
  host.wait(RTT - 10);
  peer.send(report(12, [15, 16], [13, 14]));
  numbers(peer);
  host.wait(RTT / 4);
  expect(numbers(peer)).toEqual([14]);
  expect(stack.counter(Counter.TcpExtTCPSackRecovery)).toBe(2);
  return made;
}

test('RFC 3708 §3b: duplicates of what an earlier recovery has sent again undo nothing', () => {
  const { stack, host, peer, report } = overlapping();
  const { ssthresh } = host.status()!;
  peer.send(report(14, [12, 13], [15, 16]));
  expect(stack.counter(Counter.TcpExtTCPDSACKUndo)).toBe(0);
  expect(host.look('ssthresh')).toBe(ssthresh);
});

test('RFC 3708 §3a: once all of both are reported twice, the later is undone', () => {
  const { stack, host, peer, report } = overlapping();
  const { ssthresh } = host.status()!;
  peer.send(report(14, [12, 13], [15, 16]));
  peer.send(report(14, [14, 15], [14, 16]));
  expect(stack.counter(Counter.TcpExtTCPDSACKUndo)).toBe(1);
  expect(host.look('ssthresh')).toBeGreaterThan(ssthresh);
});

test('RFC 3708 §3b: nor does the duplicate of a probe', () => {
  const { report, numbers } = numbered(MSS);
  const { stack, host, peer } = established({ mss: MSS, wscale: 7, handshakeMs: RTT });
  host.write(10 * MSS);
  host.wait(2 * RTT + 2);
  expect(numbers(peer).at(-1)).toBe(9);
  // The SACK of the originals comes late; the first was lost indeed.
  peer.send(report(0, [1, 10]));
  expect(numbers(peer)).toEqual([0]);
  peer.send(report(0, [9, 10], [1, 10]));
  expect(stack.counter(Counter.TcpExtTCPDSACKUndo)).toBe(0);
});

test('RFC 3522 §3.2a: the echo of what was sent again before an undo is no proof after it', () => {
  const { at, report, numbers } = numbered(MSS - 12);
  const made = established({ mss: MSS, wscale: 7, handshakeMs: RTT, timestamps: true });
  const { stack, host, peer } = made;
  host.write(60 * (MSS - 12));
  const original = peer.take()[0]!.ts![0];
  let now = peer.clockOffset + 1000;
  const send = (echo: number, acked: number, ...ranges: [number, number][]) =>
    peer.send({ ...report(acked, ...ranges), ts: [now++, echo] });
  host.wait(RTT);
  for (let last = 2; last <= 5; last++) send(original, 0, [1, last]);
  expect(numbers(peer)).toEqual([10, 11, 0]);
  host.wait(1);
  for (let last = 7; last <= 10; last++) send(original, 0, [6, last], [1, 5]);
  const again = peer.take().find(({ seq }) => seq === at(5))!;
  // The first was only late; the sixth was lost, and is on its way again.
  send(original, 5, [6, 10]);
  expect(stack.counter(Counter.TcpExtTCPFullUndo)).toBe(1);
  host.wait(RTT);
  numbers(peer);
  send(original, 5, [11, 12], [6, 10]);
  host.wait(RTT / 4);
  expect(numbers(peer)).toContain(10);
  const { ssthresh } = host.status()!;
  send(again.ts![0], 10, [11, 12]);
  expect(stack.counter(Counter.TcpExtTCPFullUndo)).toBe(1);
  expect(host.look('ssthresh')).toBe(ssthresh);
});
