/**
 * `npm run bench`: every figure beside what bounds it, in one run; ratios are what to read.
 *
 *     npm run bench -- [PART …] [--runs 3] [--json]
 *
 * Machines differ and so do their hours: all figures of a part are taken in turn, so many times,
 * and medians are printed. What needs a namespace of its own is left out where there can be none,
 * and said so; so is the kernel behind a pair of devices. A row is marked where others had the
 * machine, too, just before it was taken.
 */
import { parseArgs } from 'node:util';
import { showProgress } from '../../host-node/cli/progress.ts';
import { enterNamespace } from '../../host-node/namespace.ts';
import { isLoaded, loadOfOthers, machine } from './machine.ts';
import { type Figures, type Measure, type Part, PARTS, type Row, UNITS } from './parts.ts';
import { quantile } from './statistics.ts';
import { vethObstacle } from './veth.ts';

const { values, positionals } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const runs = Number(values.runs);

/** Why a measure is left out; undefined where it is not. */
type Obstacles = Record<NonNullable<Measure['needs']>, string | undefined>;

interface Taken {
  /** The median of each figure. */
  readonly medians: Figures;
  /** The part of the machine that others had before each figure was taken: the median. */
  readonly loads: Figures;
}

const median = (figures: readonly number[]) => quantile(figures, 0.5);

/** Takes the measures of a part in turn. */
async function take(part: Part, obstacles: Obstacles): Promise<Taken> {
  const measures = part.measures.filter(({ needs }) => !needs || obstacles[needs] === undefined);
  const figures: Record<string, number[]> = {};
  const loads: Record<string, number[]> = {};
  let doing = '';
  const stop = showProgress(() => doing);
  for (let run = 0; run < runs; run++) {
    for (const measure of measures) {
      doing = `${measure.name}, run ${run + 1} of ${runs}`;
      const load = await loadOfOthers();
      for (const [name, figure] of Object.entries(await measure.take())) {
        (figures[name] ??= []).push(figure);
        (loads[name] ??= []).push(load);
      }
    }
  }
  stop();
  return { medians: mapValues(figures, median), loads: mapValues(loads, median) };
}

function mapValues(of: Record<string, number[]>, to: (figures: number[]) => number): Figures {
  return Object.fromEntries(Object.entries(of).map(([name, figures]) => [name, to(figures)]));
}

/** A row with its figures, as JSON has it. */
interface Result {
  readonly text: string;
  readonly unit: string;
  readonly netcell: number;
  readonly beside: Figures;
  readonly counts: Figures;
  /** The part of the machine that others had. */
  readonly load: number;
}

/** A row's figures; undefined where its own could not be taken. */
function resultOf(row: Row, { medians, loads }: Taken): Result | undefined {
  const own = medians[row.figure];
  if (own === undefined) return undefined;
  const named = (list: Row['beside']) =>
    Object.fromEntries(
      list.flatMap(([words, name]) => (name in medians ? [[words, medians[name]!]] : [])),
    );
  const names = [row.figure, ...row.beside.map(([, name]) => name)];
  return {
    text: row.text,
    unit: row.unit,
    netcell: own,
    beside: named(row.beside),
    counts: named(row.counts ?? []),
    load: Math.max(...names.map((name) => loads[name] ?? 0)),
  };
}

function lineOf({ text, unit, netcell, beside, counts, load }: Result): string {
  const { one, digits } = UNITS[unit as keyof typeof UNITS];
  const print = (figure: number) => (figure / one).toFixed(digits);
  const others = Object.entries(beside).map(([words, figure]) => {
    return `${words} ${print(figure)} (${(netcell / figure).toFixed(2)})`;
  });
  const counted = Object.entries(counts).map(([words, count]) => `${words} ${count.toFixed(0)}`);
  const mark = isLoaded(load) ? `  * ${(100 * load).toFixed(0)} % of the machine was others’` : '';
  const own = `${print(netcell).padStart(7)} ${unit.padEnd(6)}`;
  return `  ${text.padEnd(46)} ${own}  ${[...others, ...counted].join('; ')}${mark}`;
}

const unknown = positionals.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0 || !(runs >= 1)) {
  console.error(`npm run bench -- [${Object.keys(PARTS).join('|')} …] [--runs 3] [--json]`);
  process.exit(2);
}

function namespaceObstacle(): string | undefined {
  try {
    enterNamespace();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const where = machine();
const names = positionals.length > 0 ? positionals : Object.keys(PARTS);
const needed = new Set(names.flatMap((name) => PARTS[name]!.measures.map(({ needs }) => needs)));
const tun = needed.has('tun') ? namespaceObstacle() : undefined;
const obstacles: Obstacles = { tun, veth: tun ?? vethObstacle() };
const results: Record<string, Result[]> = {};
if (!values.json) {
  console.log(`${where}\nmedians of ${runs} runs, taken in turn; ratios in brackets`);
  if (tun !== undefined) console.log(`TUN left out: ${tun}`);
  else if (needed.has('veth') && obstacles.veth !== undefined) {
    console.log(`the kernel over veth left out: ${obstacles.veth}`);
  }
}
for (const name of names) {
  const part = PARTS[name]!;
  const taken = await take(part, obstacles);
  results[name] = part.rows.flatMap((row) => resultOf(row, taken) ?? []);
  if (values.json || results[name].length === 0) continue;
  console.log(`\n${part.title}\n${results[name].map(lineOf).join('\n')}`);
}
if (values.json) console.log(JSON.stringify({ machine: where, runs, obstacles, results }));
process.exit(0);
