/**
 * Settings of a stack by the names of Linux's sysctls.
 *
 * The core owns each name, number, default and bound (`SETTINGS` in `abi.ts`); here a name finds
 * its setting as people write it, and what is refused is refused in a sentence. Sysctls that say
 * the same otherwise than the setting does stand here, and those that are three settings in one.
 */
import { Controller, Result, Setting, SETTINGS } from './abi.ts';
import { type Core, createCore, type Limits } from './core.ts';
import type { WasmModule } from './platform.ts';
import { describe } from './units.ts';

/** Any name at all, without hiding the known ones from an editor. */
type OtherName = string & Record<never, never>;

/** The name of a setting. Any may have Linux's prefix, `net.ipv4.`, which serves IPv6 as well, or
 * `net.ipv6.`. */
export type SysctlName = keyof typeof SETTINGS | keyof typeof LINUX | OtherName;

/** The name of three settings in one. */
export type TripleName = `${'' | 'net.ipv4.'}${keyof typeof TRIPLES}`;

/** The congestion controls, by the names Linux has for them. */
export const CONTROLLERS = {
  cubic: Controller.CUBIC,
  reno: Controller.RENO,
  bbr: Controller.BBR,
} as const;
export type CongestionControl = keyof typeof CONTROLLERS;

/** Least, default and most. */
export type Triple = readonly [least: number, initial: number, most: number];

/** What a setting can be; `tcp_congestion_control` can be a name. */
export type SysctlValue = number | boolean | Triple | CongestionControl;

/** Settings by name, as `createStack` and the scenarios take them. */
export type Sysctl = Readonly<
  { [Name in SysctlName]?: SysctlValue } & { [Name in TripleName]?: Triple }
>;

/** Sysctls of Linux whose setting says it otherwise: its name, their step, the value both ways. */
const LINUX = {
  icmp_echo_ignore_all: {
    name: 'icmp_echo',
    step: 1,
    to: (value: number) => Number(value === 0),
    from: (value: number) => Number(value === 0),
  },
  tcp_rto_min_us: {
    name: 'tcp_rto_min_ms',
    step: 1000,
    to: (value: number) => value / 1000,
    from: (value: number) => value * 1000,
  },
} as const;

/** Sysctls of Linux that are three numbers, each a setting of its own here. */
const TRIPLES = {
  tcp_rmem: ['tcp_rmem_min', 'tcp_rmem_default', 'tcp_rmem_max'],
  tcp_wmem: ['tcp_wmem_min', 'tcp_wmem_default', 'tcp_wmem_max'],
} as const;

interface Found {
  /** The name without its prefix. */
  name: string;
  setting: Setting;
  least: number;
  most: number;
  step: number;
  /** Values that have names. */
  words: Readonly<Record<string, number>>;
  to(value: number): number;
  from(value: number): number;
}

/** Every name there is. */
export const SYSCTL_NAMES: readonly string[] = [
  ...Object.keys(SETTINGS),
  ...Object.keys(LINUX),
  ...Object.keys(TRIPLES),
];

const same = (value: number) => value;

function withoutPrefix(text: string): string {
  return String(text).replace(/^net\.ipv[46]\./, '');
}

/** The settings a name stands for: mostly one. */
function findAll(text: string): readonly Found[] {
  const name = withoutPrefix(text);
  if (!Object.hasOwn(TRIPLES, name)) return [find(text)];
  return TRIPLES[name as keyof typeof TRIPLES].map(find);
}

function find(text: string): Found {
  const name = withoutPrefix(text);
  const linux = Object.hasOwn(LINUX, name) ? LINUX[name as keyof typeof LINUX] : undefined;
  const own = linux?.name ?? name;
  if (!Object.hasOwn(SETTINGS, own)) {
    throw new RangeError(
      `${describe(text)} is not a setting; there are ${SYSCTL_NAMES.join(', ')}`,
    );
  }
  const { setting, least, most } = SETTINGS[own as keyof typeof SETTINGS];
  const { step, to, from } = linux ?? { step: 1, to: same, from: same };
  // What is turned round has its bounds turned round.
  const bounds = [from(least), from(most)].sort((a, b) => a - b);
  const words = own === 'tcp_congestion_control' ? CONTROLLERS : {};
  return { name, setting, least: bounds[0]!, most: bounds[1]!, step, words, to, from };
}

/** A value as the settings of that name take it, one number each. */
function checkAll(name: string, found: readonly Found[], value: SysctlValue): number[] {
  const values = Array.isArray(value) ? value : [value];
  if (values.length === found.length) return found.map((one, i) => check(one, values[i]));
  const what = found.length === 1 ? 'one number' : 'three: least, default and most';
  throw new RangeError(`${withoutPrefix(name)} can not be ${describe(value)}: it is ${what}`);
}

/** A value as the setting of that name takes it. */
function check(found: Found, value: number | boolean | string): number {
  const { name, least, most, step, words } = found;
  const number = typeof value === 'string' ? (words[value] ?? Number.NaN) : Number(value);
  if (Number.isInteger(number) && number % step === 0 && number >= least && number <= most)
    return found.to(number);
  const names = typeof value === 'string' ? Object.keys(words) : [];
  const what =
    names.map((word) => `${word}, `).join('') +
    (step === 1 ? 'a whole number' : `a multiple of ${step}`);
  throw new RangeError(
    `${name} can not be ${describe(value)}: it is ${what} from ${least} to ${most}`,
  );
}

/**
 * Reads `name=value`, as a command line has it.
 *
 * @throws RangeError when there is no such setting, or the value is out of its bounds
 */
export function parseSysctl(text: string): [name: string, value: number | Triple] {
  const [, name = text, value = ''] = /^\s*([\w.]+)\s*=\s*(.*?)\s*$/.exec(text) ?? [];
  const found = findAll(name);
  const words = value.split(/\s+/);
  const named = found[0]!.words;
  const isValue = (word: string) => /^-?\d+$/.test(word) || Object.hasOwn(named, word);
  if (words.length !== found.length || !words.every(isValue)) {
    const what = found.length === 1 ? 'value, where value is' : '"least default most", each';
    const { least, most } = found[0]!;
    throw new RangeError(`${text} is not ${withoutPrefix(name)}=${what} ${least} to ${most}`);
  }
  const numbers = words.map((word) => named[word] ?? Number(word));
  const read = numbers.length === 1 ? numbers[0]! : (numbers as unknown as Triple);
  checkAll(name, found, read);
  return [withoutPrefix(name), read];
}

/**
 * Changes a setting by name.
 *
 * @throws RangeError when there is no such setting, or the value is out of its bounds
 */
export function changeSetting(core: Core, name: string, value: SysctlValue): void {
  const found = findAll(name);
  for (const [i, number] of checkAll(name, found, value).entries()) {
    if (-core.set(found[i]!.setting, number) === Result.OK) continue;
    throw new RangeError(`${name} can not be ${value} in a stack whose limits are smaller`);
  }
}

/**
 * Makes a core whose settings are these, with room for what they ask where no limit says otherwise.
 *
 * @throws RangeError as `createCore` and `changeSetting` do
 */
export function createTuned(
  module: WasmModule,
  limits: Limits,
  sysctl: Sysctl,
  seed: Uint8Array,
): Core {
  const settings = Object.entries(sysctl).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value, found: findAll(name) }],
  );
  let room = limits;
  for (const { name, value, found } of settings) {
    const [number] = checkAll(name, found, value);
    if (found[0]!.setting !== Setting.MAX_TW_BUCKETS) continue;
    const timeWaits = Math.max(number!, SETTINGS.tcp_max_tw_buckets.initial);
    room = { timeWaits, ...room };
  }
  const core = createCore(module, room, seed);
  for (const { name, value } of settings) changeSetting(core, name, value);
  return core;
}

/** A setting by name; three numbers where the name is that of three. */
export function readSetting(core: Core, name: string): number | Triple {
  const values = findAll(name).map(({ setting, from }) => from(core.get(setting) >>> 0));
  return values.length === 1 ? values[0]! : (values as unknown as Triple);
}
