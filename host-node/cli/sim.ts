/** `netcell sim`: a scenario on virtual time, checked, with its ladder and the reasons. */
import { readFile, writeFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Timeline } from '../../host-web/sim/timeline/timeline.ts';
import { figure } from '../../host-web/sim/figure.ts';
import { capture, type Run, run as runScenario } from '../../host-web/sim/run.ts';
import { type Scenario, variantOf, variantsOf } from '../../host-web/sim/scenario.ts';
import { SCENARIOS, scenarioOf } from '../../host-web/sim/scenarios/index.ts';
import type { Sysctl } from '../../host-web/sysctl.ts';
import { coreModule } from '../../host-web/wasm.ts';
import { type Arguments, readSysctls, takePositionals, UsageError } from './arguments.ts';
import { Exit, Failure } from './failure.ts';
import type { Verb } from './verb.ts';

const HELP = `netcell sim: run a scenario on virtual time, check it, and print its ladder

  netcell sim NAME[/VARIANT] [--pcap FILE] [--host B] [--sysctl N=V] [--json] [-q]
  netcell sim FILE           a module (.mjs, .js, .ts where Node reads it) or .json
  netcell sim --list

  --list        every scenario with its variants
  --pcap FILE   what crossed the link on one host's side, for Wireshark; needs one VARIANT
  --host ID     whose side that is; default A
  --sysctl N=V  a setting of every host by Linux's name, such as tcp_sack=0, whatever the scenario
                begins with; may be repeated
  --json        the events, then what came of it, one object a line
  -q            no ladder, only whether it came as expected

Without VARIANT all variants of a scenario run. The same scenario gives the same state, bit for
bit, on every machine. Exit code 1 when something did not come as expected.

Examples
  netcell sim handshake --sysctl tcp_timestamps=0
  netcell sim time-wait-2/zero --pcap old.pcapng`;

async function run(args: Arguments): Promise<number> {
  if (args.isSet('list')) return list(args.isSet('json'));
  const [name] = takePositionals(args, 'NAME');
  const sysctl = readSysctls(args);
  const specs = (await find(name!)).map((spec) => withSettings(spec, sysctl));
  const pcap = args.value('pcap');
  if (pcap !== undefined && specs.length > 1) {
    const names = specs.map(({ id }) => id).join(', ');
    throw new UsageError(`--pcap takes one variant: ${names}`);
  }
  const module = await coreModule();
  const runs = specs.map((spec) => {
    const done = attempt(() => runScenario(module, spec), spec.id);
    print(done, args);
    return done;
  });
  if (pcap !== undefined) await save(pcap, args.value('host') ?? 'A', module, runs[0]!);
  return runs.every(({ ok }) => ok) ? Exit.OK : Exit.FAILED;
}

function list(isJson: boolean): number {
  for (const { id, title, topic, rfc, summary, variants = [] } of SCENARIOS) {
    const names = variants.map((variant) => variant.id);
    if (isJson) console.log(JSON.stringify({ id, title, topic, rfc, summary, variants: names }));
    else {
      console.log(`${id.padEnd(20)} ${summary}`);
      if (names.length > 0) console.log(`${''.padEnd(20)}   ${names.join(' · ')}`);
    }
  }
  return Exit.OK;
}

/** The scenario of a name or file; with all its variants, unless one is named. */
async function find(name: string): Promise<Scenario[]> {
  if (/^\.{0,2}\/|\.[a-z]+$/.test(name)) {
    const spec = await load(name);
    checkParts(name, spec);
    return attempt(() => variantsOf(spec), name);
  }
  const [id, variant] = name.split('/') as [string, string | undefined];
  const spec = scenarioOf(id);
  if (spec === undefined) {
    throw new UsageError(`there is no scenario '${id}'; netcell sim --list names them`);
  }
  if (variant === undefined) return variantsOf(spec);
  if (!(spec.variants ?? []).some((one) => one.id === variant)) {
    const known = (spec.variants ?? []).map((one) => one.id).join(', ');
    throw new UsageError(`${id} has no variant '${variant}'; it has ${known || 'none'}`);
  }
  return [variantOf(spec, variant)];
}

async function load(file: string): Promise<Scenario> {
  const path = resolve(file);
  try {
    if (extname(path) === '.json') return JSON.parse(await readFile(path, 'utf8')) as Scenario;
    return ((await import(pathToFileURL(path).href)) as { default: Scenario }).default;
  } catch (error) {
    throw new Failure(`${file}: ${(error as Error).message}`, Exit.FAILED, error);
  }
}

/** The scenario with these settings on every host, which go before its own. */
function withSettings(spec: Scenario, sysctl: Sysctl): Scenario {
  const hosts = Object.entries(spec.hosts).map(([id, host]) => {
    // A later setting goes before an earlier one that has another name for the same.
    const own = Object.entries(host.sysctl ?? {}).filter(([name]) => !Object.hasOwn(sysctl, name));
    return [id, { ...host, sysctl: { ...Object.fromEntries(own), ...sysctl } }] as const;
  });
  return { ...spec, hosts: Object.fromEntries(hosts) as Scenario['hosts'] };
}

/** What no scenario can be without. */
const PARTS = ['id', 'hosts', 'steps', 'expect'] as const;

function checkParts(file: string, spec: Partial<Scenario> | undefined): void {
  const missing = PARTS.filter((part) => typeof spec?.[part] !== 'object' && part !== 'id');
  if (typeof spec?.id !== 'string') missing.unshift('id');
  if (missing.length === 0) return;
  const lacks = `${file}: a scenario needs ${missing.join(', ')}`;
  throw new Failure(`${lacks}; one to copy\n  host-web/sim/scenarios/handshake.ts`, Exit.FAILED);
}

/** A scenario that makes no sense is its author's mistake, told in a sentence. */
function attempt<T>(work: () => T, id: string): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw new Failure(`${id}: ${error.message}`, Exit.FAILED, error);
  }
}

function print(done: Run, args: Arguments): void {
  const { spec, session, verdicts, hash, ok } = done;
  const { timeline } = session;
  const packets = timeline.packetCount;
  if (args.isSet('json')) {
    if (!args.isSet('quiet')) printEvents(timeline);
    console.log(JSON.stringify({ scenario: spec.id, ok, packets, state: hash, verdicts }));
    return;
  }
  console.log(`${spec.id}: ${spec.title}\n`);
  if (!args.isSet('quiet')) console.log(`${figure(timeline)}\n`);
  const failed = verdicts.filter((verdict) => !verdict.ok);
  for (const { text } of failed) console.log(`  ✕ ${text}`);
  const count = failed.length > 0 ? `${failed.length} of ${verdicts.length}` : verdicts.length;
  const said = `${ok ? '✓' : '✕'} ${count} expectations`;
  console.log(`  ${said}   ${packets} packets   state ${hash}\n`);
}

function printEvents(timeline: Timeline): void {
  for (let i = 0; i < timeline.eventCount; i++) {
    const event = timeline.event(i);
    const { packet: id } = event;
    if (id === null) console.log(JSON.stringify(event));
    else {
      const { head: _, ...packet } = timeline.packet(id);
      console.log(JSON.stringify({ ...event, packet }));
    }
  }
}

async function save(
  file: string,
  host: string,
  module: WebAssembly.Module,
  done: Run,
): Promise<void> {
  if (!done.session.universe.hosts.some(({ id }) => id === host)) {
    throw new UsageError(`--host: ${done.spec.id} has no host ${host}`);
  }
  try {
    await writeFile(file, capture(module, done.session, host));
  } catch (error) {
    throw Failure.while(`cannot write the capture to ${file}`, error, Exit.FAILED);
  }
}

export const verb: Verb = {
  help: HELP,
  flags: {
    list: { type: 'boolean' },
    json: { type: 'boolean' },
    quiet: { type: 'boolean', short: 'q' },
    pcap: { type: 'string' },
    host: { type: 'string' },
    sysctl: { type: 'string', multiple: true },
  },
  run,
};
