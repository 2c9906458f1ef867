/**
 * What a kernel does behind a process that is over: what its sockets have been given goes out, with
 * a FIN behind it, and what does not get there in time is reset.
 */
import { Result } from '../../host-web/abi.ts';
import type { Core } from '../../host-web/core.ts';
import { readStatus, type TcpState } from '../../host-web/inspect.ts';
import type { Stack } from '../../host-web/stack.ts';

/** How long a process that ends waits for its peers, milliseconds. */
const PATIENCE = 500;
/** How long it then answers those that doubt its RST. */
const FAREWELL = 50;
/** States in which a peer may lack something of ours. */
const OWING: ReadonlySet<TcpState> = new Set<TcpState>([
  'SYN-RECEIVED',
  'ESTABLISHED',
  'CLOSE-WAIT',
  'FIN-WAIT-1',
  'CLOSING',
  'LAST-ACK',
]);

/**
 * Lets go of all sockets and sends what they hold; to be called from 'exit', where no event comes
 * any more.
 *
 * @param wait lets a moment pass, and puts in what has come by then
 */
export function leave(stack: Stack, wait: () => void): void {
  const { clock, core } = stack;
  let owing = closeAll(stack);
  const until = clock.now() + PATIENCE;
  for (;;) {
    stack.pump();
    owing = owing.filter((handle) => owes(core, handle));
    // Those in FIN-WAIT-2 have been heard to the end.
    if (core.used(0) === core.used(11)) return;
    if (clock.now() > until) break;
    wait();
    stack.poll();
  }
  for (const handle of owing) core.abort(handle);
  for (const end = clock.now() + FAREWELL; clock.now() < end; wait()) {
    stack.poll();
    stack.pump();
  }
  void stack.close();
}

/** Closes all there is; answers the connections that are still to send something. */
function closeAll(stack: Stack): number[] {
  const { core } = stack;
  const owing: number[] = [];
  for (const { handle, state, receiveQueue } of stack.sockets()) {
    if (handle === 0) continue;
    // Unread data makes a RST of the end, at once.
    if (!OWING.has(state) || receiveQueue > 0) core.release(handle);
    else if (core.close(handle) !== Result.CONNECTION_DOES_NOT_EXIST) owing.push(handle);
  }
  return owing;
}

/** Whether a connection is still to send something; lets go of one that is not. */
function owes(core: Core, handle: number): boolean {
  if (core.status(handle) === Result.OK && OWING.has(readStatus(core).state)) return true;
  core.release(handle);
  return false;
}
