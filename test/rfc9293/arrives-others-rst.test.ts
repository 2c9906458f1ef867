/** SEGMENT ARRIVES, other states, second: the RST bit (RFC 9293 §3.10.7.4, RFC 5961 §3). */
import { expect, test } from 'vitest';
import {
  ack,
  closeWait,
  closing,
  Counter,
  data,
  established,
  fin,
  finWait1,
  finWait2,
  lastAck,
  Result,
  rst,
  Signal,
  State,
  SYNCHRONIZED,
  syn,
  synAck,
  synReceived,
  synSent,
} from '../dsl/index.ts';

type Made = Pick<ReturnType<typeof established>, 'host' | 'peer'>;

test.each(Object.entries(SYNCHRONIZED))(
  'RFC 5961 §3.2b, hostile 8a: %s: a RST exactly at RCV.NXT ends the connection',
  (_, state) => {
    const { host, peer } = state();
    peer.send(rst({ seq: peer.next }));
    peer.expectNothing();
    host.expect(State.CLOSED);
    host.expectSignal(Signal.CLOSED);
  },
);

test.each([
  ['ESTABLISHED', established, Result.CONNECTION_RESET],
  ['FIN-WAIT-1', finWait1, Result.CONNECTION_RESET],
  ['FIN-WAIT-2', finWait2, Result.CONNECTION_RESET],
  ['CLOSE-WAIT', closeWait, Result.CONNECTION_RESET],
  ['CLOSING', closing, Result.CONNECTION_RESET],
  ['LAST-ACK', lastAck, Result.CONNECTION_RESET],
] as const)('MUST-12: what the user hears of a RST in %s', (_, state, result) => {
  const { host, peer } = state();
  peer.send(rst({ seq: peer.next }));
  host.expectSignal(Signal.CLOSED, result);
});

test.each([
  ['CLOSING', (made: Made) => [made.host.close(), made.peer.send(fin({ seq: 1, ack: 1 }))]],
  ['LAST-ACK', (made: Made) => [made.peer.send(fin({ seq: 1, ack: 1 })), made.host.close()]],
] as const)('MUST-12: a RST in %s that costs half a megabyte is no normal end', (_, end) => {
  // Half a megabyte, of which nothing or some was acknowledged: most of it was never sent.
  for (const acked of [0, 2920]) {
    const { host, peer } = established();
    for (let i = 0; i < 8; i++) expect(host.write(65_536)).toBe(65_536);
    if (acked > 0) peer.send(ack({ seq: 1, ack: 1 + acked }));
    end({ host, peer });
    expect(host.look('sendQueue')).toBe(8 * 65_536 - acked);
    peer.send(rst({ seq: 2 }));
    host.expect(State.CLOSED);
    host.expectSignal(Signal.CLOSED, Result.CONNECTION_RESET);
    // The peer's text had ended: what it lost of ours, the signal says.
    expect(host.read()).toBe(-Result.CONNECTION_CLOSING);
  }
});

// The peer's FIN, then its RST with the same number ----------------------------------------

const FIN_RECEIVED = { CLOSE_WAIT: closeWait, CLOSING: closing, LAST_ACK: lastAck } as const;

test.each(
  Object.entries(FIN_RECEIVED).flatMap(([name, state]) =>
    ([4, 6] as const).map((family) => [name, family, state] as const),
  ),
)("%s, IPv%i: a RST with the number of the peer's FIN ends the connection", (_, family, state) => {
  for (const withAck of [null, 1, 2]) {
    const { host, peer } = state({ family });
    peer.send(rst({ seq: 1, ack: withAck }));
    peer.expectNothing();
    host.expect(State.CLOSED);
    host.expectSignal(Signal.CLOSED, Result.CONNECTION_RESET);
  }
});

test('a peer that is gone, and says so by a RST with the number of its FIN, is believed', () => {
  const { host, peer } = established();
  host.write(65_536);
  peer.send(fin({ seq: 1, ack: 1 }));
  host.close();
  peer.take();
  // Its numbers are those our text acknowledged: the FIN's own.
  peer.send(rst({ seq: 1 }));
  host.wait(400_000);
  peer.expectNothing();
  host.expectSignal(Signal.CLOSED, Result.CONNECTION_RESET);
});

test.each([
  ['ESTABLISHED', established],
  ['FIN_WAIT_1', finWait1],
  ['FIN_WAIT_2', finWait2],
] as const)('RFC 5961 §3.2a: %s: before the FIN a RST at RCV.NXT - 1 is ignored', (name, state) => {
  const { host, peer } = state();
  peer.send(rst({ seq: 0 }));
  peer.expectNothing();
  host.expect(State[name]);
});

test.each(Object.entries(SYNCHRONIZED))(
  'RFC 5961 §3.2c, hostile 8a: %s: a RST elsewhere in the window is challenged',
  (name, state) => {
    const { host, peer } = state();
    const sent = host.look('sndNxt') - host.look('iss');
    peer.send(rst({ seq: peer.next + 1 }));
    peer.expect(ack({ seq: sent >>> 0, ack: peer.next }));
    host.expect(State[name as keyof typeof State]);
    // The peer that means it answers the challenge with the right number.
    peer.send(rst({ seq: peer.next }));
    host.expect(State.CLOSED);
  },
);

test('MUST-66: a RST at the edge of a closed window resets', () => {
  const { host, peer } = established({ receiveBuffer: 1000 });
  peer.send(data(1000, { seq: 1, ack: 1 }));
  host.wait(40);
  peer.expect(ack({ ack: 1001, win: 0 }));
  peer.send(rst({ seq: 1002 }));
  host.expect(State.ESTABLISHED);
  peer.send(rst({ seq: 1001 }));
  host.expect(State.CLOSED);
});

test('SHLD-2: text in a RST does no harm', () => {
  const { host, peer } = established();
  peer.send(rst({ seq: 1, text: 'why not' }));
  peer.expectNothing();
  host.expect(State.CLOSED);
  expect(host.read()).toBe(-Result.CONNECTION_RESET);
});

test('RFC 5961 §7a, hostile 8e: challenges of RSTs are limited in rate, per connection', () => {
  const { stack, peer } = established();
  for (let i = 0; i < 100; i++) peer.send(rst({ seq: 100 + i }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  expect(stack.counter(Counter.TcpExtTCPACKSkipped)).toBe(99);
  stack.wait(1000);
  peer.send(rst({ seq: 100 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
});

test('MUST-11: a RST in SYN-RECEIVED of a passive OPEN returns to LISTEN', () => {
  const { listener, host, peer, stack } = synReceived();
  peer.send(rst({ seq: 1 }));
  peer.expectNothing();
  host.expect(State.CLOSED);
  listener.expect(State.LISTEN);
  listener.expectNoSignal(Signal.CLOSED);
  expect(stack.used()[1]).toBe(0);
});

test('a RST elsewhere in the window of a SYN-queue entry is challenged', () => {
  const { host, peer } = synReceived();
  peer.send(rst({ seq: 2 }));
  peer.expect(ack({ seq: 1, ack: 1 }));
  host.expect(State.SYN_RECEIVED);
});

test('MUST-11: a RST in SYN-RECEIVED of an active OPEN: connection refused', () => {
  const { host, peer } = synSent();
  peer.send(syn({ seq: 0 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  peer.send(rst({ seq: 1 }));
  host.expect(State.CLOSED);
  host.expectSignal(Signal.CLOSED, Result.CONNECTION_REFUSED);
});

test('after a RST the sockets can be used anew', () => {
  const { listener, peer } = established();
  peer.send(rst({ seq: 1 }));
  peer.send(syn({ seq: 500_000 }));
  peer.expect(synAck({ seq: 0, ack: 500_001 }));
  peer.send(ack({ seq: 500_001, ack: 1 }));
  expect(listener.accept()).not.toBeNull();
});
