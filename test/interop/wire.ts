/**
 * A TUN device cut open: every packet between the kernel and a stack can be held, lost or forged.
 *
 * One device carries all wires. A wire belongs to one address of netcell, so that sequences run
 * side
 * by side and know nothing of each other; which stack stands at its end may change, as when a
 * machine crashes and comes back. Not here: what a sequence does with it (`scene.ts`).
 */
import { formatAddress } from '../../host-web/address.ts';
import type { Link, LinkPort } from '../../host-web/link/link.ts';
import {
  ACK,
  decode,
  encode,
  FIN,
  type Flow,
  lengthOf,
  openPacket,
  type Received,
  RST,
  type Segment,
  SYN,
} from '../dsl/segment.ts';

/** To lose not one segment but all of a kind. */
export const ALL = Number.POSITIVE_INFINITY;

export type Matcher = (segment: Received) => boolean;

export const everything: Matcher = () => true;
export const isSyn: Matcher = ({ ctl }) => (ctl & (SYN | ACK)) === SYN;
export const isSynAck: Matcher = ({ ctl }) => (ctl & (SYN | ACK)) === (SYN | ACK);
export const isFin: Matcher = ({ ctl }) => (ctl & FIN) !== 0;
export const isRst: Matcher = ({ ctl }) => (ctl & RST) !== 0;
/** Nothing but an acknowledgment. */
export const isAck: Matcher = (segment) =>
  (segment.ctl & (SYN | FIN | RST | ACK)) === ACK && segment.text === '';

/** Sent again, as happens to what waits: were both let go, the far end would answer twice. */
function isCopy(one: Received, other: Received): boolean {
  return (
    one.seq === other.seq &&
    one.ack === other.ack &&
    one.ctl === other.ctl &&
    one.text === other.text
  );
}

const HEADROOM = 64;
const WINDOW = 65_600;
const TRANSMIT_AT = 2 * HEADROOM + WINDOW;
const TCP = 6;

/** One direction of a wire. */
export class Way {
  /** Segments that set out here, those held and lost included, those forged not. */
  readonly sent: Received[] = [];
  /** SEG.SEQ + SEG.LEN of what got through: RCV.NXT at the far end, when nothing is missing. */
  next = 0;
  /** The latest timestamp's value. */
  #timestamp: Received['ts'];
  readonly #deliver: (packet: Uint8Array) => void;
  #held: Received[] = [];
  #holding: Matcher | undefined;
  #losing: Matcher | undefined;
  #left = 0;

  constructor(deliver: (packet: Uint8Array) => void) {
    this.#deliver = deliver;
  }

  /** Takes a packet; what is no TCP passes. */
  enter(packet: Uint8Array): void {
    if (openPacket(packet).protocol !== TCP) {
      this.#deliver(packet);
      return;
    }
    const segment = decode(packet);
    this.sent.push(segment);
    if (this.#left > 0 && this.#losing?.(segment)) {
      this.#left--;
      return;
    }
    if (!this.#holding?.(segment)) this.#through(segment);
    else if (!this.#held.some((other) => isCopy(segment, other))) this.#held.push(segment);
  }

  /** From now on such segments wait. */
  hold(matcher: Matcher = everything): void {
    this.#holding = matcher;
  }

  /** Lets everything held go on, in its order, and holds nothing more. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    this.#holding = undefined;
    for (const segment of held) this.#through(segment);
  }

  /** As `release`, but what was held is lost. */
  forget(): void {
    this.#held = [];
    this.release();
  }

  /** Loses the next such segments: one, or as many as said. */
  lose(matcher: Matcher = everything, count = 1): void {
    this.#losing = matcher;
    this.#left = count;
  }

  /** Loses all from here on. */
  cut(): void {
    this.lose(everything, ALL);
  }

  /** Loses nothing more. */
  mend(): void {
    this.#left = 0;
  }

  /** Segments of a kind that set out here. */
  count(matcher: Matcher): number {
    return this.sent.filter(matcher).length;
  }

  /** Puts a segment of our own making on the way, absolute numbers, as if it had set out here. */
  forge(segment: Segment, flow: Flow): void {
    const ts = segment.ts ?? (segment.ctl & SYN ? undefined : this.#timestamp);
    this.#deliver(encode({ win: 1000, ...segment, ...(ts ? { ts } : {}) }, flow));
  }

  #through(segment: Received): void {
    const next = (segment.seq + lengthOf(segment)) >>> 0;
    if (segment.ctl & SYN || ((next - this.next) | 0) > 0) this.next = next;
    if (segment.ts) this.#timestamp = segment.ts;
    this.#deliver(segment.packet);
  }
}

/** The two ways between the kernel and whoever has an address of netcell's. */
export class Wire {
  readonly fromKernel: Way;
  readonly fromNetcell: Way;
  readonly #mtu: number;
  #port: LinkPort | undefined;
  #isInput = false;

  constructor(mtu: number, toKernel: (packet: Uint8Array) => void) {
    this.#mtu = mtu;
    this.fromKernel = new Way((packet) => this.#input(packet));
    this.fromNetcell = new Way(toKernel);
  }

  /** The end for a stack to attach; the stack before it is off the wire, without a word. */
  plug(): Link {
    let port: LinkPort | undefined;
    return {
      mtu: this.#mtu,
      attach: (itsPort) => {
        port = itsPort;
        this.#port = port;
      },
      send: (length) => {
        if (port === undefined || this.#port !== port) return false;
        this.fromNetcell.enter(new Uint8Array(port.memory, port.transmitAt, length).slice());
        return true;
      },
      close: () => {
        if (this.#port === port) this.#port = undefined;
      },
    };
  }

  /** Nobody is at the end any more. */
  unplug(): void {
    this.#port = undefined;
  }

  #input(packet: Uint8Array): void {
    const port = this.#port;
    if (port === undefined) return;
    new Uint8Array(port.memory).set(packet, port.receiveAt);
    port.input(packet.length, 0);
    if (this.#isInput) return;
    // The answer waits for the rest of the batch, as behind any device.
    this.#isInput = true;
    queueMicrotask(() => {
      this.#isInput = false;
      this.#port?.pump();
    });
  }
}

/** The device's own link, and the wires it carries by their address of netcell's. */
export class Switchboard {
  readonly #link: Link;
  readonly #wires = new Map<string, Wire>();
  readonly #octets = new Uint8Array(2 * (HEADROOM + WINDOW));

  constructor(link: Link) {
    this.#link = link;
    link.attach({
      memory: this.#octets.buffer,
      receiveAt: HEADROOM,
      receiveSize: WINDOW,
      transmitAt: TRANSMIT_AT,
      input: (length) => this.#input(this.#octets.slice(HEADROOM, HEADROOM + length)),
      // Each wire pumps its own stack.
      pump: () => {},
      lost: (error) => {
        throw error;
      },
      ended: () => {},
    });
  }

  /** A wire to this address. */
  wire(address: string): Wire {
    const wire = new Wire(this.#link.mtu, (packet) => this.#send(packet));
    this.#wires.set(address, wire);
    return wire;
  }

  close(): void {
    this.#link.close();
  }

  #input(packet: Uint8Array): void {
    // What the kernel says to all (router solicitations and the like) is for nobody here.
    this.#wires.get(formatAddress(openPacket(packet).destination))?.fromKernel.enter(packet);
  }

  #send(packet: Uint8Array): void {
    this.#octets.set(packet, TRANSMIT_AT);
    this.#link.send(packet.length);
  }
}
