/**
 * How `netcell ss` finds and asks what runs: whose sockets it sees, what it believes, and what it
 * costs the process that is asked.
 *
 * A socket nobody listens on is what a killed process leaves, and also what a process has for a
 * moment between bind(2) and listen(2): the former is removed, the latter is not.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask, listRunning, offerControl } from '../../host-node/cli/control.ts';
import type { Device } from '../../host-node/cli/device.ts';
import { firstSockets, reportLines, ReportReader } from '../../host-node/cli/report.ts';
import { createStackSync } from '../../host-web/index.ts';
import { bundle, type Outcome } from './bundle.ts';
import { environment, netcell, scenariosOf, type Told } from './cli-inside.ts';

environment['NETCELL_OFFER'] = bundle('test/host/cli-offer.ts');
const { inside, obstacle, title } = await scenariosOf(bundle('test/host/cli-control-child.ts'));

const folder = mkdtempSync(join(tmpdir(), 'netcell-control-'));
const control = join(folder, 'control');
beforeEach(() => {
  rmSync(control, { recursive: true, force: true });
  vi.stubEnv('NETCELL_CONTROL_DIR', control);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

async function* text(...lines: string[]): AsyncGenerator<string> {
  for (const line of lines) yield line;
}

/** Asks the only process there is; answers its lines, or the sentence of what went wrong. */
async function askOnly(): Promise<string[] | string> {
  const [running] = listRunning();
  const lines: string[] = [];
  try {
    return (await ask(running!, (line) => lines.push(line))) ? lines : 'it is gone';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Leaves a socket nobody listens on, named as if it were of process `pid`, or of one now dead. */
function leaveSocket(pid?: number): string {
  const script = `const path = process.argv[1] + (process.argv[2] || process.pid) + '.sock';
    require('node:net').createServer().listen(path, () => {
      process.stdout.write(path, () => process.kill(process.pid, 'SIGKILL'));
    })`;
  const name = join(control, 'old-');
  const { stdout } = spawnSync(process.execPath, ['-e', script, name, `${pid ?? ''}`]);
  return String(stdout);
}

/** A process that answers as it likes. */
async function impostor(answer: (socket: Socket) => void): Promise<() => void> {
  mkdirSync(control, { recursive: true });
  const server = createServer((socket) => answer(socket.on('error', () => {})));
  await new Promise<void>((resolve) =>
    server.listen(join(control, `tun0-${process.pid}.sock`), resolve),
  );
  return () => server.close();
}

describe.skipIf(process.platform === 'win32')('the control socket', () => {
  it('is removed once its process is dead, not while it is about to listen', async () => {
    const stop = await offerControl('new', () => text('hello\n'));
    const [ofTheDead, ofTheLiving] = [leaveSocket(), leaveSocket(process.pid)];
    expect([existsSync(ofTheDead), existsSync(ofTheLiving)]).toEqual([true, true]);
    const answers = await Promise.all(listRunning().map((running) => ask(running, () => {})));
    expect(answers.sort()).toEqual([false, false, true]);
    expect([existsSync(ofTheDead), existsSync(ofTheLiving)]).toEqual([false, true]);
    stop();
    expect(listRunning('new')).toEqual([]);
  });

  it('is for every user to ask, whatever the umask, and heeds nothing it is sent', async () => {
    const umask = process.umask(0o077);
    const stop = await offerControl('tun0', () => text('one\n', 'two\n'));
    process.umask(umask);
    const [{ path, pid, uid, name } = { path: '' }] = listRunning();
    expect({ pid, uid, name }).toEqual({ pid: process.pid, uid: process.getuid?.(), name: 'tun0' });
    expect(statSync(control).mode & 0o777).toBe(0o755);
    expect(statSync(path).mode & 0o666).toBe(0o666);
    const rude = connect(path);
    rude.on('error', () => {}).end('{"do":"quit"}\n'.repeat(1000));
    let heard = '';
    for await (const part of rude.setEncoding('utf8')) heard += part;
    expect(heard).toBe('one\ntwo\n');
    expect(await askOnly()).toEqual(['one', 'two']);
    stop();
  });

  it('is refused where its folder is no folder, with a sentence', async () => {
    vi.stubEnv('NETCELL_CONTROL_DIR', '/dev/null/control');
    await expect(offerControl('tun0', () => text())).rejects.toThrow(/cannot make .*ENOTDIR/);
  });

  it.each([
    ['breaks off', (socket: Socket) => void socket.end('{"half":'), /breaks off$/],
    ['ends at once', (socket: Socket) => void socket.end(), /breaks off$/],
    [
      'has no end',
      (socket: Socket) => void socket.write('x'.repeat(1 << 20)),
      /says what is no report$/,
    ],
  ])('whoever %s is told by its process and user', async (_name, manner, sentence) => {
    const close = await impostor(manner);
    const said = await askOnly();
    expect(said).toMatch(/^the netcell on tun0 \(process \d+ of (root|user \d+)\) /);
    expect(said).toMatch(sentence);
    close();
  });
});

describe('a report', () => {
  const summary = '{"addresses":[],"counters":{},"fields":["state","localAddress","timer"]}';

  it('is read back as it was told', async () => {
    const stack = createStackSync({ address: '10.9.0.2/24' });
    for (const port of [80, 443]) stack.openListener({ port });
    const device = { stack, tun: { mtu: 1500 }, link: {}, sides: [] } as unknown as Device;
    const reader = new ReportReader(({ localPort }) => localPort === 443);
    for await (const part of reportLines(device)) {
      for (const line of part.trimEnd().split('\n')) reader.take(line);
    }
    const { sockets, mtu } = reader.end();
    expect(sockets).toEqual(stack.sockets().filter(({ localPort }) => localPort === 443));
    expect(mtu).toBe(1500);
    await stack.close();
  });

  it.each([
    ['{"no":"fields"}'],
    [`${summary}\n["ESTABLISHED\\u001b[2J","10.0.0.1",null]`],
    [`${summary}\n["LISTEN","10.0.0.1","\\u009b2J"]`],
    [`${summary}\n["LISTEN",{"toString":"x"},null]`],
    [`${summary}\n[1,"10.0.0.1",null]`],
    ['[]'],
    ['rubbish'],
  ])('%j is not believed', (said) => {
    const reader = new ReportReader(() => true);
    expect(() => said.split('\n').forEach((line) => reader.take(line))).toThrow();
  });

  it('costs a turn 1024 sockets at most, and a table of some those alone', async () => {
    const limits = { connections: 8192, listeners: 8192 };
    const stack = createStackSync({ address: '10.9.0.2/24', limits });
    for (let port = 1; port <= 5000; port++) stack.openListener({ port });
    const device = { stack, tun: { mtu: 1500 }, link: {}, sides: [] } as unknown as Device;
    const reads = vi.spyOn(stack.core, 'nextStatus');
    const lines = firstSockets(device, 32, false).split('\n');
    expect(reads.mock.calls.length).toBe(32);
    expect(lines).toHaveLength(34);
    expect(lines.at(-1)).toBe('… and 4968 more: netcell ss');
    reads.mockClear();
    const perTurn: number[] = [];
    const count = () => {
      perTurn.push(reads.mock.calls.length);
      reads.mockClear();
    };
    let turns = setImmediate(function again() {
      count();
      turns = setImmediate(again);
    });
    for await (const _ of reportLines(device));
    clearImmediate(turns);
    count();
    expect(perTurn.reduce((sum, reads) => sum + reads)).toBe(5001);
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(1025);
    await stack.close();
  });
});

describe.skipIf(obstacle !== undefined)(title, () => {
  it.skipIf(process.getuid?.() !== 0)(
    'root’s netcell is found by every user, whatever their shells’ variables are',
    async (test) => {
      const readable = await netcell(['--version']);
      if (readable.code !== 0) test.skip(readable.stderr);
      const result = await inside<Record<string, Outcome & number>>('users');
      const { asRoot, asUser, refused, both, pid } = result;
      expect(asRoot).toMatchObject({ code: 0, stderr: '' });
      expect(
        asRoot!.stdout.match(new RegExp(`users:\\(\\("netcell",pid=${pid},`, 'g')),
      ).toHaveLength(4);
      expect(asUser).toEqual(asRoot);
      // Its sockets are for everybody, what goes through them is not.
      expect(refused).toMatchObject({ code: 3, stdout: '' });
      expect(refused!.stderr).toContain('takes no orders from this user: only that user and root');
      // Another user's is found as well.
      expect(both!.stdout).toContain(':4711');
      expect(result.code).toBe(130);
    },
  );

  it.skipIf(process.getuid?.() !== 0)(
    'a folder that is somebody else’s keeps ss from finding a stack, and the stack from nothing',
    async () => {
      const result = await inside<Record<string, Outcome & string>>('folders');
      expect(result.page).toContain('netcell-0');
      expect(result.output).toMatch(
        / {2}netcell ss will not find this one: .*\/tmp\/netcell-0 belongs to user 65534$/m,
      );
      expect(result).toMatchObject({ code: 130, ss: { code: 1 } });
    },
  );

  it('a stack under load answers ss, and its page stays small', async () => {
    const result = await inside<Told<'table' | 'json'> & { page: string }>('load');
    expect(result.page!.length).toBeLessThan(12_000);
    expect(result.page).toMatch(/… and \d{3} more: netcell ss/);
    expect(result.table).toMatchObject({ code: 0, stderr: '' });
    // Its listener and 600 connections.
    expect(result.table!.stdout.trim().split('\n')).toHaveLength(601);
    expect(JSON.parse(result.json!.stdout).sockets.length).toBeGreaterThan(600);
    expect(result.answers).toBeGreaterThan(0);
    expect(result.code).toBe(130);
  });
});
