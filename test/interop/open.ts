/**
 * Opening (RFC 9293 §3.5): `a` is the active side, and `b`, but for simultaneous OPENs, passive.
 */
import { connecting, same, type Sequence, talking } from './scene.ts';
import { ALL, isAck, isRst, isSyn, isSynAck } from './wire.ts';

const threeWay: Sequence = {
  title: 'three-way handshake, segment by segment',
  steps: [
    [
      'a connects; its SYN is on the way',
      'SYN-SENT',
      'none',
      (scene) => {
        scene.holdAll();
        connecting(scene);
      },
    ],
    [
      'the SYN arrives',
      'SYN-SENT',
      'SYN-RECEIVED',
      ({ fromA }) => {
        fromA.release();
        fromA.hold(isAck);
      },
    ],
    ['the SYN,ACK arrives', 'ESTABLISHED', 'SYN-RECEIVED', ({ fromB }) => fromB.release()],
    ['the ACK arrives', 'ESTABLISHED', 'ESTABLISHED', ({ fromA }) => fromA.release()],
    talking,
  ],
};

const simultaneous: Sequence = {
  title: 'simultaneous open',
  steps: [
    [
      'both connect; the SYNs cross',
      'SYN-SENT',
      'SYN-SENT',
      (scene) => {
        scene.holdAll();
        scene.a.connect();
        scene.b.connect();
      },
    ],
    [
      'both SYNs arrive; the SYN,ACKs cross',
      'SYN-RECEIVED',
      'SYN-RECEIVED',
      async (scene) => {
        const { fromA, fromB } = scene;
        await scene.until('both SYNs', () => fromA.count(isSyn) > 0 && fromB.count(isSyn) > 0);
        scene.releaseAll();
        scene.holdAll();
      },
    ],
    ['both SYN,ACKs arrive', 'ESTABLISHED', 'ESTABLISHED', (scene) => scene.releaseAll()],
    talking,
  ],
};

const refused: Sequence = {
  title: 'refused: nobody listens',
  steps: [['a connects', 'none ECONNREFUSED', 'none', ({ a }) => a.connect()]],
};

const synLost: Sequence = {
  title: 'SYNs are lost, until one is not',
  steps: [
    [
      'a connects, and tries again',
      'SYN-SENT',
      'none',
      async (scene) => {
        const { fromA } = scene;
        fromA.cut();
        connecting(scene);
        await scene.until('a second SYN', () => fromA.count(isSyn) > 1);
        same(fromA.sent[1]!.seq, fromA.sent[0]!.seq);
      },
    ],
    ['the next arrives', 'ESTABLISHED', 'ESTABLISHED', ({ fromA }) => fromA.mend()],
    talking,
  ],
};

const silent: Sequence = {
  title: 'silent: no SYN ever arrives',
  steps: [
    [
      'a connects',
      'SYN-SENT',
      'none',
      (scene) => {
        scene.fromA.cut();
        connecting(scene);
      },
    ],
    [
      'a has three seconds of patience, and gives up',
      'none ETIMEDOUT',
      'none',
      async (scene) => {
        scene.a.giveUpAfter(3000);
        await scene.until('the end', () => scene.a.error !== '');
      },
    ],
  ],
};

const givenUp: Sequence = {
  title: 'given up in SYN-SENT',
  steps: [
    [
      'a connects; its SYN is on the way',
      'SYN-SENT',
      'none',
      (scene) => {
        scene.fromA.hold();
        connecting(scene);
      },
    ],
    [
      'a closes: there is no connection yet, so nothing is sent',
      'none',
      'none',
      async (scene) => {
        const { a, fromA } = scene;
        await scene.until('the SYN', () => fromA.count(isSyn) > 0);
        a.close();
        await scene.until('the end', () => a.state() === 'none');
        same(fromA.sent.length, fromA.count(isSyn));
      },
    ],
    [
      'the SYN arrives, and its SYN,ACK is answered by a RST',
      'none',
      'none',
      async (scene) => {
        scene.fromA.release();
        await scene.until('the RST', () => scene.fromA.count(isRst) > 0);
      },
    ],
  ],
};

const synAckLost: Sequence = {
  title: 'the SYN,ACK is lost',
  steps: [
    [
      'a connects',
      'SYN-SENT',
      'SYN-RECEIVED',
      (scene) => {
        scene.fromB.lose(isSynAck, ALL);
        connecting(scene);
      },
    ],
    ['the next one is not', 'ESTABLISHED', 'ESTABLISHED', ({ fromB }) => fromB.mend()],
    talking,
  ],
};

const lastAckLost: Sequence = {
  title: "the handshake's last ACK is lost",
  steps: [
    [
      'a connects',
      'ESTABLISHED',
      'SYN-RECEIVED',
      (scene) => {
        scene.fromA.lose(isAck, ALL);
        connecting(scene);
      },
    ],
    [
      'the SYN,ACK is sent again, and acknowledged again',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        scene.fromA.mend();
        await scene.until('a second SYN,ACK', () => scene.fromB.count(isSynAck) > 1);
      },
    ],
    talking,
  ],
};

const lastAckByText: Sequence = {
  title: "the handshake's last ACK is lost, and text does its work",
  steps: [
    [
      'a connects',
      'ESTABLISHED',
      'SYN-RECEIVED',
      (scene) => {
        scene.fromA.lose(isAck, ALL);
        connecting(scene);
      },
    ],
    [
      'a sends',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        await scene.tell(scene.a, scene.b, 'early');
        scene.fromA.mend();
      },
    ],
    talking,
  ],
};

const textWithSyn: Sequence = {
  title: 'text that came with the SYN is held, and given to the user after the handshake',
  a: 'kernel',
  steps: [
    [
      'the kernel sends text in its SYN (TCP Fast Open without a cookie)',
      'SYN-SENT',
      'SYN-RECEIVED',
      ({ kernel, netcell, fromB }) => {
        fromB.hold();
        netcell.listen();
        kernel.connect('FASTOPEN_CONNECT', 'FASTOPEN_NO_COOKIE');
        kernel.send('with the SYN');
      },
    ],
    [
      'the handshake ends',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        const { fromA, fromB, netcell } = scene;
        same([fromA.sent[0]!.text, netcell.received], ['with the SYN', '']);
        fromB.release();
        await scene.until('the text', () => netcell.received === 'with the SYN');
        // Held is received: it need not come again.
        same(fromB.sent.find(isSynAck)!.ack, (fromA.sent[0]!.seq + 13) >>> 0);
      },
    ],
    talking,
  ],
};

const textBeforeOpen: Sequence = {
  title: 'text sent in SYN-SENT waits for the handshake',
  a: 'netcell',
  steps: [
    [
      'netcell connects and sends at once',
      'SYN-SENT',
      'none',
      (scene) => {
        scene.holdAll();
        connecting(scene);
        scene.a.send('in a hurry');
      },
    ],
    [
      'the handshake ends',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        scene.releaseAll();
        await scene.until('the text', () => scene.b.received === 'in a hurry');
      },
    ],
    talking,
  ],
};

export const OPEN: readonly Sequence[] = [
  threeWay,
  simultaneous,
  refused,
  synLost,
  silent,
  givenUp,
  synAckLost,
  lastAckLost,
  lastAckByText,
  textWithSyn,
  textBeforeOpen,
];
