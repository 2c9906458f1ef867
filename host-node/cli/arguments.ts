/**
 * The grammar of the command line: flags, positional arguments, and the values they take.
 *
 * `node:util`'s parseArgs reads; what it finds wrong is said here, because its own sentences name
 * neither the verb nor what would have been right. Every mistake is a UsageError, exit code 2.
 */
import { parseArgs } from 'node:util';
import { parseSysctl, type Sysctl } from '../../host-web/sysctl.ts';

/** A flag: a switch, or one with a value, or with several. */
export interface Flag {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  readonly multiple?: boolean;
  /** The flag this is another spelling of. */
  readonly alias?: string;
  /** The flag without which it means nothing. */
  readonly needs?: string;
}

export type Flags = Readonly<Record<string, Flag>>;

/** What a verb was called with. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** Whether a switch is on. */
  isSet(flag: string): boolean;
  /** The value of a flag; undefined when it was not given. The last one given counts. */
  value(flag: string): string | undefined;
  /** Every value of a flag. */
  values(flag: string): readonly string[];
}

/** The caller's mistake. Printed with the verb's name before it; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What every verb with a stack of its own takes. */
export const COMMON: Flags = {
  tun: { type: 'string' },
  address: { type: 'string', multiple: true },
  addr: { type: 'string', multiple: true, alias: 'address' },
  peer: { type: 'string', multiple: true },
  mtu: { type: 'string' },
  'no-offload': { type: 'boolean' },
  pcap: { type: 'string' },
  'pcap-split': { type: 'boolean', needs: 'pcap' },
  seed: { type: 'string' },
  sysctl: { type: 'string', multiple: true },
  impair: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  verbose: { type: 'boolean', short: 'v' },
};

/** What verbs that stay up take besides. */
export const THREADS: Flags = { threads: { type: 'string' } };

/** The line of help about THREADS. */
export const THREADS_HELP =
  '  --threads N   so many threads, each with a stack on a queue of the device; default 1';

/** More than the kernel gives a device queues would fail, and later. */
const MAX_THREADS = 256;

/** How many threads are asked for. @throws UsageError */
export function readThreads(args: Arguments): number {
  const threads = readNumber(args.value('threads') ?? '1', '--threads', 1, MAX_THREADS);
  if (threads > 1 && args.value('pcap') !== undefined) {
    throw new UsageError(
      '--pcap and --threads exclude each other: a capture is of one queue; record the device' +
        `\n  sudo tcpdump -i ${args.value('tun') ?? 'tun0'} -w FILE`,
    );
  }
  return threads;
}

/** Lines of help about COMMON, but for what tells how much is said. */
export const LINE_HELP = `  --tun NAME          device to make, or to attach to if it exists
  --address A/PREFIX  address of the stack, one of each family at most; 10.9.0.2/24, fd00:9::2/64
  --peer A            address of the kernel on the link; first of the prefix
  --sysctl NAME=V     a setting of the stack by Linux's name, such as tcp_sack=0; may be repeated
  --impair WORDS      what the link does to packets each way, as tc-netem: 'delay 40ms loss 1%'
  --no-offload        each packet one segment with its checksum; --pcap-split: only in the capture
  --mtu N  --pcap FILE  --seed N`;

/** Lines of help about COMMON. */
export const COMMON_HELP = `${LINE_HELP}  --json  -q  -v`;

/** Reads a verb's arguments. @throws UsageError */
export function readArguments(args: readonly string[], flags: Flags): Arguments {
  const all: Flags = { ...flags, help: { type: 'boolean', short: 'h' } };
  const options = Object.fromEntries(
    Object.entries(all).map(([name, { type, short }]) => [
      name,
      short === undefined ? { type } : { type, short },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(all, token.name) ? all[token.name] : undefined;
    if (flag === undefined) throw new UsageError(unknownFlag(token.rawName, all));
    const name = flag.alias ?? token.name;
    const value = checkValue(flag, token.rawName, token.value, token.inlineValue === true);
    const before = flag.multiple === true ? (values.get(name) ?? []) : [];
    values.set(name, [...before, value]);
  }
  for (const [name, { needs }] of Object.entries(all)) {
    if (needs !== undefined && values.has(name) && !values.has(needs))
      throw new UsageError(`--${name} says nothing without --${needs}`);
  }
  return {
    positionals,
    isSet: (flag) => values.has(flag),
    value: (flag) => values.get(flag)?.at(-1),
    values: (flag) => values.get(flag) ?? [],
  };
}

function checkValue(flag: Flag, raw: string, value: string | undefined, inline: boolean): string {
  if (flag.type === 'boolean') {
    if (inline) throw new UsageError(`${raw} is a switch and takes no value`);
    return '';
  }
  if (value === undefined) throw new UsageError(`${raw} takes a value`);
  // A forgotten value would otherwise swallow the next flag.
  if (!inline && value.startsWith('-') && value !== '-') {
    throw new UsageError(
      `${raw} takes a value, and '${value}' is a flag (or write ${raw}=${value})`,
    );
  }
  return value;
}

function unknownFlag(raw: string, flags: Flags): string {
  const wanted = raw.replace(/^-+/, '');
  const near = Object.keys(flags).find(
    (name) => wanted.length > 1 && (name.startsWith(wanted) || isNear(name, wanted)),
  );
  return `there is no flag ${raw}${near === undefined ? '' : `; did you mean --${near}?`}`;
}

/** Whether one letter added, left out, changed or swapped makes the one word of the other. */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  const rests = [
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const;
  if (rests.some(([x, y]) => a.slice(start + x) === b.slice(start + y))) return true;
  const swapped = `${a.slice(0, start)}${a[start + 1] ?? ''}${a[start] ?? ''}${a.slice(start + 2)}`;
  return swapped === b;
}

/**
 * Where a verb talks: standard output, or standard error where `--pcap -` has the former.
 *
 * @throws UsageError where what arrives, or `--json`, goes to standard output too
 */
export function talkOf(args: Arguments, isDataOnOutput = false): (text: string) => void {
  if (args.value('pcap') !== '-') return (text) => console.log(text);
  if (isDataOnOutput || args.isSet('json')) {
    const other = isDataOnOutput ? 'what arrives' : '--json';
    throw new UsageError(`--pcap - and ${other} exclude each other: both take standard output`);
  }
  return (text) => console.error(text);
}

/** Takes exactly the positional arguments a verb names. @throws UsageError */
export function takePositionals(args: Arguments, ...names: readonly string[]): string[] {
  const given = args.positionals;
  if (given.length < names.length) {
    throw new UsageError(`${names[given.length]} is missing`);
  }
  if (given.length > names.length) {
    throw new UsageError(`'${given[names.length]}' is one argument too many`);
  }
  return [...given];
}

/** A whole number within bounds. @throws UsageError naming what it is for */
export function readNumber(text: string, what: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new UsageError(`${what} is a number from ${least} to ${most}, not '${text}'`);
  }
  return value;
}

export function readPort(text: string, what = 'PORT'): number {
  return readNumber(text, what, 1, 65_535);
}

/** The settings of --sysctl. @throws UsageError */
export function readSysctls(args: Arguments): Sysctl {
  return Object.fromEntries(args.values('sysctl').map((text) => orUsage(() => parseSysctl(text))));
}

/** Makes something of what a flag says, which may be refused. @throws UsageError */
export function orUsage<T>(work: () => T, what = '--sysctl'): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`${what}: ${error.message}`);
  }
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

/** A duration such as `40ms`, `2s` or `1.5s`; milliseconds. */
export function readDuration(text: string, what: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(us|ms|s|m)$/.exec(text) ?? [];
  if (number === undefined || unit === undefined) {
    throw new UsageError(`${what} is a duration such as 40ms or 2s, not '${text}'`);
  }
  return Number(number) * UNITS[unit]!;
}

/** A time as ping(8) takes it: seconds, `0.3`, or a duration with its unit; milliseconds. */
export function readSeconds(text: string, what: string): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return 1000 * Number(text);
  return readDuration(text, what);
}

const SIZES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A size such as `512`, `64k` or `1m`; octets. */
export function readSize(text: string, what: string, most: number): number {
  const [, number, unit] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  const size = number === undefined ? Number.NaN : Number(number) * SIZES[unit!.toLowerCase()]!;
  if (!(size <= most)) throw new UsageError(`${what} is a size such as 64k, not '${text}'`);
  return size;
}
