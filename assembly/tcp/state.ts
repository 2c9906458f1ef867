/**
 * The connection states and their arrows (RFC 9293 §3.3.2, Figure 5).
 *
 *                               ┌────────┐
 *               passive OPEN ┌──┤ CLOSED ├──┐ active OPEN: SYN
 *                            ▼  └────────┘  ▼
 *                      ┌────────┐  SEND  ┌──────────┐
 *                      │ LISTEN ├───────►│ SYN-SENT │
 *                      └───┬────┘        └┬────────┬┘
 *              SYN: SYN,ACK│    SYN: SYN,ACK│        │SYN,ACK: ACK
 *                          ▼              ▼        ▼
 *                   ┌──────────────┐  ACK  ┌─────────────┐
 *                   │ SYN-RECEIVED ├──────►│ ESTABLISHED │
 *                   └──────┬───────┘       └──┬───────┬──┘
 *                CLOSE: FIN│       CLOSE: FIN │       │ FIN: ACK
 *                          ▼                  ▼       ▼
 *                       ┌────────────┐           ┌────────────┐
 *                       │ FIN-WAIT-1 │           │ CLOSE-WAIT │
 *                       └─┬───┬────┬─┘           └─────┬──────┘
 *       ACK of FIN ┌──────┘   │    └─────┐ FIN: ACK    │ CLOSE: FIN
 *                  ▼          │          ▼             ▼
 *           ┌────────────┐    │FIN, ┌─────────┐   ┌──────────┐
 *           │ FIN-WAIT-2 │    │ACK  │ CLOSING │   │ LAST-ACK │
 *           └──────┬─────┘    ▼     └────┬────┘   └────┬─────┘
 *                  │  FIN: ACK ┌───────────┐ ACK of FIN  │ ACK of FIN
 *                  └──────────►│ TIME-WAIT │◄┘           ▼
 *                              └─────┬─────┘ 2 MSL   ┌────────┐
 *                                    └──────────────►│ CLOSED │
 *                                                    └────────┘
 *
 * The diagram is data that every transition is checked against, not the engine: the engine is
 * §3.10, in the files named after its headings. A RST or ABORT leads from every state to CLOSED; so
 * do the timeouts.
 */
import { Reason, State, TraceKind } from '../abi';
import { trace } from '../trace';
import { handleOf, Tcb } from './tcb';

function to(state: State): u32 {
  return 1 << state;
}

/** Where Figure 5 and its notes allow a connection to go next, as a set of states. */
export function arrows(from: State): u32 {
  switch (from) {
    case State.CLOSED:
      // SYN-RECEIVED: a SYN-queue entry gets its TCB when its handshake completes.
      return to(State.LISTEN) | to(State.SYN_SENT) | to(State.SYN_RECEIVED);
    case State.LISTEN:
      return to(State.CLOSED);
    case State.SYN_SENT:
      return to(State.SYN_RECEIVED) | to(State.ESTABLISHED) | to(State.CLOSED);
    case State.SYN_RECEIVED:
      return to(State.ESTABLISHED) | to(State.FIN_WAIT_1) | to(State.CLOSED);
    case State.ESTABLISHED:
      return to(State.FIN_WAIT_1) | to(State.CLOSE_WAIT) | to(State.CLOSED);
    case State.FIN_WAIT_1:
      // A FIN that acknowledges ours leads to TIME-WAIT by way of FIN-WAIT-2 (note 2).
      return to(State.FIN_WAIT_2) | to(State.CLOSING) | to(State.CLOSED);
    case State.FIN_WAIT_2:
      return to(State.TIME_WAIT) | to(State.CLOSED);
    case State.CLOSE_WAIT:
      return to(State.LAST_ACK) | to(State.CLOSED);
    case State.CLOSING:
      return to(State.TIME_WAIT) | to(State.CLOSED);
    case State.LAST_ACK:
      return to(State.CLOSED);
    case State.TIME_WAIT:
      return to(State.CLOSED);
    default:
      return 0;
  }
}

/** Takes a connection to another state: the only writer of `tcb.state`. */
export function enter(tcb: Tcb, state: State, reason: Reason): void {
  const from = tcb.state;
  assert(arrows(from) & to(state));
  tcb.state = state;
  trace(TraceKind.STATE, handleOf(tcb), state, reason, from, state, reason, 0);
}
