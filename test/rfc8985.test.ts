/** RACK-TLP (RFC 8985): losses found by time, and the tail of a flight asked after. */
import { expect, test } from 'vitest';
import { ack, Counter, established, type Peer, Setting, synReceived } from './dsl/index.ts';

const MSS = 1000;
/** Milliseconds. The smallest window of reordering is a quarter of it. */
const RTT = 100;

/** Ten segments in flight at time 0, of so many written; the path has been measured. */
function tenSent(written = 10, options = {}) {
  const made = established({ mss: MSS, wscale: 7, handshakeMs: RTT, ...options });
  made.host.write(written * MSS);
  expect(made.peer.take()).toHaveLength(10);
  return made;
}

/** An ACK of the segments before `at` that reports those from `from` on, `to` excluded. */
const report = (from: number, to: number, at = 0) =>
  ack({ ack: 1 + at * MSS, sack: [[1 + from * MSS, 1 + to * MSS]] });

/** The segments that came, by number. */
const numbers = (peer: Peer) => peer.take().map(({ seq }) => (seq - 1) / MSS);

test('RFC 8985 §6.2a, §6.2e: what is a quarter of the RTT late is lost', () => {
  const { host, peer } = tenSent();
  host.wait(RTT);
  peer.send(report(1, 2));
  expect(numbers(peer)).toEqual([]);
  host.wait(RTT / 4 - 1);
  expect(numbers(peer)).toEqual([]);
  host.wait(1);
  expect(numbers(peer)).toEqual([0]);
});

test('RFC 8985 §6.2d: three segments beyond it prove a loss at once', () => {
  const { stack, host, peer } = tenSent();
  host.wait(RTT);
  peer.send(report(1, 4));
  expect(numbers(peer)).toEqual([0]);
  expect(stack.counter(Counter.TcpExtTCPSACKReorder)).toBe(0);
});

test('RFC 8985 §6.2b: where segments were seen to overtake each other, three prove nothing', () => {
  const { stack, host, peer } = tenSent();
  host.wait(RTT);
  peer.send(report(1, 2));
  host.wait(5);
  // The first arrives after the second, sent once: that is reordering.
  peer.send(ack({ ack: 1 + 2 * MSS }));
  expect(stack.counter(Counter.TcpExtTCPSACKReorder)).toBe(1);
  peer.send(report(3, 7, 2));
  expect(numbers(peer)).toEqual([]);
  host.wait(RTT / 4);
  expect(numbers(peer)).toEqual([2]);
});

test('RFC 8985 §6.2c: a reported duplicate widens the window by another quarter', () => {
  const { host, peer } = tenSent();
  host.wait(RTT);
  peer.send(report(1, 2));
  // The first comes late, and twice.
  peer.send(ack({ ack: 1 + 2 * MSS, sack: [[1, 1 + MSS]] }));
  peer.send(report(3, 7, 2));
  expect(numbers(peer)).toEqual([]);
  host.wait(RTT / 2 - 1);
  expect(numbers(peer)).toEqual([]);
  host.wait(1);
  expect(numbers(peer)).toEqual([2]);
});

test('RFC 8985 §6.1, §6.2: a lost retransmission is found by what was sent after it', () => {
  const { stack, host, peer } = tenSent(30);
  host.wait(RTT);
  peer.send(report(1, 4));
  expect(numbers(peer)).toEqual([0]);
  host.wait(10);
  peer.send(report(1, 8));
  const later = numbers(peer);
  expect(later.length).toBeGreaterThan(0);
  expect(later).not.toContain(0);
  host.wait(RTT);
  peer.send(report(1, 11));
  expect(numbers(peer)[0]).toBe(0);
  expect(stack.counter(Counter.TcpExtTCPLostRetransmit)).toBe(1);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(0);
});

test('RFC 8985 §6.3: a timeout leaves alone what was sent less than a round trip ago', () => {
  const { stack, host, peer } = established({ mss: MSS, wscale: 7, handshakeMs: RTT });
  host.write(2 * MSS);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + MSS }));
  const rto = host.look('rto') / 1000;
  host.wait(rto);
  expect(stack.counter(Counter.TcpExtTCPLossProbes)).toBe(1);
  host.wait(2 * rto - 20);
  host.write(MSS);
  peer.take();
  host.wait(20);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(1);
  expect(numbers(peer)).toEqual([1]);
  // The third segment is in flight beside the one that cwnd allows.
  expect(host.look('cwnd')).toBe(2 * MSS);
});

test('RFC 8985 §7.2a, §7.3b: after two silent round trips the last segment is sent again', () => {
  const { stack, host, peer } = tenSent();
  host.wait(2 * RTT + 1);
  expect(numbers(peer)).toEqual([]);
  host.wait(1);
  expect(numbers(peer)).toEqual([9]);
  expect(stack.counter(Counter.TcpExtTCPLossProbes)).toBe(1);
});

test('RFC 8985 §7.2a: a single segment is given the time its ACK may be delayed', () => {
  const settings = { [Setting.RTO_MIN_MS]: 1000 };
  const { host, peer } = established({ mss: MSS, wscale: 7, handshakeMs: RTT, settings });
  host.write(MSS);
  peer.take();
  host.wait(2 * RTT + 199);
  expect(numbers(peer)).toEqual([]);
  host.wait(1);
  expect(numbers(peer)).toEqual([0]);
});

test('RFC 8985 §7.2c: where the timeout would come first, the probe takes its place', () => {
  const { stack, host, peer } = established({ mss: MSS, wscale: 7, handshakeMs: RTT });
  host.write(MSS);
  peer.take();
  const { rto, cwnd } = host.status()!;
  expect(rto / 1000).toBeLessThan(2 * RTT + 200);
  host.wait(rto / 1000 - 1);
  expect(numbers(peer)).toEqual([]);
  host.wait(1);
  expect(numbers(peer)).toEqual([0]);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(0);
  expect(host.look('cwnd')).toBe(cwnd);
});

test('RFC 8985 §7.2c: so does that of many, where two round trips are longer than RTO', () => {
  const { stack, host, peer } = established({ mss: MSS, wscale: 7, handshakeMs: 400 });
  const settled = [1, 2, 3, 4, 5, 6, 7, 8];
  for (const sent of settled) {
    host.write(MSS);
    host.wait(400);
    peer.send(ack({ ack: 1 + sent * MSS }));
  }
  host.write(5 * MSS);
  peer.take();
  const rto = host.look('rto') / 1000;
  expect(rto).toBeLessThan(2 * 400);
  host.wait(rto);
  expect(numbers(peer)).toEqual([12]);
  host.wait(400);
  peer.send(report(12, 13, 8));
  expect(numbers(peer)[0]).toBe(8);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(0);
});

test('RFC 8985 §7.3c, MUST-19: the timeout comes behind the probe, at twice the distance', () => {
  const { stack, host, peer } = established({ mss: MSS, wscale: 7, handshakeMs: RTT });
  host.write(MSS);
  const rto = host.look('rto') / 1000;
  host.wait(rto);
  peer.take();
  host.wait(2 * rto - 1);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(0);
  host.wait(1);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(1);
  expect(numbers(peer)).toEqual([0]);
});

test('RFC 8985 §7.2c: a round trip that has grown beyond RTO is probed once, then measured', () => {
  const { host, peer } = established({ mss: MSS, wscale: 7, handshakeMs: RTT });
  const again: number[] = [];
  for (let sent = 1; sent <= 4; sent++) {
    host.write(MSS);
    peer.take();
    host.wait(4 * RTT);
    again.push(peer.take().length);
    peer.send(ack({ ack: 1 + sent * MSS }));
  }
  expect(again).toEqual([1, 0, 0, 0]);
});

test('RFC 8985 §7.2b: without a measurement the probe comes after a second', () => {
  const { stack, peer, listener } = synReceived({ mss: MSS, wscale: 7 });
  stack.wait(1000);
  peer.take();
  peer.send(ack({ seq: 1, ack: 1 }));
  const host = listener.accept()!;
  host.write(MSS);
  expect(numbers(peer)).toEqual([0]);
  expect(host.look('rto')).toBe(3_000_000);
  host.wait(999);
  expect(numbers(peer)).toEqual([]);
  host.wait(1);
  expect(numbers(peer)).toEqual([0]);
});

test('RFC 8985 §7.3a: a probe carries new data where there is some', () => {
  const { host, peer } = tenSent(20);
  host.wait(2 * RTT + 2);
  expect(numbers(peer)).toEqual([10]);
});

test('RFC 8985 §7.1: after a pause a flight of its own has a probe of its own', () => {
  const { stack, host, peer } = tenSent();
  host.wait(2 * RTT + 2);
  expect(numbers(peer)).toEqual([9]);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  host.wait(5000);
  host.write(2 * MSS);
  peer.take();
  host.wait(2 * RTT + 2);
  expect(numbers(peer)).toEqual([11]);
  expect(stack.counter(Counter.TcpExtTCPLossProbes)).toBe(2);
});

test('RFC 8985 §7.3: no second probe before the first is answered', () => {
  const { stack, host, peer } = tenSent(20);
  host.wait(2 * RTT + 2);
  peer.take();
  host.wait(RTT);
  expect(stack.counter(Counter.TcpExtTCPLossProbes)).toBe(1);
});

test('RFC 8985 §7.4.1: the SACK of a probe finds a lost tail without a timeout', () => {
  const { stack, host, peer } = tenSent();
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 7 * MSS }));
  host.wait(2 * RTT + 2);
  expect(numbers(peer)).toEqual([9]);
  host.wait(RTT);
  peer.send(report(9, 10, 7));
  expect(numbers(peer)[0]).toBe(7);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(0);
});

test('RFC 8985 §7.4.2: a loss that the probe repaired reduces the window like any other', () => {
  const { stack, host, peer } = tenSent();
  host.wait(2 * RTT + 2);
  peer.take();
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  const before = host.look('cwnd');
  host.write(MSS);
  peer.take();
  peer.send(ack({ ack: 1 + 11 * MSS }));
  expect(stack.counter(Counter.TcpExtTCPLossProbeRecovery)).toBe(1);
  expect(host.look('cwnd')).toBeLessThan(before);
});

test('RFC 8985 §7.4: an ACK of less says nothing of the probe', () => {
  const { stack, host, peer } = tenSent();
  host.wait(2 * RTT + 2);
  peer.take();
  peer.send(ack({ ack: 1 }));
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  host.write(MSS);
  peer.send(ack({ ack: 1 + 11 * MSS }));
  expect(stack.counter(Counter.TcpExtTCPLossProbeRecovery)).toBe(1);
});

test('RFC 8985 §7.4.2: a probe whose original had arrived reduces nothing', () => {
  const { stack, host, peer } = tenSent();
  host.wait(2 * RTT + 2);
  peer.take();
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 10 * MSS, sack: [[1 + 9 * MSS, 1 + 10 * MSS]] }));
  const before = host.look('cwnd');
  host.write(MSS);
  peer.take();
  peer.send(ack({ ack: 1 + 11 * MSS }));
  expect(stack.counter(Counter.TcpExtTCPLossProbeRecovery)).toBe(0);
  expect(host.look('cwnd')).toBe(before);
});

test('RFC 8985 §7.3: the SACK of a probe shows what was lost before it, whatever it echoes', () => {
  const made = established({ mss: MSS, wscale: 7, handshakeMs: RTT, timestamps: true });
  const { stack, host, peer } = made;
  const size = MSS - 12;
  const numbers = () => peer.take().map(({ seq }) => (seq - 1) / size);
  host.write(10 * size);
  const first = peer.take();
  host.wait(RTT);
  // What comes out of order does not change the timestamp that is echoed.
  const ts: [number, number] = [peer.clockOffset + 500, first[6]!.ts![0]];
  peer.send(ack({ ack: 1 + 7 * size, ts }));
  host.wait(2 * RTT + 2);
  expect(numbers()).toEqual([9]);
  host.wait(RTT);
  peer.send(ack({ ack: 1 + 7 * size, sack: [[1 + 9 * size, 1 + 10 * size]], ts }));
  expect(numbers()).toEqual([7]);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(0);
});

test('RFC 8985 §6.2: a probe’s answer is believed from the handshake’s round trip on', () => {
  const { stack, host, peer } = tenSent();
  // Segments that leave together wait for each other on the line; a probe waits for none.
  host.wait(RTT + 20);
  peer.send(ack({ ack: 1 + 7 * MSS }));
  host.wait((2 * host.look('srtt')) / 1000 + 2);
  expect(numbers(peer)).toEqual([9]);
  host.wait(RTT);
  peer.send(report(9, 10, 7));
  expect(numbers(peer)).toEqual([7]);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(0);
});

test.each([1, RTT / 2, RTT - 1])(
  'RFC 8985 §6.2f: a probe is answered %s ms sooner than any was',
  (by) => {
    const { stack, host, peer } = tenSent();
    host.wait(RTT);
    peer.send(ack({ ack: 1 + 7 * MSS }));
    host.wait(2 * RTT + 2);
    expect(numbers(peer)).toEqual([9]);
    host.wait(RTT - by);
    peer.send(report(9, 10, 7));
    expect(numbers(peer)).toEqual([7]);
    expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(0);
  },
);

/**
 * Two of thirty segments are lost and sent again, the second 10 ms later; the first of the two is
 * lost once more. Those that were sent meanwhile are on their way.
 */
function twoResent() {
  const made = tenSent(30);
  const { host, peer } = made;
  host.wait(RTT);
  peer.send(report(2, 5));
  expect(numbers(peer)).toEqual([0]);
  host.wait(10);
  peer.send(report(2, 10));
  expect(numbers(peer)).toContain(1);
  return made;
}

test('RFC 8985 §6.2f: a retransmission’s answer may be a little quicker than any was', () => {
  const { stack, host, peer } = twoResent();
  host.wait(RTT - 1);
  numbers(peer);
  peer.send(report(1, 10));
  expect(numbers(peer)[0]).toBe(0);
  expect(stack.counter(Counter.TcpExtTCPLostRetransmit)).toBe(1);
});

test('RFC 8985 §6.2f: what is much quicker is the original’s answer, and shows no loss', () => {
  const { stack, host, peer } = twoResent();
  host.wait(RTT / 2);
  peer.send(report(1, 10));
  host.wait(RTT / 2);
  numbers(peer);
  expect(stack.counter(Counter.TcpExtTCPLostRetransmit)).toBe(0);
});

test('RFC 8985 §6.2: what is sent again at the same time hides no loss behind it', () => {
  const { host, peer } = tenSent(30);
  host.wait(RTT);
  for (let last = 2; last <= 10; last++) peer.send(report(1, last));
  // The first again, and new data, of which one is lost.
  expect(numbers(peer)).toEqual([10, 11, 0, 12, 13]);
  host.wait(RTT);
  peer.send(
    ack({
      ack: 1,
      sack: [
        [1 + 13 * MSS, 1 + 14 * MSS],
        [1 + MSS, 1 + 12 * MSS],
      ],
    }),
  );
  expect(numbers(peer)).toContain(12);
});
