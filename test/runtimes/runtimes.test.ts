/**
 * One package, every runtime: it is packed, unpacked and loaded unchanged, and two stacks do the
 * same in each of them, to the last event of their traces.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { unpackInto } from '../package/unpack.ts';
import { INSTALL } from './installed.ts';
import { DENO, print, RUNTIMES, versionOf, WITHOUT_INTERNALS } from './runtimes.ts';

/** What the program answers: hashes. */
interface Report {
  readonly sent: readonly string[];
  readonly callbacks: { readonly trace: string; readonly received: readonly string[] };
  readonly streams: { readonly trace: string; readonly received: readonly string[] };
}

const folder = mkdtempSync(join(tmpdir(), 'netcell-runtimes-'));
const reports = new Map<string, Report>();
const rows = [['runtime', 'version', 'engine', 'ms', 'trace by callbacks', 'trace by streams']];

beforeAll(() => {
  const names = ['program.mjs', 'print.mjs', 'given.mjs', 'http.mjs', 'page.html'];
  const workers = ['worker.mjs', 'worker.capnp', 'miniflare.mjs'];
  unpackInto(folder, ...[...names, ...workers].map((name) => `test/runtimes/${name}`));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths![i]!)).join('  '));
  if (lines.length > 1) console.log(lines.join('\n'));
});

for (const runtime of RUNTIMES) {
  const { name, engine, program, install } = runtime;
  const why = program === undefined ? ` (skipped; to run it: ${install})` : '';

  it.skipIf(why !== '')(`${name} loads the package, moves 1 MiB each way${why}`, async () => {
    const begun = performance.now();
    const text = await runtime.run(program!, folder);
    const milliseconds = (performance.now() - begun).toFixed(0);
    const report = JSON.parse(text) as Report;
    expect(report).toHaveProperty('streams.trace');
    reports.set(name, report);
    const traces = [report.callbacks.trace, report.streams.trace];
    const hashes = traces.map((hash) => hash.slice(0, 16));
    rows.push([name, await versionOf(runtime), engine, milliseconds, ...hashes]);
    const [there, back] = report.sent;
    expect(report.callbacks.received).toEqual([back, there]);
    expect(report.streams.received).toEqual([back, there]);
  });
}

it('is the same trace in all of them', () => {
  const [first, ...others] = reports.values();
  expect(first).toBeDefined();
  for (const other of others) expect(other).toEqual(first);
});

const noDeno = DENO === undefined ? ` (skipped; to run it: ${INSTALL})` : '';

it.skipIf(noDeno !== '')(`Deno allows nothing where the module is imported${noDeno}`, async () => {
  expect(await print(DENO!, folder, 'run', '--no-prompt', 'given.mjs')).toBe('10.0.0.1\n');
});

for (const { name, program, parameters } of WITHOUT_INTERNALS) {
  const why = program === undefined ? ` (skipped; to run it: ${INSTALL})` : '';

  it.skipIf(why !== '')(`${name} speaks HTTP over a stack, both sides of it${why}`, async () => {
    const told = JSON.parse(await print(program!, folder, ...parameters, 'http.mjs'));
    expect(told).toEqual({
      refused: expect.stringMatching(/duplexFor/),
      kept: [
        [true, '10.0.0.1', false],
        [true, '10.0.0.1', true],
      ],
      alone: [true, '10.0.0.1', false],
      closed: 'ECONNREFUSED',
    });
  });
}
