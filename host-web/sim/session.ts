/**
 * A session: a universe with a timeline, which can be taken back to any moment, and branches where
 * its past is touched.
 *
 * ```ts
 * const session = new Session(module, variantOf(handshake))
 * session.run()                                            // to the end, or run(500) until 0.5 s
 * session.command('A', { do: 'send', octets: 1000 })       // now; then run() again
 * const other = session.dropPacket(2)                      // a branch with the same beginning
 * other.run()
 * ```
 *
 * Nothing is ever undone: a branch is a session of its own, with a copy of the timeline up to
 * where it departs. What was done from outside is kept as edits, so a branch is its scenario and a
 * short list. Keyframes (`keyframe.ts`) are only there to be quick: replaying everything from the
 * start would give the same.
 */
import type { WasmModule } from '../platform.ts';
import type { Action } from './action.ts';
import { type Keyframe, Keyframes, stateOf } from './keyframe.ts';
import { Timeline } from './timeline/timeline.ts';
import type { Scenario } from './scenario.ts';
import { type Edit, hostsOf, Universe } from './world/universe.ts';

/** An edit, and between which moments it was made. */
export interface Edited {
  /** After this moment. */
  readonly moment: number;
  /** When, milliseconds. */
  readonly at: number;
  readonly edit: Edit;
}

export interface SessionOptions {
  /** Milliseconds and events after which a keyframe is due. */
  readonly every?: { readonly ms: number; readonly events: number };
  /** What to begin with: a branch's past. */
  readonly from?: { readonly frames: readonly Keyframe[]; readonly timeline: Timeline };
  /** What was done, in order: those after the beginning are done again when their time comes. */
  readonly edits?: readonly Edited[];
}

const EVERY = { ms: 1000, events: 4000 };
/** Events a second-long keyframe must at least be worth. */
const WORTH = 50;

export class Session {
  readonly spec: Scenario;
  readonly universe: Universe;
  readonly timeline: Timeline;
  readonly #module: WasmModule;
  readonly #every: { readonly ms: number; readonly events: number };
  readonly #keyframes: Keyframes;
  readonly #edits: Edited[];
  /** How many of the edits have been made. */
  #made: number;

  /** @param spec one variant of a scenario */
  constructor(module: WasmModule, spec: Scenario, options: SessionOptions = {}) {
    const { every = EVERY, from, edits = [] } = options;
    this.spec = spec;
    this.#module = module;
    this.#every = every;
    this.timeline = from?.timeline ?? new Timeline(hostsOf(spec));
    this.universe = new Universe(module, spec, this.timeline);
    this.#keyframes = new Keyframes(from?.frames);
    this.#edits = [...edits];
    const begin = this.#keyframes.last;
    if (begin === undefined) this.#keyframes.take(this.universe, this.timeline.position);
    else this.universe.restore(stateOf(begin));
    this.#made = begin?.edits ?? 0;
  }

  get keyframes(): readonly Keyframe[] {
    return this.#keyframes.all;
  }

  /** Octets the keyframes hold. */
  get cost(): number {
    return this.#keyframes.cost;
  }

  /** What was done from outside, in order. */
  get edits(): readonly Edited[] {
    return this.#edits;
  }

  /** Whether nothing is left to happen. */
  get isOver(): boolean {
    return this.universe.isOver && this.#made === this.#edits.length;
  }

  // Going on ----------------------------------------------------------------------

  /** Lets one moment pass, or makes the edit that comes before it; false when none is left. */
  step(): boolean {
    return this.#next(Number.POSITIVE_INFINITY);
  }

  /** Lets everything pass until a time, or the end; answers whether more is to come. */
  run(until = this.universe.end): boolean {
    while (this.#next(until));
    if (until < this.universe.end) this.universe.waitUntil(until);
    return !this.isOver;
  }

  #next(until: number): boolean {
    const { universe } = this;
    const edited = this.#edits[this.#made];
    if (edited !== undefined && edited.moment <= universe.moment) {
      if (edited.at > until) return false;
      this.#made++;
      universe.waitUntil(edited.at);
      universe.edit(edited.edit);
      return true;
    }
    if (universe.nextAt > until || !universe.step()) return false;
    const last = this.#keyframes.last!;
    const events = this.timeline.eventCount - last.position.events;
    const isLate = universe.now - last.now >= this.#every.ms && events >= WORTH;
    if (isLate || events >= this.#every.events) this.keep();
    return true;
  }

  /** Takes a keyframe now, unless there is one. */
  keep(): Keyframe {
    const last = this.#keyframes.last!;
    const isThere = last.moment === this.universe.moment && last.edits === this.#made;
    if (isThere && last.now === this.universe.now) return last;
    return this.#keyframes.take(this.universe, this.timeline.position, this.#made);
  }

  /** A host's user does something now. */
  command(host: string, action: Action): void {
    this.edit({ kind: 'action', host, action });
  }

  /** Something is done from outside, now. */
  edit(edit: Edit): void {
    const { moment, now } = this.universe;
    // First the edit itself, which may be refused.
    this.universe.edit(edit);
    this.#edits.splice(this.#made++, 0, { moment, at: now, edit });
  }

  // Going back --------------------------------------------------------------------

  /**
   * A session like this one that stands behind a moment, with the timeline up to there. Where the
   * keyframe before it has the wrong hash after all, that is a fault of ours and throws.
   */
  at(moment: number): Session {
    const frame = this.#keyframes.before(moment);
    const frames = this.#keyframes.all.filter((one) => one.moment <= frame.moment);
    const session = new Session(this.#module, this.spec, {
      every: this.#every,
      from: { frames, timeline: this.timeline.branch(frame.position) },
      edits: this.#edits,
    });
    if (session.universe.hash() !== frame.hash) throw new Error('a keyframe is not exact');
    while (session.universe.moment < moment && session.step());
    return session;
  }

  /**
   * A branch: the same up to and with an event, then an edit. Edits this session made later are
   * not made there.
   */
  fork(event: number, edit: Edit): Session {
    return this.#branch(this.timeline.events.moment.at(event), edit);
  }

  /** A branch in which a packet is lost. */
  dropPacket(id: number): Session {
    return this.#branchAtPacket(id, 'drop');
  }

  /** A branch in which something else happens to a packet. */
  changePacket(id: number, verdict: Extract<Edit, { kind: 'packet' }>['verdict']): Session {
    return this.#branchAtPacket(id, verdict);
  }

  #branchAtPacket(id: number, verdict: Extract<Edit, { kind: 'packet' }>['verdict']): Session {
    const copied = this.timeline.packets.copyOf.at(id);
    const packet = copied >= 0 ? copied : id;
    const moment = this.timeline.events.moment.at(this.timeline.packets.event.at(packet));
    return this.#branch(moment - 1, { kind: 'packet', packet, verdict }, moment);
  }

  /** @param until edits from this moment on are not made there */
  #branch(moment: number, edit: Edit, until = moment): Session {
    const branch = this.at(moment);
    // What is done there anyway comes behind the edit: the packet may be sent by that very action.
    const kept = this.#edits.slice(branch.#made).filter((edited) => edited.moment < until);
    branch.#edits.length = branch.#made;
    branch.edit(edit);
    branch.#edits.push(...kept);
    return branch;
  }
}
