/**
 * Taking back what was not lost after all: a reduction of cwnd is undone when the peer reports that
 * everything sent again was a duplicate (RFC 3708), when its echo shows that the original arrived
 * (Eifel, RFC 3522, with RFC 4015's response), or when F-RTO proves a timeout spurious (RFC 5682).
 */
import { Counter, Reason } from '../../abi';
import { count } from '../../counters';
import { Flight, Frto, Phase, Probe } from '../flight';
import { progress } from '../progress';
import { kept, undone } from '../rate/congestion';
import { traceCongestion } from '../rate/note';
import { endOf, findSent, firstSent, isMarked, Mark, sentAt } from '../sent';
import { later, le, LocalSeq, lt } from '../seq';
import { Flag, lower, Tcb } from '../tcb';
import { tsVal } from '../timestamps';
import { noteReordering } from './rack';
import { clearLost } from './scoreboard';

/**
 * Keeps what a reduction is about to take. A timeout during recovery takes from what recovery has
 * taken from: both are undone together, or neither, so what was sent again first decides.
 */
export function beginUndo(tcb: Tcb, flight: Flight): void {
  if (flight.isUndoable) return; // RFC 3522 §3.2a
  flight.priorCwnd = tcb.cc.cwnd;
  flight.priorSsthresh = tcb.cc.ssthresh;
  flight.undoMarker = tcb.snd.una;
  flight.sentAgain = 0;
  flight.undoRetrans = onTheirWayAgain(tcb, flight); // RFC 3708 §3b
  // What was sent again before may be acknowledged now: its echo is later than that sending, and
  // says nothing of what is sent again from here on. A probe is the last of all, so its own ACK is
  // of everything. RFC 3522 §3.2a
  const probes: u32 = flight.probe == Probe.AGAIN ? 1 : 0;
  if (flight.undoRetrans <= probes) flight.hasStamp = 0;
  kept(tcb, flight);
  flight.isUndoable = 1;
}

/** How often what is outstanding and not SACKed was sent again, in segments; and the probe. */
function onTheirWayAgain(tcb: Tcb, flight: Flight): u32 {
  let count: u32 = 0;
  for (let index = firstSent(flight); index != 0; index = sentAt(index).next) {
    const sent = sentAt(index);
    if (!isMarked(sent, Mark.SACKED)) count += (<u32>sent.sends - 1) * <u32>sent.segments;
    // Whether it was SACKed or its original, nobody knows before the probe is answered.
    else if (flight.probe == Probe.AGAIN && endOf(tcb, sent) == flight.probeEnd) count++;
  }
  return count;
}

/** Notes that a segment of so many octets is sent again. */
export function noteRetransmission(tcb: Tcb, flight: Flight, octets: u32): void {
  if (!flight.hasStamp) {
    flight.hasStamp = 1;
    flight.retransStamp = tsVal(tcb); // RFC 3522 §3.2a
  }
  if (!flight.isUndoable) return;
  flight.undoRetrans++;
  flight.sentAgain += octets;
}

/** Takes a reported duplicate off what was sent again (RFC 3708 §3a). */
function settleDuplicate(tcb: Tcb, flight: Flight): void {
  const made = progress();
  if (!made.hasDuplicate) return;
  const left = made.duplicateLeft;
  const right = made.duplicateRight;
  if (!lt(flight.undoMarker, right) || !le(right, tcb.snd.nxt)) return;
  // Two of what was sent once: the network has made the other.
  if (lt(tcb.snd.una, right) && wasSentOnce(flight, later(left, tcb.snd.una))) return;
  const segments = (right - left + tcb.snd.mss - 1) / tcb.snd.mss;
  flight.undoRetrans -= min(segments, flight.undoRetrans); // RFC 3708 §3a
}

/** Whether the record of what is outstanding at `seq` was sent once; SACKed neighbours are one. */
function wasSentOnce(flight: Flight, seq: LocalSeq): bool {
  const index = findSent(flight, seq);
  return index != 0 && sentAt(index).sends == 1;
}

/** What in the acknowledgment shows that what was sent again had arrived all the same, or NONE. */
function evidence(tcb: Tcb, flight: Flight): Reason {
  if (!flight.isUndoable) return Reason.NONE;
  // RFC 3708 §3b
  if (flight.sentAgain != 0 && flight.undoRetrans == 0) {
    count(Counter.TcpExtTCPDSACKUndo);
    return Reason.UNDONE_BY_DSACK;
  }
  const made = progress();
  // RFC 3522 §3.1
  const echoesEarlier = made.hasEcho && lt(made.echo, flight.retransStamp);
  // DEVIATION: RFC 3522 §3.2c believes no echo in an ACK of everything until the peer has reported
  // a duplicate, for all ACKs before it may have been lost. Linux believes it: the data arrived.
  if (made.acked != 0 && flight.hasStamp && echoesEarlier) {
    // RFC 3522 §3.2b
    count(Counter.TcpExtTCPFullUndo);
    return Reason.UNDONE_BY_TIMESTAMP;
  }
  if (flight.phase == Phase.LOSS && flight.frto == Frto.PROVING && made.hasSuspected) {
    count(Counter.TcpExtTCPSpuriousRTOs); // RFC 5682 §3.1b
    return Reason.UNDONE_BY_FRTO;
  }
  return Reason.NONE;
}

/** Undoes the latest reduction if the acknowledgment shows it was wrong; answers whether it did. */
export function tryUndo(tcb: Tcb, flight: Flight): bool {
  settleDuplicate(tcb, flight); // RFC 2883 §5b
  const reason = evidence(tcb, flight);
  if (reason == Reason.NONE) return false;
  // What was late enough to be taken for lost was overtaken.
  if (flight.phase == Phase.RECOVERY) noteReordering(tcb); // RFC 3522 §3.2d
  const cc = tcb.cc;
  clearLost(tcb, flight);
  // DEVIATION: RFC 4015 §3.2b has cwnd be what is in flight and an initial window at most, against
  // a burst. As in Linux it is what it was: the data that it lets out has been on its way before.
  cc.cwnd = max(cc.cwnd, flight.priorCwnd);
  cc.ssthresh = max(cc.ssthresh, flight.priorSsthresh); // RFC 4015 §3.2a
  undone(tcb, flight);
  flight.isUndoable = 0;
  flight.frto = <u8>Frto.OFF;
  flight.phase = <u8>Phase.OPEN;
  lower(tcb, Flag.RESEND_NOW);
  cc.duplicates = 0;
  traceCongestion(tcb, reason);
  return true;
}
