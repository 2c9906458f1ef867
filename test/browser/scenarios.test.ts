/**
 * Every scenario in the page: it plays to its end, and ends in the very state it ends in here.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { variantsOf } from '../../host-web/sim/scenario.ts';
import { SCENARIOS } from '../../host-web/sim/scenarios/index.ts';
import { Session } from '../../host-web/sim/session.ts';
import { Arena, hasChromium, play } from './browser.ts';

const VARIANTS = SCENARIOS.flatMap(variantsOf);

describe.skipIf(!hasChromium)('scenarios in the page', () => {
  let arena: Arena;
  const module = new WebAssembly.Module(readFileSync('build/core.wasm'));
  beforeAll(async () => {
    arena = await Arena.open();
  });
  afterAll(() => arena?.close());

  test.each(VARIANTS.map((spec) => [spec.id, spec] as const))('%s', async (id, spec) => {
    const session = new Session(module, spec);
    session.run();
    const { page, faults } = await arena.page();
    expect(await play(page, arena.url, id)).toBe(session.universe.hash());
    const { eventCount } = session.timeline;
    expect(await page.locator('.clock').textContent()).toContain(`${eventCount}/${eventCount}`);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('played at its pace, the cursor passes every event and stops at the last', async () => {
    const { page } = await arena.page();
    await play(page, arena.url, 'handshake');
    await page.getByLabel('Speed').selectOption('32');
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });
    const slider = page.getByRole('slider', { name: 'Event' });
    expect(await slider.inputValue()).toBe(await slider.getAttribute('max'));
  });

  test('where motion is not wanted it is played moment by moment', async () => {
    const { page } = await arena.page({ reducedMotion: 'reduce' });
    await play(page, arena.url, 'handshake');
    await page.evaluate(`
      globalThis.seen = new Set();
      new MutationObserver(() => seen.add(document.querySelector('.clock').textContent))
        .observe(document.querySelector('.clock'), { characterData: true, subtree: true });
    `);
    await page.getByLabel('Speed').selectOption('128');
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });
    const seen = (await page.evaluate('[...seen]')) as string[];
    const times = new Set(seen.map((text) => text.split(' ')[0]));
    expect([...times].sort()).toEqual(['0.000', '0.050', '0.100', '0.150']);
  });
});
