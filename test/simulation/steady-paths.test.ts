/**
 * Steady paths: a round trip that never varies and loses nothing, and a peer that delays its ACKs.
 * Nothing may be sent twice there, and no timeout may be believed.
 */
import { describe, expect, test } from 'vitest';
import { Counter, Option, Setting } from '../../host-web/abi.ts';
import { counted, look, Pair } from '../notes/pair.ts';

const ROUND_TRIPS = [1, 2, 5, 10, 20, 40, 60, 80, 100, 130, 160, 200, 250, 300, 400, 500];
const WRITES = 50;
const BULK = 300_000;

type Role = 'active' | 'passive';

/** An open connection over such a path: `from` has it as `handle`, and writes. */
function open(roundTrip: number, delayedAck: number, timestamps: number, role: Role) {
  const pair = new Pair({}, { [Setting.TIMESTAMPS]: timestamps });
  pair.delayMs = roundTrip / 2;
  const listener = pair.listen(80, 4);
  const active = pair.connect(80);
  pair.exchange();
  pair.wait(2 * roundTrip);
  const passive = pair.b.accept(listener);
  expect(passive).toBeGreaterThan(0);
  const [from, handle, to, peer] =
    role === 'active' ? [pair.a, active, pair.b, passive] : [pair.b, passive, pair.a, active];
  expect(to.setOption(peer, Option.DELAYED_ACK_MS, delayedAck)).toBe(0);
  return { pair, from, handle, to, peer };
}

type Open = ReturnType<typeof open>;

/** So many writes of 100 octets, a second apart. */
function trickle({ pair, from, handle, to, peer }: Open, writes: number): void {
  for (let i = 0; i < writes; i++) {
    expect(from.send(handle, 100)).toBe(100);
    pair.exchange();
    pair.wait(1000);
    to.receive(peer, 65_536);
    pair.exchange();
  }
}

/** As much as SEND takes at a time, until so many octets are acknowledged; answers milliseconds. */
function bulk({ pair, from, handle, to, peer }: Open): number {
  const begin = pair.now;
  let left = BULK;
  while (left > 0 || look(from, handle, 'sendQueue') > 0) {
    while (left > 0) {
      const taken = from.send(handle, Math.min(left, 65_536));
      if (taken <= 0) break;
      left -= taken;
    }
    pair.exchange();
    pair.wait(1);
    while (to.receive(peer, 65_536) > 0);
    pair.exchange();
    if (pair.now - begin > 60_000) throw new Error('a minute is not enough');
  }
  return pair.now - begin;
}

describe.each(['active', 'passive'] as const)('%s', (role) => {
  describe.each([1, 0])('timestamps %s', (timestamps) => {
    test.each(ROUND_TRIPS)('%s ms: nothing is sent twice', (roundTrip) => {
      for (const delayedAck of [0, 40, 200]) {
        const made = open(roundTrip, delayedAck, timestamps, role);
        trickle(made, WRITES);
        bulk(made);
        trickle(made, WRITES);
        expect(counted(made.from, Counter.TcpExtTCPTimeouts)).toBe(0);
        expect(counted(made.from, Counter.TcpRetransSegs)).toBe(0);
        expect(counted(made.to, Counter.TcpRetransSegs)).toBe(0);
      }
    });
  });
});

test('what follows many small writes is not slowed down by them', () => {
  const made = open(160, 40, 1, 'active');
  trickle(made, WRITES);
  expect(bulk(made)).toBeLessThanOrEqual(1250);
});
