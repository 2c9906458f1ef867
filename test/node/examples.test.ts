/** Each example of `host-node/examples` is run as a reader runs it, on the build. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { repository, run } from '../host/bundle.ts';
import { selfMade } from '../host/certificate.ts';

const examples = join(repository, 'host-node', 'examples');
const folder = mkdtempSync(join(tmpdir(), 'netcell-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What each prints. */
const PRINTED: Readonly<Record<string, string[]>> = {
  'http2.mjs': ['hello /a, hello /b, hello /c'],
  'https.mjs': [
    '/first for ::ffff:10.0.0.1, connection kept: false',
    '/second for ::ffff:10.0.0.1, connection kept: true',
  ],
  'ws.mjs': ['hello to ::ffff:10.0.0.1'],
};

it.each(Object.entries(PRINTED))('%s', async (name, lines) => {
  const files = Object.entries(selfMade()).map(([kind, text]) => {
    const file = join(folder, kind);
    writeFileSync(file, text);
    return file;
  });
  const outcome = await run(join(examples, name), name === 'https.mjs' ? files : []).outcome;
  const stdout = lines.map((line) => `${line}\n`).join('');
  expect(outcome).toEqual({ stdout, stderr: '', code: 0, signal: null });
});

/** What the others stand on; and what needs a kernel on both sides (`test/host/transparent`). */
const ELSEWHERE = ['stacks.mjs', 'transparent.mjs'];

it('none is left out', () => {
  const names = readdirSync(examples).filter((name) => !ELSEWHERE.includes(name));
  expect(names.sort()).toEqual(Object.keys(PRINTED).sort());
});
