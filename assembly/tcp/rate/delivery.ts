/**
 * Delivery rate (draft-ietf-ccwg-bbr §4.1, as Linux measures it): the octets delivered between the
 * sending of a segment and its acknowledgment, over the longer of the time they took to be sent and
 * the time they took to be acknowledged.
 *
 * A segment takes along what was delivered before it was sent, and when; its acknowledgment then
 * tells how much was delivered meanwhile. Samples of data that its user gave too slowly are marked:
 * they say what the path carries at least.
 */
import { Flight, flightOf, hasFlight, limitByApp, missing, pipe } from '../flight';
import { progress } from '../progress';
import { clock, Mark, Sent, sentAt, spanOf } from '../sent';
import { Tcb } from '../tcb';
import { paced } from './pacing';

/** Four figures of a flight that each record has as well, side by side. */
const FIGURES: usize = offsetof<Flight>('delivered');

/** A record is sent now: it notes what the flight has delivered until now. */
export function noteSending(tcb: Tcb, flight: Flight, index: u32): void {
  const sent = sentAt(index);
  const span = spanOf(tcb, sent);
  const inFlight = pipe(tcb);
  // With nothing else on its way the measurement begins here: a pause is no sending.
  if (inFlight == span) flight.firstSentAt = flight.deliveredAt = clock(); // BBR §4.1.2.2a
  // BBR §4.1.2.2b
  v128.store(
    changetype<usize>(sent) + offsetof<Sent>('delivered'),
    v128.load(changetype<usize>(flight) + FIGURES),
  );
  sent.inFlight = inFlight;
  const others = <u32>sent.bits & ~Mark.APP_LIMITED;
  sent.bits = <u8>(flight.appLimited != 0 ? others | Mark.APP_LIMITED : others);
  paced(tcb, flight, span);
}

/**
 * There is no more data: if cwnd has room for some, its user and no window holds the connection
 * back, until what is on its way now is delivered.
 */
export function noteDry(tcb: Tcb): void {
  if (!hasFlight(tcb)) return;
  const flight = flightOf(tcb);
  const inFlight = pipe(tcb);
  if (missing(flight) != 0 || inFlight >= tcb.cc.cwnd) return;
  limitByApp(flight, inFlight); // BBR §4.1.2.4
}

/** Takes what an acknowledgment has delivered, and the sample it gives. */
export function sampleDelivery(tcb: Tcb, flight: Flight): void {
  const made = progress();
  if (made.delivered == 0) return;
  flight.delivered += made.delivered;
  flight.deliveredAt = clock();
  const limited = flight.appLimited;
  if (limited != 0 && <i32>(flight.delivered - limited) > 0) flight.appLimited = 0;
  // What may answer an earlier sending of the same data measures nothing.
  if (!made.hasNewest) return; // BBR §4.1.3.5
  flight.firstSentAt = made.newestAt;
  const sendElapsed = made.newestAt - made.priorFirstSentAt;
  const ackElapsed = clock() - made.priorAt;
  const interval = max(sendElapsed, ackElapsed); // BBR §4.1.2.3a
  // Less than the shortest round trip: it was delivered before it was sent again.
  if (interval == 0 || interval < tcb.rtt.least) return; // BBR §4.1.2.3b
  made.rateDelivered = flight.delivered - made.priorDelivered;
  made.rateInterval = interval;
  keepRate(flight);
}

/** Keeps the sample to be shown: of those that lack of data has limited only what is more. */
function keepRate(flight: Flight): void {
  const made = progress();
  const octets = made.rateDelivered;
  const interval = made.rateInterval;
  const isMore = <u64>octets * flight.rateInterval >= <u64>flight.rateDelivered * interval;
  if (made.isAppLimited && !isMore) return;
  flight.rateDelivered = octets;
  flight.rateInterval = interval;
  flight.isRateAppLimited = made.isAppLimited;
}
