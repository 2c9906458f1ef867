/**
 * Forwarding by the kernel between its links, for a time. What was there before is remembered file
 * by file (ip-sysctl): to turn it on or off for all links sets that of each. It is written down,
 * too, so that what a process leaves that is killed is taken back by the next with its device.
 *
 * A host that forwards IPv6 no longer listens to routers and forgets its default route, where
 * `accept_ra` is 1; at 2 it goes on, so that is set for the time, too.
 */
import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../cli/control.ts';

/** IPv4's or IPv6's. */
export type Family = 4 | 6;

const ROOT: Readonly<Record<Family, string>> = {
  4: '/proc/sys/net/ipv4/conf',
  6: '/proc/sys/net/ipv6/conf',
};
const ALL = 'all/forwarding';
const LISTENING = 'accept_ra';
/** Another one each time that the machine starts, which sets all settings anew. */
const BOOT = '/proc/sys/kernel/random/boot_id';

/** A setting's value; undefined where it, or its link, is not there. */
function settingOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The settings of all links of that name. */
function allSettings(family: Family, name: string): string[] {
  return readdirSync(ROOT[family]).map((link) => `${ROOT[family]}/${link}/${name}`);
}

/** Whether the kernel forwards packets of a family between its links. */
export function isForwarding(family: Family): boolean {
  return settingOf(`${ROOT[family]}/${ALL}`) === '1';
}

/** Where it is written what was there before, for a process that is killed. */
function noteOf(family: Family, device: string): string {
  const namespace = readlinkSync('/proc/self/ns/net').replace(/\D/g, '');
  return join(makeFolder(), `forwarding-${family}-${namespace}-${device}.json`);
}

/** Settings by their files, of this time that the machine is up; undefined for none. */
function readNote(note: string): Map<string, string> | undefined {
  try {
    const { boot, before } = JSON.parse(readFileSync(note, 'utf8'));
    return boot === settingOf(BOOT) ? new Map(before) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Has the kernel forward packets of a family, for a device's sake. What an earlier run for that
 * device has set and could not take back is taken for not set.
 *
 * @returns takes it back, as far as links are still there; harmless when repeated
 * @throws the file system's error, with nothing changed
 */
export function forward(family: Family, device: string): () => void {
  const note = noteOf(family, device);
  const left = readNote(note);
  if (left === undefined && isForwarding(family)) return () => {};
  const before = left ?? settingsNow(family);
  const restore = () => {
    for (const [file, value] of before) {
      const now = settingOf(file);
      if (now !== undefined && now !== value) writeFileSync(file, value);
    }
    before.clear();
    rmSync(note, { force: true });
  };
  writeFileSync(note, JSON.stringify({ boot: settingOf(BOOT), before: [...before] }));
  try {
    for (const [file, value] of before) {
      if (file.endsWith(LISTENING) && value === '1') writeFileSync(file, '2');
    }
    writeFileSync(`${ROOT[family]}/${ALL}`, '1');
  } catch (error) {
    restore();
    throw error;
  }
  return restore;
}

/** What is about to be changed, in the order to set it back: a link's own behind that of all. */
function settingsNow(family: Family): Map<string, string> {
  const listening = family === 6 ? allSettings(family, LISTENING) : [];
  const files = [`${ROOT[family]}/${ALL}`, ...allSettings(family, 'forwarding'), ...listening];
  const values = new Map<string, string>();
  for (const file of files) {
    const value = settingOf(file);
    if (value !== undefined) values.set(file, value);
  }
  return values;
}
