/**
 * netcell and the kernel's TCP, over a TUN device: both roles, both families, every way to end, and
 * tshark's opinion of what crossed.
 *
 * Each scenario runs in `kernel-child.ts`, in a network namespace of its own. Where that can not be
 * had, or a program is missing, what needs it is skipped, and the title says why.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundle, run } from '../host/bundle.ts';
import { has, obstacleOf, spoiled, tshark } from './machine.ts';

const child = process.platform === 'linux' ? bundle('test/interop/kernel-child.ts') : '';
const folder = mkdtempSync(join(tmpdir(), 'netcell-interop-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a scenario; a child that fails fails the test with what it wrote. */
async function inside<T>(scenario: string, argument = ''): Promise<T> {
  const outcome = await run(child, [scenario, argument]).outcome;
  expect(outcome.stderr).toBe('');
  expect(outcome).toMatchObject({ code: 0, signal: null });
  return JSON.parse(outcome.stdout) as T;
}

const obstacle = await obstacleOf(child);
const title = `the kernel's TCP${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`;

describe.skipIf(obstacle !== undefined)(title, () => {
  it('exchanges 64 MiB each way, in both roles and families, octet for octet', async () => {
    const results = await inside<{ mbitPerSecond: number[] }[]>('transfer', String(64 << 20));
    const equal = { there: true, back: true };
    expect(results).toEqual([
      { client: 'kernel', version: 4, ...equal, mbitPerSecond: expect.any(Array) },
      { client: 'netcell', version: 4, ...equal, mbitPerSecond: expect.any(Array) },
      { client: 'kernel', version: 6, ...equal, mbitPerSecond: expect.any(Array) },
      { client: 'netcell', version: 6, ...equal, mbitPerSecond: expect.any(Array) },
    ]);
  });

  const withSs = has('ss') ? '' : ' (kernel states not compared: iproute2 is missing)';
  it(`agrees on the state at each step of a close${withSs}`, async () => {
    const kernelFirst = [
      ['ESTAB', 'ESTABLISHED'],
      ['FIN-WAIT-2', 'CLOSE-WAIT'],
      ['TIME-WAIT', 'none'],
    ];
    const netcellFirst = [
      ['ESTAB', 'ESTABLISHED'],
      ['CLOSE-WAIT', 'FIN-WAIT-2'],
      ['none', 'TIME-WAIT'],
    ];
    const seen = (steps: string[][]) => {
      return has('ss') ? steps : steps.map(([, netcell]) => [null, netcell!]);
    };
    expect(await inside('states')).toEqual({
      kernelOpensAndCloses: { steps: seen(kernelFirst), text: 'still here' },
      kernelOpensNetcellCloses: { steps: seen(netcellFirst), text: 'still here' },
      netcellOpensAndCloses: { steps: seen(netcellFirst), text: 'still here' },
      netcellOpensKernelCloses: { steps: seen(kernelFirst), text: 'still here' },
    });
  });

  it('refuses and resets, and is refused and reset', async () => {
    expect(await inside('resets')).toEqual({
      'kernel refused 4': 'ECONNREFUSED',
      'kernel refused 6': 'ECONNREFUSED',
      'netcell refused 4': 'ECONNREFUSED',
      'netcell refused 6': 'ECONNREFUSED',
      'kernel is reset 4': 'ECONNRESET',
      'kernel is reset 6': 'ECONNRESET',
      'netcell is reset 4': 'ECONNRESET',
      'netcell is reset 6': 'ECONNRESET',
      'destroy with unread text': 'ECONNRESET',
      counted: true,
    });
  });

  it('RFC 3168: agrees on ECN, echoes marks, and slows down for them, in both roles', async () => {
    const said = {
      kernel: has('ss') ? ['ecn', 'ecnseen'] : null,
      netcell: [true, true, 0],
      seen: ['kernel echoes', 'kernel reduced', 'netcell echoes', 'netcell reduced'],
    };
    expect(await inside('marks')).toEqual([
      { client: 'kernel', version: 4, ...said },
      { client: 'netcell', version: 4, ...said },
      { client: 'kernel', version: 6, ...said },
      { client: 'netcell', version: 6, ...said },
    ]);
  });

  it('is pinged by the stack, and told of a port nobody has', async () => {
    expect(await inside('others')).toEqual({
      pings: [
        [64, 1000],
        [64, 1000],
      ],
      udp: 'ECONNREFUSED',
    });
  });
});

/**
 * Expert messages of tshark that are no fault of ours: the scenario resets and stalls on purpose,
 * and on a busy machine the kernel probes for a loss that was none, which a D-SACK tells it
 * (RFC 2883).
 */
const MEANT = [
  /Connection reset \(RST\)/,
  /zero window/i,
  /window .* (?:is now )?completely full/,
  /D-SACK Sequence/,
];

const noTshark = has('tshark') ? undefined : 'tshark is missing';
const why = obstacle ?? noTshark;

describe.skipIf(why !== undefined)(`tshark${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  it('finds nothing wrong with what crossed the device', async () => {
    const file = join(folder, 'everything.pcapng');
    const { counters } = await inside<{ counters: Record<string, number> }>('everything', file);
    for (const name of ['IpInHdrErrors', 'IpInCsumErrors', 'TcpInErrs', 'TcpInCsumErrors']) {
      expect(counters[name] ?? 0, name).toBe(0);
    }
    // Not empty, and both families in both directions.
    for (const address of ['ip.src == 10.9.0.2', 'ip.dst == 10.9.0.2']) {
      expect(tshark(file, `tcp && ${address}`, 'frame.number').length).toBeGreaterThan(500);
    }
    expect(tshark(file, 'tcp && ipv6.src == fd00:9::2', 'frame.number').length).toBeGreaterThan(
      500,
    );

    expect(spoiled(file)).toEqual([]);
    const warned = tshark(
      file,
      '_ws.expert.severity >= "Warning" && (ip.src == 10.9.0.2 || ipv6.src == fd00:9::2)',
      'frame.number',
      '_ws.expert.message',
      '_ws.col.Info',
    );
    expect(warned.filter((line) => !MEANT.some((meant) => meant.test(line)))).toEqual([]);
  });
});
