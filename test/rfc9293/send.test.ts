/** SEND (RFC 9293 §3.10.2, §3.9.1.2). */
import { expect, test } from 'vitest';
import {
  ack,
  closed,
  closeWait,
  closing,
  data,
  established,
  finWait1,
  finWait2,
  lastAck,
  listening,
  Option,
  Result,
  rst,
  Setting,
  Signal,
  State,
  synAck,
  synSent,
  timeWait,
} from '../dsl/index.ts';

test('MUST-61, SHLD-27: text is sent at once when nothing is outstanding, with PSH', () => {
  const { host, peer } = established();
  expect(host.write('hello')).toBe(5);
  peer.expect(data('hello', { seq: 1, ack: 1, psh: true }));
});

test('MUST-61: only the last segment of what was written carries PSH', () => {
  const { host, peer } = established({ mss: 1000, set: [[Option.NAGLE, 0]] });
  host.write(2500);
  peer.expect(
    data(1000, { seq: 1, psh: false }),
    data(1000, { seq: 1001, psh: false }),
    data(500, { seq: 2001, psh: true }),
  );
});

test('SEND in SYN-SENT is queued until ESTABLISHED', () => {
  const { host, peer } = synSent();
  expect(host.write('hello')).toBe(5);
  peer.expectNothing();
  peer.send(synAck({ seq: 0, ack: 1 }));
  peer.expect(data('hello', { seq: 1, ack: 1 }));
});

test('SEND in CLOSE-WAIT: the connection is half-closed, not closed', () => {
  const { host, peer } = closeWait();
  expect(host.write('hello')).toBe(5);
  peer.expect(data('hello', { seq: 1, ack: 2 }));
});

test.each([
  ['FIN-WAIT-1', finWait1],
  ['FIN-WAIT-2', finWait2],
  ['CLOSING', closing],
  ['LAST-ACK', lastAck],
  ['TIME-WAIT', timeWait],
])('SEND in %s: connection closing', (_, state) => {
  const { host, peer } = state();
  expect(host.write('x')).toBe(-Result.CONNECTION_CLOSING);
  peer.expectNothing();
});

test('SEND in CLOSED and LISTEN', () => {
  expect(closed().host.write('x')).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
  expect(listening().host.write('x')).toBe(-Result.REMOTE_SOCKET_UNSPECIFIED);
});

test('SEND after a RST says so', () => {
  const { host, peer } = established();
  peer.send(rst({ seq: 1 }));
  expect(host.write('x')).toBe(-Result.CONNECTION_RESET);
});

test('a stale handle is an error', () => {
  const { host } = established();
  host.release();
  expect(host.write('x')).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
  expect(host.close()).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
  expect(host.read()).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
});

test('the send buffer bounds what is taken; WRITABLE follows when there is room', () => {
  const { host, peer } = established({ set: [[Option.SEND_BUFFER, 4000]], mss: 1000 });
  expect(host.write(6000)).toBe(4000);
  expect(host.write(10)).toBe(0);
  host.expectNoSignal(Signal.WRITABLE);
  peer.take();
  peer.send(ack({ seq: 1, ack: 4001 }));
  host.expectSignal(Signal.WRITABLE);
  expect(host.write(6000)).toBe(4000);
  peer.expect(...[4001, 5001, 6001, 7001].map((seq) => data(1000, { seq })));
});

test('WRITABLE comes for a 32nd of the buffer while nothing waits to be sent', () => {
  const { host, peer } = established({ set: [[Option.SEND_BUFFER, 64_000]], mss: 1000, wscale: 7 });
  for (let acked = 0; acked < 200_000; ) {
    host.write(60_000);
    acked += peer.take().reduce((sum, { text }) => sum + (text?.length ?? 0), 0);
    peer.send(ack({ seq: 1, ack: 1 + acked }));
  }
  expect([host.write(64_000), host.write(64_000)].at(-1)).toBe(0);
  const una = host.look('sndUna') - host.look('iss');
  expect(host.status()).toMatchObject({ flightSize: 64_000, sendQueue: 64_000 });
  host.expectSignal(Signal.WRITABLE);
  peer.send(ack({ seq: 1, ack: una + 1000 }));
  host.expectNoSignal(Signal.WRITABLE);
  peer.send(ack({ seq: 1, ack: una + 2000 }));
  host.expectSignal(Signal.WRITABLE);
});

test('WRITABLE comes for a quarter of the buffer while more than that waits to be sent', () => {
  const { host, peer } = established({ set: [[Option.SEND_BUFFER, 64_000]], mss: 1000, wscale: 7 });
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(host.write(64_001)).toBe(64_000);
  expect(peer.take()).toHaveLength(10);
  peer.send(ack({ seq: 1, ack: 10_001 }));
  expect(peer.take()).toHaveLength(20);
  host.expectNoSignal(Signal.WRITABLE);
  peer.send(ack({ seq: 1, ack: 16_001 }));
  host.expectSignal(Signal.WRITABLE);
});

test('when the shared pages run out SEND takes less, and goes on when some return', () => {
  const { host, peer } = established({ limits: { pages: 8 } });
  const taken = host.write(60_000);
  // Half of so small a pool is kept for text that arrives in order.
  expect(taken).toBe(4 * 4096);
  expect(host.write(1)).toBe(0);
  peer.take();
  peer.send(ack({ seq: 1, ack: 1 + 14_600 }));
  peer.take();
  peer.send(ack({ seq: 1, ack: 1 + taken }));
  host.wait(1);
  host.expectSignal(Signal.WRITABLE);
  expect(host.write(100)).toBe(100);
});

test('an empty SEND is nothing', () => {
  const { host, peer } = established();
  expect(host.write('')).toBe(0);
  peer.expectNothing();
});

test('SHLD-28: as many full segments as there are', () => {
  const { host, peer } = established({ mss: 1000, set: [[Option.NAGLE, 0]] });
  for (let i = 0; i < 10; i++) host.write(100);
  peer.expect(...Array.from({ length: 10 }, (_, i) => data(100, { seq: 1 + 100 * i })));
  host.setOption(Option.CORK, 1);
  for (let i = 0; i < 10; i++) host.write(150);
  peer.expect(data(1000, { seq: 1001 }));
});

test('MAY-16: CORK holds a short segment back until it is lifted', () => {
  const { host, peer } = established({ set: [[Option.CORK, 1]] });
  host.write('he');
  host.write('llo');
  peer.expectNothing();
  host.setOption(Option.CORK, 0);
  peer.expect({ ctl: 16, seq: 1, text: 'bchello'.slice(2) });
});

test('MUST-60: CORK does not hold text back for ever', () => {
  const { host, peer } = established({ set: [[Option.CORK, 1]] });
  host.write('hello');
  host.wait(200);
  peer.expect(data('hello', { seq: 1 }));
});

test('CLOSE lifts CORK', () => {
  const { host, peer } = established({ set: [[Option.CORK, 1]] });
  host.write('hello');
  host.close();
  peer.expect({ ctl: 17, seq: 1, text: 'hello' });
});

test('MUST-48, SHLD-21, SHLD-22, MUST-49: Diffserv and hop limit reach the packets', () => {
  const { host, peer } = established();
  expect(host.setOption(Option.DIFFSERV, 0xb8)).toBe(0);
  expect(host.setOption(Option.HOP_LIMIT, 3)).toBe(0);
  host.write('x');
  expect(peer.latest()).toMatchObject({ diffserv: 0xb8, hopLimit: 3 });
  const v6 = established({
    family: 6,
    set: [
      [Option.DIFFSERV, 0xb8],
      [Option.HOP_LIMIT, 3],
    ],
  });
  v6.host.write('x');
  expect(v6.peer.latest()).toMatchObject({ diffserv: 0xb8, hopLimit: 3 });
});

test('a quarter of a million octets arrive, once and in order', () => {
  const { host, peer } = established({ mss: 1460 });
  let received = 1;
  let written = 0;
  while (received <= 262_144) {
    if (written < 262_144) written += Math.max(0, host.write(Math.min(30_000, 262_144 - written)));
    const arrived = peer.take();
    if (arrived.length === 0) host.wait(10);
    for (const segment of arrived) {
      expect(segment.seq).toBe(received);
      expect(segment.text).toBe(data(segment.text.length, { seq: received }).text);
      received += segment.text.length;
    }
    host.wait(5);
    peer.send(ack({ seq: 1, ack: received }));
  }
  host.expect(State.ESTABLISHED);
  expect(host.look('retransTotal')).toBe(0);
});

test('SEND takes no more than may be unsent; WRITABLE follows what has left, not its ACK', () => {
  const { host, peer } = established({ mss: 1000, set: [[Option.NOT_SENT_LOW_WATER, 4000]] });
  // Ten segments are the initial window; each time 4,000 octets are taken, sent, and asked for.
  for (let i = 0; i < 3; i++) {
    expect(host.write(20_000)).toBe(4000);
    host.expectSignal(Signal.WRITABLE);
  }
  expect(peer.take()).toHaveLength(10);
  expect(host.write(20_000)).toBe(2000);
  host.expectNoSignal(Signal.WRITABLE);
  peer.send(ack({ ack: 4001 }));
  host.expectSignal(Signal.WRITABLE);
});

test('tcp_notsent_lowat is what a connection has that was told nothing else', () => {
  const settings = { [Setting.NOTSENT_LOWAT]: 3000 };
  expect(established({ mss: 1000, settings }).host.write(20_000)).toBe(3000);
  const set: [Option, number][] = [[Option.NOT_SENT_LOW_WATER, 5000]];
  expect(established({ mss: 1000, settings, set }).host.write(20_000)).toBe(5000);
});
