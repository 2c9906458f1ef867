/**
 * What one acknowledgment has brought: one record at a fixed address, as the segment's is, filled
 * while the acknowledgment is processed and read by loss recovery and congestion control.
 */
import { PROGRESS } from '../memory';
import { Micros } from '../time';
import { flightOf, Phase, Probe } from './flight';
import { earlier, later, le, LocalSeq, lt } from './seq';
import { clock, isMarked, Mark, Sent } from './sent';
import { Tcb } from './tcb';
import { stampBefore } from './timestamps';

/** What the acknowledgment that is being processed has brought. */
@unmanaged
export class Progress {
  /** Octets by which it moves SND.UNA, and octets it SACKs that were not SACKed yet. */
  acked: u32;
  sacked: u32;
  /** Octets delivered: acknowledged or SACKed for the first time. */
  delivered: u32;
  /** Octets found to be lost because of it. */
  lost: u32;
  /** Round-trip time of what was delivered and had been sent once, the shortest; 0 none. */
  rtt: Micros;
  /** TSecr, if the peer echoes our timestamps (`hasEcho`). */
  echo: u32;
  /** The duplicate it reports (RFC 2883), if `hasDuplicate`. */
  duplicateLeft: LocalSeq;
  duplicateRight: LocalSeq;
  /** Of what was delivered: the end of the first that was sent once, and the end of the last. */
  lowestEnd: LocalSeq;
  highestEnd: LocalSeq;
  /** Of what was delivered, and is no answer to an earlier sending: when the last was sent. */
  newestAt: Micros;
  newestEnd: LocalSeq;
  hasEcho: u8;
  hasDuplicate: u8;
  /** Whether data that was sent only once was delivered, and such from before RecoveryPoint. */
  hasOriginal: u8;
  hasSuspected: u8;
  hasNewest: u8;
  /** Whether it echoes a mark of congestion (RFC 3168). */
  isEcho: u8;
  /** Whether anything was delivered at all. */
  hasDelivered: u8;
  /** Whether the newest of it was sent for lack of more (`rate/delivery.ts`). */
  isAppLimited: u8;
  /** A sample of the delivery rate: octets in so many microseconds; no octets, no sample. */
  rateDelivered: u32;
  rateInterval: Micros;

  /**
   * If `hasNewest`: its round trip; if it was sent again, the shortest RTT at least: an earlier
   * sending may have been answered, and nothing younger than that RTT is lost.
   */
  newestRtt: Micros;
  /** … whether it was sent again … */
  isNewestAgain: u32;
  /** … and what that record says of when it was sent, as `Sent` has it. */
  inFlight: u32;
  priorDelivered: u32;
  priorAt: Micros;
  priorFirstSentAt: Micros;
  priorLost: u32;
}

if (offsetof<Progress>('newestRtt') > 64) ERROR('beginProgress clears 64 octets');
if (offsetof<Progress>() > 128) ERROR('PROGRESS has 128 octets');

/** The record. */
export function progress(): Progress {
  return changetype<Progress>(PROGRESS);
}

/** Begins an acknowledgment: nothing is known of it yet. */
export function beginProgress(): Progress {
  // Four stores, where the engine would call out of the module to fill so little.
  for (let at: usize = 0; at < 64; at += 16) v128.store(PROGRESS + at, i64x2.splat(0));
  return progress();
}

/** Whether something sent at `at`, ending at `end`, was sent after another (RFC 8985 §6.2). */
export function isSentAfter(at: Micros, end: LocalSeq, otherAt: Micros, other: LocalSeq): bool {
  const later = <i32>(at - otherAt);
  return later > 0 || (later == 0 && lt(other, end));
}

/**
 * Notes what the delivery of a record says, the first time it is reported.
 *
 * @param end where the record's octets end
 * @param octets how many were delivered: its own, and those of a train it stands for
 */
export function noteDelivered(tcb: Tcb, sent: Sent, end: LocalSeq, octets: u32): void {
  const made = progress();
  const elapsed = clock() - sent.sentAt;
  made.delivered += octets;
  made.highestEnd = made.hasDelivered ? later(made.highestEnd, end) : end;
  made.hasDelivered = 1;
  if (sent.sends == 1) {
    made.lowestEnd = made.hasOriginal ? earlier(made.lowestEnd, end) : end;
    made.rtt = made.hasOriginal ? min(made.rtt, max(elapsed, 1)) : max(elapsed, 1);
    made.hasOriginal = 1;
    if (le(end, tcb.cc.recoveryPoint)) made.hasSuspected = 1;
  }
  noteNewest(tcb, made, sent, end, elapsed);
}

/**
 * Whether what was sent again so long ago can not have been answered yet: an earlier sending was.
 *
 * DEVIATION: RFC 8985 §6.2f holds an answer too early that is quicker than the shortest RTT, were
 * it by a microsecond. A segment alone is quicker than those of the bursts that RTT is of, and no
 * host keeps its time that finely: a quarter less is believed, as much as reordering is allowed. A
 * probe's answer always is. Nothing was sent between the last segment and its probe, so all else
 * was sent before whichever of the two has arrived.
 */
function isTooEarly(tcb: Tcb, end: LocalSeq, elapsed: Micros): bool {
  const flight = flightOf(tcb);
  const isProbed = flight.phase == Phase.OPEN && flight.probe == Probe.AGAIN;
  if (isProbed && end == flight.probeEnd) return false;
  return elapsed < tcb.rtt.least - tcb.rtt.least / 4; // RFC 8985 §6.2f
}

/** What answers an earlier sending of the same data says nothing of the latest (RFC 8985 §6.2). */
function noteNewest(tcb: Tcb, made: Progress, sent: Sent, end: LocalSeq, elapsed: Micros): void {
  if (sent.sends > 1) {
    // DEVIATION: RFC 8985 §6.2 asks the echo of what is SACKed as well. A peer echoes what came in
    // order last, so no probe of a tail would ever count. As in Linux, the shortest RTT alone tells
    // there.
    const isInOrder = le(end, tcb.snd.una);
    if (isInOrder && made.hasEcho && lt(made.echo, stampBefore(tcb, elapsed))) return;
    if (isTooEarly(tcb, end, elapsed)) return;
  }
  if (made.hasNewest && !isSentAfter(sent.sentAt, end, made.newestAt, made.newestEnd)) return;
  made.newestAt = sent.sentAt;
  made.newestEnd = end;
  made.isNewestAgain = sent.sends > 1 ? 1 : 0;
  made.newestRtt = made.isNewestAgain ? max(elapsed, tcb.rtt.least) : elapsed;
  made.hasNewest = 1;
  made.isAppLimited = isMarked(sent, Mark.APP_LIMITED) ? 1 : 0;
  made.inFlight = sent.inFlight;
  // All four at once: this is done for nearly every acknowledgment.
  v128.store(
    PROGRESS + offsetof<Progress>('priorDelivered'),
    v128.load(changetype<usize>(sent) + offsetof<Sent>('delivered')),
  );
}
