/**
 * Builds the web page: a document, a script, the worker's script, the core.
 *
 * The document carries its style sheet, and the handshake's ladder as a figure and as a table: the
 * build runs that scenario, so that there is something true to see before any script has run. Not
 * here: serving it (`serve.ts`).
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { figureOf, rowsOf } from '../../host-web/playground/ladder/figure.ts';
import { flightOf } from '../../host-web/playground/state/flight.ts';
import { variantOf } from '../../host-web/sim/scenario.ts';
import { SCENARIOS } from '../../host-web/sim/scenarios/index.ts';
import { Session } from '../../host-web/sim/session.ts';
import { documentOf } from './document.ts';

/** Widths of the two figures: for a desk's window and for a phone's. */
const WIDTHS = { wide: 502, narrow: 360 };

/** Builds it from a checkout whose core has been built, into a folder of its own. */
export async function buildPlayground(root: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const at = (path: string) => join(root, 'host-web', 'playground', path);
  const { outputFiles } = await build({
    entryPoints: {
      main: at('main.tsx'),
      worker: at('worker/worker.ts'),
      page: at('style/page.css'),
    },
    outdir: folder,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const output = (name: string) => outputFiles.find(({ path }) => path.endsWith(name))!;
  for (const name of ['main.js', 'worker.js']) {
    writeFileSync(join(folder, name), output(name).contents);
  }
  copyFileSync(join(root, 'build', 'core.wasm'), join(folder, 'core.wasm'));
  const module = new WebAssembly.Module(readFileSync(join(folder, 'core.wasm')));
  const spec = variantOf(SCENARIOS[0]!);
  const session = new Session(module, spec);
  session.run();
  const flight = flightOf(spec);
  const text = documentOf({
    style: output('page.css').text,
    title: spec.title,
    wide: figureOf(session.timeline, flight, WIDTHS.wide),
    narrow: figureOf(session.timeline, flight, WIDTHS.narrow),
    rows: rowsOf(session.timeline),
  });
  writeFileSync(join(folder, 'index.html'), text);
}
