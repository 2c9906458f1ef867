/**
 * The loss bench's lines in virtual time: what netcell's sender gets through each, deterministic,
 * so the table is a snapshot. `npm run bench:loss` has Linux beside it, in real time.
 *
 * `npx vitest run test/simulation/loss -u` writes it anew.
 */
import { describe, expect, test } from 'vitest';
import type { PacketView } from '../../host-web/link/segment.ts';
import { type Cell, FORMS, nameOf } from '../bench/loss/cells.ts';
import { fatesOf } from '../bench/loss/line.ts';
import { pass } from './passage.ts';

const SECONDS = 10;

/** What a line does with so many data packets. */
function fates(cell: Cell, count: number): string[] {
  const rule = fatesOf(cell, 1);
  return Array.from({ length: count }, (_, i) => {
    const verdict = rule({ from: 'A', dataIndex: i + 1 } as PacketView);
    return typeof verdict === 'object' ? 'delay' : (verdict ?? 'pass');
  });
}

describe('fates', () => {
  const line = { rate: 100, rtt: 20 };

  test('fall by the data packet’s number: what goes between does not move them', () => {
    const rule = fatesOf({ ...line, loss: 0.1 }, 1);
    const between = () => {
      rule({ from: 'B', dataIndex: 1 } as PacketView);
      rule({ from: 'A', dataIndex: 0 } as PacketView);
    };
    const seen = Array.from({ length: 1000 }, (_, i) => {
      between();
      return rule({ from: 'A', dataIndex: i + 1 } as PacketView);
    });
    expect(seen).toEqual(fates({ ...line, loss: 0.1 }, 1000));
    expect(seen.filter((fate) => fate === 'drop').length).toBeGreaterThan(70);
  });

  test('come in bursts of the mean length, and are as many as their share', () => {
    const all = fates({ ...line, bursts: { share: 0.01, length: 4 } }, 1_000_000);
    const lost = all.filter((fate) => fate === 'drop').length;
    const bursts = all.filter((fate, i) => fate === 'drop' && all[i - 1] !== 'drop').length;
    expect(lost / all.length).toBeCloseTo(0.01, 3);
    expect(lost / bursts).toBeCloseTo(4, 0);
  });
});

test('the goodput of each line', async () => {
  const rows = FORMS[10]!.cells.map((cell) => {
    const { octets, again } = pass(cell, { ms: SECONDS * 1000 });
    const goodput = ((8 * octets) / SECONDS / 1e6).toFixed(2);
    return `${nameOf(cell).padEnd(50)}${goodput.padStart(9)}${String(again).padStart(8)}`;
  });
  const title = `netcell to netcell, ${SECONDS} s of virtual time: Mbit/s, segments sent again`;
  await expect(`${[title, '', ...rows].join('\n')}\n`).toMatchFileSnapshot('loss.txt');
});
