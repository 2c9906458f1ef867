/**
 * The program in a browser: a page from a server of ours, which the page tells how it went.
 *
 * Chromium is driven by playwright. Firefox as Debian has it is not, so it is started as its user
 * would, on a profile of its own. Both are given a proxy that nobody answers for, so that what a
 * browser does on its own account stays on this machine.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

/** Milliseconds a browser has, from its start to the report. */
const PATIENCE = 45_000;
const NOWHERE = '127.0.0.1:9';
const TYPES: Readonly<Record<string, string>> = { html: 'text/html', wasm: 'application/wasm' };
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--proxy-server=${NOWHERE}`,
];

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
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(octets);
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
    const browser = await chromium.launch({ executablePath, args: FLAGS });
    await (await browser.newPage()).goto(url);
    return () => browser.close();
  });
}

const PREFERENCES = {
  'app.normandy.enabled': false,
  'app.update.auto': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.proxy.type': 1,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': 9,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
  'toolkit.telemetry.enabled': false,
};

/** Runs the program in Firefox. */
export function inFirefox(program: string, folder: string): Promise<string> {
  const profile = join(folder, 'firefox');
  mkdirSync(profile, { recursive: true });
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, 'user.js'), lines.join('\n'));
  return reported(folder, async (url) => {
    // A group of its own, for Firefox is a family of processes.
    const child = spawn(program, ['--headless', '--no-remote', '--profile', profile, url], {
      env: { ...process.env, HOME: profile, MOZ_HEADLESS: '1', MOZ_CRASHREPORTER_DISABLE: '1' },
      stdio: 'ignore',
      detached: true,
    });
    const ended = once(child, 'exit');
    return () => {
      process.kill(-child.pid!, 'SIGKILL');
      return ended;
    };
  });
}
