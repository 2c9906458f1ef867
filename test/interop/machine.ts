/** What tests against the kernel need of the machine: whether it has it, and tshark's opinion. */
import { spawnSync } from 'node:child_process';
import { run } from '../host/bundle.ts';

/** Whether a program can be run. */
export const has = (program: string): boolean =>
  spawnSync(program, ['--version']).error === undefined;

/** Why a bundled child can not have a namespace and a TUN device, which its `probe` tries. */
export async function obstacleOf(child: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'not Linux';
  const probe = await run(child, ['probe']).outcome;
  return probe.code === 0 ? undefined : probe.stderr.trim().split('\n')[0];
}

/** The given fields of the packets that a display filter finds, one line each. */
export function tshark(file: string, filter: string, ...fields: string[]): string[] {
  const { stdout, stderr, status } = spawnSync(
    'tshark',
    [
      '-r',
      file,
      // What the connections carry is random, and tshark would find protocols in it.
      '-d',
      'tcp.port==1-65535,data',
      '-o',
      'ip.check_checksum:TRUE',
      '-o',
      'tcp.check_checksum:TRUE',
      '-o',
      'udp.check_checksum:TRUE',
      '-Y',
      filter,
      '-T',
      'fields',
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

/**
 * Packets that are malformed, or whose checksum is wrong. A checksum that comes out as zero is
 * stored by Linux as 0xFFFF (its `CSUM_MANGLED_0`), one segment in 65,536: the same number in ones'
 * complement, so no receiver minds, but tshark calls it bad (RFC 1624 §3). What netcell sends is
 * held to zero by `test/wire`.
 */
export function spoiled(file: string): string[] {
  const bad = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'].map((name) => `${name}.checksum.status == 0`);
  const filter = `_ws.malformed || ((${bad.join(' || ')}) && !tcp.checksum.ffff)`;
  return tshark(file, filter, 'frame.number', '_ws.col.Info');
}
