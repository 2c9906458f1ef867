/**
 * What a change costs: this checkout beside another commit, in one run.
 *
 *     npm run bench:against -- COMMIT [--rounds 40] [--only core]
 *
 * The commit is unpacked and built in a temporary folder with this checkout's packages. Each side
 * is one process (`side.ts`) that stays, so both are warm; they measure in turn, for a moment each,
 * while the other does nothing, and in another order each round. A machine's hours differ by more
 * than a change costs, but two moments beside each other hardly do: what to read is the median of
 * the rounds' ratios, and between which two the middle half of them lies.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { showProgress } from '../../host-node/cli/progress.ts';
import { bundleScript } from '../bundle.mjs';
import { run } from '../host/bundle.ts';
import { quantile } from './statistics.ts';

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '40' }, only: { type: 'string' } },
  allowPositionals: true,
});
const [commit] = positionals;
if (commit === undefined) {
  console.error('which commit?  npm run bench:against -- HEAD~1');
  process.exit(2);
}

/** Rounds that are not counted: the engines still compile. */
const WARM_UP = 3;
/** What both sides are measured with; the sources they measure are their own. */
const SHARED = ['end-with-parent.mjs', 'bench/side.ts', 'bench/streams.ts', 'bench/connects.ts'];

const here = process.cwd();
const there = mkdtempSync(join(tmpdir(), 'netcell-against-'));

/** What a killed run left in the temporary folder would stay there. */
process.once('exit', () => rmSync(there, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1));
}

/** Unpacks the commit's files, without its history, and builds them. */
async function prepare(): Promise<void> {
  const archive = execFileSync('git', ['archive', commit!], { cwd: here, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', there], { input: archive });
  for (const file of SHARED) copyFileSync(join(here, 'test', file), join(there, 'test', file));
  // One by one: what is bundled there, into a cache of its own, is to find its files there.
  mkdirSync(join(there, 'node_modules'));
  for (const name of readdirSync(join(here, 'node_modules'))) {
    if (name === '.cache') continue;
    symlinkSync(join(here, 'node_modules', name), join(there, 'node_modules', name));
  }
  const built = await run(join(there, 'assembly/build.mjs'), [], { cwd: there }).outcome;
  if (built.code !== 0) throw new Error(`${commit} is not built: ${built.stderr}`);
}

/** A side's process: what it can measure, each in its unit, and a call that takes a measure. */
async function start(checkout: string) {
  const { child, outcome } = run(bundleScript(checkout, 'test/bench/side.ts'), [], {
    cwd: checkout,
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 0,
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${checkout} has ended: ${(await outcome).code}`);
    return value;
  };
  const units: Record<string, string> = JSON.parse(await answer());
  const measure = async (name: string): Promise<number> => {
    child.stdin!.write(`${name}\n`);
    return Number(await answer());
  };
  return { units, measure };
}

let doing = `building ${commit}`;
const stop = showProgress(() => doing);
try {
  await prepare();
  const sides = [await start(here), await start(there)] as const;
  const only = values.only;
  const { units } = sides[0];
  const names = Object.keys(units).filter((name) => only === undefined || name.includes(only));
  const taken = new Map(names.map((name) => [name, [[], []] as [number[], number[]]]));
  for (let round = -WARM_UP; round < Number(values.rounds); round++) {
    doing = round < 0 ? 'warming up' : `round ${round + 1} of ${values.rounds}`;
    const order = round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const [name, figures] of taken) {
      for (const side of order) {
        const figure = await sides[side].measure(name);
        if (round >= 0) figures[side].push(figure);
      }
    }
  }
  stop();
  console.log(`this checkout beside ${commit}: medians of ${values.rounds} pairs`);
  for (const [name, [now, before]] of taken) {
    const ratios = now.map((figure, round) => (100 * figure) / before[round]!);
    const percent = (share: number) => quantile(ratios, share).toFixed(1);
    const figure = (figures: number[]) => quantile(figures, 0.5).toFixed(2);
    console.log(
      `  ${name.padEnd(16)} ${figure(now)} of ${figure(before)} ${units[name]}: ` +
        `${percent(0.5)} % (half of them ${percent(0.25)} to ${percent(0.75)})`,
    );
  }
} finally {
  stop();
}
process.exit(0);
