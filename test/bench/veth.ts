/**
 * The kernel as the other end: a process in a network namespace of its own, and a pair of virtual
 * Ethernet devices between that namespace and ours. It is what a stack behind a TUN is held
 * against: the same clients, the same programs, and the kernel's TCP on both sides.
 *
 * The pair is made by iproute2, which a machine that is measured has; without it, or without the
 * right to make namespaces, there is no such row.
 */
import { spawnSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { CLONE_NEWNET, libc, SOCK_DGRAM, SystemError } from '../../host-node/libc.ts';
import {
  addAddress,
  addRoute,
  bringUpLoopback,
  deleteLink,
  listLinks,
  setLink,
} from '../../host-node/netlink.ts';
import { parseAddress, parseInterfaceAddress } from '../../host-web/address.ts';
import { announce, Process } from './process.ts';
import { AF_INET, check } from './sockets.ts';

/** The two ends of the pair, and their addresses (RFC 5737). */
const NEAR = 'near';
const FAR = 'far';
const NEAR_ADDRESS = '198.51.100.129';
/** Where the kernel behind the pair is found. */
export const BEHIND_VETH = '198.51.100.130';
const PREFIX = 26;
/** linux/if.h, linux/sockios.h, linux/ethtool.h: TSO, GSO and GRO, each set to what follows. */
const IFNAMSIZ = 16;
const IFREQ = 40;
const SIOCETHTOOL = 0x8946;
const ETHTOOL_SET_OFFLOADS = [0x1f, 0x24, 0x2c];

/** Why there can be no kernel behind a pair here; undefined where there can. */
export function vethObstacle(): string | undefined {
  const { error, status } = spawnSync('ip', ['-V'], { stdio: 'ignore' });
  return error === undefined && status === 0 ? undefined : 'there is no ip program (iproute2)';
}

/**
 * Starts a process behind a pair; resolves once it is ready. The pair ends with the process. What
 * it carries is at most an MTU long where it has no offload.
 */
export async function startBehindVeth<T>(
  file: string,
  parameters: readonly string[],
  offload = true,
): Promise<Process<T>> {
  const child = new Process<T>(file, parameters);
  await child.says('apart');
  // A namespace outlives its last process by a moment, and so does an earlier pair.
  if (listLinks().some(({ name }) => name === NEAR)) deleteLink(NEAR);
  const pair = ['link', 'add', NEAR, 'type', 'veth', 'peer', 'name', FAR, 'netns'];
  const { status, stderr } = spawnSync('ip', [...pair, String(child.pid)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`no pair of devices: ${stderr.trim()}`);
  setUp(NEAR, NEAR_ADDRESS, offload);
  child.begin();
  await child.ready();
  return child;
}

/** In that process, first of all: moves it into its namespace, and waits for its device. */
export async function goBehindVeth(offload = true): Promise<void> {
  const c = libc();
  // The main thread moves, and its sockets are all there will be.
  if (c.unshare(CLONE_NEWNET) !== 0) {
    throw new SystemError('no namespace for the bench', 'unshare', c.errno());
  }
  bringUpLoopback();
  await announce('apart');
  setUp(FAR, BEHIND_VETH, offload);
  addRoute({ via: parseAddress(NEAR_ADDRESS)!, device: FAR });
}

function setUp(device: string, address: string, offload: boolean): void {
  setLink(device, { up: true });
  addAddress(device, parseInterfaceAddress(`${address}/${PREFIX}`)!);
  if (!offload) turnOffloadOff(device);
}

/** Has all that a device carries be at most an MTU long, as `ethtool -K` does. */
function turnOffloadOff(device: string): void {
  const c = libc();
  const fd = check(c.socket(AF_INET, SOCK_DGRAM, 0), c, 'socket');
  const value = new Uint32Array(2);
  // struct ifreq: the name, and where struct ethtool_value lies.
  const request = new Uint8Array(IFREQ);
  request.set(new TextEncoder().encode(device));
  new BigUint64Array(request.buffer, IFNAMSIZ, 1)[0] = BigInt(c.address(value));
  for (const command of ETHTOOL_SET_OFFLOADS) {
    value[0] = command;
    check(c.ioctl(fd, SIOCETHTOOL, request), c, 'ioctl');
  }
  closeSync(fd);
}
