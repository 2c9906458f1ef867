/** `netcell nstat`: the counters of every netcell that runs, as nstat(8) shows the kernel's. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COUNTERS } from '../../host-web/inspect.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { askAll } from './asked.ts';
import { isAlive, makeFolder, type Running } from './control.ts';
import { Exit, Failure } from './failure.ts';
import type { Verb } from './verb.ts';

const HELP = `netcell nstat: counters of every netcell that runs (up, serve, listen, run)

  netcell nstat [-aznrs] [--json] [--tun NAME] [PATTERN...]

  -a            since the stack began; by default since this user last asked
  -z            counters that are zero as well
  -n  -r        only note where they stand; show all, as if never asked, and note that
  -s            note nothing: the next time tells the same again, and more
  --json        one JSON document a process
  --tun NAME    only the process on that device

Names are the kernel's (RFC 4293, RFC 4022, TcpExt, IpExt); PATTERN is such as 'Tcp*' or
TcpRetransSegs. Columns are those of nstat(8), whose last, a rate, is always 0.0 as there.

Examples
  netcell nstat
  netcell nstat -az 'TcpExtSyncookies*'`;

type Counts = Readonly<Record<string, number>>;

async function run(args: Arguments): Promise<number> {
  const isMatch = matcherOf(args.positionals);
  if (args.isSet('noupdate') && args.isSet('nooutput')) {
    throw new UsageError('-s and -n exclude each other: nothing would be done');
  }
  for (const { running, report } of await askAll('nstat', args, () => false)) {
    const history = historyOf(running);
    const isAll = args.isSet('dump') || args.isSet('reset');
    const before = isAll ? {} : history.read();
    if (!args.isSet('noupdate')) history.write(report.counters);
    if (args.isSet('nooutput')) continue;
    const counts = Object.fromEntries(
      COUNTERS.map((name) => [name, (report.counters[name] ?? 0) - (before[name] ?? 0)] as const)
        .filter(([name]) => isMatch(name))
        .filter(([, count]) => count !== 0 || args.isSet('zeros')),
    );
    print(running, counts, args.isSet('json'));
  }
  return Exit.OK;
}

/** Whether a name is one of those that are asked for, by patterns of a shell; all without any. */
function matcherOf(patterns: readonly string[]): (name: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
  });
  for (const [i, expression] of expressions.entries()) {
    if (COUNTERS.some((name) => expression.test(name))) continue;
    throw new UsageError(`no counter is called '${patterns[i]}'; netcell nstat -az shows all`);
  }
  return (name) => patterns.length === 0 || expressions.some((one) => one.test(name));
}

/** Where counters stood when this user last asked a process; a file of this user's. */
function historyOf({ name, pid }: Running) {
  const folder = makeFolder();
  const file = join(folder, `${name}-${pid}.nstat`);
  return {
    read(): Counts {
      try {
        return JSON.parse(readFileSync(file, 'utf8')) as Counts;
      } catch {
        // Never asked, or no history: all of it is new.
        return {};
      }
    },
    write(counts: Counts): void {
      forgetDead(folder);
      try {
        writeFileSync(file, JSON.stringify(counts), { mode: 0o600 });
      } catch (error) {
        throw Failure.while(`cannot note where the counters stand in ${file}`, error);
      }
    },
  };
}

/** Removes what was noted of processes that are over. */
function forgetDead(folder: string): void {
  for (const file of readdirSync(folder)) {
    const [, pid] = /-(\d+)\.nstat$/.exec(file) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, file), { force: true });
  }
}

function print({ name, pid }: Running, counts: Counts, isJson: boolean): void {
  if (isJson) {
    console.log(JSON.stringify({ tun: name, pid, counters: counts }));
    return;
  }
  console.log(`#${name} (process ${pid})`);
  for (const [counter, count] of Object.entries(counts)) {
    console.log(`${counter.padEnd(32)}${String(count).padEnd(16)}   0.0`);
  }
}

export const verb: Verb = {
  help: HELP,
  flags: {
    dump: { type: 'boolean', short: 'a' },
    zeros: { type: 'boolean', short: 'z' },
    nooutput: { type: 'boolean', short: 'n' },
    reset: { type: 'boolean', short: 'r' },
    noupdate: { type: 'boolean', short: 's' },
    json: { type: 'boolean', short: 'j' },
    quiet: { type: 'boolean', short: 'q' },
    tun: { type: 'string' },
  },
  run,
};
