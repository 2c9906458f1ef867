/**
 * Timeouts (RFC 9293 §3.10.8): user timeout and retransmission timeout, and the timers around them.
 *
 * The time-wait timeout stands with its records in `time-wait.ts`, an entry's in `backlog.ts`.
 */
import { Counter, Reason, Result, Signal, State, Timer, TraceKind } from '../abi';
import { count } from '../counters';
import { adviseAgainst } from '../ip/route';
import { afterMillis, Instant, now } from '../time';
import { trace } from '../trace';
import { flightOf, hasFlight } from './flight';
import { keepAliveTimeout } from './keep-alive';
import { deleteTcb } from './lifecycle';
import { acknowledge, markReady, signal } from './marks';
import { giveUp, isTooMany, longestOrphan, orphanTries, timeOfTries } from './orphans';
import { suspectBlackHole } from './path-mtu';
import { recordLoneFin } from './loss/lone-fin';
import { loseEverything, reorderTimeout } from './loss/recovery';
import { mayProbe } from './loss/tail-probe';
import { persistAgain, Watch, watchAgain, watchBehindProbe } from './loss/watch';
import { resetConnection } from './reply';
import { backOff, giveUpAt, MAX_RTO, R1, R2, stopTiming, SYN_R2 } from './loss/rto';
import { armedFor, Flag, handleOf, has, lower, raise, setTimer, Tcb } from './tcb';
import { arm, settle, stopLingering } from './timers';

/**
 * Runs every timer of a connection whose time has come. Only then it moves in the heap, to where
 * its next one says: what is armed meanwhile comes later than the moment it stands at.
 */
export function expire(tcb: Tcb): void {
  for (let timer: Timer = 0; timer < Timer.COUNT; timer++) {
    const at = armedFor(tcb, timer);
    if (at == 0 || at > now()) continue;
    setTimer(tcb, timer, 0);
    // It runs out every millisecond, and what it was for is told already.
    if (timer == Timer.PACE) {
      markReady(tcb);
      continue;
    }
    trace(
      TraceKind.TIMER,
      handleOf(tcb),
      tcb.state,
      Reason.NONE,
      timer,
      tcb.rtt.rto,
      tcb.rtt.count,
      0,
    );
    runOut(tcb, timer, at);
    if (tcb.state == State.CLOSED) return;
  }
  settle(tcb);
}

/** @param due when it was to run out: the clock may have jumped past that */
function runOut(tcb: Tcb, timer: Timer, due: Instant): void {
  switch (timer) {
    case Timer.RETRANSMIT:
      senderTimeout(tcb, due);
      return;
    case Timer.PERSIST:
      persistTimeout(tcb, due);
      return;
    case Timer.DELAYED_ACK:
      count(Counter.TcpExtDelayedACKs);
      acknowledge(tcb);
      return;
    case Timer.KEEP_ALIVE:
      keepAliveTimeout(tcb, due);
      return;
    case Timer.LINGER:
      stopLingering();
      deleteTcb(tcb, Result.OK, Reason.FIN_WAIT_2_TIMEOUT);
      return;
    default: // Timer.OVERRIDE
      raise(tcb, Flag.OVERRIDDEN);
      markReady(tcb);
      return;
  }
}

/**
 * The user timeout (§3.10.8): the connection is aborted, its user told; if ICMP has called the peer
 * unreachable and nothing was acknowledged since, that is why.
 *
 * DEVIATION: §3.10.8 sends nothing. A RST spares a peer that still lives the discovery by itself.
 */
export function userTimeout(tcb: Tcb, reason: Reason): void {
  count(Counter.TcpExtTCPAbortOnTimeout);
  if (tcb.state > State.SYN_SENT) resetConnection(tcb);
  const isUnreachable = tcb.softError == Result.HOST_UNREACHABLE;
  if (isUnreachable) deleteTcb(tcb, Result.HOST_UNREACHABLE, Reason.ICMP_UNREACHABLE);
  else deleteTcb(tcb, Result.ABORTED_DUE_TO_USER_TIMEOUT, reason);
}

/**
 * Whether the peer was given until `end` to answer. A clock that jumped, because the machine slept
 * or its program stood still, has taken that time away: what was due before the end, or at it and
 * long ago, is sent once more, and the peer gets another RTO. What is due after the end was given
 * that already.
 */
function hasHadUntil(tcb: Tcb, end: Instant, due: Instant): bool {
  return due > end || (due == end && now() - due < tcb.rtt.rto / 4);
}

/** The sender's timer runs out: what it has waited for decides what is done. */
function senderTimeout(tcb: Tcb, due: Instant): void {
  recordLoneFin(tcb);
  const watch = <Watch>tcb.watch;
  tcb.watch = <u8>Watch.RTO;
  const isOver = tcb.snd.una == tcb.snd.nxt || now() >= giveUpAt(tcb, R2);
  if (watch == Watch.RTO || isOver) {
    retransmissionTimeout(tcb, due);
  } else if (watch == Watch.REORDER) {
    reorderTimeout(tcb);
    watchAgain(tcb);
  } else if (mayProbe(tcb)) {
    raise(tcb, Flag.TAIL_PROBE_NOW);
    markReady(tcb);
    watchBehindProbe(tcb);
  } else if (flightOf(tcb).rtoAt <= now()) {
    // The window has shrunk since, and the time of the timeout, which the probe had, has come.
    retransmissionTimeout(tcb, due);
  } else {
    watchAgain(tcb);
  }
}

/** The retransmission timeout (§3.10.8, RFC 6298 §5). */
function retransmissionTimeout(tcb: Tcb, due: Instant): void {
  if (tcb.snd.una == tcb.snd.nxt) {
    // Nothing was lost: an echo had paused us (`ecn.ts`), and that is over.
    markReady(tcb);
    return;
  }
  if (isTooMany(tcb)) {
    giveUp(tcb);
    return;
  }
  const opening = has(tcb, Flag.SYN_UNACKED);
  const end = giveUpAt(tcb, patience(tcb)); // MUST-20, MUST-22
  // The time of an orphan's tries may be shorter than one on its path: it is tried once at least.
  const isOrphan = has(tcb, Flag.RELEASED) && tcb.userTimeoutMs == 0;
  if (hasHadUntil(tcb, end, due) && (!isOrphan || tcb.rtt.count != 0)) {
    userTimeout(tcb, Reason.USER_TIMEOUT);
    return;
  }
  count(Counter.TcpExtTCPTimeouts);
  tcb.rtt.count++;
  if (tcb.rtt.count == R1) {
    adviseAgainst(tcb.remote0, tcb.remote1); // MUST-20
    reportTrouble(tcb); // SHLD-9, SHLD-10
  }
  stopTiming(tcb);
  if (opening) {
    if (tcb.synCount < 255) tcb.synCount++;
    raise(tcb, Flag.SYN_NOW);
  } else {
    suspectBlackHole(tcb);
    loseEverything(tcb, tcb.rtt.count == 1); // RFC 6298 §5.4
  }
  backOff(tcb); // MUST-19, RFC 6298 §5.5, RFC 2525 §2.10
  let again = now() + tcb.rtt.rto;
  if (now() < end && !isOrphan) again = min(again, end);
  if (hasFlight(tcb)) flightOf(tcb).rtoAt = again;
  tcb.watch = <u8>Watch.RTO;
  arm(tcb, Timer.RETRANSMIT, again); // RFC 6298 §5.6
  markReady(tcb);
}

/** R2 of a connection: shorter for a SYN, and where nobody waits any more. */
function patience(tcb: Tcb): Instant {
  if (has(tcb, Flag.RELEASED)) return timeOfTries(orphanTries(tcb, tcb.rtt.rto < MAX_RTO));
  return has(tcb, Flag.SYN_UNACKED) ? SYN_R2 : R2;
}

/** R1 is reached: the user learns that delivery is in trouble (SHLD-9). */
function reportTrouble(tcb: Tcb): void {
  // What ICMP has said of it says more.
  if (tcb.softError == Result.OK) {
    tcb.softError = <u8>Result.ABORTED_DUE_TO_USER_TIMEOUT;
    tcb.reason = <u8>Reason.RETRANSMISSION_TIMEOUT;
  }
  signal(tcb, Signal.SOFT_ERROR);
}

/**
 * The window is still closed: probe it (RFC 9293 §3.8.6.1). Only silence ends the connection
 * (MUST-37).
 */
function persistTimeout(tcb: Tcb, due: Instant): void {
  // MUST-37: an answer to the last probe begins the count anew.
  // Answers keep a connection for as long as its user waits; without one, or past the user's own
  // limit, only progress counts (RFC 6429 §4).
  const isOrphan = has(tcb, Flag.RELEASED);
  const isPatient = !isOrphan && tcb.userTimeoutMs == 0;
  const end = giveUpAt(tcb, isOrphan ? longestOrphan() : R2);
  if (isTooMany(tcb)) {
    giveUp(tcb);
    return;
  }
  if (tcb.rtt.probes == 0 && isPatient) {
    tcb.rtt.stalledAt = now();
  } else if (hasHadUntil(tcb, end, due) || hasTried(tcb)) {
    userTimeout(tcb, Reason.USER_TIMEOUT);
    return;
  }
  tcb.rtt.probes++;
  tcb.rtt.count++;
  raise(tcb, Flag.PROBE_NOW);
  persistAgain(tcb);
  markReady(tcb);
}

/** Whether an orphan's probes have been left unanswered as often as tcp_orphan_retries says. */
function hasTried(tcb: Tcb): bool {
  return has(tcb, Flag.RELEASED) && tcb.rtt.probes >= orphanTries(tcb, true);
}

/** Turns a connection's keep-alive on or off (MUST-24). */
export function setKeepAlive(tcb: Tcb, on: bool): void {
  if (on == has(tcb, Flag.KEEP_ALIVE)) return;
  if (!on) {
    lower(tcb, Flag.KEEP_ALIVE);
    setTimer(tcb, Timer.KEEP_ALIVE, 0);
    return;
  }
  raise(tcb, Flag.KEEP_ALIVE);
  const isOpen = tcb.state >= State.ESTABLISHED && tcb.state < State.TIME_WAIT;
  if (isOpen) arm(tcb, Timer.KEEP_ALIVE, afterMillis(tcb.keepAliveIdleMs));
}
