/**
 * Running our TypeScript in a child process.
 *
 * vitest compiles what it imports, but a test that needs a process of its own (another network
 * namespace, another user) has to start Node on a file, and the Node we support runs no TypeScript.
 * So the script is bundled by esbuild, a matter of ten milliseconds, and kept where Node still
 * finds the packages left outside the bundle (koffi, esbuild): beneath node_modules, in the folder
 * that is by custom a cache. The operating system's temporary folder would not do for that.
 *
 * Where the package is tested instead of the sources (`test/package/entries.ts`), the command line
 * is the package's own file, and scripts import the package.
 */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { entriesOf, importingPackage, packageUnderTest } from '../package/entries.ts';

/** The root of the checkout: the nearest folder above, also of a bundle, with a lock file. */
export const repository = findRepository();

/**
 * Bundle a script, named from the root of the checkout; returns the file for Node to run.
 *
 * The file's name carries a digest of what is in it, and it appears whole or not at all: test runs
 * at once share it, none writes under another's child, and nothing needs to be cleaned up after.
 */
export function bundle(script: string): string {
  const packaged = packageUnderTest();
  const entries = packaged === undefined ? [] : entriesOf(repository);
  const entry = entries.find(({ source }) => source === script);
  if (entry !== undefined) return join(packaged!, entry.file);
  const folder = join(repository, 'node_modules', '.cache', 'netcell');
  const name = basename(script, '.ts');
  const { outputFiles } = buildSync({
    entryPoints: [join(repository, script)],
    outfile: join(folder, `${name}.mjs`),
    write: false,
    bundle: true,
    packages: 'external',
    external: entries.map(({ source }) => join(repository, source)),
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'inline',
    loader: { '.wasm': 'binary' },
    logLevel: 'warning',
  });
  const { text } = outputFiles[0]!;
  const contents = packaged === undefined ? text : importingPackage(text, folder, repository);
  const digest = createHash('sha256').update(contents).digest('hex').slice(0, 16);
  const file = join(folder, `${name}-${digest}.mjs`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, contents);
  renameSync(unfinished, file);
  return file;
}

/** What a child said and how it ended. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Children that still run: none outlives the tests that started it. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Milliseconds after which a child is not waited for any more: longer than any test takes. */
const LONGEST = 300_000;

/** Start Node on a bundled script; its exit code and output are the promise's. */
export function run(
  file: string,
  args: readonly string[] = [],
  options: SpawnOptions = {},
): { child: ChildProcess; outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, ['--enable-source-maps', file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST,
    killSignal: 'SIGKILL',
    ...options,
  });
  children.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      children.delete(child);
      resolve({ stdout, stderr, code, signal });
    });
  });
  return { child, outcome };
}

function findRepository(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package-lock.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('no package-lock.json above the test');
    folder = above;
  }
  return folder;
}
