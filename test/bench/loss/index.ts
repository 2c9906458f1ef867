/**
 * `npm run bench:loss`: netcell against Linux as senders, through the very same impaired line, in
 * real time.
 *
 *     npm run bench:loss -- [--minutes 1|10|60] [--only TEXT] [--congestion cubic] [--write]
 *
 * Both send to Linux through two TUNs and our simulated link between them (`router.ts`); losses
 * fall by the data packet's number, from seeds that both share. One row a cell, medians of its
 * runs; the ratio is what to read. Slow lines are measured side by side. `--write` keeps the table
 * in `loss.txt`.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import { showProgress } from '../../../host-node/cli/progress.ts';
import { enterNamespace } from '../../../host-node/namespace.ts';
import { bundle, run } from '../../host/bundle.ts';
import { type Cell, FORMS, nameOf } from './cells.ts';
import { endWithParent } from './processes.ts';
import type { Outcome, SenderName, Task } from './place.ts';
import { type Row, tableOf } from './table.ts';

const SENDERS = ['linux', 'netcell'] as const;
const SNAPSHOT = 'test/bench/loss.txt';
/** A line without impairment, to see what the router can carry at all. */
const OPEN_LINE: Cell = { rate: 10_000, rtt: 1, queue: 4 };
const OPEN_SECONDS = 3;
/** A router that carries less than this much of a line's rate would be what is measured. */
const SPARE = 1.25;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    congestion: { type: 'string', default: 'cubic' },
    write: { type: 'boolean', default: false },
  },
});
const form = FORMS[values.minutes];
if (form === undefined) {
  console.error(`no form of ${values.minutes} minutes; there are ${Object.keys(FORMS).join(', ')}`);
  process.exit(2);
}
enterNamespace();
endWithParent();

const files = [bundle('test/bench/loss/router.ts'), bundle('test/bench/loss/peer.ts')] as const;

async function perform(task: Task): Promise<Outcome> {
  const { outcome } = run(files[0], [JSON.stringify(task), files[1]]);
  const { code, stdout, stderr } = await outcome;
  if (code !== 0) throw new Error(`${nameOf(task.cell)}, ${task.sender}: ${stderr}`);
  return JSON.parse(stdout) as Outcome;
}

/** Lets tasks run side by side, as far as the processors carry them. */
class Shares {
  #left = 2 * cpus().length;
  readonly #waiting: (() => void)[] = [];

  async during<T>(weight: number, work: () => Promise<T>): Promise<T> {
    const share = Math.min(weight, 2 * cpus().length);
    while (this.#left < share) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#left -= share;
    try {
      return await work();
    } finally {
      this.#left += share;
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}

/** How much of the machine a line takes: one of 1 Gbit/s all of it. */
function weightOf({ rate }: Cell): number {
  return rate >= 1000 ? Number.POSITIVE_INFINITY : rate >= 100 ? cpus().length : 1;
}

/** Mbit/s that the router carries of a sender; the better of two, for what else runs only slows. */
async function capacityOf(sender: SenderName): Promise<number> {
  const { congestion } = values;
  const task = { cell: OPEN_LINE, sender, congestion, seed: 1, seconds: OPEN_SECONDS };
  const taken = [await perform(task), await perform(task)];
  return Math.max(...taken.map(({ bitsPerSecond }) => bitsPerSecond)) / 1e6;
}

async function measure(cell: Cell, shares: Shares): Promise<Row> {
  const { runs, seconds } = form!;
  const taken: Record<SenderName, Outcome[]> = { linux: [], netcell: [] };
  const tasks = Array.from({ length: runs }, (_, i) =>
    SENDERS.map(async (sender) => {
      const task = { cell, sender, congestion: values.congestion, seed: i + 1, seconds };
      taken[sender].push(await shares.during(weightOf(cell), () => perform(task)));
    }),
  );
  await Promise.all(tasks.flat());
  const row = { cell, ...taken };
  measured++;
  return row;
}

const load = loadavg()[0]!;
let measured = 0;
let doing = () => 'what the router carries';
const stop = showProgress(() => doing());
const carried = { linux: await capacityOf('linux'), netcell: await capacityOf('netcell') };
const bound = Math.min(carried.linux, carried.netcell);
const cells = form.cells.filter((cell) => nameOf(cell).includes(values.only));
const shares = new Shares();
const able = cells.filter(({ rate }) => bound >= SPARE * rate);
doing = () => `${measured} of ${able.length} lines measured`;
const rows = await Promise.all(able.map((cell) => measure(cell, shares)));
stop();
const text = tableOf(rows, {
  machine: `Linux ${release()}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`,
  load,
  runs: form.runs,
  seconds: form.seconds,
  carried,
  unable: cells.filter((cell) => !able.includes(cell)),
});
console.log(text);
if (values.write) writeFileSync(SNAPSHOT, text);
process.exit(0);
