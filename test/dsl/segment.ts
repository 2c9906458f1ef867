/**
 * Segments as tests speak of them, and the packets they travel in.
 *
 * Constructors say what kind, the object says which numbers. A field that is left out is
 * "sensible" when the peer sends and "don't care" when it expects. Everything here is written from
 * the RFCs and shares nothing with the core, so that it can not share its bugs.
 */

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
export const URG = 32;
export const ECE = 64;
export const CWR = 128;

/** ECN codepoints (RFC 3168 §5). */
export const NOT_ECT = 0;
export const ECT_1 = 1;
export const ECT_0 = 2;
export const CE = 3;

/** A stretch of sequence space, right edge excluded. */
export type Block = readonly [left: number, right: number];

/** One segment. Sequence numbers are relative to the ISN of the side they belong to. */
export interface Segment {
  /** Control bits. An expectation compares PSH only where `psh` says so. */
  ctl: number;
  seq?: number;
  /** `null` in an expectation: there must be no ACK bit. */
  ack?: number | null;
  /** The window field, not shifted. */
  win?: number;
  up?: number;
  text?: string;
  psh?: boolean;
  mss?: number;
  wscale?: number;
  sackOk?: boolean;
  sack?: readonly Block[];
  /** TSval and TSecr; `null`: none, though they were agreed on. */
  ts?: readonly [val: number, ecr: number] | null;
  /** Option octets written as they are, instead of the ones above. */
  rawOptions?: readonly number[];
  /** ECN codepoint of the packet: NOT_ECT, ECT_0, CE. */
  ecn?: number;
  /** Spoils the packet: a wrong checksum, or another data offset. */
  wrongChecksum?: boolean;
  dataOffset?: number;
  /** The four reserved bits beside the data offset. */
  reserved?: number;
}

export type Fields = Omit<Segment, 'ctl'> & { ctl?: number };

function withAck(fields: Fields, ctl: number): Segment {
  return { ...fields, ctl: ctl | (fields.ctl ?? 0) };
}

export const syn = (fields: Fields = {}): Segment => withAck(fields, SYN);
export const synAck = (fields: Fields = {}): Segment => withAck(fields, SYN | ACK);
export const ack = (fields: Fields = {}): Segment => withAck({ text: '', ...fields }, ACK);
export const fin = (fields: Fields = {}): Segment => withAck(fields, FIN | ACK);
/** A RST; it has the ACK bit where `ack` is given. */
export const rst = (fields: Fields = {}): Segment =>
  withAck(fields, RST | (typeof fields.ack === 'number' ? ACK : 0));

/**
 * Text in a segment: a string, or so many octets of the pattern of that place in sequence space.
 */
export function data(text: string | number, fields: Fields = {}): Segment {
  const seq = fields.seq;
  if (typeof text === 'string') return withAck({ ...fields, text }, ACK);
  if (seq === undefined) throw new TypeError('patterned text needs its seq');
  return withAck({ ...fields, text: pattern(seq, text) }, ACK);
}

/** Text whose every octet tells where it stands, so that nothing out of place goes unseen. */
export function pattern(position: number, length: number): string {
  let text = '';
  for (let at = position; at < position + length; at++) {
    text += String.fromCharCode(97 + ((at + Math.floor(at / 251)) % 26));
  }
  return text;
}

/** SEG.LEN: text, SYN and FIN counted. */
export function lengthOf(segment: Segment): number {
  return (segment.text?.length ?? 0) + (segment.ctl & SYN ? 1 : 0) + (segment.ctl & FIN ? 1 : 0);
}

// Packets ------------------------------------------------------------------------

/** Where a packet comes from and goes to; 4 or 16 octets of address. */
export interface Flow {
  source: Uint8Array;
  destination: Uint8Array;
  sourcePort: number;
  destinationPort: number;
}

/** A segment as it was read from a packet: numbers absolute, every field there. */
export interface Received extends Segment {
  seq: number;
  ack: number;
  win: number;
  up: number;
  text: string;
  flow: Flow;
  hopLimit: number;
  /** The two bits below it, which are ECN's, left out. */
  diffserv: number;
  ecn: number;
  packet: Uint8Array;
}

/** Adds 16-bit words in network order, end-around carry included (RFC 1071). */
export function onesSum(octets: Uint8Array, from = 0): number {
  let sum = from;
  for (let i = 0; i < octets.length; i += 2) {
    sum += ((octets[i] as number) << 8) | (octets[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

/** The sum of the pseudo header (RFC 9293 §3.1, RFC 8200 §8.1). */
export function pseudoHeaderSum(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  length: number,
): number {
  const tail = Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length, 0, 0, 0, protocol);
  return onesSum(tail, onesSum(destination, onesSum(source)));
}

function optionOctets(segment: Segment): number[] {
  if (segment.rawOptions) return [...segment.rawOptions];
  const out: number[] = [];
  const put32 = (value: number) =>
    out.push((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
  if (segment.mss !== undefined) out.push(2, 4, segment.mss >> 8, segment.mss & 255);
  if (segment.sackOk) out.push(4, 2);
  if (segment.ts) {
    out.push(8, 10);
    put32(segment.ts[0]);
    put32(segment.ts[1]);
  }
  if (segment.wscale !== undefined) out.push(3, 3, segment.wscale);
  if (segment.sack) {
    out.push(5, 2 + 8 * segment.sack.length);
    for (const [left, right] of segment.sack) {
      put32(left);
      put32(right);
    }
  }
  return out;
}

/**
 * Writes a segment, its numbers absolute, into a packet with right checksums (unless it says
 * otherwise).
 */
export function encode(segment: Segment, flow: Flow, hopLimit = 64): Uint8Array {
  const options = optionOctets(segment);
  while (options.length % 4 !== 0) options.push(0);
  const text = segment.text ?? '';
  const header = 20 + options.length;
  const tcp = new Uint8Array(header + text.length);
  const view = new DataView(tcp.buffer);
  view.setUint16(0, flow.sourcePort);
  view.setUint16(2, flow.destinationPort);
  view.setUint32(4, (segment.seq ?? 0) >>> 0);
  view.setUint32(8, (segment.ack ?? 0) >>> 0);
  view.setUint8(12, ((segment.dataOffset ?? header / 4) << 4) | (segment.reserved ?? 0));
  view.setUint8(13, segment.ctl | (segment.psh ? PSH : 0));
  view.setUint16(14, segment.win ?? 0);
  view.setUint16(18, segment.up ?? 0);
  tcp.set(options, 20);
  for (let i = 0; i < text.length; i++) tcp[header + i] = text.charCodeAt(i);
  const sum = onesSum(tcp, pseudoHeaderSum(flow.source, flow.destination, 6, tcp.length));
  view.setUint16(16, (0xffff - sum) ^ (segment.wrongChecksum ? 0x0101 : 0));
  return packetOf(tcp, 6, flow.source, flow.destination, hopLimit, segment.ecn);
}

/** Puts an IP header in front of what a protocol has written. */
export function packetOf(
  payload: Uint8Array,
  protocol: number,
  source: Uint8Array,
  destination: Uint8Array,
  hopLimit = 64,
  diffserv = 0,
): Uint8Array {
  const header = source.length === 4 ? 20 : 40;
  const packet = new Uint8Array(header + payload.length);
  const view = new DataView(packet.buffer);
  if (header === 20) {
    view.setUint16(0, 0x4500 | diffserv);
    view.setUint16(2, packet.length);
    view.setUint16(6, 0x4000);
    view.setUint8(8, hopLimit);
    view.setUint8(9, protocol);
    packet.set(source, 12);
    packet.set(destination, 16);
    view.setUint16(10, 0xffff - onesSum(packet.subarray(0, 20)));
  } else {
    view.setUint16(0, 0x6000 | (diffserv << 4));
    view.setUint16(4, payload.length);
    view.setUint8(6, protocol);
    view.setUint8(7, hopLimit);
    packet.set(source, 8);
    packet.set(destination, 24);
  }
  packet.set(payload, header);
  return packet;
}

/** A packet of IPv4 with options in its header, padded with END. */
export function withIpOptions(packet: Uint8Array, options: readonly number[]): Uint8Array {
  if (options.length === 0) return packet;
  const header = 20 + ((options.length + 3) & ~3);
  const longer = new Uint8Array(header + packet.length - 20);
  const view = new DataView(longer.buffer);
  longer.set(packet.subarray(0, 20));
  longer.set(options, 20);
  longer.set(packet.subarray(20), header);
  view.setUint8(0, 0x40 | (header / 4));
  view.setUint16(2, longer.length);
  view.setUint16(10, 0);
  view.setUint16(10, 0xffff - onesSum(longer.subarray(0, header)));
  return longer;
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the stack sent a bad packet: ${what}`);
}

/** The addresses of the one option a stack may send: a source route nothing of which is visited. */
function readSourceRoute(options: Uint8Array): Uint8Array[] | null {
  const [type, length = 0, pointer] = options;
  if (type === undefined) return null;
  check(type === 131 || type === 137, `IPv4 option ${type}`);
  check(length >= 7 && length % 4 === 3 && length < options.length, 'source route length');
  check(pointer === 4, 'source route pointer');
  check(options.length - length === 1 && options[length] === 0, 'padding behind the source route');
  const addresses: Uint8Array[] = [];
  for (let at = 3; at < length; at += 4) addresses.push(options.slice(at, at + 4));
  return addresses;
}

/**
 * The source route a packet of IPv4 takes, from its first hop to its destination, with the option's
 * type before it: `131: 10.0.0.9 10.0.0.8 10.0.0.2`. null when it takes none.
 */
export function sourceRouteOf(packet: Uint8Array): string | null {
  const sourceRoute = readSourceRoute(packet.subarray(20, ((packet[0] as number) & 15) * 4));
  if (sourceRoute === null) return null;
  const hops = [packet.subarray(16, 20), ...sourceRoute].map((octets) => octets.join('.'));
  return `${packet[20]}: ${hops.join(' ')}`;
}

/** An IP packet's protocol and payload, its header verified. */
export function openPacket(packet: Uint8Array) {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const isV4 = (packet[0] as number) >> 4 === 4;
  if (!isV4) {
    check(view.getUint16(4) === packet.length - 40, 'IPv6 payload length');
    return {
      protocol: packet[6] as number,
      source: packet.slice(8, 24),
      destination: packet.slice(24, 40),
      payload: packet.subarray(40),
      hopLimit: packet[7] as number,
      diffserv: (view.getUint16(0) >> 4) & 255,
    };
  }
  const header = ((packet[0] as number) & 15) * 4;
  check(header >= 20 && header <= packet.length, 'IPv4 version and header length');
  check(view.getUint16(2) === packet.length, 'IPv4 total length');
  check(onesSum(packet.subarray(0, header)) === 0xffff, 'IPv4 header checksum');
  const sourceRoute = readSourceRoute(packet.subarray(20, header));
  return {
    protocol: packet[9] as number,
    source: packet.slice(12, 16),
    // While a packet is under way along a route, its header names the next hop.
    destination: sourceRoute?.at(-1) ?? packet.slice(16, 20),
    payload: packet.subarray(header),
    hopLimit: packet[8] as number,
    diffserv: packet[1] as number,
  };
}

/** Reads the segment in a packet and verifies all that RFC 9293 §3.1 asks of its sender. */
export function decode(bytes: Uint8Array): Received {
  const packet = bytes.slice();
  const ip = openPacket(packet);
  check(ip.protocol === 6, `protocol ${ip.protocol}, not TCP`);
  const tcp = ip.payload;
  const view = new DataView(tcp.buffer, tcp.byteOffset, tcp.byteLength);
  const header = (view.getUint8(12) >> 4) * 4;
  check(tcp.length >= 20 && header >= 20 && header <= tcp.length, 'data offset');
  check(
    onesSum(tcp, pseudoHeaderSum(ip.source, ip.destination, 6, tcp.length)) === 0xffff,
    'checksum (MUST-2)',
  );
  check((view.getUint8(12) & 15) === 0, 'reserved bits');
  let text = '';
  for (let i = header; i < tcp.length; i++) text += String.fromCharCode(tcp[i] as number);
  const segment: Received = {
    ctl: view.getUint8(13),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    win: view.getUint16(14),
    up: view.getUint16(18),
    text,
    packet,
    hopLimit: ip.hopLimit,
    diffserv: ip.diffserv & ~CE,
    ecn: ip.diffserv & CE,
    flow: {
      source: ip.source,
      destination: ip.destination,
      sourcePort: view.getUint16(0),
      destinationPort: view.getUint16(2),
    },
  };
  readOptions(segment, tcp.subarray(20, header));
  check(segment.mss === undefined || (segment.ctl & SYN) !== 0, 'MSS without SYN (MUST-65)');
  check((segment.ctl & ACK) !== 0 || segment.ack === 0, 'an acknowledgment number without ACK');
  return segment;
}

function readOptions(segment: Received, options: Uint8Array): void {
  const view = new DataView(options.buffer, options.byteOffset, options.byteLength);
  for (let at = 0; at < options.length; ) {
    const kind = options[at] as number;
    if (kind === 0) {
      check(
        options.subarray(at).every((octet) => octet === 0),
        'padding behind EOL (MUST-69)',
      );
      return;
    }
    if (kind === 1) {
      at++;
      continue;
    }
    const length = options[at + 1] ?? 0;
    check(length >= 2 && at + length <= options.length, `option ${kind} of length ${length}`);
    if (kind === 2) segment.mss = view.getUint16(at + 2);
    else if (kind === 3) segment.wscale = view.getUint8(at + 2);
    else if (kind === 4) segment.sackOk = true;
    else if (kind === 8) segment.ts = [view.getUint32(at + 2), view.getUint32(at + 6)];
    else if (kind === 5) {
      const blocks: [number, number][] = [];
      for (let i = at + 2; i < at + length; i += 8)
        blocks.push([view.getUint32(i), view.getUint32(i + 4)]);
      segment.sack = blocks;
    } else check(false, `option of unknown kind ${kind}`);
    at += length;
  }
}
