/**
 * A pipe: two stacks back to back, without delay or loss.
 *
 * A packet goes from one memory to the other in a single copy, in which nothing can be damaged and
 * which costs little more for a long one. So it is as a machine's loopback: between two stacks
 * TCP's checksums are left out, and as much as there is to send goes as one packet, whatever the
 * MTU. Each batch is answered within the call that sent it, so a handshake between two stacks takes
 * one pump of the first.
 */
import { PacketFlag } from '../abi.ts';
import { Pieces } from '../pieces.ts';
import { type Link, type LinkPort, type Offloads, PacketViews } from './link.ts';

/** What one stack may leave to another. */
const ALL: Offloads = { checksum: true, segments: 65_535, gather: true };

/** The two ends of a pipe: attach one to each stack. */
export function pipe(mtu = 1500): [Link, Link] {
  const a = new PipeEnd(mtu);
  const b = new PipeEnd(mtu);
  a.join(b);
  b.join(a);
  return [a, b];
}

class PipeEnd implements Link {
  readonly mtu: number;
  #peer: PipeEnd | undefined;
  #port: LinkPort | undefined;
  #source: PacketViews | undefined;
  #target: Uint8Array | undefined;
  #pieces: Pieces | undefined;
  /** Who is attached here takes what was left out. */
  #takesAll = false;
  /** The peer has been given packets since the last flush. */
  #isFilled = false;

  constructor(mtu: number) {
    this.mtu = mtu;
  }

  join(peer: PipeEnd): void {
    this.#peer = peer;
  }

  attach(port: LinkPort): void {
    this.#port = port;
    this.#source = new PacketViews(port.memory, port.transmitAt);
    this.#target = new Uint8Array(port.memory, port.receiveAt, port.receiveSize);
    if (port.piecesAt !== undefined) this.#pieces = new Pieces(port.memory, port.piecesAt);
  }

  offload(): void {
    this.#takesAll = true;
  }

  get offloads(): Offloads | undefined {
    return this.#peer!.#takesAll ? ALL : undefined;
  }

  send(length: number, flags: PacketFlag = PacketFlag.NONE): boolean {
    const peer = this.#peer!;
    const port = peer.#port;
    if (port === undefined || (length > peer.mtu && flags < PacketFlag.SEGMENT_SIZE)) return false;
    const apart = flags & PacketFlag.TEXT_APART;
    const text = apart === 0 ? 0 : this.#pieces!.length;
    peer.#target!.set(this.#source!.atLeast(length - text));
    if (text > 0) this.#pieces!.copy(text, peer.#target!, length - text);
    port.input(length, flags - apart);
    this.#isFilled = true;
    return true;
  }

  flush(): void {
    if (!this.#isFilled) return;
    this.#isFilled = false;
    const port = this.#peer!.#port;
    if (port !== undefined) port.pump();
  }

  close(): void {
    this.#port = undefined;
    this.#takesAll = false;
  }
}
