/**
 * What `sequences.test.ts` runs inside a network namespace: every sequence of one act, with every
 * casting, many at once. The rows they came to go to standard output as JSON; what crossed the
 * device goes to the file named by the second argument.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { record } from '../../host-node/cli/capture.ts';
import { enterNamespace } from '../../host-node/namespace.ts';
import { openTun, TunError } from '../../host-node/tun.ts';
import { TunLink } from '../../host-node/tun-link.ts';
import { RealClock } from '../../host-web/clock.ts';
import { ACTS } from './acts.ts';
import { castingsOf, KERNEL, type Row, Scene, titleOf } from './scene.ts';
import { Switchboard } from './wire.ts';

/** Sequences played at once: most of them wait for a timer most of the time. */
const LANES = 64;

/** Where the kernel has no way to, and says so (`abort.ts`). */
const UNREACHABLE = [
  ['-4', '10.99.0.0/16'],
  ['-6', 'fd00:99::/32'],
] as const;

function prepare(): void {
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  writeFileSync('/proc/sys/net/ipv4/tcp_rfc1337', '1');
  writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1');
  for (const [family, prefix] of UNREACHABLE) {
    execFileSync('ip', [family, 'route', 'add', 'unreachable', prefix]);
  }
}

/** Plays every sequence of an act; the rows by title. */
async function playAll(act: keyof typeof ACTS, capture: string): Promise<Record<string, Row[]>> {
  const tun = openTun({ addresses: [`${KERNEL[4]}/16`, `${KERNEL[6]}/32`] });
  prepare();
  const recorded = record(capture, new TunLink(tun), { name: tun.name, clock: new RealClock() });
  const board = new Switchboard(recorded.link);
  const played: Record<string, Row[]> = {};
  const waiting = ACTS[act].flatMap((sequence) => {
    return castingsOf(sequence).map((casting) => ({ sequence, casting }));
  });
  let number = 0;
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { sequence, casting } = next;
      const rows: Row[] = (played[titleOf(sequence, casting)] = []);
      const scene = new Scene(board, casting, number++);
      await scene.play(sequence, rows);
      await scene.dispose();
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  board.close();
  await recorded.close();
  return played;
}

try {
  enterNamespace();
} catch (error) {
  console.error((error as Error).message);
  process.exit(error instanceof TunError ? error.exitCode : 1);
}
const [, , act, capture = ''] = process.argv;
if (act === 'probe') openTun().close();
else process.stdout.write(JSON.stringify(await playAll(act as keyof typeof ACTS, capture)));
