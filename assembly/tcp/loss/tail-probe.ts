/**
 * Tail loss probes (RFC 8985 §7): when the last of what was sent is not acknowledged after two
 * round trips, one segment more asks what has become of it. Its SACK starts recovery, which spares
 * the retransmission timeout.
 */
import { Counter, Reason } from '../../abi';
import { count } from '../../counters';
import { MILLISECOND, Micros, SECOND } from '../../time';
import { reducedByLoss } from '../ecn';
import { Flight, flightOf, hasFlight, Phase, Probe } from '../flight';
import { progress } from '../progress';
import { Cause, reduce } from '../rate/congestion';
import { traceCongestion } from '../rate/note';
import { isBackedOff } from './rto';
import { Segment } from '../segment';
import { le, lt } from '../seq';
import { Flag, has, Tcb } from '../tcb';

/** TLP.max_ack_delay: how long a peer may keep the ACK of a single segment. */
const MAX_ACK_DELAY: Micros = 200 * MILLISECOND;

/** Whether a probe may be scheduled now (RFC 8985 §7.2). */
export function mayProbe(tcb: Tcb): bool {
  if (!has(tcb, Flag.SACK) || has(tcb, Flag.SYN_UNACKED)) return false;
  if (hasFlight(tcb) && !isUndisturbed(flightOf(tcb))) return false;
  // What a window has shrunk away from would not be acceptable to the peer.
  const isWithin = le(tcb.snd.nxt, tcb.snd.una + tcb.snd.wnd);
  // A round trip that is longer than it was known to be must be measured, not probed.
  return isWithin && tcb.rtt.count == 0 && !isBackedOff(tcb);
}

/** Whether nothing is known of a flight, and no probe of it is on its way. */
function isUndisturbed(flight: Flight): bool {
  return flight.phase == Phase.OPEN && flight.sacked == 0 && flight.probe == Probe.NONE;
}

/** PTO: how long after the latest sending or acknowledgment the probe comes (RFC 8985 §7.2). */
export function probeTimeout(tcb: Tcb): Micros {
  if (tcb.rtt.srtt == 0) return SECOND; // RFC 8985 §7.2b
  const isSingle = tcb.snd.nxt - tcb.snd.una <= tcb.snd.mss;
  return 2 * tcb.rtt.srtt + (isSingle ? MAX_ACK_DELAY : 2 * MILLISECOND); // RFC 8985 §7.2a
}

/** A probe has left (RFC 8985 §7.3). */
export function probeSent(tcb: Tcb, flight: Flight, kind: Probe): void {
  flight.probe = <u8>kind;
  flight.probeEnd = tcb.snd.nxt;
  count(Counter.TcpExtTCPLossProbes);
  traceCongestion(tcb, Reason.TAIL_PROBE);
}

/** Looks whether the probe has repaired a loss that nothing else told of (RFC 8985 §7.4). */
export function probeAcknowledged(tcb: Tcb, flight: Flight, seg: Segment): void {
  if (flight.probe == Probe.NONE) return;
  const made = progress();
  const isDuplicate = made.hasDuplicate && made.duplicateRight == flight.probeEnd;
  if (flight.probe == Probe.NEW || isDuplicate) {
    // New data asks nothing of the window, and a duplicate shows that both have arrived.
    if (isDuplicate || le(flight.probeEnd, seg.ack)) flight.probe = <u8>Probe.NONE;
    return;
  }
  if (lt(flight.probeEnd, seg.ack)) {
    flight.probe = <u8>Probe.NONE;
    count(Counter.TcpExtTCPLossProbeRecovery);
    if (flight.phase != Phase.OPEN) return;
    tcb.cc.ssthresh = reduce(tcb, flight, Cause.LOSS);
    tcb.cc.cwnd = min(tcb.cc.cwnd, tcb.cc.ssthresh); // RFC 8985 §7.4.2
    reducedByLoss(tcb);
    traceCongestion(tcb, Reason.TAIL_PROBE_RECOVERED);
  } else if (made.delivered == 0 && seg.ack == flight.probeEnd && seg.textLength == 0) {
    // A bare duplicate: original and probe have both arrived, and the peer has no D-SACK.
    flight.probe = <u8>Probe.NONE;
  }
}
