/** Scripts of the checkout that are killed, in each way there is: nothing they started lives on. */
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  /** It builds, so it is run where nobody looks for what is built. */
  readonly isInCopy?: boolean;
  readonly needsNamespace?: boolean;
}

const runs = (command: RegExp) => (_: string, processes: readonly Process[]) =>
  processes.some((one) => command.test(one.command));
const COMPILER = /--enable-source-maps .*asc/;
const SCRIPT = /^\S*node test\/script\.mjs/;

/** How each script of package.json is, at a time when it has a process of its own to lose. */
const SCRIPTS: Readonly<Record<string, readonly Script[]>> = {
  build: [
    { words: [], own: /^\S*node assembly\/build\.mjs/, isOn: runs(COMPILER), isInCopy: true },
  ],
  start: [
    {
      words: ['--size', '256m'],
      own: /^\S*node .*cli\.js demo/,
      isOn: (output) => output.includes('NETCELL'),
    },
  ],
  playground: [
    { words: ['--port', '0'], own: SCRIPT, isOn: (output) => output.includes('http://') },
    { words: ['--port', '0'], own: SCRIPT, isOn: runs(COMPILER), isInCopy: true },
  ],
  test: [
    { words: ['test/tidy'], own: /^\S*node test\/run\.mjs/, isOn: runs(COMPILER), isInCopy: true },
  ],
  bench: [
    {
      words: ['bulk'],
      own: /^\S*node .*cache\/netcell\/index-\w+\.mjs bulk/,
      // As it measures: its other processes are in system calls.
      isOn: runs(/netcell\/peer-\w+\.mjs/),
      needsNamespace: true,
    },
  ],
  'bench:flood': [
    {
      words: [],
      own: /^\S*node .*cache\/netcell\/flood-\w+\.mjs/,
      isOn: runs(/netcell\/flooder-\w+\.mjs/),
      needsNamespace: true,
    },
  ],
  'bench:loss': [
    {
      words: [],
      own: /^\S*node .*cache\/netcell\/index-\w+\.mjs/,
      isOn: runs(/netcell\/peer-\w+\.mjs/),
      needsNamespace: true,
    },
  ],
  'bench:against': [{ words: ['HEAD'], own: SCRIPT, isOn: runs(COMPILER), isInCopy: true }],
  'bench:profile': [{ words: [], own: SCRIPT, isOn: runs(COMPILER), isInCopy: true }],
  'bench:scale': [{ words: [], own: SCRIPT, isOn: runs(SCRIPT) }],
  fuzz: [{ words: [], own: SCRIPT, isOn: runs(SCRIPT) }],
  mutations: [{ words: [], own: SCRIPT, isOn: runs(COMPILER), isInCopy: true }],
};

/** Scripts that are over within seconds by themselves, and begin nothing that goes on. */
const SHORT = ['prepare', 'ledger', 'test:core', 'test:node', 'lint', 'check'];
/** The script of another that is killed here, by a flag. */
const SAME = ['test:apps'];

/** A checkout without anything built, and a folder for temporary files, for all of these. */
const temporary = mkdtempSync(join(tmpdir(), 'netcell-killed-'));
const copy = join(temporary, 'copy');

/** As a shell's: a vitest's own words would make another of what it starts. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$|^NODE_ENV$|^npm_/.test(name)),
);

beforeAll(() => {
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=n', ...words], { cwd: copy });
  for (const name of ['assembly', 'host-web', 'host-node']) {
    cpSync(join(repository, name), join(copy, name), { recursive: true });
  }
  cpSync(join(repository, 'test'), join(copy, 'test'), {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  for (const name of readdirSync(repository).filter((name) => /\.(json|ts|md)$/.test(name))) {
    cpSync(join(repository, name), join(copy, name));
  }
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
  writeFileSync(join(copy, '.gitignore'), 'node_modules\nbuild\n');
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'A copy');
});

afterAll(() => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 }));

/**
 * Starts a script, kills npm's process, the script's or, as a terminal does, all of them, and waits
 * until none is left.
 *
 * SIGINT to npm's process alone ends nothing: it passes it on to a shell, which waits.
 */
async function kill(script: Script, signal: NodeJS.Signals, victim: Victim): Promise<number> {
  const word = `netcell-killed-${randomUUID()}`;
  const child = spawn('npm', ['run', ...script.words], {
    cwd: script.isInCopy ? copy : repository,
    env: { ...environment, NETCELL_WORD: word, TMPDIR: temporary },
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
    if (own === undefined) throw new Error(`none of these is it: ${JSON.stringify(processes)}`);
    process.kill({ npm, node: own.pid, group: -npm }[victim], signal);
    while (processesWith(word).length > 0) await pause(20);
    return processes.length;
  } finally {
    for (const { pid } of processesWith(word)) process.kill(pid, 'SIGKILL');
  }
}

const CASES: readonly [NodeJS.Signals, Victim][] = [
  ['SIGINT', 'group'],
  ['SIGTERM', 'npm'],
  ['SIGHUP', 'npm'],
  ['SIGKILL', 'npm'],
  ['SIGINT', 'node'],
  ['SIGTERM', 'node'],
  ['SIGHUP', 'node'],
  ['SIGKILL', 'node'],
];

const child = process.platform === 'linux' ? bundle('test/host/tun-child.ts') : '';
const hasNamespace = child !== '' && (await run(child, ['probe']).outcome).code === 0;

describe.skipIf(process.platform !== 'linux')('a script of package.json', () => {
  it('is killed here, or is short', () => {
    const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    const names = [...Object.keys(SCRIPTS), ...SHORT, ...SAME];
    expect(names.sort()).toEqual(Object.keys(scripts).sort());
  });

  for (const [name, list] of Object.entries(SCRIPTS)) {
    for (const one of list) {
      const script = { ...one, words: [name, '--', ...one.words] };
      const title = [name, ...one.words].join(' ') + (one.isInCopy ? ', not yet built' : '');
      it.skipIf(script.needsNamespace && !hasNamespace).each(CASES)(
        `${title}: %s to its %s leaves no process`,
        async (signal, victim) => {
          expect(await kill(script, signal, victim)).toBeGreaterThan(2);
        },
      );
    }
  }
});
