/**
 * Orphans: connections whose user has let go and whose peer does not answer (line 16 of
 * `cases.ts`): for how long each is tried, and which one goes where there are too many.
 */
import { describe, expect, test } from 'vitest';
import {
  ack,
  closing,
  Counter,
  data,
  established,
  fin,
  finWait1,
  finWait2,
  lastAck,
  listening,
  Option,
  Peer,
  RST,
  rst,
  Setting,
  State,
  syn,
} from '../dsl/index.ts';

type Made = ReturnType<typeof established>;

/** When the host sent something, from now on, until nothing is left to come. */
function sendings({ stack, peer }: Pick<Made, 'stack' | 'peer'>, ms = 3_600_000): number[] {
  const began = stack.now;
  peer.take();
  stack.wait(ms);
  const sent = peer.take();
  expect(sent.filter(({ ctl }) => ctl & RST)).toEqual(sent.slice(-1));
  return sent.map(({ at }) => Math.round(at - began));
}

/** With a round trip of 1 ms measured, so that RTO is 202 ms. */
function measured(options: Parameters<typeof established>[0] = {}) {
  return established({ handshakeMs: 1, ...options });
}

const retries = (count: number) => ({ settings: { [Setting.ORPHAN_RETRIES]: count } });
const unreachable = (peer: Peer) => peer.icmp(3, 1);

describe('hostile 16k: tcp_orphan_retries', () => {
  test('hostile 16k: 0 are eight tries over 102 seconds, and a RST', () => {
    const made = measured({ sack: false });
    made.host.write(100);
    made.host.release();
    const at = sendings(made);
    expect(at).toHaveLength(9);
    // Each pause is twice the one before.
    for (const [i, ms] of at.entries()) expect(ms / (2 ** (i + 1) - 1)).toBeCloseTo(at[0]!, -1);
    expect(at[8]).toBeGreaterThan(102_200);
    expect(at[8]).toBeLessThan(104_000);
    expect([made.stack.used()[0], made.stack.used()[5], made.stack.orphans()]).toEqual([1, 0, 0]);
    expect(made.stack.counter(Counter.TcpExtTCPAbortOnTimeout)).toBe(1);
  });

  test.each([1, 2, 3, 8, 10, 15])('hostile 16k: %i are as many tries, and a RST', (count) => {
    const made = measured({ ...retries(count), sack: false });
    made.host.write(100);
    made.host.release();
    expect(sendings(made)).toHaveLength(count + 1);
    expect(made.stack.used()[0]).toBe(1);
  });

  test('hostile 16k: a probe of the tail comes before them, and is none, as in Linux', () => {
    const made = measured(retries(3));
    made.host.write(100);
    made.host.release();
    expect(sendings(made)).toHaveLength(1 + 3 + 1);
    expect(made.stack.counter(Counter.TcpExtTCPLossProbes)).toBe(1);
    expect(made.stack.counter(Counter.TcpExtTCPTimeouts)).toBe(3);
  });

  test('hostile 16k: on a long path fewer fit into that time, and one always', () => {
    for (const [count, tries] of [
      [1, 1],
      [3, 1],
      [0, 5],
    ] as const) {
      const made = measured({ handshakeMs: 900, ...retries(count) });
      made.host.write(100);
      made.host.release();
      // A probe of the tail, the tries, and a RST.
      expect(sendings(made)).toHaveLength(1 + tries + 1);
    }
  });

  test.each([
    ['FIN-WAIT-1', finWait1],
    ['CLOSING', closing],
    ['LAST-ACK', lastAck],
  ])('hostile 16k: in %s; while somebody holds it, it is R2', (_name, state) => {
    const orphaned = state();
    orphaned.host.release();
    const last = Math.max(...sendings(orphaned));
    // One second is RTO before the first measurement, and a minute at most.
    expect(last).toBe(123_000);
    const held = state();
    expect(Math.max(...sendings(held))).toBe(300_000);
  });

  test('hostile 16k: progress begins the count anew', () => {
    const made = measured({ mss: 1000, timestamps: true });
    const { stack, host, peer } = made;
    host.write(3000);
    host.release();
    for (let i = 1; i <= 3; i++) {
      stack.wait(100_000);
      expect(peer.take().length).toBeGreaterThan(0);
      peer.send(ack({ seq: 1, ack: 1 + 1000 * i }));
    }
    expect(Math.max(...sendings(made))).toBeGreaterThan(102_200);
    expect(stack.orphans()).toBe(0);
  });

  test('hostile 16k: ICMP’s word ends it only once RTO is at its largest', () => {
    const made = measured(retries(15));
    made.host.release();
    made.stack.wait(10_000);
    unreachable(made.peer);
    made.stack.wait(80_000);
    expect(made.stack.orphans()).toBe(1);
    // At 103 s it is sent again with an RTO of a minute, and that is the end of it.
    expect(sendings(made)).toHaveLength(2);
    expect(made.stack.now).toBeGreaterThan(160_000);
  });

  test('hostile 16k: a user timeout of its own holds as before', () => {
    const made = measured({ set: [[Option.USER_TIMEOUT_MS, 10_000]] });
    made.host.release();
    expect(Math.max(...sendings(made))).toBe(10_000);
  });
});

describe('hostile 16k: an orphan at a closed window', () => {
  function closedWindow(options: Parameters<typeof established>[0] = {}) {
    const made = measured(options);
    made.peer.send(ack({ seq: 1, ack: 1, win: 0 }));
    made.host.write(100);
    made.host.release();
    return made;
  }

  test('hostile 16k: probes that nobody answers are as many', () => {
    expect(sendings(closedWindow())).toHaveLength(9);
    expect(sendings(closedWindow(retries(3)))).toHaveLength(4);
  });

  test('hostile 16k: probes that are answered keep it no longer than that', () => {
    const { stack, peer } = closedWindow();
    for (let second = 0; second < 102; second++) {
      if (peer.take().length > 0) peer.send(ack({ seq: 1, ack: 1, win: 0 }));
      stack.wait(1000);
    }
    expect(stack.orphans()).toBe(1);
    stack.wait(60_000);
    expect(stack.orphans()).toBe(0);
  });
});

// Too many -----------------------------------------------------------------------------------

/** Connections of one listener, each with a peer of its own. */
function joined(count: number, options: Parameters<typeof listening>[0] = {}) {
  const { stack, listener } = listening({ backlog: 64, ...options });
  const all = Array.from({ length: count }, (_, i) => {
    const peer = new Peer(stack, { port: 50_000 + i });
    peer.send(syn({ seq: 0, mss: 1460 }));
    peer.send(ack({ seq: 1, ack: 1 }));
    peer.take();
    return { peer, host: listener.accept() ?? stack.fail('nothing to accept') };
  });
  return { stack, listener, all };
}

const most = (count: number) => ({ settings: { [Setting.MAX_ORPHANS]: count } });
const isOver = ({ peer }: { peer: Peer }) => peer.take().some(({ ctl }) => ctl & RST);

describe('hostile 16l: tcp_max_orphans', () => {
  test('hostile 16l: beyond it the orphan that has been silent longest goes', () => {
    const { stack, all } = joined(5, most(3));
    for (const { host, peer } of all.slice(0, 3)) {
      host.write(100);
      host.release();
      stack.wait(10);
      peer.take();
    }
    // The second has had an answer: it has all there was, and only keeps its FIN back.
    all[1]!.peer.send(ack({ seq: 1, ack: 102 }));
    stack.wait(2000);
    for (const { peer } of all) peer.take();
    for (const { host } of all.slice(3)) {
      host.write('the last words');
      host.release();
    }
    expect(all.map(isOver)).toEqual([true, false, true, false, false]);
    expect(stack.orphans()).toBe(3);
    expect(stack.counter(Counter.TcpExtTCPAbortOnMemory)).toBe(2);
  });

  test('hostile 16l: where none is silent, it is the one that comes', () => {
    const { stack, all } = joined(4, most(3));
    for (const { host } of all) host.release();
    expect(all.map(isOver)).toEqual([false, false, false, true]);
    expect(stack.counter(Counter.TcpExtTCPAbortOnMemory)).toBe(1);
    for (const { peer } of all.slice(0, 3)) {
      peer.send(fin({ seq: 1, ack: 2 }));
      peer.expect(ack({ seq: 2, ack: 2 }));
    }
    expect(stack.orphans()).toBe(0);
  });

  test('hostile 16l: 0 resets whatever is let go, and leaves alone what is only closed', () => {
    const { stack, all } = joined(2, most(0));
    all[0]!.host.release();
    expect(isOver(all[0]!)).toBe(true);
    all[1]!.host.close();
    all[1]!.peer.expect(fin({ seq: 1, ack: 1 }));
    expect([stack.orphans(), stack.used()[0]]).toEqual([0, 2]);
  });

  test('hostile 16l: at half of it one that ICMP calls unreachable goes at its timeout', () => {
    const { stack, all } = joined(4, most(6));
    for (const { host } of all) {
      host.write(100);
      host.release();
    }
    all[0]!.peer.take();
    unreachable(all[0]!.peer);
    stack.wait(1000);
    expect(stack.orphans()).toBe(3);
    expect(all.map(isOver)).toEqual([true, false, false, false]);
  });

  test('hostile 16l: lowered, the silent go at their timeout', () => {
    const { stack, all } = joined(4);
    for (const { host } of all) host.release();
    stack.core.set(Setting.MAX_ORPHANS, 1);
    stack.wait(1000);
    expect(stack.orphans()).toBe(1);
  });

  test('hostile 16l: where pages are scarce, whoever sends has those of the silent', () => {
    const { stack, all } = joined(5, { limits: { pages: 16 } });
    // Eight pages are kept for data in order. Who holds none may have one of them.
    const writes = () => all.map(({ host }) => host.write(3 * 4096) / 4096);
    expect(writes()).toEqual([3, 3, 2, 1, 1]);
    for (const { host } of all.slice(0, 3)) host.release();
    // The first has had an answer, and nobody has been silent yet.
    all[0]!.peer.send(ack({ seq: 1, ack: 1461 }));
    expect(all[4]!.host.write(4096)).toBe(0);
    stack.wait(1000);
    all[0]!.peer.send(ack({ seq: 1, ack: 2921 }));
    expect(all[4]!.host.write(2 * 4096)).toBe(2 * 4096);
    expect(all.map(isOver)).toEqual([false, true, true, false, false]);
    expect([stack.orphans(), stack.used()[5]]).toEqual([1, 7]);
  });

  test('hostile 16l: FIN-WAIT-2 counts, and ends without a RST', () => {
    const { stack, all } = joined(3, most(2));
    for (const { host, peer } of all) {
      host.release();
      peer.take();
      peer.send(ack({ seq: 1, ack: 2 }));
      stack.wait(1);
    }
    for (const { peer } of all) peer.expectNothing();
    expect(stack.orphans()).toBe(2);
    all[0]!.peer.send(fin({ seq: 1, ack: 2 }));
    all[0]!.peer.expect(rst({ seq: 2, ack: null }));
    all[1]!.peer.send(fin({ seq: 1, ack: 2 }));
    all[1]!.peer.expect(ack({ seq: 2, ack: 2 }));
  });
});

test('hostile 16l: what ends by itself is no orphan any more, in every state', () => {
  for (const state of [established, finWait1, finWait2, closing, lastAck]) {
    const { stack, host, peer } = state();
    host.release();
    expect(stack.orphans()).toBe(1);
    peer.take();
    peer.send(rst({ seq: peer.next }));
    stack.wait(0);
    expect([stack.orphans(), stack.used()[0]]).toEqual([0, 1]);
  }
  const { stack, host, peer } = established();
  peer.send(data('unread', { seq: 1, ack: 1 }));
  host.release();
  expect(stack.orphans()).toBe(0);
  const waiting = finWait2();
  waiting.peer.send(fin({ seq: 1, ack: 2 }));
  waiting.host.expect(State.TIME_WAIT);
  waiting.host.release();
  expect(waiting.stack.orphans()).toBe(0);
});
