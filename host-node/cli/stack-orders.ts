/** The orders that a process with a stack takes (`orders.ts`). */
import type { Stack } from '../../host-web/index.ts';
import { Failure } from './failure.ts';
import type { Orders } from './orders.ts';
import { TraceWatch } from './trace-watch.ts';
import { handOver, type Watch } from './watch.ts';

/**
 * The orders of a process.
 *
 * @param others begins to look at the stacks of its further threads
 */
export function ordersOf(
  stack: Stack,
  others: (filter: string) => Promise<Watch[]> = async () => [],
): Orders {
  return {
    trace: async ({ filter }, caller) => {
      if (typeof filter !== 'string') throw new Failure('a filter is a text');
      // Behind what is waited for: while that can still fail, nothing would end a watch.
      const further = await others(filter);
      const watches = [new TraceWatch(stack, filter), ...further];
      caller.accept();
      await handOver(caller, watches);
    },
  };
}
