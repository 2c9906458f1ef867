/** vitest's settings: what runs, on how many cores, and where the package under test is. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { entriesOf } from './test/package/entries.ts';

const root = import.meta.dirname;

/** Beneath node_modules, so that its dependencies are found, and nothing of it is transformed. */
const folder = join(root, `node_modules/.cache/netcell/package-${process.pid}`);
const unpacked = join(folder, 'node_modules/netcell');

/** Gives tests that import what the package exports the package's own files. */
const packaged = {
  name: 'package-under-test',
  enforce: 'pre' as const,
  resolveId(path: string, importer?: string) {
    if (importer === undefined || !path.startsWith('.')) return null;
    const source = join(importer, '..', path);
    const entry = entriesOf(root).find((each) => join(root, each.source) === source);
    return entry === undefined ? null : join(unpacked, entry.file);
  },
};

/** Every test, of the sources. `.spec.ts` is AssemblyScript, for as-pect: `npm run test:core`. */
const sources = {
  extends: true as const,
  test: { name: 'sources', include: ['test/**/*.test.ts'] },
};

/**
 * The hosts' tests once more, of the package: `npm test` has a build to pack, and asks for it. A
 * class that is there twice, an export that is missing, show in what a user gets only.
 */
const published = {
  extends: true as const,
  plugins: [packaged],
  test: {
    name: 'package',
    include: ['test/host/*.test.ts'],
    env: { NETCELL_PACKAGE: unpacked },
    globalSetup: 'test/package/setup.ts',
  },
};

export default defineConfig({
  test: {
    projects: process.env['NETCELL_TEST'] === 'package' ? [sources, published] : [sources],
    exclude: ['**/node_modules/**', '**/build/**'],
    // Processes, for a test may need a network namespace or a working folder of its own.
    pool: 'forks',
    maxWorkers: 2,
    // What hangs is ended some day. How long a test takes on a busy machine is no verdict.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 500_000 } },
    reporters: ['default'],
  },
});
