/**
 * Breaks the core, one line at a time, and runs the test that must notice against it.
 *
 * A broken core is compiled in a folder of its own and named to the tests by NETCELL_CORE; the
 * checkout stays as it is. The named tests must pass against a core that was compiled the same way
 * and not broken. Two cores are in the making at any time.
 */
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSource } from '../tidy/source.ts';
import type { Mutation } from './mutations.ts';
import { citations } from './scan.ts';

/** Lines a mutation may stand away from the citation of its rule. */
const NEAR = 12;
const AT_ONCE = 2;
/** What a compiler or test run imports, to end when this process does. */
const LIFELINE = join(process.cwd(), 'test', 'end-with-parent.mjs');
/** Milliseconds after which a compiler or a test run is given up. */
const PATIENCE = 500_000;

/** How a test went: how often it passed and failed, its rows counted. */
interface Outcome {
  passed: number;
  failed: number;
}

/** What became of a mutation; `fault` is why it does not count, empty when it was caught. */
export interface Verdict {
  readonly mutation: Mutation;
  readonly fault: string;
}

/** Where a mutation stands: path and line. */
export function placeOf({ path, from }: Mutation): string {
  const text = readFileSync(path, 'utf8');
  return `${path}:${text.slice(0, text.indexOf(from)).split('\n').length}`;
}

/** Why a mutation no longer fits the code; empty when it does. */
export function misfit({ label, path, from }: Mutation): string {
  if (!existsSync(path)) return `there is no ${path}`;
  const text = readFileSync(path, 'utf8');
  const count = text.split(from).length - 1;
  if (count !== 1) return `"${from}" stands ${count} times in ${path}`;
  const line = text.slice(0, text.indexOf(from)).split('\n').length;
  const cited = citations([makeSource(path, text)]).get(label) ?? [];
  const isNear = cited.some((place) => Math.abs(place.line - line) <= NEAR);
  return isNear ? '' : `${path}:${line} is not near a line that cites ${label}`;
}

function run(parameters: readonly string[], cwd: string, env = {}): Promise<string> {
  // A vitest within a vitest is one of its own.
  const inherited = Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$/.test(name));
  const options = {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env, NETCELL_PARENT: String(process.pid) },
    timeout: PATIENCE,
    maxBuffer: 1 << 26,
  };
  const words = ['--import', LIFELINE, '--enable-source-maps', ...parameters];
  return new Promise((resolve) => {
    execFile(process.execPath, words, options, (error, stdout, stderr) =>
      resolve(error === null ? '' : `${error.message}\n${stdout}${stderr}`),
    );
  });
}

/** Compiles the core as it would be with this mutation; answers where it is. */
async function compile(folder: string, mutation?: Mutation): Promise<string> {
  cpSync('assembly', join(folder, 'assembly'), { recursive: true });
  cpSync('asconfig.json', join(folder, 'asconfig.json'));
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'), 'dir');
  if (mutation) {
    const { path, from, to } = mutation;
    // As a function, for `to` is no pattern of replacement.
    const text = readFileSync(path, 'utf8').replace(from, () => to);
    writeFileSync(join(folder, path), text);
  }
  const asc = 'node_modules/assemblyscript/bin/asc.js';
  const core = join(folder, 'core.wasm');
  const said = await run(
    [asc, 'assembly/index.ts', '--target', 'debug', '--outFile', core],
    folder,
  );
  if (!existsSync(core)) throw new Error(`it does not compile: ${said}`);
  return core;
}

/** A name as a pattern, for the values of a row stand where it says `%s`. */
function patternOf(name: string): string {
  return name
    .split(/%[sij]/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
}

/** Runs these tests against that core. */
async function runTests(
  folder: string,
  core: string,
  tests: readonly (readonly [path: string, name: string])[],
): Promise<Outcome[]> {
  const report = join(folder, 'vitest.json');
  const said = await run(
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project=sources',
      ...new Set(tests.map(([path]) => path)),
      '-t',
      tests.map(([, name]) => `${patternOf(name)}$`).join('|'),
      '--maxWorkers=1',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    process.cwd(),
    { NETCELL_CORE: core },
  );
  if (!existsSync(report)) throw new Error(`the tests did not run: ${said}`);
  const results: readonly {
    name: string;
    assertionResults: { title: string; status: string }[];
  }[] = JSON.parse(readFileSync(report, 'utf8')).testResults;
  return tests.map(([path, name]) => {
    const titles = new RegExp(`^${patternOf(name)}$`);
    const rows = results
      .filter((file) => file.name.endsWith(path))
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ title }) => titles.test(title));
    const count = (status: string) => rows.filter((row) => row.status === status).length;
    return { passed: count('passed'), failed: count('failed') };
  });
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'netcell-mutation-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Which of the named tests do not pass against the core as it is. */
async function unsound(mutations: readonly Mutation[]): Promise<Set<Mutation>> {
  const tests = mutations.map(({ test }) => test);
  const outcomes = await inFolder(async (folder) => runTests(folder, await compile(folder), tests));
  return new Set(
    mutations.filter((_, i) => (outcomes[i]?.passed ?? 0) === 0 || outcomes[i]?.failed !== 0),
  );
}

async function tryOne(mutation: Mutation): Promise<string> {
  try {
    const [outcome] = await inFolder(async (folder) =>
      runTests(folder, await compile(folder, mutation), [mutation.test]),
    );
    return (outcome?.failed ?? 0) > 0 ? '' : 'it survived: the test passed all the same';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Tries them all, and tells of each as soon as it is decided. */
export async function tryMutations(
  mutations: readonly Mutation[],
  tell: (verdict: Verdict) => void = () => undefined,
): Promise<Verdict[]> {
  const broken = await unsound(mutations);
  const verdicts: Verdict[] = [];
  const waiting = [...mutations.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [i, mutation] = next;
      const fault =
        misfit(mutation) ||
        (broken.has(mutation) ? 'its test does not pass as it is' : await tryOne(mutation));
      const verdict = { mutation, fault };
      verdicts[i] = verdict;
      tell(verdict);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return verdicts;
}
