/** Every netcell that runs, asked: for `ss` and `nstat`. */
import type { TcpInfo } from '../../host-web/inspect.ts';
import type { Arguments } from './arguments.ts';
import { listRunning, noneRunning, type Running } from './control.ts';
import { Failure } from './failure.ts';
import { showProgress } from './progress.ts';
import { type Report, reportOf } from './report.ts';

/** One process that was asked, and what it told. */
export interface Told {
  readonly running: Running;
  readonly report: Report;
}

/**
 * Asks every process there is, or that on the device of `--tun`; what some do not answer is said,
 * and the others are shown.
 *
 * @param verb who asks
 * @param isWanted of their sockets, which are told
 * @throws Failure when there is none, or none answers
 */
export async function askAll(
  verb: string,
  args: Arguments,
  isWanted: (socket: TcpInfo) => boolean,
): Promise<Told[]> {
  const tun = args.value('tun');
  const told: Told[] = [];
  const failures: Failure[] = [];
  for (const running of listRunning(tun)) {
    const waiting = `the netcell on ${running.name} (process ${running.pid}) is being asked`;
    const stop = showProgress(() => waiting, args.isSet('quiet'));
    try {
      const report = await reportOf(running, isWanted);
      if (report !== undefined) told.push({ running, report });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    } finally {
      stop();
    }
  }
  const [first] = failures;
  if (told.length === 0 && first !== undefined) throw first;
  for (const { message } of failures) console.error(`netcell ${verb}: ${message}`);
  if (told.length === 0) throw noneRunning(tun);
  return told;
}
