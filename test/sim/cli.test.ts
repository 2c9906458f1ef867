/** `netcell sim`: what it prints, that it agrees with the library, and how it says no. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../host-web/sim/scenarios/index.ts';
import { count } from '../../host-web/sim/scenario.ts';
import { bundle, run } from '../host/bundle.ts';
import { made, VARIANTS } from './world.ts';

const cli = bundle('host-node/cli/index.ts');
const folder = mkdtempSync(join(tmpdir(), 'netcell-sim-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sim = (...words: string[]) => run(cli, ['sim', ...words]).outcome;

/** Lines of `states.txt`: id, packets, hash. */
const STATES = readFileSync(new URL('states.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

describe('netcell sim', () => {
  it('names every scenario and variant', async () => {
    const { stdout, code } = await sim('--list');
    expect(code).toBe(0);
    for (const { id, summary, variants = [] } of SCENARIOS) {
      expect(stdout).toContain(`${id.padEnd(20)} ${summary}`);
      for (const variant of variants) expect(stdout).toContain(variant.id);
    }
    const json = (await sim('--list', '--json')).stdout.trimEnd().split('\n');
    expect(json.map((line) => JSON.parse(line).id)).toEqual(SCENARIOS.map(({ id }) => id));
  });

  it('ends every scenario in the state the library does', async () => {
    const said = await Promise.all(
      SCENARIOS.map(async ({ id }) => (await sim(id, '-q', '--json')).stdout.trimEnd().split('\n')),
    );
    const lines = said.flat().map((line) => {
      const { scenario, packets, state, ok } = JSON.parse(line);
      expect(ok, scenario).toBe(true);
      return `${scenario.padEnd(24)} ${`${packets}`.padStart(4)} ${state}`;
    });
    expect(lines).toEqual(STATES);
  });

  it('prints the ladder with reasons, and what came of it', async () => {
    const { stdout, code } = await sim('handshake');
    expect(code).toBe(0);
    const ladders = readFileSync(new URL('ladders.txt', import.meta.url), 'utf8');
    const ladder = stdout.slice(stdout.indexOf('\n\n') + 2, stdout.indexOf('\n\n  ✓'));
    expect(ladders.startsWith(`handshake\n\n${ladder}\n`)).toBe(true);
    expect(stdout).toMatch(/\n {2}✓ \d+ expectations {3}3 packets {3}state [0-9a-f]{16}\n/);
  });

  it('runs one variant, and tells its events as JSON', async () => {
    const { stdout } = await sim('syn-lost/syn', '--json');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ scenario: 'syn-lost/syn', ok: true, packets: 5 });
    const lost = lines.find(({ kind }) => kind === 'loss');
    expect(lost).toMatchObject({ at: 0, host: 'A', packet: { flags: 'S', fate: 'lost' } });
  });

  it('takes a file, and fails where an expectation does', async () => {
    const good = join(folder, 'good.json');
    writeFileSync(good, JSON.stringify({ ...made(), expect: [count('A.syn', 1)] }));
    expect(await sim(good)).toMatchObject({ code: 0 });
    const bad = join(folder, 'bad.mjs');
    const spec = JSON.stringify({ ...made(), expect: [count('A.syn', 2)] });
    writeFileSync(bad, `export default ${spec}`);
    const { code, stdout } = await sim(bad);
    expect(code).toBe(1);
    expect(stdout).toContain('✕ A.syn happens 2 times, but it happened 1 times');
    expect(stdout).toContain('✕ 1 of 1 expectations');
  });

  it('gives every host the settings of --sysctl, before those of the scenario', async () => {
    const lengths = async (...words: string[]) => {
      const { stdout } = await sim(...words, '--json');
      const events = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      return events.flatMap(({ kind, packet }) => (kind === 'send' ? [packet.length] : []));
    };
    expect(await lengths('handshake')).toEqual([64, 64, 52]);
    const without = [52, 52, 40];
    expect(await lengths('handshake', '--sysctl', 'tcp_timestamps=0')).toEqual(without);
    const file = join(folder, 'own.json');
    const [A, B] = [{ sysctl: { tcp_timestamps: 1 } }, { sysctl: { tcp_timestamps: 1 } }];
    writeFileSync(file, JSON.stringify({ ...made(), hosts: { A, B }, expect: [] }));
    const settings = ['--sysctl', 'net.ipv4.tcp_timestamps=0'];
    expect(await lengths(file, ...settings)).toEqual(without);
  });

  it('says what is wrong', async () => {
    const unknown = await sim('handshake', '--sysctl', 'tcp_magic=1');
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('not a setting') });
    expect(await sim('flying')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--list'),
    });
    expect(await sim('handshake/x')).toMatchObject({ code: 2 });
    const several = await sim('refused', '--pcap', join(folder, 'x'));
    expect(several).toMatchObject({ code: 2, stderr: expect.stringContaining('refused/silent') });
    const nobody = await sim('handshake', '-q', '--pcap', join(folder, 'x'), '--host', 'Z');
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('no host Z') });
    expect(await sim(join(folder, 'missing.json'))).toMatchObject({ code: 1 });
    const strange = join(folder, 'strange.json');
    writeFileSync(
      strange,
      JSON.stringify({ ...made(), rules: [{ packet: 'x', verdict: 'drop' }] }),
    );
    const { code, stderr } = await sim(strange);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not a packet/),
    });
  });

  it('says what a file lacks to be a scenario', async () => {
    const file = join(folder, 'bare.json');
    writeFileSync(file, JSON.stringify({ id: 'bare' }));
    const { stderr, code } = await sim(file);
    expect(code).toBe(1);
    expect(stderr).toContain('a scenario needs hosts, steps, expect');
    expect(stderr).toContain('host-web/sim/scenarios/handshake.ts');
  });

  it('writes a capture', async () => {
    const file = join(folder, 'handshake.pcapng');
    expect(VARIANTS[0]!.id).toBe('handshake');
    expect(await sim('handshake', '-q', '--pcap', file)).toMatchObject({ code: 0 });
    const octets = readFileSync(file);
    expect(octets.readUInt32LE(0)).toBe(0x0a0d0d0a);
    expect(octets.length).toBeGreaterThan(300);
  });
});
