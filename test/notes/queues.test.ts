/**
 * The notes on the two queues of a listener, from outside: what a client sees of a full one, who is
 * served next, and the counters that tell an administrator.
 *
 * What happens to each segment stands in `../rfc9293/backlog.test.ts`.
 */
import { describe, expect, test } from 'vitest';
import { drop } from '../../host-web/sim/index.ts';
import {
  ack,
  Counter,
  type Host,
  listening,
  Peer,
  rst,
  Setting,
  State,
  syn,
  synAck,
  type Stack,
} from '../dsl/index.ts';
import { fate, string, text, world } from '../host/world.ts';

/** Peers of one stack, each with its own port. */
const peers = (stack: Stack, count: number, from = 50_000): Peer[] =>
  Array.from({ length: count }, (_, i) => new Peer(stack, { port: from + i }));

const depths = (listener: Host) => [listener.look('synQueue'), listener.look('receiveQueue')];

/** Handshakes begun and not completed. */
function half(peers: readonly Peer[]): void {
  for (const peer of peers) {
    peer.send(syn({ seq: 0 }));
    peer.expect(synAck({ seq: 0, ack: 1 }));
  }
}

const complete = (peers: readonly Peer[]) => {
  for (const peer of peers) peer.send(ack({ seq: 1, ack: 1 }));
};

describe('two queues, each bounded by the backlog', () => {
  const WITHOUT = { settings: { [Setting.SYN_COOKIES]: 0 } };

  test.each([1, 2, 5, 17])(
    'RFC 4987 §3.2: a backlog of %i: so many half-open and no more',
    (backlog) => {
      const { stack, listener } = listening({ backlog, ...WITHOUT });
      const all = peers(stack, backlog + 3);
      half(all.slice(0, backlog));
      for (const late of all.slice(backlog)) {
        late.send(syn({ seq: 0 }));
        late.expectNothing();
      }
      expect(depths(listener)).toEqual([backlog, 0]);
      expect(stack.counter(Counter.TcpExtTCPReqQFullDrop)).toBe(3);
      expect(stack.counter(Counter.TcpExtListenOverflows)).toBe(0);
    },
  );

  test.each([1, 2, 5, 17])('a backlog of %i: so many complete and no more', (backlog) => {
    const { stack, listener } = listening({ backlog, ...WITHOUT });
    const all = peers(stack, backlog + 3);
    for (const peer of all.slice(0, backlog)) {
      half([peer]);
      complete([peer]);
    }
    for (const late of all.slice(backlog)) {
      late.send(syn({ seq: 0 }));
      late.expectNothing();
    }
    expect(depths(listener)).toEqual([0, backlog]);
    expect(stack.counter(Counter.TcpExtListenOverflows)).toBe(3);
    expect(stack.counter(Counter.TcpExtListenDrops)).toBe(3);
    expect(stack.counter(Counter.TcpExtTCPReqQFullDrop)).toBe(0);
  });

  test('both full at once: each has its own room', () => {
    const { stack, listener } = listening({ backlog: 4, ...WITHOUT });
    const [first, second] = [peers(stack, 4), peers(stack, 4, 51_000)];
    half(first.slice(0, 3));
    complete(first.slice(0, 3));
    half(first.slice(3));
    half(second.slice(0, 3));
    complete(first.slice(3));
    expect(depths(listener)).toEqual([3, 4]);
    // Those half-open can not get on until somebody is accepted.
    complete(second.slice(0, 3));
    expect(depths(listener)).toEqual([3, 4]);
    expect(stack.counter(Counter.TcpExtListenOverflows)).toBe(3);
    for (let i = 0; i < 3; i++) expect(listener.accept()).not.toBeNull();
    complete(second.slice(0, 3));
    expect(depths(listener)).toEqual([0, 4]);
  });

  test('two listeners: what fills one leaves the other as it is', () => {
    const { stack, listener } = listening({ backlog: 2, ...WITHOUT });
    const other = listener.another();
    expect(other.listen(81, { backlog: 2 })).toBe(0);
    half(peers(stack, 2));
    const elsewhere = new Peer(stack, { port: 52_000, hostPort: 81 });
    half([elsewhere]);
    complete([elsewhere]);
    expect([depths(listener), depths(other)]).toEqual([
      [2, 0],
      [0, 1],
    ]);
  });

  test('a backlog beyond what the pool has: the pool is the bound, and it is said', () => {
    const { stack, listener } = listening({ backlog: 1000, limits: { children: 8 }, ...WITHOUT });
    const all = peers(stack, 9);
    half(all.slice(0, 8));
    all[8]?.send(syn({ seq: 0 }));
    all[8]?.expectNothing();
    expect(depths(listener)).toEqual([8, 0]);
    expect(stack.counter(Counter.TcpExtTCPReqQFullDrop)).toBe(1);
  });

  test('no TCB for a handshake that completes: the drop is counted, the entry tries on', () => {
    const { stack, listener } = listening({ limits: { connections: 2, listeners: 2 } });
    const spare = listener.another();
    const [peer] = peers(stack, 1) as [Peer];
    half([peer]);
    complete([peer]);
    expect(depths(listener)).toEqual([1, 0]);
    expect(stack.counter(Counter.TcpExtListenDrops)).toBe(1);
    spare.release();
    stack.handles.delete(spare.handle);
    stack.wait(1000);
    peer.expect(synAck({ seq: 0, ack: 1 }));
    complete([peer]);
    expect(depths(listener)).toEqual([0, 1]);
  });
});

// The client's side --------------------------------------------------------------------------

/** A server that accepts nothing yet, its accept queue full; then one client more. */
async function crowded(settings: Record<string, number> = {}) {
  const w = await world({ delay: 5 });
  for (const [name, value] of Object.entries(settings)) w.b.set(name, value);
  const listener = w.b.listen({ port: 7, backlog: 2 });
  const clients = [w.a.connect('10.0.0.2:7')];
  await w.clock.run(100);
  // Both SYNs are in before either handshake is complete: one of them will find the queue full.
  clients.push(w.a.connect('10.0.0.2:7'), w.a.connect('10.0.0.2:7'));
  await w.clock.run(20);
  const late = clients[2]!;
  late.closed.catch(() => {});
  return { ...w, listener, clients, late };
}

describe('a client whose last ACK found the accept queue full', () => {
  test('believes it is open, waits in the SYN queue, and gets on when there is room', async () => {
    const { late, listener, clock, b } = await crowded();
    expect(late.state).toBe('ESTABLISHED');
    expect(listener.info()).toMatchObject({
      synQueue: 1,
      acceptQueue: 2,
      backlog: 2,
      overflows: 1,
    });
    await late.writable.getWriter().write(text('patience'));
    await clock.run(5000);
    expect(listener.info()).toMatchObject({ synQueue: 1, acceptQueue: 2 });
    await listener.accept();
    await clock.run(20_000);
    expect(listener.info()).toMatchObject({ synQueue: 0, acceptQueue: 2 });
    await listener.accept();
    const reader = (await listener.accept()).readable.getReader();
    expect(string((await reader.read()).value)).toBe('patience');
    expect(b.sockets().filter(({ state }) => state === 'SYN-RECEIVED')).toEqual([]);
  });

  test('for longer than the SYN,ACKs last: what it writes is then answered by a RST', async () => {
    const { late, clock, listener } = await crowded({ tcp_synack_retries: 2 });
    await clock.run(20_000);
    expect(listener.info()).toMatchObject({ synQueue: 0, acceptQueue: 2 });
    expect(late.state).toBe('ESTABLISHED');
    await late.writable.getWriter().write(text('hello?'));
    await clock.run(20);
    expect(await fate(late.closed)).toBe('ECONNRESET');
  });

  test('tcp_abort_on_overflow: is told at once', async () => {
    const { late, listener } = await crowded({ tcp_abort_on_overflow: 1 });
    expect(await fate(late.opened)).toBe('fulfilled');
    expect(await fate(late.closed)).toBe('ECONNRESET');
    expect(listener.info()).toMatchObject({ synQueue: 0, acceptQueue: 2 });
  });
});

test('a client whose SYN finds a full accept queue tries on, and is served at last', async () => {
  const { a, b, clock } = await world({ delay: 5 });
  const listener = b.listen({ port: 7, backlog: 1 });
  a.connect('10.0.0.2:7', { localPort: 5000 });
  await clock.run(100);
  const second = a.connect('10.0.0.2:7', { localPort: 5001 });
  await clock.run(2900);
  expect(await fate(second.opened)).toBe('pending');
  expect(b.counters()).toMatchObject({ TcpExtListenOverflows: 2n, TcpExtListenDrops: 2n });
  expect((await listener.accept()).remotePort).toBe(5000);
  await clock.run(200);
  expect(await fate(second.opened)).toBe('fulfilled');
});

// SYN,ACKs -----------------------------------------------------------------------------------

describe('SYN,ACK retries', () => {
  /** When each of them comes: twice as long apart each, up to a minute. */
  const TIMES = [1, 3, 7, 15, 31, 63, 123, 183, 243].map((seconds) => 1000 * seconds);

  test.each([0, 1, 5, 8])('%i of them, then the entry is given up', (retries) => {
    const { stack, peer } = listening({ settings: { [Setting.SYN_ACK_RETRIES]: retries } });
    half([peer]);
    stack.wait(TIMES[retries]! - 1);
    expect(peer.take().map(({ at }) => at)).toEqual(TIMES.slice(0, retries));
    expect(stack.used()[1]).toBe(1);
    stack.wait(1);
    expect(stack.used()[1]).toBe(0);
    peer.send(ack({ seq: 1, ack: 1 }));
    peer.expect(rst({ seq: 1, ack: null }));
  });

  test.each([1, 2, 3])('%i lost between two stacks: open all the same', async (lost) => {
    const rules = Array.from({ length: lost }, (_, i) => drop(`B.syn#${i + 1}`));
    const { a, b, clock } = await world({ rules });
    const listener = b.listen({ port: 7 });
    const socket = a.connect('10.0.0.2:7');
    await clock.run(20_000);
    expect(await fate(socket.opened)).toBe('fulfilled');
    expect((await listener.accept()).state).toBe('ESTABLISHED');
  });
});

// Counters -----------------------------------------------------------------------------------

const NAMES = [
  'ListenOverflows',
  'ListenDrops',
  'TCPReqQFullDrop',
  'TCPReqQFullDoCookies',
  'SyncookiesSent',
  'SyncookiesRecv',
  'SyncookiesFailed',
];

/** A listener with a backlog of two, clients in any number at once, and the seven counters. */
async function counting(cookies: number) {
  const { a, b, clock } = await world({ delay: 1 });
  b.set('tcp_syncookies', cookies);
  const listener = b.listen({ port: 7, backlog: 2 });
  const counts = () => {
    const counters = b.counters();
    return NAMES.map((name) => Number(counters[`TcpExt${name}`]));
  };
  const connect = async (count: number) => {
    for (let i = 0; i < count; i++) a.connect('10.0.0.2:7').closed.catch(() => {});
    await clock.run(10);
  };
  return { listener, counts, connect };
}

describe('the counters have the names nstat gives them', () => {
  test('a slow server: SYNs and last ACKs that find the accept queue full', async () => {
    const { counts, connect } = await counting(1);
    await connect(2);
    expect(counts()).toEqual([0, 0, 0, 0, 0, 0, 0]);
    await connect(3);
    expect(counts()).toEqual([3, 3, 0, 0, 0, 0, 0]);
  });

  test('a flood, with cookies: each is sent, and comes back to a full accept queue', async () => {
    const { counts, connect } = await counting(1);
    await connect(5);
    expect(counts()).toEqual([3, 3, 0, 3, 3, 3, 0]);
  });

  test('a flood, without cookies: SYNs are dropped', async () => {
    const { counts, connect, listener } = await counting(0);
    await connect(5);
    expect(counts()).toEqual([0, 3, 3, 0, 0, 0, 0]);
    expect(listener.info()).toMatchObject({ synQueue: 0, acceptQueue: 2 });
  });
});

test('a listener’s state in STATUS: LISTEN, with both depths', () => {
  const { stack, listener } = listening({ backlog: 3 });
  const all = peers(stack, 3);
  half(all);
  complete(all.slice(0, 1));
  expect(listener.status()).toMatchObject({ state: State.LISTEN, synQueue: 2, receiveQueue: 1 });
  expect(listener.look('sendQueue')).toBe(3);
});
