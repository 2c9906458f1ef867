/**
 * `netcell ss` as ss(8) has it: the same options, filters and columns.
 *
 * Where the machine has the kernel's own ss, both are shown the same sockets and must show the same
 * rows.
 */
import { describe, expect, it } from 'vitest';
import { readFilter } from '../../host-node/cli/ss-filter.ts';
import type { TcpInfo } from '../../host-web/inspect.ts';
import { bundle } from './bundle.ts';
import { scenariosOf } from './cli-inside.ts';

const { inside, obstacle, title } = await scenariosOf(bundle('test/host/cli-ss-child.ts'));

const socket = {
  state: 'ESTABLISHED',
  localAddress: '10.9.0.2',
  localPort: 80,
  remoteAddress: '10.9.0.1',
  remotePort: 40_000,
} as unknown as TcpInfo;

describe('a filter', () => {
  it.each([
    ['', true],
    ['sport = :80', true],
    ['sport=:80', true],
    ['( sport = :80 or sport = :443 ) and dst 10.9.0.0/24', true],
    ['not ( sport = :80 or sport = :443 )', false],
    // As ss itself, and not as its manual: from left to right.
    ['sport = :80 or sport = :443 and dst 192.0.2.1', false],
    ['sport = :80 or sport = :443 dst 192.0.2.1', false],
    ['dst 192.0.2.1 and sport = :443 or sport = :80', true],
    ['sport = :80 or ( sport = :443 and dst 192.0.2.1 )', true],
    ['not sport = :443 dst 10.9.0.1', true],
    ['dst 10.9.0.1:40000', true],
    ['dst 10.9.0.1:40001', false],
    ['src fd00::1', false],
    ['src fd00::/8', false],
    ['not not sport :80', true],
  ])('%s', (text, isMatch) => {
    expect(readFilter(text.split(' ').filter((word) => word !== '')).matches(socket)).toBe(isMatch);
  });

  it.each([
    ['state', "'' is not a state; there are established, "],
    ['state open', "'open' is not a state"],
    ['state __proto__', "'__proto__' is not a state"],
    ['sport', 'the end of the filter should be what sport is compared with'],
    ['sport = )', "')' should be what sport is compared with"],
    ['( sport = :80', 'the end of the filter should be a closing parenthesis'],
    ['sport = :80 )', "')' does not belong there"],
    ['sport = :80 or', 'the end of the filter is neither src, dst, sport nor dport'],
    ['uid = 0', "'uid' is neither src, dst, sport nor dport"],
    ['sport = :nothing-called-so', "'nothing-called-so' is not a port"],
    ['sport = :65536', "'65536' is not a port"],
    ['dst 10.0.0.1/33', 'that is not an address'],
    ['dst 10.0.0', 'that is not an address'],
    ['dst inet6:10.0.0.1', 'that is not an address'],
    ['dst != 10.0.0.1', 'write  not dst 10.0.0.1'],
  ])('%s is a mistake', (text, sentence) => {
    expect(() => readFilter(text.split(' '))).toThrow(sentence);
  });
});

interface Up {
  readonly counted: Record<string, string>;
  readonly unknown: { code: number; stderr: string };
  readonly shown: Record<string, string>;
  readonly summary: unknown;
  readonly refused: { code: number; stderr: string }[];
  readonly pid: number;
}

describe.skipIf(obstacle !== undefined)(title, () => {
  let up: Promise<Up> | undefined;
  const upTold = () => (up ??= inside<Up>('up'));

  it('shows of the same sockets the rows that the kernel’s ss shows', async (test) => {
    const result = await inside<Record<string, { kernel: string[]; ours: string[] }>>('compare');
    if ('skipped' in result) test.skip(String(result.skipped));
    expect(Object.keys(result).length).toBeGreaterThan(40);
    for (const [command, { kernel, ours }] of Object.entries(result)) {
      expect([command, ...ours]).toEqual([command, ...kernel]);
    }
    // Not by showing nothing.
    const shown = Object.values(result).filter(({ kernel }) => kernel.length > 0);
    expect(shown.length).toBeGreaterThan(40);
  });

  it('says process, buffers, number and timers in its words', async () => {
    const { shown, pid } = await upTold();
    expect(shown['-tlnp']).toMatch(/^State +Recv-Q +Send-Q +Local Address:Port .* Process\n/);
    expect(shown['-tlnp']).toContain(` users:(("netcell",pid=${pid},fd=`);
    expect(shown['-tulpn']).toMatch(/^Netid +State .*\ntcp +LISTEN /);
    expect(shown['-tnm']).toMatch(/^ESTAB .*\n\t skmem:\(r0,rb\d+,t0,tb\d+,f0,w0,o0,bl0,d0\)$/m);
    expect(shown['-tne']).toMatch(/^ESTAB .* ino:0 sk:[0-9a-f]+$/m);
    expect(shown['-tno']).toMatch(/^ESTAB /m);
    expect(shown['-tniO']).toMatch(/^ESTAB .* ts sack /m);
    expect(shown['-n']).toMatch(/^LISTEN .*\n(?:.*\n)*ESTAB /m);
    expect(shown['dst 10.9.0.1']!.trim().split('\n')).toHaveLength(2);
    expect(shown['-ntr']).toBe(shown['-nt']);
  });

  it('counts sockets, and refuses what would change them, saying why', async () => {
    const { shown, summary, refused } = await upTold();
    const [counts] = shown['-s']!.split('\n\n');
    expect(counts).toMatch(
      /^Total: (\d+)\nTCP: {3}\1 \(estab 1, closed 0, orphaned 0, timewait 0\)$/,
    );
    expect(shown['-s']).toContain('\nTransport Total     IP        IPv6\nRAW\t  0 ');
    expect(shown['-s']).not.toContain('State');
    expect(shown['-st']).toContain(`${shown['-s']}State `);
    expect(summary).toMatchObject({ summary: { estab: 1, orphaned: 0, timewait: 0 } });
    expect(refused.map(({ code }) => code)).toEqual([2, 2]);
    expect(refused[0]!.stderr).toContain('closes none for who asks');
    expect(refused[1]!.stderr).toContain('watch netcell ss');
  });

  it('nstat tells what has been counted since it was last asked, in nstat’s columns', async () => {
    const { counted, unknown, pid } = await upTold();
    const heading = `#tun0 (process ${pid})\n`;
    const opens = `${heading}${'TcpPassiveOpens'.padEnd(32)}${'1'.padEnd(16)}   0.0\n`;
    expect(counted['-s Tcp*Opens']).toBe(opens);
    expect(counted['Tcp*Opens']).toBe(opens);
    expect(counted['Tcp*Opens again']).toBe(heading);
    expect(counted['-a Tcp*Opens']).toBe(opens);
    expect(counted['-az Udp*']).toMatch(/^UdpNoPorts +0 +0\.0$/m);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("'TcpMagic'") });
  });
});
