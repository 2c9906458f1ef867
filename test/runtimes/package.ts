/**
 * The package as a user gets it, unpacked beside the program, and the runtimes to load it into.
 *
 * `npm test` installs the runtimes (`package.json` here); Debian brings the browsers. What is not
 * there is named with the command that brings it.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repository } from '../host/bundle.ts';

const here = join(repository, 'test', 'runtimes');

/** Command that installs the runtimes which npm has. */
export const INSTALL = 'npm ci --ignore-scripts --prefix test/runtimes';
/** Where it puts them. */
export const MODULES = join(here, 'node_modules');

/** The file of an installed package, or undefined. */
export function installed(name: string, file: string): string | undefined {
  const path = join(MODULES, name, file);
  return existsSync(path) ? path : undefined;
}

/** Packs the package into `folder`, and unpacks it there as npm would; no dependency is needed. */
export function unpackInto(folder: string): void {
  const npm = { cwd: repository, encoding: 'utf8', shell: process.platform === 'win32' } as const;
  const parameters = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(
    execFileSync('npm', parameters, { ...npm, stdio: ['ignore', 'pipe', 'ignore'] }),
  ) as { filename: string }[];
  const target = join(folder, 'node_modules', 'netcell');
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, packed!.filename), '-C', target, '--strip', '1']);
  for (const name of ['program.mjs', 'print.mjs', 'worker.mjs', 'miniflare.mjs', 'page.html']) {
    copyFileSync(join(here, name), join(folder, name));
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
}

/** A module of a worker, as workerd is told of it. */
export interface WorkerModule {
  readonly name: string;
  readonly type: 'esModule' | 'wasm';
  readonly file: string;
}

/**
 * The modules of the package under the names its files import each other by, as a bundler follows
 * them: `netcell` is what the `workerd` condition of `exports` says.
 */
export function packageModules(folder: string): WorkerModule[] {
  const root = join(folder, 'node_modules', 'netcell');
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: { '.': { workerd: string } };
  };
  const entry = join(root, exports['.'].workerd);
  const found = new Map<string, WorkerModule>();
  const follow = (name: string, file: string): void => {
    if (found.has(name)) return;
    const type = file.endsWith('.wasm') ? 'wasm' : 'esModule';
    found.set(name, { name, type, file });
    if (type === 'wasm') return;
    for (const [, next] of readFileSync(file, 'utf8').matchAll(/\bfrom "\.\/([^"]+)"/g)) {
      follow(next!, join(dirname(file), next!));
    }
  };
  follow('netcell', entry);
  return [...found.values()];
}
