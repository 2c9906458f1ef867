/**
 * The web page as it loads: what it asks for, what it weighs, what is there before any script.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Arena, DESK, hashOf, hasChromium, PHONE } from './browser.ts';

/** Octets, brotli, of everything up to the first ladder that can be played. */
const MOST_OCTETS = 130_000;

describe.skipIf(!hasChromium)('the page', () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await Arena.open();
  });
  afterAll(() => arena?.close());

  test('asks for its own four files and nothing else, and complains of nothing', async () => {
    const { page, faults, requests } = await arena.page();
    await page.goto(arena.url);
    await hashOf(page);
    const files = requests.filter((url) => !url.startsWith('data:')).sort();
    const own = ['', 'core.wasm', 'main.js', 'worker.js'].map((name) => arena.url + name);
    expect([...new Set(files)]).toEqual(own);
    expect(faults).toEqual([]);
  });

  test('weighs at most 130 kB to the first ladder that can be played', () => {
    const sizes = ['index.html', 'main.js', 'worker.js', 'core.wasm'].map(
      (name) => brotliCompressSync(readFileSync(join(arena.folder, name))).length,
    );
    const total = sizes.reduce((sum, size) => sum + size);
    expect(total).toBeLessThanOrEqual(MOST_OCTETS);
  });

  test.each([
    ['a desk', DESK],
    ['a phone', PHONE],
  ])(
    'without scripts, on %s, shows the ladder of the handshake and its events',
    async (_, size) => {
      const { page } = await arena.page({ javaScriptEnabled: false, viewport: size });
      await page.goto(arena.url);
      const figure = page.getByRole('img', { name: /^Ladder of 3 packets\. A is in ESTABLISHED/ });
      expect(await figure.isVisible()).toBe(true);
      const written = await figure.textContent();
      for (const word of ['SYN seq 0', 'SYN,ACK seq 0 ack 1', 'ACK seq 1 ack 1', 'SYN-SENT']) {
        expect(written).toContain(word);
      }
      const rows = await page.getByRole('row').allTextContents();
      expect(rows.some((row) => row.includes('SYN-RECEIVED → ESTABLISHED'))).toBe(true);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        size.width,
      );
    },
  );

  test('the figure that was built is the ladder the page then draws', async () => {
    const { page } = await arena.page();
    // The core comes last: until then the web page is what the document says.
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/core.wasm', async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(arena.url);
    const figure = page.getByRole('img', { name: /^Ladder/ });
    expect(await figure.isVisible()).toBe(true);
    const before = (await figure.boundingBox())!;
    release();
    await hashOf(page);
    const canvas = (await page.locator('canvas').boundingBox())!;
    const space = (await page.locator('.space').boundingBox())!;
    const after = { x: canvas.x, y: canvas.y, width: canvas.width, height: space.height };
    for (const side of ['x', 'y', 'width', 'height'] as const) {
      expect(Math.abs(after[side] - before[side]), side).toBeLessThanOrEqual(2);
    }
  });

  test('where the core can not be had, the page says so', async () => {
    const { page } = await arena.page();
    await page.route('**/core.wasm', (route) => route.fulfill({ status: 404 }));
    await page.goto(arena.url);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain(
      'The core can not be fetched: status 404.',
    );
  });

  test('a scenario named in the address is opened, and a choice is kept in it', async () => {
    const { page, faults } = await arena.page();
    await page.goto(`${arena.url}#close-4way`);
    await hashOf(page);
    const select = page.getByLabel('Scenario');
    expect(await select.inputValue()).toBe('close-4way');
    await select.selectOption('simultaneous-open');
    await page.waitForFunction(
      "document.querySelector('.lesson h3')?.textContent === 'Simultaneous open'",
    );
    expect(page.url()).toBe(`${arena.url}#simultaneous-open`);
    expect(faults).toEqual([]);
  });

  test('colours follow the system until somebody chooses, and the choice stays', async () => {
    const { page } = await arena.page({ colorScheme: 'dark' });
    await page.goto(arena.url);
    await hashOf(page);
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await ground();
    await page.getByRole('button', { name: 'Light colours' }).click();
    const light = await ground();
    expect(light).not.toBe(dark);
    await page.reload();
    await hashOf(page);
    expect(await ground()).toBe(light);
  });
});
