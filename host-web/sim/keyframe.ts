/**
 * Keyframes: whole universes, kept cheaply.
 *
 * Memory is kept in pages, and a page that has not changed since the keyframe before is that
 * keyframe's: a megabyte of stack costs the few pages its last packets touched. When all of them
 * together cost too much, every second one goes, never the first and the last.
 */
import type { Position } from './timeline/timeline.ts';
import type { Universe, UniverseState } from './world/universe.ts';

const PAGE = 4096;
/** Octets all keyframes of a session may cost. */
const BUDGET = 24 << 20;

/** A memory in pages. */
interface Pages {
  readonly length: number;
  readonly pages: readonly Uint8Array[];
}

/** A universe between two moments. */
export interface Keyframe {
  readonly moment: number;
  readonly now: number;
  readonly hash: string;
  /** How long the timeline was. */
  readonly position: Position;
  /** How many edits had been made. */
  readonly edits: number;
  readonly plain: UniverseState['plain'];
  readonly observer: UniverseState['observer'];
  readonly memories: readonly Pages[];
}

export class Keyframes {
  #frames: Keyframe[] = [];
  readonly #budget: number;

  constructor(frames: readonly Keyframe[] = [], budget = BUDGET) {
    this.#frames = [...frames];
    this.#budget = budget;
  }

  get all(): readonly Keyframe[] {
    return this.#frames;
  }

  get last(): Keyframe | undefined {
    return this.#frames.at(-1);
  }

  /** Octets of page they hold, those they share counted once. */
  get cost(): number {
    const pages = new Set(
      this.#frames.flatMap(({ memories }) => memories.flatMap((memory) => memory.pages)),
    );
    return pages.size * PAGE;
  }

  /** Takes one of a universe as it is now. */
  take(universe: Universe, position: Position, edits = 0): Keyframe {
    const before = this.last;
    const frame = {
      moment: universe.moment,
      now: universe.now,
      hash: universe.hash(),
      position,
      edits,
      plain: universe.plain,
      observer: universe.observer,
      memories: universe.memories.map((octets, i) => paged(octets, before?.memories[i])),
    };
    this.#frames.push(frame);
    const isTurn = this.#frames.length % 8 === 0;
    if (isTurn && this.cost > this.#budget) this.#thin();
    return frame;
  }

  /** The last one at or before a moment. */
  before(moment: number): Keyframe {
    const frame = this.#frames.findLast((one) => one.moment <= moment);
    if (frame === undefined) throw new RangeError(`no keyframe is as early as moment ${moment}`);
    return frame;
  }

  #thin(): void {
    const last = this.#frames.length - 1;
    this.#frames = this.#frames.filter((_, i) => i % 2 === 0 || i === last);
  }
}

/** What a universe restores itself from. */
export function stateOf(frame: Keyframe): UniverseState {
  const { plain, observer } = frame;
  const memories = frame.memories.map(({ length, pages }) => {
    const octets = new Uint8Array(length);
    pages.forEach((page, i) => octets.set(page, i * PAGE));
    return octets;
  });
  return { plain, observer, memories };
}

function paged(octets: Uint8Array, before: Pages | undefined): Pages {
  const pages: Uint8Array[] = [];
  for (let at = 0; at < octets.length; at += PAGE) {
    const page = octets.subarray(at, at + PAGE);
    const old = before?.pages[at / PAGE];
    pages.push(old !== undefined && isSame(page, old) ? old : page.slice());
  }
  return { length: octets.length, pages };
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  const [x, y] = [words(a), words(b)];
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}

function words(page: Uint8Array): Uint32Array {
  return new Uint32Array(page.buffer, page.byteOffset, page.length >> 2);
}
