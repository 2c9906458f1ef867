/**
 * Keep-alive (RFC 9293 §3.8.4): off unless asked for (MUST-25), and only while nothing is
 * outstanding (MUST-26). One timer serves both the idle time and the probes: when it runs out, it
 * looks how long the peer has been silent.
 */
import { Reason, Result, State, Timer } from '../abi';
import { Instant, MILLISECOND, now, SECOND } from '../time';
import { deleteTcb } from './lifecycle';
import { markReady } from './marks';
import { resetConnection } from './reply';
import { Flag, has, raise, Tcb } from './tcb';
import { arm } from './timers';

/**
 * Probes, or gives the connection up after `keepAliveCount` probes without an answer (MUST-29). A
 * clock that jumped, and took the time for that answer away, means one more probe.
 */
export function keepAliveTimeout(tcb: Tcb, due: Instant): void {
  if (!has(tcb, Flag.KEEP_ALIVE)) return; // MAY-5, MUST-25
  const idle = <u64>tcb.keepAliveIdleMs * MILLISECOND;
  const interval = <u64>tcb.keepAliveIntervalMs * MILLISECOND;
  const isQuiet = tcb.snd.una == tcb.snd.nxt && tcb.state != State.SYN_RECEIVED; // MUST-26
  const silence = now() - tcb.rtt.heardAt;
  if (!isQuiet || silence < idle) {
    // RFC 2525 §2.11
    // Retransmission watches over what is outstanding: there is no hurry to look again.
    const again = now() + max<u64>(idle, SECOND);
    arm(tcb, Timer.KEEP_ALIVE, isQuiet ? tcb.rtt.heardAt + idle : again); // MUST-27
    return;
  }
  const owed: u32 = now() - due < interval ? 0 : 1;
  if (tcb.rtt.probes >= <u32>tcb.keepAliveCount + owed) {
    // RFC 2525 §2.9
    resetConnection(tcb);
    deleteTcb(tcb, Result.ABORTED_DUE_TO_USER_TIMEOUT, Reason.KEEP_ALIVE_TIMEOUT);
    return;
  }
  tcb.rtt.probes++;
  raise(tcb, Flag.KEEP_ALIVE_NOW);
  markReady(tcb);
  arm(tcb, Timer.KEEP_ALIVE, now() + interval);
}
