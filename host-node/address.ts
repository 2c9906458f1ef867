/**
 * Addresses as text and as octets: what rtnetlink wants and what people write.
 *
 * `10.9.0.1/24`, `fd00:9::1/64`, and with the far end named as iproute2 names it,
 * `10.9.0.1 peer 10.9.0.2/32`. Not here: scopes and zones (`fe80::1%tun0`), which nobody assigns.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** An address to assign: 4 or 16 octets in network order. */
export interface InterfaceAddress {
  readonly octets: Uint8Array;
  readonly prefix: number;
  /** The far end of a point-to-point link; `prefix` then belongs to it. */
  readonly peer?: Uint8Array;
}

/** Read `address[/prefix]` or `address peer address[/prefix]`; undefined when it is neither. */
export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const match = /^(?<own>[^\s/]+)(?:\s+peer\s+(?<peer>[^\s/]+))?(?:\/(?<prefix>\d{1,3}))?$/.exec(
    text.trim(),
  );
  const octets = parseAddress(match?.groups?.own ?? '');
  if (match === null || octets === undefined) return undefined;
  const prefix = Number(match.groups?.prefix ?? octets.length * 8);
  if (prefix > octets.length * 8) return undefined;
  if (match.groups?.peer === undefined) return { octets, prefix };
  const peer = parseAddress(match.groups.peer);
  return peer?.length === octets.length ? { octets, prefix, peer } : undefined;
}

/** Read an IPv4 or IPv6 address: 4 or 16 octets; undefined when it is neither. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  // The URL parser rewrites an embedded dotted quad into hexadecimal groups (RFC 5952 §4).
  const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return Uint8Array.from(
    [...left, ...zeros, ...right].flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

/** Write 4 or 16 octets as text, in RFC 5952's shortest form. */
export function formatAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) {
    groups.push(((octets[at]! << 8) | octets[at + 1]!).toString(16));
  }
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

/** Whether the first `prefix` bits of both are the same; never for different families. */
export function samePrefix(a: Uint8Array, b: Uint8Array, prefix: number): boolean {
  if (a.length !== b.length) return false;
  for (let bit = 0; bit < prefix; bit += 8) {
    const mask = prefix - bit >= 8 ? 0xff : (0xff00 >> (prefix - bit)) & 0xff;
    if (((a[bit >> 3]! ^ b[bit >> 3]!) & mask) !== 0) return false;
  }
  return true;
}
