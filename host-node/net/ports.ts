/**
 * Which listeners of `net` a stack has, by port: as in Linux, no two have addresses that overlap,
 * but where both share the port.
 *
 * The core itself lets a listener of one address stand beside one of all, and prefers it; but a
 * program of Node's tries a port by listening on all addresses, and is to hear EADDRINUSE.
 */
import type { RawListener } from '../../host-web/raw/raw.ts';
import type { Stack } from '../../host-web/stack.ts';
import { perStack } from './per-stack.ts';

interface Member {
  readonly address: string;
  readonly isShared: boolean;
  /** Of :: it has IPv6 alone. */
  readonly isIpv6: boolean;
}

const ANY = '::';
const ANY_IPV4 = '0.0.0.0';

/** Whether a listener takes what another one at that address would. */
function takes({ address, isIpv6 }: Member, other: string): boolean {
  if (address === ANY) return !isIpv6 || other.includes(':');
  return address === ANY_IPV4 ? !other.includes(':') : address === other;
}

const portsOf = perStack(() => new Map<number, Map<RawListener, Member>>());

/**
 * Takes a listener in.
 *
 * @returns false where another one has its port on such an address
 */
export function enter(
  stack: Stack,
  listener: RawListener,
  isShared: boolean,
  isIpv6: boolean,
): boolean {
  const ports = portsOf(stack);
  const { localAddress: address, localPort: port } = listener;
  const members = ports.get(port) ?? new Map<RawListener, Member>();
  const member = { address, isShared, isIpv6 };
  for (const other of members.values()) {
    const isApart = !takes(member, other.address) && !takes(other, address);
    if (!isApart && !(isShared && other.isShared)) return false;
  }
  ports.set(port, members.set(listener, member));
  return true;
}

/** Whether a listener that shares nothing has a port, on such an address. */
export function isHeld(stack: Stack, address: string, port: number): boolean {
  const all = [...(portsOf(stack).get(port)?.values() ?? [])];
  const wanted = { address, isShared: false, isIpv6: false };
  return all.some((one) => !one.isShared && (takes(one, address) || takes(wanted, one.address)));
}

/** Forgets a listener that is over. */
export function leave(stack: Stack, listener: RawListener): void {
  const ports = portsOf(stack);
  const { localPort: port } = listener;
  const members = ports.get(port);
  if (members?.delete(listener) && members.size === 0) ports.delete(port);
}
