/**
 * Segments that TCP drops, or the text of which it does: for each place in the core that drops
 * them, one that makes it.
 */
import {
  ack,
  closed,
  closeWait,
  complete,
  data,
  established,
  FIN,
  fin,
  listening,
  LOOSE,
  offer,
  Option,
  type Options,
  Peer,
  PSH,
  rst,
  type Segment,
  Setting,
  type Stack,
  syn,
  synAck,
  synReceived,
  synSent,
  timeWait,
} from '../dsl/index.ts';
import { BOTH, type Driver, type Family, V4 } from './drops-ip.ts';

type Made = Readonly<{ stack: Stack; peer: Peer }>;
type Begin<T extends Made> = (options: Options) => T;

/** From a state, with these options: the last of some segments is dropped. */
function dropped<T extends Made>(
  begin: Begin<T>,
  segments: (made: T) => readonly Segment[],
  options: Options = {},
  families: readonly Family[] = BOTH,
): Driver {
  return {
    families,
    scene: (family) => {
      const made = begin({ ...options, family });
      const all = segments(made);
      for (const before of all.slice(0, -1)) made.peer.send(before);
      return { stack: made.stack, last: () => made.peer.send(all.at(-1)!) };
    },
  };
}

const STRICT_TS: Options = { timestamps: true, settings: { [Setting.TOLERATE_MISSING_TS]: 0 } };
const STAMPED: Options = { timestamps: true };
const old = ({ peer }: Made) => [peer.clockOffset - 1000, 0] as const;
/** The ACK bit missing, as it never is but in a SYN or RST. */
const bare = (fields: Partial<Segment>): Segment => ({ ctl: PSH, text: 'a', ...fields });
const COOKIES: Options = { settings: { [Setting.SYN_COOKIES]: 2 } };
const port = (n: number, { stack }: Made, family: Family) =>
  new Peer(stack, { port: 41_000 + n, family });

/** Both sides have sent a SYN. */
function crossed(options: Options) {
  const made = synSent(options);
  made.peer.send(syn({ seq: 0, ...offer(options, made.peer) }));
  return made;
}

/** A SYN that its listener's user has not decided about. */
function undecided(options: Options) {
  const made = closed(options);
  made.host.setOption(Option.ASK, 1);
  made.host.listen(80);
  made.peer.send(syn({ seq: 0 }));
  return made;
}

/** A listener, and so many peers: the last segment of the last of them is dropped. */
function strangers(
  options: Options,
  play: (peers: readonly Peer[]) => () => void,
  families: readonly Family[] = BOTH,
): Driver {
  return {
    families,
    scene: (family) => {
      const made = listening({ ...options, family });
      return { stack: made.stack, last: play([1, 2, 3].map((n) => port(n, made, family))) };
    },
  };
}

function handshake(peer: Peer): void {
  peer.send(syn({ seq: 0 }));
  peer.send(ack({ seq: 1, ack: 1 }));
}

const LISTEN: Readonly<Record<string, readonly Driver[]>> = {
  'tcp/arrives arrives SOURCE_ROUTE_REFUSED': [
    {
      families: V4,
      scene: () => {
        const { stack, peer } = established();
        peer.ipOptions = complete(LOOSE, 9);
        return { stack, last: () => peer.send(data('a', { seq: 1, ack: 1 })) };
      },
    },
  ],
  'tcp/arrives closedState NO_CONNECTION': [
    dropped(closed, () => [ack({ seq: 1, ack: 1 })]),
    dropped(closed, () => [syn({ seq: 1 })]),
  ],
  'tcp/reply resetSegment RST_NOT_ANSWERED': [dropped(closed, () => [rst({ seq: 1 })])],
  'tcp/checksum isIntact BAD_CHECKSUM': [
    dropped(established, () => [data('a', { seq: 1, ack: 1, wrongChecksum: true })]),
  ],
  'tcp/arrives-listen listenState RST_IN_LISTEN': [dropped(listening, () => [rst({ seq: 1 })])],
  'tcp/arrives-listen listenState ACK_IN_LISTEN': [
    dropped(listening, () => [ack({ seq: 1, ack: 1 })]),
    dropped(listening, () => [synAck({ seq: 1, ack: 1 })]),
  ],
  'tcp/arrives-listen listenState NO_ACK_BIT': [dropped(listening, () => [bare({ seq: 1 })])],
  'tcp/arrives-listen listenState SYN_WITH_FIN': [
    dropped(listening, () => [syn({ seq: 0, ctl: FIN })]),
  ],
  'tcp/decide undecidedState SYN_UNDECIDED': [dropped(undecided, () => [syn({ seq: 0 })])],
  'tcp/decide undecidedState ACK_OUT_OF_RANGE': [
    dropped(undecided, () => [ack({ seq: 1, ack: 1 })]),
  ],
  'tcp/decide undecidedState OUTSIDE_WINDOW': [dropped(undecided, () => [rst({ seq: 2 })])],
  'tcp/backlog addEntry ACCEPT_QUEUE_FULL': [
    strangers({ backlog: 1 }, ([a, b]) => {
      handshake(a!);
      return () => b!.send(syn({ seq: 0 }));
    }),
  ],
  'tcp/backlog synQueueFull SYN_QUEUE_FULL': [
    strangers({ backlog: 1, settings: { [Setting.SYN_COOKIES]: 0 } }, ([a, b]) => {
      a!.send(syn({ seq: 0 }));
      return () => b!.send(syn({ seq: 0 }));
    }),
  ],
  'tcp/backlog addEntry SOURCE_ROUTES_USED_UP': [
    strangers(
      { settings: { [Setting.ACCEPT_SOURCE_ROUTE]: 1 }, limits: { sourceRoutes: 1 } },
      ([a, b]) => {
        a!.ipOptions = complete(LOOSE, 9);
        b!.ipOptions = complete(LOOSE, 8);
        a!.send(syn({ seq: 0 }));
        return () => b!.send(syn({ seq: 0 }));
      },
      V4,
    ),
  ],
  'tcp/cookies readCookie COOKIE_INVALID': [
    dropped(listening, () => [ack({ seq: 1, ack: 77 })], COOKIES),
  ],
  'tcp/cookies sendCookie REPLY_QUEUE_FULL': [
    strangers(
      { ...COOKIES, limits: { replies: 1 } },
      ([a]) =>
        () =>
          a!.send(syn({ seq: 0 }), syn({ seq: 0 })),
    ),
  ],
  'tcp/cookies sendCookie SYN_TEXT_NOT_KEPT': [
    dropped(listening, () => [syn({ seq: 0, text: 'hello' })], COOKIES),
  ],
};

const SYN_ENTRY: Readonly<Record<string, readonly Driver[]>> = {
  'tcp/arrives-syn-entry synEntryState RATE_LIMITED': [
    dropped(synReceived, () => [syn({ seq: 0 }), syn({ seq: 0 })]),
  ],
  'tcp/arrives-syn-entry synEntryState MISSING_TIMESTAMP': [
    dropped(synReceived, () => [ack({ seq: 1, ack: 1, ts: null })], STRICT_TS),
  ],
  'tcp/arrives-syn-entry synEntryState OLD_TIMESTAMP': [
    dropped(synReceived, (made) => [ack({ seq: 1, ack: 1, ts: old(made) })], STAMPED),
  ],
  'tcp/arrives-syn-entry synEntryState OUTSIDE_WINDOW': [
    dropped(synReceived, () => [ack({ seq: 200_000, ack: 1 })]),
    dropped(synReceived, () => [rst({ seq: 200_000 })]),
  ],
  'tcp/arrives-syn-entry checkRst OUTSIDE_WINDOW': [
    dropped(synReceived, () => [rst({ seq: 0, text: 'ab' })]),
  ],
  'tcp/arrives-syn-entry checkRst RST_CHALLENGED': [
    dropped(synReceived, () => [rst({ seq: 100 })]),
  ],
  'tcp/arrives-syn-entry synEntryState NO_ACK_BIT': [
    dropped(synReceived, () => [bare({ seq: 1 })]),
  ],
  'tcp/arrives-syn-entry synEntryState ACK_OUT_OF_RANGE': [
    dropped(synReceived, () => [ack({ seq: 1, ack: 77 })]),
  ],
  'tcp/arrives-syn-entry makeTcb NO_RESOURCES': [
    dropped(synReceived, () => [ack({ seq: 1, ack: 1 })], {
      limits: { connections: 1, listeners: 1 },
    }),
  ],
  'tcp/arrives-syn-entry makeTcb TIME_WAITS_USED_UP': [
    dropped(synReceived, () => [ack({ seq: 1, ack: 1 })], {
      settings: { [Setting.TW_STRICT]: 1, [Setting.MAX_TW_BUCKETS]: 0 },
    }),
  ],
  'tcp/arrives-syn-entry mayComplete ACCEPT_QUEUE_FULL': [0, 1].flatMap((abort) => [
    strangers({ backlog: 2, settings: { [Setting.ABORT_ON_OVERFLOW]: abort } }, ([a, b, c]) => {
      handshake(a!);
      b!.send(syn({ seq: 0 }));
      c!.send(syn({ seq: 0 }));
      b!.send(ack({ seq: 1, ack: 1 }));
      return () => c!.send(ack({ seq: 1, ack: 1 }));
    }),
    strangers(
      {
        backlog: 1,
        settings: { [Setting.SYN_COOKIES]: 2, [Setting.ABORT_ON_OVERFLOW]: abort },
      },
      ([a, b]) => {
        a!.send(syn({ seq: 0 }));
        b!.send(syn({ seq: 0 }));
        a!.send(ack({ seq: 1, ack: 1 }));
        return () => b!.send(ack({ seq: 1, ack: 1 }));
      },
    ),
  ]),
};

const SYN_SENT: Readonly<Record<string, readonly Driver[]>> = {
  'tcp/arrives-syn-sent checkAck ACK_OUT_OF_RANGE': [
    dropped(synSent, () => [synAck({ seq: 0, ack: 77 })]),
  ],
  'tcp/arrives-syn-sent checkRst RST_WITHOUT_ACK': [dropped(synSent, () => [rst({ seq: 0 })])],
  'tcp/arrives-syn-sent checkSyn NO_SYN_BIT': [dropped(synSent, () => [ack({ seq: 0, ack: 1 })])],
  'tcp/arrives-others crossedSyn OUTSIDE_WINDOW': [dropped(crossed, () => [syn({ seq: 0 })])],
  'tcp/arrives-others synAcknowledged ACK_OUT_OF_RANGE': [
    dropped(crossed, () => [ack({ seq: 1, ack: 77 })]),
  ],
};

const OTHERS: Readonly<Record<string, readonly Driver[]>> = {
  'tcp/arrives-others checkSequenceNumber MISSING_TIMESTAMP': [
    dropped(established, () => [data('a', { seq: 1, ack: 1, ts: null })], STRICT_TS),
  ],
  'tcp/arrives-others checkSequenceNumber OLD_TIMESTAMP': [
    dropped(established, (made) => [data('a', { seq: 1, ack: 1, ts: old(made) })], STAMPED),
  ],
  'tcp/arrives-others checkSequenceNumber OUTSIDE_WINDOW': [
    dropped(established, () => [data('a', { seq: 200_000, ack: 1 })]),
    dropped(established, () => [ack({ seq: 0, ack: 1 })]),
    dropped(established, () => [rst({ seq: 0 })]),
    // What of it is taken all the same does not make it two.
    {
      families: BOTH,
      scene: (family) => {
        const { stack, host, peer } = established({ family });
        peer.send(data('hello', { seq: 1, ack: 1 }));
        host.write('world');
        return { stack, last: () => peer.send(fin({ seq: 1, ack: 6 })) };
      },
    },
  ],
  'tcp/arrives-others checkRst OUTSIDE_WINDOW': [
    dropped(established, () => [rst({ seq: 0, text: 'ab' })]),
  ],
  'tcp/arrives-others checkRst RST_CHALLENGED': [dropped(established, () => [rst({ seq: 100 })])],
  'tcp/arrives-others checkSyn SYN_CHALLENGED': [
    dropped(established, () => [syn({ seq: 1 })]),
    dropped(established, () => [syn({ seq: 1 }), syn({ seq: 1 })]),
  ],
  'tcp/arrives-others checkAck NO_ACK_BIT': [dropped(established, () => [bare({ seq: 1 })])],
  'tcp/arrives-others checkAck ACK_OUT_OF_RANGE': [
    dropped(established, () => [data('a', { seq: 1, ack: 5000 })]),
  ],
  'tcp/arrives-others processText BEHIND_FIN': [
    dropped(closeWait, () => [data('a', { seq: 2, ack: 1 })]),
    dropped(closeWait, () => [data('a', { seq: 2, ack: 1, ctl: FIN })]),
  ],
  'tcp/arrives-others checkFin BEHIND_FIN': [dropped(closeWait, () => [fin({ seq: 2, ack: 1 })])],
  'tcp/arrives-others checkFin FIN_BEYOND_WINDOW': [
    dropped(established, () => [data(1460, { seq: 1, ack: 1, ctl: FIN })], { receiveBuffer: 1000 }),
  ],
};

const TEXT: Readonly<Record<string, readonly Driver[]>> = {
  'tcp/text acceptText TEXT_AGAIN': [
    dropped(established, () => [
      data('abc', { seq: 1, ack: 1 }),
      data('abc', { seq: 1, ack: 1, ctl: FIN }),
    ]),
  ],
  'tcp/text textAgain TEXT_AGAIN': [
    dropped(established, () => [data('abc', { seq: 9, ack: 1 }), data('bc', { seq: 10, ack: 1 })]),
  ],
  'tcp/text acceptText TEXT_BEYOND_WINDOW': [
    dropped(established, () => [data(1000, { seq: 1, ack: 1 }), data(1, { seq: 1001, ack: 1 })], {
      receiveBuffer: 1000,
    }),
    dropped(
      established,
      () => [data(1000, { seq: 1, ack: 1 }), data(1, { seq: 1001, ack: 1, ctl: FIN })],
      { receiveBuffer: 1000 },
    ),
  ],
  'tcp/text acceptText BEHIND_FIN': [
    dropped(established, () => [fin({ seq: 9, ack: 1 }), data('abc', { seq: 9, ack: 1 })]),
  ],
  'tcp/text noRoom NO_RESOURCES': [
    dropped(established, () => [data('a', { seq: 30_000, ack: 1 })], { limits: { pages: 4 } }),
  ],
  'tcp/text textOutOfOrder NO_ROOM_FOR_EARLY_TEXT': [
    dropped(established, () => [data('a', { seq: 100, ack: 1 }), data('a', { seq: 300, ack: 1 })], {
      limits: { ranges: 1 },
    }),
  ],
};

const TIME_WAIT: Readonly<Record<string, readonly Driver[]>> = {
  'tcp/time-wait timeWaitState RST_IN_TIME_WAIT': [dropped(timeWait, () => [rst({ seq: 2 })])],
  'tcp/time-wait timeWaitState MISSING_TIMESTAMP': [
    dropped(timeWait, () => [fin({ seq: 1, ack: 2, ts: null })], STRICT_TS),
  ],
  'tcp/time-wait dropNeedless OLD_TIMESTAMP': [
    dropped(timeWait, (made) => [data('a', { seq: 2, ack: 2, ts: old(made) })], STAMPED),
  ],
  'tcp/time-wait dropNeedless OUTSIDE_WINDOW': [
    dropped(timeWait, () => [data('a', { seq: 200_000, ack: 2 })]),
    dropped(timeWait, () => [ack({ seq: 1, ack: 2 }), ack({ seq: 1, ack: 2 })]),
  ],
  'tcp/time-wait dropNeedless SYN_CHALLENGED': [dropped(timeWait, () => [syn({ seq: 2 })])],
  'tcp/time-wait dropNeedless NO_ACK_BIT': [dropped(timeWait, () => [bare({ seq: 2 })])],
  'tcp/time-wait dropNeedless ACK_IN_TIME_WAIT': [
    dropped(timeWait, () => [ack({ seq: 2, ack: 2 })]),
  ],
  'tcp/time-wait dropNeedless BEHIND_FIN': [
    dropped(timeWait, () => [data('a', { seq: 2, ack: 2 })]),
  ],
};

/** By `file function REASON`. */
export const TCP_DROPS = {
  ...LISTEN,
  ...SYN_ENTRY,
  ...SYN_SENT,
  ...OTHERS,
  ...TEXT,
  ...TIME_WAIT,
};
