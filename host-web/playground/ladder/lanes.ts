/**
 * Where the ladder's rails stand across its width: the times at the left edge, then A, B, and X.
 */
import type { HostRow } from '../../sim/timeline/rows.ts';
import type { Ink } from './pen.ts';

/** One host's rail. */
export interface Lane {
  readonly host: string;
  readonly title: string;
  readonly address: string;
  readonly x: number;
  /** Which side of the rail its texts stand on, and how much room they have. */
  readonly side: -1 | 1;
  readonly margin: number;
  readonly ink: Ink;
  /** It has no stack: its rail is dashed. */
  readonly isCrafter: boolean;
}

export interface Lanes {
  readonly lanes: readonly Lane[];
  readonly width: number;
  /** Room for the times. */
  readonly gutter: number;
  /** Too narrow for long words. */
  readonly isNarrow: boolean;
  /** Height of the head with the hosts' names. */
  readonly head: number;
}

const NARROW = 480;
/** Height of the head. */
export const HEAD = 44;
const INKS: Readonly<Record<string, Ink>> = { A: 'a', B: 'b', X: 'x' };

/** Shares a width out among the hosts. */
export function lanesFor(hosts: readonly HostRow[], width: number): Lanes {
  const isNarrow = width < NARROW;
  const gutter = isNarrow ? 40 : 52;
  const margin = isNarrow ? 66 : 106;
  const crafters = hosts.filter(({ kind }) => kind === 'crafter').length;
  const crafterRoom = crafters * (isNarrow ? 22 : 46);
  const left = gutter + margin;
  const right = width - margin - crafterRoom;
  let stacks = 0;
  const stackCount = hosts.length - crafters;
  const lanes = hosts.map(({ id, name, address, kind }): Lane => {
    const isCrafter = kind === 'crafter';
    const share = stackCount > 1 ? stacks / (stackCount - 1) : 0;
    if (!isCrafter) stacks++;
    return {
      host: id,
      title: name,
      address,
      x: isCrafter ? width - (isNarrow ? 14 : 28) : left + share * (right - left),
      side: !isCrafter && share < 0.5 ? -1 : 1,
      margin,
      ink: INKS[id] ?? 'x',
      isCrafter,
    };
  });
  return { lanes, width, gutter, isNarrow, head: HEAD };
}
