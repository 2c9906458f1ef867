/**
 * How tests run the command line: as a process of its own, and scenarios of it in a network
 * namespace of their own. Where that can not be had, `obstacle` says why.
 *
 * Nothing is left where other tests, or their user's own netcell, would find it.
 */
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { bundle, type Outcome, run } from './bundle.ts';
import { withoutProgress } from './cli-quiet.ts';

/** The command line under test, and a folder for files of the test. */
export const cli = bundle('host-node/cli/index.ts');
export const folder = mkdtempSync(join(tmpdir(), 'netcell-cli-'));
export const environment: NodeJS.ProcessEnv = {
  ...process.env,
  NETCELL_CONTROL_DIR: join(folder, 'control'),
  NO_COLOR: '1',
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a verb to its end. */
export function netcell(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return run(cli, words, { env: { ...environment, ...env } }).outcome.then(withoutProgress);
}

/** What a scenario told: outcomes of commands by these names, and whatever else by others. */
export type Told<Names extends string> = Record<string, unknown> & Record<Names, Outcome>;

export interface Scenarios {
  /** Runs a scenario; a child that fails fails the test with what it wrote. */
  inside<T>(scenario: string): Promise<T>;
  /** What keeps scenarios from running here. */
  readonly obstacle: string | undefined;
  /** For the tests that need them. */
  readonly title: string;
}

/** The scenarios of a bundled script. */
export async function scenariosOf(script: string): Promise<Scenarios> {
  const start = (scenario: string) => {
    return run(script, [scenario, cli, folder], { env: environment }).outcome;
  };
  const obstacle = await whyNot(start);
  return {
    obstacle,
    title: `beside a kernel${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`,
    inside: async (scenario) => {
      const outcome = await start(scenario);
      expect(outcome.stderr).toBe('');
      expect(outcome).toMatchObject({ code: 0, signal: null });
      return JSON.parse(outcome.stdout);
    },
  };
}

async function whyNot(start: (scenario: string) => Promise<Outcome>): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'not Linux';
  try {
    closeSync(openSync('/dev/net/tun', constants.O_RDWR));
  } catch (error) {
    return (error as Error).message;
  }
  const probe = await start('probe');
  return probe.code === 0 ? undefined : probe.stderr.trim();
}
