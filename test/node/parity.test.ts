/**
 * `netcell/net` beside `node:net`: programs written from Node's manual run on the kernel's TCP and
 * on ours, and their logs are equal, but for the rows that `differences.ts` names.
 *
 * Each place is one child, which runs all programs (`child.ts`); under every Node that is there.
 */
import { describe, expect, it } from 'vitest';
import { bundle, run } from '../host/bundle.ts';
import { selfMade } from '../host/certificate.ts';
import { INSTALL, installed } from '../runtimes/installed.ts';
import { DIFFERENCES } from './differences.ts';
import { PROGRAMS } from './programs/index.ts';
import type { Log } from './world.ts';

type Logs = Readonly<Record<string, Log>>;

const child = process.platform === 'linux' ? bundle('test/node/child.ts') : '';
const probe = child === '' ? undefined : await run(child, ['probe']).outcome;
const obstacle = probe === undefined ? 'not Linux' : probe.code === 0 ? undefined : probe.stderr;
const identity = obstacle === undefined ? JSON.stringify(selfMade()) : '';

async function logsOf(place: string, program?: string): Promise<Logs> {
  const { outcome } = run(child, [place, identity], {}, program);
  const { stdout, stderr, code, signal } = await outcome;
  expect({ stderr, code, signal }).toEqual({ stderr: '', code: 0, signal: null });
  return JSON.parse(stdout) as Logs;
}

const NODES = [
  [`Node ${process.versions.node.split('.')[0]}`, process.execPath],
  ...['26'].map((major) => [`Node ${major}`, installed(`node-${major}`, 'bin/node')]),
] as [string, string | undefined][];

for (const [name, program] of NODES) {
  const missing = program === undefined ? `to run it: ${INSTALL}` : undefined;
  const why = obstacle ?? missing;
  const title = why === undefined ? name : `${name} (skipped: ${why})`;
  describe.skipIf(why !== undefined)(title, async () => {
    const run = (place: string): Promise<Logs> | Logs => {
      return why === undefined ? logsOf(place, program) : {};
    };
    const [kernel, pipe, loopback] = await Promise.all(['kernel', 'pipe', 'loopback'].map(run));
    const places = { 'two stacks': pipe!, 'one stack': loopback! };
    it.each(Object.keys(PROGRAMS))('%s', (row) => {
      expect(JSON.stringify(kernel![row])).not.toContain('hangs');
      for (const [place, logs] of Object.entries(places)) {
        const ours = { place, log: logs[row] };
        const theirs = { place, log: kernel![row] };
        if (row in DIFFERENCES) expect(ours, DIFFERENCES[row]).not.toEqual(theirs);
        else expect(ours).toEqual(theirs);
      }
    });
  });
}

it('names no difference of a program that is not there', () => {
  expect(Object.keys(DIFFERENCES).filter((row) => !(row in PROGRAMS))).toEqual([]);
});
