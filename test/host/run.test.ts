/**
 * `netcell run`: programs nobody wrote for netcell, on it, with all they start; and where that can
 * not be, they do not begin, rather than run on the kernel.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageUnderTest } from '../package/entries.ts';
import { INSTALL, installed } from '../runtimes/installed.ts';
import { bundle, type Outcome, repository, run } from './bundle.ts';
import { environment, folder } from './cli-inside.ts';
import { scenariosBy } from './scenarios.ts';

const script = bundle('test/host/run-child.ts');
// What is loaded before a program lies beside the command line, in the build and in the package.
const cli = join(packageUnderTest() ?? repository, 'build/cli.js');
/** What a program runs on, whatever the command line does. */
const NODES = ['26'].map((major) => [`Node ${major}`, installed(`node-${major}`, 'bin/node')]);
const env = {
  ...environment,
  NETCELL_PROGRAMS: join(repository, 'test/host/programs'),
  NETCELL_NODES: JSON.stringify(Object.fromEntries(NODES)),
};
const { inside, obstacle, title } = await scenariosBy('beside a kernel', (scenario) => {
  return run(script, [scenario, cli, folder], { env }).outcome;
});

interface Ended {
  code: number | null;
  output: string;
}

interface Clustered extends Ended {
  answers: string[];
  isWhole: boolean;
  handed: string;
  written: string;
}

interface Shared extends Ended {
  bare: string;
  outside: string;
  ss: string;
}

describe.skipIf(obstacle !== undefined)(title, () => {
  it('a web server is the stack’s, loses none of 1,000 requests, and is seen by ss', async () => {
    type Told = Ended & Record<'isKernels' | 'isDirect', boolean>;
    const told = await inside<Told & { answers: string[]; ss: Outcome }>('server');
    expect(told.answers).toEqual(['/ for ::ffff:10.9.0.1']);
    expect(told.isKernels).toBe(false);
    // As nobody else of the program speaks.
    expect(told.isDirect).toBe(true);
    expect(told.ss.stdout).toMatch(/LISTEN .*\*:3000/);
    expect(told.output).toBe('listening: /itself for ::ffff:127.0.0.1\n');
    expect(told.code).toBe(0);
  });

  const programs = [['this Node', ''], ...NODES.map(([name]) => [name, ` ${name}`])];
  for (const [i, [name, suffix]] of programs.entries()) {
    const isMissing = i > 0 && NODES[i - 1]![1] === undefined;
    it.skipIf(isMissing)(`its datagrams are the stack's, too: ${name}`, async () => {
      type Told = Ended & Record<'udp' | 'tcp', string> & { answers: string[]; isKernels: boolean };
      const told = await inside<Told>(`datagrams${suffix}`);
      const from = ' from ::ffff:10.9.0.1';
      expect(told.answers).toEqual([`first${from}`, `many x${from}`, `end${from}`]);
      expect(told.isKernels).toBe(false);
      expect(told.udp).toMatch(/^UNCONN +0 +0 +\*:4000 +\*:\*$/m);
      expect(told.tcp).not.toContain(':4000');
      const itself = 'asked from ::ffff:127.0.0.1';
      expect(told.output).toBe(`${itself}\nasked from 10.9.0.2\nworker at 4000\nlistening\n`);
      expect(told.code).toBe(0);
    });
  }

  const families = [
    ['this Node', process.execPath, 'family'],
    ['by --import alone', process.execPath, 'loaded'],
    ...NODES.map(([name, node]) => [name, node, name]),
  ];
  for (const [name, node, scenario] of families) {
    const which = node === undefined ? `${name} (skipped: ${INSTALL})` : name;
    it.skipIf(node === undefined)(`what it starts has stacks of its own: ${which}`, async () => {
      const { code, lines } = await inside<{ code: number; lines: string[] }>(scenario!);
      expect(code).toBe(0);
      const read = lines.map((line) => /^(\S+) at ::ffff:10\.9\.0\.(\d+)$/.exec(line)?.slice(1));
      expect(read.map((found) => found?.[0])).toEqual([
        'bare',
        'bare-worker',
        'first',
        'forked',
        'waited-for',
        'worker',
      ]);
      for (const [role, host] of read as [string, string][]) {
        if (role === 'first') expect(host).toBe('2');
        else expect(Number(host)).toBeGreaterThan(2);
      }
    });
  }

  const clusters = [
    ['this Node', process.execPath, 'cluster'],
    ...NODES.map(([name, node]) => [name, node, `cluster ${name}`]),
  ];
  for (const [name, node, scenario] of clusters) {
    const which = node === undefined ? `${name} (skipped: ${INSTALL})` : name;
    it.skipIf(node === undefined)(`workers of node:cluster serve: ${which}`, async () => {
      const told = await inside<Clustered>(scenario!);
      const workers = told.answers.map((answer) => / by (\d) for /.exec(answer)?.[1]);
      expect(told.answers.map((answer) => answer.replace(/by \d/, 'by one'))).toEqual(
        workers.map((_, i) => `/${i} by one for ::ffff:10.9.0.1 at 3000`),
      );
      expect(workers.toSorted()).toEqual(['1', '1', '1', '2', '2', '2']);
      expect(told.isWhole).toBe(true);
      expect(told.handed).toBe('take this sent to 1 for ::ffff:10.9.0.1');
      expect(told.written).toMatch(/ECONNRESET|EPIPE/);
      const said = ['sent: ERR_INVALID_HANDLE_TYPE', 'listening: 4000', 'error: read ECONNRESET'];
      expect(told.output.trim().split('\n')).toEqual([...said, 'all have ended']);
      expect(told.code).toBe(0);
    });
  }

  const sharing = [
    ['this Node', process.execPath, 'shared'],
    ...NODES.map(([name, node]) => [name, node, `shared ${name}`]),
  ];
  for (const [name, node, scenario] of sharing) {
    const which = node === undefined ? `${name} (skipped: ${INSTALL})` : name;
    it.skipIf(node === undefined)(`its processes share localhost: ${which}`, async () => {
      const told = await inside<Shared>(scenario!);
      expect(told.output).toBe(told.bare);
      expect(told.output).toMatch(/^first at 127\.0\.0\.1, child: 127\.0\.0\.1 to .*ports agree$/m);
      expect(told.output).toMatch(/^left: end\nkilled: ECONNREFUSED 127\.0\.0\.1$/m);
      expect(told.code).toBe(0);
      expect(told.outside).toBe('ECONNREFUSED');
      expect(told.ss.match(/^ESTAB .* 127\.0\.0\.1:4000(?: .*)?$/gm)).toHaveLength(2);
      expect(told.ss).not.toContain('fd6e');
    });
  }

  it('what it has sent when it exits arrives, and an end behind it', async () => {
    expect(await inside('leaving')).toEqual({ code: 7, received: 10_000, ends: 1 });
  });

  it('what is left to the kernel is as it is without a stack', async () => {
    const told = await inside<{ bare: Outcome; run: Outcome }[]>('outside');
    for (const { bare, run } of told) {
      expect(bare.stdout).toMatch(/^address: 127.*\n(.*\n)+http: HPE/);
      expect(run).toEqual(bare);
    }
  });

  it('without its device its connections end, and it goes on', async () => {
    const { code, output } = await inside<Ended>('cutOff');
    expect(output).toContain('far: ENETDOWN\n');
    expect(output).toContain('again: ENETDOWN\n');
    expect(output).toContain('local: still there\n');
    expect(code).toBe(0);
  });

  it('does not begin where something else would have its sockets', async () => {
    const told = await inside<Record<string, Ended>>('refused');
    const refusals: readonly [string, number, RegExp][] = [
      ['late', 1, /loaded node:net or node:dgram before/],
      ['permission', 1, /node --permission refuses them/],
      ['noProgram', 2, /PROGRAM is missing/],
      ['notThere', 1, /cannot start no-such-program: .*ENOENT/],
      ['json', 2, /there is no flag --json/],
      ['noHost', 2, /--kernel is an address.*'10\.0\.0'/],
      ['noName', 1, /cannot look up 'no-such\.invalid'/],
      ['setting', 2, /--sysctl: .*tcp_nothing/],
    ];
    for (const [name, code, sentence] of refusals) {
      expect(told[name]).toMatchObject({ code, output: expect.stringMatching(sentence) });
    }
    expect(Object.values(told).map(({ output }) => output.includes('begun'))).not.toContain(true);
    expect([told.code!.code, told.signal!.code]).toEqual([7, 143]);
  });
});
