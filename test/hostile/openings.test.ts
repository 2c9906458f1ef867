/**
 * Unusual openings and closings (line 10 of `cases.ts`), LAND in every state (line 6): legal, rare,
 * and where other stacks have looped or lost count.
 */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  Host,
  listening,
  Peer,
  State,
  SYNCHRONIZED,
  syn,
  synAck,
  synReceived,
  synSent,
  timeWait,
} from '../dsl/index.ts';
import { Pair } from './pair.ts';

/** Two users that open towards each other in the same millisecond. */
function crossing(delay: number) {
  const pair = new Pair(delay);
  const [one, two] = [new Host(pair.a).create(), new Host(pair.b).create()];
  expect(one.connect('10.0.0.2', 9000, { port: 9000 })).toBe(0);
  expect(two.connect('10.0.0.1', 9000, { port: 9000 })).toBe(0);
  return { pair, one, two };
}

test('hostile 10a: two stacks open towards each other at once: one connection, few packets', () => {
  const { pair, one, two } = crossing(20);
  one.expect(State.SYN_SENT);
  pair.wait(100);
  one.expect(State.ESTABLISHED);
  two.expect(State.ESTABLISHED);
  // SYN, SYN,ACK and the ACK of the other's SYN,ACK, from each.
  expect(pair.sent).toHaveLength(6);
  one.write('hello');
  two.write('world');
  pair.wait(30);
  expect([one.read(), two.read()]).toEqual(['world', 'hello']);
  for (const stack of [pair.a, pair.b]) {
    expect(stack.counter(Counter.TcpActiveOpens)).toBe(1);
    expect(stack.counter(Counter.TcpPassiveOpens)).toBe(0);
    expect(stack.counter(Counter.TcpOutRsts)).toBe(0);
  }
});

test('hostile 10b: two stacks close at once: CLOSING, TIME-WAIT on both sides', () => {
  const { pair, one, two } = crossing(20);
  pair.wait(100);
  one.close();
  two.close();
  one.expect(State.FIN_WAIT_1);
  pair.sent.length = 0;
  pair.wait(30);
  one.expect(State.CLOSING);
  two.expect(State.CLOSING);
  pair.wait(20);
  one.expect(State.TIME_WAIT);
  two.expect(State.TIME_WAIT);
  pair.wait(60_000);
  one.expect(State.CLOSED);
  two.expect(State.CLOSED);
  // The FINs have left before the look; an ACK of each follows.
  expect(pair.sent).toHaveLength(2);
});

test('hostile 10c: a connection to itself closes by crossing its own FIN', () => {
  const { host } = synSent();
  const self = host.another();
  expect(self.connect('10.0.0.1', 7777, { port: 7777 })).toBe(0);
  self.expect(State.ESTABLISHED);
  self.close();
  self.expect(State.TIME_WAIT);
  self.wait(60_000);
  self.expect(State.CLOSED);
});

test('hostile 10d: a split handshake opens like a crossed one, and is ours all the same', () => {
  const { stack, host, peer } = synSent();
  // The ACK half says nothing by itself; the SYN half crosses ours.
  peer.send(ack({ seq: 0, ack: 1 }));
  peer.expectNothing();
  host.expect(State.SYN_SENT);
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.expect(synAck({ seq: 0, ack: 1 }));
  host.expect(State.SYN_RECEIVED);
  peer.send(ack({ seq: 1, ack: 1 }));
  peer.expectNothing();
  host.expect(State.ESTABLISHED);
  host.write('hello');
  peer.expect(data('hello', { seq: 1, ack: 1 }));
  expect(stack.counter(Counter.TcpActiveOpens)).toBe(1);
  expect(stack.counter(Counter.TcpPassiveOpens)).toBe(0);
});

test('hostile 10e: Fast Open in a SYN that crosses ours: option ignored, text read once', () => {
  const { host, peer } = synSent();
  const cookie = [34, 10, 1, 2, 3, 4, 5, 6, 7, 8];
  peer.send(syn({ seq: 0, text: 'hello', rawOptions: [2, 4, 5, 180, ...cookie] }));
  peer.expect(synAck({ seq: 0, ack: 6 }));
  expect(host.read()).toBe('');
  // The SYN comes again without its text, as a Fast Open client falls back to.
  peer.send(synAck({ seq: 0, ack: 1 }));
  peer.expect(ack({ seq: 1, ack: 6 }));
  host.expect(State.ESTABLISHED);
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
  expect(host.read()).toBe('');
});

// LAND ---------------------------------------------------------------------------------------

test.each(
  Object.entries({
    LISTEN: listening,
    SYN_RECEIVED: synReceived,
    SYN_SENT: synSent,
    ...SYNCHRONIZED,
    TIME_WAIT: timeWait,
  }),
)('hostile 6a: in %s a segment from our own socket is dropped, and starts nothing', (_, state) => {
  const { stack, host, peer } = state();
  const before = [host.state(), stack.used().slice(0, 3)];
  const port = peer.flow.destinationPort;
  const land = new Peer(stack, { address: '10.0.0.1', port, hostPort: port });
  const drops = stack.counter(Counter.IpInAddrErrors);
  land.send(syn({ seq: 0 }), synAck({ seq: 0, ack: 1 }), ack({ seq: 1, ack: 1 }));
  land.expectNothing();
  peer.expectNothing();
  expect(stack.strays).toEqual([]);
  expect(stack.counter(Counter.IpInAddrErrors) - drops).toBe(3);
  expect([host.state(), stack.used().slice(0, 3)]).toEqual(before);
});
