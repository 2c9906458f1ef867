/**
 * What the web page and the worker say to each other. Plain data, both ways.
 */
import type { Batch, HostRow } from '../../sim/timeline/rows.ts';
import type { Scenario } from '../../sim/scenario.ts';
import type { Edit } from '../../sim/world/universe.ts';

/** What the web page asks for. A branch is known by the number the web page gives it. */
export type Command =
  /** Begins a scenario (one variant of it) and runs it to its end; everything before is let go. */
  | { readonly do: 'open'; readonly branch: number; readonly spec: Scenario }
  /** Goes on from the end of a branch with something done there. */
  | { readonly do: 'edit'; readonly branch: number; readonly edit: Edit }
  /** A new branch: another's past up to and with an event, then something is done. */
  | {
      readonly do: 'fork';
      readonly branch: number;
      readonly from: number;
      readonly event: number;
      readonly edit: Edit;
    }
  /** A new branch in which something else becomes of a packet. */
  | {
      readonly do: 'change';
      readonly branch: number;
      readonly from: number;
      readonly packet: number;
      readonly verdict: Extract<Edit, { kind: 'packet' }>['verdict'];
    };

/** What the worker tells. */
export type Update =
  /** A branch begins; a first stretch of its timeline follows. */
  | { readonly kind: 'begun'; readonly branch: number; readonly hosts: readonly HostRow[] }
  /** A branch has come so much further. */
  | {
      readonly kind: 'grown';
      readonly branch: number;
      readonly batch: Batch;
      readonly isOver: boolean;
      /** Hash of all state, once it is over. */
      readonly hash: string;
    }
  /** Something could not be done. */
  | { readonly kind: 'failed'; readonly message: string };
