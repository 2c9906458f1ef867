/**
 * The ledger: every requirement of RFC 9293 and the rules of the RFCs around it, held against the
 * code and the tests.
 *
 * A label at the end of a line of code says that this line satisfies it; a label in a test's name
 * says that this test shows it. The rules of other RFCs go by their sections. A requirement that is
 * claimed as met must have both; a departure must be explained where it happens (`DEVIATION:`);
 * what is absent or moot must say why. That the tests named here pass is the business of the same
 * run of `npm test`.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CLAIMS, UNMARKED } from './ledger/claims.ts';
import { conformance, inDocument, readDocument } from './ledger/conformance.ts';
import {
  ALL,
  documents,
  faults,
  isCode,
  isTest,
  ledger,
  select,
  summary,
} from './ledger/ledger.ts';
import { OTHERS, SUBJECTS } from './ledger/others.ts';
import { REQUIREMENTS } from './ledger/requirements.ts';
import { citations, deviations, labelsIn, tests } from './ledger/scan.ts';
import { makeSource, readSources } from './tidy/source.ts';

const sources = readSources(fileURLToPath(new URL('..', import.meta.url)));
const entries = ledger(sources);
const known = new Set(ALL.map(({ label }) => label));

/** Whether a label names a whole section, which is nobody's claim. */
const isSection = (label: string) => /^RFC .*\d$/.test(label);

/** Labels anywhere in these texts that no requirement has. */
function unknown(texts: readonly (readonly [string, string])[]): string[] {
  return texts.flatMap(([place, text]) =>
    labelsIn(text)
      .filter((label) => !known.has(label) && !isSection(label))
      .map((label) => `${label} in ${place}`),
  );
}

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

  test('has the rules of the other RFCs in the order of their sections, each once', () => {
    expect(new Set(OTHERS.map(({ label }) => label)).size).toBe(OTHERS.length);
    expect(documents(OTHERS).map(String)).toEqual(Object.keys(SUBJECTS));
    const bare = OTHERS.filter(
      ({ label, level, rule }) =>
        !/^(?:RFC \d{3,4}|BBR) §\d+(?:\.\d+)*[a-z]?$/.test(label) ||
        !/^(?:MUST|SHOULD|MAY)$/.test(level) ||
        rule.length < 8,
    );
    expect(bare).toEqual([]);
  });

  test('letters the rules of a section from a on, and none that stands alone', () => {
    const bySection = new Map<string, string>();
    for (const { label } of OTHERS) {
      const [section = '', letter = ''] = label.split(/(?=[a-z]$)/);
      bySection.set(section, (bySection.get(section) ?? '') + letter);
    }
    const wrong = [...bySection].filter(
      ([, letters]) => letters === 'a' || !'abcdefghijkl'.startsWith(letters),
    );
    expect(wrong).toEqual([]);
  });

  test('claims nothing of labels that do not exist', () => {
    const named = [...Object.keys(CLAIMS), ...UNMARKED];
    expect(named.filter((label) => !known.has(label))).toEqual([]);
  });
});

describe('the code and the tests', () => {
  test('bear out every claim', () => {
    expect(faults(entries).join('\n')).toBe('');
  });

  test('name only labels that exist', () => {
    const found = [
      ...unknown(sources.filter(isCode).map(({ path, text }) => [path, text])),
      ...unknown(tests(sources.filter(isTest)).map(({ path, name }) => [path, name])),
    ];
    expect(found).toEqual([]);
  });

  test('give a reason for every deviation', () => {
    const silent = deviations(sources.filter(isCode)).filter(({ reason }) => reason.length < 20);
    expect(silent).toEqual([]);
  });

  test('meet every MUST of RFC 9293 but by default two, and all but five of its SHOULDs', () => {
    const of9293 = select(entries, { rfc: 9293 });
    const musts = select(of9293, { level: 'MUST' });
    expect(musts).toHaveLength(69);
    // tcp_tw_strict and tcp_synack_retries keep them.
    const unmet = musts.filter(({ status }) => status !== 'met').map(({ label }) => label);
    expect(unmet).toEqual(['MUST-13', 'MUST-23']);
    const undone = (['deviates', 'absent'] as const).flatMap((status) =>
      select(of9293, { level: 'SHLD', status }),
    );
    expect(undone.length).toBeLessThanOrEqual(5);
  });
});

test('the conformance table is what the ledger says: npm run ledger -- --write', () => {
  const text = readDocument();
  expect(text === inDocument(text, conformance(entries, sources))).toBe(true);
});

test('the counts', ({ annotate }) => {
  const said = documents(entries)
    .map((rfc) => `RFC ${rfc}\n  ${summary(entries, rfc).join('\n  ')}`)
    .join('\n');
  process.stdout.write(`\nThe ledger\n${said}\n\n`);
  return annotate(said);
});

describe('a claim that has lost its ground is found', () => {
  /** What is wrong once every line of these files is changed so. */
  const faultsAfter = (edit: (path: string, line: string) => string): string[] =>
    faults(
      ledger(
        sources.map(({ path, lines }) =>
          makeSource(path, lines.map((line) => edit(path, line)).join('\n')),
        ),
      ),
    );

  test('the line in the code', () => {
    const found = faultsAfter((path, line) =>
      path.startsWith('assembly/') ? line.replace('// MUST-55', '//') : line,
    );
    expect(found).toEqual(['MUST-55 is claimed as met, but no line of code cites it']);
  });

  test('the line in the code, by section', () => {
    const found = faultsAfter((path, line) =>
      path.startsWith('assembly/') ? line.replace('RFC 5961 §3.2c', 'RFC 5961 §3.2') : line,
    );
    expect(found).toEqual(['RFC 5961 §3.2c is claimed as met, but no line of code cites it']);
  });

  test('the name of the test', () => {
    const found = faultsAfter((_, line) => line.replace('SHLD-28: as many', 'as many'));
    expect(found).toEqual(['SHLD-28 is claimed as met, but no test names it']);
  });

  test('the test itself, when it is skipped', () => {
    const found = faultsAfter((_, line) => line.replace("test('SHLD-28", "test.skip('SHLD-28"));
    expect(found).toEqual(['SHLD-28 is claimed as met, but no test names it']);
  });

  test('the explanation of a departure', () => {
    const found = faultsAfter((_, line) => line.replace('DEVIATION: SHLD-26', 'SHLD-26'));
    expect(found).toEqual(['SHLD-26 is said to deviate, but no DEVIATION names it']);
  });

  test('a departure that nobody claimed', () => {
    const found = faultsAfter((_, line) =>
      line.replace('// MUST-17', '// DEVIATION: MUST-17 is left out, for Nagle is always right.'),
    );
    expect(found).toContain('MUST-17 is claimed as met, but a DEVIATION names it');
  });

  test('a line that cites what is said to be absent', () => {
    const found = faultsAfter((_, line) => line.replace('// MUST-50', '// MUST-50, MAY-10'));
    expect(found).toEqual(['MAY-10 is said to be absent, but a line of code cites it']);
  });
});

describe('the scan itself', () => {
  test('reads reasons that run on, and sees those that are missing', () => {
    const text =
      '// DEVIATION: held, not trimmed,\n// for its ACK counts now.\nx();\n// DEVIATION:\ny();';
    const found = deviations([makeSource('assembly/a.ts', text)]);
    expect(found.map(({ line, reason }) => [line, reason])).toEqual([
      [1, 'held, not trimmed, for its ACK counts now.'],
      [4, ''],
    ]);
  });

  test('takes citations from the comments of lines alone', () => {
    const text = [
      '/** Whatever (MUST-1). */',
      ' * and on (MUST-2)',
      'x(); // MUST-3, RFC 5961 §3.2',
      '// MUST-4: why.',
      '// DEVIATION: MUST-5 costs too much, as everybody knows.',
      'y();',
    ];
    const found = citations([makeSource('assembly/a.ts', text.join('\n'))]);
    expect([...found]).toEqual([
      ['MUST-3', [{ path: 'assembly/a.ts', line: 3 }]],
      ['RFC 5961 §3.2', [{ path: 'assembly/a.ts', line: 3 }]],
      ['MUST-4', [{ path: 'assembly/a.ts', line: 4 }]],
    ]);
  });

  test('reads sections of other RFCs, one or several', () => {
    expect(labelsIn('RFC 7323 §5.3a, §5.4 and §5.5; RFC 9293 §3.4, RFC 2018 §2, MAY-2')).toEqual([
      'MAY-2',
      'RFC 7323 §5.3a',
      'RFC 7323 §5.4',
      'RFC 7323 §5.5',
      'RFC 2018 §2',
    ]);
  });

  test('finds the names of tests, in every form of call', () => {
    const text = [
      "test('one (MUST-1)', () => f('MUST-9')) // MUST-9",
      "test.each([['MUST-9', g(')')]] as const)(",
      "  'two %s', h)",
      '  it("the peer\'s three", h)',
      "test.skip('MUST-9', h); test.skipIf(x)('MUST-9', h); it.todo('MUST-9')",
      "describe('MUST-9', () => { a.test('MUST-9') })",
    ];
    const found = tests([makeSource('test/a.test.ts', text.join('\n'))]);
    expect(found.map(({ line, name }) => [line, name])).toEqual([
      [1, 'one (MUST-1)'],
      [3, 'two %s'],
      [4, "the peer's three"],
    ]);
  });
});
