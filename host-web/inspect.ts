/**
 * What can be seen of a stack: STATUS records, counters, how much was dropped and why.
 *
 * Reads the core's windows into plain objects. Names are Linux's: `tcp_info` and `ss` for
 * connections, `nstat` for counters. Not here: settings (`sysctl.ts`), the trace ring (`trace.ts`).
 */
import { Counter, Memory, Reason, State, StatusField, Timer } from './abi.ts';
import { formatMapped } from './address.ts';
import type { Core } from './core.ts';

/** A state as RFC 9293 prints it. */
export type TcpState =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT';

/** The name of a state: `FIN-WAIT-1`. */
export function stateName(state: State): TcpState {
  return (State[state] ?? 'CLOSED').replaceAll('_', '-') as TcpState;
}

/** Timers of a record: those of a connection, and the two of records without one. */
export type TimerName = Exclude<keyof typeof Timer, 'COUNT'> | 'TIME-WAIT' | 'SYN-ACK';

/**
 * One connection, listener, SYN-queue entry or TIME-WAIT record: a row of `ss -tan`, with `-i`.
 */
export interface TcpInfo {
  state: TcpState;
  /** 0 for a record without a user: a SYN-queue entry, or TIME-WAIT. */
  handle: number;
  localAddress: string;
  localPort: number;
  /** Empty, and 0, for a listener. */
  remoteAddress: string;
  remotePort: number;
  /** Octets received and not read; of a listener: connections waiting for `accept`. */
  receiveQueue: number;
  /** Octets sent or queued and not acknowledged; of a listener: its backlog. */
  sendQueue: number;
  /** The timer that runs out next, and the milliseconds until then. */
  timer: TimerName | null;
  timerMs: number;
  /** Milliseconds, as `ss` prints them; 0 before the first measurement. */
  rto: number;
  rtt: number;
  rttvar: number;
  /** Octets. */
  snd_mss: number;
  rcv_mss: number;
  cwnd: number;
  ssthresh: number;
  snd_wnd: number;
  rcv_wnd: number;
  /** Octets the buffers may hold now: they grow by themselves (`tcp_rmem`, `tcp_wmem`). */
  rcvbuf: number;
  sndbuf: number;
  /** Most octets read in a round trip, and octets that may be offered now. */
  rcv_space: number;
  rcv_ssthresh: number;
  /** Milliseconds of a round trip as the receiver measures it; 0 before the first. */
  rcv_rtt: number;
  /** Milliseconds of the shortest round trip of the last minutes. */
  min_rtt: number;
  /** How often the network was seen to reorder; segments the peer reported to have got twice. */
  reord_seen: number;
  dsack_dups: number;
  /** Octets in flight; of those lost, SACKed, and sent again and on the way again. */
  unacked: number;
  lost: number;
  sacked: number;
  retrans: number;
  /** Bits a second that were delivered at last; whether a lack of data has limited them. */
  delivery_rate: number;
  app_limited: boolean;
  /** Octets taken that were not sent yet. */
  notsent: number;
  /**
   * Milliseconds in which not all was acknowledged; of those, when the peer's window kept data
   * back, and when a larger send buffer would have been made use of.
   */
  busy: number;
  rwnd_limited: number;
  sndbuf_limited: number;
  /** Bits a second that are sent at most; 0 when the sender is not paced. */
  pacing_rate: number;
  /** Retransmissions of the oldest octet, and of all. */
  retransmits: number;
  total_retrans: number;
  snd_wscale: number;
  rcv_wscale: number;
  /** What both sides agreed on. */
  timestamps: boolean;
  sack: boolean;
  wscale: boolean;
  /** Our text is ECN-capable (RFC 3168), and the peer's that has come. */
  ecn: boolean;
  ecnseen: boolean;
  noDelay: boolean;
  /** The user has let go of it; it ends in its own time. */
  released: boolean;
  segs_in: number;
  segs_out: number;
  bytes_acked: number;
  bytes_received: number;
  /** Children in SYN-RECEIVED, of a listener. */
  synQueue: number;
  /** Sequence numbers: ISS, IRS, SND.UNA, SND.NXT, RCV.NXT. */
  iss: number;
  irs: number;
  snd_una: number;
  snd_nxt: number;
  rcv_nxt: number;
}

/** STATUS.timer of records without a TCB. */
const TIME_WAIT_TIMER = 16;
const SYN_ACK_TIMER = 17;

function timerName(timer: number): TimerName | null {
  if (timer === 0) return null;
  if (timer === TIME_WAIT_TIMER) return 'TIME-WAIT';
  if (timer === SYN_ACK_TIMER) return 'SYN-ACK';
  return Timer[timer - 1] as TimerName;
}

/** What STATUS tells of a sender. */
function senderFigures(u32: (field: keyof typeof StatusField) => number) {
  return {
    min_rtt: u32('minRtt') / 1000,
    reord_seen: u32('reordSeen'),
    dsack_dups: u32('dsackDups'),
    unacked: u32('flightSize'),
    lost: u32('lost'),
    sacked: u32('sacked'),
    retrans: u32('retrans'),
    delivery_rate: 8 * u32('deliveryRate'),
    pacing_rate: 8 * u32('pacingRate'),
    app_limited: (u32('flags') & 256) !== 0,
    notsent: u32('notSent'),
    busy: u32('busy'),
    rwnd_limited: u32('rwndLimited'),
    sndbuf_limited: u32('sndbufLimited'),
  };
}

/** Reads the STATUS window. */
export function readStatus(core: Core): TcpInfo {
  const { view, octets } = core;
  const u32 = (field: keyof typeof StatusField) =>
    view.getUint32(Memory.STATUS + StatusField[field], true);
  const u64 = (field: keyof typeof StatusField) =>
    Number(view.getBigUint64(Memory.STATUS + StatusField[field], true));
  const address = (field: 'local0' | 'remote0') => {
    const at = Memory.STATUS + StatusField[field];
    return formatMapped(octets.subarray(at, at + 16));
  };
  const state = u32('state') as State;
  const isListener = state === State.LISTEN;
  const flags = u32('flags');
  return {
    state: stateName(state),
    handle: u32('handle'),
    localAddress: address('local0'),
    localPort: u32('localPort'),
    remoteAddress: isListener ? '' : address('remote0'),
    remotePort: u32('remotePort'),
    receiveQueue: u32('receiveQueue'),
    sendQueue: u32('sendQueue'),
    timer: timerName(u32('timer')),
    timerMs: u32('timerMs'),
    rto: u32('rto') / 1000,
    rtt: u32('srtt') / 1000,
    rttvar: u32('rttvar') / 1000,
    snd_mss: u32('smss'),
    rcv_mss: u32('rmss'),
    cwnd: u32('cwnd'),
    ssthresh: u32('ssthresh'),
    snd_wnd: u32('sndWnd'),
    rcv_wnd: u32('rcvWnd'),
    rcvbuf: u32('rcvBuf'),
    sndbuf: u32('sndBuf'),
    rcv_space: u32('rcvSpace'),
    rcv_ssthresh: u32('rcvSsthresh'),
    rcv_rtt: u32('rcvRtt') / 1000,
    ...senderFigures(u32),
    retransmits: u32('retransmits'),
    total_retrans: u32('retransTotal'),
    snd_wscale: u32('sndShift'),
    rcv_wscale: u32('rcvShift'),
    timestamps: (flags & 1) !== 0,
    sack: (flags & 2) !== 0,
    wscale: (flags & 4) !== 0,
    noDelay: (flags & 8) !== 0,
    released: (flags & 16) !== 0,
    ecn: (flags & 64) !== 0,
    ecnseen: (flags & 128) !== 0,
    segs_in: u32('segsIn'),
    segs_out: u32('segsOut'),
    bytes_acked: u64('bytesAcked'),
    bytes_received: u64('bytesReceived'),
    synQueue: u32('synQueue'),
    iss: u32('iss'),
    irs: u32('irs'),
    snd_una: u32('sndUna'),
    snd_nxt: u32('sndNxt'),
    rcv_nxt: u32('rcvNxt'),
  };
}

/**
 * Every record of the core, read as it is asked for: connections and listeners, then SYN queues,
 * then TIME-WAIT. The core may go on in between; what begins meanwhile can then be met twice.
 */
export function* eachSocket(core: Core): Generator<TcpInfo, void> {
  for (let cursor = core.nextStatus(0); cursor !== 0; cursor = core.nextStatus(cursor >>> 0)) {
    yield readStatus(core);
  }
}

/** Every record of the core. */
export function readSockets(core: Core): TcpInfo[] {
  return [...eachSocket(core)];
}

/** How many records there are in each state: far cheaper than to read them. */
export function countStates(core: Core): ReadonlyMap<TcpState, number> {
  const counts = new Map<TcpState, number>();
  for (let cursor = core.nextStatus(0); cursor !== 0; cursor = core.nextStatus(cursor >>> 0)) {
    const state = stateName(core.view.getUint32(Memory.STATUS + StatusField.state, true));
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

/** The names of the counters, in the order of the window. */
export const COUNTERS: readonly string[] = Object.keys(Counter).filter((name) => name !== 'COUNT');

/** Names of reasons, in the order of the window. */
const REASON_NAMES = Object.keys(Reason).filter((name) => Number.isNaN(Number(name)));

/** How much was dropped and why, by the names of the reasons; those that are not zero. */
export function readDrops(core: Core): Partial<Record<keyof typeof Reason, bigint>> {
  const drops: Partial<Record<keyof typeof Reason, bigint>> = {};
  for (const name of REASON_NAMES as (keyof typeof Reason)[]) {
    const dropped = core.view.getBigUint64(Memory.DROPS + 8 * Reason[name], true);
    if (dropped !== 0n) drops[name] = dropped;
  }
  return drops;
}

/** Every counter, by the name `nstat` gives it. */
export function readCounters(core: Core): Record<string, bigint> {
  const counters: Record<string, bigint> = {};
  for (const name of COUNTERS) {
    const at = Memory.COUNTERS + 8 * Counter[name as keyof typeof Counter];
    counters[name] = core.view.getBigUint64(at, true);
  }
  return counters;
}
