/**
 * The flight of a connection: what matters only while something of it is on its way (RFC 8985,
 * 9937, 4015, 5682).
 *
 * A connection takes the record with the first octet it sends. It keeps it while anything is
 * outstanding; after that the record lies in a queue of quiet flights, and once nothing was sent
 * for an RTO another connection may have it. There are as many as connections, so none can lack
 * one; memory of those never taken costs nothing. What outlives a flight (cwnd, ssthresh, RTT,
 * the minimum RTT, reordering, the delivery rate) stays in the TCB.
 *
 * ╒══════════════════════ Flight (384 octets) ══════════════════════╕
 * │ owner │ quiet queue │ sent records: list, by time │ octets by mark │
 * ├────────────────────────────────────────────────────────────────┤
 * │ RACK │ tail probe │ PRR │ undo, F-RTO │ delivery │ controller's    │
 * └────────────────────────────────────────────────────────────────┘
 */
import { Controller } from '../abi';
import { flights, quietFlights, sentRecords } from '../pools';
import { giveFirst, itemAt, take } from '../store/pool';
import { Lane } from '../store/lane';
import { Instant, Micros, now, SECOND } from '../time';
import { FLIGHT_SIZE } from '../memory';
import { LocalSeq } from './seq';
import { Tcb, tcbAt } from './tcb';

/** What a sender is doing about losses. */
export enum Phase {
  /** Nothing is known to be lost. */
  OPEN,
  /** Recovery after losses that acknowledgments have shown (RFC 6675, RFC 6582). */
  RECOVERY,
  /** After a retransmission timeout (RFC 5681 §3.1), until what was sent before is acknowledged. */
  LOSS,
}

/** A tail loss probe on its way (RFC 8985 §7). */
export enum Probe {
  NONE,
  /** It carried new data. */
  NEW,
  /** It sent the last segment again. */
  AGAIN,
}

/** F-RTO: where the detection of a spurious timeout stands (RFC 5682 §3.1). */
export enum Frto {
  OFF,
  /** The first segment was sent again; the next acknowledgment decides what is sent. */
  WAITING,
  /** New data was sent; the next acknowledgment decides whether the timeout was spurious. */
  PROVING,
}

/** What a sender needs while its data is outstanding. */
@unmanaged
export class Flight {
  /** Index of the TCB it belongs to; while free, the next free record. */
  owner: u32;
  /** Neighbours in the queue of quiet flights. */
  quietBefore: u32;
  quietNext: u32;
  /** A Phase, a Probe and a Frto; and whether the record is in the quiet queue. */
  phase: u8;
  probe: u8;
  frto: u8;
  isQuiet: u8;
  /** When the record became quiet. */
  quietAt: Instant;
  /** When the retransmission timer runs out (RFC 6298); 0 while nothing is outstanding. */
  rtoAt: Instant;

  /** Records of what was sent, by sequence number: the six words of a Lane. */
  laneHead: u32;
  laneTail: u32;
  laneCount: u32;
  laneFirst: u32;
  laneLast: u32;
  laneSince: u32;
  /** The same by the time of their last sending, without those SACKed or lost. */
  oldest: u32;
  newest: u32;
  /** No record before this one is lost and still to be sent again; 0: none is at all. */
  lostHint: u32;

  /** Octets the peer has SACKed, octets lost, and of those, octets sent again. */
  sacked: u32;
  lost: u32;
  resent: u32;
  /** Segments SACKed. */
  sackedSegments: u32;

  /** RACK.xmit_ts, RACK.end_seq and RACK.rtt of the record sent last of all delivered (§6.2). */
  rackSentAt: Micros;
  rackEnd: LocalSeq;
  rackRtt: Micros;
  /** RACK.fack: the highest sequence number delivered. */
  fack: LocalSeq;
  /** RACK.dsack_round: SND.NXT when the last D-SACK was seen. */
  dsackRound: LocalSeq;
  /** Micros after which what is suspected now is lost; 0 when nothing is. */
  reorderWait: Micros;

  /** TLP.end_seq: SND.NXT when the probe was sent. */
  probeEnd: LocalSeq;

  /** Where the latest segment of less than SMSS ends, within what is outstanding; else anywhere. */
  shortEnd: LocalSeq;

  /** PRR (RFC 9937 §6): prr_delivered, prr_out and RecoverFS, octets. */
  prrDelivered: u32;
  prrOut: u32;
  recoverFs: u32;

  /** cwnd and ssthresh before the reduction that can be undone. */
  priorCwnd: u32;
  priorSsthresh: u32;
  /** ssthresh of the recovery that a timeout has interrupted; 0 where none was. */
  interruptedSsthresh: u32;
  /** SND.UNA when the reduction was made; meaningful while `isUndoable`. */
  undoMarker: LocalSeq;
  /**
   * Segments sent again since and not reported as duplicates, and those that had been sent again
   * before and were on their way then: nobody can tell whose duplicates are reported.
   */
  undoRetrans: u32;
  /** Octets sent again since. */
  sentAgain: u32;
  /** TSval of the first retransmission of the reduction; meaningful while `hasStamp`. */
  retransStamp: u32;
  isUndoable: u8;
  hasStamp: u8;
  /** Whether `dsackRound` holds, and whether the variables of RACK do. */
  hasDsackRound: u8;
  hasRack: u8;

  /**
   * Octets delivered since the record was taken, and when last; when that was sent; octets lost.
   * Each segment takes these four along (`rate/delivery.ts`).
   */
  delivered: u32;
  deliveredAt: Micros;
  firstSentAt: Micros;
  lostTotal: u32;
  /** `delivered` at which the last of what a lack of data has limited is delivered; 0 none. */
  appLimited: u32;
  /** The latest sample of the delivery rate: octets, in so many microseconds. */
  rateDelivered: u32;
  rateInterval: Micros;
  isRateAppLimited: u8;
  /** Whether the probe that is due stands where the retransmission timeout would have been. */
  isProbeForRto: u8;
  /** Whether what RACK's variables are of had been sent again. */
  isRackAgain: u8;

  /** Octets a second that leave at most, 0 as many as can (`rate/pacing.ts`). */
  paceRate: u32;
  /** When the next may leave, nanoseconds of the clock. */
  paceAt: u64;
}

/** Where the controller's own variables begin; they end with the record. */
export const CONTROLLER: usize = 208;
if (offsetof<Flight>() > CONTROLLER) ERROR('the flight overlaps its controller');

const QUIET_LEAST: u64 = SECOND;

/** The flight of an index. */
export function flightAt(index: u32): Flight {
  return changetype<Flight>(itemAt(flights(), index));
}

/** Whether a connection has a flight: only then more than a SYN or a FIN can be outstanding. */
export function hasFlight(tcb: Tcb): bool {
  return tcb.flight != 0;
}

/** The flight of a connection that has one. */
export function flightOf(tcb: Tcb): Flight {
  assert(tcb.flight != 0);
  return flightAt(tcb.flight);
}

/** The list of a flight's records. */
export function laneOf(flight: Flight): Lane {
  return changetype<Lane>(changetype<usize>(flight) + offsetof<Flight>('laneHead'));
}

/** The phase of a connection's sender. */
export function phaseOf(tcb: Tcb): Phase {
  return tcb.flight == 0 ? Phase.OPEN : <Phase>flightAt(tcb.flight).phase;
}

/** Octets taken to be on their way: pipe (RFC 6675 §4, SetPipe). */
export function pipe(tcb: Tcb): u32 {
  const outstanding = tcb.snd.nxt - tcb.snd.una;
  if (!hasFlight(tcb)) return outstanding;
  const flight = flightOf(tcb);
  return outstanding - flight.sacked - flight.lost + flight.resent; // RFC 6675 §4b
}

/** A lack of data limits the delivery rate until what is on its way now is delivered. */
export function limitByApp(flight: Flight, inFlight: u32): void {
  flight.appLimited = max<u32>(flight.delivered + inFlight, 1);
}

/** Octets that are lost and wait to be sent again. */
export function missing(flight: Flight): u32 {
  return flight.lost - flight.resent;
}

/** The flight of a connection that is about to send. */
export function takeFlight(tcb: Tcb): Flight {
  if (tcb.flight != 0) {
    const flight = flightAt(tcb.flight);
    if (flight.isQuiet) leaveQuiet(flight);
    return flight;
  }
  const index = take(flights());
  assert(index != 0);
  const flight = flightAt(index);
  memory.fill(changetype<usize>(flight), 0, FLIGHT_SIZE); // RFC 8985 §7.1
  flight.owner = tcb.index;
  flight.fack = flight.shortEnd = tcb.snd.una;
  flight.appLimited = 1;
  tcb.flight = index;
  return flight;
}

/** Forgets what a controller has learned. */
export function clearController(flight: Flight): void {
  memory.fill(changetype<usize>(flight) + CONTROLLER, 0, <usize>FLIGHT_SIZE - CONTROLLER);
}

/**
 * Nothing is outstanding any more: another may have the record after an RTO. BBR keeps it, for its
 * model of the path is there.
 */
export function becomeQuiet(tcb: Tcb): void {
  if (tcb.flight == 0 || tcb.controller == Controller.BBR) return;
  const flight = flightAt(tcb.flight);
  if (flight.isQuiet) return;
  const queue = quietFlights();
  flight.isQuiet = 1;
  // What is paced may be slower than that.
  flight.quietAt = max(now() + max<u64>(tcb.rtt.rto, QUIET_LEAST), flight.paceAt / 1_000);
  flight.quietBefore = queue.tail;
  flight.quietNext = 0;
  if (queue.head == 0) queue.head = tcb.flight;
  else flightAt(queue.tail).quietNext = tcb.flight;
  queue.tail = tcb.flight;
}

function leaveQuiet(flight: Flight): void {
  const queue = quietFlights();
  if (flight.quietBefore == 0) queue.head = flight.quietNext;
  else flightAt(flight.quietBefore).quietNext = flight.quietNext;
  if (flight.quietNext == 0) queue.tail = flight.quietBefore;
  else flightAt(flight.quietNext).quietBefore = flight.quietBefore;
  flight.isQuiet = 0;
}

/** Gives a connection's flight back, with whatever records it still has. */
export function giveFlight(tcb: Tcb): void {
  const index = tcb.flight;
  if (index == 0) return;
  const flight = flightAt(index);
  if (flight.isQuiet) leaveQuiet(flight);
  for (let at = flight.laneHead; at != 0; ) {
    const next = load<u32>(itemAt(sentRecords(), at));
    giveFirst(sentRecords(), at);
    at = next;
  }
  tcb.rates.delivery = deliveryRate(tcb);
  tcb.rates.isAppLimited = flight.isRateAppLimited;
  tcb.flight = 0;
  giveFirst(flights(), index);
}

/** The delivery rate to be shown, octets a second; 0 before the first sample. */
export function deliveryRate(tcb: Tcb): u32 {
  const kept = tcb.rates.delivery;
  if (tcb.flight == 0) return kept;
  const flight = flightAt(tcb.flight);
  if (flight.rateInterval == 0) return kept;
  return <u32>min<u64>((<u64>flight.rateDelivered * SECOND) / flight.rateInterval, 0xffff_ffff);
}

/** Gives back the flights that have been quiet for long enough. */
export function reapQuiet(): void {
  const queue = quietFlights();
  while (queue.head != 0) {
    const flight = flightAt(queue.head);
    if (flight.quietAt > now()) return;
    giveFlight(tcbAt(flight.owner));
  }
}
