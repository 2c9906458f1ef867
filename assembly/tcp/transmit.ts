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
import { noteFlight, restartAfterIdle } from './congestion';
import { isPaused, newTextControl, synControl } from './ecn';
import { emit, textRoom } from './emit';
import { followChanges } from './path-mtu';
import { limitedTransmit } from './recovery';
import { beforeGivingUp, startTiming, stopTiming } from './rto';
import { firstUnreported, nextLost, pipe, unreportedLength } from './sack';
import { earlier, later, LocalSeq, lt } from './seq';
import { armedFor, Flag, has, lower, pendingText, raise, Tcb } from './tcb';
import { arm, cancel } from './timers';
import { watchFlight } from './window';

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
  if (mayResend(tcb)) {
    const resent = transmitAgain(tcb);
    if (resent != 0) return resent;
  }
  const sent = transmitText(tcb);
  if (sent != 0) return sent;
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
    snd.nxt = snd.next = snd.iss + 1;
    tcb.rtt.stalledAt = now();
    startTiming(tcb, snd.iss);
  } else {
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
  if (lt(snd.una, snd.end)) {
    snd.nxt = later(snd.nxt, snd.una + 1);
    snd.next = later(snd.next, snd.una + 1);
    return emit(tcb, snd.una, Ctl.ACK, 1); // MUST-35, MUST-36, RFC 3168 §6.1.6
  }
  if (!has(tcb, Flag.FIN_QUEUED)) return 0;
  sendFin(tcb);
  return emit(tcb, snd.end, Ctl.FIN | Ctl.ACK, 0);
}

function sendFin(tcb: Tcb): void {
  raise(tcb, Flag.FIN_SENT);
  tcb.snd.next = tcb.snd.end + 1;
  tcb.snd.nxt = tcb.snd.next;
}

/** Whether recovery wants something sent again now; it then lies at `cc.resend`. */
function mayResend(tcb: Tcb): bool {
  if (has(tcb, Flag.RESEND_NOW)) return true;
  if (!isRecoveringByReports(tcb) || pipe(tcb) + tcb.snd.mss > tcb.cc.cwnd) return false;
  const hole = nextLost(tcb); // RFC 6675 §4c
  if (hole == tcb.snd.nxt) return false;
  tcb.cc.resend = hole;
  return true;
}

function isRecoveringByReports(tcb: Tcb): bool {
  return has(tcb, Flag.RECOVERING) && has(tcb, Flag.SACK);
}

/** Sends again what recovery has marked: one segment from `cc.resend`. */
function transmitAgain(tcb: Tcb): u32 {
  const snd = tcb.snd;
  const cc = tcb.cc;
  lower(tcb, Flag.RESEND_NOW);
  // What has been acknowledged meanwhile, or was never sent, needs no sending again.
  if (lt(cc.resend, snd.una)) cc.resend = snd.una;
  if (!lt(cc.resend, snd.nxt)) return 0;
  const seq = cc.resend;
  stopTiming(tcb);
  count(Counter.TcpRetransSegs);
  cc.retransmitted++;
  if (seq == snd.end) {
    cc.resend = seq + 1;
    return emit(tcb, seq, Ctl.FIN | Ctl.ACK, 0);
  }
  // SND.WND has no say: what it has shrunk away from was within it once (MAY-7).
  // RFC 7323 §2.4b
  const length = unreportedLength(tcb, seq, min(textRoom(tcb), min(snd.end, snd.nxt) - seq));
  cc.resend = seq + length;
  watchFlight(tcb);
  // A FIN that was sent behind this text travels with it again.
  if (has(tcb, Flag.FIN_SENT) && seq + length == snd.end) {
    return emit(tcb, seq, Ctl.FIN | Ctl.PSH | Ctl.ACK, length);
  }
  const psh: u32 = seq + length == snd.end ? Ctl.PSH : 0; // MUST-61
  return emit(tcb, seq, Ctl.ACK | psh, length);
}

/** Octets the smaller window still allows from `snd.next` on; negative after a shrink (MUST-34). */
function usableWindow(tcb: Tcb): i32 {
  const snd = tcb.snd;
  if (isRecoveringByReports(tcb)) {
    return min(<i32>(tcb.cc.cwnd - pipe(tcb)), <i32>(snd.una + snd.wnd - snd.next)); // RFC 6675 §5d
  }
  const congestion = tcb.cc.cwnd + limitedTransmit(tcb); // RFC 3042 §2b
  // RFC 5681 §3.2f
  return <i32>(snd.una + min(snd.wnd, congestion) - snd.next); // MUST-34, SHLD-15, SHLD-16
}

/** Sends text from `snd.next` on, and the FIN behind it (RFC 9293 §3.7.4, §3.8.6.2.1). */
function transmitText(tcb: Tcb): u32 {
  const snd = tcb.snd;
  if (lt(snd.next, snd.nxt)) snd.next = firstUnreported(tcb, snd.next); // RFC 2018 §5a
  const unsent = pendingText(tcb);
  const finDue = has(tcb, Flag.FIN_QUEUED) && !lt(snd.end, snd.next);
  if (unsent == 0 && !finDue) return 0;

  if (snd.una == snd.nxt) {
    if (isPaused(tcb)) return 0;
    restartAfterIdle(tcb);
  }
  const usable = max<i32>(usableWindow(tcb), 0);
  const mss = textRoom(tcb);
  let length = min(min(unsent, mss), usable);
  const isAgain = lt(snd.next, snd.nxt);
  if (isAgain) length = unreportedLength(tcb, snd.next, length);
  // RFC 2525 §2.15
  const fin = finDue && length == unsent && (<u32>usable > length || isOpening(tcb));
  if (length == 0 && !fin) {
    if (snd.wnd == 0) watchFlight(tcb);
    return 0;
  }
  if (!fin && !isAgain && !isWorthSending(tcb, length, unsent, mss)) return 0;
  return emitText(tcb, length, fin, isAgain);
}

/**
 * Whether only our SYN is outstanding: a FIN behind it needs no room in cwnd, which is not set yet.
 */
function isOpening(tcb: Tcb): bool {
  return has(tcb, Flag.SYN_UNACKED) && tcb.snd.next == tcb.snd.iss + 1;
}

/**
 * Nagle's algorithm (SHLD-7, MUST-17) and the sender's side of silly-window avoidance (MUST-38): a
 * full segment always; all there is, if nothing is outstanding or Nagle is off; half the largest
 * window.
 */
function isWorthSending(tcb: Tcb, length: u32, unsent: u32, mss: u32): bool {
  if (length == mss) return true; // SHLD-28
  const isQuiet = tcb.snd.next == tcb.snd.una;
  if (has(tcb, Flag.OVERRIDDEN)) return true;
  if (!has(tcb, Flag.CORK)) {
    const mayBeShort = isQuiet || has(tcb, Flag.NAGLE_OFF); // SHLD-7, MUST-17
    if (mayBeShort && length == unsent) return true;
    if (mayBeShort && length >= tcb.snd.maxWnd / 2) return true; // MUST-38
  }
  // MUST-60: what is held back is sent after a while, whatever becomes of the window.
  if (isQuiet && armedFor(tcb, Timer.OVERRIDE) == 0) {
    arm(tcb, Timer.OVERRIDE, afterMillis(OVERRIDE_MS)); // MUST-60
  }
  return false; // MAY-16
}

function emitText(tcb: Tcb, length: u32, fin: bool, isAgain: bool): u32 {
  const snd = tcb.snd;
  const seq: LocalSeq = snd.next;
  lower(tcb, Flag.OVERRIDDEN);
  cancel(tcb, Timer.OVERRIDE);
  if (snd.una == snd.nxt) tcb.rtt.stalledAt = now();
  tcb.rtt.sentAt = now();
  if (isAgain) {
    stopTiming(tcb);
    count(Counter.TcpRetransSegs);
    count(Counter.TcpExtTCPSlowStartRetrans);
    tcb.cc.retransmitted++;
  } else {
    startTiming(tcb, seq);
  }
  // Only new text is ECN-capable: RFC 3168 §6.1.4, §6.1.5a.
  let ctl: u32 = isAgain || length == 0 ? Ctl.ACK : Ctl.ACK | newTextControl(tcb);
  snd.next = seq + length;
  if (snd.next == snd.end && length != 0) ctl |= Ctl.PSH; // MUST-61, SHLD-27
  if (fin) {
    ctl |= Ctl.FIN;
    raise(tcb, Flag.FIN_SENT);
    snd.next++;
  }
  snd.nxt = later(snd.nxt, snd.next);
  noteFlight(tcb);
  if (armedFor(tcb, Timer.RETRANSMIT) == 0) watchFlight(tcb); // RFC 6298 §5.1
  return emit(tcb, seq, ctl, length);
}

/** A keep-alive: no text, one octet below SND.NXT, so that the peer must answer (SHLD-12). */
function transmitKeepAlive(tcb: Tcb): u32 {
  lower(tcb, Flag.KEEP_ALIVE_NOW);
  count(Counter.TcpExtTCPKeepAlive);
  return emit(tcb, tcb.snd.nxt - 1, Ctl.ACK, 0); // SHLD-12
}
