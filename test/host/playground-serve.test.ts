/** What the playground's pages are served as: compressed as far as asked, and never stale. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveFolder } from '../../host-node/playground/serve.ts';

const folder = mkdtempSync(join(tmpdir(), 'netcell-serve-'));
const page = '<!doctype html>'.repeat(100);
let served: Awaited<ReturnType<typeof serveFolder>>;

beforeAll(async () => {
  writeFileSync(join(folder, 'index.html'), page);
  served = await serveFolder(folder, 0);
});

afterAll(() => {
  served.server.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly octets: Buffer;
}

function ask(path: string, accepted?: string): Promise<Answer> {
  const headers = accepted === undefined ? {} : { 'accept-encoding': accepted };
  return new Promise((resolve, reject) => {
    get(new URL(served.url).origin + path, { headers, agent: false }, async (response) => {
      const octets = Buffer.concat(await response.toArray());
      resolve({ status: response.statusCode, headers: response.headers, octets });
    }).once('error', reject);
  });
}

test.each([
  ['br where it is taken', 'gzip, deflate, br', 'br', brotliDecompressSync],
  ['gzip where br is refused', 'br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
  ['plain where nothing is said', undefined, undefined, (octets: Buffer) => octets],
  ['plain where nothing of ours is taken', 'zstd', undefined, (octets: Buffer) => octets],
] as const)('%s', async (_name, accepted, coding, decode) => {
  const { headers, octets } = await ask('/', accepted);
  expect(headers['content-encoding']).toBe(coding);
  expect(headers['content-length']).toBe(String(octets.length));
  expect(headers.vary).toBe('accept-encoding');
  expect(decode(octets).toString()).toBe(page);
});

test('a file that has changed is served anew', async () => {
  const file = join(folder, 'page.js');
  writeFileSync(file, 'first');
  await ask('/page.js', 'br');
  writeFileSync(file, 'and then another');
  const { octets } = await ask('/page.js', 'br');
  expect(brotliDecompressSync(octets)).toEqual(readFileSync(file));
});

test.each(['/%E0%A4%A', '/../../etc/passwd', '/none', '//[', '/page.js/'])(
  'there is no %s',
  async (path) => {
    expect((await ask(path, 'br')).status).toBe(404);
  },
);
