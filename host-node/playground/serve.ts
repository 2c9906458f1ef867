/**
 * Serves a folder of files on this machine, for the web page and its tests: compressed as far as
 * the browser takes it (brotli, else gzip), and once only for as long as a file stays as it is.
 */
import { readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** Codings in the order they are preferred; the empty one is the file as it is. */
const CODINGS: Readonly<Record<string, (octets: Buffer) => Promise<Buffer>>> = {
  br: promisify<Buffer, Buffer>(brotliCompress),
  gzip: promisify<Buffer, Buffer>(gzip),
  '': async (octets) => octets,
};

/** A file in one coding, good for as long as the file has this time and length. */
interface Coded {
  readonly stamp: string;
  readonly octets: Buffer;
}

/** Serves it on a port of the loopback; 0 takes any that is free. */
export async function serveFolder(
  folder: string,
  port: number,
): Promise<{ readonly url: string; readonly server: Server }> {
  const kept = new Map<string, Coded>();
  const server = createServer((request, response) => {
    const coding = codingFor(request);
    readPath(folder, request.url ?? '/', coding, kept).then(
      ({ path, octets }) => {
        const type = TYPES[extname(path)] ?? 'application/octet-stream';
        response.writeHead(200, {
          'content-type': type,
          'cache-control': 'no-cache',
          'content-length': octets.length,
          vary: 'accept-encoding',
          ...(coding === '' ? {} : { 'content-encoding': coding }),
        });
        response.end(octets);
      },
      () =>
        response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such file.\n'),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, server };
}

/** The first coding a request takes; one with a weight of zero is refused (RFC 9110 §12.5.3). */
function codingFor({ headers }: IncomingMessage): string {
  const accepted = String(headers['accept-encoding'] ?? '')
    .split(',')
    .map((one) => one.trim().split(/\s*;\s*q=/))
    .filter(([, weight = '1']) => Number(weight) > 0)
    .map(([name]) => name);
  return Object.keys(CODINGS).find((name) => accepted.includes(name)) ?? '';
}

/** The file a request is for. @throws where there is none, or the request is no path */
async function readPath(
  folder: string,
  url: string,
  coding: string,
  kept: Map<string, Coded>,
): Promise<{ path: string; octets: Buffer }> {
  const { pathname } = new URL(`http://localhost${url}`);
  const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
  // `normalize` of an absolute path can not climb above its root.
  const file = join(folder, normalize(decodeURIComponent(path)));
  const { mtimeMs, size } = await stat(file);
  const [key, stamp] = [`${coding} ${file}`, `${mtimeMs} ${size}`];
  let coded = kept.get(key);
  if (coded?.stamp !== stamp) {
    coded = { stamp, octets: await CODINGS[coding]!(await readFile(file)) };
    kept.set(key, coded);
  }
  return { path, octets: coded.octets };
}
