/**
 * The cases of the loss bench: what a goodput alone does not tell, each with the bar it is held
 * against. Their twin in virtual time is `test/simulation/recovery.test.ts`.
 */
import { type Cell, OVERTAKEN, SEGMENT } from './cells.ts';
import type { Outcome, SenderName, Work } from './place.ts';
import { goodputOf, median } from './figures.ts';
import { REPLIES, REPLY_SEGMENTS, WARM_REPLIES } from './replies.ts';

/** Who sends in a run. */
export interface Side {
  readonly senders: readonly SenderName[];
  /** Congestion control, where a case is about it. */
  readonly congestion?: string;
}

/** What one line of the table says: two figures, what is demanded of them, and whether it is so. */
export interface Verdict {
  readonly name: string;
  readonly figures: readonly [first: number, second: number];
  readonly digits: number;
  readonly bar?: string;
  readonly isMet?: boolean;
  readonly remark?: string;
}

/** Outcomes by side, by run, by sender. */
export type Outcomes = readonly (readonly (readonly Outcome[])[])[];

export interface Case {
  readonly cell: Cell;
  readonly work: Work;
  readonly runs: number;
  readonly since?: number;
  readonly sides: readonly Side[];
  readonly verdicts: (outcomes: Outcomes) => Verdict[];
}

/** Cases with the same figures. */
export interface Group {
  readonly title: string;
  readonly columns: readonly [first: string, second: string];
  readonly cases: readonly Case[];
}

/** A figure that is compared between Linux and netcell. */
interface Measure {
  readonly name: string;
  readonly of: (outcome: Outcome) => number;
  readonly digits: number;
  readonly bar?: string;
  readonly isMet?: (linux: number, netcell: number) => boolean;
}

const LINE = { rate: 100, rtt: 20 };
const ALONE: readonly Side[] = [{ senders: ['linux'] }, { senders: ['netcell'] }];

const tookOf = ({ took }: Outcome) => median(took);

/** Linux's figure and netcell's, each sending alone. */
function compared(outcomes: Outcomes, { of }: Measure): readonly [number, number] {
  const [linux, netcell] = outcomes.map((runs) => median(runs.map(([outcome]) => of(outcome!))));
  return [linux!, netcell!];
}

/** A case in which each sends alone. */
function alone(
  given: Pick<Case, 'cell' | 'work' | 'since'> & { runs?: number },
  measures: readonly Measure[],
): Case {
  const verdicts = (outcomes: Outcomes) =>
    measures.map((measure): Verdict => {
      const { name, digits, bar, isMet } = measure;
      const figures = compared(outcomes, measure);
      return { name, figures, digits, bar, isMet: isMet?.(...figures) };
    });
  return { runs: 1, ...given, sides: ALONE, verdicts };
}

// Recovery ------------------------------------------------------------------------

const REPLY_CONNECTIONS = 15;

function recovery(): Case[] {
  const reply = { octets: REPLY_SEGMENTS * SEGMENT, pause: 0 };
  const replies = Array.from({ length: WARM_REPLIES + 1 }, () => reply);
  const work = { kind: 'replies', connections: REPLY_CONNECTIONS, replies } as const;
  return REPLIES.map(({ name, holes }) => {
    const measures: Measure[] = [
      {
        name,
        // Some wait for an ACK that the receiver delays, whoever sends; the quickest does not.
        of: ({ took }) => Math.min(...took),
        digits: 1,
        bar: 'ratio at most 1.10',
        isMet: (linux, netcell) => netcell <= 1.1 * linux,
      },
      {
        name: '… retransmission timeouts',
        of: ({ timeouts }) => timeouts,
        digits: 0,
        bar: 'at most as many',
        isMet: (linux, netcell) => netcell <= linux,
      },
    ];
    // A router that stands still for an RTO makes a timeout of either: what repeats is a sender's.
    return alone({ cell: { ...LINE, holes }, work, runs: 3 }, measures);
  });
}

// What is late, and what is overtaken -----------------------------------------------

const SPIKE_AFTER = 3000;

/**
 * How many timeouts fall into a spike is a matter of SRTT: none, one and two between 30 and 160 ms.
 * A queue that overflows keeps both senders there; in a deeper one slow start leaves each with 120
 * to 350 ms, by chance.
 */
function spikes(): Case[] {
  return [300, 700, 1500].map((ms) => {
    const cell = { ...LINE, queue: 4, spike: { after: SPIKE_AFTER, ms } };
    const work = { kind: 'stream', seconds: 7 } as const;
    const measure: Measure = {
      name: `stands still for ${ms} ms`,
      of: ({ spurious }) => spurious,
      digits: 0,
      bar: 'at most as many',
      isMet: (linux, netcell) => netcell <= linux,
    };
    return alone({ cell, work, since: SPIKE_AFTER, runs: 3 }, [measure]);
  });
}

/** A queue that overtaking does not make overflow. */
const DEEP = 20;

/** Goodput in Mbit/s, of which netcell's should not be much less. */
function goodput(name: string): Measure {
  return {
    name,
    of: goodputOf,
    digits: 2,
    bar: 'ratio at least 0.90',
    isMet: (linux, netcell) => netcell >= 0.9 * linux,
  };
}

function reordering(): Case[] {
  const name = 'reordering 5 % by up to 10';
  const spurious: Measure = {
    name: '… % of data sent again for nothing',
    of: (outcome) => (100 * outcome.spurious) / outcome.data,
    digits: 3,
    bar: 'netcell below 0.1 %',
    isMet: (_linux, netcell) => netcell < 0.1,
  };
  const work = { kind: 'stream', seconds: 12 } as const;
  return [1, DEEP].map((queue) =>
    alone({ cell: { ...LINE, queue, reordering: OVERTAKEN }, work, since: 1000, runs: 1 }, [
      goodput(`${name}, queue of ${queue} BDP`),
      spurious,
    ]),
  );
}

// A long fat line -------------------------------------------------------------------

function fast(): Case[] {
  const cell = { rate: 1000, rtt: 100 };
  const work = { kind: 'stream', seconds: 20 } as const;
  const measure: Measure = {
    name: '1 Gbit/s, RTT 100 ms, nothing set',
    of: goodputOf,
    digits: 2,
    bar: 'at least as much',
    isMet: (linux, netcell) => netcell >= linux,
  };
  return [alone({ cell, work }, [measure])];
}

// Marks and pauses ------------------------------------------------------------------

function marks(): Case[] {
  const work = { kind: 'stream', seconds: 20 } as const;
  return [0.001, 0.01].map((share) =>
    alone({ cell: { ...LINE, marks: share }, work }, [goodput(`marks ${100 * share} %`)]),
  );
}

/** Octets that open cwnd, and those after the pause. */
const BEFORE_PAUSE = 4_000_000;
const AFTER_PAUSE = 1_000_000;

function pauses(): Case[] {
  return [1, 10].map((seconds) => {
    const replies = [
      { octets: BEFORE_PAUSE, pause: 0 },
      { octets: AFTER_PAUSE, pause: 1000 * seconds },
    ];
    const name = `after ${seconds} s without data`;
    const work = { kind: 'replies', connections: 1, replies } as const;
    return alone({ cell: LINE, work, runs: 3 }, [
      {
        name: `${name}: segments of the first round trip`,
        of: ({ burst }) => burst,
        digits: 0,
      },
      {
        name: '… milliseconds for 1 MB',
        of: tookOf,
        digits: 1,
        bar: 'ratio at most 1.10',
        isMet: (linux, netcell) => netcell <= 1.1 * linux,
      },
    ]);
  });
}

// Fairness --------------------------------------------------------------------------

/** Two flows for 80 seconds, of which the first 20 do not count. */
function together(
  name: string,
  senders: readonly SenderName[],
  given: Pick<Verdict, 'bar'> & Pick<Measure, 'isMet'> & { runs?: number } = {},
): Case {
  const { bar, isMet, runs = 1 } = given;
  const isAlike = senders[0] === senders[1];
  return {
    cell: { ...LINE, queue: 2 },
    work: { kind: 'stream', seconds: 80, from: 20 },
    runs,
    sides: [{ senders }],
    verdicts: ([outcomes]) => {
      const pairs = outcomes!.map((flows) => {
        const goodputs = flows.map(goodputOf);
        // Of two alike, which one has more is chance.
        return isAlike ? goodputs.sort((a, b) => b - a) : goodputs;
      });
      const [first, second] = [0, 1].map((flow) => median(pairs.map((pair) => pair[flow]!)));
      const figures = [first!, second!] as const;
      return [{ name, figures, digits: 2, bar, isMet: isMet?.(...figures) }];
    },
  };
}

function fairness(): Case[] {
  const isEven = (more: number, less: number) => less >= 0.9 * more;
  const isShared = (a: number, b: number) => a >= 0.4 * (a + b) && b >= 0.4 * (a + b);
  return [
    together('two of Linux, more and less, median of 5', ['linux', 'linux'], { runs: 5 }),
    together('two of netcell, more and less, median of 5', ['netcell', 'netcell'], {
      // A queue overflows by one packet, and chance decides which flow that belongs to.
      runs: 5,
      bar: 'within 10 %',
      isMet: isEven,
    }),
    together('Linux and netcell, median of 5', ['linux', 'netcell'], {
      runs: 5,
      bar: 'share 0.4 to 0.6',
      isMet: isShared,
    }),
  ];
}

// BBR -----------------------------------------------------------------------------

/** The share of losses that has a bar. */
const HELD = 0.01;

/** Losses that mean nothing: BBR should not mind them. */
function bbr(): Case[] {
  return [0.01, 0.03, 0.05].map((loss): Case => {
    const name = `loss ${100 * loss} %`;
    return {
      cell: { ...LINE, loss },
      work: { kind: 'stream', seconds: 20 },
      runs: loss === HELD ? 5 : 1,
      sides: [
        { senders: ['linux'], congestion: 'bbr' },
        { senders: ['netcell'], congestion: 'bbr' },
        { senders: ['netcell'], congestion: 'cubic' },
      ],
      verdicts: (outcomes) => {
        const [linux, ours, cubic] = outcomes.map((runs) =>
          median(runs.map(([flow]) => goodputOf(flow!))),
        );
        const { bar, isMet } = goodput(name);
        const sides = loss === HELD ? 'Linux, netcell, median of 5' : 'Linux, netcell';
        const held = loss === HELD ? { bar, isMet: isMet!(linux!, ours!) } : {};
        return [
          { name: `${name}: ${sides}`, figures: [linux!, ours!], digits: 2, ...held },
          {
            name: '… netcell with cubic, with bbr',
            figures: [cubic!, ours!],
            digits: 2,
            bar: 'more',
            isMet: ours! > cubic!,
          },
        ];
      },
    };
  });
}

/** By the names that `--cases` takes. */
export const GROUPS: Readonly<Record<string, Group>> = {
  recovery: {
    title:
      'A reply of 20 segments: milliseconds from the request, the quickest of 15; medians of 3',
    columns: ['Linux', 'netcell'],
    cases: recovery(),
  },
  spikes: {
    title: 'A line that stands still: segments sent again for nothing since, median of 3',
    columns: ['Linux', 'netcell'],
    cases: spikes(),
  },
  reordering: {
    title: 'Packets that are overtaken, nothing lost but by a full queue: Mbit/s',
    columns: ['Linux', 'netcell'],
    cases: reordering(),
  },
  fast: {
    title: 'One flow on a line that the router carries about two thirds of: Mbit/s',
    columns: ['Linux', 'netcell'],
    cases: fast(),
  },
  marks: {
    title: 'Marked packets (RFC 3168), both ask for ECN: Mbit/s',
    columns: ['Linux', 'netcell'],
    cases: marks(),
  },
  pauses: {
    title: 'A sender that pauses and goes on',
    columns: ['Linux', 'netcell'],
    cases: pauses(),
  },
  fairness: {
    title: 'Two flows, queue of 2 BDP, seconds 20 to 80: Mbit/s',
    columns: ['first', 'second'],
    cases: fairness(),
  },
  bbr: {
    title: 'BBR where packets are lost: Mbit/s',
    columns: ['first', 'second'],
    cases: bbr(),
  },
};
