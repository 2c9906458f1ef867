/**
 * The page under load: frames while 20,000 packets are played with every panel open, and how long
 * a moved cursor takes to be seen. In headless Chromium, drawn by software.
 *
 * `node test/script.mjs test/bench/playground.ts` prints it; it is no timed test, for a machine
 * that is busy otherwise says nothing of the page.
 */
import type { Page } from 'playwright-core';
import { Arena, hashOf, play } from '../browser/browser.ts';

/** Octets that need about twenty thousand packets, acknowledgments included. */
const OCTETS = 19_500_000;
const FRAMES = 400;
/** What is asked for, milliseconds at the 95th percentile. */
const BARS = { playing: 27, scrubbing: 20 };

/** Lets A send so much to B in the Lab; answers what the page says of it. */
async function load(page: Page, url: string): Promise<string> {
  await play(page, url, 'lab');
  await page.getByRole('tab', { name: 'Do' }).click();
  const press = async (host: string, button: string) => {
    const slider = page.getByRole('slider');
    const before = await slider.getAttribute('max');
    await page.locator('.pick', { hasText: `as ${host}` }).click();
    await page.getByRole('button', { name: button, exact: true }).click();
    while ((await slider.getAttribute('max')) === before) await page.waitForTimeout(20);
    await hashOf(page);
  };
  await press('B', 'Listen');
  await press('A', 'Connect to B');
  await page.getByLabel('Octets').fill(String(OCTETS));
  await press('A', 'Send');
  await page.getByRole('tab', { name: 'Variables' }).click();
  return (await page.locator('.clock').getAttribute('title')) ?? '';
}

/** Milliseconds from frame to frame while the run is played from its beginning. */
function framesWhilePlaying(page: Page): Promise<number[]> {
  return page.evaluate(`(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    document.querySelector('.transport .buttons button').click();
    document.querySelector('.transport .primary').click();
    const taken = [];
    let before = await frame();
    while (taken.length < ${FRAMES}) {
      const now = await frame();
      taken.push(now - before);
      before = now;
    }
    document.querySelector('.transport .primary').click();
    return taken;
  })()`);
}

/**
 * The slider goes to a random place once a frame. Milliseconds from frame to frame, and of work:
 * from the slider's move until panels are made anew, and from the frame's begin until it is drawn.
 * (What lies between is waiting for the frame.)
 */
function timesToScrub(page: Page): Promise<{ frames: number[]; work: number[] }> {
  return page.evaluate(`(async () => {
    const slider = document.querySelector('input[type=range]');
    const channel = new MessageChannel();
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const drawn = () => new Promise((resolve) => {
      channel.port1.onmessage = resolve;
      channel.port2.postMessage(0);
    });
    const [frames, work] = [[], []];
    let place = 1;
    let before = await frame();
    for (let i = 0; i < ${FRAMES}; i++) {
      place = (place * 48271) % 2147483647;
      const begun = performance.now();
      slider.value = String(place % Number(slider.max));
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      await null;
      const made = performance.now() - begun;
      const now = await frame();
      frames.push(now - before);
      before = now;
      const inFrame = performance.now();
      await drawn();
      work.push(made + performance.now() - inFrame);
    }
    return { frames, work };
  })()`);
}

function row(what: string, taken: number[], bar: number): void {
  const sorted = taken.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1);
  console.log(`  ${what.padEnd(44)} p50 ${at(0.5)} ms  p95 ${at(0.95)} ms  (at most ${bar})`);
}

const arena = await Arena.open();
const { page } = await arena.page();
console.log(`\nThe page, 1280 × 800, software rendering: ${await load(page, arena.url)}`);
await page.getByLabel('Speed').selectOption('128');
row('frame to frame while playing', await framesWhilePlaying(page), BARS.playing);
const { frames, work } = await timesToScrub(page);
row('frame to frame while scrubbing', frames, BARS.scrubbing);
row('work from a moved cursor to everything drawn', work, BARS.scrubbing);
await arena.close();
