/**
 * How tests run the command line: as a process of its own, and scenarios of it in a network
 * namespace of their own. Where that can not be had, `obstacle` says why.
 *
 * Nothing is left where other tests, or their user's own netcell, would find it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { bundle, type Outcome, run } from './bundle.ts';
import { withoutProgress } from './cli-quiet.ts';
import { type Scenarios, scenariosBy } from './scenarios.ts';

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

/** The scenarios of a bundled script. */
export function scenariosOf(script: string): Promise<Scenarios> {
  return scenariosBy('beside a kernel', (scenario) => {
    return run(script, [scenario, cli, folder], { env: environment }).outcome;
  });
}
