/**
 * The faults other TCPs were known for (RFC 2525): each test is the trace that gave one away. Most
 * rules behind them are tested on their own pages too; here it is the fault that is looked for.
 */
import { expect, test } from 'vitest';
import {
  ack,
  data,
  established,
  FIN,
  fin,
  Option,
  type Peer,
  pattern,
  Result,
  RST,
  rst,
  Setting,
  Signal,
  State,
  synAck,
  synSent,
} from './dsl/index.ts';

const MSS = 1000;
const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** A connection with more to send than any congestion window, and a peer with room for it. */
function bulk(options = {}) {
  const made = established({ mss: MSS, wscale: 7, sack: false, ...options });
  made.peer.send(ack({ seq: 1, ack: 1 }));
  made.host.write(60_000);
  return made;
}

/** First octets of the segments that came since the last look. */
const seqs = (peer: Peer) => peer.take().map((segment) => segment.seq);

/** So many segments from the n-th on. */
const run = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => 1 + (from + i) * MSS);

test('RFC 2525 §2.1: a new connection starts slowly, whatever the window', () => {
  for (const open of ['active', 'passive'] as const) {
    const { peer } = bulk({ open });
    // The initial window of RFC 6928, then two segments for each that was acknowledged.
    expect(seqs(peer)).toEqual(run(0, 10));
    for (let n = 1; n <= 5; n++) {
      peer.send(ack({ ack: 1 + n * MSS }));
      expect(seqs(peer)).toEqual(run(8 + 2 * n, 2));
    }
  }
});

test('RFC 2525 §2.2: after a timeout it starts slowly again', () => {
  const { host, peer } = bulk();
  for (let n = 1; n <= 10; n++) peer.send(ack({ ack: 1 + n * MSS }));
  expect(seqs(peer)).toEqual(run(0, 30));
  host.wait(host.look('timerMs'));
  expect(seqs(peer)).toEqual(run(10, 1));
  peer.send(ack({ ack: 1 + 11 * MSS }));
  expect(seqs(peer)).toEqual(run(11, 2));
  peer.send(ack({ ack: 1 + 12 * MSS }), ack({ ack: 1 + 13 * MSS }));
  expect(seqs(peer)).toEqual(run(13, 4));
});

test.each([
  ['no MSS option', { mss: null, open: 'active' }, 10 * 536],
  ['no MSS option, passive', { mss: null, open: 'passive' }, 10 * 536],
  ['a small MSS', { mss: 100, open: 'active' }, 1000],
  ['no options at all', { mss: null, sack: false, open: 'active' }, 10 * 536],
] as const)('RFC 2525 §2.3: cwnd is set when the SYN,ACK has %s', (_, options, cwnd) => {
  const { host, peer } = established({ ...options, window: 65_535 });
  expect(host.look('cwnd')).toBe(cwnd);
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(50_000);
  expect(peer.take().reduce((sum, segment) => sum + segment.text.length, 0)).toBe(cwnd);
});

test('RFC 2525 §2.4: what is sent again is what was sent, however it is cut', () => {
  const { host, peer } = bulk();
  const seen: { seq: number; text: string }[] = [...peer.take()];
  // Halves of segments acknowledged, a window that cuts, a smaller path, timeouts in between.
  peer.send(ack({ ack: 1 + 500 }));
  host.wait(2 * SECOND);
  peer.send(ack({ ack: 1 + 777, win: 3 }));
  host.wait(4 * SECOND);
  seen.push(...peer.take());
  peer.icmp(3, 4, 600);
  peer.send(ack({ ack: 1 + 2048, win: 500 }));
  host.wait(20 * SECOND);
  for (let i = 0; i < 4; i++) peer.send(ack({ ack: 1 + 3001 }));
  host.wait(20 * SECOND);
  seen.push(...peer.take());
  expect(new Set(seen.map(({ text }) => text.length)).size).toBeGreaterThan(2);
  for (const { seq, text } of seen) expect(text).toBe(pattern(seq, text.length));
});

test('RFC 2525 §2.5: text above a gap is kept: the gap alone has to come again', () => {
  const { host, peer } = established({ sack: false });
  for (let n = 1; n < 10; n++) {
    peer.send(data(MSS, { seq: 1 + n * MSS, ack: 1 }));
    peer.expect(ack({ ack: 1 }));
  }
  peer.send(data(MSS, { seq: 1, ack: 1 }));
  peer.expect(ack({ ack: 1 + 10 * MSS }));
  expect(host.read()).toBe(pattern(1, 10 * MSS));
});

test('RFC 2525 §2.6: congestion avoidance adds one segment a window, and no constant to it', () => {
  const { host, peer } = bulk({ set: [[Option.SEND_BUFFER, 1 << 20]] });
  host.wait(SECOND);
  peer.take();
  let acked = 0;
  const acknowledge = () => {
    acked += MSS;
    host.write(2 * MSS);
    peer.send(ack({ ack: 1 + acked }));
    peer.take();
  };
  while (host.look('cwnd') < host.look('ssthresh') + MSS || acked < 20 * MSS) acknowledge();
  for (let window = 0; window < 10; window++) {
    const before = host.look('cwnd');
    let count = 0;
    while (host.look('cwnd') === before) {
      acknowledge();
      count++;
    }
    expect(host.look('cwnd') - before).toBe(MSS);
    // The first starts in the middle of a window.
    if (window > 0) expect(count).toBe(before / MSS);
  }
});

test('RFC 2525 §2.7: before anything is measured the timeout is a second, not less', () => {
  const opening = synSent();
  opening.host.wait(SECOND - 1);
  opening.peer.expectNothing();
  opening.host.wait(1);
  expect(opening.peer.take()).toHaveLength(1);
  const { host, peer } = established({ settings: { [Setting.RTO_MIN_MS]: 1 } });
  host.write('hello');
  peer.expect(data('hello', { seq: 1 }));
  host.wait(SECOND - 1);
  peer.expectNothing();
  host.wait(1);
  peer.expect(data('hello', { seq: 1 }));
});

test('RFC 2525 §2.8: what duplicates inflated is given up when recovery ends: no burst', () => {
  const { host, peer } = bulk();
  for (let n = 1; n <= 10; n++) peer.send(ack({ ack: 1 + n * MSS }));
  expect(seqs(peer)).toHaveLength(30);
  // Twenty in flight, the first lost: nineteen duplicates.
  for (let i = 0; i < 19; i++) peer.send(ack({ ack: 1 + 10 * MSS }));
  expect(host.look('ssthresh')).toBe(10 * MSS);
  expect(host.look('cwnd')).toBeGreaterThan(20 * MSS);
  const sent = (host.look('sndNxt') - host.look('iss') - 1) >>> 0;
  peer.take();
  peer.send(ack({ ack: 1 + sent }));
  expect(host.look('cwnd')).toBeLessThanOrEqual(10 * MSS);
  expect(seqs(peer).length).toBeLessThanOrEqual(10);
});

test('RFC 2525 §2.9: keep-alive gives a silent peer eleven minutes to come back', () => {
  const { host, peer } = established({ set: [[Option.KEEP_ALIVE, 1]] });
  host.wait(2 * HOUR + 11 * 60 * SECOND);
  expect(peer.take()).toHaveLength(9);
  host.expect(State.ESTABLISHED);
  peer.send(ack({ seq: 1, ack: 1 }));
  host.wait(2 * HOUR - 1);
  peer.expectNothing();
  host.expect(State.ESTABLISHED);
});

test('RFC 2525 §2.10: timeouts are backed off, progress between them or not', () => {
  const { host, peer } = bulk();
  const waited = (times: number) => {
    const delays: number[] = [];
    for (let i = 0; i < times; i++) {
      const ms = host.look('timerMs');
      delays.push(ms);
      host.wait(ms);
      expect(peer.take().length).toBeGreaterThan(0);
    }
    return delays;
  };
  peer.take();
  expect(waited(4)).toEqual([1, 2, 4, 8].map((s) => s * SECOND));
  // The ACK of what was sent again measures nothing, so the last delay holds (Karn's rule).
  peer.send(ack({ ack: 1 + 500 }));
  peer.take();
  expect(waited(3)).toEqual([16, 32, 60].map((s) => s * SECOND));
});

test('RFC 2525 §2.11: a peer that answers is asked every two hours, not more often', () => {
  const { host, peer } = established({ set: [[Option.KEEP_ALIVE, 1]] });
  const probes: number[] = [];
  for (let minute = 0; minute < 24 * 60; minute++) {
    host.wait(60 * SECOND);
    for (const probe of peer.take()) {
      probes.push(probe.at / HOUR);
      peer.send(ack({ seq: 1, ack: 1 }));
    }
  }
  expect(probes).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]);
});

test('RFC 2525 §2.12: probes that fill the last octets of a window do not deafen us', () => {
  const { host, peer } = established({ receiveBuffer: 4 * MSS });
  for (let n = 0; n < 4; n++) peer.send(data(MSS, { seq: 1 + n * MSS, ack: 1 }));
  host.wait(100);
  expect(peer.latest().win).toBe(0);
  let next = 1 + 4 * MSS;
  for (let i = 0; i < 5; i++) {
    // One octet read opens no window (SWS), yet there is room for the octet of a probe.
    expect(host.read(1)).toHaveLength(1);
    peer.take();
    peer.send(data(1, { seq: next, ack: 1 + i * 100 }));
    next = Math.max(next, peer.latest().ack ?? 0);
    host.write(100);
    const text = peer.take().filter((segment) => segment.text !== '');
    expect(text.map((segment) => segment.seq)).toEqual([1 + i * 100]);
    // The ACK of our text is heard, whether the probe was taken or not.
    peer.send(ack({ seq: next, ack: 101 + i * 100 }));
    expect(host.look('sendQueue')).toBe(0);
  }
});

test('RFC 2525 §2.13: two full segments are acknowledged at once, every time', () => {
  const { host, peer } = established({ mss: MSS });
  const acks: number[] = [];
  for (let n = 0; n < 20; n++) {
    peer.send(data(1460, { seq: 1 + n * 1460, ack: 1 }));
    acks.push(...peer.take().map((segment) => segment.ack ?? 0));
    host.wait(1);
    host.read();
    acks.push(...peer.take().map((segment) => segment.ack ?? 0));
  }
  const steps = acks.map((number, i) => number - (acks[i - 1] ?? 1));
  expect(acks.at(-1)).toBe(1 + 20 * 1460);
  expect(Math.max(...steps)).toBeLessThanOrEqual(2 * 1460);
});

test('RFC 2525 §2.14, RFC 6298 §5.4: a timeout sends one packet, whatever is outstanding', () => {
  const { host, peer } = established({ mss: MSS, sack: false, set: [[Option.NAGLE, 0]] });
  peer.send(ack({ seq: 1, ack: 1 }));
  for (let i = 0; i < 60; i++) host.write(100);
  host.close();
  expect(peer.take().length).toBeGreaterThan(50);
  for (const seconds of [1, 2, 4]) {
    host.wait(seconds * SECOND);
    const again = peer.take();
    expect(again.map((segment) => segment.seq)).toEqual([1]);
    expect(again[0]!.text.length).toBeLessThanOrEqual(MSS);
  }
});

test('RFC 2525 §2.15: CLOSE sends the FIN at once, though text is unacknowledged', () => {
  const { host, peer } = established();
  host.write('a');
  peer.expect(data('a', { seq: 1 }));
  // Nagle holds this one back until CLOSE says that nothing follows.
  host.write('b');
  peer.expectNothing();
  host.close();
  peer.expect(data('b', { seq: 2, ctl: FIN }));
  const idle = established();
  idle.host.close();
  idle.peer.expect(fin({ seq: 1, ack: 1 }));
});

test('RFC 2525 §2.16: text for a user who is gone is answered by a RST', () => {
  const { host, peer } = established();
  host.release();
  peer.expect(fin({ seq: 1, ack: 1 }));
  peer.send(data('hello?', { seq: 1, ack: 2 }));
  peer.expect(rst({ seq: 2, ack: 1 }));
  expect(peer.stack.used()[0]).toBe(1);
  // And so is what follows, now from nobody.
  peer.send(data('anybody?', { seq: 7, ack: 2 }));
  peer.expect(rst({ seq: 2, ack: null }));
});

test('RFC 2525 §2.17: leaving text unread is an abort, and the peer is told', () => {
  const { host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read(2)).toBe('he');
  peer.take();
  host.release();
  expect(peer.take().map((segment) => segment.ctl & (RST | FIN))).toEqual([RST]);
  expect(peer.stack.used()[0]).toBe(1);
  // A user who stays and aborts says so as well.
  const other = established();
  other.peer.send(data('hello', { seq: 1, ack: 1 }));
  other.peer.take();
  other.host.abort();
  other.peer.expect(rst({ seq: 1, ack: 6 }));
  other.host.expectSignal(Signal.CLOSED, Result.CONNECTION_ABORTED);
});

test.each([
  ['no options', {}, 1460],
  ['timestamps', { timestamps: true }, 1448],
  ['three SACK blocks', { sack: true }, 1432],
  ['both', { sack: true, timestamps: true }, 1420],
  ['a small MSS and timestamps', { mss: 536, timestamps: true }, 524],
  ['IPv6 and timestamps', { family: 6, timestamps: true }, 1428],
] as const)('RFC 2525 §2.18: text and options together fit: %s', (_, options, most) => {
  const { host, peer } = established({ sack: false, ...options });
  peer.send(ack({ seq: 1, ack: 1 }));
  if ('sack' in options) {
    for (const seq of [10, 20, 30]) peer.send(data(5, { seq, ack: 1 }));
    peer.take();
  }
  host.write(20_000);
  const sent = peer.take().filter((segment) => segment.text !== '');
  expect(Math.max(...sent.map((segment) => segment.text.length))).toBeLessThanOrEqual(1460);
  for (const { packet } of sent) expect(packet.length).toBeLessThanOrEqual(1500);
  expect(sent[0]!.text.length).toBe(most);
  // The MSS that is announced allows for no options (RFC 6691): it is the sender who subtracts.
  const opening = synSent({ ...options, hostPort: 0 });
  expect(opening.peer.latest().mss).toBe('family' in options ? 1440 : 1460);
  opening.peer.send(synAck({ seq: 0, ack: 1 }));
  opening.peer.take();
});
