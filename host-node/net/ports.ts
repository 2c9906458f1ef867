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
}

const ANY = '::';
const ANY_IPV4 = '0.0.0.0';

function overlap(one: string, other: string): boolean {
  if (one === other || one === ANY || other === ANY) return true;
  if (one === ANY_IPV4) return !other.includes(':');
  return other === ANY_IPV4 && !one.includes(':');
}

const portsOf = perStack(() => new Map<number, Map<RawListener, Member>>());

/**
 * Takes a listener in.
 *
 * @returns false where another one has its port on such an address
 */
export function enter(stack: Stack, listener: RawListener, isShared: boolean): boolean {
  const ports = portsOf(stack);
  const { localAddress: address, localPort: port } = listener;
  const members = ports.get(port) ?? new Map<RawListener, Member>();
  for (const other of members.values()) {
    if (overlap(address, other.address) && !(isShared && other.isShared)) return false;
  }
  ports.set(port, members.set(listener, { address, isShared }));
  return true;
}

/** Forgets a listener that is over. */
export function leave(stack: Stack, listener: RawListener): void {
  const ports = portsOf(stack);
  const { localPort: port } = listener;
  const members = ports.get(port);
  if (members?.delete(listener) && members.size === 0) ports.delete(port);
}
