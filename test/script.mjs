/**
 * Runs a TypeScript file of ours: `node test/script.mjs [--fresh] FILE [ARGUMENT …]`.
 *
 * The script runs in this process, so whatever signal ends this one ends it. With `--fresh` the
 * build comes first, where a source is newer than what was built.
 */
import './end-with-parent.mjs';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleScript } from './bundle.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** When a file, or the newest in a folder, was changed last; a folder is when a name goes. */
function changedAt(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))));
}

function isFresh() {
  // What the build writes last.
  const built = join(root, 'build', 'types', 'host-web', 'index.d.ts');
  if (!existsSync(built)) return false;
  const sources = ['assembly', 'host-web', 'host-node', 'package.json'];
  return sources.every((name) => changedAt(join(root, name)) <= changedAt(built));
}

const words = process.argv.slice(2);
if (words[0] === '--fresh') {
  words.shift();
  if (!isFresh()) await import('../assembly/build.mjs');
}
const [script, ...parameters] = words;
const file = bundleScript(root, script);
process.setSourceMapsEnabled(true);
process.argv = [process.execPath, file, ...parameters];
await import(pathToFileURL(file).href);
