/**
 * Serves a folder of files on this machine, for the web page and its tests.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** Serves it on a port of the loopback; 0 takes any that is free. */
export async function serveFolder(
  folder: string,
  port: number,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    readPath(folder, request.url ?? '/').then(
      ({ path, octets }) => {
        const type = TYPES[extname(path)] ?? 'application/octet-stream';
        response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(octets);
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

/** The file a request is for. @throws where there is none, or the request is no path */
async function readPath(folder: string, url: string): Promise<{ path: string; octets: Buffer }> {
  const { pathname } = new URL(`http://localhost${url}`);
  const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
  // `normalize` of an absolute path can not climb above its root.
  return { path, octets: await readFile(join(folder, normalize(decodeURIComponent(path)))) };
}
