/**
 * A slice of the mutations (`ledger/mutations.ts`); `npm run mutations` tries them all. That each
 * still fits the code and names a test of its rule is checked here for all of them.
 */
import { describe, expect, test } from 'vitest';
import { misfit, tryMutations } from './ledger/mutate.ts';
import { MUTATIONS, type Mutation, OF_9293 } from './ledger/mutations.ts';
import { ledger } from './ledger/ledger.ts';
import { labelsIn } from './ledger/scan.ts';
import { readSources } from './tidy/source.ts';

const SLICE = ['MUST-38', 'RFC 5961 §5.2b'];
const timeout = 180_000;

const entries = ledger(readSources('.'));

describe('the mutations', () => {
  test('are of twenty labels across RFC 9293, and of other RFCs', () => {
    const labels = MUTATIONS.map(({ label }) => label);
    expect(new Set(labels).size).toBe(labels.length);
    const numbered = labels.filter((label) => /^(?:MUST|SHLD|MAY)-\d+$/.test(label));
    expect(numbered).toEqual(OF_9293.map(({ label }) => label));
    expect(numbered).toHaveLength(20);
  });

  test.each(MUTATIONS.map((mutation) => [mutation.label, mutation] as const))(
    '%s: stands where its rule is cited',
    (_label, mutation) => {
      expect(misfit(mutation)).toBe('');
    },
  );

  test('name tests that show their rule', () => {
    const wrong = MUTATIONS.filter(({ label, test: [path, name] }) => {
      const entry = entries.find((candidate) => candidate.label === label);
      return !entry?.shown.some((shown) => shown.path === path && shown.name === name);
    });
    expect(wrong).toEqual([]);
    expect(
      MUTATIONS.filter(({ label, test: [, name] }) => !labelsIn(name).includes(label)),
    ).toEqual([]);
  });
});

test('a slice of them is caught', { timeout }, async () => {
  const verdicts = await tryMutations(MUTATIONS.filter(({ label }) => SLICE.includes(label)));
  expect(verdicts.map(({ mutation, fault }) => [mutation.label, fault])).toEqual(
    SLICE.map((label) => [label, '']),
  );
});

test('one that changes nothing survives, one that fits no line is said to', {
  timeout,
}, async () => {
  const model = MUTATIONS.find(({ label }) => label === 'MUST-38') as Mutation;
  const faults = await tryMutations([
    { ...model, to: model.from },
    { ...model, from: 'no such line' },
  ]);
  expect(faults.map(({ fault }) => fault)).toEqual([
    'it survived: the test passed all the same',
    expect.stringContaining('stands 0 times'),
  ]);
});
