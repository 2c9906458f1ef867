/**
 * What a kernel does behind a process that is over: what its sockets have been given goes out, with
 * a FIN behind it, and what does not get there in time is reset.
 */
import type { Stack } from '../../host-web/stack.ts';

/** How long a process that ends waits for its peers, milliseconds. */
const PATIENCE = 500;
/** How long it sleeps between two looks at what has come. */
const NAP = 1;

/**
 * Lets go of all sockets and sends what they hold; to be called from 'exit', where no event comes
 * any more.
 *
 * @param receive puts in what has come
 */
export function leave(stack: Stack, receive: () => void): void {
  const { core } = stack;
  for (const { handle } of stack.sockets()) if (handle !== 0) core.release(handle);
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const until = performance.now() + PATIENCE;
  for (;;) {
    receive();
    stack.pump();
    // Those in FIN-WAIT-2 have been heard to the end.
    if (core.used(0) === core.used(11)) return;
    if (performance.now() > until) break;
    Atomics.wait(cell, 0, 0, NAP);
    stack.poll();
  }
  void stack.close();
}
