/**
 * The web page in a real browser: built once for a test file, served on this machine, opened in
 * Chromium with nothing else running.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { buildPlayground } from '../../host-node/playground/build.ts';
import { serveFolder } from '../../host-node/playground/serve.ts';
import { CHROMIUM, CHROMIUM_OPTIONS, PATIENCE } from './launch.ts';

/** Whether there is a Chromium to test with. */
export const hasChromium = existsSync(CHROMIUM);

/** Sizes the web page is looked at in. */
export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };

/** The web page, served, and a browser to open it with. */
export class Arena {
  readonly url: string;
  readonly folder: string;
  readonly #server: Server;
  readonly #browser: Browser;

  private constructor(url: string, folder: string, server: Server, browser: Browser) {
    this.url = url;
    this.folder = folder;
    this.#server = server;
    this.#browser = browser;
  }

  static async open(): Promise<Arena> {
    const folder = mkdtempSync(join(tmpdir(), 'netcell-playground-'));
    await buildPlayground(process.cwd(), folder);
    const { url, server } = await serveFolder(folder, 0);
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      ...CHROMIUM_OPTIONS,
    });
    return new Arena(url, folder, server, browser);
  }

  /** A web page of its own; what goes wrong on it is in `faults`. */
  async page(
    options: BrowserContextOptions = {},
  ): Promise<{ readonly page: Page; readonly faults: string[]; readonly requests: string[] }> {
    const context = await this.#browser.newContext({ viewport: DESK, ...options });
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    const faults: string[] = [];
    const requests: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) faults.push(message.text());
    });
    page.on('request', (request) => requests.push(request.url()));
    return { page, faults, requests };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Opens a scenario and waits until it has run to its end; answers the hash of all its state. */
export async function play(page: Page, url: string, scenario: string): Promise<string> {
  await page.goto(`${url}#${scenario}`);
  return hashOf(page);
}

/** The hash of the branch that is shown, once it is over. */
export async function hashOf(page: Page): Promise<string> {
  await page.waitForSelector('[data-hash]:not([data-hash=""])', { state: 'attached' });
  return (await page.getAttribute('[data-hash]', 'data-hash')) ?? '';
}
