/**
 * Retransmission timeout (RFC 6298, RFC 9293 §3.8.1). RTO stays 200 ms above SRTT, a documented
 * departure; what steady paths make of that stands in `simulation/steady-paths.test.ts`.
 */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  established,
  listening,
  Option,
  Peer,
  Setting,
  syn,
  synAck,
  synSent,
} from '../dsl/index.ts';

const SECOND = 1_000_000;

/** A connection with RTO_MIN out of the way. */
const fine = (options = {}) => established({ settings: { [Setting.RTO_MIN_MS]: 1 }, ...options });

/** Writes an octet and acknowledges it after so many milliseconds. */
function exchange({ host, peer }: ReturnType<typeof established>, ms: number): void {
  const seq = 1 + host.written;
  host.write(1);
  peer.take();
  host.wait(ms);
  peer.send(ack({ ack: seq + 1 }));
  peer.take();
}

test('RFC 6298 §2.1: before any measurement RTO is one second', () => {
  expect(established().host.look('rto')).toBe(SECOND);
});

test('RFC 6298 §2.2: first: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR', () => {
  const made = fine();
  exchange(made, 100);
  expect(made.host.status()).toMatchObject({ srtt: 100_000, rttvar: 50_000, rto: 300_000 });
});

test('RFC 6298 §2.3: next: RTTVAR by 1/4 |SRTT - R|, SRTT by 1/8 R', () => {
  const made = fine();
  exchange(made, 100);
  exchange(made, 200);
  expect(made.host.status()).toMatchObject({ rttvar: 62_500, srtt: 112_500, rto: 362_500 });
});

test('RFC 6298 §2.3: RTO_MIN is what RTO keeps above SRTT, however steady the path', () => {
  const made = established();
  for (let i = 0; i < 100; i++) exchange(made, 500);
  expect(made.host.status()).toMatchObject({ srtt: 500_000, rto: 700_000 });
  made.stack.core.set(Setting.RTO_MIN_MS, 1000);
  exchange(made, 500);
  expect(made.host.look('rto')).toBe(1_500_000);
});

test('a longer round trip brings SRTT up to it, not to a microsecond below', () => {
  const made = fine();
  exchange(made, 100);
  for (let i = 0; i < 200; i++) exchange(made, 100.007);
  expect(made.host.look('srtt')).toBe(100_007);
});

test("the handshake is measured: RTO from the SYN's round trip", () => {
  const { host, peer } = synSent({ settings: { [Setting.RTO_MIN_MS]: 1 } });
  host.wait(80);
  peer.send(synAck({ seq: 0, ack: 1 }));
  expect(host.status()).toMatchObject({ srtt: 80_000, rto: 240_000 });
});

test('the handshake is measured: RTO from the round trip of the SYN,ACK', () => {
  const { host, peer } = established({ handshakeMs: 100 });
  expect(host.status()).toMatchObject({ srtt: 100_000, rttvar: 50_000, rto: 300_000 });
  host.write(1000);
  peer.take();
  host.wait(299);
  peer.expectNothing();
  host.wait(1);
  peer.expect(data(1000, { seq: 1 }));
});

test('MUST-18: a handshake whose SYN,ACK went out twice measures nothing', () => {
  // Because the peer has asked for it again:
  expect(established().host.status()).toMatchObject({ srtt: 0, rto: SECOND });
  // Because it was not answered in time:
  expect(established({ handshakeMs: 1001 }).host.status()).toMatchObject({
    srtt: 0,
    rto: 3 * SECOND,
  });
});

test('MUST-18: nor does a SYN that crossed the peer’s, for it goes out again with an ACK', () => {
  const { host, peer } = synSent();
  host.wait(500);
  peer.send(syn({ seq: 0 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  host.wait(40);
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(host.status()).toMatchObject({ srtt: 0, rto: SECOND });
});

test('a handshake that has waited for a place in the accept queue measures nothing', () => {
  const { stack, listener, peer } = listening({ backlog: 1 });
  peer.send(syn({ seq: 0 }));
  const other = new Peer(stack, { port: 41_000 });
  other.send(syn({ seq: 0 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  other.send(ack({ seq: 1, ack: 1 }));
  listener.accept();
  listener.wait(500);
  other.send(ack({ seq: 1, ack: 1 }));
  expect(listener.accept()?.look('srtt')).toBe(0);
});

test('MUST-19, RFC 6298 §2.5, §5.5, §5.6: RTO doubles with each timeout, up to a minute', () => {
  const { host, peer } = established();
  host.write('hello');
  peer.take();
  const doubled = [];
  for (let i = 0; i < 8; i++) {
    doubled.push(host.look('rto') / SECOND);
    host.wait(host.look('timerMs'));
  }
  expect(doubled).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
});

test('MUST-18, RFC 6298 §3a: text sent again is not measured, the backed-off RTO stays', () => {
  const { host, peer } = established();
  host.write('hello');
  host.wait(1000);
  peer.expect(data('hello', { seq: 1 }), data('hello', { seq: 1 }));
  peer.send(ack({ ack: 6 }));
  expect(host.status()).toMatchObject({ srtt: 0, rto: 2 * SECOND });
});

test('MUST-18, Karn: the next fresh text is measured and ends the back-off', () => {
  const made = established();
  made.host.write('hello');
  made.host.wait(1000);
  made.peer.send(ack({ ack: 6 }));
  exchange(made, 100);
  expect(made.host.status()).toMatchObject({ srtt: 100_000, rto: 300_000 });
});

test('Karn applies to a segment sent again by fast retransmit too', () => {
  const { host, peer } = established({ mss: 1000, sack: false });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(5000);
  host.wait(50);
  for (let i = 0; i < 3; i++) peer.send(ack({ ack: 1 }));
  host.wait(50);
  peer.send(ack({ ack: 1001 }));
  expect(host.look('srtt')).toBe(0);
});

test('with timestamps a retransmission can be measured by its echo (RFC 7323 §4)', () => {
  const { host, peer } = established({ timestamps: true, settings: { [Setting.RTO_MIN_MS]: 1 } });
  host.write('hello');
  host.wait(1000);
  expect(peer.take()).toHaveLength(2);
  host.wait(70);
  peer.send(ack({ ack: 6 }));
  expect(host.status()).toMatchObject({ srtt: 70_000 });
});

test('RFC 4015 §3.2c: an echo older than RTO teaches how long the round trip has become', () => {
  const made = established({ timestamps: true, handshakeMs: 100 });
  for (let i = 0; i < 60; i++) exchange(made, 100);
  expect(made.host.look('rto')).toBe(300_000);
  made.host.write(1);
  const first = made.peer.take()[0]?.ts?.[0] ?? 0;
  made.host.wait(400);
  expect(made.peer.take()).toHaveLength(1);
  made.peer.send(ack({ ack: 62, ts: [made.peer.clockOffset + made.stack.now, first] }));
  expect(made.host.status()).toMatchObject({ srtt: 137_500, retransmits: 0 });
  expect(made.host.look('rttvar')).toBeCloseTo(75_000, -2);
});

test('MUST-18: an answer to the second sending that has the first already is ambiguous', () => {
  const { stack, host, peer } = established({ timestamps: true });
  host.write('hello');
  host.wait(1000);
  const [first] = peer.take();
  const ts = [peer.clockOffset + stack.now, first?.ts?.[0] ?? 0] as const;
  peer.send(ack({ ack: 6, sack: [[1, 6]], ts }));
  expect(host.status()).toMatchObject({ srtt: 0, rto: 2 * SECOND });
  expect(stack.counter(Counter.TcpExtTCPDSACKRecv)).toBe(1);
});

test.each([true, false])('ACKs that turn slow: timestamps %s', (timestamps) => {
  const { stack, host, peer } = established({ timestamps, handshakeMs: 10 });
  for (let i = 0; i < 100; i++) exchange({ stack, host, peer, listener: host }, 10);
  for (let i = 0; i < 50; i++) {
    const seq = 1 + host.written;
    host.write(1);
    const sent = peer.take()[0];
    host.wait(450);
    peer.send(
      ack({ ack: seq + 1, ...(sent?.ts && { ts: [peer.clockOffset + stack.now, sent.ts[0]] }) }),
    );
    peer.take();
  }
  // RTO learns by one or two that it was too short, and the probe of the tail by one more.
  expect(host.look('retransTotal')).toBeLessThanOrEqual(4);
  expect(host.look('srtt')).toBeGreaterThan(440_000);
});

test('hostile 11d: a timestamp echo of 0 or of nonsense is no measurement', () => {
  const { host, peer } = established({ timestamps: true });
  host.write('hello');
  host.wait(1000);
  peer.send(ack({ ack: 3, ts: [peer.clockOffset + 1000, 0] }));
  peer.send(ack({ ack: 6, ts: [peer.clockOffset + 1000, (peer.echo + 0x4000_0000) >>> 0] }));
  expect(host.look('srtt')).toBe(0);
});

test('RFC 6298 §5.3: an acknowledgment of new text starts the timer anew', () => {
  const { host, peer } = established({ sack: false, set: [[Option.NAGLE, 0]] });
  host.write('hello');
  host.wait(900);
  peer.send(ack({ ack: 3 }));
  peer.take();
  expect(host.look('timerMs')).toBe(Math.ceil(host.look('rto') / 1000));
});

test('RFC 6298 §5.2: when all is acknowledged the timer is off', () => {
  const { host, peer } = established();
  host.write('hello');
  peer.send(ack({ ack: 6 }));
  expect(host.look('timer')).toBe(0);
});

test('RFC 6298 §5.1: text sent while the timer runs does not put it off', () => {
  const { host } = established({ set: [[Option.NAGLE, 0]] });
  host.write('a');
  host.wait(900);
  host.write('b');
  expect(host.look('timerMs')).toBe(100);
});

test('RFC 6298 §3b, RFC 7323 §4.2: one segment per window is timed, and not twice', () => {
  const { host, peer } = fine({ set: [[Option.NAGLE, 0]] });
  host.write('a');
  host.wait(10);
  host.write('b');
  host.wait(10);
  peer.send(ack({ ack: 2 }));
  expect(host.look('srtt')).toBe(20_000);
  host.wait(1);
  peer.send(ack({ ack: 3 }));
  expect(host.look('srtt')).toBe(20_000);
});
