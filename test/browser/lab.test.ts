/**
 * Touching the run: the Lab's two users, a packet dropped by hand, a link that changes.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Arena, hashOf, hasChromium, play } from './browser.ts';

/** Texts of the events that exist in the web page now, in order. */
async function eventTexts(page: Page): Promise<string[]> {
  return page.locator('.events [role=row][aria-selected]').allTextContents();
}

/** Presses a button of the panel of actions, and waits until what it does is over. */
async function act(page: Page, host: string, button: string): Promise<void> {
  const count = () => page.getByRole('slider').getAttribute('max');
  const before = await count();
  await page.locator('.pick', { hasText: `as ${host}` }).click();
  await page.getByRole('button', { name: button, exact: true }).click();
  await expect.poll(count).not.toBe(before);
  await hashOf(page);
}

describe.skipIf(!hasChromium)('what is done to a run', () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await Arena.open();
  });
  afterAll(() => arena?.close());

  test('in the Lab listen, connect, send, stop reading, read, half-close, close work', async () => {
    const { page, faults } = await arena.page();
    await play(page, arena.url, 'lab');
    await page.getByRole('tab', { name: 'Do' }).click();
    const strip = () => page.locator('.strip').textContent();
    await act(page, 'B', 'Listen');
    await act(page, 'A', 'Connect to B');
    expect((await eventTexts(page)).join('\n')).toContain('SYN-RECEIVED → ESTABLISHED');
    await act(page, 'B', 'Stop reading');
    await act(page, 'A', 'Send');
    expect((await eventTexts(page)).join('\n')).not.toContain('user reads');
    await act(page, 'B', 'Read');
    expect((await eventTexts(page)).join('\n')).toContain('user reads 1,000 octets');
    await act(page, 'B', 'Read what arrives');
    await act(page, 'A', 'Half-close');
    expect((await eventTexts(page)).join('\n')).toContain('ESTABLISHED → FIN-WAIT-1');
    await act(page, 'A', 'Close');
    expect(await strip()).not.toBe('');
    // All of it was done at the end of one run: there is still one branch.
    expect(await page.getByLabel('Branch').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test('in the Lab an abort resets the other side', async () => {
    const { page } = await arena.page();
    await play(page, arena.url, 'lab');
    await page.getByRole('tab', { name: 'Do' }).click();
    await act(page, 'B', 'Listen');
    await act(page, 'A', 'Connect to B');
    await act(page, 'A', 'Abort');
    const said = (await eventTexts(page)).join('\n');
    expect(said).toContain('sends RST');
    expect(said).toContain('ECONNRESET');
  });

  test('what can not be done says why, and the page goes on', async () => {
    const { page, faults } = await arena.page();
    await play(page, arena.url, 'lab');
    await page.getByRole('tab', { name: 'Do' }).click();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('A has no connection');
    await act(page, 'B', 'Listen');
    expect(faults).toEqual([]);
  });

  test('dropping a packet splits the run there; the old branch stays', async () => {
    const { page, faults } = await arena.page();
    const old = await play(page, arena.url, 'handshake');
    await page.keyboard.press('Home');
    await page.keyboard.press(']');
    await page.keyboard.press('d');
    const branch = page.getByLabel('Branch');
    await branch.waitFor();
    await expect.poll(() => hashOf(page)).not.toBe(old);
    expect(await branch.locator('option').allTextContents()).toEqual([
      'main',
      'without A: SYN seq 0, 0.000 s',
    ]);
    expect(await page.locator('.strip').textContent()).toContain('sends SYN seq 0');
    expect((await eventTexts(page)).join('\n')).toContain('dropped by hand');
    await page.keyboard.press('End');
    expect(await page.locator('.strip').textContent()).toContain('accepted');
    expect(await page.locator('.clock').textContent()).toMatch(/^1\.150 s/);
    await branch.selectOption('main');
    expect(await hashOf(page)).toBe(old);
    expect(faults).toEqual([]);
  });

  test('the menu of a packet opens by keyboard and by mouse, and drops it', async () => {
    const { page } = await arena.page();
    await play(page, arena.url, 'handshake');
    const grid = page.getByRole('grid', { name: 'Events' });
    await grid.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press(']');
    await page.keyboard.press('Enter');
    expect(await page.getByRole('menu').getAttribute('aria-label')).toBe('Packet SYN seq 0');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('menu').count()).toBe(0);
    expect(await grid.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(
      true,
    );
    await page.getByText('sends SYN,ACK seq 0 ack 1').click({ button: 'right' });
    await page.getByRole('menuitem', { name: /^Drop it/ }).click();
    await page.getByLabel('Branch').waitFor();
    await expect.poll(async () => (await eventTexts(page)).join('\n')).toContain('dropped by hand');
  });

  test.each([
    [
      'Hold it back for 150 ms',
      'late',
      'Arrives 0.200 s, after 200 ms; delayed by hand.',
      'here 0.200 s B receives SYN seq 0; there 0.050 s B receives SYN seq 0',
    ],
    [
      'Duplicate it',
      'twice',
      'Arrives 0.050 s, after 50 ms; duplicated by hand.',
      'here 0.050 s B receives SYN seq 0; there 0.100 s A receives SYN,ACK seq 0 ack 1',
    ],
    [
      'Damage one bit of it',
      'damaged',
      'Arrives 0.050 s, after 50 ms; corrupted by hand.',
      'here 0.050 s B drops a packet; there 0.050 s B LISTEN → SYN-RECEIVED',
    ],
  ])('%s: a branch that says where it parts', async (item, word, said, where) => {
    const { page, faults } = await arena.page();
    await play(page, arena.url, 'handshake');
    await page.getByRole('grid', { name: 'Events' }).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press(']');
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: item }).click();
    const branch = page.getByLabel('Branch');
    await branch.waitFor();
    const [, title] = await branch.locator('option').allTextContents();
    expect(title).toBe(`${word} A: SYN seq 0, 0.000 s`);
    await expect.poll(() => page.locator('.strip').textContent()).toContain(said);
    const parts = page.getByRole('button', { name: 'Parts from “main”' });
    await parts.click();
    expect(await page.locator('.parting').textContent()).toBe(`Parts from “main”: ${where}.`);
    expect(faults).toEqual([]);
  });

  test('in the Lab what was sent by hand is dropped by hand, and sent again', async () => {
    const { page } = await arena.page();
    await play(page, arena.url, 'lab');
    await page.getByRole('tab', { name: 'Do' }).click();
    await act(page, 'B', 'Listen');
    await act(page, 'A', 'Connect to B');
    await page.getByText('sends SYN seq 0').click();
    await page.keyboard.press('d');
    await page.getByLabel('Branch').waitFor();
    await expect.poll(() => page.locator('.parting').textContent()).toContain('dropped by hand');
    await hashOf(page);
    await page.keyboard.press('End');
    expect(await page.locator('.clock').textContent()).toMatch(/^1\.060 s/);
    expect(await page.locator('.strip').textContent()).toContain('accepted');
  });

  test('a packet is chosen on the ladder itself', async () => {
    const { page } = await arena.page();
    await play(page, arena.url, 'handshake');
    const box = (await page.locator('canvas').boundingBox())!;
    // The SYN,ACK runs from the right rail to the left between 0.05 s and 0.1 s.
    for (let y = 60; y < 400; y += 8) {
      await page.mouse.click(box.x + box.width / 2, box.y + y);
      const text = await page.locator('.inspector .about').textContent();
      if (text?.startsWith('SYN,ACK seq 0 ack 1')) return;
    }
    throw new Error('no point of the ladder is the SYN,ACK');
  });

  test('the link changes in netem’s words from the cursor on; wrong words are named', async () => {
    const { page } = await arena.page();
    await play(page, arena.url, 'lab');
    await page.getByRole('tab', { name: 'Do' }).click();
    await act(page, 'B', 'Listen');
    await page.getByRole('tab', { name: 'Link' }).click();
    const way = page.locator('#way-A');
    await way.fill('delay 300ms los 5%');
    await page.getByRole('button', { name: 'Change' }).first().click();
    expect(await page.locator('#way-A-fault').textContent()).toContain('los');
    await way.fill('delay 300ms');
    await page.getByRole('button', { name: 'Change' }).first().click();
    await page.getByRole('tab', { name: 'Do' }).click();
    await act(page, 'A', 'Connect to B');
    const said = (await eventTexts(page)).join('\n');
    expect(said).toContain('after 300 ms');
    expect(said).toContain('after 20 ms');
    // The panel says what holds at the cursor.
    await page.getByRole('tab', { name: 'Link' }).click();
    expect(await way.inputValue()).toBe('delay 300ms');
    expect(await page.locator('#way-B').inputValue()).toBe('delay 20ms');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'To the beginning' }).click();
    expect(await way.inputValue()).toBe('delay 20ms');
  });
});
