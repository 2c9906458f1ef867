/**
 * The one timer of a sender: what it waits for, whichever comes first. The persist timer takes over
 * while the window is closed (RFC 9293 §3.8.6.1).
 */
import { Timer } from '../../abi';
import { Instant, now } from '../../time';
import { becomeQuiet, flightOf, hasFlight } from '../flight';
import { beforeGivingUp, MAX_RTO } from './rto';
import { le } from '../seq';
import { armedFor, Flag, has, pendingText, Tcb } from '../tcb';
import { arm, cancel } from '../timers';
import { mayProbe, probeTimeout } from './tail-probe';

/** What the retransmission timer waits for. */
export enum Watch {
  /** The retransmission timeout (RFC 6298). */
  RTO,
  /** What RACK suspects may be lost by then (RFC 8985 §6.3). */
  REORDER,
  /** The tail loss probe (RFC 8985 §7.2). */
  PROBE,
}

/** Starts the retransmission timer anew: something was acknowledged, or sent again. */
export function watchFlight(tcb: Tcb): void {
  const snd = tcb.snd;
  if (snd.wnd == 0 && (snd.una != snd.nxt || pendingText(tcb) != 0 || finPending(tcb))) {
    watchClosedWindow(tcb);
    return;
  }
  cancel(tcb, Timer.PERSIST);
  if (snd.una == snd.nxt) {
    cancel(tcb, Timer.RETRANSMIT); // RFC 6298 §5.2
    becomeQuiet(tcb);
    return;
  }
  const rtoAt = now() + tcb.rtt.rto; // RFC 6298 §5.1, §5.3, §5a
  // Without a flight our SYN is outstanding, or a FIN alone.
  if (hasFlight(tcb)) flightOf(tcb).rtoAt = rtoAt;
  watchUntil(tcb, rtoAt);
}

/** Arms the timer for what comes first; the retransmission timeout stays where it is. */
export function watchAgain(tcb: Tcb): void {
  watchUntil(tcb, flightOf(tcb).rtoAt);
}

/** Arms the timer for what comes first: the retransmission timeout, or something before it. */
function watchUntil(tcb: Tcb, rtoAt: Instant): void {
  const reorderWait = hasFlight(tcb) ? flightOf(tcb).reorderWait : 0;
  let at = rtoAt;
  let watch: Watch = Watch.RTO;
  if (reorderWait != 0) {
    if (now() + reorderWait < at) {
      at = now() + reorderWait;
      watch = Watch.REORDER;
    }
  } else if (mayProbe(tcb)) {
    // Where the timeout would come first, the probe takes its place.
    at = min(at, now() + probeTimeout(tcb)); // RFC 8985 §7.2c
    watch = Watch.PROBE;
  }
  tcb.watch = <u8>watch;
  arm(tcb, Timer.RETRANSMIT, beforeGivingUp(tcb, at));
}

/** A probe is about to leave: the retransmission timeout comes an RTO behind it. */
export function watchBehindProbe(tcb: Tcb): void {
  const flight = flightOf(tcb);
  flight.isProbeForRto = flight.rtoAt <= now() ? 1 : 0;
  flight.rtoAt = now() + tcb.rtt.rto; // RFC 8985 §7.3c
  tcb.watch = <u8>Watch.RTO;
  arm(tcb, Timer.RETRANSMIT, beforeGivingUp(tcb, flight.rtoAt));
}

function watchClosedWindow(tcb: Tcb): void {
  cancel(tcb, Timer.RETRANSMIT); // SHLD-17
  // SHLD-29: the first probe comes one RTO after the window closed.
  if (armedFor(tcb, Timer.PERSIST) != 0) return;
  // Nothing was outstanding, so silence begins here.
  if (tcb.snd.una == tcb.snd.nxt) tcb.rtt.stalledAt = now();
  arm(tcb, Timer.PERSIST, beforeGivingUp(tcb, now() + tcb.rtt.rto));
}

/** Whether a FIN waits to be sent. */
function finPending(tcb: Tcb): bool {
  return has(tcb, Flag.FIN_QUEUED) && le(tcb.snd.nxt, tcb.snd.end);
}

/** The next probe of a closed window: twice as long after each (SHLD-30). */
export function persistAgain(tcb: Tcb): void {
  const shift = min<u32>(tcb.rtt.count, 10);
  const delay = min<u64>((<u64>tcb.rtt.rto) << shift, MAX_RTO);
  arm(tcb, Timer.PERSIST, beforeGivingUp(tcb, now() + delay)); // SHLD-30
}
