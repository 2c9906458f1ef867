/**
 * What a connection sends next (RFC 9293 §3.8, §3.10.2): the one place that decides.
 *
 * Called by `output` until it answers 0. In this order: our SYN; a zero-window probe; a segment
 * recovery wants again; text and FIN within the smaller of cwnd and SND.WND; a keep-alive; a bare
 * ACK.
 */
import { Counter, Ctl, State, Timer } from '../abi';
import { count } from '../counters';
import { afterMillis, now } from '../time';
import { isPaused, newTextControl, synControl } from './ecn';
import { emit, textRoom } from './emit';
import {
  Flight,
  flightOf,
  Frto,
  hasFlight,
  missing,
  Phase,
  pipe,
  Probe,
  takeFlight,
} from './flight';
import { isLoneFin, recordOne } from './loss/lone-fin';
import { awaitsProof, goesWithoutProof, limitedTransmit } from './loss/recovery';
import { markResent, nextLost } from './loss/scoreboard';
import { mayProbe, probeSent } from './loss/tail-probe';
import { noteRetransmission } from './loss/undo';
import { watchAgain, watchFlight } from './loss/watch';
import { followChanges } from './path-mtu';
import { resumed } from './rate/congestion';
import { noteDry, noteSending } from './rate/delivery';
import { beginBusy, noteLimit } from './rate/limited';
import { mayLeave, paced } from './rate/pacing';
import { noteFlight } from './rate/validation';
import { unsentFell } from './send';
import { backOff, beforeGivingUp, startTiming, stopTiming } from './loss/rto';
import {
  canJoinLost,
  endOf,
  joinBurst,
  joinLostFollower,
  firstSent,
  lastSent,
  recordSent,
  Sent,
  sentAt,
  spanOf,
  splitSent,
  timeNow,
  wasSentNow,
} from './sent';
import { earlier, later, LocalSeq, lt } from './seq';
import { isShortOutstanding, joinSegments, segmentsOf } from './super-segment';
import { armedFor, Flag, has, lower, pendingText, raise, Tcb } from './tcb';
import { arm, cancel } from './timers';

/** Milliseconds after which silly-window avoidance and TCP_CORK give in (RFC 9293 §3.8.6.2.1). */
const OVERRIDE_MS: u32 = 200;

/**
 * Writes the next segment of a connection; answers its packet's octets, 0 when it has none to send.
 */
export function transmit(tcb: Tcb): u32 {
  followChanges(tcb);
  if (has(tcb, Flag.SYN_NOW)) return transmitSyn(tcb);
  switch (tcb.state) {
    case State.CLOSED:
    case State.LISTEN:
    case State.TIME_WAIT:
      return 0;
    case State.SYN_SENT:
    case State.SYN_RECEIVED:
      return transmitAck(tcb);
    default:
      break;
  }
  if (has(tcb, Flag.PROBE_NOW)) {
    const probe = transmitProbe(tcb);
    if (probe != 0) return probe;
  }
  if (isMissing(tcb)) {
    const resent = transmitAgain(tcb);
    if (resent != 0) return resent;
  }
  if (has(tcb, Flag.TAIL_PROBE_NOW)) {
    const probe = transmitTailProbe(tcb);
    if (probe != 0) return probe;
  }
  const sent = transmitText(tcb);
  if (sent != 0) return sent;
  if (isMissing(tcb) && mayLeave(tcb) && goesWithoutProof(tcb)) {
    const resent = transmitAgain(tcb);
    if (resent != 0) return resent;
  }
  noteLimit(tcb);
  if (has(tcb, Flag.KEEP_ALIVE_NOW)) return transmitKeepAlive(tcb);
  return transmitAck(tcb);
}

function transmitAck(tcb: Tcb): u32 {
  if (!has(tcb, Flag.ACK_NOW)) return 0;
  // Beyond a window that has closed or shrunk nothing is acceptable to the peer, not even an ACK.
  return emit(tcb, earlier(tcb.snd.nxt, tcb.snd.una + tcb.snd.wnd), Ctl.ACK, 0);
}

function transmitSyn(tcb: Tcb): u32 {
  const snd = tcb.snd;
  lower(tcb, Flag.SYN_NOW);
  if (snd.nxt == snd.iss) {
    snd.nxt = snd.iss + 1;
    tcb.rtt.stalledAt = now();
    startTiming(tcb, snd.iss);
  } else {
    // Also where it has become a SYN,ACK: which of the two is acknowledged nobody can tell.
    stopTiming(tcb);
    count(Counter.TcpRetransSegs);
    tcb.cc.retransmitted++;
  }
  const ctl = synControl(tcb);
  // The timer that asked for this sending has armed itself again.
  if (armedFor(tcb, Timer.RETRANSMIT) == 0) {
    arm(tcb, Timer.RETRANSMIT, beforeGivingUp(tcb, now() + tcb.rtt.rto));
  }
  return emit(tcb, snd.iss, ctl, 0);
}

/**
 * Probes a closed window with one octet of text, or the FIN, at SND.UNA (RFC 9293 §3.8.6.1,
 * MUST-36).
 */
function transmitProbe(tcb: Tcb): u32 {
  const snd = tcb.snd;
  lower(tcb, Flag.PROBE_NOW);
  count(Counter.TcpExtTCPZeroWindowProbe);
  // It may send again what is being timed (Karn's rule).
  stopTiming(tcb);
  const isText = lt(snd.una, snd.end);
  if (!isText && !has(tcb, Flag.FIN_QUEUED)) return 0;
  if (snd.una == snd.nxt) recordOne(tcb);
  if (isText) return emit(tcb, snd.una, Ctl.ACK, 1); // MUST-35, MUST-36, RFC 3168 §6.1.6
  raise(tcb, Flag.FIN_SENT);
  return emit(tcb, snd.end, Ctl.FIN | Ctl.ACK, 0);
}

/** Whether anything is to be sent again. */
function isMissing(tcb: Tcb): bool {
  return hasFlight(tcb) && missing(flightOf(tcb)) != 0;
}

/** Sends the first segment again that is lost, if the windows allow it or it is due anyway. */
function transmitAgain(tcb: Tcb): u32 {
  const flight = flightOf(tcb);
  const isForced = has(tcb, Flag.RESEND_NOW);
  lower(tcb, Flag.RESEND_NOW);
  const index = nextLost(flight);
  const seq = sentAt(index).seq;
  if (!isForced && !mayResend(tcb, flight, seq)) return 0;
  resize(tcb, flight, index, roomFor(tcb, flight, seq));
  markResent(tcb, flight, index);
  noteSending(tcb, flight, index);
  const octets = spanOf(tcb, sentAt(index));
  noteRetransmission(tcb, flight, octets);
  flight.prrOut += octets;
  if (flight.phase == Phase.LOSS) count(Counter.TcpExtTCPSlowStartRetrans);
  else watchFlight(tcb);
  return emitAgain(tcb, index);
}

/** Whether the windows allow what begins at `seq` to be sent again. */
function mayResend(tcb: Tcb, flight: Flight, seq: LocalSeq): bool {
  const snd = tcb.snd;
  // While F-RTO waits for the answer to new data, nothing else is sent (RFC 5682 §3.1).
  if (flight.frto == Frto.PROVING) return false;
  // In recovery SND.WND has no say: what it has shrunk away from was within it once (MAY-7).
  // RFC 7323 §2.4b
  if (flight.phase == Phase.LOSS && !lt(seq, snd.una + snd.wnd)) return false;
  return pipe(tcb) + snd.mss <= tcb.cc.cwnd && mayLeave(tcb); // RFC 6675 §4c, RFC 9937 §6
}

/** Octets of text a lost segment may have: after a timeout the window counts again (SHLD-16). */
function roomFor(tcb: Tcb, flight: Flight, seq: LocalSeq): u32 {
  const room = textRoom(tcb);
  const usable = <i32>(tcb.snd.una + tcb.snd.wnd - seq);
  return flight.phase == Phase.LOSS && usable > 0 ? min<u32>(room, usable) : room;
}

/** Octets of text in a record; a FIN behind them is none. */
function textOf(tcb: Tcb, sent: Sent): u32 {
  return earlier(endOf(tcb, sent), tcb.snd.end) - sent.seq;
}

/**
 * Makes a lost record one segment of `room` octets: cut there, or filled from what was lost behind
 * it. A FIN needs no room.
 */
function resize(tcb: Tcb, flight: Flight, index: u32, room: u32): void {
  const sent = sentAt(index);
  while (textOf(tcb, sent) <= room && canJoinLost(flight, index)) {
    const follower = sentAt(sent.next);
    const joined = textOf(tcb, follower) + (follower.seq - sent.seq);
    if (joined > room) {
      // The border between two that are lost is nowhere in particular.
      follower.seq = sent.seq + room;
      break;
    }
    joinLostFollower(flight, index);
  }
  if (textOf(tcb, sent) > room) splitSent(flight, index, sent.seq + room, tcb.snd.mss);
  sent.segments = 1;
}

/** Writes a record's segment again, and the FIN if that is the record's. */
function emitAgain(tcb: Tcb, index: u32): u32 {
  const sent = sentAt(index);
  const length = min(textOf(tcb, sent), textRoom(tcb));
  stopTiming(tcb);
  tcb.rtt.sentAt = now();
  count(Counter.TcpRetransSegs);
  tcb.cc.retransmitted++;
  let ctl: u32 = Ctl.ACK; // RFC 3168 §6.1.5a
  if (length != 0 && sent.seq + length == tcb.snd.end) ctl |= Ctl.PSH; // MUST-61
  if (sent.seq + length == tcb.snd.end && lt(tcb.snd.end, endOf(tcb, sent))) ctl |= Ctl.FIN;
  return emit(tcb, sent.seq, ctl, length);
}

/**
 * A tail loss probe: new data if there is any and the peer takes it, else the last segment again
 * (RFC 8985 §7.3).
 */
function transmitTailProbe(tcb: Tcb): u32 {
  const snd = tcb.snd;
  lower(tcb, Flag.TAIL_PROBE_NOW);
  if (!hasFlight(tcb) || snd.una == snd.nxt) return 0;
  const flight = flightOf(tcb);
  if (!mayProbe(tcb)) return 0;
  const usable = <i32>(snd.una + snd.wnd - snd.nxt);
  if (pendingText(tcb) != 0 && usable > 0) {
    const length = min(min(pendingText(tcb), textRoom(tcb)), <u32>usable);
    const fin = has(tcb, Flag.FIN_QUEUED) && length == pendingText(tcb) && <u32>usable > length;
    const packet = emitText(tcb, length, fin); // RFC 8985 §7.3a
    probeSent(tcb, flight, Probe.NEW);
    watchFlight(tcb);
    return packet;
  }
  const index = lastSegment(tcb, flight);
  timeNow(flight, index);
  noteSending(tcb, flight, index);
  probeSent(tcb, flight, Probe.AGAIN); // RFC 8985 §7.3b
  // RFC 8985 doubles nothing. But what is sent again at RTO is sent at twice its distance next
  // time, whatever it is called; else a path that has grown longer would never be measured.
  if (flight.isProbeForRto && index == firstSent(flight)) backOff(tcb); // MUST-19
  watchFlight(tcb);
  return emitAgain(tcb, index);
}

/** The record of the last segment; of a burst, a record for that alone. */
function lastSegment(tcb: Tcb, flight: Flight): u32 {
  const last = lastSent(flight);
  const sent = sentAt(last);
  const text = textOf(tcb, sent);
  const room = textRoom(tcb);
  if (text <= room) return last;
  const begin = sent.seq + ((text - 1) / room) * room;
  const part = splitSent(flight, last, begin, tcb.snd.mss);
  return part == 0 ? last : part;
}

/** Octets the smaller window still allows from SND.NXT on; negative after a shrink (MUST-34). */
function usableWindow(tcb: Tcb): i32 {
  const snd = tcb.snd;
  const congestion = <i32>(tcb.cc.cwnd + limitedTransmit(tcb) - pipe(tcb)); // RFC 3042 §2b
  // RFC 5681 §3.2f, RFC 6675 §5d
  return min(<i32>(snd.una + snd.wnd - snd.nxt), congestion); // MUST-34, SHLD-15, SHLD-16
}

/** Sends new text, and the FIN behind it (RFC 9293 §3.7.4, §3.8.6.2.1). */
function transmitText(tcb: Tcb): u32 {
  const snd = tcb.snd;
  const unsent = pendingText(tcb);
  const finDue = has(tcb, Flag.FIN_QUEUED) && !lt(snd.end, snd.nxt);
  if (unsent == 0) {
    noteDry(tcb);
    if (!finDue) return 0;
  }

  if (snd.una == snd.nxt) {
    if (isPaused(tcb)) return 0;
    resumed(tcb);
  }
  const usable = max<i32>(usableWindow(tcb), 0);
  const mss = textRoom(tcb);
  const sendable = min<u32>(unsent, usable);
  const length = min(sendable, mss);
  // RFC 2525 §2.15
  const fin = finDue && length == unsent && (<u32>usable > length || isOpening(tcb));
  if (length == 0 && !fin) {
    if (snd.wnd == 0) watchFlight(tcb);
    return 0;
  }
  if (!fin && !isWorthSending(tcb, length, unsent, mss)) return 0;
  if (!mayLeave(tcb)) return 0;
  if (sendable <= mss) return emitText(tcb, length, fin);
  return emitText(tcb, joinSegments(tcb, mss, sendable, sendable == unsent), false);
}

/**
 * Whether only our SYN is outstanding: a FIN behind it needs no room in cwnd, which is not set yet.
 */
function isOpening(tcb: Tcb): bool {
  return has(tcb, Flag.SYN_UNACKED) && tcb.snd.nxt == tcb.snd.iss + 1;
}

/**
 * Nagle's algorithm (SHLD-7, MUST-17) and the sender's side of silly-window avoidance (MUST-38): a
 * full segment always; all there is, if no short segment is outstanding or Nagle is off; half the
 * largest window.
 */
function isWorthSending(tcb: Tcb, length: u32, unsent: u32, mss: u32): bool {
  if (length == mss) return true; // SHLD-28
  const isQuiet = tcb.snd.nxt == tcb.snd.una;
  if (has(tcb, Flag.OVERRIDDEN)) return true;
  if (!has(tcb, Flag.CORK)) {
    // SHLD-7, MUST-17
    const mayBeShort = isQuiet || has(tcb, Flag.NAGLE_OFF) || awaitsProof(tcb);
    // DEVIATION: Nagle has a short segment wait for whatever is outstanding, which costs the end of
    // each longer reply a round trip, or the peer's delayed ACK. Minshall's amendment, which Linux
    // follows, has it wait for another short one alone (draft-minshall-nagle).
    if (length == unsent && (mayBeShort || !isShortOutstanding(tcb))) return true;
    if (mayBeShort && length >= tcb.snd.maxWnd / 2) return true; // MUST-38
  }
  // MUST-60: what is held back is sent after a while, whatever becomes of the window.
  if (isQuiet && armedFor(tcb, Timer.OVERRIDE) == 0) {
    arm(tcb, Timer.OVERRIDE, afterMillis(OVERRIDE_MS)); // MUST-60
  }
  return false; // MAY-16
}

function emitText(tcb: Tcb, length: u32, fin: bool): u32 {
  const snd = tcb.snd;
  const seq: LocalSeq = snd.nxt;
  lower(tcb, Flag.OVERRIDDEN);
  cancel(tcb, Timer.OVERRIDE);
  if (snd.una == seq) tcb.rtt.stalledAt = now();
  tcb.rtt.sentAt = now();
  startTiming(tcb, seq);
  // Only new text is ECN-capable: RFC 3168 §6.1.4, §6.1.5a.
  let ctl: u32 = length == 0 ? Ctl.ACK : Ctl.ACK | newTextControl(tcb);
  const end = seq + length;
  if (end == snd.end && length != 0) ctl |= Ctl.PSH; // MUST-61, SHLD-27
  if (fin) {
    ctl |= Ctl.FIN;
    raise(tcb, Flag.FIN_SENT);
    beginBusy(tcb);
  }
  recordNew(tcb, seq, fin ? end + 1 : end);
  const isShort = length < snd.mss || (length > snd.mss && length % snd.mss != 0);
  if (isShort && length != 0) flightOf(tcb).shortEnd = end;
  noteFlight(tcb);
  unsentFell(tcb);
  return emit(tcb, seq, ctl, length);
}

/** Records what is sent for the first time, and moves SND.NXT behind it. */
function recordNew(tcb: Tcb, seq: LocalSeq, end: LocalSeq): void {
  if (isLoneFin(tcb, seq, end)) {
    tcb.snd.nxt = end;
    watchFlight(tcb); // RFC 6298 §5.1
    return;
  }
  const flight = takeFlight(tcb);
  // Nothing that the timer waits for changes while a loss is suspected, nor behind two segments of
  // this very moment.
  const isSecond = seq - tcb.snd.una > tcb.snd.mss && wasSentNow(flight);
  const isWatched = flight.reorderWait != 0 || isSecond;
  const segments = segmentsOf(tcb, end - seq);
  if (joinBurst(tcb, flight, seq, end - seq, segments)) {
    tcb.snd.nxt = end;
    if (flight.paceRate != 0) paced(tcb, flight, end - seq);
  } else {
    recordSent(flight, seq, segments);
    tcb.snd.nxt = later(tcb.snd.nxt, end);
    noteSending(tcb, flight, lastSent(flight));
  }
  flight.prrOut += end - seq;
  // While our SYN is not acknowledged the timer is the SYN's.
  if (has(tcb, Flag.SYN_UNACKED)) return;
  // The retransmission timer runs from the oldest, the tail probe's from the latest.
  if (armedFor(tcb, Timer.RETRANSMIT) == 0) watchFlight(tcb); // RFC 6298 §5.1
  else if (!isWatched) watchAgain(tcb);
}

/** A keep-alive: no text, one octet below SND.NXT, so that the peer must answer (SHLD-12). */
function transmitKeepAlive(tcb: Tcb): u32 {
  lower(tcb, Flag.KEEP_ALIVE_NOW);
  count(Counter.TcpExtTCPKeepAlive);
  return emit(tcb, tcb.snd.nxt - 1, Ctl.ACK, 0); // SHLD-12
}
