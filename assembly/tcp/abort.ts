/** ABORT (RFC 9293 §3.10.5). */
import { Counter, Reason, Result, State } from '../abi';
import { count } from '../counters';
import { deleteTcb } from './lifecycle';
import { resetConnection } from './reply';
import { closeListener } from './backlog';
import { lt } from './seq';
import { Tcb } from './tcb';

/** Ends a connection at once; its peer learns it by a RST where it knows of the connection. */
export function abort(tcb: Tcb, reason: Reason): Result {
  switch (tcb.state) {
    case State.CLOSED:
      return Result.CONNECTION_DOES_NOT_EXIST;
    case State.LISTEN:
      closeListener(tcb);
      deleteTcb(tcb, Result.CONNECTION_ABORTED, reason);
      return Result.OK;
    case State.SYN_SENT:
      deleteTcb(tcb, Result.CONNECTION_ABORTED, reason);
      return Result.OK;
    case State.SYN_RECEIVED:
    case State.ESTABLISHED:
    case State.FIN_WAIT_1:
    case State.FIN_WAIT_2:
    case State.CLOSE_WAIT:
      sendReset(tcb);
      deleteTcb(tcb, Result.CONNECTION_ABORTED, reason);
      return Result.OK;
    case State.TIME_WAIT:
      // DEVIATION: §3.10.5 deletes the TCB here too. For its user the connection is over already,
      // and to cut the wait short brings the dangers RFC 1337 describes.
      return Result.OK;
    default: // CLOSING, LAST-ACK
      // DEVIATION: §3.10.5 sends nothing here, and a peer whose text is lost by it would wait for
      // that text. A RST tells it, as in Linux.
      if (lt(tcb.snd.una, tcb.snd.end)) sendReset(tcb);
      deleteTcb(tcb, Result.CONNECTION_ABORTED, reason);
      return Result.OK;
  }
}

function sendReset(tcb: Tcb): void {
  count(Counter.TcpExtTCPAbortOnLinger);
  resetConnection(tcb);
}
