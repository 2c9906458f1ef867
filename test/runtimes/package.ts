/**
 * The package as a user gets it, unpacked beside the program, and the runtimes to load it into.
 *
 * `npm test` installs the runtimes (`package.json` here); Debian brings the browsers. What is not
 * there is named with the command that brings it.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
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

/**
 * Packs the package, and unpacks it in `folder` as npm would, beside copies of `files`. No
 * dependency is needed.
 */
export function unpackInto(folder: string, ...files: readonly string[]): void {
  const npm = { cwd: repository, encoding: 'utf8', shell: process.platform === 'win32' } as const;
  const parameters = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(
    execFileSync('npm', parameters, { ...npm, stdio: ['ignore', 'pipe', 'ignore'] }),
  ) as { filename: string }[];
  const target = join(folder, 'node_modules', 'netcell');
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, packed!.filename), '-C', target, '--strip', '1']);
  for (const file of files) copyFileSync(join(repository, file), join(folder, basename(file)));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
}
