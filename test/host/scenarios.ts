/**
 * Scenarios that need a namespace of their own: each is a child process on a bundled script, which
 * prints what it has found as JSON. The script's scenario `probe` says whether it can be had.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { expect } from 'vitest';
import type { Outcome } from './bundle.ts';

export interface Scenarios {
  /** Runs a scenario; a child that fails fails the test with what it wrote. */
  inside<T>(scenario: string): Promise<T>;
  /** What keeps scenarios from running here. */
  readonly obstacle: string | undefined;
  /** For the tests that need them: what is tested, and the obstacle. */
  readonly title: string;
}

/** The scenarios that `start` runs. */
export async function scenariosBy(
  what: string,
  start: (scenario: string) => Promise<Outcome>,
): Promise<Scenarios> {
  const obstacle = await whyNot(start);
  return {
    obstacle,
    title: obstacle === undefined ? what : `${what} (skipped: ${obstacle})`,
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
