/**
 * A FIN that leaves while nothing else is on its way has no record until something is asked of it.
 * Whatever that is, it is answered as for any other last segment.
 */
import { expect, test } from 'vitest';
import { ack, Counter, established, fin, State } from './dsl/index.ts';
import { POOLS } from './pools.ts';

/** Milliseconds; RTO is then three of them. */
const RTT = 100;

/** A connection whose FIN, the first thing it sends, has left at time 0. */
function closed(options = {}) {
  const made = established({ handshakeMs: RTT, ...options });
  made.host.close();
  made.peer.expect(fin({ seq: 1, ack: 1 }));
  const recorded = () => {
    const used = made.stack.used();
    return [used[POOLS.indexOf('flights')], used[POOLS.indexOf('records of segments')]];
  };
  return { ...made, recorded };
}

test('a FIN alone that is acknowledged has needed no record', () => {
  const { host, peer, recorded } = closed();
  expect(recorded()).toEqual([0, 0]);
  expect(host.status()).toMatchObject({ flightSize: 1, sacked: 0, lost: 0, retrans: 0 });
  host.wait(RTT);
  peer.send(ack({ seq: 1, ack: 2 }));
  host.expect(State.FIN_WAIT_2);
  expect(recorded()).toEqual([0, 0]);
  expect(host.status()).toMatchObject({ flightSize: 0, srtt: RTT * 1000 });
  host.wait(100_000);
  peer.expectNothing();
});

test('a FIN alone is probed in place of the timeout, then sent at twice the distance', () => {
  const { stack, host, peer, recorded } = closed();
  host.wait(3 * RTT - 1);
  peer.expectNothing();
  host.wait(1);
  peer.expect(fin({ seq: 1, ack: 1 }));
  expect(recorded()).toEqual([1, 1]);
  expect(stack.counter(Counter.TcpExtTCPLossProbes)).toBe(1);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(0);
  host.wait(6 * RTT - 1);
  peer.expectNothing();
  host.wait(1);
  peer.expect(fin({ seq: 1, ack: 1 }));
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(1);
  expect(host.status()).toMatchObject({ lost: 1, retrans: 1, retransTotal: 2 });
  peer.send(ack({ seq: 1, ack: 2 }));
  host.expect(State.FIN_WAIT_2);
});

test('without SACK the timeout sends a FIN alone again', () => {
  const { stack, host, peer } = closed({ sack: false });
  host.wait(3 * RTT - 1);
  peer.expectNothing();
  host.wait(1);
  peer.expect(fin({ seq: 1, ack: 1 }));
  expect(stack.counter(Counter.TcpExtTCPLossProbes)).toBe(0);
  expect(stack.counter(Counter.TcpExtTCPTimeouts)).toBe(1);
});

test('without SACK three duplicates tell of the loss of a FIN alone', () => {
  const { stack, peer } = closed({ sack: false });
  for (let i = 0; i < 2; i++) peer.send(ack({ seq: 1, ack: 1 }));
  peer.expectNothing();
  peer.send(ack({ seq: 1, ack: 1 }));
  peer.expect(fin({ seq: 1, ack: 1 }));
  expect(stack.counter(Counter.TcpExtTCPFastRetrans)).toBe(1);
});

test('a probe of a FIN alone that was one too many is counted', () => {
  const { stack, host, peer } = closed();
  host.wait(3 * RTT);
  peer.expect(fin({ seq: 1, ack: 1 }));
  peer.send(ack({ seq: 1, ack: 2, sack: [[1, 2]] }));
  host.expect(State.FIN_WAIT_2);
  expect(stack.counter(Counter.TcpExtTCPDSACKRecv)).toBe(1);
});

test('a FIN alone that met a closed window is sent again once that opens', () => {
  const { host, peer, recorded } = closed();
  peer.send(ack({ seq: 1, ack: 1, win: 0 }));
  peer.expectNothing();
  expect(recorded()).toEqual([1, 1]);
  peer.send(ack({ seq: 1, ack: 1, win: 1000 }));
  peer.expect(fin({ seq: 1, ack: 1 }));
  peer.send(ack({ seq: 1, ack: 2, win: 1000 }));
  host.expect(State.FIN_WAIT_2);
});

test('a FIN alone is probed an RTO after it was sent, whatever else arrives meanwhile', () => {
  const { host, peer, recorded } = closed();
  host.wait(2 * RTT);
  peer.send(ack({ seq: 1, ack: 1, text: 'late' }));
  expect(recorded()).toEqual([1, 1]);
  host.wait(RTT - 1);
  peer.expect(ack({ seq: 2, ack: 5 }));
  host.wait(1);
  peer.expect(fin({ seq: 1, ack: 5 }));
});
