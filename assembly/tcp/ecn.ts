/**
 * Explicit congestion notification (RFC 3168): routers mark instead of dropping.
 *
 * Two SYNs agree on it (§6.1.1). From then on new text leaves as ECT(0), and nothing else does: not
 * what is sent again, no probe, no bare ACK (§6.1.4 to §6.1.6). Text that comes marked is echoed by
 * ECE in every segment until the peer says CWR (§6.1.3); an echo of ours halves cwnd once a window,
 * and the next new text says CWR (§6.1.2). Where that happens: `negotiate.ts`, `emit.ts`,
 * `text.ts`, `recovery.ts`; codepoints of fragments are joined in `ip/reassembly.ts`.
 */
import { Counter, Ctl, Reason, State, Timer, TraceKind } from '../abi';
import { countMany } from '../counters';
import { CE, NOT_ECT } from '../ip/datagram';
import { now } from '../time';
import { trace } from '../trace';
import { flightOf, hasFlight } from './flight';
import { Cause, reduce } from './rate/congestion';
import { traceCongestion } from './rate/note';
import { acknowledge } from './marks';
import { Segment } from './segment';
import { LocalSeq, lt } from './seq';
import { armedFor, Ecn, Flag, handleOf, has, Tcb } from './tcb';
import { arm } from './timers';

/** Where the ECN codepoint stands above the control bits that `emit` is given. */
export const CODEPOINT_SHIFT: u32 = 8;
/** Control bits of an ECN-setup SYN; a SYN,ACK has only the first. */
const SETUP: u32 = Ctl.ECE | Ctl.CWR;

function turn(tcb: Tcb, on: u32, off: u32): void {
  tcb.ecn = <u8>((<u32>tcb.ecn & ~off) | on);
}

function note(tcb: Tcb, reason: Reason): void {
  trace(TraceKind.NOTE, handleOf(tcb), tcb.state, reason, 0, 0, 0, 0);
}

// Agreement (§6.1.1) --------------------------------------------------------------

/**
 * Whether a peer's SYN or SYN,ACK asks for ECN. The bit that more accurate ECN adds changes nothing
 * for those who do not know it (RFC 9768 §3.1.2).
 */
export function isEcnSetup(seg: Segment): bool {
  if (seg.isAck) return (seg.ctl & SETUP) == Ctl.ECE; // RFC 3168 §6.1.1a
  // A SYN must not be ECN-capable itself: a peer that marks all packets so can not be trusted with
  // more.
  return (seg.ctl & SETUP) == SETUP && seg.codepoint == NOT_ECT;
}

/** Control bits of the SYN, or in SYN-RECEIVED the SYN,ACK, that a connection sends now. */
export function synControl(tcb: Tcb): u32 {
  if (tcb.state != State.SYN_SENT) return synAckControl(tcb.ecn & Ecn.CAPABLE ? Flag.ECN : 0);
  if (!has(tcb, Flag.ECN)) return Ctl.SYN;
  if (!hasFallenBack(tcb)) return Ctl.SYN | SETUP; // RFC 3168 §6.1.1b, §6.1.1.1a
  if (tcb.synCount == 1) note(tcb, Reason.ECN_FALLBACK);
  return Ctl.SYN;
}

/** Control bits of a SYN,ACK, for the flags both sides agree on. */
export function synAckControl(flags: u32): u32 {
  return Ctl.SYN | Ctl.ACK | (flags & Flag.ECN ? Ctl.ECE : 0);
}

/**
 * Whether our SYN went out again without asking, for there are networks that lose those that ask
 * (§6.1.1.1). If the peer has seen the first one after all its marks are echoed, but nothing of
 * ours is marked.
 */
export function hasFallenBack(tcb: Tcb): bool {
  return has(tcb, Flag.ACTIVE) && tcb.synCount != 0;
}

// Receiver (§6.1.3) ---------------------------------------------------------------

/** Takes the marks of a segment with acceptable text. */
export function takeCodepoint(tcb: Tcb, seg: Segment): void {
  if (seg.isCwr && tcb.ecn & Ecn.ECHOING) {
    turn(tcb, 0, Ecn.ECHOING); // SHLD-8
    // The peer's cwnd may have become one segment: it waits for this.
    acknowledge(tcb);
  }
  if (seg.codepoint == NOT_ECT) return;
  turn(tcb, Ecn.SEEN, 0);
  if (seg.codepoint != CE || tcb.ecn & Ecn.ECHOING) return;
  turn(tcb, Ecn.ECHOING, 0); // SHLD-8
  note(tcb, Reason.CONGESTION_EXPERIENCED);
  acknowledge(tcb);
}

// Sender (§6.1.2) -----------------------------------------------------------------

/** Whether a segment echoes a mark of ours; a SYN,ACK's ECE says something else. */
export function isEcho(tcb: Tcb, seg: Segment): bool {
  return seg.isEce && !seg.isSyn && (tcb.ecn & Ecn.CAPABLE) != 0;
}

/**
 * Slows down for an echoed mark, once a window: until what was sent before is acknowledged, and the
 * octet behind it, which has told the peer of it.
 *
 * @param before SND.UNA before this acknowledgment
 */
export function congestionEchoed(tcb: Tcb, ack: LocalSeq, before: LocalSeq): void {
  const snd = tcb.snd;
  const cc = tcb.cc;
  // An old acknowledgment says nothing new; nor does one to a connection long quiet.
  if (ack != snd.una || !hasFlight(tcb)) return;
  const delivered = ack - before;
  countMany(Counter.TcpExtTCPDeliveredCE, (delivered + snd.mss - 1) / snd.mss);
  if (!lt(cc.recoveryPoint, ack)) return;
  if (cc.cwnd <= snd.mss) {
    if (delivered != 0 && snd.una == snd.nxt) pause(tcb);
    return;
  }
  cc.ssthresh = reduce(tcb, flightOf(tcb), Cause.ECN); // SHLD-8, RFC 3168 §6.1.2a
  cc.cwnd = max(min(cc.cwnd, cc.ssthresh), snd.mss);
  cc.recoveryPoint = snd.nxt;
  turn(tcb, Ecn.POINT_OF_ECHO | Ecn.REDUCED, 0);
  traceCongestion(tcb, Reason.CONGESTION_ECHOED);
}

/**
 * With one segment as cwnd the only way to slow down is to wait: nothing new is sent before the
 * retransmission timer runs out, though nothing is outstanding that it could watch. (A window that
 * closes and opens meanwhile ends the pause: the peer has made one of its own.)
 */
function pause(tcb: Tcb): void {
  arm(tcb, Timer.RETRANSMIT, now() + tcb.rtt.rto); // RFC 3168 §6.1.2c
  traceCongestion(tcb, Reason.PAUSED_BY_ECHO);
}

/** Whether an echo makes us wait; asked only where nothing is outstanding. */
export function isPaused(tcb: Tcb): bool {
  return armedFor(tcb, Timer.RETRANSMIT) != 0;
}

/** Whether an echo has halved the window of what is outstanding: a loss in it does not again. */
export function isReducedByEcho(tcb: Tcb): bool {
  return (tcb.ecn & Ecn.POINT_OF_ECHO) != 0 && lt(tcb.snd.una, tcb.cc.recoveryPoint);
}

/** Notes that a loss has made cwnd fall: the peer is told as after an echo. */
export function reducedByLoss(tcb: Tcb): void {
  if (tcb.ecn & Ecn.CAPABLE) turn(tcb, Ecn.REDUCED, Ecn.POINT_OF_ECHO);
}

/** What new text carries: its codepoint, and CWR if cwnd has fallen since the last. */
export function newTextControl(tcb: Tcb): u32 {
  const ecn = <u32>tcb.ecn;
  if (ecn & Ecn.REDUCED) turn(tcb, 0, Ecn.REDUCED); // RFC 3168 §6.1.2b
  return ((ecn & Ecn.CAPABLE) << CODEPOINT_SHIFT) | (ecn & Ecn.REDUCED); // SHLD-8
}
