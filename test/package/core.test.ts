/**
 * Where a program finds the core: a file beside the script, on a disk or on a server. Here the
 * script is bundled to stand where it is asked for, and is told a URL of its own.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { coreModule as compiled } from '../core-module.ts';
import { unpackInto } from './unpack.ts';

type Package = typeof import('../../host-web/index.ts');

const folder = mkdtempSync(join(tmpdir(), 'netcell-core-'));
const ADVICE = /copy netcell\/core\.wasm there, or give createStack\(\{ module \}\)/;
let core = '';
let entry = '';
let bundles = 0;

beforeAll(() => {
  const root = unpackInto(folder);
  core = join(root, 'build/core.wasm');
  entry = join(root, 'build/index.js');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The package in one file, a new one each time, since a module that has compiled keeps it. */
async function bundled(format: 'esm' | 'cjs' = 'esm', url?: string): Promise<Package> {
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    format,
    platform: 'node',
    ...(url !== undefined && { define: { 'import.meta.url': JSON.stringify(url) } }),
    write: false,
    logLevel: 'silent',
  });
  const file = join(folder, `bundle-${bundles++}.${format === 'esm' ? 'mjs' : 'cjs'}`);
  writeFileSync(file, outputFiles[0]!.contents);
  return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Package;
}

beforeEach(() => rmSync(join(folder, 'core.wasm'), { force: true }));

it('is read beside a script on a disk, at once or with waiting', async () => {
  copyFileSync(core, join(folder, 'core.wasm'));
  expect((await bundled()).createStackSync().isClosed).toBe(false);
  expect((await (await bundled()).createStack()).isClosed).toBe(false);
});

it('says where it is missing and what to do, and is found once it is there', async () => {
  const { createStack, createStackSync } = await bundled();
  await expect(createStack()).rejects.toThrow(ADVICE);
  await expect(createStack()).rejects.toThrow(pathToFileURL(join(folder, 'core.wasm')).href);
  expect(() => createStackSync()).toThrow(ADVICE);
  expect((await createStack({ module: compiled })).isClosed).toBe(false);
  copyFileSync(core, join(folder, 'core.wasm'));
  expect((await createStack()).isClosed).toBe(false);
});

it('is not looked for where a script has no URL: a module will do', async () => {
  const { createStack, createStackSync } = await bundled('cjs');
  await expect(createStack()).rejects.toThrow(ADVICE);
  expect(() => createStackSync()).toThrow(ADVICE);
  expect(createStackSync({ module: compiled }).isClosed).toBe(false);
});

/** What a stack is made of from a server that answers so. */
async function served(answer: RequestListener, use: (netcell: Package) => Promise<void>) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await use(await bundled('esm', `http://127.0.0.1:${port}/lib/index.js`));
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Answers with the core, if this is where it lies. */
const give =
  (type: string): RequestListener =>
  ({ url }, response) => {
    expect(url).toBe('/lib/core.wasm');
    response.writeHead(200, { 'content-type': type }).end(readFileSync(core));
  };

it.each(['application/wasm', 'application/wasm; x=y', 'application/octet-stream'])(
  'is taken from a server that calls it %s',
  (type) =>
    served(give(type), async ({ createStack, createStackSync }) => {
      const streaming = vi.spyOn(WebAssembly, 'compileStreaming');
      try {
        expect(() => createStackSync()).toThrow('await createStack()');
        await Promise.all([createStack(), createStack()]);
        expect(streaming).toHaveBeenCalledTimes(type === 'application/wasm' ? 1 : 0);
        // Compiled, it is there at once.
        expect(createStackSync().isClosed).toBe(false);
      } finally {
        streaming.mockRestore();
      }
    }),
);

it('says that what a server gave is something else, as a page for all paths is', async () => {
  const page: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
  };
  await served(page, async ({ createStack }) => {
    await expect(createStack()).rejects.toThrow(/lib\/core\.wasm: .*magic/);
    await expect(createStack()).rejects.toThrow(ADVICE);
  });
});

it('says what a server answered, and asks again the next time', async () => {
  let isThere = false;
  const answer: RequestListener = (request, response) => {
    if (isThere) return give('application/wasm')(request, response);
    response.writeHead(404).end();
  };
  await served(answer, async ({ createStack }) => {
    await expect(createStack()).rejects.toThrow(/lib\/core\.wasm: 404 Not Found/);
    await expect(createStack()).rejects.toThrow(ADVICE);
    isThere = true;
    expect((await createStack()).isClosed).toBe(false);
  });
});

it('says that a server can not be reached', async () => {
  const { createStack } = await bundled('esm', 'http://127.0.0.1:9/index.js');
  await expect(createStack()).rejects.toThrow(ADVICE);
});
