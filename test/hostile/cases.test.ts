/** Every case of the list of hostile inputs has a test that names it. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isTest } from '../ledger/ledger.ts';
import { tests } from '../ledger/scan.ts';
import { readSources } from '../tidy/source.ts';
import { CASES, LINES, NOWHERE, tagsIn } from './cases.ts';

const names = tests(
  readSources(fileURLToPath(new URL('../..', import.meta.url))).filter(
    (source) => isTest(source) && source.path !== 'test/hostile/cases.test.ts',
  ),
).map(({ name }) => name);
const known = new Set(CASES.map(({ tag }) => tag));

/** Cases nothing shows, among tests with these names. */
function unshown(among: readonly string[]): string[] {
  const shown = new Set([...among.flatMap(tagsIn), ...Object.keys(NOWHERE)]);
  return CASES.filter(({ tag }) => !shown.has(tag)).map(({ tag, about }) => `${tag} ${about}`);
}

describe('the list', () => {
  test('has 23 lines, each with cases from a on', () => {
    expect([...LINES.keys()]).toEqual(Array.from({ length: 23 }, (_, i) => i + 1));
    for (const line of LINES.keys()) {
      const letters = CASES.filter((one) => one.line === line).map(({ tag }) => tag.at(-1));
      expect(letters.length, `line ${line}`).toBeGreaterThan(0);
      expect(letters.join('')).toBe('abcdefghijklmnopqrstuvwxyz'.slice(0, letters.length));
    }
  });

  test('gives a reason for what no test shows, and only for that', () => {
    const shown = new Set(names.flatMap(tagsIn));
    for (const [tag, reason] of Object.entries(NOWHERE)) {
      expect(known).toContain(tag);
      expect(shown).not.toContain(tag);
      expect(reason.length).toBeGreaterThan(20);
    }
  });
});

test('every case has a test that names it', () => {
  expect(unshown(names).join('\n')).toBe('');
});

test('no test names a case that is not there', () => {
  expect(names.flatMap(tagsIn).filter((tag) => !known.has(tag))).toEqual([]);
});

test('a case that loses its test is found', () => {
  const lost = CASES[0]!;
  const left = names.filter((name) => !tagsIn(name).includes(lost.tag));
  expect(unshown(left)).toEqual([`${lost.tag} ${lost.about}`]);
  expect(tagsIn('RFC 1337, hostile 12a, 12b: a RST')).toEqual(['12a', '12b']);
});
