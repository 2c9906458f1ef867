/**
 * Addresses as text and as octets (RFC 4291 §2.2, RFC 5952, RFC 3986 §3.2.2, RFC 4632 §3.1).
 *
 * People write `10.0.0.1/24`, `[fe80::1]:80`, `10.0.0.2:80`; the core's door takes 16 octets, IPv4
 * in its mapped form. An answer is `undefined` where the text is not what was asked for: the caller
 * knows what it was meant to be, and says so. Not here: names (there is no resolver) and zones
 * (`fe80::1%tun0`; there is one link).
 */

import { describe } from './units.ts';

/** An address and a port, as an argument of `connect`. */
export interface SocketAddress {
  hostname: string;
  port: number;
}

/** An address to assign: 4 or 16 octets in network order. */
export interface InterfaceAddress {
  readonly octets: Uint8Array;
  readonly prefix: number;
  /** The far end of a point-to-point link; `prefix` then belongs to it. */
  readonly peer?: Uint8Array;
}

/** Octets of an address, and a port. */
export interface Endpoint {
  readonly octets: Uint8Array;
  readonly port: number;
}

/** Reads an IPv4 or IPv6 address: 4 or 16 octets; undefined when it is neither. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined;
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** An address in octets. @throws TypeError when it is none */
export function octetsOf(address: string): Uint8Array {
  const octets = parseAddress(address);
  if (octets === undefined) throw new TypeError(`${describe(address)} is not an address`);
  return octets;
}

/** 4 or 6 for an address of that family, 0 for any other text: what `net.isIP` answers. */
export function isIP(text: string): 0 | 4 | 6 {
  const octets = parseAddress(text);
  return octets === undefined ? 0 : octets.length === 4 ? 4 : 6;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const octets = new Uint8Array(4);
  let at = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) {
      const value = 10 * octets[at]! + digit;
      // A leading zero meant octal to inet_aton, so it means nothing here (RFC 6943 §3.1.1).
      if (value > 255 || (digits > 0 && octets[at] === 0)) return undefined;
      octets[at] = value;
      digits++;
    } else if (digit === -2 && digits > 0 && at < 3) {
      at++;
      digits = 0;
    } else {
      return undefined;
    }
  }
  return at === 3 && digits > 0 ? octets : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  // RFC 5952 §4.2.2 forbids writing "::" for one group, RFC 4291 allows reading it.
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const octets = new Uint8Array(16);
  head.forEach((group, i) => setGroup(octets, i, group));
  tail.forEach((group, i) => setGroup(octets, 8 - tail.length + i, group));
  return octets;
}

function setGroup(octets: Uint8Array, index: number, group: number): void {
  octets[2 * index] = group >> 8;
  octets[2 * index + 1] = group & 0xff;
}

/** The 16-bit groups of one side of "::"; a dotted quad may stand last in the whole address. */
function groupsOf(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const quad = isLast && i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (quad === undefined) return undefined;
    groups.push((quad[0]! << 8) | quad[1]!, (quad[2]! << 8) | quad[3]!);
  }
  return groups;
}

/** Writes 4 or 16 octets as text, in RFC 5952's form. */
export function formatAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  // RFC 5952 §5: where the prefix says that IPv4 lies within, it is written as IPv4.
  if (isMapped(octets)) return `::ffff:${octets.subarray(12).join('.')}`;
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push((octets[at]! << 8) | octets[at + 1]!);
  const { start, length } = longestZeros(groups);
  const hex = (list: number[]) => list.map((group) => group.toString(16)).join(':');
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** The first of the longest runs of zero groups (RFC 5952 §4.2.3). */
function longestZeros(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (start + length < groups.length && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}

function isMapped(octets: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (octets[i] !== 0) return false;
  return octets[10] === 0xff && octets[11] === 0xff;
}

/** The 16 octets that cross the door: IPv4 in its mapped form (RFC 4291 §2.5.5.2). */
export function toMapped(octets: Uint8Array): Uint8Array {
  if (octets.length === 16) return octets;
  const mapped = new Uint8Array(16);
  mapped.fill(0xff, 10, 12);
  mapped.set(octets, 12);
  return mapped;
}

/** Text of 16 octets from the door: a mapped address is IPv4 there, and written so. */
export function formatMapped(octets: Uint8Array): string {
  return formatAddress(isMapped(octets) ? octets.subarray(12) : octets);
}

/** Reads `address[/prefix]` or `address peer address[/prefix]`; undefined when it is neither. */
export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const pattern = /^(?<own>[^\s/]+)(?:\s+peer\s+(?<peer>[^\s/]+))?(?:\/(?<prefix>\d{1,3}))?$/;
  const groups = typeof text === 'string' ? pattern.exec(text.trim())?.groups : undefined;
  const octets = parseAddress(groups?.['own'] ?? '');
  if (groups === undefined || octets === undefined) return undefined;
  const prefix = Number(groups['prefix'] ?? octets.length * 8);
  if (prefix > octets.length * 8) return undefined;
  if (groups['peer'] === undefined) return { octets, prefix };
  const peer = parseAddress(groups['peer']);
  return peer?.length === octets.length ? { octets, prefix, peer } : undefined;
}

/**
 * Reads `10.0.0.2:80`, `[fe80::1]:80` or `{ hostname, port }`; undefined when it is none of them.
 */
export function parseEndpoint(address: string | SocketAddress): Endpoint | undefined {
  const parts = partsOf(address);
  if (parts === undefined) return undefined;
  const { host, isBracketed, port } = parts;
  const octets = parseAddress(host);
  // Brackets are for IPv6 only (RFC 3986 §3.2.2), and where a port follows in text it has them.
  if (octets === undefined || (isBracketed && octets.length !== 16)) return undefined;
  if (typeof address === 'string' && !isBracketed && octets.length === 16) return undefined;
  return { octets, port };
}

/**
 * Reads `example.org:80` or `{ hostname, port }`: a name of a host (RFC 1123 §2.1) in place of an
 * address; undefined when it is none.
 */
export function parseNamedEndpoint(address: string | SocketAddress): SocketAddress | undefined {
  const parts = partsOf(address);
  if (parts === undefined || !isHostName(parts.host)) return undefined;
  return { hostname: parts.host, port: parts.port };
}

/** Whether text can be the name of a host: labels, of which the last is no number. */
export function isHostName(text: string): boolean {
  if (typeof text !== 'string') return false;
  return /^(?:[\w-]{1,63}\.)*(?!\d+\.?$)[\w-]{1,63}\.?$/.test(text);
}

/** The host and the port of an endpoint; undefined where there is no port, or it is none. */
function partsOf(
  address: string | SocketAddress,
): { host: string; isBracketed: boolean; port: number } | undefined {
  let host: unknown;
  let port: unknown;
  if (typeof address === 'string') {
    const colon = address.lastIndexOf(':');
    if (colon >= 0 && /^\d{1,5}$/.test(address.slice(colon + 1))) {
      host = address.slice(0, colon);
      port = Number(address.slice(colon + 1));
    }
  } else {
    ({ hostname: host, port } = (address ?? {}) as Partial<SocketAddress>);
  }
  const number = typeof port === 'string' && port !== '' ? Number(port) : port;
  if (typeof host !== 'string' || !isPort(number)) return undefined;
  const isBracketed = host.startsWith('[') && host.endsWith(']');
  return { host: isBracketed ? host.slice(1, -1) : host, isBracketed, port: number };
}

function isPort(port: unknown): port is number {
  return Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535;
}

/** Writes `10.0.0.2:80` or `[fe80::1]:80`. */
export function formatEndpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
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

/** A port, or a RangeError. */
export function checkPort(port: number): number {
  if (isPort(port)) return port;
  throw new RangeError(`${describe(port)} is not a port`);
}

/** An address and a port as they were given, for errors about them. */
export function describeEndpoint(address: string | SocketAddress): string {
  if (typeof address === 'string') return address;
  const { hostname, port } = (address ?? {}) as Partial<SocketAddress>;
  if (hostname === undefined) return describe(address);
  return formatEndpoint(describe(hostname), port!);
}
