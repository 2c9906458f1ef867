/**
 * The life of a TCB: taken, synchronized, ended, given back.
 *
 * A connection ends once (`deleteTcb`), but its record stays until the user has let go of the
 * handle and no queue links to it any more; only then may another connection have it.
 */
import { Counter, Reason, Result, Setting, Signal, State, Timer } from '../abi';
import { count } from '../counters';
import { setting } from '../limits';
import { ORPHANS, TCB_SIZE } from '../memory';
import { DEFAULT_HOP_LIMIT } from '../ip/output';
import { pages, ranges, tcbs } from '../pools';
import { clearChain } from '../store/chain';
import { give, take } from '../store/pool';
import { push, remove } from '../store/queue';
import { clearRanges } from '../store/ranges';
import { afterMillis, now } from '../time';
import { beginBuffers } from './autotune';
import { giveFlight } from './flight';
import { beginCongestion } from './rate/congestion';
import { removeTcb } from './demux';
import { signal } from './marks';
import { INITIAL_RTO } from './loss/rto';
import { forgetSourceRoute } from './source-route';
import { enter } from './state';
import { lt } from './seq';
import { Flag, has, lower, raise, Tcb, tcbAt, unreadText } from './tcb';
import { arm, cancelAll, startLingering } from './timers';

/** Defaults of the options of `abi.ts`. */
const DELAYED_ACK_MS: u16 = 40;
const KEEP_ALIVE_IDLE_MS: u32 = 7_200_000; // MUST-28
const KEEP_ALIVE_INTERVAL_MS: u32 = 75_000;
const KEEP_ALIVE_COUNT: u8 = 9;
const FIN_WAIT_2_MS: u32 = 60_000;

/** Takes a TCB in CLOSED with every option at its default; null when there is none left. */
export function newTcb(): Tcb | null {
  const index = take(tcbs());
  if (index == 0) return null;
  const tcb = tcbAt(index);
  const generation = tcb.generation;
  memory.fill(changetype<usize>(tcb), 0, TCB_SIZE);
  tcb.index = index;
  tcb.generation = generation;
  tcb.flags = Flag.IN_USE;
  tcb.hopLimit = <u8>DEFAULT_HOP_LIMIT;
  tcb.delayedAckMs = DELAYED_ACK_MS;
  tcb.keepAliveIdleMs = KEEP_ALIVE_IDLE_MS; // MUST-28
  tcb.keepAliveIntervalMs = KEEP_ALIVE_INTERVAL_MS;
  tcb.keepAliveCount = KEEP_ALIVE_COUNT; // MUST-29
  tcb.finWait2Ms = FIN_WAIT_2_MS;
  tcb.controller = <u8>setting(Setting.CONGESTION_CONTROL);
  beginBuffers(tcb);
  tcb.rtt.rto = INITIAL_RTO; // RFC 6298 §2.1, RFC 2525 §2.7
  return tcb;
}

/** Connections whose user has let go, and that have not ended yet (`orphans.ts`). */
export function orphans(): u32 {
  return load<u32>(ORPHANS);
}

/** Makes a connection an orphan: its user has let go. */
export function orphan(tcb: Tcb): void {
  raise(tcb, Flag.RELEASED); // MAY-1
  store<u32>(ORPHANS, orphans() + 1);
}

/** Gives an entry the options of its listener. */
export function inheritOptions(tcb: Tcb, listener: Tcb): void {
  tcb.flags |= listener.flags & (Flag.NAGLE_OFF | Flag.CORK | Flag.KEEP_ALIVE);
  tcb.controller = listener.controller;
  tcb.rates.most = listener.rates.most;
  tcb.diffserv = listener.diffserv;
  tcb.hopLimit = listener.hopLimit;
  tcb.userTimeoutMs = listener.userTimeoutMs;
  tcb.delayedAckMs = listener.delayedAckMs;
  tcb.keepAliveIdleMs = listener.keepAliveIdleMs;
  tcb.keepAliveIntervalMs = listener.keepAliveIntervalMs;
  tcb.keepAliveCount = listener.keepAliveCount;
  tcb.finWait2Ms = listener.finWait2Ms;
  tcb.fixed = listener.fixed;
  tcb.rcv.quickAcks = listener.rcv.quickAcks;
  tcb.snd.buffer = listener.snd.buffer;
  tcb.snd.mssLimit = listener.snd.mssLimit;
  tcb.snd.notSentLowWater = listener.snd.notSentLowWater;
  tcb.snd.path = listener.snd.path;
  tcb.rcv.buffer = listener.rcv.buffer;
}

/** Enters ESTABLISHED, and lets the one who waits for it know. */
export function establish(tcb: Tcb): void {
  const isSynSent = tcb.state == State.SYN_SENT;
  const reason = isSynSent ? Reason.SYN_ACKNOWLEDGED : Reason.SYN_ACK_ACKNOWLEDGED;
  enter(tcb, State.ESTABLISHED, reason);
  beginCongestion(tcb);
  tcb.rtt.heardAt = now();
  if (has(tcb, Flag.KEEP_ALIVE)) arm(tcb, Timer.KEEP_ALIVE, afterMillis(tcb.keepAliveIdleMs));
  if (tcb.listener == 0) {
    signal(tcb, Signal.OPENED);
  } else {
    awaitAccept(tcb);
  }
  signalKept(tcb);
}

/** What came with the peer's SYN is told once both are synchronized. */
export function signalKept(tcb: Tcb): void {
  if (unreadText(tcb) != 0) signal(tcb, Signal.READABLE);
  if (lt(tcb.incoming.start, tcb.rcv.up)) signal(tcb, Signal.URGENT);
}

/** Joins its listener's accept queue. */
function awaitAccept(tcb: Tcb): void {
  const listener = tcbAt(tcb.listener);
  raise(tcb, Flag.UNACCEPTED);
  push(listener.backlog.queue, tcbs(), tcb.index, 0);
  listener.backlog.waiting++;
  signal(listener, Signal.ACCEPTABLE);
}

/**
 * Deletes the TCB in the RFC's sense: the connection is over and enters CLOSED.
 *
 * Text the user has not read survives every end but the user's own ABORT.
 */
export function deleteTcb(tcb: Tcb, result: Result, reason: Reason): void {
  cancelAll(tcb);
  removeTcb(tcb);
  countEnd(tcb, result);
  tcb.result = <u8>result;
  tcb.reason = <u8>reason;
  enter(tcb, State.CLOSED, reason);
  clearChain(pages(), tcb.outgoing, tcb.snd.end);
  giveFlight(tcb);
  clearRanges(ranges(), tcb.outOfOrder);
  forgetSourceRoute(tcb);
  lower(tcb, Flag.ACK_NOW | Flag.SYN_NOW | Flag.RESEND_NOW | Flag.PROBE_NOW | Flag.KEEP_ALIVE_NOW);
  // DEVIATION: §3.10.7.4 flushes all segment queues at a RST. Text in order has been acknowledged:
  // the peer may take it for read, and recv(2) of Linux still gives it.
  if (result == Result.CONNECTION_ABORTED) clearChain(pages(), tcb.incoming, tcb.rcv.nxt);
  if (has(tcb, Flag.UNACCEPTED)) {
    leaveAcceptQueue(tcb);
    freeTcb(tcb);
  } else if (has(tcb, Flag.RELEASED)) {
    freeTcb(tcb);
  } else {
    signal(tcb, Signal.CLOSED);
  }
}

function countEnd(tcb: Tcb, result: Result): void {
  if (tcb.state == State.SYN_SENT || tcb.state == State.SYN_RECEIVED) {
    count(Counter.TcpAttemptFails);
  } else if (result == Result.CONNECTION_RESET || result == Result.CONNECTION_ABORTED) {
    if (tcb.state == State.ESTABLISHED || tcb.state == State.CLOSE_WAIT) {
      count(Counter.TcpEstabResets);
    }
  }
}

/** Takes a connection out of its listener's accept queue. */
function leaveAcceptQueue(tcb: Tcb): void {
  const listener = tcbAt(tcb.listener);
  remove(listener.backlog.queue, tcbs(), tcb.index, 0);
  listener.backlog.waiting--;
  lower(tcb, Flag.UNACCEPTED);
}

/**
 * Ends the record: its handle is stale from here on. It is given back once no queue links to it.
 */
export function freeTcb(tcb: Tcb): void {
  cancelAll(tcb);
  if (has(tcb, Flag.UNACCEPTED)) leaveAcceptQueue(tcb);
  clearChain(pages(), tcb.incoming, tcb.rcv.nxt);
  clearChain(pages(), tcb.outgoing, tcb.snd.end);
  giveFlight(tcb);
  clearRanges(ranges(), tcb.outOfOrder);
  forgetSourceRoute(tcb);
  if (has(tcb, Flag.RELEASED)) store<u32>(ORPHANS, orphans() - 1);
  lower(tcb, Flag.IN_USE);
  tcb.generation++;
  giveBack(tcb);
}

/** Gives a freed record back, unless it stands in a queue; who takes it out there calls again. */
export function giveBack(tcb: Tcb): void {
  if (tcb.flags & (Flag.IN_USE | Flag.READY | Flag.SIGNALED | Flag.STARVED)) return;
  give(tcbs(), tcb.index);
}

/** Bounds FIN-WAIT-2 of a connection whose user is gone. */
export function lingerInFinWait2(tcb: Tcb): void {
  startLingering(tcb, afterMillis(tcb.finWait2Ms));
}
