/**
 * Retransmission timeout (RFC 6298, RFC 9293 §3.8.1). Smallest RTO here: 200 ms, a documented
 * departure.
 */
import { expect, test } from 'vitest';
import { ack, data, established, Option, Setting, synAck, synSent } from '../dsl/index.ts';

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

test('a steady round trip brings RTO down to it, but not below the least', () => {
  const made = established();
  for (let i = 0; i < 100; i++) exchange(made, 20);
  expect(made.host.look('rto')).toBe(200_000);
  made.stack.core.set(Setting.RTO_MIN_MS, 1000);
  exchange(made, 20);
  expect(made.host.look('rto')).toBe(SECOND);
});

test("the handshake is measured: RTO from the SYN's round trip", () => {
  const { host, peer } = synSent({ settings: { [Setting.RTO_MIN_MS]: 1 } });
  host.wait(80);
  peer.send(synAck({ seq: 0, ack: 1 }));
  expect(host.status()).toMatchObject({ srtt: 80_000, rto: 240_000 });
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

test('hostile 11d: a timestamp echo of 0 or of nonsense is no measurement', () => {
  const { host, peer } = established({ timestamps: true });
  host.write('hello');
  host.wait(1000);
  peer.send(ack({ ack: 3, ts: [peer.clockOffset + 1000, 0] }));
  peer.send(ack({ ack: 6, ts: [peer.clockOffset + 1000, (peer.echo + 0x4000_0000) >>> 0] }));
  expect(host.look('srtt')).toBe(0);
});

test('RFC 6298 §5.3: an acknowledgment of new text starts the timer anew', () => {
  const { host, peer } = established({ set: [[Option.NAGLE, 0]] });
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
