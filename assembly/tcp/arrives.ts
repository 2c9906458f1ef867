/**
 * SEGMENT ARRIVES (RFC 9293 §3.10.7): from a datagram to the section of the state it meets.
 *
 * Here too is §3.10.7.1, CLOSED: what belongs to nobody is answered by a RST, unless it is one.
 */
import { Counter, Reason, State } from '../abi';
import { count, countMany } from '../counters';
import { Datagram } from '../ip/datagram';
import { synEntryState } from './arrives-syn-entry';
import { listenState } from './arrives-listen';
import { otherStates } from './arrives-others';
import { synSentState } from './arrives-syn-sent';
import { hasRoom } from './backlog';
import { isIntact } from './checksum';
import { synEntryAt } from './syn-entry';
import { findSegment, Holder, holderOf, indexIn, listenerFor } from './demux';
import { resetSegment } from './reply';
import { dropStray, isLeft, readSegment, Segment, segment } from './segment';
import { LocalSeq } from './seq';
import { isSourceRouteRefused } from './source-route';
import { tcbAt } from './tcb';
import { isSourceRoutedWait, timeWaitState } from './time-wait';

/** Processes the segment a datagram holds; answers nothing itself, only marks. */
export function arrives(d: Datagram): void {
  const seg = segment();
  count(Counter.TcpInSegs);
  if (!readSegment(seg, d)) return;
  if (seg.segments != 1) countMany(Counter.TcpInSegs, seg.segments - 1);
  const reference = findSegment(seg);
  if (!isIntact(seg, d, reference)) return;
  if (seg.options.illegal) count(Counter.TcpExtTCPBadOptions);
  if (seg.sourceRoute != 0 && !isSourceRoutedWait(reference) && isSourceRouteRefused(reference)) {
    count(Counter.IpSourceRouteRefused);
    dropStray(seg, Reason.SOURCE_ROUTE_REFUSED);
    return;
  }
  switch (holderOf(reference)) {
    case Holder.CONNECTION: {
      const tcb = tcbAt(indexIn(reference));
      if (tcb.state == State.SYN_SENT) synSentState(tcb, seg);
      else otherStates(tcb, seg);
      return;
    }
    case Holder.SYN_ENTRY:
      synEntryState(synEntryAt(indexIn(reference)), seg);
      return;
    case Holder.TIME_WAIT: {
      const listener = listenerFor(seg);
      const isListening = listener != null && hasRoom(listener);
      const least = timeWaitState(indexIn(reference), seg, isListening);
      if (least != 0) nobodysSegment(seg, least);
      return;
    }
    default:
      nobodysSegment(seg, 0);
  }
}

/** A segment whose tuple nobody holds: a listener's, or CLOSED (§3.10.7.1). */
function nobodysSegment(seg: Segment, leastIss: LocalSeq): void {
  const listener = listenerFor(seg);
  if (listener != null) listenState(listener, seg, leastIss);
  else closedState(seg);
}

/** SEGMENT ARRIVES, CLOSED (RFC 9293 §3.10.7.1). */
function closedState(seg: Segment): void {
  if (isLeft(seg)) return;
  resetSegment(seg, Reason.NO_CONNECTION);
}
