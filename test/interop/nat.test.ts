/**
 * A program on a stack and the hosts beyond its own: by `--nat`, which leaves the host as it was,
 * or by the kernel; and without either its user is told.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundle, repository, run } from '../host/bundle.ts';
import { environment, folder } from '../host/cli-inside.ts';
import { scenariosBy } from '../host/scenarios.ts';
import { has } from './machine.ts';

const script = bundle('test/interop/nat-child.ts');
const cli = join(repository, 'build/cli.js');
const env = { ...environment, NETCELL_PROGRAMS: join(repository, 'test/host/programs') };
const { inside, obstacle, title } = await scenariosBy('a host beyond', (scenario) => {
  return run(script, [scenario, cli, folder], { env }).outcome;
});
const missing = ['nft', 'iptables', 'ip', 'unshare'].filter((program) => !has(program));
const lacks = missing.length === 0 ? '' : ` (skipped: ${missing.join(', ')} missing)`;

interface Settings {
  rules: string;
  files: string[];
}

interface Asked {
  code: number;
  said: string;
  during: Settings;
  after: Settings;
}

/** What servers beyond say of a program that reaches them under its host's addresses. */
const ANSWERS = [
  '198.51.100.130: for ::ffff:198.51.100.129',
  '2001:db8::130: for 2001:db8::129',
];

describe.skipIf(obstacle !== undefined || missing.length > 0)(`${title}${lacks}`, () => {
  it('is reached by --nat, by nft or iptables, and all is taken back', async () => {
    type Told = Record<'nft' | 'iptables' | 'again', Asked> & { before: Settings; left: string };
    const told = await inside<Told & { none: { code: number; said: string } }>('forwarded');
    const { before, nft, iptables, again, left, none } = told;
    expect(before.rules).toContain('192.0.2.0/24');
    for (const { code, said, during } of [nft, iptables, again]) {
      expect(said.split('\n').slice(0, 2)).toEqual(ANSWERS);
      expect(code).toBe(143);
      expect(during.rules).toContain('10.9.0.0/24');
      expect(during.files).toContain('/proc/sys/net/ipv4/conf/near/forwarding 1');
      // Or the host would forget its routers.
      expect(during.files).toContain('/proc/sys/net/ipv6/conf/lo/accept_ra 2');
    }
    expect(nft.during.rules).toContain('netcell_tun0');
    expect(iptables.during.rules).not.toContain('netcell_tun0');
    expect(nft.after).toEqual(before);
    expect(iptables.after).toEqual(before);
    // A run that was killed has left all it had set, which the next has replaced, and taken back.
    expect(left.match(/chain out/g)).toHaveLength(2);
    expect(again.during.rules.match(/chain out/g)).toHaveLength(2);
    expect(again.after).toEqual(before);
    expect(none.code).toBe(1);
    expect(none.said).toMatch(/nft or iptables, and neither is here\n.*install nftables/);
  });

  it('is beyond reach without, which is said once, but not by the kernel', async () => {
    type Told = { alone: string; kernel: Asked; dropped: string };
    const { alone, kernel, dropped } = await inside<Told>('told');
    expect(alone.match(/198\.51\.100\.130 is beyond the stack's network/g)).toHaveLength(1);
    expect(alone).toMatch(/netcell run --nat .*\n.*netcell run --kernel '\*'/);
    expect(kernel.said.split('\n').slice(0, 2)).toEqual(ANSWERS);
    expect(kernel.during.rules).not.toContain('10.9.0.0');
    expect(dropped).toMatch(/nft's chain guard of table ip others drops what is forwarded.*tun0/);
  });
});
