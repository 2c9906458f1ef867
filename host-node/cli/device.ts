/**
 * A stack on a TUN device, as the common flags ask for it.
 *
 * The device is made, or attached to when one of that name exists; the stack gets its addresses, a
 * capture when one is wanted, and a seed when one is given. Not here: what is then done with it.
 */
import { createHash } from 'node:crypto';
import {
  formatAddress,
  parseAddress,
  parseInterfaceAddress,
  samePrefix,
} from '../../host-web/address.ts';
import { createStackSync, RealClock, type Stack } from '../../host-web/index.ts';
import type { Link } from '../../host-web/link/link.ts';
import { type Net, netFor } from '../net/index.ts';
import { listAddresses, listLinks } from '../netlink.ts';
import { openTun, type Tun, type TunQueue, tunQueue } from '../tun.ts';
import { TunLink } from '../tun-link.ts';
import {
  type Arguments,
  orUsage,
  readNumber,
  readSysctls,
  readThreads,
  UsageError,
} from './arguments.ts';
import { record } from './capture.ts';
import { behind, readImpairment } from './impair.ts';

/** One family on the link: the stack's address and the kernel's. */
export interface Side {
  readonly address: string;
  readonly prefix: number;
  readonly peer: string;
}

export interface Device {
  readonly stack: Stack;
  readonly net: Net;
  readonly tun: Tun;
  readonly link: TunLink;
  readonly sides: readonly Side[];
  /** Whether the device is of our making, and not somebody's whom it was attached to. */
  readonly isMade: boolean;
  /** Threads that have a queue of it each; this is the stack of one of them. */
  readonly threads: number;
  /** Milliseconds it took to have all this. */
  readonly readyAfter: number;
  /** Ends the stack, the device and the capture. */
  close(): Promise<void>;
}

/** The networks of a verb without --address. */
export const DEFAULT_SIDES: readonly Side[] = [
  { address: '10.9.0.2', prefix: 24, peer: '10.9.0.1' },
  { address: 'fd00:9::2', prefix: 64, peer: 'fd00:9::1' },
];

/** The least MTU of a link that carries IPv6 (RFC 8200 §5). */
const LEAST_MTU_IPV6 = 1280;

/** A device and the link over it, as the common flags say, before a stack has it. */
export interface Line extends Pick<Device, 'tun' | 'link' | 'sides' | 'isMade' | 'threads'> {
  /** What a stack is attached to: the link, recorded where a capture is wanted. */
  readonly carried: Link;
  /** Ends the capture. The link closes with the stack. */
  endCapture(): Promise<void>;
}

/** Opens a device as the common flags say, and a stack on it. @throws UsageError, TunError */
export function openDevice(args: Arguments, onError: (error: Error) => void): Device {
  const startedAt = performance.now();
  const line = openLine(args, onError);
  try {
    return assemble(line, 0, args, startedAt);
  } catch (error) {
    line.tun.close();
    throw error;
  }
}

/** Opens a device as the common flags say. @throws UsageError, TunError */
export function openLine(args: Arguments, onError: (error: Error) => void): Line {
  const mtu = args.value('mtu');
  const wantedMtu = mtu === undefined ? 1500 : readNumber(mtu, '--mtu', 576, 65_535);
  const sides = readSides(args, wantedMtu);
  const threads = readThreads(args);
  const name = args.value('tun');
  const existing = listLinks().find((link) => link.name === name);
  const tun = openTun({
    ...(name === undefined ? {} : { name }),
    offload: !args.isSet('no-offload'),
    queues: threads,
    ...(existing === undefined
      ? { mtu: wantedMtu, addresses: sides.map(({ peer, prefix }) => `${peer}/${prefix}`) }
      : { create: false }),
  });
  try {
    const served = existing === undefined ? sides : sides.filter(isReached(existing.index));
    const own = served.length > 0 ? served : sides;
    const isMade = existing === undefined;
    return lineOn({ tun, sides: own, isMade, threads }, args, onError);
  } catch (error) {
    tun.close();
    throw error;
  }
}

/** Opens a queue of a device that the main thread has opened. @throws TunError */
export function openQueue(
  args: Arguments,
  queue: TunQueue,
  sides: readonly Side[],
  onError: (error: Error) => void,
): Device {
  const startedAt = performance.now();
  const tun = tunQueue(queue);
  const line = lineOn({ tun, sides, isMade: false, threads: queue.queues }, args, onError);
  return assemble(line, queue.index, args, startedAt);
}

function lineOn(
  facts: Pick<Line, 'tun' | 'sides' | 'isMade' | 'threads'>,
  args: Arguments,
  onError: (error: Error) => void,
): Line {
  const { tun } = facts;
  const pcap = args.value('pcap');
  const link = new TunLink(tun, { onError });
  const recording = { name: tun.name, clock: new RealClock(), split: args.isSet('pcap-split') };
  const impairment = readImpairment(args);
  const capture = pcap === undefined ? undefined : record(pcap, link, recording);
  const endCapture = async () => capture?.close();
  // A capture shows what the kernel sees.
  const carried = behind(impairment, capture?.link ?? link, recording.clock);
  return { ...facts, link, carried, endCapture };
}

/** Whether the kernel has an address of that network on the interface somebody made for us. */
function isReached(index: number): (side: Side) => boolean {
  const theirs = listAddresses().filter((address) => address.index === index);
  return ({ address, prefix }) =>
    theirs.some(({ octets }) => samePrefix(octets, parseAddress(address)!, prefix));
}

function assemble(line: Line, thread: number, args: Arguments, startedAt: number): Device {
  const { carried, endCapture, ...facts } = line;
  const stack = makeStack(args, line.sides, thread);
  stack.attach(carried);
  return {
    ...facts,
    stack,
    net: netFor(stack),
    readyAfter: performance.now() - startedAt,
    close: async () => {
      await stack.close().finally(endCapture);
    },
  };
}

/**
 * A stack as the common flags say.
 *
 * @param index of all that these flags make, which one: no two may have the same seed
 * @throws UsageError
 */
export function makeStack(
  args: Arguments,
  sides: readonly Omit<Side, 'peer'>[],
  index: number,
): Stack {
  const seed = args.value('seed');
  const options = {
    address: sides.map(({ address, prefix }) => `${address}/${prefix}`),
    sysctl: readSysctls(args),
    ...(seed === undefined ? {} : { seed: seedOf(seed, index) }),
  };
  return orUsage(() => createStackSync(options));
}

/** No two stacks may have the same seed. */
function seedOf(text: string, thread: number): Uint8Array {
  const own = thread === 0 ? text : `${text} ${thread}`;
  return createHash('sha256').update(own).digest();
}

/** The addresses the flags ask for; without any, one of each family. @throws UsageError */
function readSides(args: Arguments, mtu: number): Side[] {
  const peers = args.values('peer').map((text) => readPeer(text));
  const given = args.values('address').map((text) => readAddress(text));
  const sides =
    given.length > 0
      ? given
      : DEFAULT_SIDES.filter(({ address }) => {
          return mtu >= LEAST_MTU_IPV6 || !address.includes(':');
        });
  for (const { address } of sides) {
    const same = sides.filter((other) => other.address.includes(':') === address.includes(':'));
    if (same.length > 1) throw new UsageError('--address is given twice for one family');
  }
  return sides.map((side) => {
    const isFor = (peer: Uint8Array) => (peer.length === 16) === side.address.includes(':');
    const peer = peers.find(isFor);
    const own = parseAddress(side.address)!;
    if (peer === undefined) return { ...side, peer: side.peer || firstOf(own, side.prefix) };
    if (!samePrefix(peer, own, side.prefix)) {
      throw new UsageError(
        `--peer ${formatAddress(peer)} is not in the network of ${side.address}/${side.prefix}`,
      );
    }
    return { ...side, peer: formatAddress(peer) };
  });
}

function readPeer(text: string): Uint8Array {
  const octets = parseAddress(text);
  if (octets === undefined)
    throw new UsageError(`--peer is an address such as 10.9.0.1, not '${text}'`);
  return octets;
}

function readAddress(text: string): Side {
  const read = parseInterfaceAddress(text);
  if (read === undefined || read.peer !== undefined || !text.includes('/')) {
    throw new UsageError(
      `--address is an address with a prefix such as 10.9.0.2/24, not '${text}'`,
    );
  }
  return { address: formatAddress(read.octets), prefix: read.prefix, peer: '' };
}

/** The first host of a network, or the second where the first is us. */
function firstOf(own: Uint8Array, prefix: number): string {
  const bits = 8 * own.length;
  let network = 0n;
  for (const octet of own) network = (network << 8n) | BigInt(octet);
  const hostBits = BigInt(bits - prefix);
  const base = (network >> hostBits) << hostBits;
  const first = base + 1n === network ? base + 2n : base + 1n;
  if (hostBits < 2n) {
    throw new UsageError(
      `a network of ${formatAddress(own)}/${prefix} has no room for a kernel side; say --peer`,
    );
  }
  const octets = Uint8Array.from(own, (_, i) =>
    Number((first >> BigInt(bits - 8 - 8 * i)) & 0xffn),
  );
  return formatAddress(octets);
}
