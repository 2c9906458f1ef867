/**
 * Delivery rate (draft-ietf-ccwg-bbr §4.1, as Linux measures it): octets delivered between the
 * sending of a segment and its acknowledgment, over the longer of the time they took to be sent and
 * to be acknowledged.
 */
import { Flight } from '../flight';
import { progress } from '../progress';
import { clock, Mark, sentAt } from '../sent';
import { Tcb } from '../tcb';
import { Micros } from '../../time';

/** Notes in a record that is sent now what the flight has delivered until now. */
export function noteSending(tcb: Tcb, flight: Flight, index: u32, wasQuiet: bool): void {
  // A flight that begins measures from here on: the pause before it was no sending.
  if (wasQuiet) flight.firstSentAt = flight.deliveredAt = clock();
  const sent = sentAt(index);
  sent.delivered = flight.delivered;
  sent.deliveredAt = flight.deliveredAt;
  sent.firstSentAt = flight.firstSentAt;
  sent.lostTotal = flight.lostTotal;
  sent.inFlight = tcb.snd.nxt - tcb.snd.una;
  if (flight.appLimited != 0) sent.bits = <u8>(<u32>sent.bits | Mark.APP_LIMITED);
}

/** Notes that its user, not a window, holds the connection back now. */
export function noteAppLimited(flight: Flight, inFlight: u32): void {
  flight.appLimited = max<u32>(flight.delivered + inFlight, 1);
}

/** Takes the sample of an acknowledgment, if it is one. */
export function sampleDelivery(tcb: Tcb, flight: Flight): void {
  const made = progress();
  if (flight.appLimited != 0 && <i32>(flight.delivered - flight.appLimited) > 0) {
    flight.appLimited = 0;
  }
  if (!made.hasRate) return;
  const ackElapsed: Micros = flight.deliveredAt - made.priorAt;
  const interval = max(made.sendElapsed, ackElapsed);
  // What was delivered faster than the shortest RTT was delivered before it was asked for.
  if (interval == 0 || interval < tcb.rtt.least) return;
  const octets = flight.delivered - made.priorDelivered;
  const isFaster =
    <u64>octets * flight.rateInterval >= <u64>flight.rateDelivered * interval ||
    flight.rateInterval == 0;
  // A rate that the user has limited says only that the path carries at least that.
  if (made.isAppLimited && !isFaster) return;
  flight.rateDelivered = octets;
  flight.rateInterval = interval;
}
