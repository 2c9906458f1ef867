/**
 * One direction of a simulated link: packets go in, and come out later, or twice, or damaged, or
 * not.
 *
 * What happens to a packet is decided in `channel.ts`. Everything random comes from one seeded
 * generator, and everything timed from one clock, so the same seed on a virtual clock gives the
 * same packets at the same times.
 */
import { type Alarm, type Clock, NEVER } from '../clock.ts';
import { Channel, type Fate, isGone, sameDice, type Verdict } from './channel.ts';
import type { Settled } from './netem.ts';
import type { Random } from './random.ts';
import type { PacketReader, PacketView, Side } from './segment.ts';
import { pop, push } from './turns.ts';

export type { Fate, Verdict } from './channel.ts';

/**
 * Looks at a packet as it enters the link; nothing said is `pass`. Every rule sees every packet;
 * the first that says something else decides.
 */
export type Rule = (packet: PacketView) => Verdict | undefined;

/** Is told of every packet that enters the link, and what will become of it. */
export type Watch = (packet: PacketView, fate: Fate) => void;

/** What the two directions of a link share. */
export interface Medium {
  readonly clock: Clock;
  readonly random: Random;
  readonly reader: PacketReader;
  readonly rules: readonly Rule[];
  readonly watch: Watch | undefined;
}

/** A packet on its way. Used again for another when it has arrived. */
interface Parcel {
  at: number;
  order: number;
  length: number;
  octets: Uint8Array;
}

export class Path {
  readonly #channel: Channel;
  readonly #medium: Medium;
  readonly #from: Side;
  readonly #deliver: (octets: Uint8Array, length: number) => void;
  readonly #delivered: () => void;
  readonly #alarm: Alarm;
  /** A heap by time, then by order. */
  readonly #parcels: Parcel[] = [];
  readonly #spare: Parcel[] = [];
  #order = 0;
  /** Packets were delivered that `delivered` does not know of yet. */
  #isDelivering = false;

  /**
   * @param deliver takes a packet at the far end: the first `length` octets of what it is given
   * @param delivered is called after the last of those that arrive at one time
   */
  constructor(
    medium: Medium,
    from: Side,
    impairment: Settled,
    deliver: (octets: Uint8Array, length: number) => void,
    delivered: () => void,
  ) {
    this.#channel = new Channel(impairment, sameDice(medium.random));
    this.#medium = medium;
    this.#from = from;
    this.#deliver = deliver;
    this.#delivered = delivered;
    this.#alarm = medium.clock.alarm(() => this.#ring());
  }

  get impairment(): Settled {
    return this.#channel.impairment;
  }

  set impairment(impairment: Settled) {
    this.#channel.impairment = impairment;
  }

  /** Packets on the way. */
  get length(): number {
    return this.#parcels.length;
  }

  /** Takes a packet; answers false when it is dropped at once. */
  send(octets: Uint8Array, length: number): boolean {
    const { rules, watch, reader, clock } = this.#medium;
    const now = clock.now();
    const isSeen = rules.length > 0 || watch !== undefined;
    const view = isSeen ? reader.read(octets.subarray(0, length), this.#from, now) : undefined;
    const verdict = view === undefined ? 'pass' : judge(rules, view);
    const fate = this.#channel.fateOf(verdict, this.#parcels.length, octets);
    if (view !== undefined) watch?.(view, fate);
    if (isGone(fate)) return false;
    if (fate === 'duplicated') this.#dispatch(octets, length, now, verdict, false);
    this.#dispatch(octets, length, now, verdict, fate === 'corrupted');
    return true;
  }

  /** Ends a batch of `send`: what needed no time has arrived. */
  flush(): void {
    if (!this.#isDelivering) return;
    this.#isDelivering = false;
    this.#delivered();
  }

  /** Loses everything that is on the way. */
  close(): void {
    this.#alarm.clear();
    this.#parcels.length = 0;
  }

  #dispatch(
    octets: Uint8Array,
    length: number,
    now: number,
    verdict: Verdict,
    isCorrupt: boolean,
  ): void {
    const at = this.#channel.arrivalOf(now, length, verdict);
    if (at <= now && !isCorrupt && this.#parcels.length === 0) {
      this.#isDelivering = true;
      this.#deliver(octets, length);
      return;
    }
    const parcel = this.#spare.pop() ?? { at: 0, order: 0, length: 0, octets: new Uint8Array(0) };
    if (parcel.octets.length < length) parcel.octets = new Uint8Array((length + 63) & ~63);
    parcel.octets.set(octets.length === length ? octets : octets.subarray(0, length));
    if (isCorrupt) this.#channel.corrupt(parcel.octets, length);
    parcel.length = length;
    parcel.at = at;
    parcel.order = this.#order++;
    push(this.#parcels, parcel);
    this.#alarm.set(this.#parcels[0]!.at);
  }

  #ring(): void {
    const now = this.#medium.clock.now();
    try {
      while (this.#parcels.length > 0 && this.#parcels[0]!.at <= now) {
        const parcel = pop(this.#parcels);
        this.#isDelivering = true;
        this.#deliver(parcel.octets, parcel.length);
        this.#spare.push(parcel);
      }
      this.flush();
    } finally {
      this.#alarm.set(this.#parcels[0]?.at ?? NEVER);
    }
  }
}

function judge(rules: readonly Rule[], view: PacketView): Verdict {
  let decided: Verdict = 'pass';
  for (const rule of rules) {
    const verdict = rule(view);
    if (decided === 'pass' && verdict !== undefined) decided = verdict;
  }
  return decided;
}
