/**
 * The kernel as the other end: a process in a network namespace of its own, and a pair of virtual
 * Ethernet devices between that namespace and ours. It is what a stack behind a TUN is held
 * against: the same clients, the same programs, and the kernel's TCP on both sides.
 *
 * The pair is made by iproute2, which a machine that is measured has; without it, or without the
 * right to make namespaces, there is no such row.
 */
import { spawnSync } from 'node:child_process';
import { CLONE_NEWNET, libc, SystemError } from '../../host-node/libc.ts';
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

/** The two ends of the pair, and their addresses (RFC 5737). */
const NEAR = 'near';
const FAR = 'far';
const NEAR_ADDRESS = '198.51.100.129';
/** Where the kernel behind the pair is found. */
export const BEHIND_VETH = '198.51.100.130';
const PREFIX = 26;

/** Why there can be no kernel behind a pair here; undefined where there can. */
export function vethObstacle(): string | undefined {
  const { error, status } = spawnSync('ip', ['-V'], { stdio: 'ignore' });
  return error === undefined && status === 0 ? undefined : 'there is no ip program (iproute2)';
}

/** Starts a process behind a pair; resolves once it is ready. The pair ends with the process. */
export async function startBehindVeth<T>(
  file: string,
  parameters: readonly string[],
): Promise<Process<T>> {
  const child = new Process<T>(file, parameters);
  await child.says('apart');
  // A namespace outlives its last process by a moment, and so does an earlier pair.
  if (listLinks().some(({ name }) => name === NEAR)) deleteLink(NEAR);
  const pair = ['link', 'add', NEAR, 'type', 'veth', 'peer', 'name', FAR, 'netns'];
  const { status, stderr } = spawnSync('ip', [...pair, String(child.pid)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`no pair of devices: ${stderr.trim()}`);
  setAddress(NEAR, NEAR_ADDRESS);
  child.begin();
  await child.ready();
  return child;
}

/** In that process, first of all: moves it into its namespace, and waits for its device. */
export async function goBehindVeth(): Promise<void> {
  const c = libc();
  // The main thread moves, and its sockets are all there will be.
  if (c.unshare(CLONE_NEWNET) !== 0) {
    throw new SystemError('no namespace for the bench', 'unshare', c.errno());
  }
  bringUpLoopback();
  await announce('apart');
  setAddress(FAR, BEHIND_VETH);
  addRoute({ via: parseAddress(NEAR_ADDRESS)!, device: FAR });
}

function setAddress(device: string, address: string): void {
  setLink(device, { up: true });
  addAddress(device, parseInterfaceAddress(`${address}/${PREFIX}`)!);
}
