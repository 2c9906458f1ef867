/**
 * CLOSE (RFC 9293 §3.10.4), and the user's letting go of the handle, which is close(2)'s other
 * half.
 */
import { Counter, Reason, Result, State } from '../abi';
import { count } from '../counters';
import { closeListener } from './backlog';
import { deleteTcb, freeTcb, lingerInFinWait2, orphan } from './lifecycle';
import { markReady } from './marks';
import { boundOrphans } from './orphans';
import { resetConnection } from './reply';
import { enter } from './state';
import { Flag, has, lower, pendingText, raise, Tcb, unreadText } from './tcb';

/** Says that no more text will be sent; text may still be received. */
export function close(tcb: Tcb): Result {
  switch (tcb.state) {
    case State.CLOSED:
      return Result.CONNECTION_DOES_NOT_EXIST;
    case State.LISTEN:
      closeListener(tcb);
      deleteTcb(tcb, Result.OK, Reason.USER_CLOSE);
      return Result.OK;
    case State.SYN_SENT:
      // DEVIATION: §3.10.4 tells whoever waits "closing"; nothing closes in order here, so it is
      // told that the connection was given up.
      deleteTcb(tcb, Result.CONNECTION_ABORTED, Reason.USER_CLOSE);
      return Result.OK;
    case State.SYN_RECEIVED:
      if (has(tcb, Flag.FIN_QUEUED)) return Result.CONNECTION_CLOSING;
      queueFin(tcb);
      // Behind text that SEND has queued the FIN waits for ESTABLISHED; `checkAck` goes on from
      // there.
      if (pendingText(tcb) == 0) enter(tcb, State.FIN_WAIT_1, Reason.USER_CLOSE);
      return Result.OK;
    case State.ESTABLISHED:
      // The FIN takes its place behind every octet already accepted.
      queueFin(tcb);
      enter(tcb, State.FIN_WAIT_1, Reason.USER_CLOSE);
      return Result.OK;
    case State.CLOSE_WAIT:
      queueFin(tcb);
      enter(tcb, State.LAST_ACK, Reason.USER_CLOSE);
      return Result.OK;
    default: // FIN-WAIT-1, FIN-WAIT-2, CLOSING, LAST-ACK, TIME-WAIT
      return Result.CONNECTION_CLOSING;
  }
}

function queueFin(tcb: Tcb): void {
  raise(tcb, Flag.FIN_QUEUED);
  lower(tcb, Flag.CORK);
  markReady(tcb);
}

/**
 * Lets go of a connection: the handle is stale from here on, the connection ends in its own time.
 *
 * Unread text makes it end with a RST, for the peer must not believe it was read (SHLD-3); so does
 * text that arrives later. What goes on without a user is bounded in time and number
 * (`orphans.ts`).
 */
export function release(tcb: Tcb): void {
  if (tcb.state == State.CLOSED || tcb.state == State.TIME_WAIT) {
    freeTcb(tcb);
    return;
  }
  orphan(tcb);
  if (tcb.state >= State.SYN_RECEIVED && unreadText(tcb) != 0) {
    count(Counter.TcpExtTCPAbortOnClose);
    resetConnection(tcb); // SHLD-3
    deleteTcb(tcb, Result.CONNECTION_ABORTED, Reason.RELEASED_WITH_UNREAD_TEXT); // RFC 2525 §2.17
    return;
  }
  close(tcb);
  if (!has(tcb, Flag.IN_USE)) return;
  if (tcb.state == State.FIN_WAIT_2) lingerInFinWait2(tcb);
  boundOrphans(tcb);
}
