/**
 * RACK (RFC 8985 §6): what was sent before something that has been delivered, and longer ago than
 * reordering explains, is lost.
 *
 * It looks at the time of each segment's last sending, so it finds lost retransmissions as it finds
 * lost originals. How much later than its successors a segment may arrive is learned: nothing until
 * reordering was seen, then a quarter of the shortest RTT, and more for each round in which the
 * peer reports duplicates of what was sent again for nothing.
 */
import { Counter, Reason } from '../../abi';
import { count } from '../../counters';
import { Micros, MILLISECOND } from '../../time';
import { Flight, Phase } from '../flight';
import { isSentAfter, progress } from '../progress';
import { traceCongestion } from '../rate/note';
import { noteLeast } from './rto';
import { later, lt } from '../seq';
import { clock, endOf, sentAt } from '../sent';
import { Tcb } from '../tcb';
import { markLost } from './scoreboard';

/** DupThresh (RFC 5681 §3.2, RFC 8985 §6.2). */
export const DUPLICATE_THRESHOLD: u32 = 3;
/** Recoveries after which a window widened by duplicates is as narrow as before. */
const PERSIST: u8 = 16;
/** Most quarters of the shortest RTT the window can be; SRTT bounds it as well. */
const MAX_STEPS: u8 = 254;
/** Smallest window while reordering may be: no host keeps its timers more finely. */
const LEAST_WINDOW: Micros = MILLISECOND;
/** Largest count of reordering that is kept. */
const MOST_SEEN: u16 = 0xffff;

/** Takes what an acknowledgment has delivered into account (RFC 8985 §6.2, steps 1 to 4). */
export function rackUpdate(tcb: Tcb, flight: Flight): void {
  const made = progress();
  if (made.rtt != 0) noteLeast(tcb, made.rtt);
  if (made.hasNewest) {
    flight.rackRtt = made.newestRtt; // RFC 8985 §6.2a
    const isLater = isSentAfter(
      made.newestAt,
      made.newestEnd,
      flight.rackSentAt,
      flight.rackEnd,
    );
    if (isLater || !flight.hasRack) {
      flight.rackSentAt = made.newestAt;
      flight.rackEnd = made.newestEnd;
      flight.isRackAgain = <u8>made.isNewestAgain;
      flight.hasRack = 1;
    }
  }
  if (made.hasOriginal && lt(made.lowestEnd, flight.fack)) noteReordering(tcb); // RFC 8985 §6.2b
  if (made.hasDelivered) flight.fack = later(flight.fack, made.highestEnd);
  if (flight.hasDsackRound && !lt(tcb.snd.una, flight.dsackRound)) flight.hasDsackRound = 0;
  if (made.hasDuplicate && !flight.hasDsackRound) {
    // RFC 8985 §6.2c
    flight.hasDsackRound = 1;
    flight.dsackRound = tcb.snd.nxt;
    if (tcb.cc.reorderSteps < MAX_STEPS) tcb.cc.reorderSteps++;
    tcb.cc.reorderPersist = PERSIST;
  }
}

/** Reordering was seen: from now on three segments beyond a hole prove no loss. */
export function noteReordering(tcb: Tcb): void {
  if (!tcb.cc.reorderSeen) {
    count(Counter.TcpExtTCPSACKReorder);
    traceCongestion(tcb, Reason.REORDERING_SEEN);
  }
  if (tcb.cc.reorderSeen < MOST_SEEN) tcb.cc.reorderSeen++;
}

/** A recovery has ended: reordering that was not seen again is forgotten after some. */
export function rackRecovered(tcb: Tcb): void {
  if (tcb.cc.reorderPersist == 0) return;
  tcb.cc.reorderPersist--;
  if (tcb.cc.reorderPersist == 0) tcb.cc.reorderSteps = 0;
}

/** RACK.reo_wnd: how much later than what was sent after it a segment may arrive. */
function reorderWindow(tcb: Tcb, flight: Flight): Micros {
  if (!tcb.cc.reorderSeen) {
    // Without reordering three segments beyond a hole prove it, as ever (RFC 8985 §6.2d).
    // RFC 6675 §4a
    if (flight.phase != Phase.OPEN || flight.sackedSegments >= DUPLICATE_THRESHOLD) return 0;
  }
  const steps: u64 = 1 + <u64>tcb.cc.reorderSteps;
  const window = <Micros>min<u64>((steps * tcb.rtt.least) / 4, 0xffff_ffff); // RFC 8985 §6.2e
  const bounded = tcb.rtt.srtt == 0 ? window : min(window, tcb.rtt.srtt);
  return max(bounded, LEAST_WINDOW);
}

/** Whether what was sent so long ago is lost, if something sent later was delivered. */
export function rackWait(tcb: Tcb, flight: Flight): Micros {
  return flight.rackRtt + reorderWindow(tcb, flight);
}

/**
 * Marks what is lost (RFC 8985 §6.2, step 5); what may still be on its way is looked at again after
 * `reorderWait`.
 */
export function detectLosses(tcb: Tcb, flight: Flight): void {
  const lost = flight.lost;
  const resent = flight.resent;
  findLosses(tcb, flight);
  if (flight.lost != lost) traceCongestion(tcb, Reason.RACK_LOST);
  if (flight.resent != resent) traceCongestion(tcb, Reason.RETRANSMISSION_LOST);
}

function findLosses(tcb: Tcb, flight: Flight): void {
  flight.reorderWait = 0;
  if (!flight.hasRack) return;
  const wait = rackWait(tcb, flight);
  for (let at = flight.oldest; at != 0; ) {
    const sent = sentAt(at);
    const following = sent.newer;
    const end = endOf(tcb, sent);
    if (!isSentAfter(flight.rackSentAt, flight.rackEnd, sent.sentAt, end)) return;
    // Of the same microsecond, what was sent again may have left behind new data that has arrived.
    // Among what was sent again the order is that of numbers.
    if (sent.sends > 1 && !flight.isRackAgain && sent.sentAt == flight.rackSentAt) {
      at = following;
      continue;
    }
    const age = clock() - sent.sentAt;
    if (age < wait) {
      // DEVIATION: RFC 8985 §6.2 waits for the last of them. The list is in order of time, so the
      // first to be lost is found without looking at the others, and is sent again sooner.
      flight.reorderWait = wait - age;
      return;
    }
    markLost(tcb, flight, at);
    at = following;
  }
}
