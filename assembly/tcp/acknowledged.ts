/**
 * What new acknowledgments do (RFC 9293 §3.10.7.4, fifth): text leaves the buffer, timers start
 * anew.
 */
import { Reason, Result, Signal, Timer } from '../abi';
import { pages } from '../pools';
import { clearChain, dropChain } from '../store/chain';
import { now } from '../time';
import { congestionEchoed, isEcho } from './ecn';
import { flightOf, hasFlight, Probe } from './flight';
import { recordLoneFin } from './loss/lone-fin';
import { recover } from './loss/recovery';
import { dropAcknowledged, takeBlocks } from './loss/scoreboard';
import { watchAgain, watchFlight } from './loss/watch';
import { markReady, signal } from './marks';
import { confirmMtu } from './path-mtu';
import { beginProgress, Progress } from './progress';
import { endBusy } from './rate/limited';
import { endTiming, sample } from './loss/rto';
import { Segment } from './segment';
import { later, LocalSeq, lt } from './seq';
import { roomReturned } from './send';
import { armedFor, finAcknowledged, Flag, has, Tcb } from './tcb';
import { echoedRoundTrip } from './timestamps';

/** Takes an acceptable acknowledgment: what it acknowledges, what it reports, what that means. */
export function takeAcknowledgment(tcb: Tcb, seg: Segment): void {
  const before = tcb.snd.una;
  if (!lt(before, seg.ack)) {
    recordLoneFin(tcb);
    // Nothing of ours is on its way, so nothing is said of it: the peer alone is sending.
    if (!hasFlight(tcb)) return;
  }
  const made = beginProgress();
  made.isEcho = isEcho(tcb, seg) ? 1 : 0;
  if (has(tcb, Flag.TIMESTAMPS) && seg.options.hasTimestamps && seg.options.tsEcr != 0) {
    made.hasEcho = 1;
    made.echo = seg.options.tsEcr;
  }
  takeBlocks(tcb, seg, before);
  if (lt(before, seg.ack)) acknowledged(tcb, seg, made);
  if (hasFlight(tcb)) recover(tcb, seg);
  if (made.acked != 0) {
    // DEVIATION: RFC 6582 §3.2e would start the timer anew at the first partial ACK alone. RFC 6298
    // starts it at each ACK of new text, and a recovery that goes on hole by hole is no silence.
    watchFlight(tcb);
    markReady(tcb);
  } else if (made.hasDelivered && armedFor(tcb, Timer.PERSIST) == 0) {
    watchAgain(tcb);
    markReady(tcb);
  }
  if (made.isEcho) congestionEchoed(tcb, seg.ack, before);
}

/** SND.UNA < SEG.ACK =< SND.NXT: moves SND.UNA. */
function acknowledged(tcb: Tcb, seg: Segment, made: Progress): void {
  const snd = tcb.snd;
  const wasSentAgain = tcb.rtt.count != 0;
  const wasProbed = hasFlight(tcb) && flightOf(tcb).probe == Probe.AGAIN;
  made.acked = seg.ack - snd.una;
  snd.una = seg.ack;
  snd.up = later(snd.up, snd.una);
  if (hasFlight(tcb)) dropAcknowledged(tcb, flightOf(tcb));
  measure(tcb, seg, made, wasSentAgain || wasProbed); // RFC 7323 §4.1
  dropText(tcb, lt(snd.end, seg.ack) ? snd.end : seg.ack); // RFC 2018 §8b, RFC 2525 §2.4
  tcb.cc.total += made.acked;
  if (wasSentAgain) deliveryGoesOn(tcb);
  if (tcb.softError != Result.OK) forgetTrouble(tcb);
  tcb.rtt.stalledAt = now();
  roomReturned(tcb);
  endBusy(tcb);
  if (finAcknowledged(tcb)) signal(tcb, Signal.FIN_ACKNOWLEDGED);
}

/** Whatever was suspected while nothing was acknowledged is over; segments keep their size. */
function deliveryGoesOn(tcb: Tcb): void {
  tcb.rtt.count = 0;
  confirmMtu(tcb);
}

/** A soft error is over with the first acknowledgment that follows, whether it was told or not. */
export function forgetTrouble(tcb: Tcb): void {
  tcb.softError = <u8>Result.OK;
  tcb.reason = <u8>Reason.NONE;
  tcb.signals &= ~Signal.SOFT_ERROR;
}

/**
 * The timed segment measures. Where everything was sent again, or the last as a probe, the peer's
 * echo does, for it tells which sending it answers: if that is the first, the round trip is longer
 * than RTO was, which nothing else might ever teach (RFC 7323 §4).
 *
 * An answer to the second that reports the first as well says nothing: its echo is of the first,
 * whose own answer was lost or is being delayed. Then, and without an echo, RTO stays doubled until
 * text that is sent once is acknowledged (Karn's rule).
 */
function measure(tcb: Tcb, seg: Segment, made: Progress, wasSentAgain: bool): void {
  if (endTiming(tcb, seg.ack)) return;
  if (!wasSentAgain || made.hasDuplicate) return;
  const echoed = echoedRoundTrip(tcb, seg.options);
  if (echoed != 0) sample(tcb, echoed); // RFC 4015 §3.2c
}

function dropText(tcb: Tcb, position: LocalSeq): void {
  if (!lt(tcb.outgoing.start, position)) return;
  if (position == tcb.snd.end) clearChain(pages(), tcb.outgoing, position);
  else dropChain(pages(), tcb.outgoing, position);
}
