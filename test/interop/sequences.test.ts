/**
 * Every way to open, close and abort, with the kernel's TCP on the other side, in both roles and
 * both families; after each row the kernel's `ss` and our own table name the states.
 *
 * The sequences are tables in `open.ts`, `close.ts` and `abort.ts`. Each of these acts is played in
 * a process of its own (`sequences-child.ts`), in a network namespace of its own; a table that came
 * out otherwise is printed beside the one wanted.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, run } from '../host/bundle.ts';
import { ACTS } from './acts.ts';
import { has, obstacleOf, spoiled, tshark } from './machine.ts';
import { castingsOf, expected, print, type Row, titleOf } from './scene.ts';

const child = process.platform === 'linux' ? bundle('test/interop/sequences-child.ts') : '';
const obstacle = has('ss') && has('ip') ? await obstacleOf(child) : 'iproute2 is missing';
const skipped = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;
const folder = mkdtempSync(join(tmpdir(), 'netcell-sequences-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** On a quiet machine an act takes seconds; a slow one is no failure. */
const ACT_TIMEOUT = 240_000;

describe.skipIf(obstacle !== undefined).each(Object.entries(ACTS))(
  `%s, against the kernel${skipped}`,
  (act, sequences) => {
    const capture = join(folder, `${act}.pcapng`);
    let played: Record<string, Row[]> = {};

    beforeAll(async () => {
      const outcome = await run(child, [act, capture]).outcome;
      expect(outcome).toMatchObject({ code: 0, signal: null, stderr: '' });
      played = JSON.parse(outcome.stdout);
    }, ACT_TIMEOUT);

    const castings = sequences.flatMap((sequence) => {
      return castingsOf(sequence).map((casting) => {
        return [titleOf(sequence, casting), expected(sequence, casting)] as const;
      });
    });

    it.each(castings)('%s', (title, rows) => {
      expect(print(played[title] ?? [])).toBe(print(rows));
    });

    it.skipIf(!has('tshark'))(
      'no packet that tshark finds fault with',
      () => {
        expect(spoiled(capture)).toEqual([]);
        // Not because it saw none.
        for (const source of ['ip.src == 10.9.0.0/16', 'ipv6.src == fd00:9::/32']) {
          expect(tshark(capture, `tcp && ${source}`, 'frame.number').length).toBeGreaterThan(100);
        }
      },
      ACT_TIMEOUT,
    );
  },
);
