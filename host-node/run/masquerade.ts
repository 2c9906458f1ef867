/**
 * Rules by which a network's packets leave this host with its own address: by `nft`, in a table of
 * our own, or by `iptables`, with a comment that is ours. Both are named after the device, so that
 * what a run has left that was killed is recognised by the next, and replaced. Rules of others are
 * neither changed nor put in another order.
 */
import { spawnSync } from 'node:child_process';
import { Failure } from '../cli/failure.ts';
import type { Family } from './forwarding.ts';

/** One family of a device's network. */
export interface Masqueraded {
  readonly family: Family;
  /** As `10.9.0.0/24`. */
  readonly network: string;
  readonly device: string;
}

/** A program that sets rules. */
export interface Rules {
  /** Sets them in the place of what is left of an earlier run's. @throws Failure */
  set(masqueraded: Masqueraded): void;
  /** Takes them back. @throws Failure */
  unset(masqueraded: Masqueraded): void;
  /** Where packets that are to be forwarded are dropped by others, in that program's words. */
  drops(family: Family): string[];
}

const NFT_FAMILY: Readonly<Record<Family, string>> = { 4: 'ip', 6: 'ip6' };
const IPTABLES: Readonly<Record<Family, string>> = { 4: 'iptables', 6: 'ip6tables' };

/** Runs a program; answers what it says. @throws Failure with its last words */
function run(program: string, words: readonly string[], input = ''): string {
  const { error, status, stdout, stderr } = spawnSync(program, words, { input, encoding: 'utf8' });
  if (error !== undefined) throw Failure.while(`cannot start ${program}`, error);
  if (status === 0) return stdout;
  throw new Failure(`${program} refuses: ${stderr.trim().split('\n')[0]}`);
}

/** Whether a program can be started here. */
export function isThere(program: string): boolean {
  return spawnSync(program, ['-V'], { stdio: 'ignore' }).error === undefined;
}

/** The program of this host. @throws Failure with the packages that have one */
export function findRules(): Rules {
  if (isThere('nft')) return nft;
  if (isThere('iptables')) return iptables;
  throw new Failure(
    '--nat sets its rules by nft or iptables, and neither is here' +
      '\n  sudo apt-get install nftables     (dnf, apk, pacman, zypper: the same name)',
  );
}

/** A table's name: of a device's, what is no word there is written by its number. */
function tableOf(device: string): string {
  return `netcell_${device.replace(/\W/g, (sign) => `.${sign.charCodeAt(0)}`)}`;
}

const nft: Rules = {
  set({ family, network, device }) {
    const name = NFT_FAMILY[family];
    const table = `${name} ${tableOf(device)}`;
    const from = `${name} saddr ${network} oifname != "${device}"`;
    // Begun anew, as one change: to delete what is not there would be an error.
    const lines = [
      `add table ${table}`,
      `delete table ${table}`,
      `add table ${table}`,
      `add chain ${table} out { type nat hook postrouting priority 100 ; }`,
      `add rule ${table} out ${from} masquerade`,
    ];
    run('nft', ['-f', '-'], `${lines.join('\n')}\n`);
  },
  unset({ family, device }) {
    const table = `${NFT_FAMILY[family]} ${tableOf(device)}`;
    run('nft', ['-f', '-'], `add table ${table}\ndelete table ${table}\n`);
  },
  drops(family) {
    const places: string[] = [];
    let table = '';
    let chain = '';
    for (const line of run('nft', ['list', 'chains']).split('\n')) {
      table = /^table (.*) \{/.exec(line)?.[1] ?? table;
      chain = /^\s+chain (.*) \{/.exec(line)?.[1] ?? chain;
      const isOfFamily = ['inet', NFT_FAMILY[family]].includes(table.split(' ')[0]!);
      if (isOfFamily && /hook forward .*policy drop/.test(line)) {
        places.push(`nft's chain ${chain} of table ${table}`);
      }
    }
    return places;
  },
};

const CHAIN = ['-w', '-t', 'nat'];

/** How our rules are marked. */
function markOf(device: string): string {
  return `netcell:${device}`;
}

const iptables: Rules = {
  set(masqueraded) {
    const { family, network, device } = masqueraded;
    iptables.unset(masqueraded);
    const rule = ['-s', network, '!', '-o', device, '-m', 'comment', '--comment', markOf(device)];
    const words = [...CHAIN, '-A', 'POSTROUTING', ...rule, '-j', 'MASQUERADE'];
    run(IPTABLES[family], words);
  },
  unset({ family, device }) {
    for (const line of run(IPTABLES[family], [...CHAIN, '-S', 'POSTROUTING']).split('\n')) {
      const [verb, ...rule] = line.replaceAll('"', '').split(' ');
      if (verb !== '-A' || !rule.includes(markOf(device))) continue;
      run(IPTABLES[family], [...CHAIN, '-D', ...rule]);
    }
  },
  drops(family) {
    const said = run(IPTABLES[family], ['-w', '-S', 'FORWARD']);
    return said.includes('-P FORWARD DROP') ? [`${IPTABLES[family]}'s chain FORWARD`] : [];
  },
};
