/**
 * For who can not see the canvas, or has no mouse: axe over every panel in both themes, and the
 * handshake read by keyboard alone from nothing but the accessibility tree.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Arena, DESK, hasChromium, PHONE, play } from './browser.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong, in a line each. */
async function violations(page: Page): Promise<string[]> {
  return page.evaluate(`axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }).then(({ violations }) => violations.map(({ id, nodes }) =>
    id + ': ' + nodes.map((node) => node.target + ' ' + node.failureSummary).join('; ')))`);
}

/** One node of the accessibility tree, as far as it is read here. */
interface Node {
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
  readonly nodeId: string;
  readonly parentId?: string;
  readonly childIds?: readonly string[];
  readonly ignored?: boolean;
  readonly properties?: readonly { readonly name: string; readonly value: { value?: unknown } }[];
}

/** The accessibility tree, and who has the focus in it. */
class Tree {
  readonly #nodes: Map<string, Node>;

  private constructor(nodes: readonly Node[]) {
    this.#nodes = new Map(nodes.map((node) => [node.nodeId, node]));
  }

  static async read(session: CDPSession): Promise<Tree> {
    const { nodes } = await session.send('Accessibility.getFullAXTree');
    return new Tree(nodes as unknown as Node[]);
  }

  /** The innermost node with the focus. */
  get focused(): Node | undefined {
    return [...this.#nodes.values()].findLast((node) => property(node, 'focused') === true);
  }

  /** The row that is selected, as the texts of its cells. */
  get selectedRow(): string[] {
    const row = [...this.#nodes.values()].find(
      (node) => node.role?.value === 'row' && property(node, 'selected') === true,
    );
    return row === undefined ? [] : this.#cells(row);
  }

  #cells(node: Node): string[] {
    return (node.childIds ?? []).flatMap((id) => {
      const child = this.#nodes.get(id);
      if (child === undefined) return [];
      return child.role?.value === 'gridcell' ? [child.name?.value ?? ''] : this.#cells(child);
    });
  }
}

function property(node: Node, name: string): unknown {
  return node.properties?.find((one) => one.name === name)?.value.value;
}

describe.skipIf(!hasChromium)('accessibility', () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await Arena.open();
  });
  afterAll(() => arena?.close());

  test.each([
    ['light', DESK],
    ['dark', DESK],
    ['light', PHONE],
    ['dark', PHONE],
  ] as const)(
    'axe finds nothing in %s colours at %o, on any tab',
    async (colorScheme, viewport) => {
      const { page } = await arena.page({ colorScheme, viewport });
      await play(page, arena.url, 'syn-flood/with');
      await page.evaluate(AXE);
      const tabs = await page.getByRole('tab').all();
      expect(tabs.length).toBeGreaterThanOrEqual(6);
      for (const tab of tabs) {
        await tab.click();
        expect(await violations(page), (await tab.textContent()) ?? '').toEqual([]);
      }
      await page.getByRole('button', { name: 'Help' }).click();
      expect(await violations(page), 'help').toEqual([]);
    },
  );

  test('the handshake is read by keyboard alone, from the accessibility tree alone', async () => {
    const { page } = await arena.page();
    await play(page, arena.url, 'handshake');
    const session = await page.context().newCDPSession(page);
    await session.send('Accessibility.enable');
    // Tab until the focus is in the table of events; nothing is clicked.
    let tree = await Tree.read(session);
    for (let i = 0; i < 30 && !inGrid(tree); i++) {
      await page.keyboard.press('Tab');
      tree = await Tree.read(session);
    }
    expect(inGrid(tree)).toBe(true);
    await page.keyboard.press('Home');
    const rows: string[][] = [];
    for (let last = ''; ; ) {
      tree = await Tree.read(session);
      const row = tree.selectedRow;
      if (row.join() === last) break;
      rows.push(row);
      last = row.join();
      await page.keyboard.press('ArrowDown');
    }
    const said = rows.map(([at, host, what]) => `${at} ${host} ${what}`);
    expect(said.filter((line) => /sends|receives/.test(line))).toEqual([
      '0.000 A sends SYN seq 0',
      '0.050 B receives SYN seq 0',
      '0.050 B sends SYN,ACK seq 0 ack 1',
      '0.100 A receives SYN,ACK seq 0 ack 1',
      '0.100 A sends ACK seq 1 ack 1',
      '0.150 B receives ACK seq 1 ack 1',
    ]);
    expect(said.filter((line) => line.includes('→'))).toEqual([
      '0.000 B CLOSED → LISTEN',
      '0.000 A CLOSED → SYN-SENT',
      '0.050 B LISTEN → SYN-RECEIVED',
      '0.100 A SYN-SENT → ESTABLISHED',
      '0.150 B SYN-RECEIVED → ESTABLISHED',
    ]);
  });

  test('the keys of the page step, jump and open tabs, and can be turned off', async () => {
    const { page } = await arena.page();
    await play(page, arena.url, 'handshake');
    const at = async () => Number(await page.getByRole('slider').inputValue());
    await page.keyboard.press('Home');
    expect(await at()).toBe(-1);
    await page.keyboard.press('.');
    await page.keyboard.press('.');
    expect(await at()).toBe(1);
    await page.keyboard.press(']');
    expect(await page.locator('.strip').textContent()).toContain('sends SYN seq 0');
    await page.keyboard.press('}');
    expect(await page.locator('.strip').textContent()).toContain('LISTEN → SYN-RECEIVED');
    await page.keyboard.press('2');
    expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Variables');
    await page.keyboard.press('?');
    await page.getByLabel('Single keys do this').click();
    await page.keyboard.press('Escape');
    const before = await at();
    await page.keyboard.press('.');
    expect(await at()).toBe(before);
  });
});

function inGrid(tree: Tree): boolean {
  const { focused } = tree;
  return focused?.role?.value === 'grid' || focused?.role?.value === 'row';
}
