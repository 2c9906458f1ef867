/**
 * A packet on a link, as rules see it: who sent it, which one it is, and what its TCP header says.
 *
 * Sequence numbers are relative, as in tcpdump: each side's SYN has 0. Fragments and packets that
 * are not TCP have no segment fields. Not here: checksums; what is malformed is passed on as it is.
 */
import { Ctl } from '../abi.ts';

/** The side a packet comes from: A is the first stack of a link, B the second. */
export type Side = 'A' | 'B';

/** A packet, valid for the duration of the call it is given to. */
export interface PacketView {
  readonly from: Side;
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
  /** Some of its text was sent before. */
  readonly isRetransmission: boolean;
  readonly sourcePort: number;
  readonly destinationPort: number;
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
  /** Relative sequence number behind the last octet of text seen. */
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

/** Reads the packets of one link, both sides, and remembers what makes numbers relative. */
export class PacketReader {
  readonly #flows = new Map<string, Flow>();
  readonly #counts = { A: 0, B: 0 };
  readonly #dataCounts = { A: 0, B: 0 };

  read(octets: Uint8Array, from: Side, at: number): PacketView {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    const { protocol, start, end } = transport(view);
    const packet = {
      from,
      at,
      octets,
      protocol,
      index: ++this.#counts[from],
      length: octets.length,
      dataIndex: 0,
      textLength: 0,
      isRetransmission: false,
      sourcePort: 0,
      destinationPort: 0,
      flags: '',
      seq: 0,
      ack: 0,
      wnd: 0,
    };
    if (protocol !== TCP || end - start < 20) return packet;
    const ctl = view.getUint8(start + 13);
    const header = (view.getUint8(start + 12) >> 4) * 4;
    packet.sourcePort = view.getUint16(start);
    packet.destinationPort = view.getUint16(start + 2);
    packet.flags = lettersOf(ctl);
    packet.wnd = view.getUint16(start + 14);
    packet.textLength = Math.max(end - start - header, 0);
    if (packet.textLength > 0) packet.dataIndex = ++this.#dataCounts[from];
    const { sourcePort: source, destinationPort: destination } = packet;
    const seq = view.getUint32(start + 4);
    const ack = view.getUint32(start + 8);
    const own = this.#flow(`${from} ${source} ${destination}`, seq, (ctl & Ctl.SYN) !== 0);
    packet.seq = (seq - own.isn) >>> 0;
    if (ctl & Ctl.ACK) {
      const other = from === 'A' ? 'B' : 'A';
      packet.ack =
        (ack - this.#flow(`${other} ${destination} ${source}`, ack - 1, false).isn) >>> 0;
    }
    packet.isRetransmission = packet.textLength > 0 && packet.seq < own.next;
    if (packet.textLength > 0) own.next = Math.max(own.next, packet.seq + packet.textLength);
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
