/**
 * Every packet and segment that is dropped is an event of the trace, exactly one, with the reason,
 * and counted by it.
 *
 * The places in the core that drop are read from its sources. Each has packets here that come to
 * it; one without, or packets for a place that is no more, fail.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { explain } from '../../host-web/errors.ts';
import { readDrops } from '../../host-web/inspect.ts';
import { Reason, Result, type Stack } from '../dsl/index.ts';
import { makeSource, readSources } from '../tidy/source.ts';
import { ERROR_DROPS } from './drops-errors.ts';
import { IP_DROPS } from './drops-ip.ts';
import { TCP_DROPS } from './drops-tcp.ts';
import { dropSites } from './sites.ts';

const sources = readSources(fileURLToPath(new URL('../..', import.meta.url)));
const { sites, unread } = dropSites(sources);
const DROPS = { ...IP_DROPS, ...TCP_DROPS, ...ERROR_DROPS };

/** How much was dropped for a reason. */
const countOf = (stack: Stack, reason: keyof typeof Reason) =>
  Number(readDrops(stack.core)[reason] ?? 0n);

test('every place that drops has packets here that are dropped there, and no other has', () => {
  expect(sites.length).toBeGreaterThan(100);
  expect(Object.keys(DROPS).sort()).toEqual([...new Set(sites.map(({ key }) => key))].sort());
});

test('every place that drops says why', () => {
  expect(unread).toEqual([]);
});

test('nothing but that one function tells the trace of a drop', () => {
  const tellers = sources.filter(
    ({ path, code }) => path.startsWith('assembly/') && code.includes('TraceKind.DROP'),
  );
  expect(tellers.map(({ path }) => path)).toEqual(['assembly/trace.ts']);
  const root = tellers[0]!.code.split('TraceKind.DROP');
  expect(root).toHaveLength(2);
});

describe.each(Object.entries(DROPS))('%s', (key, drivers) => {
  const reason = key.split(' ')[2] as keyof typeof Reason;
  const cases = drivers.flatMap(({ families, scene }, i) =>
    families.map((family) => ({ family, number: i + 1, scene })),
  );
  test.each(cases)('IPv$family, $number', ({ family, scene }) => {
    const { stack, last } = scene(family);
    const before = countOf(stack, reason);
    stack.drops();
    last();
    expect(stack.drops()).toEqual([reason]);
    expect(countOf(stack, reason)).toBe(before + 1);
    expect(explain(Result.OK, Reason[reason]).sentence).toMatch(/^[A-Z]/);
  });
});

describe('places that drop are found', () => {
  const trace = makeSource(
    'assembly/trace.ts',
    'export function traceDropOf(handle: u32, reason: Reason): void {\n  trace(DROP);\n}\n',
  );
  const found = (text: string) =>
    dropSites([
      trace,
      makeSource('assembly/a.ts', `import { traceDropOf } from './trace';\n${text}`),
    ]);

  test('through functions that hand the reason on', () => {
    const { sites: planted } = found(
      'function bad(x: u32, why: Reason): bool {\n  traceDropOf(x, why);\n}\n' +
        'function b(): void {\n  if (bad(f(1), Reason.A)) bad(0, c ? Reason.B : Reason.C);\n}\n' +
        'function other(why: Reason): void {\n  count(why);\n}\n' +
        'function d(): void {\n  other(Reason.D);\n}\n',
    );
    expect(planted.map(({ key, line }) => [key, line])).toEqual([
      ['a b A', 6],
      ['a b B', 6],
      ['a b C', 6],
    ]);
  });

  test('and a reason that can not be read is told of', () => {
    const { sites: none, unread: hidden } = found(
      'function e(): void {\n  const why = f();\n  traceDropOf(0, why);\n}\n',
    );
    expect(none).toEqual([]);
    expect(hidden).toEqual([
      'assembly/a.ts:4: assembly/trace.ts traceDropOf without a reason that can be read',
    ]);
  });
});
