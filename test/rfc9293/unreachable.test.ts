/** ICMP errors that reach a connection (RFC 9293 §3.9.2.2, RFC 5927, RFC 1191, RFC 8201). */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  established,
  Result,
  Signal,
  State,
  SYNCHRONIZED,
  syn,
  synAck,
  synReceived,
  synSent,
  timeWait,
} from '../dsl/index.ts';

/** A connection with five segments out. */
function busy(options = {}) {
  const made = established({ mss: 1460, ...options });
  made.peer.send(ack({ seq: 1, ack: 1 }));
  made.host.write(7300);
  return made;
}

const SOFT = [
  ['net unreachable', 3, 0],
  ['host unreachable', 3, 1],
  ['source route failed', 3, 5],
  ['time exceeded', 11, 0],
  ['reassembly time exceeded', 11, 1],
  ['parameter problem', 12, 0],
] as const;

test.each(SOFT)(
  'MUST-54, MUST-56, MUST-47, SHLD-25: %s is told to the user and ends nothing',
  (_, type, code) => {
    const { host, peer } = busy();
    peer.icmp(type, code);
    host.expect(State.ESTABLISHED);
    host.expectSignal(Signal.SOFT_ERROR);
    peer.take();
    peer.send(ack({ seq: 1, ack: 7301 }));
    expect(host.look('sendQueue')).toBe(0);
  },
);

test.each([
  ['destination', 1, 0],
  ['time exceeded', 3, 0],
  ['parameter problem', 4, 0],
] as const)('MUST-56 over IPv6: %s', (_, type, code) => {
  const { host, peer } = busy({ family: 6 });
  peer.icmp(type, code);
  host.expect(State.ESTABLISHED);
  host.expectSignal(Signal.SOFT_ERROR);
});

test.each([
  ['protocol', 2],
  ['port', 3],
] as const)('RFC 5927 §5.2a: %s unreachable is soft in a synchronized state', (_, code) => {
  const { host, peer } = busy();
  peer.icmp(3, code);
  host.expect(State.ESTABLISHED);
  host.expectSignal(Signal.SOFT_ERROR);
});

test('SHLD-26, RFC 5927 §5.2b: port unreachable refuses an OPEN', () => {
  const { host, peer } = synSent();
  peer.icmp(3, 3);
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.CONNECTION_REFUSED);
});

test('an OPEN that ICMP has called unreachable ends with that at R2', () => {
  const { host, peer } = synSent();
  peer.icmp(3, 1);
  host.expectSignal(Signal.SOFT_ERROR, Result.HOST_UNREACHABLE);
  host.wait(180_000);
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.HOST_UNREACHABLE);
});

test('what was unreachable for a while is no reason for a later timeout', () => {
  const { host, peer } = busy();
  peer.icmp(3, 1);
  host.wait(1000);
  peer.send(ack({ seq: 1, ack: host.look('sndNxt') - host.look('iss') }));
  host.write('x');
  host.wait(400_000);
  host.expectSignal(Signal.CLOSED, Result.ABORTED_DUE_TO_USER_TIMEOUT);
});

test.each([
  ['net unreachable', 3, 0],
  ['host unreachable', 3, 1],
  ['source route failed', 3, 5],
  ['time exceeded in transit', 11, 0],
  ['reassembly time exceeded', 11, 1],
  ['parameter problem', 12, 0],
] as const)('MUST-56: %s does not abort an OPEN', (_, type, code) => {
  const { host, peer } = synSent();
  peer.icmp(type, code);
  host.expect(State.SYN_SENT);
  peer.send(synAck({ seq: 0, ack: 1 }));
  host.expect(State.ESTABLISHED);
});

test('MUST-55, RFC 5927 §6.2: source quench is dropped silently', () => {
  const { stack, host, peer } = busy();
  const cwnd = host.look('cwnd');
  peer.icmp(4, 0);
  host.expectNoSignal(Signal.SOFT_ERROR);
  expect(host.look('cwnd')).toBe(cwnd);
  expect(stack.counter(Counter.IcmpInSrcQuenchs)).toBe(1);
});

/** The same packet with another sequence number in it. */
function forged(packet: Uint8Array, by: number): Uint8Array {
  const copy = packet.slice();
  const view = new DataView(copy.buffer);
  view.setUint32(24, (view.getUint32(24) + by) >>> 0);
  return copy;
}

test.each([
  ['below SND.UNA', -20_000],
  ['beyond SND.NXT', 20_000],
])('RFC 5927 §4.1: an error that quotes a number %s is not believed', (_, by) => {
  const { stack, host, peer } = busy();
  peer.icmp(3, 3, 0, forged(peer.latest().packet, by));
  peer.icmp(3, 4, 600, forged(peer.latest().packet, by));
  host.expectNoSignal(Signal.SOFT_ERROR);
  expect(host.look('smss')).toBe(1460);
  expect(stack.counter(Counter.TcpExtTCPIcmpOutOfWindow)).toBe(2);
});

test('an error about another connection is counted and forgotten', () => {
  const { stack, host, peer } = busy();
  const stranger = peer.latest().packet.slice();
  stranger[21] = 99;
  peer.icmp(3, 3, 0, stranger);
  host.expectNoSignal(Signal.SOFT_ERROR);
  expect(stack.counter(Counter.IcmpInUnmatched)).toBe(1);
});

test('an error that quotes less than eight octets of TCP is not believed', () => {
  const { stack, host, peer } = busy();
  peer.icmp(3, 3, 0, peer.latest().packet.slice(0, 27));
  host.expectNoSignal(Signal.SOFT_ERROR);
  expect(stack.counter(Counter.IcmpInErrors)).toBe(1);
});

test.each(Object.entries(SYNCHRONIZED))('%s survives every ICMP error', (name, state) => {
  const { host, peer } = state();
  host.write('x');
  for (let type = 0; type < 20; type++) for (let code = 0; code < 16; code++) peer.icmp(type, code);
  host.expect(State[name as keyof typeof State]);
});

test('TIME-WAIT and SYN-RECEIVED survive soft errors', () => {
  const waiting = timeWait();
  waiting.peer.icmp(3, 1);
  waiting.host.expect(State.TIME_WAIT);
  const entry = synReceived();
  entry.peer.icmp(3, 1);
  entry.host.expect(State.SYN_RECEIVED);
});

test('a hard error ends a SYN-queue entry: the peer is not there', () => {
  const { host, peer } = synReceived();
  peer.icmp(3, 3);
  host.expect(State.CLOSED);
});

// Too big ------------------------------------------------------------------------------------

test('RFC 1191 §3a, §6.4b: too big: segments shrink, what was lost is sent again at once', () => {
  const { host, peer } = busy();
  peer.take();
  peer.icmp(3, 4, 1000);
  expect(host.look('smss')).toBe(960);
  const again = peer.take();
  expect(again[0]).toMatchObject({ seq: 1, text: data(960, { seq: 1 }).text });
  expect(again.every((segment) => segment.packet.length <= 1000)).toBe(true);
});

test('RFC 8201 §4a: packet too big over IPv6', () => {
  const { host, peer } = busy({ family: 6, mss: 1440 });
  peer.take();
  peer.icmp(2, 0, 1300);
  expect(host.look('smss')).toBe(1240);
  expect(peer.take()[0]?.packet.length).toBe(1300);
});

test.each([0, 68, 551])(
  'RFC 1191 §3b, §5, CVE-2004-1060: an MTU of %i does not make dust',
  (mtu) => {
    const { host, peer } = busy();
    peer.icmp(3, 4, mtu);
    expect(host.look('smss')).toBeGreaterThanOrEqual(512);
  },
);

test('RFC 8201 §4b, §4c: a report of less than 1280 is dropped over IPv6', () => {
  const { host, peer } = busy({ family: 6, mss: 1440 });
  peer.take();
  peer.icmp(2, 0, 1279);
  expect(host.look('smss')).toBe(1440);
  peer.expectNothing();
});

test('RFC 5681 §3.1i: segments that must be smaller are no more than before', () => {
  const { host, peer } = busy();
  peer.take();
  const segments = Math.floor(host.look('cwnd') / host.look('smss'));
  peer.icmp(3, 4, 600);
  expect(host.look('cwnd')).toBe(segments * 560);
  expect(peer.take().length).toBeLessThanOrEqual(segments);
});

test('a report about the FIN that went with an open does not send the SYN as text', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0, mss: 1460 }));
  host.close();
  peer.icmp(3, 4, 600, peer.latest().packet);
  host.wait(3000);
  host.expect(State.FIN_WAIT_1);
});

test('RFC 1191 §3d: an MTU that is larger than ours changes nothing', () => {
  const { host, peer } = busy();
  peer.take();
  peer.icmp(3, 4, 9000);
  expect(host.look('smss')).toBe(1460);
  peer.expectNothing();
});

test('RFC 1191 §6.4c: too big is no congestion: cwnd keeps its segments', () => {
  const { host, peer } = busy();
  const { cwnd, ssthresh } = host.status() ?? host.stack.fail('no status');
  peer.icmp(3, 4, 1000);
  expect(host.status()).toMatchObject({ ssthresh });
  expect(host.look('cwnd')).toBeGreaterThanOrEqual(cwnd / 2);
});

test('a new SYN after a refused one finds a fresh connection', () => {
  const { host, peer } = synSent();
  peer.icmp(3, 3);
  const again = host.another();
  expect(again.connect('10.0.0.2', 40_000, { port: peer.flow.destinationPort })).toBe(0);
  peer.expect(syn({ seq: 0 }));
});
