/**
 * Explicit congestion notification: what may be marked, how marks come back, and what they do to
 * cwnd (RFC 3168 §5, §6.1.2 to §6.1.6).
 */
import { describe, expect, test } from 'vitest';
import { explain } from '../../host-web/errors.ts';
import {
  ack,
  CE,
  closeWait,
  Counter,
  CWR,
  data,
  ECE,
  ECT_0,
  ECT_1,
  encode,
  established,
  fin,
  NOT_ECT,
  onesSum,
  Option,
  Peer,
  Setting,
  pattern,
  Reason,
  Result,
  type Segment,
  timeWait,
} from '../dsl/index.ts';

const MSS = 1000;

/** A connection with ten segments in flight, and more to send. */
function bulk(options = {}) {
  const settings = { [Setting.ABE]: 0 };
  const made = established({ ecn: true, mss: MSS, wscale: 7, settings, ...options });
  made.peer.send(ack({ seq: 1, ack: 1 }));
  made.host.write(60_000);
  expect(made.peer.take()).toHaveLength(10);
  return made;
}

/** The acknowledgment of so many segments. */
const upTo = (segments: number, fields: Partial<Segment> = {}) =>
  ack({ ack: 1 + segments * MSS, ...fields });

/** Whether the log tells a reason by its sentence. */
function tells({ stack }: Pick<Peer, 'stack'>, reason: Reason): boolean {
  const { sentence, rfc } = explain(Result.OK, reason);
  expect(rfc).toMatch(/^RFC 3168 §/);
  return stack.log.some(({ text }) => text.includes(sentence));
}

// What is ECN-capable ------------------------------------------------------------------

describe.each([4, 6] as const)('IPv%i', (family) => {
  test('RFC 3168 §5, SHLD-8: the Diffserv field and the codepoint leave each other alone', () => {
    const { host, peer } = established({ ecn: true, family, set: [[Option.DIFFSERV, 0xff]] });
    host.write(10);
    expect(peer.latest()).toMatchObject({ diffserv: 0xfc, ecn: ECT_0 });
    host.close();
    expect(peer.latest()).toMatchObject({ diffserv: 0xfc, ecn: NOT_ECT });
  });

  test('RFC 3168 §6.1.4: neither a bare ACK nor a bare FIN is ECN-capable', () => {
    const { host, peer } = established({ ecn: true, family });
    peer.send(data(10, { seq: 1, ack: 1 }));
    host.wait(40);
    peer.expect(ack({ ack: 11, ecn: NOT_ECT }));
    host.close();
    peer.expect(fin({ seq: 1, ack: 11, ecn: NOT_ECT }));
  });
});

test('RFC 3168 §6.1.5a: what is sent again is not ECN-capable, what is new is', () => {
  const { host, peer } = established({ ecn: true, mss: MSS, sack: false });
  host.write(100);
  peer.expect(data(100, { seq: 1, ecn: ECT_0 }));
  host.wait(1000);
  peer.expect(data(100, { seq: 1, ecn: NOT_ECT }));
  peer.send(ack({ ack: 101 }));
  host.write(100);
  peer.expect(data(100, { seq: 101, ecn: ECT_0, ctl: CWR }));
});

test('RFC 3168 §6.1.5a: nor is a probe of the tail, whose repair the next segment tells of', () => {
  const { host, peer } = established({ ecn: true, mss: MSS });
  host.write(100);
  peer.expect(data(100, { seq: 1, ecn: ECT_0 }));
  host.wait(1000);
  peer.expect(data(100, { seq: 1, ecn: NOT_ECT }));
  peer.send(ack({ ack: 101 }));
  host.write(100);
  peer.expect(data(100, { seq: 101, ecn: ECT_0 }));
  peer.send(ack({ ack: 201 }));
  host.write(100);
  peer.expect(data(100, { seq: 201, ecn: ECT_0, ctl: CWR }));
});

test('RFC 3168 §6.1.5a: nor what fast retransmit sends', () => {
  const { peer } = bulk({ sack: false });
  peer.send(upTo(0), upTo(0), upTo(0));
  const [again, ...others] = peer.take();
  expect(again).toMatchObject({ seq: 1, ecn: NOT_ECT });
  expect((again?.ctl ?? CWR) & CWR).toBe(0);
  expect(others.every(({ ecn, seq }) => ecn === ECT_0 && seq > 10 * MSS)).toBe(true);
});

test('RFC 3168 §6.1.6: a zero-window probe is neither ECN-capable nor says CWR', () => {
  const { host, peer } = established({ ecn: true, window: 0 });
  host.write(100);
  peer.expectNothing();
  host.wait(1000);
  peer.expect(data(1, { seq: 1, ecn: NOT_ECT, ctl: 0 }));
});

// The receiver ---------------------------------------------------------------------------

test('RFC 3168 §6.1.3: a mark is echoed at once and in every segment, until CWR', () => {
  const { stack, host, peer } = established({ ecn: true });
  peer.send(data(10, { seq: 1, ack: 1, ecn: ECT_0 }));
  peer.expectNothing();
  peer.send(data(10, { seq: 11, ack: 1, ecn: CE }));
  peer.expect(ack({ ack: 21, ctl: ECE }));
  expect(tells({ stack }, Reason.CONGESTION_EXPERIENCED)).toBe(true);
  host.write(10);
  peer.expect(data(10, { seq: 1, ack: 21, ctl: ECE }));
  peer.send(data(10, { seq: 21, ack: 11, ecn: ECT_0 }));
  host.wait(40);
  peer.expect(ack({ ack: 31, ctl: ECE }));
  peer.send(data(10, { seq: 31, ack: 11, ecn: ECT_0, ctl: CWR }));
  // The peer's cwnd may be one segment: it does not wait for a delayed ACK.
  peer.expect(ack({ ack: 41, ctl: 0 }));
  host.write(10);
  peer.expect(data(10, { seq: 11, ctl: 0 }));
});

test('RFC 3168 §6.1.3: a segment that says CWR and is marked itself begins a new echo', () => {
  const { peer } = established({ ecn: true });
  peer.send(data(10, { seq: 1, ack: 1, ecn: CE }));
  peer.take();
  peer.send(data(10, { seq: 11, ack: 1, ecn: CE, ctl: CWR }));
  peer.expect(ack({ ack: 21, ctl: ECE }));
});

test('RFC 3168 §6.1.3: of ACKs for a batch of segments the one that is sent echoes', () => {
  const { peer } = established({ ecn: true });
  const batch = [CE, ECT_0, ECT_0].map((ecn, i) => data(10, { seq: 1 + 10 * i, ack: 1, ecn }));
  peer.send(...batch);
  peer.expect(ack({ ack: 31, ctl: ECE }));
});

test.each([
  ['ECT(0)', ECT_0],
  ['ECT(1)', ECT_1],
])('RFC 3168 §5: %s is no mark', (_, ecn) => {
  const { host, peer } = established({ ecn: true });
  peer.send(data(10, { seq: 1, ack: 1, ecn }));
  host.wait(40);
  peer.expect(ack({ ack: 11, ctl: 0 }));
  expect(host.look('flags') & 128).toBe(128);
});

test('RFC 3168 §6.1.5b: the mark of text outside the window is not echoed', () => {
  const { peer } = established({ ecn: true });
  peer.send(data('late', { seq: 70_000, ack: 1, ecn: CE }));
  peer.expect(ack({ ack: 1, ctl: 0 }));
});

test('RFC 3168 §6.1.4: the mark of a bare ACK is not echoed', () => {
  const { host, peer } = established({ ecn: true });
  peer.send(ack({ seq: 1, ack: 1, ecn: CE }));
  host.write(10);
  peer.expect(data(10, { seq: 1, ctl: 0 }));
});

test('RFC 3168 §6.1.1c: without agreement no mark is echoed, and none of the peer counts', () => {
  const { host, peer } = established({ mss: MSS });
  peer.send(data(10, { seq: 1, ack: 1, ecn: CE }));
  host.wait(40);
  peer.expect(ack({ ack: 11, ctl: 0 }));
  host.write(5000);
  peer.take();
  const before = host.look('cwnd');
  peer.send(upTo(1, { ctl: ECE }));
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(before);
});

test('packets are counted by their codepoint, as nstat does', () => {
  const { stack, peer } = established();
  const names = ['NoECT', 'ECT1', 'ECT0', 'CE'] as const;
  const read = () => names.map((name) => stack.counter(Counter[`IpExtIn${name}Pkts`]));
  const before = read();
  for (const ecn of [NOT_ECT, ECT_1, ECT_0, ECT_0, CE]) peer.send(ack({ seq: 1, ack: 1, ecn }));
  expect(read().map((count, i) => count - before[i]!)).toEqual([1, 1, 2, 1]);
});

test('RFC 3168 §6.1.3: text after our FIN is no matter; TIME-WAIT echoes nothing', () => {
  const { host, peer } = timeWait({ ecn: true });
  peer.send(fin({ seq: 1, ack: 2, ecn: CE }));
  peer.expect(ack({ seq: 2, ack: 2, ctl: 0, ecn: NOT_ECT }));
  expect(host.stack.records().at(-1)?.flags).toBe(0);
  const other = closeWait({ ecn: true });
  other.host.write(10);
  other.peer.expect(data(10, { seq: 1, ack: 2, ecn: ECT_0 }));
});

// The sender -----------------------------------------------------------------------------

test('RFC 3168 §6.1.2a, §6.1.2b: an echo halves cwnd, nothing is sent again; CWR once', () => {
  const { stack, host, peer } = bulk();
  peer.send(upTo(1, { ctl: ECE }));
  expect(host.status()).toMatchObject({ cwnd: 5 * MSS, ssthresh: 5 * MSS, retransTotal: 0 });
  expect(tells({ stack }, Reason.CONGESTION_ECHOED)).toBe(true);
  peer.expectNothing();
  peer.send(upTo(5, { ctl: ECE }));
  peer.expectNothing();
  peer.send(upTo(7, { ctl: ECE }));
  peer.expect(
    data(MSS, { seq: 1 + 10 * MSS, ecn: ECT_0, ctl: CWR }),
    data(MSS, { seq: 1 + 11 * MSS, ecn: ECT_0, ctl: 0 }),
  );
  expect(host.look('retransTotal')).toBe(0);
});

test('RFC 3168 §6.1.2a: once a window: until what says CWR is acknowledged', () => {
  const { host, peer } = bulk();
  peer.send(upTo(1, { ctl: ECE }));
  expect(host.look('cwnd')).toBe(5 * MSS);
  // All of them left before the peer could know; an ACK that echoes grows nothing either.
  for (const segments of [2, 6, 9, 10]) peer.send(upTo(segments, { ctl: ECE }));
  expect(host.status()).toMatchObject({ cwnd: 5 * MSS, ssthresh: 5 * MSS });
  expect(peer.take().length).toBeGreaterThan(0);
  peer.send(upTo(11, { ctl: ECE }));
  expect(host.look('ssthresh')).toBeLessThan(5 * MSS);
});

test('RFC 3168 §6.1.2: an old acknowledgment echoes nothing new', () => {
  const { stack, host, peer } = bulk();
  peer.send(upTo(5));
  const before = host.look('cwnd');
  peer.send(upTo(2, { ctl: ECE }));
  expect(host.look('cwnd')).toBe(before);
  expect(stack.counter(Counter.TcpExtTCPDeliveredCE)).toBe(0);
});

test('RFC 3168 §6.1.2: a loss in a window an echo has halved is sent again, only that', () => {
  const { host, peer } = bulk({ sack: false });
  peer.send(upTo(1, { ctl: ECE }));
  peer.send(upTo(1, { ctl: ECE }), upTo(1, { ctl: ECE }), upTo(1, { ctl: ECE }));
  expect(peer.take()[0]).toMatchObject({ seq: 1 + MSS, ecn: NOT_ECT });
  expect(host.look('ssthresh')).toBe(5 * MSS);
  peer.send(upTo(10));
  expect(host.look('cwnd')).toBeLessThanOrEqual(5 * MSS);
});

test('RFC 3168 §6.1.2: an echo during recovery does not halve again, and new text says CWR', () => {
  const { host, peer } = bulk({ sack: false });
  peer.send(upTo(0), upTo(0), upTo(0));
  peer.take();
  const { ssthresh } = host.status()!;
  peer.send(upTo(1, { ctl: ECE }), upTo(5, { ctl: ECE }), upTo(10, { ctl: ECE }));
  expect(host.look('ssthresh')).toBe(ssthresh);
  const fresh = peer.take().filter(({ seq }) => seq > 10 * MSS);
  expect(fresh.map(({ ctl }) => ctl & CWR)[0]).toBe(CWR);
  expect(fresh.slice(1).every(({ ctl }) => (ctl & CWR) === 0)).toBe(true);
});

test('RFC 3168 §6.1.2: a timeout in a window an echo has halved leaves ssthresh alone', () => {
  const { host, peer } = bulk();
  peer.send(upTo(1, { ctl: ECE }));
  host.wait(1000);
  expect(host.status()).toMatchObject({ cwnd: MSS, ssthresh: 5 * MSS });
});

test('RFC 3168 §6.1.2c: at one segment an echo waits for the retransmission timer', () => {
  const { stack, host, peer } = established({ ecn: true, mss: MSS, sack: false });
  host.write(MSS);
  host.wait(1000);
  host.write(5 * MSS);
  peer.take();
  // The timeout has answered for this window; the next segment tells the peer so.
  peer.send(upTo(1, { ctl: ECE }));
  peer.expect(data(MSS, { seq: 1 + MSS, ecn: ECT_0, ctl: CWR }));
  expect(host.look('cwnd')).toBe(MSS);
  host.wait(1);
  peer.send(upTo(2, { ctl: ECE }));
  const wait = host.look('rto') / 1000;
  expect(host.look('timerMs')).toBe(wait);
  host.wait(wait - 1);
  peer.expectNothing();
  expect(tells({ stack }, Reason.PAUSED_BY_ECHO)).toBe(true);
  host.wait(1);
  peer.expect(data(MSS, { seq: 1 + 2 * MSS, ecn: ECT_0, ctl: 0 }));
  // It was no loss: nothing is sent again, and RTO is not backed off.
  expect(host.status()).toMatchObject({ retransTotal: 1, retransmits: 0, rto: wait * 1000 });
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(1);
  peer.send(upTo(3));
  expect(peer.take()).toHaveLength(2);
});

test('RFC 3168 §6.1.2: a FIN waits in the same way, and the connection ends', () => {
  const { host, peer } = established({ ecn: true, mss: MSS, sack: false });
  host.write(MSS);
  host.wait(1000);
  host.write(MSS);
  peer.send(upTo(1, { ctl: ECE }));
  peer.take();
  peer.send(upTo(2, { ctl: ECE }));
  host.close();
  peer.expectNothing();
  host.wait(host.look('rto') / 1000);
  peer.expect(fin({ seq: 1 + 2 * MSS, ecn: NOT_ECT }));
});

test('segments whose acknowledgments echo are counted as TCPDeliveredCE', () => {
  const { stack, peer } = bulk();
  peer.send(upTo(2), upTo(5, { ctl: ECE }));
  expect(stack.counter(Counter.TcpExtTCPDeliveredCE)).toBe(3);
});

// Fragments ------------------------------------------------------------------------------

/** A segment of twenty octets of text in two fragments, each with its codepoint. */
function fragments(peer: Peer, codepoints: readonly [number, number]): Uint8Array[] {
  const segment = { ctl: 16, seq: peer.isn + 1, ack: peer.iss + 1, win: 65_535 };
  const whole = encode({ ...segment, text: pattern(1, 20) }, peer.flow);
  const header = peer.flow.source.length === 4 ? 20 : 40;
  const payload = whole.subarray(header);
  return codepoints.map((ecn, i) => {
    const part = payload.subarray(24 * i, i === 0 ? 24 : payload.length);
    const extension = header === 40 ? [6, 0, 0, i === 0 ? 1 : 24, 0, 0, 0, 7] : [];
    const packet = Uint8Array.from([...whole.subarray(0, header), ...extension, ...part]);
    const view = new DataView(packet.buffer);
    if (header === 40) {
      view.setUint16(0, 0x6000 | (ecn << 4));
      view.setUint16(4, packet.length - header);
      packet[6] = 44;
      return packet;
    }
    view.setUint16(0, 0x4500 | ecn);
    view.setUint16(2, packet.length);
    view.setUint16(4, 7);
    view.setUint16(6, i === 0 ? 0x2000 : 3);
    view.setUint16(10, 0);
    view.setUint16(10, 0xffff - onesSum(packet.subarray(0, 20)));
    return packet;
  });
}

describe.each([4, 6] as const)('fragments of IPv%i', (family) => {
  test.each([
    [ECT_0, CE],
    [CE, ECT_0],
    [CE, CE],
  ] as const)('RFC 3168 §5.3a: with codepoints %i and %i the whole is marked', (...codepoints) => {
    const { stack, host, peer } = established({ ecn: true, family });
    for (const packet of fragments(peer, codepoints)) stack.input(packet);
    stack.pump();
    expect(host.read()).toBe(pattern(1, 20));
    peer.expect(ack({ ack: 21, ctl: ECE }));
  });

  test.each([
    [NOT_ECT, NOT_ECT],
    [ECT_0, ECT_0],
    [ECT_0, ECT_1],
  ] as const)('RFC 3168 §5.3: with codepoints %i and %i it is not', (...codepoints) => {
    const { stack, host, peer } = established({ ecn: true, family });
    for (const packet of fragments(peer, codepoints)) stack.input(packet);
    host.wait(40);
    peer.expect(ack({ ack: 21, ctl: 0 }));
  });

  test.each([
    [NOT_ECT, CE],
    [CE, NOT_ECT],
    [ECT_0, NOT_ECT],
  ] as const)('RFC 3168 §5.3b: codepoints %i and %i do not go together', (...codepoints) => {
    const { stack, host, peer } = established({ ecn: true, family });
    const failed = stack.counter(Counter.IpReasmFails);
    for (const packet of fragments(peer, codepoints)) stack.input(packet);
    host.wait(40);
    peer.expectNothing();
    expect(stack.counter(Counter.IpReasmFails)).toBe(failed + 1);
  });
});
