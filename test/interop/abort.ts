/** Aborting (RFC 9293 §3.10.5, RFC 5961) and losing touch: `a` is the side it begins with. */
import { ACK, RST } from '../dsl/segment.ts';
import { connected, same, type Scene, type Sequence, type Step, talking } from './scene.ts';
import { isAck, isRst } from './wire.ts';

const LONG = 'text that nobody reads. '.repeat(20_000);

/**
 * The kernel calls a reset in CLOSE-WAIT a broken pipe. A socket of Node's that has read the end
 * hears of none before it writes again; nor does one that reads nothing.
 */
const RESET_IN_CLOSE_WAIT = { kernel: 'none EPIPE', netcell: 'none' };
const RESET_UNREAD = { kernel: 'none ECONNRESET', netcell: 'none' };

const deaf = (side: 'a' | 'b'): Step => [
  `there is a connection; the user of ${side} reads nothing`,
  'ESTABLISHED',
  'ESTABLISHED',
  (scene) => {
    scene[side].isDeaf = true;
    return scene.open();
  },
];

/** The RST of `a` has the one sequence number that needs no second look (RFC 5961 §3). */
function isExact({ fromA }: Scene): void {
  const resets = fromA.sent.filter(isRst);
  same(resets.length > 0, true);
  same(resets[0]!.seq, fromA.next);
}

const linger: Sequence = {
  title: 'SO_LINGER 0: a RST, and no TIME-WAIT',
  opened: 'by either',
  steps: [
    connected,
    talking,
    ['a aborts', 'none', 'none ECONNRESET', ({ a }) => a.reset()],
    ['the RST was exact', 'none', 'none ECONNRESET', isExact],
  ],
};

const unread: Sequence = {
  title: 'close with text unread: a RST, for the peer has to know that it was not read',
  opened: 'by either',
  steps: [
    deaf('a'),
    [
      'b sends',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        const { b, fromA, fromB } = scene;
        b.send('read me');
        await scene.until('the ACK', () => fromA.sent.at(-1)!.ack === fromB.next);
      },
    ],
    ['a closes', 'none', 'none ECONNRESET', ({ a }) => a.close()],
    ['the RST was exact', 'none', 'none ECONNRESET', isExact],
  ],
};

const unwanted: Sequence = {
  title: 'text for a user who has closed: a RST',
  opened: 'by either',
  steps: [
    connected,
    ['the user of a goes away', 'FIN-WAIT-2', 'CLOSE-WAIT', ({ a }) => a.close()],
    ['b sends', 'none', RESET_IN_CLOSE_WAIT, ({ b }) => b.send('but I have more')],
  ],
};

const closeWait: Sequence = {
  title: 'a RST from CLOSE-WAIT',
  opened: 'by either',
  steps: [
    connected,
    ['b closes', 'CLOSE-WAIT', 'FIN-WAIT-2', ({ b }) => b.finish()],
    ['a aborts', 'none', 'none ECONNRESET', ({ a }) => a.reset()],
  ],
};

const inTransfer: Sequence = {
  title: 'a RST in the middle of a transfer',
  opened: 'by either',
  steps: [
    connected,
    [
      'a sends, and waits for acknowledgments',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        const { a, b, fromB } = scene;
        fromB.hold();
        a.send(LONG);
        await scene.until('the first of it', () => b.received.length > 10_000);
      },
    ],
    ['a aborts', 'none', 'none ECONNRESET', ({ a }) => a.reset()],
    ['the RST was exact', 'none', 'none ECONNRESET', isExact],
  ],
};

/** Ends with the window closed, and a question whether it still is answered. */
const probed: Step = [
  'a sends more than b has room for, and probes the closed window',
  'ESTABLISHED',
  'ESTABLISHED',
  async (scene) => {
    const { a, fromB } = scene;
    a.send(LONG);
    await scene.until('an answer to a probe', () => fromB.count(({ win }) => win === 0) > 1);
  },
];

const whileProbing: Sequence = {
  title: 'a RST while the window is closed: no octet of a probe may stand before it',
  opened: 'by either',
  steps: [
    deaf('b'),
    probed,
    [
      'a aborts',
      'none',
      RESET_UNREAD,
      async (scene) => {
        const { a, fromA, fromB } = scene;
        a.reset();
        await scene.until('the RST', () => fromA.count(isRst) > 0);
        same(fromA.sent.find(isRst)!.seq, fromB.sent.at(-1)!.ack);
      },
    ],
  ],
};

const answerWhileProbing: Sequence = {
  title: 'text against a closed window is acknowledged, though a probe is on the way',
  opened: 'by either',
  steps: [
    deaf('b'),
    probed,
    [
      'b sends, and hears that it has arrived',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        const { a, b } = scene;
        await scene.tell(b, a, 'I am busy');
        await scene.until('an acknowledgment', () => b.sendQueue() === 0);
      },
    ],
  ],
};

const exactReset: Sequence = {
  title: 'a RST from a stranger who knows the sequence number',
  opened: 'by either',
  steps: [
    connected,
    talking,
    [
      'b gets it',
      'ESTABLISHED',
      'none ECONNRESET',
      (scene) => scene.forge(scene.a, { ctl: RST, seq: scene.fromA.next }),
    ],
    [
      'a sends, and is reset',
      'none ECONNRESET',
      'none',
      ({ a, b }) => {
        b.renew();
        a.send('what has become of you?');
      },
    ],
  ],
};

const guessedReset: Sequence = {
  title: 'a RST from a stranger who guesses (RFC 5961 §3)',
  opened: 'by either',
  steps: [
    connected,
    talking,
    [
      'in the window, b answers by a challenge ACK and stays',
      'ESTABLISHED',
      'ESTABLISHED',
      (scene) =>
        scene.challenged(() => scene.forge(scene.a, { ctl: RST, seq: scene.fromA.next + 1000 })),
    ],
    [
      'beside the window, b says nothing',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        const { a, b, fromA, fromB } = scene;
        const before = fromB.sent.length;
        scene.forge(a, { ctl: RST, seq: fromA.next - 1 });
        scene.forge(a, { ctl: RST, seq: (fromA.next + 0x7000_0000) >>> 0 });
        await scene.tell(a, b, 'still there?');
        // What has come since is the acknowledgment of that.
        same(fromB.sent[before]?.ack ?? fromA.next, fromA.next);
      },
    ],
    talking,
  ],
};

const guessedText: Sequence = {
  title: 'text from a stranger whose ACK is a guess (RFC 5961 §5)',
  opened: 'by either',
  steps: [
    connected,
    talking,
    [
      'b takes none of it, and answers by a challenge ACK',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        const { a, b, fromA, fromB } = scene;
        const before = b.received;
        const ack = (fromB.next + 0x4000_0000) >>> 0;
        const forged = { ctl: ACK, seq: fromA.next, ack, text: 'rm -rf /' };
        await scene.challenged(() => scene.forge(a, forged));
        same(b.received, before);
      },
    ],
    talking,
  ],
};

const userTimeout: Sequence = {
  title: 'nothing of what a sends arrives',
  opened: 'by either',
  steps: [
    connected,
    [
      'a sends, with a second and a half of patience',
      'none ETIMEDOUT',
      'ESTABLISHED',
      async (scene) => {
        const { a, fromA } = scene;
        fromA.cut();
        a.giveUpAfter(1500);
        a.send('hello?');
        await scene.until('the end', () => a.error !== '');
      },
    ],
    [
      'the wire is mended; b sends, and finds nobody',
      'none ETIMEDOUT',
      'none ECONNRESET',
      ({ b, fromA }) => {
        fromA.mend();
        b.send('hello!');
      },
    ],
  ],
};

const keptAlive: Sequence = {
  title: 'keep-alive: answered, and then no more',
  opened: 'by either',
  steps: [
    connected,
    [
      'a asks, b answers',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        const { a, fromA, fromB } = scene;
        await scene.until('rest', () => fromA.sent.length > 0);
        const [asked, answered] = [fromA.count(isAck), fromB.count(isAck)];
        a.keepAlive();
        await scene.until('a question', () => fromA.count(isAck) > asked);
        await scene.until('an answer', () => fromB.count(isAck) > answered);
      },
    ],
    [
      'b is silent',
      'none ETIMEDOUT',
      'ESTABLISHED',
      async (scene) => {
        // The kernel says farewell by a RST, which is lost too.
        scene.fromB.cut();
        scene.fromA.lose(isRst);
        await scene.until('the end', () => scene.a.error !== '');
      },
    ],
  ],
};

const stackEnds: Sequence = {
  title: 'a stack that is closed resets what it has',
  a: 'netcell',
  opened: 'by either',
  steps: [
    connected,
    [
      'the stack is closed',
      'none ECONNABORTED',
      'none ECONNRESET',
      ({ netcell }) => netcell.stack.close(),
    ],
  ],
};

const process: Step = [
  'a process has a connection',
  'ESTABLISHED',
  'ESTABLISHED',
  async (scene) => {
    scene.netcell.listen();
    scene.kernel.connectAsProcess();
    await scene.until('a connection', () => scene.netcell.isHolding);
  },
];

const processEnds: Sequence = {
  title: 'a process is killed: the kernel closes for it',
  a: 'kernel',
  steps: [
    process,
    ['it is killed', 'FIN-WAIT-2', 'CLOSE-WAIT', ({ kernel }) => kernel.killProcess()],
    ['netcell closes', 'TIME-WAIT', 'none', ({ netcell }) => netcell.finish()],
  ],
};

const processEndsUnread: Sequence = {
  title: 'a process is killed with text unread: the kernel resets',
  a: 'kernel',
  steps: [
    process,
    [
      'netcell sends, and the process does not read',
      'ESTABLISHED',
      'ESTABLISHED',
      async (scene) => {
        const { netcell, fromA, fromB } = scene;
        netcell.send('read me');
        await scene.until('the ACK', () => fromA.sent.at(-1)!.ack === fromB.next);
      },
    ],
    ['it is killed', 'none', 'none ECONNRESET', ({ kernel }) => kernel.killProcess()],
  ],
};

const noRoute: Sequence = {
  title: 'the kernel has no way to there, and says so by ICMP',
  a: 'netcell',
  steps: [
    [
      'netcell connects',
      'none EHOSTUNREACH',
      'none',
      ({ netcell, casting }) =>
        netcell.connectTo(casting.version === 4 ? '10.99.0.1' : 'fd00:99::1'),
    ],
  ],
};

export const ABORT: readonly Sequence[] = [
  linger,
  unread,
  unwanted,
  closeWait,
  inTransfer,
  whileProbing,
  answerWhileProbing,
  exactReset,
  guessedReset,
  guessedText,
  userTimeout,
  keptAlive,
  stackEnds,
  processEnds,
  processEndsUnread,
  noRoute,
];
