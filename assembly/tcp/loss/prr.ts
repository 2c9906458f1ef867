/**
 * Proportional Rate Reduction (RFC 9937): how cwnd comes down to ssthresh during recovery, a little
 * with every acknowledgment, so that sending neither stops nor bursts.
 */
import { Flight, pipe } from '../flight';
import { progress } from '../progress';
import { ownsRecovery } from '../rate/congestion';
import { Tcb } from '../tcb';

/** Recovery begins (RFC 9937 §6.1). SACKed octets of before will not be delivered again. */
export function beginPrr(tcb: Tcb, flight: Flight): void {
  const made = progress();
  flight.prrDelivered = flight.prrOut = 0;
  flight.recoverFs = // RFC 9937 §6a
    tcb.snd.nxt - tcb.snd.una - flight.sacked + made.sacked + made.acked;
}

/** Sets cwnd for an acknowledgment during recovery, unless the controller does (RFC 9937 §6.2). */
export function prrAcknowledged(tcb: Tcb, flight: Flight): void {
  if (ownsRecovery(tcb)) return;
  const made = progress();
  const cc = tcb.cc;
  const mss = tcb.snd.mss;
  const inFlight = pipe(tcb);
  flight.prrDelivered += made.delivered;
  let allowed: i64 = 0;
  if (inFlight > cc.ssthresh) {
    const fs = max<u64>(flight.recoverFs, 1);
    const share = (<u64>flight.prrDelivered * cc.ssthresh + fs - 1) / fs; // RFC 9937 §6b
    allowed = <i64>share - flight.prrOut;
  } else {
    allowed = max<i64>(<i64>flight.prrDelivered - flight.prrOut, made.delivered); // RFC 9937 §6c
    // Progress without a further loss: the path has room for one more (SafeACK).
    if (made.acked != 0 && made.lost == 0) allowed += mss; // RFC 9937 §6d
    allowed = min<i64>(allowed, <i64>cc.ssthresh - inFlight);
  }
  // The first segment goes at once; in octets a share may be less than one.
  if (flight.prrOut == 0) allowed = max<i64>(allowed, mss); // RFC 9937 §6e
  cc.cwnd = max(inFlight + <u32>max<i64>(allowed, 0), mss);
}
