/**
 * The TUN device against a real kernel.
 *
 * Every test runs `tun-child.ts` in a process that puts itself into a network namespace of its own
 * (`enterNamespace`), so nothing of the machine is touched and nothing is left. Where /dev/net/tun
 * or namespaces cannot be had, the whole is skipped and its title says why.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundle, type Outcome, run } from './bundle.ts';
import { scenariosBy } from './scenarios.ts';

const child = process.platform === 'linux' ? bundle('test/host/tun-child.ts') : '';

interface Failure {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
}

const { inside, obstacle, title } = await scenariosBy('a TUN device', (scenario) => {
  return run(child, [scenario]).outcome;
});

describe.skipIf(obstacle !== undefined)(title, () => {
  it('is set up by rtnetlink as asked, and disappears on close', async () => {
    const result = await inside<Record<string, unknown>>('set-up');
    expect(result).toMatchObject({
      tun: { name: 'cell0', mtu: 1400, vnetHeaderSize: 10 },
      link: { name: 'cell0', mtu: 1400, queueLength: 700, up: true },
      inProc: true,
    });
    expect(result.addresses).toEqual(expect.arrayContaining(['10.9.0.1/24', 'fd00:9::1/64']));
    expect(result.left).not.toContain('cell0');
    expect(result.left).toContain('lo');
  });

  it('takes a peer address, and routes over it', async () => {
    const { twice } = await inside<{ twice: Failure }>('peer');
    expect(twice.code).toBe('EEXIST');
    expect(twice.message).toMatch(/^cannot add a route to 10\.9\.2\.0\/24 over tun0: .*EEXIST\)$/);
  });

  const exchanged = {
    udp4: { asked: 'ping', answer: 'pong', from: '10.9.0.2', flags: 0 },
    udp6: { asked: 'ping', answer: 'pong', from: 'fd00:9::2', flags: 0 },
    echo4: 'hello, kernel',
    echo6: 'hello, kernel',
  };

  it('exchanges datagrams and echoes with the kernel in both families', async () => {
    expect(await inside('exchange')).toEqual(exchanged);
  });

  it('does the same where it must wait on a thread', async () => {
    expect(await inside('exchange-thread')).toEqual(exchanged);
  });

  it('attaches to a persistent interface and leaves it as it is', async () => {
    expect(await inside('attach')).toEqual({ mtu: 1380, name: 'held' });
  });

  it('says who holds a name, and what is missing', async () => {
    const result = await inside<Record<string, Failure>>('name-in-use');
    expect(result.created).toMatchObject({ code: 'EBUSY', exitCode: 1 });
    expect(result.created?.message).toMatch(/\n {2}choose another name; .* {2}ip -details link/);
    expect(result.attached?.code).toBe('EBUSY');
    expect(result.attached?.message).toMatch(
      /another process holds it\n {2}choose .* {2}sudo grep /,
    );
    expect(result.loopback?.code).toBe('EINVAL');
    expect(result.missing?.code).toBe('ENODEV');
    expect(result.missing?.message).toContain('sudo ip tuntap add dev nobody mode tun');
  });

  it('refuses options that cannot work', async () => {
    const result = await inside<Record<string, Failure>>('options');
    for (const failure of Object.values(result)) expect(failure.code).toBe('EINVAL');
    expect(result.mtu6?.message).toContain('IPv6 takes an MTU of 1280');
  });

  it('refuses an address that clashes, and takes one that does not', async () => {
    const result = await inside<{ inside: Failure; narrower: string; links: string[] }>('clash');
    expect(result.inside.code).toBe('EEXIST');
    expect(result.inside.message).toMatch(
      / on tun0, .*\n {2}choose another prefix; .* {2}ip -brief addr$/,
    );
    // The interface of the failed attempt is gone: its number was free again.
    expect(result.narrower).toBe('tun1');
    expect(result.links.sort()).toEqual(['lo', 'tun0', 'tun1']);
  });

  it('keeps its addresses, of both families, while it is down', async () => {
    const { before, after } = await inside<{ before: string[]; after: string[] }>('down');
    expect(before.sort()).toEqual(['10.9.0.1/24', 'fd00:9::1/64']);
    expect(after.sort()).toEqual(before);
  });

  it('notices that the interface was deleted', async () => {
    const result = await inside<{ noticed: string; sent: Failure; closed: Failure }>('deleted');
    expect(result.noticed).toBe('EBADFD');
    expect(result.sent.code).toBe('EBADFD');
    expect(result.closed.code).toBe('EBADF');
  });

  it('drops while the interface is down, and refuses what is no packet', async () => {
    const result = await inside<{ up: boolean; down: boolean; nonsense: Failure }>('drops');
    expect(result).toMatchObject({ up: true, down: false, nonsense: { code: 'EINVAL' } });
  });

  it('rethrows what the callback of watch throws', async () => {
    expect(await inside('throws')).toEqual({ message: 'from the callback' });
  });

  it.each(['loop', 'thread'])('lets the process end once unreferenced (%s)', async (waiting) => {
    await inside(`unref-${waiting}`);
  });

  it('names the missing device node', async () => {
    const { outcome } = run(child, ['open'], {
      env: { ...process.env, NETCELL_TUN_DEVICE: '/nowhere/tun' },
    });
    const failure = JSON.parse((await outcome).stdout) as Failure;
    expect(failure).toMatchObject({ code: 'ENOENT', exitCode: 1 });
    expect(failure.message).toMatch(/^cannot open \/nowhere\/tun: ENOENT/);
  });
});

describe.skipIf(obstacle !== undefined)('a namespace of our own', () => {
  it('starts the same program with the same arguments and gives its exit code', async () => {
    const { child: process_, outcome } = run(child, ['exit-code', 'inside', '--flag', 'a b']);
    const { stdout, code } = await outcome;
    expect(code).toBe(42);
    expect(JSON.parse(stdout)).toEqual({
      argv: ['exit-code', 'inside', '--flag', 'a b'],
      execArgv: ['--enable-source-maps'],
    });
    expect(process_.pid).toBeGreaterThan(0);
  });

  it('is the same process, so a signal needs nobody to pass it on', async () => {
    const { child: process_, outcome } = run(child, ['wait-for-signal']);
    process_.stdout?.once('data', (line: string) => {
      expect(JSON.parse(line)).toEqual({ pid: process_.pid });
      process_.kill('SIGTERM');
    });
    expect(await outcome).toMatchObject({ code: 7, signal: null });
  });

  it('does not start over for ever', async () => {
    const here = readlinkSync('/proc/self/ns/net');
    const { outcome } = run(child, ['probe'], { env: { ...process.env, NETCELL_OUTSIDE: here } });
    expect(await outcome).toMatchObject({ code: 3, stdout: '' });
  });

  it('leaves the machine as it was', async () => {
    const before = Object.keys(networkInterfaces());
    await inside('set-up');
    expect(Object.keys(networkInterfaces())).toEqual(before);
  });
});

describe.skipIf(obstacle !== undefined)('a program with a TUN device', () => {
  const program = obstacle === undefined ? bundle('test/host/tun-program.ts') : '';

  /** What a program says that ends by itself, without a word of complaint. */
  async function said(name: string): Promise<unknown> {
    const outcome = await run(program, [name]).outcome;
    expect(outcome.stderr).toBe('');
    expect(outcome).toMatchObject({ code: 0, signal: null });
    return JSON.parse(outcome.stdout);
  }

  it('attaches a stack to it', async () => {
    const got = Array(2).fill('by the kernel');
    expect(await said('attach')).toEqual({ got, isLink: true, link: null });
  });

  it('makes a link of it, whose packets it counts', async () => {
    const counted = { sent: true, received: true, dropped: 0 };
    expect(await said('link')).toEqual({ got: 'by the kernel', ...counted });
  });

  it('is told that it was deleted, and attaches another', async () => {
    expect(await said('deleted')).toEqual({ told: ['EBADFD'], got: 'by the kernel' });
  });

  it('may stand still: what the kernel has acknowledged meanwhile is not sent again', async () => {
    expect(await said('stalled')).toEqual({ state: 'ESTABLISHED', losses: [0, 0, 0] });
  });
});

/** The user `nobody`: what a process may do that is not root. */
const nobody = { uid: 65534, gid: 65534 };

describe.skipIf(obstacle !== undefined || process.getuid?.() !== 0)('without root', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netcell-tun-'));
  const node = join(folder, 'tun');
  chmodSync(folder, 0o755);
  afterAll(() => rmSync(folder, { recursive: true }));

  function asNobody(args: string[], mode: string): Promise<Outcome> {
    rmSync(node, { force: true });
    // Linux's fixed number for the driver (Documentation/admin-guide/devices.txt).
    execFileSync('mknod', ['-m', mode, node, 'c', '10', '200']);
    const env = { ...process.env, NETCELL_TUN_DEVICE: node };
    return run(child, args, { ...nobody, env, cwd: '/' }).outcome;
  }

  it('works in a user namespace where the device admits everybody', async (context) => {
    const probe = await asNobody(['probe'], '666');
    if (probe.code !== 0) return context.skip(probe.stderr.trim());
    const { stdout, stderr } = await asNobody(['exchange'], '666');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ echo4: 'hello, kernel', echo6: 'hello, kernel' });
  });

  it('says how to be admitted to the device', async () => {
    const { stdout } = await asNobody(['open', 'outside'], '600');
    const failure = JSON.parse(stdout) as Failure;
    expect(failure).toMatchObject({ code: 'EACCES', exitCode: 3 });
    expect(failure.message).toMatch(/sudo chmod 0666 .*\/tun$/);
  });

  it('says how to be given an interface', async () => {
    const { stdout } = await asNobody(['open', 'outside'], '666');
    const failure = JSON.parse(stdout) as Failure;
    expect(failure).toMatchObject({ code: 'EPERM', exitCode: 3 });
    expect(failure.message).toContain('sudo ip tuntap add dev tun0 mode tun user $USER');
  });
});
