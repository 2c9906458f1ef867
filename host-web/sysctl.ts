/**
 * Settings of a stack by the names of Linux's sysctls.
 *
 * The core owns each name, number, default and bound (`SETTINGS` in `abi.ts`); here a name finds
 * its setting as people write it, and what is refused is refused in a sentence. Sysctls that say
 * the same otherwise than the setting does stand here.
 */
import { Result, Setting, SETTINGS } from './abi.ts';
import { type Core, createCore, type Limits } from './core.ts';
import type { WasmModule } from './platform.ts';
import { describe } from './units.ts';

/** Any name at all, without hiding the known ones from an editor. */
type OtherName = string & Record<never, never>;

/** The name of a setting. Any may have Linux's prefix, `net.ipv4.`, which serves IPv6 as well, or
 * `net.ipv6.`. */
export type SysctlName = keyof typeof SETTINGS | keyof typeof LINUX | OtherName;

/** Settings by name, as `createStack` and the scenarios take them. */
export type Sysctl = Readonly<{ [Name in SysctlName]?: number | boolean }>;

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

interface Found {
  /** The name without its prefix. */
  name: string;
  setting: Setting;
  least: number;
  most: number;
  step: number;
  to(value: number): number;
  from(value: number): number;
}

/** Every name there is. */
export const SYSCTL_NAMES: readonly string[] = [...Object.keys(SETTINGS), ...Object.keys(LINUX)];

const same = (value: number) => value;

function find(text: string): Found {
  const name = String(text).replace(/^net\.ipv[46]\./, '');
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
  return { name, setting, least: bounds[0]!, most: bounds[1]!, step, to, from };
}

/** A value as the setting of that name takes it. */
function check(found: Found, value: number | boolean): number {
  const { name, least, most, step } = found;
  const number = typeof value === 'boolean' ? Number(value) : value;
  if (Number.isInteger(number) && number % step === 0 && number >= least && number <= most)
    return found.to(number);
  const what = step === 1 ? 'a whole number' : `a multiple of ${step}`;
  throw new RangeError(
    `${name} can not be ${describe(value)}: it is ${what} from ${least} to ${most}`,
  );
}

/**
 * Reads `name=value`, as a command line has it.
 *
 * @throws RangeError when there is no such setting, or the value is out of its bounds
 */
export function parseSysctl(text: string): [name: string, value: number] {
  const [, name = text, value = ''] = /^\s*([\w.]+)\s*=\s*(.*?)\s*$/.exec(text) ?? [];
  const found = find(name);
  if (!/^-?\d+$/.test(value)) {
    throw new RangeError(
      `${text} is not ${found.name}=value, where value is ${found.least} to ${found.most}`,
    );
  }
  check(found, Number(value));
  return [found.name, Number(value)];
}

/**
 * Changes a setting by name.
 *
 * @throws RangeError when there is no such setting, or the value is out of its bounds
 */
export function changeSetting(core: Core, name: string, value: number | boolean): void {
  const found = find(name);
  const result = -core.set(found.setting, check(found, value));
  if (result !== Result.OK) {
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
    value === undefined ? [] : [{ name, value, found: find(name) }],
  );
  let room = limits;
  for (const { value, found } of settings) {
    if (found.setting !== Setting.MAX_TW_BUCKETS) continue;
    const timeWaits = Math.max(check(found, value), SETTINGS.tcp_max_tw_buckets.initial);
    room = { timeWaits, ...room };
  }
  const core = createCore(module, room, seed);
  for (const { name, value } of settings) changeSetting(core, name, value);
  return core;
}

/** A setting by name. */
export function readSetting(core: Core, name: string): number {
  const { setting, from } = find(name);
  return from(core.get(setting) >>> 0);
}
