/**
 * What the router of the loss bench sees of each sender: the same for both, whatever they say.
 */
import type { PacketView } from '../../../host-web/link/segment.ts';
import type { Fate } from '../../../host-web/link/path.ts';
import type { Seen } from './place.ts';

/** Milliseconds without data after which a sender had paused. */
const PAUSE = 500;
/** Share of the round trip in which no acknowledgment can have come back. */
const BEFORE_ACKS = 0.9;

/** One sender's data packets. */
interface Flow {
  readonly firstAt: number;
  latestAt: number;
  /** When it began, or went on after a pause. */
  begunAt: number;
  /** Sequence numbers of what was lost, until it has passed. */
  readonly lost: Set<number>;
  readonly seen: { -readonly [name in keyof Seen]: Seen[name] };
}

export class Observer {
  /** By the receiver's port. */
  readonly #flows = new Map<number, Flow>();
  readonly #rtt: number;
  readonly #since: number;

  constructor(rtt: number, since: number) {
    this.#rtt = rtt;
    this.#since = since;
  }

  /** Bound, for it is the link's watch. */
  readonly watch = (packet: PacketView, fate: Fate): void => {
    const { from, at, textLength, seq, isRetransmission } = packet;
    if (from !== 'A' || textLength === 0) return;
    const { firstAt, lost, seen } = this.#flowOf(packet);
    const wasLost = lost.has(seq);
    if (fate !== 'dropped' && fate !== 'refused') lost.delete(seq);
    // Of what is sent again the first sending may still be on its way.
    else if (!isRetransmission) lost.add(seq);
    if (at < firstAt + this.#since) return;
    seen.data++;
    if (!isRetransmission) return;
    seen.again++;
    if (!wasLost) seen.spurious++;
  };

  /** What was seen of the flow to a port. */
  seenOf(port: number): Seen {
    return this.#flows.get(port)?.seen ?? { data: 0, again: 0, spurious: 0, burst: 0 };
  }

  #flowOf({ at, destinationPort }: PacketView): Flow {
    let flow = this.#flows.get(destinationPort);
    if (flow === undefined) {
      const seen = { data: 0, again: 0, spurious: 0, burst: 0 };
      flow = { firstAt: at, latestAt: at, begunAt: at, lost: new Set(), seen };
      this.#flows.set(destinationPort, flow);
    }
    if (at - flow.latestAt > PAUSE) {
      flow.begunAt = at;
      flow.seen.burst = 0;
    }
    flow.latestAt = at;
    if (at - flow.begunAt < BEFORE_ACKS * this.#rtt) flow.seen.burst++;
    return flow;
  }
}
