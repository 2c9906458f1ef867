/**
 * Names under which the package is imported, and how a test of our sources becomes a test of the
 * package.
 *
 * Tests import `host-web/index.ts`; a user imports `netcell`. Where `NETCELL_PACKAGE` names an
 * unpacked package, what tests and their children import from such a source is the package's file.
 * What the package does not export stays the source's: so a test can tell when the two are not one.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A name under which the package is imported: the source behind it, and the file of the build. */
export interface Entry {
  readonly name: string;
  readonly source: string;
  readonly file: string;
}

interface Manifest {
  readonly bin: { readonly netcell: string };
  readonly exports: Record<string, string | { readonly types: string; readonly default: string }>;
}

/** Entries as the `package.json` of a checkout exports them. */
export function entriesOf(root: string): Entry[] {
  const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const command = { name: 'netcell', source: 'host-node/cli/index.ts', file: bin.netcell };
  const modules = Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === 'string') return [];
    const source = target.types.replace('./build/types/', '').replace(/\.d\.ts$/, '.ts');
    return { name: join('netcell', path), source, file: target.default };
  });
  return [...modules, command];
}

/** Where the package under test is: undefined where tests are of the sources. */
export function packageUnderTest(): string | undefined {
  return process.env['NETCELL_PACKAGE'];
}

/** What a bundle of ours imports from sources left outside it, from the package instead. */
export function importingPackage(bundle: string, folder: string, root: string): string {
  const files = new Map(entriesOf(root).map(({ source, file }) => [join(root, source), file]));
  return bundle.replace(/(\bfrom )"(\.[^"]+)"/g, (all, from: string, path: string) => {
    const file = files.get(join(folder, path));
    if (file === undefined) return all;
    return `${from}"${pathToFileURL(join(packageUnderTest()!, file)).href}"`;
  });
}
