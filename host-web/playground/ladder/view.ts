/**
 * What a drawing of the ladder is a function of: all that its painters are given.
 *
 * Not here: where the live ladder's view comes from (`scene.ts`), and the painters (`paint.ts`).
 */
import type { Timeline } from '../../sim/timeline/timeline.ts';
import type { Lanes } from './lanes.ts';
import type { Left, Rungs } from './rungs.ts';

/** What is drawn. */
export interface Scene {
  readonly timeline: Timeline;
  readonly rungs: Rungs;
  readonly lanes: Lanes;
  /** The last event that has happened; what comes after it is drawn faintly. */
  readonly cursor: number;
  /** Packet that is looked at, or -1. */
  readonly selected: number;
  /** The branch this one was forked from, and its first event that is not this one's too. */
  readonly ghost: Left | undefined;
  /** The connection of each host whose timers and state are shown. */
  readonly focus: ReadonlyMap<string, number>;
  /** What is in view, from the ladder's top. */
  readonly top: number;
  readonly bottom: number;
}

/** How strongly what is yet to come is drawn. */
export const FUTURE = 0.3;
