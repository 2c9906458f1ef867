/**
 * What only one side knows of (RFC 9293 §3.5.1, Figures 8, 10 and 11): SYNs of long ago, and
 * connections whose other end has crashed.
 */
import { ACK, SYN } from '../dsl/segment.ts';
import { connected, connecting, same, type Sequence, talking } from './scene.ts';
import { isRst, isSyn, isSynAck } from './wire.ts';

/** Elsewhere in sequence space: in no window of today's but by a chance of one to 65,536. */
const OLD = 0x1234_5678;

/** RFC 9293 Figure 8. */
const oldSyn: Sequence = {
  title: 'an old duplicate SYN comes before the new one',
  steps: [
    [
      'a connects; an old SYN arrives first, and the SYN,ACK for it is on the way',
      'SYN-SENT',
      'SYN-RECEIVED',
      async (scene) => {
        const { a, fromA, fromB } = scene;
        scene.holdAll();
        connecting(scene);
        await scene.until('the SYN', () => fromA.count(isSyn) > 0);
        scene.forge(a, { ctl: SYN, seq: OLD, mss: 1000 });
        await scene.until('the SYN,ACK', () => fromB.count(isSynAck) > 0);
      },
    ],
    [
      'a answers it by a RST, which overtakes the new SYN',
      'SYN-SENT',
      'none',
      async (scene) => {
        const { a, fromA, fromB } = scene;
        fromB.release();
        await scene.until('the RST', () => fromA.count(isRst) > 0);
        const reset = fromA.sent.find(isRst)!;
        same(reset.seq, OLD + 1);
        fromB.hold();
        scene.forge(a, reset);
      },
    ],
    ['the new SYN arrives', 'ESTABLISHED', 'ESTABLISHED', (scene) => scene.releaseAll()],
    talking,
  ],
};

const lateSyn: Sequence = {
  title: 'an old duplicate SYN comes when the connection is open (RFC 5961 §4)',
  opened: 'by either',
  steps: [
    connected,
    [
      'b gets a SYN from somewhere in sequence space, and answers it by a challenge ACK',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        const duplicate = { ctl: SYN, seq: OLD, mss: 1000, ts: [1, 0] } as const;
        await scene.challenged(() => scene.forge(scene.a, duplicate));
      },
    ],
    talking,
  ],
};

/** RFC 9293 Figure 10: the challenge ACK tells who crashed, and its RST the other. */
const crashAndConnect: Sequence = {
  title: 'half-open: a crashes, and connects again from the same port',
  steps: [
    connected,
    ['a crashes', 'none', 'ESTABLISHED', (scene) => scene.crash(scene.a)],
    [
      'its SYN gets a challenge ACK, which gets a RST',
      'SYN-SENT',
      'none ECONNRESET',
      async (scene) => {
        const { a, fromA } = scene;
        const resets = fromA.count(isRst);
        // The next SYN follows a second later, which is not long on a busy machine.
        let syns = 0;
        fromA.hold((segment) => isSyn(segment) && ++syns > 1);
        a.connect();
        await scene.until('the RST', () => fromA.count(isRst) > resets);
      },
    ],
    [
      'the next SYN opens a new connection',
      'ESTABLISHED',
      'ESTABLISHED',
      ({ b, fromA }) => {
        b.renew();
        fromA.release();
      },
    ],
    talking,
  ],
};

/** RFC 9293 Figure 11. */
const crashAndText: Sequence = {
  title: 'half-open: b crashes, and a has text for it',
  opened: 'by either',
  steps: [
    connected,
    ['b crashes', 'ESTABLISHED', 'none', (scene) => scene.crash(scene.b)],
    ['a sends, and gets a RST', 'none ECONNRESET', 'none', ({ a }) => a.send('are you there?')],
  ],
};

/** What no connection has ever been: an ACK out of the blue (RFC 9293 §3.10.7.1). */
const outOfTheBlue: Sequence = {
  title: 'an ACK for no connection',
  steps: [
    [
      'b gets an ACK, and answers by a RST that a must find acceptable',
      'none',
      'none',
      async (scene) => {
        scene.forge(scene.a, { ctl: ACK, seq: OLD, ack: 4711 });
        await scene.until('the RST', () => scene.fromB.count(isRst) > 0);
        same(scene.fromB.sent[0]!.seq, 4711);
      },
    ],
  ],
};

export const HALF_OPEN: readonly Sequence[] = [
  oldSyn,
  lateSyn,
  crashAndConnect,
  crashAndText,
  outOfTheBlue,
];
