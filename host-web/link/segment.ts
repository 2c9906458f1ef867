/**
 * A packet on a link, as rules see it: its sender, its number, and what its TCP header says.
 *
 * Sequence numbers are relative, as in tcpdump: each side's SYN has 0. Fragments and packets that
 * are not TCP have no segment fields. Not here: checksums; what is malformed is passed on as it is.
 */
import { Ctl } from '../abi.ts';

/** The side a packet comes from: A is the first stack of a link, B the second. */
export type Side = 'A' | 'B';

/** Where a reader stands, as plain data. */
export interface ReaderState {
  readonly flows: Record<string, Flow>;
  readonly counts: Record<string, number>;
  readonly dataCounts: Record<string, number>;
}

/** A packet, valid for the duration of the call it is given to. */
export interface PacketView {
  /** A or B on a link of two stacks; the host's name in a simulation of more. */
  readonly from: string;
  /** Which packet of this side it is, from 1. */
  readonly index: number;
  /** Milliseconds of the link's clock. */
  readonly at: number;
  /** Octets of the packet. */
  readonly length: number;
  /** Protocol number of its payload: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6. */
  readonly protocol: number;
  /**
   * Which data segment of this side it is, from 1, retransmissions counted; 0 when it has no text.
   */
  readonly dataIndex: number;
  /** Octets of text. */
  readonly textLength: number;
  /** Something of it that takes a sequence number, text, SYN or FIN, was sent before. */
  readonly isRetransmission: boolean;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Octet 13 of the TCP header; 0 when it is not TCP. */
  readonly control: number;
  /** As tcpdump writes them: `S`, `S.`, `P.`, `F.`, `R`, `.`; empty when it is not TCP. */
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly wnd: number;
  /** The octets themselves; a rule may change them. */
  readonly octets: Uint8Array;
}

/** Where a flow's sequence space begins, and how far it has come. */
interface Flow {
  isn: number;
  /** Relative sequence number behind the last octet, SYN or FIN seen. */
  next: number;
}

/** Control bits as tcpdump prints them, in its order. */
const LETTERS: readonly [Ctl, string][] = [
  [Ctl.FIN, 'F'],
  [Ctl.SYN, 'S'],
  [Ctl.RST, 'R'],
  [Ctl.PSH, 'P'],
  [Ctl.ACK, '.'],
  [Ctl.URG, 'U'],
  [Ctl.ECE, 'E'],
  [Ctl.CWR, 'W'],
];
const TCP = 6;
const IPV6_HEADER = 40;

/** Control bits in tcpdump's letters: `S.`, `P.`, `F.`, `.`; empty when none is set. */
export function lettersOf(control: number): string {
  return LETTERS.reduce((text, [bit, letter]) => (control & bit ? text + letter : text), '');
}

/** Reads the packets of one link, all sides, and remembers what makes numbers relative. */
export class PacketReader {
  #flows = new Map<string, Flow>();
  #counts = new Map<string, number>();
  #dataCounts = new Map<string, number>();

  /** Where it stands, as plain data from which another goes on. */
  get state(): ReaderState {
    return {
      flows: Object.fromEntries([...this.#flows].map(([key, flow]) => [key, { ...flow }])),
      counts: Object.fromEntries(this.#counts),
      dataCounts: Object.fromEntries(this.#dataCounts),
    };
  }

  set state({ flows, counts, dataCounts }: ReaderState) {
    this.#flows = new Map(Object.entries(flows).map(([key, flow]) => [key, { ...flow }]));
    this.#counts = new Map(Object.entries(counts));
    this.#dataCounts = new Map(Object.entries(dataCounts));
  }

  read(octets: Uint8Array, from: string, at: number): PacketView {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    const { protocol, start, end } = transport(view);
    const packet = {
      from,
      at,
      octets,
      protocol,
      index: increment(this.#counts, from),
      length: octets.length,
      dataIndex: 0,
      textLength: 0,
      isRetransmission: false,
      sourcePort: 0,
      destinationPort: 0,
      control: 0,
      flags: '',
      seq: 0,
      ack: 0,
      wnd: 0,
    };
    if (protocol !== TCP || end - start < 20) return packet;
    const control = view.getUint8(start + 13);
    const header = (view.getUint8(start + 12) >> 4) * 4;
    packet.sourcePort = view.getUint16(start);
    packet.destinationPort = view.getUint16(start + 2);
    packet.control = control;
    packet.flags = lettersOf(control);
    packet.wnd = view.getUint16(start + 14);
    packet.textLength = Math.max(end - start - header, 0);
    if (packet.textLength > 0) packet.dataIndex = increment(this.#dataCounts, from);
    const seq = view.getUint32(start + 4);
    const ack = view.getUint32(start + 8);
    const { own: key, other } = flowNames(view, packet.sourcePort, packet.destinationPort);
    const own = this.#flow(key, seq, (control & Ctl.SYN) !== 0);
    packet.seq = (seq - own.isn) >>> 0;
    if (control & Ctl.ACK) packet.ack = (ack - this.#flow(other, ack - 1, false).isn) >>> 0;
    const bits = Number((control & Ctl.SYN) !== 0) + Number((control & Ctl.FIN) !== 0);
    const taken = packet.textLength + bits;
    packet.isRetransmission = taken > 0 && packet.seq < own.next;
    if (taken > 0) own.next = Math.max(own.next, packet.seq + taken);
    return packet;
  }

  #flow(key: string, seq: number, isSyn: boolean): Flow {
    const known = this.#flows.get(key);
    if (known !== undefined && (!isSyn || known.isn === seq)) return known;
    const flow = { isn: isSyn ? seq : (seq - (known === undefined ? 1 : 0)) >>> 0, next: 0 };
    this.#flows.set(key, flow);
    return flow;
  }
}

/** One more; answers how many there are. */
function increment(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

/** Names of the two directions a packet's sockets make: addresses as they stand in the header. */
function flowNames(
  view: DataView,
  source: number,
  destination: number,
): { own: string; other: string } {
  const isV4 = view.getUint8(0) >> 4 === 4;
  const [at, words] = isV4 ? [12, 1] : [8, 4];
  let [from, to] = [`${source}`, `${destination}`];
  for (let word = 0; word < words; word++) {
    from += ` ${view.getUint32(at + 4 * word)}`;
    to += ` ${view.getUint32(at + 4 * (words + word))}`;
  }
  return { own: `${from} > ${to}`, other: `${to} > ${from}` };
}

/** Where the transport's header and text lie; protocol 0 for what can not be read. */
function transport(view: DataView): { protocol: number; start: number; end: number } {
  const nothing = { protocol: 0, start: 0, end: 0 };
  const length = view.byteLength;
  const version = length > 0 ? view.getUint8(0) >> 4 : 0;
  if (version === 4 && length >= 20) {
    if (view.getUint16(6) & 0x1fff) return nothing;
    const start = (view.getUint8(0) & 0x0f) * 4;
    return { protocol: view.getUint8(9), start, end: Math.min(view.getUint16(2), length) };
  }
  if (version === 6 && length >= IPV6_HEADER) {
    const end = Math.min(IPV6_HEADER + view.getUint16(4), length);
    return { protocol: view.getUint8(6), start: IPV6_HEADER, end };
  }
  return nothing;
}
