/**
 * The parts of `npm run bench`: what is measured, and which figure stands beside which. One file
 * for each kind of work has how that is done.
 */
import { measureHeld, openConnects } from './connects.ts';
import { measureGarbage } from './garbage.ts';
import type { EndName } from './place.ts';
import { measureFirstStack, measureNothing } from './start.ts';
import { quantile } from './statistics.ts';
import { compileCore, rateOf, WAYS } from './streams.ts';
import { measureReceiving, measureSending } from './tun-bulk.ts';
import { measureDatagrams, measureHttp, measureOpening, measureTrips } from './tun-work.ts';

/** Figures by their names; a measure brings one or more. */
export type Figures = Record<string, number>;

export interface Measure {
  readonly name: string;
  /** What it cannot do without: nothing, a namespace with a TUN, or one and a pair of devices. */
  readonly needs?: 'tun' | 'veth';
  readonly take: () => Figures | Promise<Figures>;
}

/** How figures are printed: so many of a unit, which one divides by. */
export const UNITS = {
  'Gbit/s': { one: 1e9, digits: 2 },
  'k/s': { one: 1e3, digits: 1 },
  µs: { one: 1, digits: 0 },
  ms: { one: 1, digits: 1 },
  octets: { one: 1, digits: 1 },
} as const;

export interface Row {
  readonly text: string;
  readonly unit: keyof typeof UNITS;
  readonly figure: string;
  /** What it is read beside: words, and the name of a figure. */
  readonly beside: readonly (readonly [words: string, figure: string])[];
  /** Counts that belong to it: words, and the name of a figure. */
  readonly counts?: readonly (readonly [words: string, figure: string])[];
}

export interface Part {
  readonly title: string;
  readonly measures: readonly Measure[];
  readonly rows: readonly Row[];
}

/** How long each measure of throughput takes. */
const SECONDS = 2;

/** Who a row is about, and whom it is read beside. */
const WHO: readonly EndName[] = ['netcell', 'raw', 'kernel'];
const WORDS: Record<EndName, string> = {
  netcell: 'netcell',
  raw: 'raw loop',
  kernel: 'kernel over veth',
};

function needsOf(end: EndName): 'tun' | 'veth' {
  return end === 'kernel' ? 'veth' : 'tun';
}

/** One row of work that several ends do; `take` answers the figure, and counts by their words. */
function work(
  text: string,
  unit: Row['unit'],
  ends: readonly EndName[],
  take: (end: EndName) => Promise<readonly [figure: number, counts?: Figures]>,
): { measures: Measure[]; row: Row } {
  const nameOf = (end: EndName, count?: string) => [text, end, count].filter(Boolean).join(', ');
  const counted = new Map<string, string>();
  const measures = ends.map((end) => ({
    name: nameOf(end),
    needs: needsOf(end),
    take: async () => {
      const [figure, counts = {}] = await take(end);
      const figures: Figures = { [nameOf(end)]: figure };
      for (const [words, count] of Object.entries(counts)) {
        figures[nameOf(end, words)] = count;
        if (end === 'netcell') counted.set(words, nameOf(end, words));
      }
      return figures;
    },
  }));
  const row: Row = {
    text,
    unit,
    figure: nameOf(ends[0]!),
    beside: ends.slice(1).map((end) => [WORDS[end], nameOf(end)]),
    get counts() {
      return [...counted];
    },
  };
  return { measures, row };
}

function partOf(title: string, works: readonly ReturnType<typeof work>[]): Part {
  return {
    title,
    measures: works.flatMap(({ measures }) => measures),
    rows: works.map(({ row }) => row),
  };
}

const flowsOf = (flows: number) => (flows === 1 ? 'one flow' : `${flows} flows`);

/** As much as goes, both ways, on one connection and on eight. */
function bulk(ends: readonly EndName[], offload: boolean): ReturnType<typeof work>[] {
  return [1, 8].flatMap((flows) => {
    const text = `${flowsOf(flows)}${offload ? ', offload' : ''}`;
    return [
      work(`from the kernel, ${text}`, 'Gbit/s', ends, async (end) => {
        const rate = await measureReceiving(SECONDS, flows, end, offload);
        return [rate.bitsPerSecond, { 'sent again': rate.retransmissions }];
      }),
      work(`to the kernel, ${text}`, 'Gbit/s', ends, async (end) => {
        return [(await measureSending(SECONDS, flows, end, offload)).bitsPerSecond];
      }),
    ];
  });
}

const SMALL = [
  work('64 octets there and back, p50', 'µs', WHO, async (end) => {
    const { p50, p99 } = await measureTrips(end, SECONDS);
    return [p50, { 'p99 µs': p99 }];
  }),
  ...[1, 16].map((flows) => {
    const text = `HTTP keep-alive, ${flows === 1 ? 'one connection' : `${flows} connections`}`;
    return work(text, 'k/s', ['netcell', 'kernel'], async (end) => {
      const { rate, p99 } = await measureHttp(end, flows, SECONDS);
      return [rate, { 'p99 µs': p99 }];
    });
  }),
  work('connect and close, 64 at once', 'k/s', ['netcell', 'kernel'], async (end) => {
    const { rate, failed } = await measureOpening(end, 64, SECONDS);
    return [rate, { failed }];
  }),
];

/** Octets hashed for a page that costs a processor about a millisecond. */
const HASHED = 1 << 20;

/** The same work by one thread and by two, which have a stack and a queue each. */
function byThreads(
  text: string,
  take: (threads: number) => Promise<{ rate: number }>,
): { measures: Measure[]; row: Row } {
  const nameOf = (threads: number) => `${text}, ${threads}`;
  const measures = [1, 2].map((threads): Measure => {
    const name = nameOf(threads);
    return { name, needs: 'tun', take: async () => ({ [name]: (await take(threads)).rate }) };
  });
  const row: Row = {
    text: `${text}, two threads`,
    unit: 'k/s',
    figure: nameOf(2),
    beside: [['one thread', nameOf(1)]],
  };
  return { measures, row };
}

const THREADS = [
  byThreads('HTTP keep-alive, 16 connections', (threads) => {
    return measureHttp('netcell', 16, SECONDS, { threads });
  }),
  byThreads('the same, 1 MiB hashed for each page', (threads) => {
    return measureHttp('netcell', 16, SECONDS, { threads, hashed: HASHED });
  }),
  byThreads('connect and close, 64 at once', (threads) => {
    return measureOpening('netcell', 64, SECONDS, { threads });
  }),
];

/** Octets that two stacks in one thread move for a figure. */
const MOVED = 256 * 1024 * 1024;

const CORES: Part = {
  title: 'Two stacks in one thread, MTU 1500, checksums on, 256 MiB',
  measures: Object.entries(WAYS).map(([name, open]) => ({
    name,
    take: async () => {
      const way = await open(compileCore());
      // Once for the engine, which compiles what it has seen often.
      await way.move(MOVED);
      const before = process.memoryUsage().rss;
      const figures = { [name]: await rateOf(way, MOVED) };
      const grown = (process.memoryUsage().rss - before) / 1024 ** 2;
      await way.close();
      return name === 'streams' ? { ...figures, grown } : figures;
    },
  })),
  rows: [
    { text: 'at the core’s door', unit: 'Gbit/s', figure: 'core to core', beside: [] },
    {
      text: 'callback API over a pipe',
      unit: 'Gbit/s',
      figure: 'raw',
      beside: [['the door', 'core to core']],
    },
    {
      text: 'connect() and listen() streams',
      unit: 'Gbit/s',
      figure: 'streams',
      beside: [['the door', 'core to core']],
      counts: [['resident MiB grown', 'grown']],
    },
    {
      text: 'the same with a BYOB reader',
      unit: 'Gbit/s',
      figure: 'BYOB',
      beside: [['the door', 'core to core']],
    },
  ],
};

/** Moments measured for one figure, and those before the first, in which the engine compiles. */
const MOMENTS = 5;
const WARM_UP = 4;

/** What opens and closes connections in one process, kept from run to run. */
function connecting(way: 'net' | 'streams' | 'raw' | 'door'): Measure {
  let opened: ReturnType<typeof openConnects> | undefined;
  const moments = async (count: number) => {
    const measure = await (opened ??= openConnects(way));
    const figures: number[] = [];
    for (let i = 0; i < count; i++) figures.push(await measure());
    return figures;
  };
  const take = async () => {
    if (opened === undefined) await moments(WARM_UP);
    return { [way]: quantile(await moments(MOMENTS), 0.5) };
  };
  return { name: way, take };
}

/** A socket is small until its streams are asked for, which are the platform's. */
const HELD_BY_SOCKETS = [
  ['octets of JavaScript an end', 'heldSocket'],
  ['with both streams made', 'heldStreams'],
] as const;

const CONNECTS: Part = {
  title: 'Connections opened and closed in one process, no data',
  measures: [
    ...(['net', 'streams', 'raw', 'door'] as const).map(connecting),
    {
      name: 'octets held',
      take: async () => {
        const { raw, sockets, streams } = await measureHeld();
        return { heldRaw: raw, heldSocket: sockets, heldStreams: streams };
      },
    },
  ],
  rows: (
    [
      ['connect() and listen() over a pipe, 16 at once', 'streams', HELD_BY_SOCKETS],
      ['callback API over a pipe, 16 at once', 'raw', [['octets of JavaScript an end', 'heldRaw']]],
      ['at the door of two cores', 'door', []],
    ] as const
  ).map(([text, figure, counts]): Row => {
    return { text, unit: 'k/s', figure, beside: [['node:net over lo', 'net']], counts };
  }),
};

const START: Part = {
  title: 'A program’s beginning',
  measures: [
    { name: 'first stack', take: measureFirstStack },
    { name: 'node alone', take: () => ({ nothing: measureNothing() }) },
  ],
  rows: [
    { text: 'import', unit: 'ms', figure: 'imported', beside: [['node -e 0', 'nothing']] },
    { text: 'first stack', unit: 'ms', figure: 'first', beside: [['node -e 0', 'nothing']] },
  ],
};

const GARBAGE_WAYS = [
  'raw',
  'BYOB',
  'the platform’s streams',
  'from the kernel',
  'to the kernel',
] as const;

const GARBAGE: Part = {
  title: 'Garbage of bulk text, octets of JavaScript a segment (--trace-gc)',
  measures: GARBAGE_WAYS.map((way) => ({
    name: `garbage, ${way}`,
    ...(way.endsWith('kernel') && { needs: 'tun' as const }),
    take: async () => ({ [`garbage, ${way}`]: await measureGarbage(way) }),
  })),
  rows: (
    [
      ['callback API over a pipe', 'raw'],
      ['BYOB reader over a pipe', 'BYOB', 'the platform’s streams'],
      ['TUN, from the kernel', 'from the kernel'],
      ['TUN, to the kernel', 'to the kernel'],
    ] as const
  ).map(([text, way, platform]): Row => {
    const beside = platform && ([[`${platform} alone`, `garbage, ${platform}`]] as const);
    return { text, unit: 'octets', figure: `garbage, ${way}`, beside: beside ?? [] };
  }),
};

const DATAGRAMS = [1, 64].map((flows) => {
  const text = `64 octets there and back, ${flows} at once`;
  return work(text, 'k/s', ['netcell', 'raw'], async (end) => {
    const { rate, p99 } = await measureDatagrams(end, flows, SECONDS);
    return [rate, { 'p99 µs': p99 }];
  });
});

export const PARTS: Record<string, Part> = {
  start: START,
  cores: CORES,
  connects: CONNECTS,
  garbage: GARBAGE,
  bulk: partOf('TUN, MTU 1500, no offload', bulk(WHO, false)),
  offload: partOf('TUN, MTU 1500, offload as the kernel grants it', bulk(WHO, true)),
  small: partOf('TUN, small work', SMALL),
  datagrams: partOf('TUN, datagrams', DATAGRAMS),
  threads: partOf('TUN of two queues: a stack for each, in a thread of its own', THREADS),
};
