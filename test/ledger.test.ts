/**
 * The ledger: which requirements of RFC 9293 the code cites, and which the tests name.
 *
 * A label at the end of a line of code says that this line satisfies it; a label in a test's name
 * says that this test shows it. Here it is held that each label cited exists and that each
 * departure (`DEVIATION:`) says why, and the counts are printed. That every label is cited and
 * tested, or its absence explained, is not asked for yet.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { REQUIREMENTS } from './ledger/requirements.ts';
import { lineAt, makeSource, readSources, type Source } from './tidy/source.ts';

const LABEL = /\b(?:MUST|SHLD|MAY|REC)-\d+\b/g;
const sources = readSources(fileURLToPath(new URL('..', import.meta.url)));
const code = sources.filter(({ path }) => /^(?:assembly|host-web|host-node)\//.test(path));
const tests = sources
  .filter(({ path }) => /^test\/.*\.(?:test|spec)\.ts$/.test(path))
  .filter(({ path }) => path !== 'test/ledger.test.ts');
const known = new Set(REQUIREMENTS.map(({ label }) => label));

/** Labels and where they stand, as `path:line`. */
function citations(among: readonly Source[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { path, text } of among) {
    for (const match of text.matchAll(LABEL)) {
      const places = found.get(match[0]) ?? [];
      found.set(match[0], [...places, `${path}:${lineAt(text, match.index)}`]);
    }
  }
  return found;
}

/** The names of tests, with what else stands in the same call's first line. */
function testNames(source: Source): Source {
  const lines = source.lines.map((line) =>
    /^\s*(?:test|it|describe|scenario)\b|^\s*\[?['"`]/.test(line) ? line : '',
  );
  return makeSource(source.path, lines.join('\n'));
}

/** Departures: where, and the reason given, which may run on over several lines of comment. */
function deviations(among: readonly Source[]): { place: string; reason: string }[] {
  return among.flatMap(({ path, text }) =>
    [...text.matchAll(/\bDEVIATION\b:?(.*(?:\n\s*(?:\/\/|\*(?!\/)).*)*)/g)].map((match) => ({
      place: `${path}:${lineAt(text, match.index)}`,
      reason: (match[1] ?? '')
        .replace(/\n\s*(?:\/\/|\*)/g, ' ')
        .replace(/\*\/.*/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    })),
  );
}

const cited = citations(code);
const tested = citations(tests.map(testNames));

describe('the table', () => {
  test('has every label of Appendix B once', () => {
    const expected = Object.entries({ MUST: 69, SHLD: 31, MAY: 18, REC: 1 }).flatMap(
      ([kind, count]) => Array.from({ length: count }, (_, i) => `${kind}-${i + 1}`),
    );
    expect(REQUIREMENTS.map(({ label }) => label)).toEqual(expected);
  });

  test('has a section of the RFC and a rule for each', () => {
    const bare = REQUIREMENTS.filter(
      ({ section, rule }) => !/^3(?:\.\d+)+$/.test(section) || rule.length < 4,
    );
    expect(bare).toEqual([]);
  });
});

describe('the code', () => {
  test('cites only labels that exist', () => {
    const unknown = [...cited]
      .filter(([label]) => !known.has(label))
      .map(([label, places]) => `${label} at ${places.join(', ')}`);
    expect(unknown).toEqual([]);
    expect(cited.size).toBeGreaterThan(10);
  });

  test('gives a reason for every deviation', () => {
    const silent = deviations(code).filter(({ reason }) => reason.length < 20);
    expect(silent).toEqual([]);
  });
});

describe('the tests', () => {
  test('name only labels that exist', () => {
    const unknown = [...tested]
      .filter(([label]) => !known.has(label))
      .map(([label, places]) => `${label} at ${places.join(', ')}`);
    expect(unknown).toEqual([]);
  });
});

test('the counts', ({ annotate }) => {
  const lines = ['MUST', 'SHLD', 'MAY', 'REC'].map((kind) => {
    const of = REQUIREMENTS.filter(({ label }) => label.startsWith(`${kind}-`));
    const inCode = of.filter(({ label }) => cited.has(label));
    const inTests = of.filter(({ label }) => tested.has(label));
    const missing = of.filter(({ label }) => !cited.has(label)).map(({ label }) => label);
    const rest = missing.length === 0 ? '' : `; not cited: ${missing.join(' ')}`;
    return `${kind}: ${of.length}, cited ${inCode.length}, in tests ${inTests.length}${rest}`;
  });
  const said = [...lines, `deviations: ${deviations(code).length}`].join('\n');
  process.stdout.write(`\nRFC 9293, the ledger\n${said}\n\n`);
  return annotate(said);
});

describe('the scan itself', () => {
  test('reads reasons that run on, and sees those that are missing', () => {
    const text =
      '// DEVIATION: held, not trimmed,\n// for its ACK counts now.\nx();\n// DEVIATION:\ny();';
    const found = deviations([makeSource('assembly/a.ts', text)]);
    expect(found.map(({ reason }) => reason)).toEqual([
      'held, not trimmed, for its ACK counts now.',
      '',
    ]);
  });

  test('finds labels in names of tests, not in what they do', () => {
    const text = "test('a window is unsigned (MUST-1)', () => {\n  f() // MUST-2\n})\n";
    const named = citations([testNames(makeSource('test/a.test.ts', text))]);
    expect([...named.keys()]).toEqual(['MUST-1']);
  });
});
