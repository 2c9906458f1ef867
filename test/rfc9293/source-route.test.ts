/** Source routes of IPv4 (RFC 9293 §3.9.2.1, RFC 1122 §3.2.1.8 (c) and §4.2.3.8). */
import { describe, expect, test } from 'vitest';
import {
  ack,
  closed,
  complete,
  Counter,
  data,
  established,
  fin,
  listening,
  LOOSE,
  Option,
  Peer,
  Result,
  sourceRoute,
  sourceRouteOf,
  rst,
  Setting,
  State,
  STRICT,
  syn,
  synAck,
  synReceived,
} from '../dsl/index.ts';

const ACCEPTED = { settings: { [Setting.ACCEPT_SOURCE_ROUTE]: 1 } };
/** Through routers 10.0.0.9 and 10.0.0.8. */
const ASKED = sourceRoute(LOOSE, 4, 9, 8);
const TAKEN = '131: 10.0.0.9 10.0.0.8 10.0.0.2';

/** The routes of everything a peer has got since the last look. */
function sourceRoutes(peer: Peer): (string | null)[] {
  return peer.take().map(({ packet }) => sourceRouteOf(packet));
}

/** A connection opened along a route of its user's, from an address of its own to a peer. */
function routed(options: Parameters<typeof closed>[0] = {}, asked: readonly number[] = ASKED) {
  const made = closed({ hostPort: 0, ...options });
  expect(made.host.sourceRoute(asked)).toBe(0);
  expect(made.host.connect('10.0.0.2', 40_000)).toBe(0);
  return made;
}

/** A listener's connection whose peer came by a route. */
function visited(hops: readonly number[], options: Parameters<typeof closed>[0] = {}) {
  const made = listening({ ...options, settings: { ...ACCEPTED.settings, ...options?.settings } });
  made.peer.ipOptions = complete(LOOSE, ...hops);
  made.peer.send(syn({ seq: 0, mss: 1460 }));
  const answered = sourceRoutes(made.peer);
  made.peer.send(ack({ seq: 1, ack: 1 }));
  const host = made.listener.accept() ?? made.stack.fail('nothing to accept');
  return { ...made, host, answered };
}

describe('active OPEN', () => {
  test('MUST-51: every segment goes by the route the user asked for', () => {
    const { host, peer } = routed();
    expect(sourceRoutes(peer)).toEqual([TAKEN]);
    host.wait(1000);
    expect(sourceRoutes(peer)).toEqual([TAKEN]);
    peer.send(synAck({ seq: 0, ack: 1, mss: 1460 }));
    host.write('hello');
    host.close();
    const sent = peer.take();
    expect(sent.map(({ packet }) => sourceRouteOf(packet))).toEqual([TAKEN, TAKEN, TAKEN]);
    expect(sent.map(({ text }) => text).join('')).toBe('hello');
    peer.send(fin({ seq: 1, ack: 7 }));
    expect(sourceRoutes(peer)).toEqual([TAKEN]);
  });

  test('MUST-51: strict or loose, one hop or nine', () => {
    const one = routed({}, sourceRoute(STRICT, 4, 9));
    expect(sourceRoutes(one.peer)).toEqual(['137: 10.0.0.9 10.0.0.2']);
    const nine = routed({}, sourceRoute(LOOSE, 4, 9, 8, 7, 6, 5, 4, 3, 33, 34));
    const [taken] = sourceRoutes(nine.peer);
    expect(taken?.split(' ').length).toBe(11);
    expect(taken).toMatch(/^131: 10\.0\.0\.9 .* 10\.0\.0\.34 10\.0\.0\.2$/);
  });

  test('MUST-51: the address packets leave from is the first hop’s neighbour', () => {
    const { stack, host } = closed({ ownAddress: '192.0.2.1' });
    stack.addAddress('10.0.0.1', 24);
    host.sourceRoute(ASKED);
    const peer = new Peer(stack, { address: '198.51.100.2', hostPort: 0 });
    expect(host.connect('198.51.100.2', 40_000)).toBe(0);
    expect(sourceRoutes(peer)).toEqual(['131: 10.0.0.9 10.0.0.8 198.51.100.2']);
  });

  test('MUST-51: the RST of ABORT goes by the route', () => {
    const { host, peer } = routed();
    peer.send(synAck({ seq: 0, ack: 1 }));
    peer.take();
    host.abort();
    const [last] = peer.take();
    expect(sourceRouteOf(last?.packet ?? new Uint8Array(20))).toBe(TAKEN);
    expect((last?.ctl ?? 0) & 4).toBe(4);
  });

  test('MUST-16: the route is taken off each segment', () => {
    for (const [asked, size] of [
      [ASKED, 1460 - 12],
      [sourceRoute(LOOSE, 4, 9, 8, 7, 6, 5, 4, 3, 33, 34), 1420],
    ] as const) {
      const { host, peer } = routed({}, asked);
      peer.send(synAck({ seq: 0, ack: 1, mss: 1460 }));
      expect(host.look('smss')).toBe(size);
      peer.take();
      host.write(5000);
      const sent = peer.take();
      expect(sent[0]?.text.length).toBe(size);
      expect(Math.max(...sent.map(({ packet }) => packet.length))).toBe(1500);
    }
  });

  test('the smallest MSS leaves room for text under the longest route', () => {
    const long = sourceRoute(LOOSE, 4, 9, 8, 7, 6, 5, 4, 3, 33, 34);
    const { host, peer } = routed({ timestamps: true, sack: true }, long);
    peer.timestamps = true;
    peer.send(synAck({ seq: 0, ack: 1, mss: 1, sackOk: true }));
    for (const seq of [10, 20, 30, 40]) peer.send(data('x', { seq, ack: 1 }));
    peer.take();
    host.write(48);
    expect(peer.take().map(({ text }) => text.length)).toEqual([24, 24]);
  });

  test('an ICMP error quotes the next hop and reaches the connection', () => {
    const { host, peer } = routed();
    peer.take();
    peer.icmp(3, 3);
    host.expect(State.CLOSED);
    const { host: other, peer: far } = routed();
    far.send(synAck({ seq: 0, ack: 1, mss: 1460 }));
    other.write(1400);
    far.take();
    far.icmp(3, 4, 1000);
    expect(other.look('smss')).toBe(1000 - 40 - 12);
  });

  test('MUST-52: a route that arrives does not replace the user’s', () => {
    for (const options of [{}, ACCEPTED]) {
      const { host, peer } = routed(options);
      peer.take();
      peer.ipOptions = complete(LOOSE, 77, 78);
      peer.send(synAck({ seq: 0, ack: 1, mss: 1460 }));
      peer.send(data('hello', { seq: 1, ack: 1 }));
      // It was received, though: answers to the user's route come the same way, setting or not.
      expect(host.read()).toBe('hello');
      host.write('hello');
      expect(new Set(sourceRoutes(peer))).toEqual(new Set([TAKEN]));
    }
  });

  test('MUST-52: nor does it give one to a connection whose user asked for none', () => {
    const { host, peer } = established({ ...ACCEPTED, open: 'active' });
    peer.ipOptions = complete(LOOSE, 77);
    peer.send(data('hello', { seq: 1, ack: 1 }));
    host.write('hello');
    expect(new Set(sourceRoutes(peer))).toEqual(new Set([null]));
  });

  test('a route that is none is refused', () => {
    const { host, peer } = closed({ hostPort: 0 });
    for (const option of [
      [LOOSE],
      [LOOSE, 7, 4],
      [LOOSE, 3, 4],
      sourceRoute(7, 4, 9),
      [1, ...sourceRoute(LOOSE, 4, 9)],
      sourceRoute(LOOSE, 8, 9, 8),
      sourceRoute(LOOSE, 3, 9),
      [LOOSE, 8, 4, 10, 0, 0, 9, 0],
      [LOOSE, 11, 4, 10, 0, 0, 9],
      sourceRoute(LOOSE, 4, 9, 8, 7, 6, 5, 4, 3, 33, 34, 35),
      [LOOSE, 7, 4, 224, 0, 0, 1],
      [LOOSE, 7, 4, 255, 255, 255, 255],
      [LOOSE, 7, 4, 0, 0, 0, 0],
      [LOOSE, 7, 4, 127, 0, 0, 1],
      sourceRoute(LOOSE, 4, 255),
      sourceRoute(LOOSE, 4, 9, 1),
    ]) {
      expect(host.sourceRoute(option), option.join(' ')).toBe(-Result.INVALID_ARGUMENT);
    }
    const { core } = host.stack;
    expect(core.sourceRoute(host.handle, 0xffff_ffff)).toBe(-Result.INVALID_ARGUMENT);
    expect(core.sourceRoute(12_345, 7)).toBe(-Result.CONNECTION_DOES_NOT_EXIST);
    expect(host.connect('10.0.0.2', 40_000)).toBe(0);
    expect(sourceRoutes(peer)).toEqual([null]);
    expect(host.sourceRoute(ASKED)).toBe(-Result.NOT_SUPPORTED_IN_THIS_STATE);
  });

  test('it leads to IPv4 only, and listeners have none; asked for again, or taken away', () => {
    const { host, stack } = closed();
    expect(host.sourceRoute(sourceRoute(STRICT, 4, 7))).toBe(0);
    expect(host.connect('fd00::2', 80)).toBe(-Result.INVALID_ARGUMENT);
    expect(host.listen(80)).toBe(-Result.INVALID_ARGUMENT);
    expect(host.sourceRoute(ASKED)).toBe(0);
    expect(stack.used()[6]).toBe(1);
    expect(host.sourceRoute([])).toBe(0);
    expect(stack.used()[6]).toBe(0);
    expect(host.connect('fd00::2', 80)).toBe(0);
  });

  test('the limit on routes is an error, and a connection’s end makes room', () => {
    const { stack, host, peer } = routed({ limits: { sourceRoutes: 1 } });
    peer.take();
    const second = host.another();
    expect(second.sourceRoute(ASKED)).toBe(-Result.INSUFFICIENT_RESOURCES);
    peer.send(rst({ seq: 0, ack: 1 }));
    host.expect(State.CLOSED);
    expect(stack.used()[6]).toBe(0);
    expect(second.sourceRoute(ASKED)).toBe(0);
  });
});

describe('passive OPEN', () => {
  test('MUST-53: the way back is the route turned round, for every segment', () => {
    const { stack, host, peer, answered } = visited([8, 9]);
    expect(answered).toEqual([TAKEN]);
    expect(host.look('smss')).toBe(1448);
    // A route is kept, not asked for again.
    peer.ipOptions = [];
    peer.send(data('hello', { seq: 1, ack: 1 }));
    host.wait(100);
    host.write('hello');
    peer.send(ack({ seq: 6, ack: 6 }));
    host.close();
    expect(sourceRoutes(peer)).toEqual([TAKEN, TAKEN, TAKEN]);
    expect(stack.used()[6]).toBe(1);
    peer.send(fin({ seq: 6, ack: 7 }));
    // The ACK that enters TIME-WAIT still goes by it, then the record is free.
    expect(sourceRoutes(peer)).toEqual([TAKEN]);
    host.expect(State.TIME_WAIT);
    expect(stack.used()[6]).toBe(0);
  });

  test('MUST-53: a strict route goes back strictly; a host that recorded itself is no hop', () => {
    const { peer } = listening(ACCEPTED);
    peer.ipOptions = complete(STRICT, 2, 8, 9);
    peer.send(syn({ seq: 0 }));
    expect(sourceRoutes(peer)).toEqual(['137: 10.0.0.9 10.0.0.8 10.0.0.2']);
  });

  test('MUST-53: a route without hops is none', () => {
    for (const hops of [[], [2]]) {
      const { answered, stack } = visited(hops);
      expect(answered).toEqual([null]);
      expect(stack.used()[6]).toBe(0);
    }
  });

  test('MUST-53: SYN,ACKs sent again, challenge ACKs and the RST of what an entry became', () => {
    const { stack, listener, peer } = listening(ACCEPTED);
    peer.ipOptions = [1, 1, ...complete(LOOSE, 8, 9)];
    peer.send(syn({ seq: 0 }));
    stack.wait(1000);
    expect(sourceRoutes(peer)).toEqual([TAKEN, TAKEN]);
    peer.send(data('x', { seq: 100_000, ack: 1 }));
    expect(sourceRoutes(peer)).toEqual([TAKEN]);
    peer.send(ack({ seq: 1, ack: 1 }));
    listener.close();
    const last = peer.take();
    expect(last.map(({ ctl }) => ctl & 4)).toEqual([4]);
    expect(last.map(({ packet }) => sourceRouteOf(packet))).toEqual([TAKEN]);
  });

  test('MUST-53: a route that first comes with a later segment is kept too', () => {
    const { host, peer } = established(ACCEPTED);
    expect(host.look('smss')).toBe(1460);
    peer.ipOptions = complete(LOOSE, 8, 9);
    peer.send(data('hello', { seq: 1, ack: 1 }));
    expect(host.look('smss')).toBe(1448);
    host.write('hello');
    expect(sourceRoutes(peer)).toEqual([TAKEN]);
  });

  test('SHLD-24: a later route replaces an earlier one, and segments fit beside it', () => {
    const { stack, host, peer } = visited([8, 9]);
    peer.ipOptions = complete(STRICT, 7);
    peer.send(ack({ seq: 1, ack: 1 }));
    host.write(1452);
    expect(sourceRoutes(peer)).toEqual(['137: 10.0.0.7 10.0.0.2']);
    expect(host.look('smss')).toBe(1452);
    peer.ipOptions = complete(LOOSE, 3, 4, 5, 6, 7, 8, 9, 33, 34);
    peer.send(ack({ seq: 1, ack: 1453 }));
    expect(host.look('smss')).toBe(1420);
    expect(stack.used()[6]).toBe(1);
    peer.ipOptions = complete(LOOSE);
    peer.send(ack({ seq: 1, ack: 1453 }));
    expect(host.look('smss')).toBe(1460);
    expect(stack.used()[6]).toBe(0);
  });

  test('SHLD-24: a route that comes while a black hole is suspected outlives the suspicion', () => {
    const { host, peer } = visited([8, 9]);
    host.write(10_000);
    host.wait(2000);
    expect(host.look('smss')).toBe(1280 - 40 - 12);
    peer.ipOptions = complete(LOOSE, 3, 4, 5, 6, 7, 8, 9, 33, 34);
    peer.send(ack({ seq: 1, ack: 1 }));
    expect(host.look('smss')).toBe(1280 - 40 - 40);
    peer.take();
    host.wait(250_000);
    expect(host.look('smss')).toBe(1420);
    expect(Math.max(...peer.take().map(({ packet }) => packet.length))).toBe(1500);
  });

  test('SHLD-24: a SYN sent again brings its route; an unacceptable segment brings none', () => {
    const { host, peer } = synReceived(ACCEPTED);
    peer.ipOptions = complete(LOOSE, 8, 9);
    peer.send(syn({ seq: 0 }));
    expect(sourceRoutes(peer)).toEqual([TAKEN]);
    host.expect(State.SYN_RECEIVED);
    const { peer: other, host: open } = established(ACCEPTED);
    other.ipOptions = complete(LOOSE, 8, 9);
    other.send(data('x', { seq: 100_000, ack: 1 }));
    other.send(data('x', { seq: 1, ack: 100_000 }));
    other.send(syn({ seq: 1 }));
    open.write('hello');
    expect(new Set(sourceRoutes(other))).toEqual(new Set([null]));
  });

  test('SHLD-24: at the smallest MSS a route comes and goes without exceeding it', () => {
    const { host, peer } = visited([3, 4, 5, 6, 7, 8, 9, 33, 34], {
      set: [[Option.MAX_SEGMENT_SIZE, 64]],
    });
    expect(host.look('smss')).toBe(64);
    peer.ipOptions = complete(LOOSE, 9);
    peer.send(ack({ seq: 1, ack: 1 }));
    expect(host.look('smss')).toBe(64);
    peer.ipOptions = complete(LOOSE, 3, 4, 5, 6, 7, 8, 9, 33, 34);
    peer.send(ack({ seq: 1, ack: 1 }));
    expect(host.look('smss')).toBe(64);
  });

  test('when no record is left, a SYN by a route is dropped and others are answered', () => {
    const { stack, peer, listener } = visited([8, 9], { limits: { sourceRoutes: 1 } });
    peer.take();
    const other = new Peer(stack, { port: 41_000 });
    other.ipOptions = complete(LOOSE, 9);
    other.send(syn({ seq: 0 }));
    other.expectNothing();
    expect(stack.counter(Counter.TcpExtTCPSourceRouteFull)).toBe(1);
    expect(stack.used()[1]).toBe(0);
    other.ipOptions = [];
    other.send(syn({ seq: 0 }));
    other.expect(synAck({ seq: 0, ack: 1 }));
    // A later segment's route is missed, the connection goes on without.
    other.ipOptions = complete(LOOSE, 9);
    other.send(data('x', { seq: 1, ack: 1 }));
    expect(listener.accept()?.read()).toBe('x');
    expect(stack.counter(Counter.TcpExtTCPSourceRouteFull)).toBe(2);
  });

  test('a SYN by a route gets no cookie, which could not keep it', () => {
    const cookies = { ...ACCEPTED.settings, [Setting.SYN_COOKIES]: 2 };
    const { peer } = visited([8, 9], { settings: cookies });
    expect(peer.stack.counter(Counter.TcpExtSyncookiesSent)).toBe(0);
    const { stack } = listening({ ...ACCEPTED, backlog: 1 });
    const [one, two] = [1, 2].map((i) => new Peer(stack, { port: 41_000 + i }));
    for (const each of [one, two]) {
      if (each) each.ipOptions = complete(LOOSE, 9);
      each?.send(syn({ seq: 0 }));
    }
    expect(one?.take().length).toBe(1);
    two?.expectNothing();
    expect(stack.used()[6]).toBe(1);
  });

  test('an entry that is given up, and a listener that closes, let go of their routes', () => {
    const { stack, listener, peer } = listening(ACCEPTED);
    peer.ipOptions = complete(LOOSE, 9);
    peer.send(syn({ seq: 0 }));
    expect(stack.used()[6]).toBe(1);
    stack.wait(200_000);
    expect(stack.used()[6]).toBe(0);
    peer.send(syn({ seq: 0 }));
    listener.close();
    expect(stack.used()[6]).toBe(0);
    peer.take();
  });
});

test("TIME-WAIT answers the peer's FIN when it comes back along our own route", () => {
  const { host, peer } = routed();
  peer.take();
  peer.ipOptions = complete(LOOSE, 8, 9);
  peer.send(synAck({ seq: 0, ack: 1, mss: 1460 }));
  host.close();
  peer.send(ack({ seq: 1, ack: 2 }));
  peer.send(fin({ seq: 1, ack: 2 }));
  host.expect(State.TIME_WAIT);
  peer.take();
  peer.send(fin({ seq: 1, ack: 2 }));
  peer.expect(ack({ seq: 2, ack: 2 }));
});
