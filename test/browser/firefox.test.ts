/**
 * Every scenario in Firefox, in the web page's own worker: the same state in the end as here.
 *
 * Debian's Firefox is driven by nobody: it is started on a document that runs the worker and then
 * asks our server for a file whose name is the answer. Not here: the web page itself, which
 * Chromium is tested with.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildPlayground } from '../../host-node/playground/build.ts';
import { serveFolder } from '../../host-node/playground/serve.ts';
import { variantsOf } from '../../host-web/sim/scenario.ts';
import { SCENARIOS } from '../../host-web/sim/scenarios/index.ts';
import { Session } from '../../host-web/sim/session.ts';
import { FIREFOX, startFirefox } from './launch.ts';

const VARIANTS = SCENARIOS.flatMap(variantsOf);

/** Runs one scenario after the other in the worker, and says what their hashes are. */
const DOCUMENT = `<!doctype html><meta charset="utf-8"><script type="module">
const specs = ${JSON.stringify(VARIANTS)};
const worker = new Worker('worker.js', { type: 'module' });
const hashes = {};
const next = (i) => {
  if (i === specs.length) return void fetch('answer?' + encodeURIComponent(JSON.stringify(hashes)));
  worker.onmessage = ({ data }) => {
    if (data.kind === 'failed') fetch('answer?' + encodeURIComponent(JSON.stringify(data)));
    if (data.kind !== 'grown' || !data.isOver) return;
    hashes[specs[i].id] = data.hash;
    next(i + 1);
  };
  worker.postMessage({ do: 'open', branch: i, spec: specs[i] });
};
next(0);
</script>`;

/** The first answer a document gives. */
function answer(server: Server): Promise<Record<string, string>> {
  return new Promise((resolve) => {
    server.on('request', ({ url = '' }) => {
      if (url.startsWith('/answer?')) resolve(JSON.parse(decodeURIComponent(url.slice(8))));
    });
  });
}

describe.skipIf(!existsSync(FIREFOX))('Firefox', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netcell-firefox-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  test('ends every scenario in the same state', async () => {
    await buildPlayground(process.cwd(), folder);
    writeFileSync(join(folder, 'hashes.html'), DOCUMENT);
    const { url, server } = await serveFolder(folder, 0);
    const answered = answer(server);
    const firefox = startFirefox(join(folder, 'profile'), `${url}hashes.html`);
    try {
      const module = new WebAssembly.Module(readFileSync('build/core.wasm'));
      const expected = VARIANTS.map((spec) => {
        const session = new Session(module, spec);
        session.run();
        return [spec.id, session.universe.hash()];
      });
      expect(await answered).toEqual(Object.fromEntries(expected));
    } finally {
      const ended = new Promise((resolve) => firefox.once('exit', resolve));
      process.kill(-firefox.pid!, 'SIGKILL');
      await ended;
      server.closeAllConnections();
      server.close();
    }
  });
});
