/**
 * When to acknowledge (RFC 9293 §3.8.6.3), and how seldom to contradict (RFC 5961 §7).
 */
import { Counter, Reason, Timer } from '../abi';
import { count } from '../counters';
import { random } from '../random';
import { afterMillis, millisNow } from '../time';
import { acknowledge } from './marks';
import { dropSegment, Segment } from './segment';
import { armedFor, handleOf, Tcb } from './tcb';
import { arm } from './timers';

/**
 * Milliseconds between challenges to one peer, before the jitter that hides it.
 *
 * DEVIATION: RFC 5961 §7b would have this tuned by the host. It is one connection's and not the
 * host's, so there is no load it would have to be weighed against.
 */
export const CHALLENGE_PERIOD: u32 = 250;

/**
 * Acknowledges text that came in order: at once from the second full segment on (SHLD-19), else
 * after the delay (SHLD-18). Segments that are processed together are acknowledged together
 * (MUST-58).
 */
export function acknowledgeText(tcb: Tcb): void {
  if (tcb.rcv.nxt - tcb.rcv.lastAckSent >= 2 * <u32>tcb.rcv.mss || tcb.delayedAckMs == 0) {
    acknowledge(tcb); // SHLD-19, RFC 5681 §4.2a, RFC 2525 §2.13
  } else if (tcb.rcv.quickAcks != 0) {
    tcb.rcv.quickAcks--;
    acknowledge(tcb);
  } else if (armedFor(tcb, Timer.DELAYED_ACK) == 0) {
    arm(tcb, Timer.DELAYED_ACK, afterMillis(tcb.delayedAckMs)); // SHLD-18, MUST-40
  }
}

/**
 * Whether an answer that contradicts a peer may go out now.
 *
 * @param from when the next one may, as the last call for that peer answered; 0 to begin with
 * @returns the moment from which on the next one may, milliseconds modulo 2^32; 0 when this one may
 *   not
 */
export function nextChallenge(from: u32): u32 {
  const millis = millisNow();
  const wait = from - millis;
  // A moment 49 days past seems to lie ahead again, and costs one answer half a second.
  if (from != 0 && wait != 0 && wait <= 2 * CHALLENGE_PERIOD) {
    count(Counter.TcpExtTCPACKSkipped);
    return 0;
  }
  // Per connection and jittered: a budget shared by all would tell one peer of another
  // (CVE-2016-5696).
  return (millis + CHALLENGE_PERIOD + (<u32>random() % CHALLENGE_PERIOD)) | 1;
}

function mayContradict(tcb: Tcb): bool {
  const next = nextChallenge(tcb.ts.challengeAt);
  if (next == 0) return false;
  tcb.ts.challengeAt = next;
  return true;
}

/** Sends a challenge ACK (RFC 5961 §3.2, §4.2, §5.2). */
export function challenge(tcb: Tcb, seg: Segment, reason: Reason): void {
  dropSegment(seg, handleOf(tcb), tcb.state, reason, tcb.rcv.nxt);
  if (!mayContradict(tcb)) return; // RFC 5961 §7a
  count(Counter.TcpExtTCPChallengeACK);
  acknowledge(tcb);
}

/** Answers an unacceptable segment: one with text always, for its sender waits; others seldom. */
export function answerUnacceptable(tcb: Tcb, textLength: u32): void {
  if (textLength != 0 || mayContradict(tcb)) acknowledge(tcb);
}
