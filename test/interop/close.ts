/** Closing (RFC 9293 §3.6): `a` is the side that closes first. */
import { ACK, RST } from '../dsl/segment.ts';
import { connected, same, type Sequence, type Step, talking } from './scene.ts';
import { ALL, isAck, isFin, isRst } from './wire.ts';

/** RFC 9293 §3.10.7.4 tells nobody of a RST in LAST-ACK: all that could be said has been. */
const RESET_IN_LAST_ACK = { kernel: 'none ECONNRESET', netcell: 'none' };

/** `a` has closed, `b` knows it. */
const halfClosed: Step = ['a closes', 'FIN-WAIT-2', 'CLOSE-WAIT', ({ a }) => a.finish()];
/** And then `b`. */
const closed: Step = ['b closes', 'TIME-WAIT', 'none', ({ b }) => b.finish()];

const fourWay: Sequence = {
  title: 'four segments, one by one',
  opened: 'by either',
  steps: [
    connected,
    [
      'a closes; its FIN is on the way',
      'FIN-WAIT-1',
      'ESTABLISHED',
      ({ a, fromA }) => {
        fromA.hold(isFin);
        a.finish();
      },
    ],
    ['the FIN arrives', 'FIN-WAIT-2', 'CLOSE-WAIT', ({ fromA }) => fromA.release()],
    [
      'b closes; its FIN is on the way',
      'FIN-WAIT-2',
      'LAST-ACK',
      ({ b, fromB }) => {
        fromB.hold(isFin);
        b.finish();
      },
    ],
    [
      'the FIN arrives',
      'TIME-WAIT',
      'none',
      async (scene) => {
        scene.fromB.release();
        await scene.until('the end, at both', () => scene.a.hasEnded && scene.b.hasEnded);
      },
    ],
  ],
};

const threeSegments: Sequence = {
  title: "three segments: b's FIN is the acknowledgment of a's",
  opened: 'by either',
  steps: [
    connected,
    [
      'a closes; nothing but an ACK would come back, and it is lost',
      'FIN-WAIT-1',
      'CLOSE-WAIT',
      ({ a, fromB }) => {
        fromB.lose(isAck, ALL);
        a.finish();
      },
    ],
    ['b closes, and a skips FIN-WAIT-2', 'TIME-WAIT', 'none', ({ b }) => b.finish()],
  ],
};

const simultaneous: Sequence = {
  title: 'simultaneous close',
  opened: 'by either',
  steps: [
    connected,
    [
      'both close; the FINs cross',
      'FIN-WAIT-1',
      'FIN-WAIT-1',
      (scene) => {
        scene.holdAll();
        scene.a.finish();
        scene.b.finish();
      },
    ],
    [
      'both FINs arrive; the ACKs cross',
      'CLOSING',
      'CLOSING',
      async (scene) => {
        const { fromA, fromB } = scene;
        await scene.until('both FINs', () => fromA.count(isFin) > 0 && fromB.count(isFin) > 0);
        scene.releaseAll();
        scene.holdAll();
      },
    ],
    ['both ACKs arrive', 'TIME-WAIT', 'TIME-WAIT', (scene) => scene.releaseAll()],
  ],
};

/** More than any window, so that it takes its time. */
const ANSWER = 'the answer goes on and on. '.repeat(8000);

const halfClose: Sequence = {
  title: 'half-close: b goes on for as long as it likes',
  opened: 'by either',
  steps: [
    connected,
    talking,
    [
      'a sends its last, and closes',
      'FIN-WAIT-2',
      'CLOSE-WAIT',
      async (scene) => {
        const { a, b } = scene;
        a.send(', and my last word');
        a.finish();
        await scene.until('the end', () => b.hasEnded && b.received.endsWith('my last word'));
      },
    ],
    [
      'b answers',
      'FIN-WAIT-2',
      'CLOSE-WAIT',
      async (scene) => {
        const { a, b } = scene;
        const before = a.received;
        b.send(ANSWER);
        await scene.until('the answer', () => a.received.length === before.length + ANSWER.length);
        same(a.received === before + ANSWER, true);
        same(a.hasEnded, false);
      },
    ],
    ['and again', 'FIN-WAIT-2', 'CLOSE-WAIT', (scene) => scene.tell(scene.b, scene.a, 'more')],
    closed,
  ],
};

const sendAfterFin: Sequence = {
  title: 'a sends after its FIN: EPIPE',
  steps: [
    connected,
    halfClosed,
    ['a sends', 'FIN-WAIT-2', 'CLOSE-WAIT', ({ a }) => same(a.sendAfterFin(), 'EPIPE')],
    closed,
  ],
};

const finLost: Sequence = {
  title: 'the FIN is lost',
  opened: 'by either',
  steps: [
    connected,
    [
      'a closes, and sends its FIN again',
      'FIN-WAIT-1',
      'ESTABLISHED',
      async (scene) => {
        const { a, fromA } = scene;
        fromA.lose(isFin, ALL);
        a.finish();
        await scene.until('a second FIN', () => fromA.count(isFin) > 1);
      },
    ],
    ['the next arrives', 'FIN-WAIT-2', 'CLOSE-WAIT', ({ fromA }) => fromA.mend()],
    [
      "b closes; its FIN's first copies are lost as well",
      'FIN-WAIT-2',
      'LAST-ACK',
      async (scene) => {
        const { b, fromB } = scene;
        fromB.lose(isFin, ALL);
        b.finish();
        await scene.until('a second FIN', () => fromB.count(isFin) > 1);
      },
    ],
    ['the next arrives', 'TIME-WAIT', 'none', ({ fromB }) => fromB.mend()],
  ],
};

const lastAckLost: Sequence = {
  title: 'the last ACK is lost: TIME-WAIT is there to send it again',
  opened: 'by either',
  steps: [
    connected,
    halfClosed,
    [
      'b closes, hears nothing, and sends its FIN again',
      'TIME-WAIT',
      'LAST-ACK',
      async (scene) => {
        const { b, fromA, fromB } = scene;
        fromA.lose(isAck, ALL);
        b.finish();
        await scene.until('a second FIN', () => fromB.count(isFin) > 1);
      },
    ],
    ['the next is acknowledged', 'TIME-WAIT', 'none', ({ fromA }) => fromA.mend()],
  ],
};

const orphan: Sequence = {
  title: 'FIN-WAIT-2 without a user does not wait for ever',
  opened: 'by either',
  steps: [
    connected,
    [
      'the user of a goes away; that of b forgets to close',
      'FIN-WAIT-2',
      'CLOSE-WAIT',
      ({ a }) => {
        a.orphanFor(10_000);
        a.close();
      },
    ],
    ['a has waited long enough', 'none', 'CLOSE-WAIT', () => {}],
    [
      'b closes: its FIN finds nobody',
      'none',
      RESET_IN_LAST_ACK,
      async (scene) => {
        scene.b.finish();
        await scene.until('the RST', () => scene.fromA.count(isRst) > 0);
      },
    ],
  ],
};

const reset1337: Sequence = {
  title: 'a RST does not end TIME-WAIT (RFC 1337)',
  steps: [
    connected,
    halfClosed,
    closed,
    [
      'a gets a RST with the very sequence number, and b an ACK for an old segment',
      'TIME-WAIT',
      'none',
      async (scene) => {
        const { b, fromA, fromB } = scene;
        scene.forge(b, { ctl: RST, seq: fromB.next });
        // Behind it, so that the RST has been seen: an old segment, which TIME-WAIT answers.
        const acks = fromA.count(isAck);
        scene.forge(b, { ctl: ACK, seq: fromB.next - 1, ack: fromA.next, text: 'o' });
        await scene.until('the ACK', () => fromA.count(isAck) > acks);
      },
    ],
  ],
};

const newSyn: Sequence = {
  title: 'a new SYN for a connection in TIME-WAIT opens it again (RFC 6191)',
  opened: 'by b',
  steps: [
    connected,
    halfClosed,
    closed,
    [
      'b connects again from the same port',
      'ESTABLISHED',
      'ESTABLISHED',
      ({ a, b }) => {
        a.renew();
        b.connect();
      },
    ],
    talking,
  ],
};

const reuse: Sequence = {
  title: 'an active OPEN takes a connection out of TIME-WAIT (tcp_tw_reuse)',
  steps: [
    connected,
    halfClosed,
    closed,
    [
      'a connects again from the same port: the kernel at once, netcell after a second',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        const { a, b } = scene;
        scene.netcell.stack.set('tcp_tw_reuse', 1);
        b.renew();
        do {
          a.connect();
          await scene.until('an answer', () => a.error !== '' || b.isHolding);
          same(['', 'EADDRNOTAVAIL'].includes(a.error), true);
        } while (a.error !== '');
      },
    ],
    talking,
  ],
};

const timeWaitEnds: Sequence = {
  title: 'TIME-WAIT ends by itself after 2 MSL',
  a: 'netcell',
  steps: [
    connected,
    halfClosed,
    [
      'b closes',
      'TIME-WAIT',
      'none',
      ({ b, netcell }) => {
        netcell.stack.set('tcp_time_wait_ms', 3000);
        b.finish();
      },
    ],
    ['2 MSL have passed', 'none', 'none', () => {}],
  ],
};

export const CLOSE: readonly Sequence[] = [
  fourWay,
  threeSegments,
  simultaneous,
  halfClose,
  sendAfterFin,
  finLost,
  lastAckLost,
  orphan,
  reset1337,
  newSyn,
  reuse,
  timeWaitEnds,
];
