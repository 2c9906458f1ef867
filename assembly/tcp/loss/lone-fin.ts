/**
 * A FIN that leaves while nothing else is on its way: most connections end by one.
 *
 * Nearly always the next segment acknowledges it, and loss detection, for which records are kept,
 * is never asked. So such a FIN leaves like a SYN, without a record, and where the connection has
 * no flight (`flight.ts`) without that. The first event that is no acknowledgment of it makes both
 * as they would have been: a timer that runs out, a duplicate, a window that opens again. What the
 * FIN's own acknowledgment would have done to cwnd and the delivery rate is left out: nothing is
 * sent behind a FIN.
 */
import { Micros } from '../../time';
import { Flight, hasFlight, takeFlight } from '../flight';
import { noteSending } from '../rate/delivery';
import { LocalSeq } from '../seq';
import { firstSent, recordSent, sentAt } from '../sent';
import { Flag, has, Tcb } from '../tcb';

/** Whether what is sent now, from `seq` to `end`, is a FIN alone. */
export function isLoneFin(tcb: Tcb, seq: LocalSeq, end: LocalSeq): bool {
  const isFin = has(tcb, Flag.FIN_SENT) && end - seq == 1;
  return isFin && tcb.snd.una == seq && !hasFlight(tcb);
}

/** Something is asked of what is outstanding: a FIN that has left alone is recorded. */
export function recordLoneFin(tcb: Tcb): void {
  const snd = tcb.snd;
  if (hasFlight(tcb) || snd.una == snd.nxt || has(tcb, Flag.SYN_UNACKED)) return;
  const flight = recordOne(tcb);
  sentAt(firstSent(flight)).sentAt = <Micros>tcb.rtt.sentAt;
  flight.rtoAt = tcb.rtt.sentAt + tcb.rtt.rto;
}

/** One number is all that is outstanding, an octet or a FIN at SND.UNA: it is sent now. */
export function recordOne(tcb: Tcb): Flight {
  const flight = takeFlight(tcb);
  recordSent(flight, tcb.snd.una, 1);
  tcb.snd.nxt = tcb.snd.una + 1;
  noteSending(tcb, flight, firstSent(flight));
  return flight;
}
