/**
 * The judge of what a core sends: every packet must decode, with right checksums and legal options.
 *
 * One record, filled anew for each packet; a complaint is a sentence, '' means the packet is sound.
 */
import { Memory } from '../../host-web/abi.ts';
import { get16, get32, ICMP, ICMPV6, octetAt, onesSum, TCP } from './wire.ts';

const FRAGMENT = 44;
const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;

export class Emitted {
  readonly #octets: Uint8Array;
  isV4 = true;
  length = 0;
  protocol = 0;
  isFragment = false;
  /** Where the transport lies, and its octets. */
  at = 0;
  transport = 0;
  /** Of a segment. */
  localPort = 0;
  remotePort = 0;
  seq = 0;
  ack = 0;
  ctl = 0;
  wnd = 0;
  text = 0;
  textLength = 0;
  /** The ECN codepoint. */
  codepoint = 0;
  hasTimestamps = false;
  tsVal = 0;
  /** Window scale of a SYN; -1 when absent. */
  shift = -1;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get isRst(): boolean {
    return (this.ctl & RST) !== 0;
  }

  get isSyn(): boolean {
    return (this.ctl & SYN) !== 0;
  }

  /** SEG.LEN. */
  get len(): number {
    return this.textLength + (this.ctl & SYN ? 1 : 0) + (this.ctl & FIN ? 1 : 0);
  }

  /** Reads the packet in the transmit window; answers what is wrong with it, '' when nothing is. */
  read(length: number): string {
    const o = this.#octets;
    const at = Memory.TRANSMIT;
    this.length = length;
    this.ctl = 0;
    this.isV4 = o[at]! >> 4 === 4;
    const fault = this.isV4 ? this.#ipv4(at, length) : this.#ipv6(at, length);
    if (fault !== '') return fault;
    this.transport = length - (this.at - at);
    if (this.codepoint !== 0 && this.protocol !== TCP) return 'ECN-capable, and not TCP';
    // Only IP's own messages are so long, and what they say is in all of them together.
    if (this.isFragment) return this.#icmpFragment();
    if (this.protocol === TCP) return this.#tcp();
    if (this.protocol === (this.isV4 ? ICMP : ICMPV6)) return this.#icmp();
    return `protocol ${this.protocol}`;
  }

  #ipv4(at: number, length: number): string {
    const o = this.#octets;
    const header = (o[at]! & 15) * 4;
    if (length < header || header < 20) return 'IPv4 version or header length';
    if (get16(o, at + 2) !== length) return `IPv4 total length ${get16(o, at + 2)} of ${length}`;
    // Whole and to stay so, or to be split where it must, or a fragment.
    const fragment = get16(o, at + 6);
    this.isFragment = (fragment & 0x3fff) !== 0;
    if (fragment & 0xc000 && fragment !== 0x4000) return 'IPv4 flags and fragment offset';
    if (fragment === 0x4000 && get16(o, at + 4) !== 0) return 'IPv4 identification';
    if (o[at + 8] === 0) return 'TTL 0';
    if (onesSum(o, at, header, 0) !== 0xffff) return 'IPv4 header checksum';
    const to = o[at + 16]!;
    if (to === 0 || to >= 224 || to === 127 || o[at + 19] === 255) return `to ${to}.x, no unicast`;
    this.protocol = o[at + 9]!;
    this.codepoint = o[at + 1]! & 3;
    this.at = at + header;
    return header === 20 ? '' : this.#route(at + 20, header - 20);
  }

  /** The one option of IP that may be sent: a source route nothing of which has been visited. */
  #route(at: number, octets: number): string {
    const o = this.#octets;
    const length = octets - 1;
    if (o[at] !== 131 && o[at] !== 137) return `IPv4 option ${o[at]}`;
    if (o[at + 1] !== length || o[at + 2] !== 4 || o[at + length] !== 0) return 'source route';
    return '';
  }

  #ipv6(at: number, length: number): string {
    const o = this.#octets;
    if (length < 40 || o[at]! >> 4 !== 6) return 'IP version';
    if (get16(o, at + 4) !== length - 40) return `IPv6 payload length ${get16(o, at + 4)}`;
    if (o[at + 7] === 0) return 'hop limit 0';
    if (o[at + 24] === 255) return 'to a multicast group';
    this.protocol = o[at + 6]!;
    this.codepoint = (o[at + 1]! >> 4) & 3;
    this.at = at + 40;
    this.isFragment = this.protocol === FRAGMENT;
    if (!this.isFragment) return '';
    this.protocol = o[at + 40]!;
    this.at = at + 48;
    return length < 48 || get16(o, at + 42) === 0 ? 'fragment header' : '';
  }

  #pseudo(): number {
    const o = this.#octets;
    const from = this.protocol + this.transport;
    if (!this.isV4) return onesSum(o, Memory.TRANSMIT + 8, 32, from);
    // While a packet is under way along a route, the destination is the route's last address.
    const last = this.at === Memory.TRANSMIT + 20 ? Memory.TRANSMIT + 16 : this.at - 5;
    return onesSum(o, last, 4, onesSum(o, Memory.TRANSMIT + 12, 4, from));
  }

  #icmpFragment(): string {
    if (this.protocol !== (this.isV4 ? ICMP : ICMPV6)) return `a fragment of ${this.protocol}`;
    return this.transport === 0 ? 'an empty fragment' : '';
  }

  #icmp(): string {
    if (this.transport < 8) return 'ICMP header';
    const from = this.isV4 ? 0 : this.#pseudo();
    return onesSum(this.#octets, this.at, this.transport, from) === 0xffff ? '' : 'ICMP checksum';
  }

  #tcp(): string {
    const o = this.#octets;
    const at = this.at;
    if (this.transport < 20) return 'TCP header';
    const header = (o[at + 12]! >> 4) * 4;
    if (header < 20 || header > this.transport) return `data offset ${header}`;
    if ((o[at + 12]! & 15) !== 0) return 'reserved bits';
    if (onesSum(o, at, this.transport, this.#pseudo()) !== 0xffff) return 'TCP checksum (MUST-2)';
    this.localPort = get16(o, at);
    this.remotePort = get16(o, at + 2);
    this.seq = get32(o, at + 4);
    this.ack = get32(o, at + 8);
    this.ctl = o[at + 13]!;
    this.wnd = get16(o, at + 14);
    this.text = at + header;
    this.textLength = this.transport - header;
    if ((this.ctl & (SYN | ACK | RST)) === 0) return 'neither SYN nor ACK nor RST';
    if ((this.ctl & ACK) === 0 && this.ack !== 0) return 'SEG.ACK without ACK';
    if (this.isSyn && (this.ctl & (FIN | RST)) !== 0) return 'SYN with FIN or RST';
    if (this.codepoint === 1 || this.codepoint === 3) return `ECN codepoint ${this.codepoint}`;
    const mayBeCapable = this.textLength !== 0 && (this.ctl & (SYN | RST)) === 0;
    if (this.codepoint !== 0 && !mayBeCapable) return 'ECN-capable without text (RFC 3168 §6.1.4)';
    return this.#options(at + 20, this.text);
  }

  #options(at: number, end: number): string {
    const o = this.#octets;
    this.hasTimestamps = false;
    this.shift = -1;
    while (at < end) {
      const kind = o[at]!;
      if (kind === 0) return '';
      if (kind === 1) {
        at++;
        continue;
      }
      const length = at + 1 < end ? o[at + 1]! : 0;
      if (length < 2 || at + length > end) return `option ${kind} of length ${length}`;
      const fault = this.#option(kind, at, length);
      if (fault !== '') return fault;
      at += length;
    }
    return '';
  }

  #option(kind: number, at: number, length: number): string {
    const o = this.#octets;
    switch (kind) {
      case 2:
        if (length !== 4 || !this.isSyn) return 'MSS (MUST-65)';
        return get16(o, at + 2) < 64 ? `MSS ${get16(o, at + 2)}` : '';
      case 3:
        this.shift = o[at + 2]!;
        return length !== 3 || !this.isSyn || this.shift > 14 ? 'window scale' : '';
      case 4:
        return length !== 2 || !this.isSyn ? 'SACK-permitted' : '';
      case 5:
        return this.#sack(at, length);
      case 8:
        this.hasTimestamps = true;
        this.tsVal = get32(o, at + 2);
        return length !== 10 ? 'timestamps' : '';
      default:
        return `option of kind ${kind}`;
    }
  }

  #sack(at: number, length: number): string {
    if (this.isSyn || length < 10 || (length - 2) % 8 !== 0) return `SACK of length ${length}`;
    for (let i = at + 2; i < at + length; i += 8) {
      const left = get32(this.#octets, i);
      const right = get32(this.#octets, i + 4);
      if (((right - left) | 0) <= 0) return `SACK block ${left}:${right} is empty or inverted`;
    }
    return '';
  }

  /** Whether every octet of the text is the one of its sequence number. */
  hasRightText(): boolean {
    const first = this.seq + (this.isSyn ? 1 : 0);
    for (let i = 0; i < this.textLength; i++) {
      if (this.#octets[this.text + i] !== octetAt(first + i)) return false;
    }
    return true;
  }
}
