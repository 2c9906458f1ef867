/**
 * SEGMENT ARRIVES, other states (RFC 9293 §3.10.7.4), as rules: the eight checks in their order.
 *
 * Written from the RFC's text and RFC 5961's; no word or line is shared with the core. Timestamps
 * are off, so PAWS has no say.
 */
import { ACK, FIN, RST, SYN, URG } from '../../dsl/segment.ts';
import { type Arrival, type Connection, has, lengthOf, Outcome } from './model.ts';

const edge = (at: Connection): number => at.rcvNxt + at.rcvWnd;
const inWindow = (at: Connection, seq: number): boolean =>
  at.rcvWnd === 0 ? seq === at.rcvNxt : at.rcvNxt <= seq && seq < edge(at);

/** §3.4, Table 6: any of the segment lies in the window. */
export function acceptable(at: Connection, seg: Arrival): boolean {
  const last = seg.seq + Math.max(lengthOf(seg), 1) - 1;
  // MUST-66: a closed window takes nothing, but ACK, URG and RST at its edge still count.
  if (at.rcvWnd === 0) return seg.seq === at.rcvNxt;
  return inWindow(at, seg.seq) || inWindow(at, last);
}

/** The eight checks; a SYN-RECEIVED of a listener differs in the second and the fourth. */
export function otherStates(at: Connection, seg: Arrival): Outcome {
  const o = new Outcome(at);
  if (at.state === 'SYN-RECEIVED' && has(seg, SYN) && !has(seg, RST) && seg.seq === 0) {
    return theirSynAgain(o, at, seg);
  }
  // First.
  if (!acceptable(at, seg) && !(has(seg, RST) && isOfTheirFin(at, seg))) {
    o.by('1st');
    if (has(seg, RST)) return o;
    if (isLate(at, seg)) acknowledged(o.by('A.2').acknowledge(), at, seg);
    return o.acknowledge();
  }
  // Second.
  if (has(seg, RST)) return rst(o.by('2nd'), at, seg);
  // Third: there is no security compartment.
  // Fourth: RFC 5961 §4.2; a listener's entry returns to LISTEN.
  if (has(seg, SYN)) {
    o.by('4th');
    if (at.isEntry) o.enter('LISTEN');
    else o.acknowledge('challenge ACK');
    return o;
  }
  fromFifth(o, at, seg);
  return o;
}

/**
 * An old segment whose sender has all we sent: its ACK counts (appendix A.2; `arrives-others.ts`),
 * for it is what a FIN that has crossed ours waits for. It must name SND.NXT, and lie no further
 * below the window than the peer can have sent before.
 */
function isLate(at: Connection, seg: Arrival): boolean {
  const isAll = has(seg, ACK) && seg.ack === at.nxt && at.una < at.nxt;
  const isNear = seg.seq < at.rcvNxt && seg.seq >= at.rcvNxt - at.buffer;
  return isAll && isNear && !has(seg, SYN);
}

/** A RST with the number of the peer's FIN, once that has come (`arrives-others.ts`). */
function isOfTheirFin(at: Connection, seg: Arrival): boolean {
  const hasCome = at.state === 'CLOSE-WAIT' || at.state === 'CLOSING' || at.state === 'LAST-ACK';
  return hasCome && seg.seq === at.rcvNxt - 1;
}

/** The second check (RFC 5961 §3.2): at the very edge, inside the window, or outside. */
function rst(o: Outcome, at: Connection, seg: Arrival): Outcome {
  if (seg.seq !== at.rcvNxt && !isOfTheirFin(at, seg)) {
    return inWindow(at, seg.seq) ? o.acknowledge('challenge ACK') : o;
  }
  if (at.state !== 'SYN-RECEIVED') return o.end('ECONNRESET');
  if (!at.isEntry) return o.end('ECONNREFUSED');
  o.enter('LISTEN');
  return o;
}

/**
 * The SYN we have had comes again. To a listener's entry it says that our SYN,ACK was lost
 * (`backlog.ts`: sent again, where the first check would have a bare ACK). In a simultaneous open
 * its ACK is what opens (Figure 7, line 6): its SYN is old and trimmed, the rest is processed.
 */
function theirSynAgain(o: Outcome, at: Connection, seg: Arrival): Outcome {
  if (at.isEntry && !has(seg, ACK)) {
    o.by('1st: the SYN again');
    return o.send({ ctl: SYN | ACK, seq: 0, ack: at.rcvNxt }, 'seq=ISS ack=RCV.NXT');
  }
  if (at.isEntry) {
    if (!acceptable(at, seg)) return o.by('1st').acknowledge();
    o.by('4th').enter('LISTEN');
    return o;
  }
  if (!has(seg, ACK)) return o.by('1st: the SYN again').acknowledge();
  o.by('Figure 7');
  if (fromFifth(o, at, { ...seg, ctl: seg.ctl & ~SYN, seq: 1 })) o.acknowledge();
  return o;
}

/** The fifth check and on; false when it drops the segment. */
function fromFifth(o: Outcome, at: Connection, seg: Arrival): boolean {
  o.by('5th');
  if (!has(seg, ACK)) return false;
  if (at.state === 'SYN-RECEIVED') {
    if (!(at.una < seg.ack && seg.ack <= at.nxt)) {
      o.send({ ctl: RST, seq: seg.ack }, 'seq=SEG.ACK');
      return false;
    }
  }
  // MAY-12: (SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT.
  if (seg.ack < at.una - at.maxWnd || seg.ack > at.nxt) {
    o.acknowledge('challenge ACK');
    return false;
  }
  acknowledged(o, at, seg);
  if (o.state === 'CLOSED' || o.state === 'TIME-WAIT') return false;
  // Sixth: the user hears of urgent text where it still reads, if it knows of the connection.
  if (o.state === 'ESTABLISHED' || o.state === 'FIN-WAIT-1' || o.state === 'FIN-WAIT-2') {
    o.hearsUrgent = !at.isEntry;
    if (has(seg, URG) && o.hearsUrgent) o.tell('URGENT');
  }
  textArrives(o, at, seg);
  finArrives(o, at, seg);
  return true;
}

/** The fifth check, for an ACK in range: SND.UNA, and what the ACK of our SYN or FIN does. */
function acknowledged(o: Outcome, at: Connection, seg: Arrival): void {
  o.take('ACK');
  o.una = Math.max(at.una, seg.ack);
  if (at.state === 'SYN-RECEIVED') {
    o.enter('ESTABLISHED');
    o.tell(at.isEntry ? 'ACCEPTABLE' : 'OPENED');
  }
  const hasFin = at.nxt > at.textEnd && at.una < at.nxt;
  if (!hasFin || seg.ack !== at.nxt) return;
  o.tell('FIN_ACKNOWLEDGED');
  switch (at.state) {
    case 'FIN-WAIT-1':
      o.enter('FIN-WAIT-2');
      return;
    case 'CLOSING':
      o.enter('TIME-WAIT');
      o.tell('CLOSED in order');
      return;
    default:
      // LAST-ACK.
      o.end('in order');
      return;
  }
}

/** The seventh check: text in order, text that waits for its turn, text behind a FIN. */
export function textArrives(o: Outcome, at: Connection, seg: Arrival): void {
  if (seg.text === '') return;
  if (o.state !== 'ESTABLISHED' && o.state !== 'FIN-WAIT-1' && o.state !== 'FIN-WAIT-2') return;
  o.by('7th');
  const end = Math.min(seg.seq + seg.text.length, edge(at));
  if (seg.seq > at.rcvNxt) {
    // SHLD-31, MAY-13: held in its place; the gap is asked for at once.
    o.take('text held');
    o.acknowledge();
    return;
  }
  if (end <= at.rcvNxt) {
    o.acknowledge();
    return;
  }
  o.take('text');
  o.unread = end - at.rcvNxt;
  o.rcvNxt = end;
  if (!at.isEntry) o.tell('READABLE');
  // What was sent in part for nothing waits for an ACK that was lost.
  if (seg.seq < at.rcvNxt) o.acknowledge();
  else o.acknowledgeLater();
}

/** The eighth check: a FIN counts when everything before it is there; one out of order waits. */
export function finArrives(o: Outcome, at: Connection, seg: Arrival): void {
  if (!has(seg, FIN)) return;
  // Its FIN was had already: a connection has no second one.
  if (o.state === 'CLOSE-WAIT' || o.state === 'CLOSING' || o.state === 'LAST-ACK') return;
  o.by('8th');
  const fin = seg.seq + lengthOf(seg) - 1;
  o.acknowledge();
  // Beyond the window it is cut off like text; but right behind it a FIN is taken, for it needs no
  // buffer: even where the window is closed (`arrives-others.ts`, `checkFin`).
  if (fin > edge(at)) return;
  if (fin !== o.rcvNxt) {
    o.take('FIN held');
    return;
  }
  o.take('FIN');
  o.rcvNxt++;
  if (!at.isEntry) o.tell('CONNECTION_CLOSING', 'READABLE');
  switch (o.state) {
    case 'ESTABLISHED':
      o.enter('CLOSE-WAIT');
      return;
    case 'FIN-WAIT-1':
      o.enter('CLOSING');
      return;
    default:
      // FIN-WAIT-2.
      o.enter('TIME-WAIT');
      o.tell('CLOSED in order');
      return;
  }
}
