/**
 * Connections that are held for nothing (line 16 of `cases.ts`): each is legal, many together are
 * an attack. What they hold is bounded, errors are clear, and others are still served.
 */
import { expect, test } from 'vitest';
import {
  ack,
  Counter,
  data,
  fin,
  type Host,
  listening,
  Option,
  pattern,
  Peer,
  Result,
  RST,
  rst,
  Signal,
  State,
  syn,
} from '../dsl/index.ts';

const PAGES = 128;
/** Kept out of 128 for text that arrives in order, though who holds nothing gets half of it. */
const KEPT = 4;

/** A peer, and the host's side of its connection; `window` is what the peer announces. */
function join(listener: Host, port: number, window = 65_535) {
  const peer = new Peer(listener.stack, { port, window });
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  peer.take();
  return { peer, host: listener.accept() ?? listener.stack.fail('nothing to accept') };
}

type Joined = ReturnType<typeof join>;

/** Peers with a window of zero, for whom SEND has taken as much as it would. */
function zeroWindows(count: number, set: [Option, number][] = []) {
  const { stack, listener } = listening({ backlog: 64, limits: { pages: PAGES }, set });
  const held = Array.from({ length: count }, (_, i) => join(listener, 50_000 + i, 0));
  for (const { host } of held) host.write(60_000);
  return { stack, listener, held };
}

/** Lets time pass while every peer answers each probe: the window is still zero. */
function hold(held: readonly Joined[], seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    held[0]!.host.wait(1000);
    for (const { peer } of held) {
      if (peer.take().length > 0) peer.send(ack({ seq: 1, ack: 1, win: 0 }));
    }
  }
}

test('hostile 16a: zero windows hold their pages, and text in order still gets in', () => {
  const { stack, listener, held } = zeroWindows(50);
  expect(stack.used()[5]).toBe(PAGES - KEPT);
  // A block is what those have who came too late for a page.
  expect(held.at(-1)!.host.written).toBe(2048);
  expect(held.at(-1)!.host.write(1)).toBe(0);
  hold(held, 60);
  expect(stack.used()[5]).toBe(PAGES - KEPT);
  const { peer, host } = join(listener, 60_000);
  let text = '';
  for (let seq = 1; seq < 50_000; seq += 1000) {
    peer.send(data(1000, { seq, ack: 1 }));
    text += host.read();
  }
  expect(text).toBe(pattern(1, 50_000));
});

test('hostile 16b: who holds nothing can still send, a page at a time', () => {
  const { stack, listener, held } = zeroWindows(10);
  // While half of the pages are free each has what it wants, then the minimum.
  const pages = held.map(({ host }) => Math.ceil(host.written / 4096));
  expect(pages).toEqual([15, 15, 15, 15, 15, 2, 2, 2, 2, 2]);
  expect(stack.used()[5]).toBe(85);
  // What they may still have is the rest of a page.
  expect(held[0]!.host.write(2000)).toBe(15 * 4096 - 60_000);
  expect(held[0]!.host.write(1)).toBe(0);
  const { peer, host } = join(listener, 60_000);
  let acked = 1;
  for (let i = 0; i < 10; i++) {
    expect(host.write(1000)).toBe(1000);
    acked += 1000;
    expect(peer.take()).toHaveLength(1);
    peer.send(ack({ seq: 1, ack: acked }));
    hold(held, 1);
  }
});

test('hostile 16c: a user timeout frees all of it, though every probe is answered', () => {
  const { stack, held } = zeroWindows(50, [[Option.USER_TIMEOUT_MS, 30_000]]);
  hold(held, 29);
  expect(stack.used()[5]).toBe(PAGES - KEPT);
  hold(held, 62);
  expect(stack.used()[5]).toBe(0);
  for (const { host } of held.filter((one) => one.host.written > 0)) {
    host.expectSignal(Signal.CLOSED, Result.ABORTED_DUE_TO_USER_TIMEOUT);
  }
});

test('hostile 16d: forty windows that shrink to one octet cost five packets a second each', () => {
  const { listener } = listening({ backlog: 64 });
  const held = Array.from({ length: 40 }, (_, i) => join(listener, 50_000 + i));
  for (const { peer, host } of held) {
    peer.send(ack({ seq: 1, ack: 1, win: 1 }));
    host.write(1000);
  }
  const got = held.map(() => 0);
  for (let ms = 0; ms < 10_000; ms += 10) {
    listener.wait(10);
    for (const [i, { peer }] of held.entries()) {
      const sent = peer.take();
      got[i]! += sent.length;
      const end = Math.max(0, ...sent.map((segment) => segment.seq + segment.text.length));
      if (end > 0) peer.send(ack({ seq: 1, ack: end, win: 1 }));
    }
  }
  expect(Math.max(...got)).toBeLessThanOrEqual(50);
  expect(Math.min(...got)).toBeGreaterThan(0);
});

// TCBs that are all taken ------------------------------------------------------------------

const CONNECTIONS = 10;

/** Every TCB but the listener's is a connection. */
function full() {
  const limits = { connections: CONNECTIONS, listeners: 2 };
  const { stack, listener } = listening({ backlog: 64, limits });
  const held = Array.from({ length: CONNECTIONS - 1 }, (_, i) => join(listener, 50_000 + i));
  expect(stack.used()[0]).toBe(CONNECTIONS);
  return { stack, listener, held };
}

/** OPEN is refused with a reason, and a handshake is not completed behind its user's back. */
function expectFull(stack: Peer['stack'], listener: Host): Peer {
  expect(stack.core.create()).toBe(-Result.INSUFFICIENT_RESOURCES);
  const peer = new Peer(stack, { port: 60_000 });
  peer.send(syn({ seq: 0, mss: 1460 }));
  peer.send(ack({ seq: 1, ack: 1 }));
  expect(listener.accept()).toBeNull();
  expect(stack.used()[0]).toBe(CONNECTIONS);
  peer.take();
  return peer;
}

/** A connection opens and carries text both ways. */
function expectServed(listener: Host, port: number): void {
  const { peer, host } = join(listener, port);
  peer.send(data('hello', { seq: 1, ack: 1 }));
  expect(host.read()).toBe('hello');
  host.write('world');
  peer.expect(data('world', { seq: 1, ack: 6 }));
}

test('hostile 16e: all TCBs in CLOSE-WAIT: a clear error, service once one is free', () => {
  const { stack, listener, held } = full();
  for (const { peer, host } of held) {
    peer.send(fin({ seq: 1, ack: 1 }));
    host.expect(State.CLOSE_WAIT);
    host.expectSignal(Signal.CONNECTION_CLOSING);
  }
  const waiting = expectFull(stack, listener);
  // CLOSE-WAIT is its user's to end: a day changes nothing, and costs no packet.
  listener.wait(86_400_000);
  expect(held.flatMap(({ peer }) => peer.take()).filter((s) => s.ctl & RST)).toEqual([]);
  expect(stack.used()[0]).toBe(CONNECTIONS);
  const { peer, host } = held[0]!;
  host.release();
  peer.send(ack({ seq: 2, ack: 2 }));
  expect(stack.used()[0]).toBe(CONNECTIONS - 1);
  waiting.take();
  expectServed(listener, 60_001);
});

test('hostile 16e: the entry of a handshake that found no TCB gets one once there is one', () => {
  const { stack, listener, held } = full();
  for (const { peer } of held) peer.send(fin({ seq: 1, ack: 1 }));
  const waiting = expectFull(stack, listener);
  held[0]!.host.abort();
  held[0]!.host.release();
  // Its ACK was ignored, so its SYN,ACK comes again, and is acknowledged again.
  listener.wait(1000);
  expect(waiting.take().length).toBeGreaterThan(0);
  waiting.send(ack({ seq: 1, ack: 1 }));
  const host = listener.accept() ?? stack.fail('nothing to accept');
  host.expect(State.ESTABLISHED);
});

test('hostile 16f: all TCBs in FIN-WAIT-2 without a user: one ends for who comes', () => {
  const { stack, listener, held } = full();
  for (const { peer, host } of held) {
    host.release();
    peer.expect(fin({ seq: 1, ack: 1 }));
    peer.send(ack({ seq: 1, ack: 2 }));
    listener.wait(1);
  }
  expect([stack.used()[0], stack.orphans()]).toEqual([CONNECTIONS, CONNECTIONS - 1]);
  expectServed(listener, 60_001);
  expect([stack.used()[0], stack.orphans()]).toEqual([CONNECTIONS, CONNECTIONS - 2]);
  expect(stack.counter(Counter.TcpExtTCPAbortOnMemory)).toBe(1);
  // It was the one that had waited longest; it has all there was, and is told nothing.
  held[0]!.peer.expectNothing();
  held[0]!.peer.send(fin({ seq: 1, ack: 2 }));
  held[0]!.peer.expect(rst({ seq: 2, ack: null }));
});

test('hostile 16f: all TCBs in FIN-WAIT-2 without a user: free again after a minute', () => {
  const { stack, listener, held } = full();
  for (const { peer, host } of held) {
    host.release();
    peer.send(ack({ seq: 1, ack: 2 }));
  }
  listener.wait(59_999);
  expect(stack.used()[0]).toBe(CONNECTIONS);
  listener.wait(1);
  expect([stack.used()[0], stack.orphans()]).toEqual([1, 0]);
});

test('hostile 16g: all TCBs in LAST-ACK without a user: one ends for who comes, if silent', () => {
  const { stack, listener, held } = full();
  for (const { peer, host } of held) {
    peer.send(fin({ seq: 1, ack: 1 }));
    host.release();
    peer.take();
    listener.wait(1);
  }
  // None has left a timeout without an answer yet: each may still end as it should.
  expectFull(stack, listener);
  listener.wait(1000);
  for (const { peer } of held) peer.take();
  expectServed(listener, 60_001);
  expect(held[0]!.peer.take().map((s) => s.ctl & RST)).toEqual([RST]);
  for (const { peer } of held.slice(1)) peer.expectNothing();
  expect(stack.counter(Counter.TcpExtTCPAbortOnMemory)).toBe(1);
});

test('hostile 16g: all TCBs in LAST-ACK without a user: free after 102 s, told by a RST', () => {
  const { stack, listener, held } = full();
  for (const { peer, host } of held) {
    peer.send(fin({ seq: 1, ack: 1 }));
    host.release();
    peer.take();
  }
  listener.wait(102_000);
  expect(stack.used()[0]).toBe(CONNECTIONS);
  for (const { peer } of held) peer.take();
  listener.wait(1000);
  expect([stack.used()[0], stack.orphans()]).toEqual([1, 0]);
  for (const { peer } of held) expect(peer.take().map((s) => s.ctl & RST)).toEqual([RST]);
  expectServed(listener, 60_001);
});
