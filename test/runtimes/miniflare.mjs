/** Runs the worker in miniflare and prints what it answers: `miniflare.mjs NODE_MODULES`. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { Miniflare } = createRequire(`${process.argv[2]}/`)('miniflare');
const build = 'node_modules/netcell/build';
const read = (file) => readFileSync(file, 'utf8');

const miniflare = new Miniflare({
  compatibilityDate: '2026-07-01',
  cf: false,
  modules: [
    { type: 'ESModule', path: 'worker.mjs', contents: read('worker.mjs') },
    { type: 'ESModule', path: 'program.mjs', contents: read('program.mjs') },
    { type: 'ESModule', path: 'netcell', contents: read(`${build}/edge.js`) },
    { type: 'ESModule', path: 'edge-shared.js', contents: read(`${build}/edge-shared.js`) },
    { type: 'CompiledWasm', path: 'core.wasm', contents: readFileSync(`${build}/core.wasm`) },
  ],
});
try {
  const answer = await miniflare.dispatchFetch('http://worker/');
  console.log(await answer.text());
} finally {
  await miniflare.dispose();
}
