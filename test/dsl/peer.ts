/**
 * The scripted peer: sends exactly the segments it is told to, and says exactly what must come
 * back.
 *
 * Its numbers are relative: its own ISN and ours are 0, so the first octet of text is 1. Ours it
 * learns from our SYN. `expect` takes all that has arrived and wants these segments and nothing
 * more.
 */
import { type Rung } from './ladder.ts';
import { print } from './notation.ts';
import {
  ACK,
  decode,
  encode,
  type Flow,
  lengthOf,
  onesSum,
  openPacket,
  packetOf,
  PSH,
  pseudoHeaderSum,
  type Received,
  RST,
  type Segment,
  SYN,
  withIpOptions,
} from './segment.ts';
import { octetsOf, type Stack } from './stack.ts';

/** What a test may choose about a peer. */
export interface PeerOptions {
  family?: 4 | 6;
  address?: string;
  hostAddress?: string;
  port?: number;
  hostPort?: number;
  /** Its ISN; the default wraps after a few octets. */
  isn?: number;
  /** Its window field, not shifted. */
  window?: number;
}

/** A segment of the host with relative numbers, and when it came. */
export interface Arrival extends Received {
  /** Milliseconds since the test began. */
  at: number;
  rung: Rung;
}

const FIELDS = [
  'seq',
  'ack',
  'win',
  'up',
  'text',
  'mss',
  'wscale',
  'sackOk',
  'sack',
  'ts',
  'ecn',
] as const;

export class Peer {
  readonly stack: Stack;
  readonly flow: Flow;
  readonly isn: number;
  window: number;
  /** The host's ISN, once its SYN was seen. */
  iss = 0;
  /** Next sequence number of its own, and of the host's. */
  next = 0;
  received = 0;
  /** Timestamps are on: what it echoes. Its clock is the virtual one plus an offset. */
  timestamps = false;
  echo = 0;
  clockOffset = 0x7000_0000;
  /** Options in the IPv4 header of what it sends. */
  ipOptions: readonly number[] = [];
  readonly queue: Arrival[] = [];
  #latest: Arrival | undefined;

  constructor(stack: Stack, options: PeerOptions = {}) {
    const v6 = options.family === 6;
    this.stack = stack;
    this.isn = options.isn ?? 0xffff_fff8;
    this.window = options.window ?? 65_535;
    this.flow = {
      source: octetsOf(options.address ?? (v6 ? 'fd00::2' : '10.0.0.2')),
      destination: octetsOf(options.hostAddress ?? (v6 ? 'fd00::1' : '10.0.0.1')),
      sourcePort: options.port ?? 40_000,
      destinationPort: options.hostPort ?? 80,
    };
    stack.sinks.push((packet) => this.#take(packet));
  }

  /** As STATUS names the connection. */
  get ports() {
    return { localPort: this.flow.destinationPort, remotePort: this.flow.sourcePort };
  }

  #take(packet: Uint8Array): boolean {
    const ip = openPacket(packet);
    if (ip.protocol !== 6) return false;
    const segment = decode(packet);
    const { source, destination, sourcePort, destinationPort } = segment.flow;
    const same = (a: Uint8Array, b: Uint8Array) =>
      a.length === b.length && a.every((octet, i) => octet === b[i]);
    if (!same(destination, this.flow.source) || !same(source, this.flow.destination)) return false;
    if (destinationPort !== this.flow.sourcePort) return false;
    if (this.flow.destinationPort === 0) this.flow.destinationPort = sourcePort;
    if (sourcePort !== this.flow.destinationPort) return false;
    this.#arrive(segment);
    return true;
  }

  #arrive(segment: Received): void {
    if (segment.ctl & SYN) {
      if (this.iss !== segment.seq) this.received = 0;
      this.iss = segment.seq;
    }
    const seq = (segment.seq - this.iss) >>> 0;
    const relative = {
      ...segment,
      seq,
      ack: segment.ctl & ACK ? (segment.ack - this.isn) >>> 0 : 0,
    };
    if (segment.sack) {
      relative.sack = segment.sack.map(([l, r]) => [(l - this.isn) >>> 0, (r - this.isn) >>> 0]);
    }
    if (segment.ts) this.echo = segment.ts[0];
    if (seq <= this.received) this.received = Math.max(this.received, seq + lengthOf(segment));
    const rung: Rung = {
      at: this.stack.now,
      arrow: '>',
      text: print({ ...relative, psh: (segment.ctl & PSH) !== 0 }),
    };
    this.stack.log.push(rung);
    this.#latest = { ...relative, at: this.stack.now, rung };
    this.queue.push(this.#latest);
  }

  /** Lets segments arrive at the host, all of them before it may answer. */
  send(...segments: Segment[]): void {
    for (const segment of segments) {
      this.stack.input(withIpOptions(this.#packet(segment), this.ipOptions));
    }
    this.stack.pump();
  }

  #packet(segment: Segment): Uint8Array {
    const seq = segment.seq ?? this.next;
    const hasAck = (segment.ctl & ACK) !== 0;
    const full: Segment = {
      ...segment,
      seq,
      text: segment.text ?? '',
      ack: hasAck ? (segment.ack ?? this.received) : (segment.ack ?? 0),
      win: segment.win ?? this.window,
    };
    if (full.ts === undefined && this.timestamps) {
      full.ts = [(this.stack.now + this.clockOffset) >>> 0, hasAck ? this.echo : 0];
    }
    // A RST takes no sequence number.
    if (!(segment.ctl & RST)) this.next = Math.max(this.next, seq + lengthOf(segment));
    this.stack.log.push({ at: this.stack.now, arrow: '<', text: print(full) });
    return encode(
      {
        ...full,
        seq: (this.isn + seq) >>> 0,
        ack: hasAck || full.ack ? (this.iss + (full.ack ?? 0)) >>> 0 : 0,
        sack: full.sack?.map(([l, r]) => [(l + this.iss) >>> 0, (r + this.iss) >>> 0] as const),
      } as Segment,
      this.flow,
    );
  }

  // Expectations -----------------------------------------------------------------

  /** Takes all that has arrived. */
  take(): Arrival[] {
    return this.queue.splice(0);
  }

  /** Expects exactly these segments since the last look, in this order. */
  expect(...expected: Segment[]): void {
    const arrived = this.take();
    for (let i = 0; i < Math.max(expected.length, arrived.length); i++) {
      const wish = expected[i];
      const got = arrived[i];
      const fault = wish && got ? difference(wish, got) : wish ? 'nothing came' : 'unexpected';
      if (fault === null) continue;
      const lines = (list: readonly Segment[]) => list.map((s) => `      ${print(s)}`).join('\n');
      this.stack.fail(
        `segment ${i + 1}: ${fault}\n    expected\n${lines(expected) || '      nothing'}\n` +
          '    arrived\n' +
          (lines(arrived) || '      nothing'),
        got?.rung,
      );
    }
  }

  expectNothing(): void {
    this.expect();
  }

  /** The latest segment of the host, taken or not. */
  latest(): Arrival {
    return this.#latest ?? this.stack.fail('the host has sent nothing yet');
  }

  // ICMP -------------------------------------------------------------------------

  /**
   * An ICMP error about a segment the host sent (the latest unless `about` says another), from a
   * router.
   *
   * @param rest the four octets behind the checksum: the next hop's MTU
   */
  icmp(type: number, code: number, rest = 0, about: Uint8Array = this.latest().packet): void {
    const v6 = this.flow.source.length === 16;
    const router = octetsOf(v6 ? 'fd00::99' : '10.0.0.99');
    const quote = about.slice(0, v6 ? 1232 : ((about[0] as number) & 15) * 4 + 8);
    const message = new Uint8Array(8 + quote.length);
    message[0] = type;
    message[1] = code;
    new DataView(message.buffer).setUint32(4, rest);
    message.set(quote, 8);
    const protocol = v6 ? 58 : 1;
    const from = v6 ? pseudoHeaderSum(router, this.flow.destination, protocol, message.length) : 0;
    new DataView(message.buffer).setUint16(2, 0xffff - onesSum(message, from));
    this.stack.note(`ICMP type ${type} code ${code} arrives`);
    this.stack.input(packetOf(message, protocol, router, this.flow.destination));
    this.stack.pump();
  }
}

/** What of an arrival is not as wished; null when all is. */
function difference(wish: Segment, got: Received): string | null {
  const openAck = wish.ack === undefined && wish.ctl & 4 ? ACK : 0;
  const compared = ~(openAck | (wish.psh === undefined ? PSH : 0));
  const ctl = wish.ctl | (wish.psh ? PSH : 0) | (wish.ack === null ? 0 : 0);
  if ((got.ctl & compared) !== (ctl & compared)) return 'control bits differ';
  if (wish.ack === null && got.ctl & ACK) return 'there is an ACK bit';
  for (const field of FIELDS) {
    const value = wish[field];
    if (value === undefined || (field === 'ack' && value === null)) continue;
    const absent = value === null && got[field] === undefined;
    if (!absent && JSON.stringify(got[field] ?? null) !== JSON.stringify(value)) {
      return field === 'text'
        ? 'text differs'
        : `${field} is ${JSON.stringify(got[field])}, not ${JSON.stringify(value)}`;
    }
  }
  return null;
}
