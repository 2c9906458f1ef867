/**
 * What a change costs: this checkout beside another commit, in turn and in one run.
 *
 *     npm run bench:against -- COMMIT [--rounds 7]
 *
 * The commit is checked out and built in a temporary folder with this checkout's packages. Each
 * round runs `streams.ts` of both, the order changing each time, in processes of their own; the
 * medians' ratio is what to read.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
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

function git(...parameters: string[]): void {
  execFileSync('git', parameters, { cwd: here, stdio: 'ignore' });
}

/** Runs a script of a checkout; answers what it said. */
async function script(checkout: string, file: string, ...parameters: string[]): Promise<string> {
  const { outcome } = run(join(checkout, file), parameters, { cwd: checkout });
  const { code, stdout, stderr } = await outcome;
  if (code !== 0) throw new Error(`${file}, ${checkout}: ${stderr}`);
  return stdout;
}

/** The figures `streams.ts` of a checkout prints, Gbit/s by their name. */
async function measure(checkout: string): Promise<Map<string, number>> {
  const said = await script(checkout, 'test/script.mjs', 'test/bench/streams.ts');
  const figures = new Map<string, number>();
  for (const [, name, figure] of said.matchAll(/(streams|BYOB|raw|core to core) ([\d.]+)/g)) {
    figures.set(name!, Number(figure));
  }
  return figures;
}

function median(figures: number[]): number {
  return figures.sort((a, b) => a - b)[figures.length >> 1] ?? Number.NaN;
}

let doing = `building ${commit}`;
const stop = showProgress(() => doing);
try {
  git('worktree', 'add', '--detach', '--force', there, commit);
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
  git('worktree', 'remove', '--force', there);
  rmSync(there, { recursive: true, force: true });
}
