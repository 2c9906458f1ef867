/**
 * The netcell command, killed (SIGKILL) while the kernel has a connection to it: nothing is said,
 * so the kernel learns it only when it sends, by a timeout or from whoever has the address then.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundle, run } from '../host/bundle.ts';
import { has, obstacleOf } from './machine.ts';
import { print, type Row } from './scene.ts';

const child = process.platform === 'linux' ? bundle('test/interop/killed-child.ts') : '';
const command = bundle('host-node/cli/index.ts');
const obstacle = has('ss') && has('ip') ? await obstacleOf(child) : 'iproute2 is missing';
const skipped = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;
/** For the control sockets: ours alone, so that nobody else's netcell is asked. */
const folder = mkdtempSync(join(tmpdir(), 'netcell-killed-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LOST: readonly (readonly [string, string, string])[] = [
  ['ESTAB', 'ESTABLISHED', 'the kernel has a connection to a process'],
  ['ESTAB', 'none', 'the process is killed'],
];
const ROWS = [
  ...LOST,
  ['none ETIMEDOUT', 'none', 'the kernel sends, and nobody hears'],
  ...LOST,
  ['none ECONNRESET', 'none', 'the next process is sent what it knows nothing of'],
] as const;

describe.skipIf(obstacle !== undefined)(`netcell is killed${skipped}`, () => {
  it('and the kernel finds out, over IPv4 and IPv6', async () => {
    const env = { ...process.env, NETCELL_CONTROL_DIR: folder };
    const outcome = await run(child, [command], { env }).outcome;
    expect(outcome).toMatchObject({ code: 0, signal: null, stderr: '' });
    const played = JSON.parse(outcome.stdout) as Record<string, Row[]>;
    const table = print(ROWS.map(([kernel, netcell, what]) => ({ kernel, netcell, what })));
    expect(Object.values(played).map(print)).toEqual([table, table]);
  });
});
