/**
 * A stack's side of its link: what a link may throw, how it ends, and what its owner is told.
 *
 * A link is somebody else's. What it throws costs the packet it was to carry, and its owner hears
 * of it; the stack, its timers and its other packets go on. A link that is over by itself is let go
 * of, so that the stack can be given another.
 */
import { Memory, OutgoingField, PacketFlag, RouteAdviceField, Setting } from '../abi.ts';
import { formatMapped } from '../address.ts';
import { call, throwApart } from '../callback.ts';
import type { Clock } from '../clock.ts';
import type { Core } from '../core.ts';
import type { Link, Linkable, LinkOwner, LinkPort, Offloads, Share } from './link.ts';
import { type PacketStreams, streamsLink } from './streams.ts';

/** What a stack does for its link. */
export interface Attaching {
  readonly clock: Clock;
  readonly memory: ArrayBuffer;
  /** Answers the octets of a packet that may be another stack's on the link, else 0. */
  input(length: number, flags: number): number;
  pump(): void;
  /** The link is over by itself, and closed: the stack has none. */
  ended(): void;
}

export class Attachment {
  readonly link: Link;
  readonly #owner: LinkOwner;
  readonly #stack: Attaching;
  #isOver = false;
  #advices = 0;
  /** What the core leaves to the link; null before it was told. */
  #offloads: Offloads | undefined | null = null;

  constructor(link: Link, owner: LinkOwner, stack: Attaching) {
    this.link = link;
    this.#owner = owner;
    this.#stack = stack;
  }

  /** Gives the link its windows. What it throws here goes to the caller of `attach`. */
  open(): void {
    const stack = this.#stack;
    // What surrounds a link that is shared may not know of it: nobody would be asked.
    const kept = this.link.share === undefined ? ~PacketFlag.SHARED : ~PacketFlag.NONE;
    const port: LinkPort = {
      memory: stack.memory,
      receiveAt: Memory.RECEIVE,
      receiveSize: Memory.PACKET_SIZE,
      transmitAt: Memory.TRANSMIT,
      piecesAt: Memory.PIECES,
      input: (length, flags) => {
        if (this.#isOver) return;
        const unclaimed = stack.input(length, flags & kept);
        if (unclaimed !== 0) this.#unclaimed(unclaimed, unclaimed === length ? flags : 0);
      },
      pump: () => {
        if (!this.#isOver) stack.pump();
      },
      lost: (error) => this.#lost(error),
      ended: (error) => this.#ended(error),
    };
    try {
      this.link.attach(port);
      this.link.offload?.();
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
  }

  /** Sends all a core has to send, as one batch. */
  transmit(core: Core): void {
    const { link } = this;
    if (link.offloads !== this.#offloads) this.#leaveTo(core, link.offloads);
    const { view } = core;
    for (let length = core.output(); length !== 0; length = core.output()) {
      try {
        link.send(length, view.getUint32(Memory.OUTGOING + OutgoingField.flags, true));
      } catch (error) {
        this.#lost(error);
      }
    }
    try {
      link.flush?.();
    } catch (error) {
      this.#lost(error);
    }
  }

  /** Tells the core what it leaves to the link, and what the link's queue holds. */
  #leaveTo(core: Core, offloads: Offloads | undefined): void {
    const { mtu, queueLength = 0 } = this.link;
    this.#offloads = offloads;
    core.set(Setting.LINK_QUEUE, Math.min(queueLength * mtu, 0xffff_ffff));
    core.set(Setting.CHECKSUM_BY_LINK, offloads?.checksum ? 1 : 0);
    core.set(Setting.SEGMENTS_BY_LINK, offloads?.segments ?? 0);
    core.set(Setting.GATHER_BY_LINK, offloads?.gather ? 1 : 0);
  }

  #unclaimed(length: number, flags: number): void {
    try {
      this.link.unclaimed?.(length, flags);
    } catch (error) {
      this.#lost(error);
    }
  }

  receive(): void {
    try {
      this.link.receive?.();
    } catch (error) {
      this.#lost(error);
    }
  }

  /** IP may have been advised against the way to a destination: the link may know another. */
  advise({ view, octets }: Core): void {
    const at = Memory.ROUTE_ADVICE;
    const count = view.getUint32(at + RouteAdviceField.count, true);
    if (count === this.#advices) return;
    this.#advices = count;
    try {
      this.link.advise?.(formatMapped(octets.subarray(at, at + 16)));
    } catch (error) {
      this.#lost(error);
    }
  }

  /** Lets go of the link. Harmless when repeated. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      this.link.close();
    } catch (error) {
      this.#lost(error);
    }
  }

  #lost(error: unknown): void {
    const { onError = throwApart } = this.#owner;
    this.#tell(() => onError(error));
  }

  #ended(error: unknown): void {
    if (this.#isOver) return;
    this.close();
    this.#stack.ended();
    const { onClosed, onError = throwApart } = this.#owner;
    if (onClosed !== undefined) this.#tell(() => onClosed(error));
    else if (error !== undefined) this.#tell(() => onError(error));
  }

  /** The stack may be in the middle of sending: its owner is told once that is over. */
  #tell(callback: () => void): void {
    this.#stack.clock.soon(() => call(callback));
  }
}

/** Has a core open connections from none of the ports of those it shares a link with. */
export function sharePorts(core: Core, { index, count }: Share): void {
  core.set(Setting.PORT_SHARES, count);
  core.set(Setting.PORT_SHARE, index);
}

/**
 * The link that something to attach is, or makes.
 *
 * @throws TypeError when it is nothing of the kind
 */
export function linkOf(device: Link | Linkable | PacketStreams): Link {
  const { readable, writable } = partsOf<PacketStreams>(device);
  if (isFunction(readable?.getReader) && isFunction(writable?.getWriter)) {
    return streamsLink(device as PacketStreams);
  }
  const { link } = partsOf<Linkable>(device);
  const made = isFunction(link) ? link.call(device) : (device as Link);
  const { mtu, attach, send, close } = partsOf<Link>(made);
  if (typeof mtu === 'number' && [attach, send, close].every(isFunction)) return made;
  throw new TypeError(
    'a stack is attached to a link, { mtu, attach, send, close }, to { readable, writable } of ' +
      'packets, or to a device that makes a link of itself, as a TUN of netcell/tun does',
  );
}

function partsOf<T>(value: unknown): Partial<T> {
  return typeof value === 'object' && value !== null ? value : {};
}

function isFunction<T>(value: T | undefined): value is T {
  return typeof value === 'function';
}
