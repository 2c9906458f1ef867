/**
 * What was not lost is taken back: Eifel (RFC 3522, RFC 4015), D-SACK (RFC 3708) and F-RTO (RFC
 * 5682).
 */
import { expect, test } from 'vitest';
import { ack, Counter, established, Option, type Peer } from './dsl/index.ts';

const MSS = 1000;
const RTT = 100;

function sent(written: number, options = {}) {
  const made = established({ mss: MSS, wscale: 7, handshakeMs: RTT, ...options });
  made.host.write(written * MSS);
  return { ...made, first: made.peer.take() };
}

/** Ten segments and a probe are in flight, and the timeout has sent the first of them again. */
function timedOut() {
  const made = sent(30);
  const { cwnd, rto } = made.host.status()!;
  made.host.wait(2 * RTT + 2 + rto / 1000);
  expect(made.stack.counter(Counter.TcpExtTCPTimeouts)).toBe(1);
  return { ...made, cwnd };
}

const numbers = (peer: Peer) => peer.take().map(({ seq }) => (seq - 1) / MSS);

test('RFC 3522 §3.2a, §3.2b, RFC 4015 §3.2a: the echo of the original undoes a timeout', () => {
  const { stack, host, peer, first } = sent(5, { timestamps: true, sack: false });
  const { cwnd, ssthresh } = host.status()!;
  const stamp = first[0]!.ts![0];
  host.wait(host.look('rto') / 1000);
  expect(peer.take().length).toBeGreaterThan(0);
  expect(host.look('cwnd')).toBeLessThan(cwnd);
  const { seq, text } = first.at(-1)!;
  peer.send(ack({ ack: seq + text.length, ts: [peer.clockOffset + 1000, stamp] }));
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(cwnd);
  expect(host.look('ssthresh')).toBe(ssthresh);
  expect(stack.counter(Counter.TcpExtTCPFullUndo)).toBe(1);
});

test('RFC 3522 §3.2b: after a spike nothing but the first segment is sent again', () => {
  const { host, peer, first } = sent(10, { timestamps: true });
  const stamp = first[0]!.ts![0];
  host.wait(700);
  const again = peer.take();
  expect(new Set(again.map(({ seq }) => seq)).size).toBeLessThanOrEqual(2);
  // Everything arrives after all, one ACK for each two segments.
  for (let last = 2; last <= 10; last += 2) {
    peer.send(ack({ ack: 1 + last * MSS, ts: [peer.clockOffset + 2000, stamp] }));
  }
  expect(numbers(peer)).toEqual([]);
});

test('RFC 3522 §3.1: without timestamps an echo proves nothing', () => {
  const { stack, host, peer } = sent(5, { sack: false });
  host.wait(host.look('rto') / 1000);
  peer.take();
  peer.send(ack({ ack: 1 + 5 * MSS, ts: [1000, 1] }));
  expect(stack.counter(Counter.TcpExtTCPFullUndo)).toBe(0);
});

/** The first of ten segments is sent again, for three others were SACKed. */
function resent() {
  const made = sent(10, { timestamps: true });
  const { ssthresh } = made.host.status()!;
  made.host.wait(RTT);
  const at = made.peer.clockOffset + 2000;
  made.peer.send(ack({ ack: 1, sack: [[1 + MSS, 1 + 4 * MSS]], ts: [at, made.first[1]!.ts![0]] }));
  const stamp = made.peer.take().find(({ seq }) => seq === 1)!.ts![0];
  return { ...made, ssthresh, at, stamp };
}

test('RFC 3522 §3.2a: a timeout during recovery keeps the timestamp of what was sent first', () => {
  const { stack, host, peer, at, stamp, ssthresh } = resent();
  host.wait(host.look('rto') / 1000 + RTT);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(1);
  const late = peer.take().find(({ seq }) => seq === 1)!.ts![0];
  expect(late).toBeGreaterThan(stamp);
  // The first sending was lost indeed: the second is answered, and the third was for nothing.
  peer.send(ack({ ack: 1 + 4 * MSS, ts: [at + 1000, stamp] }));
  expect(stack.counter(Counter.TcpExtTCPFullUndo)).toBe(0);
  expect(host.look('ssthresh')).toBeLessThan(ssthresh);
});

test('RFC 3522 §3.2d: by duplicates or by a timeout: only duplicates show reordering', () => {
  const { stack, host, peer, first, at } = resent();
  peer.send(ack({ ack: 1 + 4 * MSS, ts: [at + 1, first[0]!.ts![0]] }));
  expect(stack.counter(Counter.TcpExtTCPFullUndo)).toBe(1);
  expect(host.look('reordSeen')).toBeGreaterThan(0);
  const other = sent(5, { timestamps: true, sack: false });
  other.host.wait(other.host.look('rto') / 1000);
  other.peer.take();
  const echo = other.first[0]!.ts![0];
  other.peer.send(ack({ ack: 1 + 5 * MSS, ts: [other.peer.clockOffset + 1000, echo] }));
  expect(other.stack.counter(Counter.TcpExtTCPFullUndo)).toBe(1);
  expect(other.host.look('reordSeen')).toBe(0);
});

test('RFC 3708 §3a, RFC 2883 §5b: all that was sent again is reported twice: undone', () => {
  const { stack, host, peer } = sent(10);
  const { cwnd, ssthresh } = host.status()!;
  host.wait(RTT);
  peer.send(ack({ ack: 1, sack: [[1 + MSS, 1 + 4 * MSS]] }));
  expect(numbers(peer)).toEqual([0]);
  expect(host.look('ssthresh')).toBeLessThan(ssthresh);
  // The original was late: the peer has everything before the retransmission comes.
  peer.send(ack({ ack: 1 + 10 * MSS - MSS }));
  peer.send(ack({ ack: 1 + 9 * MSS, sack: [[1, 1 + MSS]] }));
  expect(stack.counter(Counter.TcpExtTCPDSACKUndo)).toBe(1);
  expect(host.look('ssthresh')).toBe(ssthresh);
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(cwnd);
});

test('RFC 3708 §3b: of two that were sent again one is reported: that is no proof', () => {
  const { stack, host, peer } = sent(10);
  const { ssthresh } = host.status()!;
  host.wait(RTT);
  peer.send(ack({ ack: 1, sack: [[1 + 2 * MSS, 1 + 6 * MSS]] }));
  peer.send(ack({ ack: 1, sack: [[1 + 2 * MSS, 1 + 10 * MSS]] }));
  expect(numbers(peer)).toEqual([0, 1]);
  peer.send(ack({ ack: 1 + 9 * MSS, sack: [[1, 1 + MSS]] }));
  expect(stack.counter(Counter.TcpExtTCPDSACKUndo)).toBe(0);
  expect(host.look('ssthresh')).toBeLessThan(ssthresh);
});

test('RFC 5682 §3.1a: after a timeout new data is sent before more is sent again', () => {
  const { peer } = timedOut();
  expect(peer.take().at(-1)?.seq).toBe(1);
  peer.send(ack({ ack: 1 + MSS }));
  const next = numbers(peer);
  expect(next.length).toBeGreaterThan(0);
  expect(Math.min(...next)).toBeGreaterThanOrEqual(10);
});

/**
 * Four full segments and a short one are in flight; the timeout has sent the first again, and so
 * much is written since.
 */
function timedOutWith(written: number) {
  const { stack, host, peer } = sent(4.1);
  host.wait(2 * RTT + 2 + host.look('rto') / 1000);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(1);
  host.write(written);
  peer.take();
  return { host, peer };
}

test('RFC 5682 §3.1a: what Nagle would hold back is sent for it', () => {
  const { peer } = timedOutWith(50);
  peer.send(ack({ ack: 1 + MSS }));
  expect(numbers(peer)).toEqual([4.1]);
});

test('RFC 5682 §3.1a: where no new data can be sent, what is lost is sent again at once', () => {
  const corked = timedOutWith(50);
  corked.host.setOption(Option.CORK, 1);
  corked.peer.send(ack({ ack: 1 + MSS }));
  expect(numbers(corked.peer)).toEqual([1, 2]);
  // The window has room for less than a segment.
  const { peer } = timedOutWith(2 * MSS);
  peer.send(ack({ ack: 1 + MSS, win: 26 }));
  expect(numbers(peer)).toEqual([1, 2]);
});

test('RFC 5682 §3.1b: an ACK of what was sent only once proves the timeout spurious', () => {
  const { stack, host, peer, cwnd } = timedOut();
  peer.take();
  peer.send(ack({ ack: 1 + MSS }));
  peer.take();
  peer.send(ack({ ack: 1 + 3 * MSS }));
  expect(stack.counter(Counter.TcpExtTCPSpuriousRTOs)).toBe(1);
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(cwnd);
});

test('RFC 5682 §3.1a, §3.1b: timeouts that repeat are one, and one proof takes all back', () => {
  const { stack, host, peer, cwnd } = timedOut();
  host.wait(host.look('rto') / 1000);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(2);
  peer.take();
  peer.send(ack({ ack: 1 + MSS }));
  expect(Math.min(...numbers(peer))).toBeGreaterThanOrEqual(10);
  peer.send(ack({ ack: 1 + 3 * MSS }));
  expect(stack.counter(Counter.TcpExtTCPSpuriousRTOs)).toBe(1);
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(cwnd);
  expect(Math.min(...numbers(peer))).toBeGreaterThanOrEqual(10);
});

test('RFC 5682 §3.1a: a second timeout after an ACK is not the first one’s', () => {
  const { stack, host, peer } = timedOut();
  peer.send(ack({ ack: 1 + MSS }));
  host.wait(host.look('rto') / 1000);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(2);
  peer.take();
  peer.send(ack({ ack: 1 + 2 * MSS }));
  expect(numbers(peer)).toContain(2);
});

test('RFC 5682 §3.1c: a duplicate instead means that the timeout was right', () => {
  const { stack, host, peer } = timedOut();
  peer.take();
  peer.send(ack({ ack: 1 + MSS }));
  peer.take();
  peer.send(ack({ ack: 1 + MSS, sack: [[1 + 11 * MSS, 1 + 12 * MSS]] }));
  expect(stack.counter(Counter.TcpExtTCPSpuriousRTOs)).toBe(0);
  expect(numbers(peer)).toContain(1);
  expect(host.look('cwnd')).toBeLessThan(5 * MSS);
});

/** Of ten segments the first is lost; recovery has begun, and a timeout has interrupted it. */
function interrupted() {
  const made = sent(10);
  made.host.wait(RTT);
  made.peer.send(ack({ ack: 1, sack: [[1 + MSS, 1 + 4 * MSS]] }));
  expect(numbers(made.peer)).toEqual([0]);
  const { ssthresh } = made.host.status()!;
  made.host.wait(made.host.look('rto') / 1000);
  expect(made.stack.counter(Counter.TcpExtTCPTimeouts)).toBe(1);
  expect(numbers(made.peer)).toEqual([0]);
  return { ...made, ssthresh };
}

test('recovery goes on after a timeout if what that took for lost arrives', () => {
  const { stack, host, peer, ssthresh } = interrupted();
  expect(host.look('ssthresh')).toBeLessThan(ssthresh);
  host.write(10 * MSS);
  for (let last = 5; last <= 10; last++) {
    peer.send(ack({ ack: 1, sack: [[1 + MSS, 1 + last * MSS]] }));
  }
  // What the loss has taken stays taken; new data goes on, as much as recovery lets out.
  expect(host.look('ssthresh')).toBe(ssthresh);
  expect(stack.counter(Counter.TcpExtTCPSpuriousRTOs)).toBe(1);
  const next = numbers(peer);
  expect(next.length).toBeGreaterThan(0);
  expect(Math.min(...next)).toBeGreaterThanOrEqual(10);
  peer.send(ack({ ack: 1 + 10 * MSS }));
  expect(host.look('ssthresh')).toBe(ssthresh);
});

test('what RACK finds lost after that is sent again', () => {
  const { peer } = interrupted();
  const sack: [number, number][] = [
    [1 + MSS, 1 + 4 * MSS],
    [1 + 8 * MSS, 1 + 10 * MSS],
  ];
  peer.send(ack({ ack: 1, sack }));
  peer.send(ack({ ack: 1 + 4 * MSS, sack: sack.slice(1) }));
  expect(numbers(peer)).toEqual([4, 5, 6, 7]);
});

test('the timeout was right if only what was sent again arrives', () => {
  const { stack, host, peer, ssthresh } = interrupted();
  peer.send(ack({ ack: 1 + 4 * MSS }));
  expect(numbers(peer)).toEqual([4, 5]);
  expect(stack.counter(Counter.TcpExtTCPSpuriousRTOs)).toBe(0);
  expect(host.look('ssthresh')).toBeLessThan(ssthresh);
});

test('a peer that has dropped what it SACKed proves nothing by acknowledging it', () => {
  const { stack, host, peer } = interrupted();
  // What was SACKed at the left edge is not acknowledged: the peer has dropped it.
  peer.send(ack({ ack: 1 + MSS }));
  host.wait(host.look('rto') / 1000);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(2);
  peer.take();
  peer.send(ack({ ack: 1 + 3 * MSS }));
  expect(stack.counter(Counter.TcpExtTCPSpuriousRTOs)).toBe(0);
});
