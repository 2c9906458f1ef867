/**
 * A packet as the report of a failing run prints it: a segment in packetdrill's notation, numbers
 * relative to the ISNs; whatever is no segment by its headers, or by its octets. Never complains,
 * for nothing here needs to be right.
 */
import { print } from '../dsl/notation.ts';
import type { Block, Segment } from '../dsl/segment.ts';
import { get16, get32, ICMP, ICMPV6, TCP } from './wire.ts';

/**
 * Whose numbers are whose: what the port `localPort` sends counts from `iss`, all else from `irs`.
 */
export interface Origins {
  readonly localPort: number;
  readonly iss: number;
  readonly irs: number;
}

function hex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}

/** Describes the packet of `length` octets at `at`. */
export function describe(octets: Uint8Array, at: number, length: number, origins: Origins): string {
  const packet = octets.slice(at, at + length);
  const version = length === 0 ? 0 : packet[0]! >> 4;
  if (length < 20 || (version !== 4 && version !== 6)) {
    return `${length} octets ${hex(packet.subarray(0, 64))}`;
  }
  const header = version === 4 ? (packet[0]! & 15) * 4 : 40;
  const says = version === 4 ? get16(packet, 2) : get16(packet, 4) + 40;
  const protocol = version === 4 ? packet[9]! : packet[6]!;
  const odd =
    says === length && header >= 20 ? '' : ` [header ${header}, length ${says} of ${length}]`;
  const fragment = version === 4 ? get16(packet, 6) & 0x3fff : 0;
  if (fragment !== 0) {
    const more = fragment & 0x2000 ? '+' : '';
    const place = `${get16(packet, 4)}@${(fragment & 0x1fff) * 8}${more}`;
    return `fragment ${place} of ${length - header}${odd}`;
  }
  const rest = packet.subarray(header);
  if (protocol === TCP && rest.length >= 20) return `${segment(rest, origins)}${odd}`;
  if ((protocol === ICMP || protocol === ICMPV6) && rest.length >= 8) {
    return `icmp ${rest[0]}/${rest[1]} ${get32(rest, 4)} [${hex(rest.subarray(8, 56))}]${odd}`;
  }
  return `protocol ${protocol}, ${length} octets ${hex(packet.subarray(0, 80))}${odd}`;
}

function segment(tcp: Uint8Array, from: Origins): string {
  const isOurs = get16(tcp, 0) === from.localPort;
  const [own, other] = isOurs ? [from.iss, from.irs] : [from.irs, from.iss];
  const header = (tcp[12]! >> 4) * 4;
  const bad = header < 20 || header > tcp.length;
  const text = bad ? 0 : tcp.length - header;
  const s: Segment = {
    ctl: tcp[13]!,
    seq: (get32(tcp, 4) - own) >>> 0,
    ack: (get32(tcp, 8) - other) >>> 0,
    win: get16(tcp, 14),
    up: get16(tcp, 18),
    text: ' '.repeat(text),
  };
  if (!bad) readOptions(s, tcp.subarray(20, header), other);
  const ports = `${get16(tcp, 0)}>${get16(tcp, 2)}`;
  return `${print(s)}${bad ? ` [data offset ${header}]` : ''} (${ports})`;
}

function readOptions(s: Segment, options: Uint8Array, other: number): void {
  for (let at = 0; at < options.length && options[at] !== 0; ) {
    if (options[at] === 1) {
      at++;
      continue;
    }
    const length = options[at + 1] ?? 0;
    if (length < 2 || at + length > options.length) {
      s.rawOptions = [...options];
      return;
    }
    const kind = options[at];
    if (kind === 2 && length === 4) s.mss = get16(options, at + 2);
    else if (kind === 3 && length === 3) s.wscale = options[at + 2]!;
    else if (kind === 4) s.sackOk = true;
    else if (kind === 8 && length === 10) s.ts = [get32(options, at + 2), get32(options, at + 6)];
    else if (kind === 5) s.sack = blocksOf(options.subarray(at + 2, at + length), other);
    else s.rawOptions = [...options];
    at += length;
  }
}

function blocksOf(octets: Uint8Array, other: number): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at + 8 <= octets.length; at += 8) {
    blocks.push([(get32(octets, at) - other) >>> 0, (get32(octets, at + 4) - other) >>> 0]);
  }
  return blocks;
}
