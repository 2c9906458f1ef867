/**
 * What keeps a process: with `netcell/net` what does with `node:net`, and nothing besides. A handle
 * that listens, connects or reads does; connections nobody waits for, and their timers, do not.
 */
import { describe, expect, it } from 'vitest';
import { bundle, run } from './bundle.ts';

const script = bundle('test/host/alive-child.ts');

/** The exit code: 9 is of one that was kept until it was told to end. */
async function codeOf(scenario: string): Promise<number | null> {
  const { code, stderr } = await run(script, [scenario]).outcome;
  expect(stderr).toBe('');
  return code;
}

describe('a process ends by itself', () => {
  it.each([
    ['with two stacks and nothing else', 'nothing'],
    ['with a server and a connection that are not referenced', 'unreferenced'],
    ['with an idle connection of a keep-alive agent', 'agent'],
    ['with a connection in FIN-WAIT-2 that its program has let go of', 'halfClosed'],
    ['with a connection that was let go of, its text unread', 'unread'],
  ])('%s', async (_, scenario) => {
    expect(await codeOf(scenario)).toBe(0);
  });
});

describe('a process goes on', () => {
  it.each([
    ['with a server that listens', 'listening'],
    ['with a connection that reads', 'reading'],
  ])('%s', async (_, scenario) => {
    expect(await codeOf(scenario)).toBe(9);
  });
});
