/**
 * The program in a browser: a page from a server of ours, which the page tells how it went.
 *
 * How browsers are started is said in `test/browser/launch.ts`.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
import { CHROMIUM_OPTIONS, startFirefox } from '../browser/launch.ts';

/** Milliseconds a browser has, from its start to the report. */
const PATIENCE = 500_000;
const TYPES: Readonly<Record<string, string>> = { html: 'text/html', wasm: 'application/wasm' };

/** Opens the page with `browse` and answers what it reports. */
async function reported(
  folder: string,
  browse: (url: string) => Promise<() => Promise<unknown>>,
): Promise<string> {
  let tell!: (text: string) => void;
  let give!: (error: Error) => void;
  const told = new Promise<string>((resolve, reject) => ([tell, give] = [resolve, reject]));
  const timer = setTimeout(() => give(new Error('the page does not report')), PATIENCE);
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      let text = '';
      for await (const part of request) text += String(part);
      response.end();
      tell(text);
      return;
    }
    const path = normalize(new URL(request.url!, 'http://page/').pathname);
    try {
      const octets = readFileSync(join(folder, path));
      const type = TYPES[path.split('.').pop()!] ?? 'text/javascript';
      const charset = type.startsWith('text/') ? '; charset=utf-8' : '';
      response.writeHead(200, { 'content-type': `${type}${charset}` }).end(octets);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const end = await browse(`http://127.0.0.1:${port}/page.html`);
  try {
    return await told;
  } finally {
    clearTimeout(timer);
    await end();
    server.closeAllConnections();
    server.close();
  }
}

/** Runs the program in Chromium. */
export function inChromium(executablePath: string, folder: string): Promise<string> {
  return reported(folder, async (url) => {
    const browser = await chromium.launch({ executablePath, ...CHROMIUM_OPTIONS });
    await (await browser.newPage()).goto(url);
    return () => browser.close();
  });
}

/** Runs the program in Firefox. */
export function inFirefox(_program: string, folder: string): Promise<string> {
  return reported(folder, async (url) => {
    const child = startFirefox(join(folder, 'firefox'), url);
    const ended = once(child, 'exit');
    return () => {
      process.kill(-child.pid!, 'SIGKILL');
      return ended;
    };
  });
}
