/** RECEIVE (RFC 9293 §3.10.3). */
import { Result, State } from '../abi';
import { pages } from '../pools';
import { clearChain, dropChain, readChain } from '../store/chain';
import { tuneReceive } from './autotune';
import { later } from './seq';
import { Flag, has, Tcb, unreadText } from './tcb';
import { windowOpened } from './window';

/**
 * Copies up to `length` octets of text to `to`, in order, and makes room for as many.
 *
 * DEVIATION: §3.10.3 answers "connection closing" in CLOSING, LAST-ACK and TIME-WAIT. Text that
 * arrived before the FIN is the user's all the same, so it can be read there, as everywhere with
 * recv(2). And in LISTEN, where §3.10.3 queues the call, there is no peer it could ever be for.
 *
 * @returns octets copied; 0 when there is none now, and READABLE will follow; or
 *   CONNECTION_CLOSING        · the peer's FIN has been reached: no text will follow
 *   CONNECTION_DOES_NOT_EXIST · CLOSED without ever having been open, LISTEN
 *   how the connection ended  · CLOSED by a RST, a timeout or ABORT
 */
export function receive(tcb: Tcb, to: usize, length: u32): i32 {
  switch (tcb.state) {
    case State.LISTEN:
      return -Result.CONNECTION_DOES_NOT_EXIST;
    case State.SYN_SENT:
    case State.SYN_RECEIVED:
      return 0;
    case State.CLOSED:
      if (tcb.result != Result.OK) return -(<i32>tcb.result);
      if (!has(tcb, Flag.FIN_RECEIVED)) return -Result.CONNECTION_DOES_NOT_EXIST;
      return read(tcb, to, length);
    default: // ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT
      return read(tcb, to, length);
  }
}

function read(tcb: Tcb, to: usize, length: u32): i32 {
  const taken = min(length, unreadText(tcb));
  if (taken == 0) return has(tcb, Flag.FIN_RECEIVED) ? -Result.CONNECTION_CLOSING : 0;
  const start = tcb.incoming.start;
  readChain(pages(), tcb.incoming, start, to, taken);
  // An empty buffer gives its last page back, unless out-of-order text lies in it.
  if (unreadText(tcb) == taken && tcb.outOfOrder.count == 0) {
    clearChain(pages(), tcb.incoming, start + taken);
  } else {
    dropChain(pages(), tcb.incoming, start + taken);
  }
  // RCV.UP keeps pace: once 2 GiB behind, it would seem to lie ahead.
  tcb.rcv.up = later(tcb.rcv.up, start + taken);
  if (!has(tcb, Flag.FIN_RECEIVED) && tcb.state != State.CLOSED) {
    tuneReceive(tcb);
    windowOpened(tcb);
  }
  return taken;
}
