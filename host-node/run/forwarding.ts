/**
 * Forwarding by the kernel between its links, for a time: what it was before is remembered file by
 * file (ip-sysctl), for to turn it on or off for all links sets that of each.
 *
 * A host that forwards IPv6 no longer listens to routers and forgets its default route, where
 * `accept_ra` is 1; at 2 it goes on, so that is set for the time, too.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** IPv4's or IPv6's. */
export type Family = 4 | 6;

const ROOT: Readonly<Record<Family, string>> = {
  4: '/proc/sys/net/ipv4/conf',
  6: '/proc/sys/net/ipv6/conf',
};
const ALL = 'all/forwarding';

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

/**
 * Has the kernel forward packets of a family.
 *
 * @returns takes it back, as far as links are still there; harmless when repeated
 * @throws the file system's error, with nothing changed
 */
export function forward(family: Family): () => void {
  if (isForwarding(family)) return () => {};
  const before = new Map<string, string>();
  const remember = (file: string) => {
    const value = settingOf(file);
    if (value !== undefined) before.set(file, value);
  };
  // In the order in which they are to be set back: a link's own behind that of all.
  remember(`${ROOT[family]}/${ALL}`);
  for (const file of allSettings(family, 'forwarding')) remember(file);
  const listening = family === 6 ? allSettings(family, 'accept_ra') : [];
  for (const file of listening) remember(file);
  const restore = () => {
    for (const [file, value] of before) {
      const now = settingOf(file);
      if (now !== undefined && now !== value) writeFileSync(file, value);
    }
    before.clear();
  };
  try {
    for (const file of listening) if (before.get(file) === '1') writeFileSync(file, '2');
    writeFileSync(`${ROOT[family]}/${ALL}`, '1');
  } catch (error) {
    restore();
    throw error;
  }
  return restore;
}
