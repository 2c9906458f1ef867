/**
 * What helps against a TUN device's errors, in the command line's own words.
 *
 * The library speaks to programs; here the same problem ends with the command to type, made from
 * the one that failed. Where a device or an address is in use, its holder is named, and what is
 * offered leaves it alone.
 */
import { readdirSync, readFileSync } from 'node:fs';
import {
  formatAddress,
  type InterfaceAddress,
  parseInterfaceAddress,
  samePrefix,
} from '../../host-web/address.ts';
import { listAddresses, listLinks } from '../netlink.ts';
import type { TunError } from '../tun-error.ts';
import { listRunning, userName } from './control.ts';

/** What was typed. */
export interface Typed {
  readonly verb: string;
  readonly words: readonly string[];
}

/** The sentence of an error, with what this command line's user can do about it. */
export function explainTun(error: TunError, typed: Typed): string {
  const { problem, sentence } = error;
  switch (problem?.kind) {
    case 'clash': {
      const holder = holderOf(problem.device);
      const who = holder === undefined ? '' : ` (${holder})`;
      const moved = freeAddresses(problem.wanted, typed.verb === 'tunnel' ? 0n : 1n);
      const command = commandOf(typed, ['address', 'addr', 'peer'], moved);
      return `${sentence}${who}\n  ${command}`;
    }
    case 'busy': {
      const who = holderOf(problem.device) ?? 'one this user may not see';
      const command = commandOf(typed, ['tun'], ['--tun', freeName()]);
      return `${sentence} (${who})\n  ${command}`;
    }
    case 'privilege': {
      const attach = commandOf(typed, ['tun'], ['--tun', problem.device], '');
      const lines = [
        `run as root       ${commandOf(typed, [], [])}`,
        `or once           ${problem.handOver}`,
        `and from then on  ${attach}`,
      ];
      return `${sentence}\n  ${lines.join('\n  ')}`;
    }
    case 'option':
      return `${sentence}\n  netcell ${typed.verb} ${OPTIONS[problem.option]}`;
    case 'closed':
      return sentence;
    default:
      return error.message;
  }
}

const OPTIONS = {
  name: '--tun tun0',
  mtu: '--mtu 1500',
  addresses: '--address 10.9.0.2/24',
  queues: '--threads 2',
};

/** The command again, some flags left out and others added. */
function commandOf(
  { verb, words }: Typed,
  without: readonly string[],
  added: readonly string[],
  prefix = asRoot(),
): string {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [, flag = '', value] = /^--([^=]+)(=.*)?$/s.exec(word) ?? [];
    if (!without.includes(flag)) kept.push(word);
    else if (value === undefined) i++;
  }
  return `${prefix}netcell ${[verb, ...kept, ...added].map(quoted).join(' ')}`;
}

/** Root itself, as in a container, need not ask to be. */
function asRoot(): string {
  return process.getuid?.() === 0 && process.env.SUDO_UID === undefined ? '' : 'sudo ';
}

/** A word as a shell takes it for one. */
function quoted(word: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

// The holder ---------------------------------------------------------------------

/** The process that holds a device, as far as this user may see. */
function holderOf(device: string): string | undefined {
  const [running] = listRunning(device);
  if (running !== undefined) {
    return `the netcell of process ${running.pid}, of ${userName(running.uid)}`;
  }
  for (const pid of listed('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!isHeldBy(pid, device)) continue;
    return `${read(`/proc/${pid}/comm`).trim()}, process ${pid}`;
  }
  return undefined;
}

/** Whether one of a process's descriptors is the device's, which its description says. */
function isHeldBy(pid: string, device: string): boolean {
  return listed(`/proc/${pid}/fdinfo`).some((fd) => {
    return read(`/proc/${pid}/fdinfo/${fd}`).split('\n').includes(`iff:\t${device}`);
  });
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A file of the kernel's; empty where there is none, or it may not be read. */
export function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

// What is free -------------------------------------------------------------------

/** Networks tried after those that follow the one asked for, by octets of the address. */
const OTHER_NETWORKS: Readonly<Record<number, readonly string[]>> = {
  4: ['172.29.9.1', '192.168.209.1', '198.18.9.1'],
  16: ['fd29:9::1'],
};
/** How many networks are tried from each. */
const TRIES = 100;

/**
 * Addresses as flags, in networks nothing here is in: in place of those that clash, and the others
 * as they were.
 *
 * @param above how far the stack's address lies above the kernel's
 */
export function freeAddresses(wanted: readonly string[], above: bigint): string[] {
  const assigned = listAddresses();
  return wanted.flatMap((text) => {
    const network = parseInterfaceAddress(text);
    const free = network === undefined ? undefined : freeNetwork(network, assigned);
    if (free === undefined) return [];
    return ['--address', `${formatAddress(plus(free.octets, above))}/${free.prefix}`];
  });
}

type Network = Pick<InterfaceAddress, 'octets' | 'prefix'>;

function freeNetwork(wanted: Network, assigned: readonly Network[]): Network | undefined {
  const { octets, prefix } = wanted;
  const isFree = (candidate: Uint8Array) => {
    return !assigned.some((other) => {
      return samePrefix(other.octets, candidate, Math.min(prefix, other.prefix));
    });
  };
  const size = 1n << BigInt(8 * octets.length - prefix);
  const others = OTHER_NETWORKS[octets.length]!.map((text) => parseInterfaceAddress(`${text}/32`)!);
  for (const first of [octets, ...others.map((other) => other.octets)]) {
    for (let i = 0n; i < TRIES; i++) {
      const candidate = plus(first, i * size);
      if (isFree(candidate)) return { octets: candidate, prefix };
    }
  }
  return undefined;
}

/** The address so far above another. */
function plus(octets: Uint8Array, above: bigint): Uint8Array {
  const bits = 8 * octets.length;
  let number = 0n;
  for (const octet of octets) number = (number << 8n) | BigInt(octet);
  const sum = BigInt.asUintN(bits, number + above);
  return Uint8Array.from(octets, (_, i) => Number((sum >> BigInt(bits - 8 - 8 * i)) & 0xffn));
}

/** A name no interface has. */
function freeName(): string {
  const taken = new Set(listLinks().map(({ name }) => name));
  let number = 0;
  while (taken.has(`tun${number}`)) number++;
  return `tun${number}`;
}
