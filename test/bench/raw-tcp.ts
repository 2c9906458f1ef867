/**
 * A loop over a TUN that is a TCP as far as its peer can tell, and no further: what the machine and
 * the device allow whoever acknowledges.
 *
 * It opens, acknowledges once a batch, keeps to the peer's window and closes. It neither sums nor
 * copies what arrives, has no buffer and no congestion control, and what it sends is zeros. A loss
 * before it is asked for again by acknowledging the same octet; after one behind it, all is sent
 * again from there. With offload it takes and gives as many segments at once as a packet holds.
 */
import type { Tun } from '../../host-node/tun.ts';
import { PacketFlag } from '../../host-web/abi.ts';
import { parseAddress } from '../../host-web/address.ts';
import { KERNEL, MTU, PORT, STACK } from './place.ts';

const RECEIVE_AT = 128;
const TRANSMIT_AT = 0x20000 + 128;
const MEMORY = 0x40000;
/** Packets drained before the event loop gets its turn. */
const BATCH = 512;
const IP_HEADER = 20;
const TCP_HEADER = 20;
const HEADERS = IP_HEADER + TCP_HEADER;
const MSS = MTU - HEADERS;
/** Octets of text in the longest packet: full segments. */
const JOINED = Math.floor((0xffff - HEADERS) / MSS) * MSS;
const SHIFT = 7;
const OWN = parseAddress(STACK)!;
const PEER = parseAddress(KERNEL)!;
/** Octets that all windows offer together: fewer packets than the device's queue holds. */
const WINDOWS = 1 << 22;
/** Octets on the way on one connection at most. */
const FLIGHT = 1 << 22;
const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;
const PARTIAL = PacketFlag.CHECKSUM_TRUSTED | PacketFlag.CHECKSUM_PARTIAL;
/** Milliseconds after which what has brought no acknowledgment is sent again. */
const STRIKE = 100;
/** Acknowledgments of the same octet that mean a loss. */
const DUPLICATES = 3;

interface Flow {
  readonly port: number;
  rcvNxt: number;
  sndUna: number;
  sndNxt: number;
  /** Octets the peer takes beyond `sndUna`. */
  window: number;
  shift: number;
  duplicates: number;
  owesAck: boolean;
  /** Octets to be sent back. */
  owed: number;
  /** The highest number sent so far, and where what is sent ends, once that is known. */
  sndMax: number;
  end: number | undefined;
  endsAt: number;
  /** `sndUna` when the clock last struck. */
  struckAt: number;
}

export class RawTcp {
  readonly #tun: Tun;
  readonly #kind: 'sink' | 'source' | 'echo';
  readonly #milliseconds: number;
  /** Octets of text in a packet. */
  readonly #most: number;
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  readonly #flows = new Map<number, Flow>();

  constructor(tun: Tun, kind: 'sink' | 'source' | 'echo', seconds: number, offload: boolean) {
    this.#tun = tun;
    this.#kind = kind;
    this.#milliseconds = seconds * 1000;
    const memory = new ArrayBuffer(MEMORY);
    this.#octets = new Uint8Array(memory);
    this.#view = new DataView(memory);
    const receiveSize = TRANSMIT_AT - RECEIVE_AT - 128;
    tun.attach({ memory, receiveAt: RECEIVE_AT, receiveSize, transmitAt: TRANSMIT_AT });
    this.#most = offload && tun.offload() !== undefined ? JOINED : MSS;
  }

  serve(): void {
    let isAwaited = false;
    // As a stack's link does: what comes meanwhile is acknowledged together.
    this.#tun.watch(() => {
      if (isAwaited) return;
      isAwaited = true;
      setImmediate(() => {
        isAwaited = false;
        this.#drain();
      });
    });
    setInterval(() => this.#strike(), STRIKE);
  }

  #drain(): void {
    for (let left = BATCH; left > 0; left--) {
      const length = this.#tun.receive();
      if (length === 0) break;
      // IPv4 without options, TCP.
      if (this.#octets[RECEIVE_AT] === 0x45 && this.#octets[RECEIVE_AT + 9] === 6) this.#take();
    }
    const now = performance.now();
    for (const flow of this.#flows.values()) this.#answer(flow, now);
  }

  // In ----------------------------------------------------------------------------

  #take(): void {
    const view = this.#view;
    const at = RECEIVE_AT + IP_HEADER;
    const port = view.getUint16(at);
    const ctl = this.#octets[at + 13]!;
    if (ctl & SYN) {
      this.#open(port);
      return;
    }
    const flow = this.#flows.get(port);
    if (flow === undefined) return;
    if (ctl & RST) {
      this.#flows.delete(port);
      return;
    }
    const header = (this.#octets[at + 12]! >> 4) * 4;
    const length = view.getUint16(RECEIVE_AT + 2) - IP_HEADER - header;
    this.#acknowledged(flow, view.getUint32(at + 8), view.getUint16(at + 14), length);
    if (length === 0 && (ctl & FIN) === 0) return;
    flow.owesAck = true;
    if (view.getUint32(at + 4) !== flow.rcvNxt) return;
    flow.rcvNxt = (flow.rcvNxt + length) >>> 0;
    if (this.#kind === 'echo') flow.owed += length;
    if ((ctl & FIN) === 0) return;
    flow.rcvNxt = (flow.rcvNxt + 1) >>> 0;
    flow.end ??= flow.sndMax;
  }

  #open(port: number): void {
    const view = this.#view;
    const at = RECEIVE_AT + IP_HEADER;
    const flow: Flow = {
      port,
      rcvNxt: (view.getUint32(at + 4) + 1) >>> 0,
      sndUna: 1,
      sndNxt: 1,
      window: 0,
      shift: this.#shiftOffered(at),
      duplicates: 0,
      owesAck: false,
      owed: 0,
      sndMax: 1,
      end: undefined,
      endsAt: performance.now() + this.#milliseconds,
      struckAt: 0,
    };
    this.#flows.set(port, flow);
    // MSS, and a window scale behind a NOP.
    view.setUint32(TRANSMIT_AT + HEADERS, 0x0204_0000 | MSS);
    view.setUint32(TRANSMIT_AT + HEADERS + 4, 0x0103_0300 | SHIFT);
    this.#send(flow, 0, SYN | ACK, 8);
    view.setUint32(TRANSMIT_AT + HEADERS, 0);
    view.setUint32(TRANSMIT_AT + HEADERS + 4, 0);
  }

  /** The window scale of the SYN that lies there. */
  #shiftOffered(at: number): number {
    const end = at + (this.#octets[at + 12]! >> 4) * 4;
    for (let option = at + TCP_HEADER; option < end; ) {
      const kind = this.#octets[option]!;
      if (kind === 0) break;
      if (kind === 3) return this.#octets[option + 2]!;
      option += kind === 1 ? 1 : this.#octets[option + 1]!;
    }
    return 0;
  }

  #acknowledged(flow: Flow, ack: number, window: number, length: number): void {
    const moved = (ack - flow.sndUna) | 0;
    if (moved < 0) return;
    const before = flow.window;
    flow.window = window << flow.shift;
    if (moved > 0) {
      flow.sndUna = ack;
      flow.duplicates = 0;
      if (((flow.sndNxt - ack) | 0) < 0) flow.sndNxt = ack;
    } else if (length === 0 && before === flow.window && flow.sndNxt !== ack) {
      if (++flow.duplicates === DUPLICATES) flow.sndNxt = ack;
    }
  }

  // Out ---------------------------------------------------------------------------

  #answer(flow: Flow, now: number): void {
    if (this.#kind === 'source') {
      if (now > flow.endsAt) flow.end ??= flow.sndMax;
      this.#fill(flow);
    } else if (flow.owed > 0) {
      // The text that was received: zeros, as are ours.
      this.#sendText(flow, flow.owed);
      flow.owed = 0;
    }
    if (flow.end === flow.sndUna) {
      this.#send(flow, flow.end, FIN | ACK, 0);
      this.#flows.delete(flow.port);
    } else if (flow.owesAck) {
      this.#send(flow, flow.sndNxt, ACK, 0);
      flow.owesAck = false;
    }
  }

  #fill(flow: Flow): void {
    const edge = flow.sndUna + Math.min(flow.window, FLIGHT);
    while (flow.sndNxt !== flow.end && ((edge - flow.sndNxt) | 0) >= MSS) {
      const room = Math.min((edge - flow.sndNxt) | 0, this.#most);
      this.#sendText(flow, room - (room % MSS));
    }
  }

  #sendText(flow: Flow, length: number): void {
    this.#send(flow, flow.sndNxt, ACK, 0, length);
    flow.sndNxt = (flow.sndNxt + length) >>> 0;
    if (((flow.sndNxt - flow.sndMax) | 0) > 0) flow.sndMax = flow.sndNxt;
    flow.owesAck = false;
  }

  /** Goes back to what was not acknowledged since the clock last struck. */
  #strike(): void {
    const now = performance.now();
    for (const flow of this.#flows.values()) {
      if (flow.struckAt === flow.sndUna) flow.sndNxt = flow.sndUna;
      flow.struckAt = flow.sndUna;
      this.#answer(flow, now);
    }
  }

  #window(): number {
    return Math.min(0xffff, Math.floor(WINDOWS / this.#flows.size) >> SHIFT);
  }

  /** Sends a segment of so many octets of options, which lie there, and of zeros. */
  #send(flow: Flow, seq: number, ctl: number, options: number, length = 0): void {
    const view = this.#view;
    const at = TRANSMIT_AT + IP_HEADER;
    const segment = TCP_HEADER + options + length;
    this.#writeIp(IP_HEADER + segment);
    view.setUint16(at, PORT);
    view.setUint16(at + 2, flow.port);
    view.setUint32(at + 4, seq);
    view.setUint32(at + 8, flow.rcvNxt);
    view.setUint16(at + 12, ((TCP_HEADER + options) << 10) | ctl);
    view.setUint16(at + 14, this.#window());
    view.setUint32(at + 16, 0);
    const pseudo = sum(view, TRANSMIT_AT + 12, TRANSMIT_AT + 20) + 6 + segment;
    if (length > MSS) {
      view.setUint16(at + 16, fold(pseudo));
      this.#tun.transmit(IP_HEADER + segment, PARTIAL + MSS * PacketFlag.SEGMENT_SIZE);
      return;
    }
    // Zeros add nothing to a sum.
    const total = sum(view, at, at + TCP_HEADER + options) + pseudo;
    view.setUint16(at + 16, ~fold(total));
    this.#tun.transmit(IP_HEADER + segment);
  }

  #writeIp(length: number): void {
    const view = this.#view;
    view.setUint32(TRANSMIT_AT, 0x4500_0000 | length);
    view.setUint32(TRANSMIT_AT + 4, 0x0000_4000);
    view.setUint32(TRANSMIT_AT + 8, 0x4006_0000);
    this.#octets.set(OWN, TRANSMIT_AT + 12);
    this.#octets.set(PEER, TRANSMIT_AT + 16);
    view.setUint16(TRANSMIT_AT + 10, ~fold(sum(view, TRANSMIT_AT, TRANSMIT_AT + IP_HEADER)));
  }
}

/** The words between two places, added up. */
function sum(view: DataView, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 2) total += view.getUint16(at);
  return total;
}

/** RFC 1071's sum: ones' complement of 16 bits. */
function fold(total: number): number {
  let rest = total;
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >>> 16);
  return rest;
}
