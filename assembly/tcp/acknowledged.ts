/**
 * What new acknowledgments do (RFC 9293 §3.10.7.4, fifth): text leaves the buffer, timers start
 * anew.
 */
import { Reason, Result, Signal } from '../abi';
import { pages } from '../pools';
import { clearChain, dropChain } from '../store/chain';
import { now } from '../time';
import { isEcho } from './ecn';
import { markReady, tell } from './marks';
import { confirmMtu } from './path-mtu';
import { newAcknowledgment } from './recovery';
import { endTiming, sample } from './rto';
import { reportsDuplicate } from './sack';
import { Segment } from './segment';
import { later, LocalSeq, lt } from './seq';
import { roomReturned } from './send';
import { finAcknowledged, Tcb } from './tcb';
import { echoedRoundTrip } from './timestamps';
import { watchFlight } from './window';

/** SND.UNA < SEG.ACK =< SND.NXT: moves SND.UNA. */
export function acknowledged(tcb: Tcb, seg: Segment): void {
  const snd = tcb.snd;
  const length = seg.ack - snd.una;
  const wasSentAgain = tcb.rtt.count != 0;
  snd.una = seg.ack;
  snd.next = later(snd.next, snd.una);
  snd.up = later(snd.up, snd.una);
  measure(tcb, seg, wasSentAgain); // RFC 7323 §4.1
  dropText(tcb, lt(snd.end, seg.ack) ? snd.end : seg.ack); // RFC 2018 §8b, RFC 2525 §2.4
  tcb.cc.total += length;
  if (wasSentAgain) deliveryGoesOn(tcb);
  if (tcb.softError != Result.OK) forgetTrouble(tcb);
  tcb.rtt.stalledAt = now();
  newAcknowledgment(tcb, length, !isEcho(tcb, seg));
  // DEVIATION: RFC 6582 §3.2e would start the timer anew at the first partial ACK alone. RFC 6298
  // starts it at each ACK of new text, and a recovery that goes on hole by hole is no silence.
  watchFlight(tcb);
  roomReturned(tcb);
  if (finAcknowledged(tcb)) tell(tcb, Signal.FIN_ACKNOWLEDGED);
  markReady(tcb);
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
 * The timed segment measures. Where everything was sent again the peer's echo does, for it tells
 * which sending it answers: if that is the first, the round trip is longer than RTO was, which
 * nothing else might ever teach (RFC 7323 §4).
 *
 * An answer to the second that reports the first as well says nothing: its echo is of the first,
 * whose own answer was lost or is being delayed. Then, and without an echo, RTO stays doubled until
 * text that is sent once is acknowledged (Karn's rule).
 */
function measure(tcb: Tcb, seg: Segment, wasSentAgain: bool): void {
  if (endTiming(tcb, seg.ack)) return;
  if (!wasSentAgain || reportsDuplicate(tcb, seg)) return;
  const echoed = echoedRoundTrip(tcb, seg.options);
  if (echoed != 0) sample(tcb, echoed);
}

function dropText(tcb: Tcb, position: LocalSeq): void {
  if (!lt(tcb.outgoing.start, position)) return;
  if (position == tcb.snd.end) clearChain(pages(), tcb.outgoing, position);
  else dropChain(pages(), tcb.outgoing, position);
}
