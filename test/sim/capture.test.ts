/** Captures of every scenario, as tshark reads them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { capture, run } from '../../host-web/sim/run.ts';
import { corrupt, on, type Scenario } from '../../host-web/sim/scenario.ts';
import { coreModule } from '../core-module.ts';
import { made, VARIANTS } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'netcell-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

const isMissing = spawnSync('tshark', ['--version']).error !== undefined;
const title = `tshark${isMissing ? ' (skipped: tshark is missing)' : ''}`;

interface Frame {
  readonly isMalformed: boolean;
  readonly isBad: boolean;
  readonly at: number;
}

/** What tshark says of each packet that a host saw. */
function frames(spec: Scenario, host: string): Frame[] {
  const file = join(folder, `${spec.id.replaceAll('/', '-')}-${host}.pcapng`);
  writeFileSync(file, capture(coreModule, run(coreModule, spec).session, host));
  const fields = ['frame.time_epoch', '_ws.malformed', 'ip.checksum.status', 'tcp.checksum.status'];
  const { stdout, stderr, status } = spawnSync(
    'tshark',
    [
      ...['-r', file, '-T', 'fields', '-d', 'tcp.port==1-65535,data'],
      ...['-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE'],
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [at, malformed, ip, tcp] = line.split('\t');
      // 1 is good; a packet whose checksum could not be looked at is not good.
      return { at: Number(at), isMalformed: malformed !== '', isBad: ip !== '1' || tcp !== '1' };
    });
}

/** How many packets a host sent, and saw arrive. */
function seen(spec: Scenario, host: string): number {
  const { timeline } = run(coreModule, spec).session;
  let total = 0;
  for (let i = 0; i < timeline.eventCount; i++) {
    const event = timeline.event(i);
    if (event.host === host && (event.kind === 'send' || event.kind === 'receive')) total++;
  }
  return total;
}

describe.skipIf(isMissing)(title, () => {
  it.each(VARIANTS.map((spec) => [spec.id, spec] as const))('%s is clean', (_, spec) => {
    for (const host of ['A', 'B']) {
      const expected = seen(spec, host);
      if (expected === 0) continue;
      const found = frames(spec, host);
      expect(found.length, host).toBe(expected);
      expect(found.filter(({ isMalformed, isBad }) => isMalformed || isBad)).toEqual([]);
      expect(found.every(({ at }, i) => i === 0 || at >= found[i - 1]!.at)).toBe(true);
    }
  });

  it('finds a bad checksum only where the link damaged the packet', () => {
    const send = on('A:ESTABLISHED', 'A', { do: 'send', octets: 20_000 });
    const spec = made({ id: 'damaged', rules: [corrupt('A.data#3'), corrupt('A.data#5')] }, [send]);
    expect(frames(spec, 'A').filter(({ isBad }) => isBad)).toEqual([]);
    expect(frames(spec, 'B').filter(({ isBad }) => isBad)).toHaveLength(2);
  });
});
