/**
 * The Transmission Control Block (RFC 9293 §3.3.1): everything a connection is.
 *
 * One record of 576 octets, seen through views named as the RFC names its variables: `tcb.snd.una`,
 * `tcb.rcv.nxt`. A view is the TCB's own address plus a constant, so each field is one load. A
 * listener is a TCB in LISTEN; its queues lie in a view of their own.
 *
 * ╒═══════════════════════════════ TCB (576 octets) ═══════════════════════════════╕
 * │   0 identity: links, tuple, state, flags                                       │
 * │ 120 snd  SND.* (§3.3.1)                 184 rcv  RCV.*                          │
 * │ 248 rtt  RFC 6298, or a listener's      312 cc   RFC 5681, 6582                 │
 * │          backlog                        368 ts   RFC 7323                       │
 * │ 384 timers, one Instant each            440 where the heap of timers has it     │
 * │ 448 outgoing text                       476 incoming text                       │
 * │ 504 out-of-order ranges   512 source route   514 generation of paths            │
 * │ 516 tuning of the receive buffer        528 room   540 waiting   560 rates      │
 * └────────────────────────────────────────────────────────────────────────────────┘
 */
import { State, Timer } from '../abi';
import { INDEX_BITS } from '../limits';
import { TCB_SIZE } from '../memory';
import { tcbs } from '../pools';
import { Chain } from '../store/chain';
import { itemAt } from '../store/pool';
import { Ranges } from '../store/ranges';
import { Instant } from '../time';
import {
  Backlog,
  Congestion,
  ReceiveVariables,
  Rates,
  RoundTrip,
  SendVariables,
  Timestamps,
  Tuning,
  Waiting,
} from './variables';

/** What is true of a connection, as bits of `tcb.flags`. */
export enum Flag {
  /** OPEN was active; it decides what a RST does in SYN-RECEIVED (MUST-11). */
  ACTIVE = 1,
  /** Both sides offered timestamps (RFC 7323). */
  TIMESTAMPS = 2,
  /** Both sides offered SACK (RFC 2018). */
  SACK = 4,
  /** Both sides offered window scaling (RFC 7323). */
  SCALING = 8,
  /** CLOSE was called: a FIN follows the last octet of text. */
  FIN_QUEUED = 16,
  /** Our FIN has been sent at least once; it lies at `snd.end`. */
  FIN_SENT = 32,
  /** The peer's FIN arrived out of order and waits at `rcv.finSeq`. */
  FIN_KEPT = 64,
  /** The peer's FIN was processed. */
  FIN_RECEIVED = 128,
  /** The user has let go: no signal, and text that still arrives is answered by a RST. */
  RELEASED = 256,
  /** An acknowledgment is to be sent with the next output. */
  ACK_NOW = 512,
  /** The retransmission of our SYN, or its first sending, is due. */
  SYN_NOW = 1024,
  /** The first segment that is lost is to be sent again, whatever cwnd says. */
  RESEND_NOW = 2048,
  /** A zero-window probe is due. */
  PROBE_NOW = 4096,
  /** A keep-alive probe is due. */
  KEEP_ALIVE_NOW = 8192,
  /** In the ready queue. */
  READY = 16384,
  /** In the queue of signals. */
  SIGNALED = 32768,
  /** In the tuple table. */
  FOUND = 65536,
  /** SEND answered 0: WRITABLE is owed. */
  WANTS_ROOM = 131072,
  /** In the queue of those who wait for a page. */
  STARVED = 262144,
  /** A tail loss probe is due (RFC 8985 §7.3). */
  TAIL_PROBE_NOW = 524288,
  /** The silly-window override has run out: send what there is (RFC 9293 §3.8.6.2.1). */
  OVERRIDDEN = 1048576,
  /** Nobody has accepted it yet; it stands in its listener's accept queue. */
  UNACCEPTED = 2097152,
  /** Nagle's algorithm is off (MUST-17). */
  NAGLE_OFF = 4194304,
  /** TCP_CORK. */
  CORK = 8388608,
  /** Keep-alive is on. */
  KEEP_ALIVE = 16777216,
  /** Both sides asked for ECN: the marks of what arrives are echoed (RFC 3168). */
  ECN = 33554432,
  /** The window was announced as closed; the first room is worth an acknowledgment. */
  WINDOW_CLOSED = 67108864,
  /** The record is somebody's: not free. */
  IN_USE = 268435456,
  /** SO_REUSEPORT (listeners): the local socket may be shared. */
  REUSE_PORT = 1073741824,
  /** Our SYN has not been acknowledged yet. */
  SYN_UNACKED = 536870912,
  /** Duplicate text lies between `rcv.dupLeft` and `rcv.dupRight`, to be reported (RFC 2883). */
  DUPLICATE = 134217728,
}

/** Which of a connection's buffers keep the size they were given, as bits of `tcb.fixed`. */
export enum Fixed {
  NONE,
  RECEIVE = 1,
  SEND = 2,
}

/** How a listener takes SYNs, as bits of `tcb.passive`. */
export enum Passive {
  NONE,
  /** For any address there is (Option.ANY_DESTINATION). */
  ANY_DESTINATION = 1,
  /** Its user decides about each (Option.ASK). */
  ASK = 2,
  /** At ::, of IPv6 alone (Option.IPV6_ONLY). */
  IPV6_ONLY = 4,
}

/** Where a connection stands with ECN, as bits of `tcb.ecn`. */
export enum Ecn {
  NONE,
  /** Text has come that was ECN-capable. */
  SEEN = 1,
  /** Our new text is ECN-capable. The bit is the codepoint, ECT(0). */
  CAPABLE = 2,
  /** RecoveryPoint was set by an echo, not by a loss. */
  POINT_OF_ECHO = 4,
  /** Every segment echoes a mark that has come. The bit is ECE. */
  ECHOING = 64,
  /** The next new text says that cwnd has fallen. The bit is CWR. */
  REDUCED = 128,
}

const SND: usize = 120;
const RCV: usize = 184;
const RTT: usize = 248;
/** A listener measures nothing: its queues lie there. */
const BACKLOG: usize = RTT;
const CC: usize = 312;
const TS: usize = 368;
const TIMERS: usize = 384;
const SCHEDULED: usize = 440;
const OUTGOING: usize = 448;
const INCOMING: usize = 476;
const OUT_OF_ORDER: usize = 504;
const SOURCE_ROUTE: usize = 512;
const PATH_SEEN: usize = 514;
const TUNING: usize = 516;
const WAITING: usize = 540;
const RATES: usize = 560;

/** One connection, or one listener. */
@unmanaged
export class Tcb {
  /** While free: the next free TCB. In an accept queue: the next there. */
  link: u32;
  /** The same number everywhere: in queues, as timer owner, in the handle. */
  index: u32;
  /** The tuple (§3.3.1): 36 octets from here on, as every record of the tuple table has them. */
  local0: u64;
  local1: u64;
  remote0: u64;
  remote1: u64;
  localPort: u16;
  remotePort: u16;
  /** Hash of the tuple, once that is whole. */
  hash: u32;
  readyLink: u32;
  signalLink: u32;
  starvedLink: u32;
  /** How often this record was in use before; upper bits of the handle. */
  generation: u32;
  flags: u32;
  /** Signals not yet handed over. */
  signals: u32;
  state: State;
  /** Diffserv field of our packets; the two bits below it are 0. */
  diffserv: u8;
  hopLimit: u8;
  keepAliveCount: u8;
  /** SYN retransmissions; RFC 6298 §5.7 asks. */
  synCount: u8;
  /** Result the connection ended with, or the soft error to report. */
  result: u8;
  softError: u8;
  /** Reason of the last end or error. */
  reason: u8;
  /** Congestion control: a Controller. */
  controller: u8;
  /** What the retransmission timer waits for: a Watch of `loss/watch.ts`. */
  watch: u8;
  /** Bits of Fixed. */
  fixed: u8;
  /** Since when cwnd is not validated, seconds modulo 2^16; 0: it is (`rate/validation.ts`). */
  unvalidatedAt: u16;
  /** Index of the listener in whose SYN queue it began, 0 for none. */
  listener: u32;
  flowLabel: u32;
  /** Index of its flight; 0 while nothing was sent for a while. */
  flight: u32;
  /** User timeout, milliseconds; 0 is R2. */
  userTimeoutMs: u32;
  /** Longest delay of an acknowledgment, milliseconds (MUST-40). */
  delayedAckMs: u16;
  /** Bits of Ecn. */
  ecn: u8;
  /** Bits of Passive; a listener's. */
  passive: u8;
  keepAliveIdleMs: u32;
  keepAliveIntervalMs: u32;
  /** How long a released connection waits in FIN-WAIT-2, milliseconds. */
  finWait2Ms: u32;

  @inline get snd(): SendVariables {
    return changetype<SendVariables>(changetype<usize>(this) + SND);
  }
  @inline get rcv(): ReceiveVariables {
    return changetype<ReceiveVariables>(changetype<usize>(this) + RCV);
  }
  @inline get rtt(): RoundTrip {
    return changetype<RoundTrip>(changetype<usize>(this) + RTT);
  }
  @inline get cc(): Congestion {
    return changetype<Congestion>(changetype<usize>(this) + CC);
  }
  @inline get ts(): Timestamps {
    return changetype<Timestamps>(changetype<usize>(this) + TS);
  }
  /** Text from SND.UNA on, and text not sent yet; positions are sequence numbers. */
  @inline get outgoing(): Chain {
    return changetype<Chain>(changetype<usize>(this) + OUTGOING);
  }
  /** Text not read yet, and out-of-order text in its place; positions are sequence numbers. */
  @inline get incoming(): Chain {
    return changetype<Chain>(changetype<usize>(this) + INCOMING);
  }
  /** Which stretches beyond RCV.NXT have arrived. */
  @inline get outOfOrder(): Ranges {
    return changetype<Ranges>(changetype<usize>(this) + OUT_OF_ORDER);
  }
  @inline get backlog(): Backlog {
    return changetype<Backlog>(changetype<usize>(this) + BACKLOG);
  }
  @inline get tuning(): Tuning {
    return changetype<Tuning>(changetype<usize>(this) + TUNING);
  }
  @inline get waiting(): Waiting {
    return changetype<Waiting>(changetype<usize>(this) + WAITING);
  }
  @inline get rates(): Rates {
    return changetype<Rates>(changetype<usize>(this) + RATES);
  }
  /** Index of the source route its packets go by; 0 none. */
  @inline get sourceRoute(): u32 {
    return load<u16>(changetype<usize>(this) + SOURCE_ROUTE);
  }
  set sourceRoute(index: u32) {
    store<u16>(changetype<usize>(this) + SOURCE_ROUTE, <u16>index);
  }
  /** Generation of the paths its segments' size is of, modulo 2^16 (`ip/path-mtu.ts`). */
  @inline get pathSeen(): u32 {
    return load<u16>(changetype<usize>(this) + PATH_SEEN);
  }
  set pathSeen(generation: u32) {
    store<u16>(changetype<usize>(this) + PATH_SEEN, <u16>generation);
  }
}

if (offsetof<Tcb>() > SND || SND + offsetof<SendVariables>() > RCV) ERROR('tcb.snd overlaps');
if (RCV + offsetof<ReceiveVariables>() > RTT || RTT + offsetof<RoundTrip>() > CC) ERROR('tcb.rtt');
if (CC + offsetof<Congestion>() > TS || TS + offsetof<Timestamps>() > TIMERS) ERROR('tcb.ts');
if (TIMERS + 8 * Timer.COUNT > SCHEDULED) ERROR('timers');
if (SCHEDULED + 8 > OUTGOING || OUTGOING + offsetof<Chain>() > INCOMING) ERROR('tcb.outgoing');
if (BACKLOG + offsetof<Backlog>() + 16 > CC) ERROR('the backlog overlaps tcb.cc');
if (PATH_SEEN + 2 > TUNING || TUNING + offsetof<Tuning>() > WAITING) ERROR('tcb.tuning overlaps');
if (WAITING + offsetof<Waiting>() > RATES) ERROR('tcb.waiting overlaps');
if (RATES + offsetof<Rates>() > TCB_SIZE) ERROR('a TCB is too large');

/** A TCB becomes a listener's: its queues are empty. */
export function beginBacklog(tcb: Tcb, limit: u32): void {
  memory.fill(changetype<usize>(tcb) + BACKLOG, 0, CC - BACKLOG);
  tcb.backlog.limit = limit;
}

/** Offset of the tuple in a TCB, a SYN-queue entry and a TIME-WAIT record. */
export const TUPLE: usize = offsetof<Tcb>('local0');
export const READY_LINK: usize = offsetof<Tcb>('readyLink');
export const SIGNAL_LINK: usize = offsetof<Tcb>('signalLink');
export const STARVED_LINK: usize = offsetof<Tcb>('starvedLink');

const GENERATION_MASK: u32 = (1 << (31 - INDEX_BITS)) - 1;

/** The TCB with that index. */
export function tcbAt(index: u32): Tcb {
  return changetype<Tcb>(itemAt(tcbs(), index));
}

/** The number that names a connection across the door: generation and index (law 9). */
export function handleOf(tcb: Tcb): u32 {
  return ((tcb.generation & GENERATION_MASK) << INDEX_BITS) | tcb.index;
}

/** Whether any of these is true of a connection. */
export function has(tcb: Tcb, flag: Flag): bool {
  return (tcb.flags & flag) != 0;
}

/** Makes these true. */
export function raise(tcb: Tcb, flag: Flag): void {
  tcb.flags |= flag;
}

/** Makes these untrue. */
export function lower(tcb: Tcb, flag: Flag): void {
  tcb.flags &= ~flag;
}

/** The Instant a timer is armed for; 0 when it is not. */
export function armedFor(tcb: Tcb, timer: Timer): Instant {
  return load<u64>(changetype<usize>(tcb) + TIMERS + 8 * <usize>timer);
}

/** Stores a timer's Instant; `timers.ts` keeps the heap in step. */
export function setTimer(tcb: Tcb, timer: Timer, at: Instant): void {
  store<u64>(changetype<usize>(tcb) + TIMERS + 8 * <usize>timer, at);
}

/** The Instant the heap of timers has a connection at; 0 when it is not in there. */
export function scheduledFor(tcb: Tcb): Instant {
  return load<u64>(changetype<usize>(tcb) + SCHEDULED);
}

/** Notes where the heap has it. */
export function setScheduled(tcb: Tcb, at: Instant): void {
  store<u64>(changetype<usize>(tcb) + SCHEDULED, at);
}

/** FlightSize: octets sent and not acknowledged (RFC 5681). */
export function flightSize(tcb: Tcb): u32 {
  return tcb.snd.nxt - tcb.snd.una;
}

/** Octets SEND has taken that were not sent yet. */
export function pendingText(tcb: Tcb): u32 {
  const left = <i32>(tcb.snd.end - tcb.snd.nxt);
  return left > 0 ? left : 0;
}

/** Whether all that SEND has taken is acknowledged, and all that was sent. */
export function hasNothingLeft(tcb: Tcb): bool {
  return tcb.snd.una == tcb.snd.nxt && pendingText(tcb) == 0;
}

/** Octets received in order and not read yet. */
export function unreadText(tcb: Tcb): u32 {
  const end = has(tcb, Flag.FIN_RECEIVED) ? tcb.rcv.nxt - 1 : tcb.rcv.nxt;
  return end - tcb.incoming.start;
}

/** Whether our FIN was sent and is acknowledged. */
export function finAcknowledged(tcb: Tcb): bool {
  return has(tcb, Flag.FIN_SENT) && tcb.snd.una == tcb.snd.end + 1;
}
