/** Runs the worker in miniflare and prints what it answers: `miniflare.mjs NODE_MODULES`. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { Miniflare } = createRequire(`${process.argv[2]}/`)('miniflare');
const build = 'node_modules/netcell/build';

const miniflare = new Miniflare({
  compatibilityDate: '2026-07-01',
  cf: false,
  modules: [
    { type: 'ESModule', path: 'worker.mjs', contents: readFileSync('worker.mjs', 'utf8') },
    { type: 'ESModule', path: 'program.mjs', contents: readFileSync('program.mjs', 'utf8') },
    { type: 'ESModule', path: 'netcell', contents: readFileSync(`${build}/edge.js`, 'utf8') },
    { type: 'CompiledWasm', path: 'core.wasm', contents: readFileSync(`${build}/core.wasm`) },
  ],
});
try {
  const answer = await miniflare.dispatchFetch('http://worker/');
  console.log(await answer.text());
} finally {
  await miniflare.dispose();
}
