/**
 * Where on the ladder each event stands: time as length, downwards.
 *
 * Length follows time: one flight over the link as the scenario begins is `FLIGHT` high. Two things
 * depart from it, and nothing else. Events that would be written over each other move apart by the
 * height of a line, so a burst at one time is a staircase. Stretches in which nothing happens for
 * longer than `LONGEST_GAP` are folded to the height of a line that says how long they were.
 *
 * Positions never change once they are there, and new events only come below, so a ladder grows
 * with its timeline at the cost of what is new.
 */
import type { Timeline } from '../../sim/timeline/timeline.ts';
import { EVENT_KINDS, type EventKind } from '../../sim/timeline/rows.ts';
import { Heights } from './heights.ts';

/** Pixels of one flight over the link. */
export const FLIGHT = 84;
/** How far on its way a lost packet is drawn. */
export const LOST_AT = 0.6;
/** Pixels of a gap beyond which it is folded, and of a fold. */
const LONGEST_GAP = 190;
export const FOLD_HEIGHT = 40;
/** Pixels between two lines of text, and between two ends of arrows that carry none. */
const LINE = 18;
const CLOSE = 9;
/** Space above the first event. */
const HEAD_ROOM = 24;
/** An arrow longer than this is looked for by itself. */
export const LONG_REACH = 800;

/** A stretch of time in which nothing happened. */
export interface Fold {
  /** Its middle. */
  readonly y: number;
  readonly ms: number;
}

/** Another branch, and its first event that this one has not. */
export interface Left {
  readonly timeline: Timeline;
  readonly from: number;
}

/** A part of a host's rung where one text stands: beside the rail, or an arrow's two ends. */
type Track = 'margin' | 'send' | 'receive';

/** What stands where; the kinds not named here take no room of their own. */
const TRACKS: Readonly<Partial<Record<EventKind, Track>>> = {
  call: 'margin',
  send: 'send',
  receive: 'receive',
  drop: 'margin',
  state: 'margin',
  timer: 'margin',
  deliver: 'margin',
  signal: 'margin',
};

export class Rungs {
  readonly timeline: Timeline;
  /** Of each event, from the ladder's top. */
  readonly y = new Heights();
  /** Of each packet: where it leaves, and where it arrives; NaN while it has not. */
  readonly leaves = new Heights();
  readonly arrives = new Heights();
  readonly folds: Fold[] = [];
  /** Packets that are on the way for so long that they are not found near their ends. */
  readonly long: number[] = [];
  readonly #perMs: number;
  readonly #left: Left | undefined;
  /** Times of the branch that was left, between events of this one, and where they stand. */
  readonly #stops = new Map<number, number>();
  #nextLeft: number;
  /** Where the next text may stand, by host and track. */
  readonly #free: Record<Track, number>[];
  #lastAt = 0;
  #lastY = HEAD_ROOM;
  /** Down to where arrows of lost packets reach. */
  #lostDownTo = 0;

  /**
   * @param flightMs how long a packet is on the way when the scenario begins
   * @param left the branch this one parted from: time is kept open where that has packets
   */
  constructor(timeline: Timeline, flightMs: number, left?: Left) {
    this.timeline = timeline;
    this.#left = left;
    this.#nextLeft = left?.from ?? 0;
    this.#perMs = FLIGHT / (flightMs > 0 ? flightMs : 20);
    this.#free = timeline.hosts.map(() => ({ margin: 0, send: 0, receive: 0 }));
    this.extend();
  }

  /** When its last event was. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** The ladder's height so far. */
  get height(): number {
    return Math.max(this.#lastY, this.#lostDownTo) + LINE * 2;
  }

  /** Places what the timeline has gained. */
  extend(): void {
    const { timeline, y } = this;
    for (let index = y.length; index < timeline.eventCount; index++) this.#place(index);
  }

  #place(index: number): void {
    const { events } = this.timeline;
    const at = events.at.at(index);
    const kind = EVENT_KINDS[events.kind.at(index)]!;
    const track = TRACKS[kind];
    let place = this.#below(at);
    if (track !== undefined) {
      const free = this.#free[events.host.at(index)]!;
      place = Math.max(place, free[track]);
      free[track] = place + LINE;
      // An arrow's head and another's text may come near each other, not on one line.
      if (track === 'send') free.receive = Math.max(free.receive, place + CLOSE);
      if (track === 'receive') free.send = Math.max(free.send, place + CLOSE);
    }
    this.y.push(place);
    this.#lastY = place;
    this.#lastAt = at;
    const packet = events.packet.at(index);
    if (kind === 'send') this.#leave(packet, place);
    else if (kind === 'receive') this.#arrive(packet, place);
  }

  /** The least y of an event at this time, behind what the branch that was left did before. */
  #below(at: number): number {
    const { events } = this.#left?.timeline ?? {};
    for (; events !== undefined && this.#nextLeft < events.at.length; this.#nextLeft++) {
      const ms = events.at.at(this.#nextLeft);
      if (ms >= at) break;
      if (ms <= this.#lastAt || events.packet.at(this.#nextLeft) < 0) continue;
      this.#lastY = this.#after(ms);
      this.#lastAt = ms;
      this.#stops.set(ms, this.#lastY);
    }
    return this.#after(at);
  }

  /** So far below the last; a long silence is folded. */
  #after(at: number): number {
    const ms = at - this.#lastAt;
    const length = ms * this.#perMs;
    if (length <= LONGEST_GAP) return this.#lastY + length;
    const from = Math.max(this.#lastY + LINE / 2, this.#lostDownTo);
    this.folds.push({ y: from + FOLD_HEIGHT / 2, ms });
    return from + FOLD_HEIGHT;
  }

  /** Packets are numbered as they are sent, copies behind their original: columns fill in order. */
  #leave(packet: number, y: number): void {
    const { copyOf, arrivesAt } = this.timeline.packets;
    do {
      this.leaves.push(y);
      this.arrives.push(Number.NaN);
    } while (this.leaves.length < copyOf.length && copyOf.at(this.leaves.length) === packet);
    if (arrivesAt.at(packet) === Number.POSITIVE_INFINITY) {
      this.#lostDownTo = y + LOST_AT * FLIGHT + 1.5 * LINE;
    }
  }

  #arrive(packet: number, y: number): void {
    this.arrives.set(packet, y);
    if (y - this.leaves.at(packet) > LONG_REACH) this.long.push(packet);
  }

  /** The first event at or below a height. */
  firstFrom(y: number): number {
    return this.y.firstFrom(y);
  }

  /** The height of the first event of a time, or of where it would be. */
  firstAt(ms: number): number {
    const stop = this.#stops.get(ms);
    if (stop !== undefined) return stop;
    const { at } = this.timeline.events;
    let first = this.timeline.eventAt(ms);
    if (first < 0 || at.at(first) !== ms) return this.yAt(ms);
    while (first > 0 && at.at(first - 1) === ms) first--;
    return this.y.at(first);
  }

  /** The height of any time: between two events in proportion. */
  yAt(ms: number): number {
    const before = this.timeline.eventAt(ms);
    if (before < 0) return HEAD_ROOM;
    const y = this.y.at(before);
    const { at } = this.timeline.events;
    if (before + 1 >= this.y.length) {
      return y + Math.min((ms - at.at(before)) * this.#perMs, LONGEST_GAP);
    }
    const gap = at.at(before + 1) - at.at(before);
    const share = gap > 0 ? (ms - at.at(before)) / gap : 0;
    return y + share * (this.y.at(before + 1) - y);
  }
}
