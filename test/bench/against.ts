/**
 * What a change costs: this checkout beside another commit, in turn and in one run.
 *
 *     npm run bench:against -- COMMIT [--rounds 7]
 *
 * The commit is unpacked and built in a temporary folder with this checkout's packages. Each round
 * runs `streams.ts` and `tun-rates.ts` of both, the order changing each time, in processes of their
 * own; the medians' ratio is what to read.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { showProgress } from '../../host-node/cli/progress.ts';
import { run } from '../host/bundle.ts';

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '7' } },
  allowPositionals: true,
});
const [commit] = positionals;
if (commit === undefined) {
  console.error('which commit?  npm run bench:against -- HEAD~1');
  process.exit(2);
}

const here = process.cwd();
const there = mkdtempSync(join(tmpdir(), 'netcell-against-'));

/** What a killed run left in the temporary folder would stay there. */
process.once('exit', () => rmSync(there, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1));
}

/** A commit's files, without its history: git keeps no account of the folder. */
function unpack(): void {
  const archive = execFileSync('git', ['archive', commit!], { cwd: here, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', there], { input: archive });
}

/** Runs a script of a checkout; answers what it said. */
async function script(checkout: string, file: string, ...parameters: string[]): Promise<string> {
  const { outcome } = run(join(checkout, file), parameters, { cwd: checkout });
  const { code, stdout, stderr } = await outcome;
  if (code !== 0) throw new Error(`${file}, ${checkout}: ${stderr}`);
  return stdout;
}

const NAMES = /(streams|BYOB|raw|core to core|(?:to|from) the kernel) ([\d.]+)/g;
const BENCHES = ['test/bench/streams.ts', 'test/bench/tun-rates.ts'];

/** The figures the benches of a checkout print, Gbit/s by their name. */
async function measure(checkout: string): Promise<Map<string, number>> {
  const figures = new Map<string, number>();
  for (const bench of BENCHES) {
    const said = await script(checkout, 'test/script.mjs', bench);
    for (const [, name, figure] of said.matchAll(NAMES)) figures.set(name!, Number(figure));
  }
  return figures;
}

function median(figures: number[]): number {
  return figures.sort((a, b) => a - b)[figures.length >> 1] ?? Number.NaN;
}

let doing = `building ${commit}`;
const stop = showProgress(() => doing);
try {
  unpack();
  // Commits from before there was this file have what it is made of.
  copyFileSync(join(here, 'test/bench/tun-rates.ts'), join(there, 'test/bench/tun-rates.ts'));
  symlinkSync(join(here, 'node_modules'), join(there, 'node_modules'));
  await script(there, 'assembly/build.mjs');
  const taken: Record<'here' | 'there', Map<string, number>[]> = { here: [], there: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    const order = round % 2 === 0 ? (['here', 'there'] as const) : (['there', 'here'] as const);
    doing = `round ${round + 1} of ${values.rounds}`;
    for (const side of order) taken[side].push(await measure(side === 'here' ? here : there));
  }
  stop();
  console.log(`this checkout beside ${commit}, medians of ${values.rounds} runs in turn, Gbit/s`);
  for (const name of taken.here[0]!.keys()) {
    const of = (side: 'here' | 'there') =>
      median(taken[side].map((figures) => figures.get(name) ?? Number.NaN));
    const [now, before] = [of('here'), of('there')];
    const ratio = ((100 * now) / before).toFixed(1);
    console.log(`  ${name.padEnd(14)} ${now.toFixed(2)} of ${before.toFixed(2)}: ${ratio} %`);
  }
} finally {
  stop();
}
