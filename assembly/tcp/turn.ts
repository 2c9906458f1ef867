/**
 * Turns: connections that have something to send do so one after the other.
 *
 * Whoever is marked anew, for an ACK, a short reply or because its window has opened, has a short
 * turn at once, so that a few octets never wait behind all who have much. What is left comes in
 * long turns: a packet each would be as fair, but has many connections cost more than one, for
 * every packet goes through a queue and finds another connection's records in the cache, and no
 * device can join it to the one before. When short turns have had as many octets as a long one, a
 * long one is due, so that nobody waits for ever.
 */
import { TURN } from '../memory';
import { readyQueue, tcbs, unfinishedQueue } from '../pools';
import { push, shift } from '../store/queue';
import { hasFlight } from './flight';
import { Flag, has, lower, pendingText, raise, READY_LINK, Tcb, tcbAt } from './tcb';

/** Octets of packets in a turn; its first may be longer. */
const SHORT: i32 = 4_096;
const LONG: i32 = 65_536;

/** The marks of what is due, but for text, a FIN and what is lost. */
const DUE: Flag =
  Flag.SYN_NOW |
  Flag.ACK_NOW |
  Flag.RESEND_NOW |
  Flag.PROBE_NOW |
  Flag.KEEP_ALIVE_NOW |
  Flag.TAIL_PROBE_NOW;

/** Whose turn it is. */
@unmanaged
class Turn {
  /** Its TCB; 0 when it is nobody's. */
  index: u32;
  /** Octets it may still send. */
  left: i32;
  /** Octets short turns may still have before a long one is due. */
  shortLeft: i32;
}

function turn(): Turn {
  return changetype<Turn>(TURN);
}

/**
 * The connection that may send now; null when none has anything to send. It is not in any queue:
 * what marks it while it sends puts it there.
 */
export function nextInTurn(): Tcb | null {
  const own = turn();
  const index = own.index != 0 ? own.index : beginTurn(own);
  own.index = 0;
  if (index == 0) return null;
  const tcb = tcbAt(index);
  lower(tcb, Flag.READY);
  return tcb;
}

/** The next turn: its TCB, or 0 when nobody has one. */
function beginTurn(own: Turn): u32 {
  if (own.shortLeft > 0) {
    const marked = shift(readyQueue(), tcbs(), READY_LINK);
    if (marked != 0) {
      const isAlone = readyQueue().head == 0 && unfinishedQueue().head == 0;
      own.left = isAlone ? LONG : SHORT;
      own.shortLeft -= SHORT;
      return marked;
    }
  }
  own.left = own.shortLeft = LONG;
  const unfinished = shift(unfinishedQueue(), tcbs(), READY_LINK);
  return unfinished != 0 ? unfinished : shift(readyQueue(), tcbs(), READY_LINK);
}

/** Octets that whoever's turn it is may send; its first packet may be longer. */
export function turnLeft(): u32 {
  return turn().left;
}

/** A connection has sent a packet of so many octets, and goes on if it may have more. */
export function goOn(tcb: Tcb, length: u32): void {
  // It was marked while it sent, and comes again.
  if (has(tcb, Flag.READY) || !mayHaveMore(tcb)) return;
  raise(tcb, Flag.READY);
  const own = turn();
  own.left -= length;
  // What is left would be a shorter packet, which costs as much as a full one.
  if (own.left >= <i32>length) own.index = tcb.index;
  else push(unfinishedQueue(), tcbs(), tcb.index, READY_LINK);
}

/**
 * Whether a connection that has just sent a packet may have another: not where nothing waits,
 * neither text nor a FIN nor a mark, and nothing is recorded that could be lost.
 */
function mayHaveMore(tcb: Tcb): bool {
  const isRecorded = hasFlight(tcb) && tcb.snd.una != tcb.snd.nxt;
  const isFinDue = (tcb.flags & (Flag.FIN_QUEUED | Flag.FIN_SENT)) == Flag.FIN_QUEUED;
  return isRecorded || isFinDue || pendingText(tcb) != 0 || has(tcb, DUE);
}
