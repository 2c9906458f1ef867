/**
 * `npm run bench:loss`: netcell against Linux as senders, through the very same impaired line, in
 * real time.
 *
 *     npm run bench:loss -- [--minutes 1|10|60] [--only TEXT] [--cc cubic|reno|bbr] [--write]
 *     npm run bench:loss -- --cases all|NAME[,NAME …] [--cc …] [--write]
 *
 * Both send to Linux through two TUNs and our simulated link between them (`router.ts`); losses
 * fall by the data packet's number, from seeds that both share. One row a cell, medians of its
 * runs; the ratio is what to read. Slow lines are measured side by side. The cases are what a
 * goodput does not tell, each with its bar (`cases.ts`). `--write` keeps the table in `loss.txt`,
 * that of all cases in `loss-cases.txt`.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import { showProgress } from '../../../host-node/cli/progress.ts';
import { enterNamespace } from '../../../host-node/namespace.ts';
import { type Case, GROUPS, type Side, type Verdict } from './cases.ts';
import { casesTableOf } from './cases-table.ts';
import { type Cell, type Form, FORMS, nameOf, runsOf } from './cells.ts';
import { goodputOf, latenessOf } from './figures.ts';
import type { Outcome, SenderName } from './place.ts';
import { endWithParent } from './processes.ts';
import { Runs } from './runs.ts';
import { type Row, tableOf } from './table.ts';

const SENDERS = ['linux', 'netcell'] as const;
const SNAPSHOT = 'test/bench/loss.txt';
const CASES_SNAPSHOT = 'test/bench/loss-cases.txt';
/** A line without impairment, to see what the router can carry at all. */
const OPEN_LINE: Cell = { rate: 10_000, rtt: 1, queue: 4 };
const OPEN_SECONDS = 3;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    cases: { type: 'string' },
    cc: { type: 'string', default: 'cubic' },
    write: { type: 'boolean', default: false },
  },
});

function refuse(why: string): never {
  console.error(why);
  process.exit(2);
}

function machine(): string {
  return `Linux ${release()}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`;
}

/** One run of one sender. */
async function alone(cell: Cell, sender: SenderName, seed: number, seconds: number) {
  const work = { kind: 'stream', seconds } as const;
  const task = { cell, senders: [sender], work, congestion: values.cc, seed };
  const [outcome] = await runs.perform(task);
  return outcome!;
}

/** Shows how many of so many are done. */
function progress(what: string, count: number): { done: () => void; stop: () => void } {
  let done = 0;
  return { done: () => done++, stop: showProgress(() => `${done} of ${count} ${what} measured`) };
}

// Cells ---------------------------------------------------------------------------

/** Mbit/s that the router carries of a sender; the better of two, for what else runs only slows. */
async function capacityOf(sender: SenderName): Promise<number> {
  const [first, second] = [1, 1].map((seed) => alone(OPEN_LINE, sender, seed, OPEN_SECONDS));
  return Math.max(goodputOf(await first!), goodputOf(await second!));
}

async function measure(cell: Cell, form: Form): Promise<Row> {
  const taken: Record<SenderName, Outcome[]> = { linux: [], netcell: [] };
  const tasks = Array.from({ length: runsOf(cell, form) }, (_, i) =>
    SENDERS.map(async (sender) => {
      taken[sender].push(await alone(cell, sender, i + 1, form.seconds));
    }),
  );
  await Promise.all(tasks.flat());
  return { cell, ...taken };
}

async function measureForm(form: Form): Promise<string> {
  const load = loadavg()[0]!;
  const cells = form.cells.filter((cell) => nameOf(cell).includes(values.only));
  const { done, stop } = progress('lines', cells.length);
  const carried = { linux: await capacityOf('linux'), netcell: await capacityOf('netcell') };
  const rows = await Promise.all(cells.map((cell) => measure(cell, form).finally(done)));
  stop();
  return tableOf(rows, { machine: machine(), load, seconds: form.seconds, carried });
}

// Cases ---------------------------------------------------------------------------

async function judge({ cell, work, since, sides, verdicts, ...given }: Case): Promise<Verdict[]> {
  const outcomes = await Promise.all(
    sides.map(({ senders, congestion = values.cc }) => {
      const tasks = Array.from({ length: given.runs }, (_, i) =>
        runs.perform({ cell, senders, work, congestion, seed: i + 1, since }),
      );
      return Promise.all(tasks);
    }),
  );
  const late = latenessOf(cell.rtt, outcomes.flat(2));
  const remark = [late, ...sides.map((side, i) => otherControl(side, outcomes[i]!))];
  return verdicts(outcomes).map((verdict) => {
    return { ...verdict, remark: remark.filter(Boolean).join('; ') };
  });
}

/** Says where a kernel did not offer what was asked for. */
function otherControl({ congestion = values.cc }: Side, outcomes: readonly Outcome[][]): string {
  const actual = outcomes.flat().find((outcome) => outcome.congestion !== congestion);
  return actual === undefined ? '' : `${actual.congestion}, for there is no ${congestion}`;
}

async function measureCases(names: readonly string[]): Promise<string> {
  const load = loadavg()[0]!.toFixed(1);
  const groups = names.map((name) => GROUPS[name]!);
  const { done, stop } = progress('cases', groups.flatMap(({ cases }) => cases).length);
  const judged = await Promise.all(
    groups.map(async (group) => {
      const verdicts = await Promise.all(group.cases.map((each) => judge(each).finally(done)));
      return { group, verdicts: verdicts.flat() };
    }),
  );
  stop();
  return casesTableOf(judged, [
    'What a goodput does not tell of a sender: Linux and netcell through the very same line',
    `100 Mbit/s, RTT 20 ms; both with ${values.cc}; ${machine()}; load ${load} at the beginning`,
  ]);
}

const form = FORMS[values.minutes];
if (form === undefined) {
  refuse(`no form of ${values.minutes} minutes; there are ${Object.keys(FORMS).join(', ')}`);
}
const names = values.cases === 'all' ? Object.keys(GROUPS) : values.cases?.split(',');
const unknown = names?.find((name) => GROUPS[name] === undefined);
if (unknown !== undefined) {
  refuse(`no cases ${unknown}; there are ${Object.keys(GROUPS).join(', ')}`);
}
if (values.write && (values.only !== '' || (names !== undefined && values.cases !== 'all'))) {
  refuse('the table on file has all rows: --write goes without --only, or with --cases all');
}
enterNamespace();
endWithParent();
const runs = new Runs();
const text = names === undefined ? await measureForm(form) : await measureCases(names);
console.log(text);
if (values.write) writeFileSync(names === undefined ? SNAPSHOT : CASES_SNAPSHOT, text);
process.exit(0);
