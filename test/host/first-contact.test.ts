/** The first program of the README, unchanged, against the package as it is published. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

const PROGRAM = `
import { createStack } from 'netcell'
import { link } from 'netcell/sim'

const a = await createStack({ address: '10.0.0.1/24' })
const b = await createStack({ address: '10.0.0.2/24' })
link(a, b, { delay: '20ms', loss: '1%', seed: 7 })

const server = b.listen({ port: 7 })
;(async () => { for await (const s of server) s.readable.pipeTo(s.writable) })()

const s = a.connect('10.0.0.2:7')
await s.writable.getWriter().write(new TextEncoder().encode('hello'))
console.log((await s.readable.getReader().read()).value, s.info().rtt)
`;

let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netcell-first-'));
  const root = join(folder, 'node_modules', 'netcell');
  mkdirSync(root, { recursive: true });
  await build({
    entryPoints: { index: 'host-web/index.ts', sim: 'host-web/sim/index.ts' },
    outdir: join(root, 'build'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    loader: { '.wasm': 'binary' },
    logLevel: 'warning',
  });
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: unknown };
  const manifest = { name: 'netcell', type: 'module', exports };
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'program.mjs'), PROGRAM);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('runs, prints, and ends by itself', async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(folder, 'program.mjs')],
    { timeout: 10_000 },
  );
  expect(stderr).toBe('');
  const said = /^Uint8Array\(5\) \[ 104, 101, 108, 108, 111 \] (?<rtt>[\d.]+)\n$/.exec(stdout);
  // Twice 20 ms; more on a machine that is busy, never less.
  expect(Number(said?.groups?.['rtt'])).toBeGreaterThanOrEqual(40);
});
