/**
 * What must neither stall nor be used up: closed windows, scarce pages, peers that repeat
 * themselves.
 */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  established,
  fin,
  listening,
  Option,
  Peer,
  Setting,
  Signal,
  Stack,
  State,
  syn,
} from '../dsl/index.ts';

test('an ACK to a peer with a closed window lies where it is acceptable (§3.4)', () => {
  const { host, peer } = established({ window: 0 });
  host.write(100);
  host.wait(1100);
  peer.expect(data(1, { seq: 1 }));
  peer.send(ack({ seq: 1, ack: 1, win: 0 }));
  peer.send(data('hello', { seq: 1, ack: 1, win: 0 }));
  host.wait(100);
  peer.expect(ack({ seq: 1, ack: 6 }));
});

test('a probe that has become pointless does not keep back the ACK of a FIN', () => {
  const { stack, host, peer } = established({ window: 0 });
  host.write(1);
  host.wait(1000);
  peer.expect(data(1, { seq: 1 }));
  const due = stack.deadline();
  host.wait(due - stack.now - 1);
  stack.now = due;
  stack.core.poll(1000 + due);
  peer.send(fin({ seq: 1, ack: 2, win: 65_535 }));
  peer.expect(ack({ seq: 2, ack: 2 }));
  host.expect(State.CLOSE_WAIT);
});

test('MUST-18: a zero-window probe ends the timing of the octet it sends again', () => {
  const { host, peer } = established();
  host.write(1000);
  peer.take();
  host.wait(10);
  peer.send(ack({ seq: 1, ack: 1, win: 0 }));
  host.wait(6000);
  peer.take();
  peer.send(ack({ seq: 1, ack: 2, win: 65_535 }));
  expect(host.look('rto')).toBeLessThanOrEqual(1_000_000);
});

test('one out-of-order octet takes no page that text in order may need', () => {
  const limits = { pages: 64, receiveBuffer: 65_535 * 8 };
  const { stack, peer } = established({ limits, wscale: 7 });
  const [, , , , , before] = stack.used();
  peer.send(data('x', { seq: 1 + 400_000, ack: 1 }));
  peer.take();
  expect(stack.used()[5]).toBe(before);
});

test('text with SYNs leaves pages for text in order', () => {
  const { stack } = established({ limits: { pages: 32 }, backlog: 64 });
  for (let port = 0; port < 40; port++) {
    new Peer(stack, { port: 42_000 + port }).send(syn({ seq: 0, text: 'x' }));
  }
  expect(stack.used()[5]).toBeLessThanOrEqual(24);
});

test('SHLD-3: old text that comes with the FIN again is no text after release', () => {
  const { stack, host, peer } = established();
  peer.send(data('hello', { seq: 1, ack: 1 }));
  peer.take();
  expect(host.read()).toBe('hello');
  host.release();
  peer.expect(fin({ seq: 1, ack: 6 }));
  peer.send(fin({ seq: 1, ack: 2, text: 'hello' }));
  peer.expect(ack({ seq: 2, ack: 7 }));
  expect(stack.counter(Counter.TcpExtTCPAbortOnData)).toBe(0);
});

test('RFC 2883 §5a, hostile 18e: reports of duplicates are no losses', () => {
  const { host, peer } = established({ mss: 1000, sack: true, set: [[Option.NAGLE, 0]] });
  peer.send(ack({ seq: 1, ack: 1 }));
  host.write(10_000);
  peer.take();
  peer.send(ack({ seq: 1, ack: 3001 }));
  peer.take();
  for (let i = 0; i < 3; i++) peer.send(ack({ seq: 1, ack: 3001, sack: [[1, 1001]] }));
  peer.expectNothing();
  expect(host.look('retransTotal')).toBe(0);
});

test('a released connection at a closed window ends by R2 however its probes are answered', () => {
  const { stack, host, peer } = established({ settings: { [Setting.TIMESTAMPS]: 0 } });
  host.write(10);
  peer.take();
  peer.send(ack({ seq: 1, ack: 1, win: 0 }));
  host.release();
  for (let minute = 0; minute < 10; minute++) {
    host.wait(60_000);
    if (peer.take().length > 0) peer.send(ack({ seq: 1, ack: 1, win: 0 }));
  }
  expect(stack.used()[0]).toBe(1);
});

test('who starved while holding nothing is told when a page of the reserve is free', () => {
  const { stack, listener } = listening({ backlog: 64, limits: { pages: 128 } });
  const join = (port: number, window = 65_535) => {
    const peer = new Peer(stack, { port, window });
    peer.send(syn({ seq: 0, mss: 1460 }));
    peer.send(ack({ seq: 1, ack: 1 }));
    peer.take();
    return { peer, host: listener.accept() ?? stack.fail('nothing to accept') };
  };
  const four = [0, 1, 2, 3].map((i) => join(51_000 + i));
  for (const { host } of four) expect(host.write(3000)).toBe(3000);
  for (let i = 0; i < 50; i++) join(50_000 + i, 0).host.write(61_440);
  const { host } = join(52_000);
  // What a block holds, and no more.
  expect(host.write(3000)).toBe(2048);
  for (const { peer } of four) peer.send(ack({ seq: 1, ack: 3001 }));
  stack.wait(1);
  host.expectSignal(Signal.WRITABLE);
  expect(host.write(952)).toBe(952);
});

test('by default no limit is above another it lies within', () => {
  expect(new Stack({ limits: { connections: 100, listeners: 0 } }).used()[0]).toBe(0);
});
