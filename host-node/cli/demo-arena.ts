/**
 * Where the demo takes place: netcell on one side, on the other the kernel or a second netcell.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { release } from 'node:os';
import { createStackSync, parseInterfaceAddress, type Stack } from '../../host-web/index.ts';
import type { Link } from '../../host-web/link/link.ts';
import type { Impairment } from '../../host-web/link/netem.ts';
import { simulatedLink } from '../../host-web/link/simulated.ts';
import type { Sysctl } from '../../host-web/sysctl.ts';
import { type Net, netFor } from '../net/index.ts';
import { addRoute } from '../netlink.ts';
import { openTun, type Tun, TunError } from '../tun.ts';
import { TunLink } from '../tun-link.ts';
import { orUsage } from './arguments.ts';
import { record } from './capture.ts';
import { kernelPeer, localPeer, type Peer, type Sockets } from './demo-peer.ts';
import { behind } from './impair.ts';

/** One address family of the arena. */
export interface Family {
  readonly name: 'IPv4' | 'IPv6';
  readonly ours: string;
  readonly theirs: string;
  readonly prefix: number;
}

export interface Arena {
  readonly kind: 'tun' | 'simulated';
  readonly title: string;
  /** What the report says of the place. */
  readonly lines: readonly string[];
  /** The same for `--json`. */
  readonly facts: Readonly<Record<string, string>>;
  /** Where packets cross, in a sentence: "it crossed the TUN device". */
  readonly crossed: string;
  /** What the other side is called. */
  readonly opponent: string;
  readonly stack: Stack;
  readonly net: Net;
  readonly families: readonly Family[];
  readonly peer: Peer;
  close(): Promise<void>;
}

const IPV4: Family = { name: 'IPv4', ours: '10.9.0.2', theirs: '10.9.0.1', prefix: 24 };
const IPV6: Family = { name: 'IPv6', ours: 'fd00:9::2', theirs: 'fd00:9::1', prefix: 64 };

/** What the flags ask for. */
export interface Wishes {
  readonly offload: boolean;
  readonly pcap: string | undefined;
  /** Record segment by segment. */
  readonly split: boolean;
  readonly sysctl: Sysctl;
  /** What the link does to packets. */
  readonly impairment: Impairment | undefined;
}

/** Netcell behind a TUN device of this namespace. @throws TunError, UsageError */
export function realArena(options: Wishes & { congestion: string }): Arena {
  const { tun, families } = openBoth(options.offload);
  const congestion = chooseCubic(tun, families, options.congestion);
  let failed: Error | undefined;
  const link = new TunLink(tun, { onError: (error) => (failed = error) });
  const stack = makeStack(families, (family) => family.ours, options);
  const recording = { name: tun.name, clock: stack.clock, split: options.split };
  const capture = options.pcap === undefined ? undefined : record(options.pcap, link, recording);
  stack.attach(behind(options.impairment, capture?.link ?? link, stack.clock));
  const offload = link.offloads === undefined ? 'no offload' : 'offload';
  const peer = kernelPeer();
  return {
    kind: 'tun',
    title: `Linux's TCP and netcell's over a TUN device, in a network namespace of their own`,
    lines: [
      ...families.map(
        (family, i) =>
          `${(i === 0 ? tun.name : '').padEnd(9)} kernel ${family.theirs.padEnd(10)} ` +
          `netcell ${family.ours.padEnd(10)}${i === 0 ? ` mtu ${tun.mtu}, ${offload}` : ''}`,
      ),
      `kernel    Linux ${release()}, congestion control ${congestion}`,
      ...(families.length === 1 ? ['IPv6      is switched off on this machine: left out'] : []),
    ],
    facts: { device: tun.name, kernel: release(), congestion },
    crossed: 'it crossed the TUN device',
    opponent: 'kernel',
    stack,
    net: netFor(stack),
    families,
    peer,
    close: async () => {
      peer.close();
      await stack.close();
      await capture?.close();
      if (failed !== undefined) throw failed;
    },
  };
}

/** The device with both families, or with IPv4 alone where the machine has IPv6 switched off. */
function openBoth(offload: boolean): { tun: Tun; families: Family[] } {
  const open = (families: Family[]) => ({
    tun: openTun({
      addresses: families.map(({ theirs, prefix }) => `${theirs}/${prefix}`),
      offload,
    }),
    families,
  });
  try {
    return open([IPV4, IPV6]);
  } catch (error) {
    const isFamily = error instanceof TunError && error.message.includes('disable_ipv6');
    if (!isFamily) throw error;
    return open([IPV4]);
  }
}

/** Where the namespace may not choose its congestion control, its routes may. */
function chooseCubic(tun: Tun, families: readonly Family[], inForce: string): string {
  if (inForce === 'cubic') return inForce;
  try {
    for (const { theirs, prefix } of families) {
      const destination = networkOf(theirs, prefix);
      addRoute({ device: tun.name, destination, congestion: 'cubic', replace: true });
    }
    return 'cubic (by route)';
  } catch {
    return inForce;
  }
}

function networkOf(address: string, prefix: number): { octets: Uint8Array; prefix: number } {
  const octets = parseInterfaceAddress(address)!.octets.slice();
  octets.fill(0, prefix >> 3);
  return { octets, prefix };
}

function makeStack(
  families: readonly Family[],
  addressOf: (family: Family) => string,
  { sysctl }: Pick<Wishes, 'sysctl'>,
): Stack {
  const address = families.map((family) => `${addressOf(family)}/${family.prefix}`);
  return orUsage(() => createStackSync({ address, sysctl }));
}

/** Two netcells in this process. */
export async function simulatedArena(wishes: Omit<Wishes, 'offload' | 'split'>): Promise<Arena> {
  const { pcap, sysctl, impairment } = wishes;
  const families = [IPV4, IPV6];
  const stack = makeStack(families, ({ ours }) => ours, { sysctl });
  const other = makeStack(families, ({ theirs }) => theirs, { sysctl: {} });
  const { a: here, b: there } = simulatedLink({ ...impairment, clock: stack.clock });
  const recording = { name: 'simulated', clock: stack.clock };
  const capture = pcap === undefined ? undefined : record(pcap, here, recording);
  const near: Link = capture?.link ?? here;
  stack.attach(near);
  other.attach(there);
  return {
    kind: 'simulated',
    title: 'two netcells over a simulated link, in one process',
    lines: families.map(
      ({ ours, theirs }) => `link      peer ${theirs.padEnd(10)} netcell ${ours}`,
    ),
    facts: {},
    crossed: 'it crossed the simulated link',
    opponent: 'peer',
    stack,
    net: netFor(stack),
    families,
    peer: localPeer(socketsOf(netFor(other))),
    close: async () => {
      await stack.close();
      await other.close();
      await capture?.close();
    },
  };
}

/** HTTP's way to a stack. */
export function socketsOf(net: Net): Sockets {
  return {
    agent: () => net.agent({ keepAlive: false }),
    listen: (server: Server, host: string) =>
      new Promise((resolve, reject) => {
        const listening = net.serve(server, { port: 0, host });
        listening.once('error', reject);
        listening.once('listening', () => resolve((listening.address() as AddressInfo).port));
      }),
  };
}
