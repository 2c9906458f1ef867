/**
 * Runs the worker in miniflare and prints what it answers: `miniflare.mjs NODE_MODULES MODULES`,
 * where miniflare is, and the worker's modules as JSON.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [installed, list] = process.argv.slice(2);
const { Miniflare } = createRequire(`${installed}/`)('miniflare');

const TYPES = { esModule: 'ESModule', wasm: 'CompiledWasm' };
const modules = JSON.parse(list).map(({ name, type, file }) => ({
  type: TYPES[type],
  path: name,
  contents: type === 'wasm' ? readFileSync(file) : readFileSync(file, 'utf8'),
}));
const miniflare = new Miniflare({ modules, compatibilityDate: '2026-07-01', cf: false });
try {
  const answer = await miniflare.dispatchFetch('http://worker/');
  console.log(await answer.text());
} finally {
  await miniflare.dispose();
}
