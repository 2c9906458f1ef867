/**
 * Running our TypeScript in a child process.
 *
 * vitest compiles what it imports, but a test that needs a process of its own (another network
 * namespace, another user) has to start Node on a file: a bundle (`test/bundle.mjs`).
 *
 * Where the package is tested instead of the sources (`test/package/entries.ts`), the command line
 * is the package's own file, and scripts import the package.
 */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleScript, CACHE } from '../bundle.mjs';
import { entriesOf, importingPackage, packageUnderTest } from '../package/entries.ts';

/** The root of the checkout: the nearest folder above, also of a bundle, with a lock file. */
export const repository = findRepository();

/** Bundle a script, named from the root of the checkout; returns the file for Node to run. */
export function bundle(script: string): string {
  const packaged = packageUnderTest();
  const entries = packaged === undefined ? [] : entriesOf(repository);
  const entry = entries.find(({ source }) => source === script);
  if (entry !== undefined) return join(packaged!, entry.file);
  if (packaged === undefined) return bundleScript(repository, script);
  const folder = join(repository, CACHE);
  return bundleScript(repository, script, {
    external: entries.map(({ source }) => join(repository, source)),
    edit: (text: string) => importingPackage(text, folder, repository),
  });
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

/** Milliseconds after which a child is not waited for any more: less than a test has. */
const LONGEST = 500_000;

/** Start Node, or another one, on a bundled script; its exit code and output are the promise's. */
export function run(
  file: string,
  args: readonly string[] = [],
  options: SpawnOptions = {},
  node = process.execPath,
): { child: ChildProcess; outcome: Promise<Outcome> } {
  const child = spawn(node, ['--enable-source-maps', file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST,
    killSignal: 'SIGKILL',
    ...options,
    env: { ...(options.env ?? process.env), NETCELL_PARENT: String(process.pid) },
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
