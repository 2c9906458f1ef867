/**
 * The package as a user gets it: packed, and unpacked where a program finds it.
 *
 * `npm pack` takes what `package.json` names out of the build that is there; nothing is built here.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { repository } from '../host/bundle.ts';

/**
 * Packs the package, and unpacks it below `folder` as npm would, beside copies of `files`.
 *
 * @returns where it is. Its dependencies are not there, unless a folder above has them.
 */
export function unpackInto(folder: string, ...files: readonly string[]): string {
  const npm = { cwd: repository, encoding: 'utf8', shell: process.platform === 'win32' } as const;
  const parameters = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const target = join(folder, 'node_modules', 'netcell');
  mkdirSync(target, { recursive: true });
  const [packed] = JSON.parse(
    execFileSync('npm', parameters, { ...npm, stdio: ['ignore', 'pipe', 'ignore'] }),
  ) as { filename: string }[];
  const tarball = join(folder, packed!.filename);
  execFileSync('tar', ['-xzf', tarball, '-C', target, '--strip', '1']);
  rmSync(tarball);
  for (const file of files) copyFileSync(join(repository, file), join(folder, basename(file)));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  return target;
}
