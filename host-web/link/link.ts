/**
 * Links: what carries packets for a stack.
 *
 * A link pushes what arrives and is called for what leaves; nothing is allocated per packet.
 * Packets lie in two windows of the core's linear memory, which never moves: the link writes one
 * into the receive window and calls `input`, and finds the one to send in the transmit window when
 * `send` is called.
 *
 * ```
 *   device -> memory[receiveAt …]  -> port.input(length, flags) … -> port.pump()   (end of a batch)
 *   device <- memory[transmitAt …] <- link.send(length, flags) …  <- link.flush()  (end of a batch)
 * ```
 */
import type { PacketFlag } from '../abi.ts';

/** The stack, as its link sees it. */
export interface LinkPort {
  readonly memory: ArrayBuffer;
  /**
   * Where the IP header of a received packet belongs; at least 64 octets before it are the link's.
   */
  readonly receiveAt: number;
  readonly receiveSize: number;
  /** Where the IP header of a packet to send lies; at least 64 octets before it are the link's. */
  readonly transmitAt: number;
  /**
   * Where the text is listed that a packet has apart: Pieces, up to one of no octets. Who leaves
   * none apart has no such place.
   */
  readonly piecesAt?: number;
  /**
   * Takes the packet in the receive window. It is processed at once, and what it makes the stack
   * send or signal waits for `pump`.
   *
   * @param flags bits of PacketFlag: what the link vouches for, and what is left to the stack
   */
  input(length: number, flags: PacketFlag): void;
  /** Ends a batch: the stack answers, tells its users, and sets its alarm. */
  pump(): void;
  /** Something threw that the link survives, such as a tap: its owner is told. */
  lost(error: unknown): void;
  /**
   * The link is over by itself: it has ended, or failed with this error. The stack closes it, lets
   * go of it and tells its owner; another can be attached then.
   */
  ended(error?: unknown): void;
}

/**
 * What is left to a link: work of TCP's that it does for a packet better or not at all. A packet
 * of which anything is left says so by its flags.
 */
export interface Offloads {
  /** TCP's checksum: the packet has the pseudo header's sum in its place (CHECKSUM_PARTIAL). */
  readonly checksum: boolean;
  /**
   * Octets of the largest packet that may be several segments (SEGMENT_SIZE), whose checksum is
   * left to the link as well; 0: none is. It may be longer than the MTU.
   */
  readonly segments: number;
  /**
   * The text of a packet that is several segments may lie apart, for the link to gather where
   * `piecesAt` says (TEXT_APART): it is not copied together only to be copied again.
   */
  readonly gather?: boolean;
}

/** Which of the stacks on a link this one is, from 0 on, and how many there may be. */
export interface Share {
  readonly index: number;
  readonly count: number;
}

/**
 * A link. A stack has one; a link has one stack, or several that share it and their addresses, each
 * with connections of its own (`share`, `unclaimed`).
 */
export interface Link {
  /** Octets of the largest packet it carries; what it divides into segments may be longer. */
  readonly mtu: number;
  /**
   * Packets that can wait on its other side on their way to the stack, beyond which they are lost:
   * windows are kept within. By default nobody knows.
   */
  readonly queueLength?: number | undefined;
  /**
   * Set where several stacks share it: each opens connections from ports of its own. A link around
   * another hands this on, with `unclaimed`, only if it puts packets in within the other's `input`:
   * what is late nobody can be asked about.
   */
  readonly share?: Share | undefined;
  /** Says where packets lie. Called once, by the stack. */
  attach(port: LinkPort): void;
  /**
   * The stack takes packets of which something is left to it: checksums that are not complete and
   * need no check, segments joined to one. Called once, after `attach`, by who can take them; else
   * none may come. A link around another hands it on only if it understands such packets itself.
   */
  offload?(): void;
  /** What may be left to it now; the stack looks before each batch. Nothing by default. */
  readonly offloads?: Offloads | undefined;
  /**
   * Sends the packet of `length` octets in the transmit window; it must be gone, or copied, on
   * return.
   *
   * @param flags bits of PacketFlag: what is vouched for, where the packet goes on in this process,
   *   and what of `offloads` is left to do. The stack vouches for what it has just written; what
   *   alters packets must not.
   * @returns false when it was dropped; nobody is told, as on any link
   */
  send(length: number, flags?: PacketFlag): boolean;
  /**
   * Called within `input`, of a packet put in with SHARED: it is for a connection or listener that
   * nobody has here, but perhaps another stack on this link, which is to be asked. What nobody
   * takes is put in again without that flag, to be answered.
   *
   * @param length octets of it in the receive window; it is whole, even if it came in fragments
   * @param flags what it was put in with, as far as it is true of the whole
   */
  unclaimed?(length: number, flags: PacketFlag): void;
  /** Called after the last `send` of a batch, where the link has it. */
  flush?(): void;
  /**
   * Puts in what has arrived already, at most a batch of it, where the link can look: called before
   * a timeout is believed. What comes by events needs none, for these get their turn.
   */
  receive?(): void;
  /**
   * Segments to that address have been sent again and again without an answer: a link that
   * knows the way there (a gateway, a tunnel, a carrier) may look at it (RFC 1122 §3.3.1.4).
   */
  advise?(destination: string): void;
  /** Lets go of the port and of whatever is behind the link. Harmless when repeated. */
  close(): void;
  /** Whether the link keeps the process alive, where it would. */
  ref?(): void;
  unref?(): void;
}

/** What makes a link of itself when it is attached: a TUN of `netcell/tun`. */
export interface Linkable {
  link(): Link;
}

/** What the owner of a link may want to be told; `attach` takes it. */
export interface LinkOwner {
  /**
   * The link threw as it was used: what it was to carry is lost, and it stays. Without this the
   * error is thrown apart, as an uncaught one.
   */
  readonly onError?: (error: unknown) => void;
  /**
   * The link is over by itself: it has ended, or failed with this error, and `attach` takes
   * another. Without this an error goes to `onError`.
   */
  readonly onClosed?: (error: unknown) => void;
}

/**
 * Views of the first octets of a packet window, one for each length in steps of 64, made when
 * needed.
 */
export class PacketViews {
  readonly #memory: Uint8Array;
  readonly #at: number;
  readonly #views: Uint8Array[] = [];

  constructor(memory: ArrayBuffer, at: number) {
    this.#memory = new Uint8Array(memory);
    this.#at = at;
  }

  /** A view of at least `length` octets, and less than 64 more: the window has that much slack. */
  atLeast(length: number): Uint8Array {
    const index = (length + 63) >> 6;
    return (this.#views[index] ??= this.#memory.subarray(this.#at, this.#at + (index << 6)));
  }
}
