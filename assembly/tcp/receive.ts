/** RECEIVE (RFC 9293 §3.10.3). */
import { Result, State } from '../abi';
import { PIECES } from '../memory';
import { pages } from '../pools';
import { clearChain, dropChain, readChain } from '../store/chain';
import { listChain } from '../store/pieces';
import { tuneReceive } from './autotune';
import { later } from './seq';
import { Flag, has, Tcb, unreadText } from './tcb';
import { windowOpened } from './window';

/** Copies up to `length` octets of text to `to`, in order, and makes room for as many. */
export function receive(tcb: Tcb, to: usize, length: u32): i32 {
  const taken = min(waiting(tcb), <i32>length);
  if (taken <= 0) return taken;
  readChain(pages(), tcb.incoming, tcb.incoming.start, to, taken);
  drop(tcb, taken);
  return taken;
}

/** Lists where up to `length` octets of text lie, which `take` then makes room for. */
export function peek(tcb: Tcb, length: u32): i32 {
  const shown = min(waiting(tcb), <i32>length);
  if (shown > 0) listChain(pages(), tcb.incoming, tcb.incoming.start, PIECES, shown);
  return shown;
}

/** As `receive`, of text whose octets the user has read where they lie, or does not want. */
export function take(tcb: Tcb, length: u32): i32 {
  const taken = min(waiting(tcb), <i32>length);
  if (taken > 0) drop(tcb, taken);
  return taken;
}

/**
 * Octets of text that wait to be read.
 *
 * DEVIATION: §3.10.3 answers "connection closing" in CLOSING, LAST-ACK and TIME-WAIT. Text that
 * arrived before the FIN is the user's all the same, so it can be read there, as everywhere with
 * recv(2). And in LISTEN, where §3.10.3 queues the call, there is no peer it could ever be for.
 *
 * @returns 0 when there are none now, and READABLE will follow; or
 *   CONNECTION_CLOSING        · the peer's FIN has been reached: no text will follow
 *   CONNECTION_DOES_NOT_EXIST · CLOSED without ever having been open, LISTEN
 *   how the connection ended  · CLOSED by a RST, a timeout or ABORT, and nothing is left to read
 */
function waiting(tcb: Tcb): i32 {
  switch (tcb.state) {
    case State.LISTEN:
      return -Result.CONNECTION_DOES_NOT_EXIST;
    case State.SYN_SENT:
    case State.SYN_RECEIVED:
      return 0;
    case State.CLOSED:
      if (unreadText(tcb) != 0) break;
      // The FIN of a peer that then resets ends the text all the same.
      if (has(tcb, Flag.FIN_RECEIVED) && tcb.result != Result.CONNECTION_ABORTED) break;
      return tcb.result != Result.OK ? -(<i32>tcb.result) : -Result.CONNECTION_DOES_NOT_EXIST;
    default: // ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT
      break;
  }
  const unread = unreadText(tcb);
  if (unread == 0 && has(tcb, Flag.FIN_RECEIVED)) return -Result.CONNECTION_CLOSING;
  return unread;
}

/** Gives the room of text that was read back to the peer. */
function drop(tcb: Tcb, taken: u32): void {
  const end = tcb.incoming.start + taken;
  // An empty buffer gives its last page back, unless out-of-order text lies in it.
  if (unreadText(tcb) == taken && tcb.outOfOrder.count == 0) {
    clearChain(pages(), tcb.incoming, end);
  } else {
    dropChain(pages(), tcb.incoming, end);
  }
  // RCV.UP keeps pace: once 2 GiB behind, it would seem to lie ahead.
  tcb.rcv.up = later(tcb.rcv.up, end);
  if (!has(tcb, Flag.FIN_RECEIVED) && tcb.state != State.CLOSED) {
    tuneReceive(tcb);
    windowOpened(tcb);
  }
}
