/**
 * `npm run bench:flood`: what a flood of SYNs leaves to the honest, of netcell behind a TUN and of
 * the kernel behind a pair of virtual devices, in one run.
 *
 *     npm run bench:flood -- [--rates 0,30,60,120] [--seconds 6] [--rounds 1] [--json]
 *
 * The flood's rates are in thousands a second; with 0 there is none. A probe is a connection with a
 * request and its reply, and answered if that took less than a second, so that no SYN was lost.
 * Beside the probes are round trips on a connection that is older than the flood. Medians of the
 * rounds; the kernel's row is what to read netcell's beside.
 */
import { parseArgs } from 'node:util';
import { showProgress } from '../../host-node/cli/progress.ts';
import { enterNamespace } from '../../host-node/namespace.ts';
import { bundle } from '../host/bundle.ts';
import type { Flooded, Held, Probed, TargetName } from './flood/place.ts';
import { isLoaded, loadOfOthers, machine } from './machine.ts';
import { STACK } from './place.ts';
import { Process } from './process.ts';
import { quantile } from './statistics.ts';
import { BEHIND_VETH, startBehindVeth, vethObstacle } from './veth.ts';

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '30,60,120' },
    seconds: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

/** What became of the honest beside one flood; times in milliseconds. */
interface Figures {
  /** SYNs a second that were really sent, in thousands. */
  readonly flood: number;
  readonly probes: number;
  readonly answered: number;
  readonly p50: number;
  readonly p99: number;
  readonly trips: number;
  readonly tripP50: number;
  readonly tripP99: number;
  readonly tripMost: number;
  readonly queueDrops: number;
  readonly replyDrops: number;
  readonly cookies: number;
  /** Part of the machine that others had just before. */
  readonly load: number;
}

interface Row extends Figures {
  readonly target: TargetName;
  readonly rate: number;
}

const TARGET = bundle('test/bench/flood/target.ts');
const FLOODER = bundle('test/bench/flood/flooder.ts');
const PROBER = bundle('test/bench/flood/prober.ts');

async function start(target: TargetName): Promise<Process<Held>> {
  if (target === 'kernel') return startBehindVeth<Held>(TARGET, [target]);
  const process = new Process<Held>(TARGET, [target]);
  await process.ready();
  return process;
}

async function measure(target: TargetName, rate: number, seconds: number): Promise<Figures> {
  const load = await loadOfOthers();
  const address = target === 'netcell' ? STACK : BEHIND_VETH;
  const flooded = await start(target);
  const flooder = new Process<Flooded>(FLOODER, [address, String(1000 * rate), String(seconds)]);
  const prober = new Process<Probed>(PROBER, [address, String(seconds)]);
  await flooder.ready();
  await prober.ready();
  flooder.begin();
  prober.begin();
  const { sent } = await flooder.outcome();
  const { probes, answered, trips } = await prober.outcome();
  flooded.begin();
  const held = await flooded.outcome();
  return {
    flood: sent / seconds / 1000,
    probes,
    answered: answered.length,
    p50: quantile(answered, 0.5),
    p99: quantile(answered, 0.99),
    trips: trips.length,
    tripP50: quantile(trips, 0.5),
    tripP99: quantile(trips, 0.99),
    tripMost: quantile(trips, 1),
    ...held,
    load,
  };
}

/** The median of each figure. */
function medians(rounds: readonly Figures[]): Figures {
  const names = Object.keys(rounds[0]!) as (keyof Figures)[];
  const of = (name: keyof Figures) =>
    quantile(
      rounds.map((figures) => figures[name]),
      0.5,
    );
  return Object.fromEntries(names.map((name) => [name, of(name)])) as unknown as Figures;
}

async function measureAll(targets: readonly TargetName[]): Promise<Row[]> {
  const rates = values.rates.split(',').map(Number);
  const [seconds, count] = [Number(values.seconds), Number(values.rounds)];
  const rows: Row[] = [];
  let doing = '';
  const stop = showProgress(() => doing);
  for (const rate of rates) {
    const rounds = new Map<TargetName, Figures[]>(targets.map((target) => [target, []]));
    for (let round = 0; round < count; round++) {
      for (const target of targets) {
        doing = `${target}, ${rate},000 SYNs a second, round ${round + 1} of ${count}`;
        rounds.get(target)!.push(await measure(target, rate, seconds));
      }
    }
    for (const target of targets) rows.push({ target, rate, ...medians(rounds.get(target)!) });
  }
  stop();
  return rows;
}

const COLUMNS: readonly [string, (row: Row) => string][] = [
  ['SYNs/s', ({ rate }) => `${rate} k`],
  ['sent', ({ flood }) => `${flood.toFixed(1)} k`],
  ['to', ({ target }) => target],
  ['answered', ({ answered, probes }) => `${answered} of ${probes}`],
  ['p50 ms', ({ p50 }) => p50.toFixed(2)],
  ['p99', ({ p99 }) => p99.toFixed(2)],
  ['trips', ({ trips }) => String(trips)],
  ['p50 ms', ({ tripP50 }) => tripP50.toFixed(2)],
  ['p99', ({ tripP99 }) => tripP99.toFixed(2)],
  ['most', ({ tripMost }) => tripMost.toFixed(1)],
  ['queue drops', ({ queueDrops }) => String(queueDrops)],
  ['reply drops', ({ replyDrops }) => String(replyDrops)],
  ['load', ({ load }) => `${(100 * load).toFixed(0)} %${isLoaded(load) ? ' *' : ''}`],
];

function print(rows: readonly Row[]): void {
  const cells = [COLUMNS.map(([name]) => name)];
  for (const row of rows) cells.push(COLUMNS.map(([, text]) => text(row)));
  const widths = COLUMNS.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  for (const line of cells) {
    console.log(line.map((cell, i) => cell.padStart(widths[i]!)).join('  '));
  }
}

enterNamespace();
const obstacle = vethObstacle();
const targets: readonly TargetName[] = obstacle === undefined ? ['netcell', 'kernel'] : ['netcell'];
const where = machine();
const rows = await measureAll(targets);
if (values.json) {
  console.log(JSON.stringify({ machine: where, seconds: Number(values.seconds), rows }));
} else {
  console.log(where);
  console.log(`${values.seconds} s each, medians of ${values.rounds}; *: beside others`);
  if (obstacle !== undefined) console.log(`the kernel is left out: ${obstacle}`);
  print(rows);
}
process.exit(0);
