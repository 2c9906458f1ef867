/**
 * What the state diagram shows at a cursor: where both ends stand, and which arrows were taken.
 */
import type { TcpState } from '../../inspect.ts';
import { ARROWS, type Arrow, PLACES, type Place } from './figure.ts';

/** A change of state, as a timeline has it. */
export interface Change {
  readonly host: 'A' | 'B';
  readonly from: TcpState;
  readonly to: TcpState;
  /** The cursor just behind it: where to jump to look at it. */
  readonly cursor: number;
  readonly reason: string;
}

/** The changes that went along an arrow, by host. */
export interface Taken {
  readonly A: readonly Change[];
  readonly B: readonly Change[];
}

/** Changes by arrow; those the figure has no arrow for stand apart. */
export interface Traffic {
  readonly arrows: ReadonlyMap<Arrow, Taken>;
  readonly others: readonly Change[];
}

/** Sorts changes by the arrow they went along. */
export function trafficOf(changes: readonly Change[]): Traffic {
  const arrows = new Map<Arrow, { A: Change[]; B: Change[] }>();
  const others: Change[] = [];
  for (const change of changes) {
    const arrow = ARROWS.find(({ from, to }) => from === change.from && to === change.to);
    if (arrow === undefined) {
      others.push(change);
      continue;
    }
    const taken = arrows.get(arrow) ?? { A: [], B: [] };
    taken[change.host].push(change);
    arrows.set(arrow, taken);
  }
  return { arrows, others };
}

/** The box a state's token stands on: after a connection has ended, the lower CLOSED. */
export function placeOf(state: TcpState, hasBegun: boolean): Place {
  const isEnd = state === 'CLOSED' && hasBegun;
  return PLACES.find((place) => place.state === state && (place.isEnd ?? false) === isEnd)!;
}
