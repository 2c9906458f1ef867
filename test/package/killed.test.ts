/** Scripts of the checkout that are killed, in each way there is: nothing they started lives on. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { bundle, repository, run } from '../host/bundle.ts';

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** Living processes that have inherited this word, from whomever; what has ended has no words. */
function processesWith(word: string): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'utf8').includes(word)) return [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return [{ pid: Number(name), command }];
    } catch {
      return [];
    }
  });
}

type Victim = 'npm' | 'node' | 'group';

/** A script: how it is started, what its own process is called, and what tells that it is on. */
interface Script {
  readonly words: readonly string[];
  readonly own: RegExp;
  isOn(output: string, processes: readonly Process[]): boolean;
}

const PLAYGROUND: Script = {
  words: ['playground', '--', '--port', '0'],
  own: /^node test\/script\.mjs/,
  isOn: (output) => output.includes('http://'),
};
/** As it measures: its other process is in a system call. */
const BENCH: Script = {
  words: ['bench', '--', 'tun'],
  own: /cache\/netcell\/index-\w+\.mjs tun/,
  isOn: (_, processes) => processes.some(({ command }) => / sink$/.test(command)),
};

/**
 * Starts a script, kills npm's process, the script's or, as a terminal does, all of them, and waits
 * until none is left.
 *
 * SIGINT to npm's process alone ends nothing: it passes it on to a shell, which waits.
 */
async function kill(script: Script, victim: Victim, signal: NodeJS.Signals): Promise<number> {
  const word = `netcell-killed-${randomUUID()}`;
  const child = spawn('npm', ['run', ...script.words], {
    cwd: repository,
    env: { ...process.env, NETCELL_WORD: word },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const npm = child.pid!;
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  try {
    while (!script.isOn(output, processesWith(word))) {
      if (child.exitCode !== null) throw new Error(`it has ended: ${output}`);
      await pause(20);
    }
    const processes = processesWith(word);
    const own = processes.find(({ command }) => script.own.test(command));
    process.kill({ npm, node: own!.pid, group: -npm }[victim], signal);
    while (processesWith(word).length > 0) await pause(20);
    return processes.length;
  } finally {
    for (const { pid } of processesWith(word)) process.kill(pid, 'SIGKILL');
  }
}

const CASES: readonly [NodeJS.Signals, Victim][] = [
  ['SIGINT', 'group'],
  ['SIGTERM', 'npm'],
  ['SIGKILL', 'npm'],
  ['SIGINT', 'node'],
  ['SIGTERM', 'node'],
  ['SIGKILL', 'node'],
];

describe.skipIf(process.platform !== 'linux')('the playground', () => {
  it.each(CASES)('%s to its %s leaves no process', async (signal, victim) => {
    expect(await kill(PLAYGROUND, victim, signal)).toBeGreaterThan(2);
  });
});

const child = process.platform === 'linux' ? bundle('test/host/tun-child.ts') : '';
const hasNamespace = child !== '' && (await run(child, ['probe']).outcome).code === 0;

describe.skipIf(!hasNamespace)('the bench, with another process in a system call', () => {
  it.each(CASES)('%s to its %s leaves no process', async (signal, victim) => {
    expect(await kill(BENCH, victim, signal)).toBeGreaterThan(3);
  });
});
