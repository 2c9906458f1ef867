/**
 * HyStart++ (RFC 9406): slow start that ends when round trips grow longer, before the queue it
 * fills overflows. It goes on at a quarter of the speed for some rounds, to see whether the delay
 * was more than a coincidence.
 *
 * Its variables lie behind the controller's in the flight: it serves Reno and CUBIC.
 */
import { Reason } from '../../abi';
import { MILLISECOND, Micros } from '../../time';
import { CONTROLLER, Flight } from '../flight';
import { progress } from '../progress';
import { le, LocalSeq, lt } from '../seq';
import { Tcb } from '../tcb';
import { CUBIC_SIZE } from './cubic';
import { traceCongestion } from './note';
import { VALIDATION } from './validation';

/** HyStart++'s variables (RFC 9406 §4.2). */
@unmanaged
export class Hystart {
  /** windowEnd: SND.NXT when the round began. */
  roundEnd: LocalSeq;
  lastRoundLeast: Micros;
  currentRoundLeast: Micros;
  /** rttSampleCount of the round. */
  samples: u32;
  /** cssBaselineMinRtt; 0 outside of conservative slow start. */
  baseline: Micros;
  /** Rounds of conservative slow start that have passed. */
  rounds: u32;
  /** Octets acknowledged that have not grown cwnd by a whole one yet. */
  rest: u32;
  hasRound: u32;
}

if (CONTROLLER + CUBIC_SIZE + offsetof<Hystart>() > VALIDATION) ERROR('the flight is too small');

const LEAST_THRESHOLD: Micros = 4 * MILLISECOND;
const MOST_THRESHOLD: Micros = 16 * MILLISECOND;
const SAMPLES: u32 = 8;
const CSS_DIVISOR: u32 = 4;
const CSS_ROUNDS: u32 = 5;
const NEVER: Micros = 0xffff_ffff;

function hystartOf(flight: Flight): Hystart {
  return changetype<Hystart>(changetype<usize>(flight) + CONTROLLER + CUBIC_SIZE);
}

/** Slow start begins, or begins again. */
export function hystartBegin(flight: Flight): void {
  memory.fill(changetype<usize>(hystartOf(flight)), 0, offsetof<Hystart>());
}

/**
 * Looks at an acknowledgment in slow start.
 *
 * @returns the octets cwnd may grow by, of those acknowledged; ssthresh is set where it ends
 */
export function hystartAcked(tcb: Tcb, flight: Flight, acked: u32): u32 {
  const h = hystartOf(flight);
  // A mark that is not outstanding was acknowledged, or is one of long ago: it does not keep pace
  // while slow start is over, or while its user has too little data for cwnd to grow.
  const isOn = h.hasRound && lt(tcb.snd.una, h.roundEnd) && le(h.roundEnd, tcb.snd.nxt);
  if (!isOn) beginRound(tcb, h);
  const rtt = progress().rtt;
  if (rtt != 0) {
    h.currentRoundLeast = min(h.currentRoundLeast, rtt); // RFC 9406 §4.2b
    h.samples++;
  }
  if (h.baseline == 0) {
    if (isDelayed(h)) {
      h.baseline = h.currentRoundLeast;
      h.rounds = 0;
      traceCongestion(tcb, Reason.HYSTART_DELAY);
    }
    return acked;
  }
  // RTT has come down again: it was no queue.
  if (h.samples >= SAMPLES && h.currentRoundLeast < h.baseline) h.baseline = 0; // RFC 9406 §4.2f
  const product = acked + h.rest;
  h.rest = product % CSS_DIVISOR;
  return product / CSS_DIVISOR; // RFC 9406 §4.2e
}

function beginRound(tcb: Tcb, h: Hystart): void {
  if (h.hasRound && h.baseline != 0 && ++h.rounds >= CSS_ROUNDS) {
    tcb.cc.ssthresh = tcb.cc.cwnd; // RFC 9406 §4.2g
    traceCongestion(tcb, Reason.HYSTART_DONE);
  }
  h.lastRoundLeast = h.hasRound ? h.currentRoundLeast : NEVER;
  h.currentRoundLeast = NEVER; // RFC 9406 §4.2a
  h.samples = 0;
  h.roundEnd = tcb.snd.nxt;
  h.hasRound = 1;
}

/** Whether this round's shortest RTT has grown by an eighth, within 4 to 16 ms. */
function isDelayed(h: Hystart): bool {
  if (h.samples < SAMPLES || h.lastRoundLeast == NEVER || h.currentRoundLeast == NEVER) {
    return false;
  }
  const eighth = h.lastRoundLeast / 8;
  const threshold = min(max(eighth, LEAST_THRESHOLD), MOST_THRESHOLD); // RFC 9406 §4.2c
  return h.currentRoundLeast >= h.lastRoundLeast + threshold; // RFC 9406 §4.2d
}
