/** SEGMENT ARRIVES, LISTEN (RFC 9293 §3.10.7.2). */
import { Counter, Reason, State } from '../abi';
import { count } from '../counters';
import { cookieReturned } from './arrives-syn-entry';
import { addEntry } from './backlog';
import { resetSegment } from './reply';
import { dropStray, isLeft, Segment, traceArrival } from './segment';
import { LocalSeq } from './seq';
import { handleOf, Tcb } from './tcb';

/**
 * Three checks in the RFC's order; a SYN that passes them begins a SYN-queue entry.
 *
 * @param leastIss see `addEntry`
 */
export function listenState(listener: Tcb, seg: Segment, leastIss: LocalSeq): void {
  traceArrival(seg, handleOf(listener), State.LISTEN);
  // First, check for a RST: it can refer to nothing here.
  if (seg.isRst) {
    if (isLeft(seg)) return;
    dropStray(seg, Reason.RST_IN_LISTEN);
    return;
  }
  // Second, check for an ACK: nothing was sent that could be acknowledged.
  if (seg.isAck) {
    // Unless it acknowledges a SYN,ACK that was not remembered (RFC 4987 §3.6).
    if (!seg.isSyn && cookieReturned(listener, seg)) return;
    if (isLeft(seg)) return;
    resetSegment(seg, Reason.ACK_IN_LISTEN);
    return;
  }
  // Third, check for a SYN. Text is kept with it.
  if (seg.isSyn) {
    // DEVIATION: §3.10.7.2 queues a FIN for later. No TCP opens and closes in one segment; such a
    // one looks for gaps in filters, and Linux drops it as well.
    if (seg.isFin) {
      count(Counter.TcpExtListenDrops);
      dropStray(seg, Reason.SYN_WITH_FIN);
      return;
    }
    count(Counter.TcpPassiveOpens);
    addEntry(listener, seg, leastIss);
    return;
  }
  // Fourth, other segments have no ACK, so they are dropped.
  dropStray(seg, Reason.NO_ACK_BIT);
}
