/**
 * The runtimes to load the package into.
 *
 * `npm test` installs the runtimes (`package.json` here); Debian brings the browsers. What is not
 * there is named with the command that brings it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
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
