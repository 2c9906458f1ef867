/**
 * SEGMENT ARRIVES (RFC 9293 §3.10.7), as rules: CLOSED, LISTEN, SYN-SENT and TIME-WAIT.
 *
 * Written from the RFC's text, in its order, for whole numbers instead of sequence numbers. The
 * other states stand in `rules-others.ts`. Where netcell departs, the rule says so and names the
 * file of `assembly/` that gives the reason.
 */
import { ACK, FIN, RST, SYN, URG } from '../../dsl/segment.ts';
import { type Arrival, type Connection, has, lengthOf, Outcome } from './model.ts';
import { acceptable, finArrives, otherStates, textArrives } from './rules-others.ts';

/** What comes of a segment. */
export function segmentArrives(at: Connection, seg: Arrival): Outcome {
  switch (at.state) {
    case 'CLOSED':
      return closedState(at, seg).done();
    case 'LISTEN':
      return listenState(at, seg).done();
    case 'SYN-SENT':
      return synSentState(at, seg).done();
    case 'TIME-WAIT':
      return timeWaitState(at, seg).done();
    default:
      return otherStates(at, seg).done();
  }
}

/** §3.10.7.1: whatever is not a RST is answered by one the sender will believe. */
function closedState(at: Connection, seg: Arrival): Outcome {
  const o = new Outcome(at).by('§3.10.7.1');
  if (has(seg, RST)) return o;
  if (has(seg, ACK)) return o.send({ ctl: RST, seq: seg.ack }, 'seq=SEG.ACK');
  return o.send(
    { ctl: RST | ACK, seq: 0, ack: seg.seq + lengthOf(seg) },
    'seq=0 ack=SEG.SEQ+SEG.LEN',
  );
}

/** §3.10.7.2. */
function listenState(at: Connection, seg: Arrival): Outcome {
  const o = new Outcome(at);
  if (has(seg, RST)) return o.by('1st');
  if (has(seg, ACK)) return o.by('2nd').send({ ctl: RST, seq: seg.ack }, 'seq=SEG.ACK');
  if (!has(seg, SYN)) return o.by('4th');
  // DEVIATION (`arrives-listen.ts`): with a FIN it opens nothing, as in Linux.
  if (has(seg, FIN)) return o.by('3rd: SYN with FIN');
  return newConnection(o.by('3rd'), seg);
}

/**
 * A SYN that a listener takes. Its text is held, and counts as received, up to the end of the
 * window (`syn-entry.ts`).
 */
function newConnection(o: Outcome, seg: Arrival): Outcome {
  o.enter('SYN-RECEIVED', 'LISTEN');
  if (seg.text !== '') o.take('text held');
  const ack = seg.seq + 1 + seg.text.length;
  return o.send({ ctl: SYN | ACK, seq: 0, ack }, 'seq=ISS ack=RCV.NXT');
}

/** §3.10.7.3. */
function synSentState(at: Connection, seg: Arrival): Outcome {
  const o = new Outcome(at);
  // First: ISS < SEG.ACK =< SND.NXT.
  if (has(seg, ACK) && !(0 < seg.ack && seg.ack <= at.nxt)) {
    o.by('1st');
    return has(seg, RST) ? o : o.send({ ctl: RST, seq: seg.ack }, 'seq=SEG.ACK');
  }
  // Second: only who acknowledges our SYN can refuse it.
  if (has(seg, RST)) return has(seg, ACK) ? o.by('2nd').end('ECONNREFUSED') : o.by('2nd');
  if (!has(seg, SYN)) return o.by('5th');
  o.by('4th');
  o.rcvNxt = seg.seq + 1;
  const window = { ...at, rcvNxt: o.rcvNxt };
  // Its text and FIN lie behind the SYN.
  const rest = { ...seg, ctl: seg.ctl & ~SYN, seq: o.rcvNxt };
  if (!has(seg, ACK)) {
    // A simultaneous open: what else came is kept until ESTABLISHED.
    o.enter('SYN-RECEIVED');
    o.rcvNxt += seg.text.length;
    if (seg.text !== '') o.take('text held');
    if (has(seg, FIN)) o.take('FIN held');
    return o.send({ ctl: SYN | ACK, seq: 0, ack: o.rcvNxt }, 'seq=ISS ack=RCV.NXT');
  }
  o.una = seg.ack;
  o.enter('ESTABLISHED');
  o.tell('OPENED');
  o.acknowledge();
  o.hearsUrgent = true;
  if (has(seg, URG)) o.tell('URGENT');
  textArrives(o, window, rest);
  finArrives(o, window, rest);
  return o;
}

/**
 * TIME-WAIT: §3.10.7.4 where only a record is left, with RFC 1337 and RFC 1122 §4.2.2.13.
 *
 * The peer's own FIN lies below the window. So the first check, and not the fifth, is where it is
 * acknowledged and where 2 MSL begin anew; no other FIN prolongs them.
 */
function timeWaitState(at: Connection, seg: Arrival): Outcome {
  const o = new Outcome(at);
  // DEVIATION (`time-wait.ts`): a RST ends no wait (RFC 1337).
  if (has(seg, RST)) return o.by('2nd: RFC 1337');
  const isOpen = has(seg, SYN) && !has(seg, ACK) && !has(seg, FIN) && at.isPassive;
  if (isOpen && seg.seq > at.rcvNxt) {
    o.enter('CLOSED');
    return newConnection(o.by('4th: MAY-2'), seg);
  }
  const isTheirFin = has(seg, FIN) && seg.seq + lengthOf(seg) === at.rcvNxt;
  if (!acceptable(at, seg)) {
    o.restarts = isTheirFin;
    if (isTheirFin) o.take('2 MSL anew');
    return o.by('1st').acknowledge();
  }
  if (has(seg, SYN)) return o.by('4th').acknowledge('challenge ACK');
  if (!has(seg, ACK)) return o.by('5th');
  // What takes no sequence space is not answered, or two TIME-WAITs would never fall silent.
  o.by('5th');
  return lengthOf(seg) === 0 ? o : o.acknowledge();
}
