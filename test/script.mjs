/**
 * Runs a TypeScript file of ours: `node test/script.mjs FILE [ARGUMENT …]`.
 *
 * The Node we support runs no TypeScript, so it is bundled first, beneath node_modules, where koffi
 * is found from.
 */
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { buildSync } from 'esbuild';

const [file, ...parameters] = process.argv.slice(2);
const outfile = `node_modules/.cache/netcell/${basename(file, '.ts')}.mjs`;
buildSync({
  entryPoints: [file],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'inline',
  loader: { '.wasm': 'binary' },
  logLevel: 'warning',
});
const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...parameters], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
