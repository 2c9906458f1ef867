/** The orders that a process with a stack takes (`orders.ts`). */
import type { Stack } from '../../host-web/index.ts';
import { Failure } from './failure.ts';
import type { Orders } from './orders.ts';
import { TraceWatch } from './trace-watch.ts';
import { handOver, type Watch } from './watch.ts';

/** What can be looked at, by the name of the order. */
export const WATCHED = ['trace'] as const;

export type Watched = (typeof WATCHED)[number];

/** What orders are about. */
export interface Ordered {
  readonly stack: Stack;
}

/** Begins to look at a stack. @throws UsageError when the filter is none */
export function openWatch({ stack }: Ordered, _what: Watched, filter: string): Watch {
  return new TraceWatch(stack, filter);
}

/**
 * The orders of a process.
 *
 * @param others begins to look at the stacks of its further threads
 */
export function ordersOf(
  ordered: Ordered,
  others: (what: Watched, filter: string) => Promise<Watch[]> = async () => [],
): Orders {
  const watch = (what: Watched): Orders[string] => {
    return async ({ filter }, caller) => {
      if (typeof filter !== 'string') throw new Failure('a filter is a text');
      const watches = [openWatch(ordered, what, filter), ...(await others(what, filter))];
      caller.accept();
      await handOver(caller, watches);
    };
  };
  return Object.fromEntries(WATCHED.map((what) => [what, watch(what)]));
}
