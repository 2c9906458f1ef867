/** The addresses by which sockets are named: the stack's own, and those that are any of them. */
import type { Stack } from '../../host-web/stack.ts';

/** What `getsockname` and `getpeername` fill in. */
export interface Name {
  address?: string;
  family?: string;
  port?: number;
}

export const ANY = { 4: '0.0.0.0', 6: '::' } as const;
export type Family = keyof typeof ANY;
/** Whom the unspecified address reaches as a destination: the stack itself, as in Linux. */
export const SELF: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** Whether an address is the stack's: one of its own, of its loopback, or any of them. */
export function isOwn(stack: Stack, address: string): boolean {
  if (address === '' || address in SELF || isLoopback(address)) return true;
  return stack.addresses.includes(address);
}

/**
 * Names an end of a socket, which shows IPv4's addresses as mapped ones where it is of IPv6.
 *
 * @returns 0, as a handle's method
 */
export function name(out: Name, family: Family, address: string, port: number): 0 {
  const isMapped = family === 6 && !address.includes(':');
  out.address = isMapped ? (address === ANY[4] ? ANY[6] : `::ffff:${address}`) : address;
  if (family === 4 && address === ANY[6]) out.address = ANY[4];
  out.family = out.address.includes(':') ? 'IPv6' : 'IPv4';
  out.port = port;
  return 0;
}
