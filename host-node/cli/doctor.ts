/** `netcell doctor`: what the verbs stand on, looked at on this machine; it changes nothing. */
import { closeSync, constants, openSync } from 'node:fs';
import { release } from 'node:os';
import { parseAddress, samePrefix } from '../../host-web/address.ts';
import { libc } from '../libc.ts';
import { hasInternals } from '../net/internals.ts';
import { listAddresses, listLinks } from '../netlink.ts';
import { isThere } from '../run/masquerade.ts';
import type { Arguments } from './arguments.ts';
import { isAlive, listRunning, userName } from './control.ts';
import { DEFAULT_SIDES } from './device.ts';
import { Exit, reasonOf } from './failure.ts';
import { freeAddresses, read } from './tun-advice.ts';
import type { Verb } from './verb.ts';

const HELP = `netcell doctor: what this machine lacks for netcell, and the command that helps

  netcell doctor [--json]

Looks at Node, the TUN device, the privilege to make one, addresses, IPv6, and what demo and run
--nat need. It changes nothing. Exit code 1 when a verb with a device (up, serve, get, …) would not
run for this user; what only some verbs need is told of, and no failure.

Examples
  netcell doctor
  sudo netcell doctor --json`;

/** What was looked at: how it is, and what helps where that is not well. */
interface Finding {
  readonly what: string;
  readonly isWell: boolean;
  readonly found: string;
  readonly helps?: string;
  /** What needs it, where not all verbs with a device do. */
  readonly only?: string;
}

/** Node's oldest version that netcell runs on. */
const LEAST_NODE = [20, 19] as const;
/** linux/capability.h */
const CAP_NET_ADMIN = 12;

function run(args: Arguments): Promise<number> {
  const findings = [
    node(),
    handles(),
    ...(process.platform === 'linux' ? onLinux() : [elsewhere()]),
  ];
  if (args.isSet('json')) console.log(JSON.stringify(findings));
  else for (const finding of findings) print(finding);
  const isWell = findings.every((one) => one.isWell || one.only !== undefined);
  return Promise.resolve(isWell ? Exit.OK : Exit.FAILED);
}

function print({ what, isWell, found, helps, only }: Finding): void {
  const mark = isWell ? '✓' : only === undefined ? '✗' : '–';
  const whose = isWell || only === undefined ? '' : `, which ${only} needs`;
  console.log(`${mark} ${what.padEnd(12)} ${found}${whose}`);
  if (!isWell && helps !== undefined) console.log(`${''.padEnd(15)}${helps}`);
}

// Each of them -----------------------------------------------------------------------

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [least, leastMinor] = LEAST_NODE;
  const isWell = major > least || (major === least && minor >= leastMinor);
  const helps = `install Node ${least}.${leastMinor} or later: https://nodejs.org/`;
  return { what: 'Node', isWell, found: process.version, helps };
}

/** Whether Node has what `netcell/net` makes its handles of. */
function handles(): Finding {
  return {
    what: 'netcell/net',
    isWell: hasInternals,
    found: hasInternals ? 'Node’s own net over a stack' : 'this runtime has no process.binding',
    helps: 'run it by Node 20 to 26, without --permission',
    only: 'run',
  };
}

function elsewhere(): Finding {
  return {
    what: 'system',
    isWell: false,
    found: `${process.platform}: TUN devices are Linux's`,
    helps: 'netcell demo --simulated, netcell sim, and the library run here',
  };
}

function onLinux(): Finding[] {
  return [
    { what: 'Linux', isWell: true, found: release() },
    foreignFunctions(),
    device(),
    privilege(),
    addresses(),
    ipv6(),
    namespaces(),
    masquerade(),
    running(),
  ];
}

function foreignFunctions(): Finding {
  const what = 'koffi';
  try {
    libc();
    return { what, isWell: true, found: 'the C library answers' };
  } catch (error) {
    return { what, isWell: false, found: reasonOf(error), helps: 'npm install koffi' };
  }
}

const DEVICE = '/dev/net/tun';

function device(): Finding {
  try {
    closeSync(openSync(DEVICE, constants.O_RDWR));
    return { what: 'TUN', isWell: true, found: DEVICE };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const helps = isMissing
      ? 'sudo modprobe tun     (in a container: --device /dev/net/tun)'
      : `sudo chmod 666 ${DEVICE}`;
    return { what: 'TUN', isWell: false, found: reasonOf(error), helps };
  }
}

/** Whether this process may make devices, or somebody has made one for its user. */
function privilege(): Finding {
  const what = 'privilege';
  const [, mask = '0'] = /^CapEff:\s*([0-9a-f]+)/m.exec(read('/proc/self/status')) ?? [];
  if ((BigInt(`0x${mask}`) >> BigInt(CAP_NET_ADMIN)) & 1n) {
    return { what, isWell: true, found: 'may make devices (CAP_NET_ADMIN)' };
  }
  const user = process.getuid?.();
  const own = listLinks().find(({ name }) => {
    return Number(read(`/sys/class/net/${name}/owner`) || Number.NaN) === user;
  });
  if (own !== undefined) {
    return { what, isWell: true, found: `may attach to ${own.name}: --tun ${own.name}` };
  }
  return {
    what,
    isWell: false,
    found: 'may not make devices',
    helps: `sudo ip tuntap add tun0 mode tun user ${user}, and then --tun tun0; or sudo netcell …`,
  };
}

/** Whether the default networks are nobody's on this machine. */
function addresses(): Finding {
  const what = 'addresses';
  const all = listAddresses();
  for (const { address, prefix } of DEFAULT_SIDES) {
    const taken = all.find(({ octets }) => samePrefix(octets, parseAddress(address)!, prefix));
    if (taken === undefined) continue;
    const holder = listLinks().find(({ index }) => index === taken.index)?.name ?? 'a device';
    const found = `the network of ${address}/${prefix} is in use on ${holder}`;
    const wanted = DEFAULT_SIDES.map((side) => `${side.peer}/${side.prefix}`);
    const helps = freeAddresses(wanted, 1n).join(' ');
    return { what, isWell: false, found, helps, only: 'a verb without --address' };
  }
  const free = DEFAULT_SIDES.map(({ address, prefix }) => `${address}/${prefix}`).join(', ');
  return { what, isWell: true, found: `${free}: free` };
}

function ipv6(): Finding {
  const isOff = read('/proc/sys/net/ipv6/conf/default/disable_ipv6').trim() !== '0';
  return {
    what: 'IPv6',
    isWell: !isOff,
    found: isOff ? 'is switched off for new devices' : 'is on',
    helps: 'sudo sysctl net.ipv6.conf.default.disable_ipv6=0',
    only: 'an address of IPv6',
  };
}

function namespaces(): Finding {
  const what = 'namespaces';
  if (process.getuid?.() === 0) return { what, isWell: true, found: 'root makes its own' };
  const isHere = isThere('unshare');
  const most = Number(read('/proc/sys/user/max_user_namespaces') || 0);
  const isForbidden =
    read('/proc/sys/kernel/unprivileged_userns_clone').trim() === '0' ||
    read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns').trim() === '1';
  const isWell = isHere && most > 0 && !isForbidden;
  return {
    what,
    isWell,
    found: isWell ? 'this user makes its own' : 'this user may not make any',
    helps: isHere ? 'sudo netcell demo' : 'sudo apt-get install util-linux     (it has unshare)',
    only: 'demo',
  };
}

function masquerade(): Finding {
  const program = ['nft', 'iptables'].find(isThere);
  return {
    what: 'masquerade',
    isWell: program !== undefined,
    found: program ?? 'neither nft nor iptables is here',
    helps: 'sudo apt-get install nftables',
    only: 'run --nat',
  };
}

function running(): Finding {
  const all = listRunning().filter(({ pid }) => isAlive(pid));
  const names = all.map(({ name, pid, uid }) => `${name} (process ${pid} of ${userName(uid)})`);
  return { what: 'running', isWell: true, found: names.join(', ') || 'no netcell' };
}

export const verb: Verb = { help: HELP, flags: { json: { type: 'boolean' } }, run };
