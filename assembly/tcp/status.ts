/**
 * STATUS (RFC 9293 §3.10.6): everything a user may know, in the STATUS window; names as `tcp_info`
 * has them.
 */
import { State, Status, Timer } from '../abi';
import { STATUS } from '../memory';
import { synEntries, tcbs, timers, timeWaits } from '../pools';
import { config } from '../limits';
import { momentOf } from '../store/heap';
import { Instant, MILLISECOND, now } from '../time';
import { SynEntry, synEntryAt } from './syn-entry';
import { find, Holder, holderOf } from './demux';
import { deliveryRate, flightOf, hasFlight } from './flight';
import { followChanges } from './path-mtu';
import { busyTime, peerWindowLimited, sendBufferLimited } from './rate/limited';
import {
  armedFor,
  Ecn,
  flightSize,
  Flag,
  handleOf,
  has,
  pendingText,
  Tcb,
  tcbAt,
  TUPLE,
  unreadText,
} from './tcb';
import { mostToOffer } from './shares';
import { nextBelow } from './timers';
import { TimeWait, timeWaitAt, timeWaitLeft } from './time-wait';

/** STATUS.timer of records without a TCB. */
const TIME_WAIT_TIMER: u32 = 16;
const SYN_ACK_TIMER: u32 = 17;

function begin(record: usize, state: State): Status {
  const status = changetype<Status>(STATUS);
  memory.fill(STATUS, 0, offsetof<Status>());
  memory.copy(STATUS, record + TUPLE, 32);
  status.localPort = load<u16>(record + TUPLE + 32);
  status.remotePort = load<u16>(record + TUPLE + 34);
  status.state = state;
  return status;
}

function millisUntil(at: Instant): u32 {
  return at > now() ? <u32>((at - now() + MILLISECOND - 1) / MILLISECOND) : 0;
}

/** Fills STATUS with what is true of a connection or listener. */
export function status(tcb: Tcb): void {
  const status = begin(changetype<usize>(tcb), stateFor(tcb));
  status.handle = handleOf(tcb);
  status.result = tcb.result;
  status.rcvBuf = tcb.rcv.buffer;
  status.sndBuf = tcb.snd.buffer;
  if (tcb.state == State.LISTEN) {
    status.receiveQueue = tcb.backlog.waiting;
    status.sendQueue = tcb.backlog.limit;
    status.synQueue = tcb.backlog.entries;
    return;
  }
  followChanges(tcb);
  sequence(status, tcb);
  status.bytesReceived = tcb.rcv.total;
  status.flags = options(tcb);
  // What follows is over.
  if (tcb.state == State.TIME_WAIT) return;
  // The pacer's is always near, and says nothing.
  const timer = nextBelow(tcb, Timer.PACE);
  if (timer != Timer.COUNT) {
    status.timer = timer + 1;
    status.timerMs = millisUntil(armedFor(tcb, timer));
  }
  status.retransmits = tcb.rtt.count;
  status.rto = tcb.rtt.rto;
  status.srtt = tcb.rtt.srtt;
  status.rttvar = tcb.rtt.rttvar;
  status.cwnd = tcb.cc.cwnd;
  status.ssthresh = tcb.cc.ssthresh;
  status.segsIn = tcb.cc.segsIn;
  status.segsOut = tcb.cc.segsOut;
  status.retransTotal = tcb.cc.retransmitted;
  status.bytesAcked = tcb.cc.total;
  status.minRtt = tcb.rtt.least;
  status.reordSeen = tcb.cc.reorderSeen;
  status.dsackDups = tcb.cc.duplicated;
  status.deliveryRate = deliveryRate(tcb);
  status.busy = busyTime(tcb);
  status.rwndLimited = peerWindowLimited(tcb);
  status.sndbufLimited = sendBufferLimited(tcb);
  if (!hasFlight(tcb)) return;
  const flight = flightOf(tcb);
  status.lost = flight.lost;
  status.sacked = flight.sacked;
  status.retrans = flight.resent;
  status.pacingRate = flight.paceRate;
}

/** STATUS.flags of a connection. */
function options(tcb: Tcb): u32 {
  return (
    (has(tcb, Flag.TIMESTAMPS) ? 1 : 0) |
    (has(tcb, Flag.SACK) ? 2 : 0) |
    (has(tcb, Flag.SCALING) ? 4 : 0) |
    (has(tcb, Flag.NAGLE_OFF) ? 8 : 0) |
    (has(tcb, Flag.RELEASED) ? 16 : 0) |
    (has(tcb, Flag.FIN_QUEUED) ? 32 : 0) |
    (tcb.ecn & Ecn.CAPABLE ? 64 : 0) |
    (tcb.ecn & Ecn.SEEN ? 128 : 0) |
    (isRateAppLimited(tcb) ? 256 : 0)
  );
}

/** Whether lack of data has limited the delivery rate that is shown. */
function isRateAppLimited(tcb: Tcb): bool {
  if (!hasFlight(tcb) || flightOf(tcb).rateInterval == 0) return tcb.rates.isAppLimited != 0;
  return flightOf(tcb).isRateAppLimited != 0;
}

/** A user's TIME-WAIT is over when its record has gone. */
function stateFor(tcb: Tcb): State {
  if (tcb.state != State.TIME_WAIT) return tcb.state;
  const holder = holderOf(find(changetype<usize>(tcb) + TUPLE, tcb.hash));
  return holder == Holder.TIME_WAIT ? State.TIME_WAIT : State.CLOSED;
}

function sequence(status: Status, tcb: Tcb): void {
  const snd = tcb.snd;
  const rcv = tcb.rcv;
  status.receiveQueue = tcb.state > State.SYN_SENT ? unreadText(tcb) : 0;
  status.sendQueue = snd.end - tcb.outgoing.start;
  status.notSent = pendingText(tcb);
  status.smss = snd.mss;
  status.rmss = rcv.mss;
  status.flightSize = flightSize(tcb);
  status.sndWnd = snd.wnd;
  status.rcvWnd = rcv.wnd;
  const urgent = <i32>(rcv.up - tcb.incoming.start);
  status.urgentLeft = tcb.state > State.SYN_SENT && urgent > 0 ? urgent : 0; // MUST-33
  status.sndUna = snd.una;
  status.sndNxt = snd.nxt;
  status.rcvNxt = rcv.nxt;
  status.rcvSsthresh = mostToOffer(tcb);
  status.rcvSpace = tcb.tuning.space;
  status.rcvRtt = rcv.rtt;
  status.iss = snd.iss;
  status.irs = rcv.irs;
  status.sndShift = snd.shift;
  status.rcvShift = rcv.shift;
}

function synEntryStatus(entry: SynEntry): void {
  const status = begin(changetype<usize>(entry), State.SYN_RECEIVED);
  status.timer = SYN_ACK_TIMER;
  status.timerMs = millisUntil(momentOf(timers(), config().connections + entry.index));
  status.retransmits = entry.retries;
  status.iss = entry.iss;
  status.irs = entry.irs;
  status.sndWnd = entry.wnd;
}

function timeWaitStatus(record: TimeWait): void {
  const status = begin(changetype<usize>(record), State.TIME_WAIT);
  status.timer = TIME_WAIT_TIMER;
  status.timerMs = timeWaitLeft(record);
  status.sndNxt = record.nxt;
  status.rcvNxt = record.rcvNxt;
}

/**
 * Fills STATUS with the first record at or behind a cursor: connections and listeners, then
 * SYN-queue entries, then TIME-WAIT. TCBs in CLOSED, and those a TIME-WAIT record stands for, are
 * passed over.
 *
 * @param cursor 0 to begin with, later what the last call answered
 * @returns the cursor of the next call, 0 when there is no further record
 */
export function nextStatus(cursor: u32): u32 {
  const tcbCount = tcbs().fresh;
  const entryCount = synEntries().fresh;
  for (; cursor < tcbCount; cursor++) {
    const tcb = tcbAt(cursor + 1);
    if (!has(tcb, Flag.IN_USE) || tcb.state == State.CLOSED || tcb.state == State.TIME_WAIT)
      continue;
    status(tcb);
    return cursor + 1;
  }
  for (; cursor < tcbCount + entryCount; cursor++) {
    const entry = synEntryAt(cursor - tcbCount + 1);
    if (entry.listener == 0) continue;
    synEntryStatus(entry);
    return cursor + 1;
  }
  for (; cursor < tcbCount + entryCount + timeWaits().fresh; cursor++) {
    const record = timeWaitAt(cursor - tcbCount - entryCount + 1);
    if (record.localPort == 0) continue;
    timeWaitStatus(record);
    return cursor + 1;
  }
  return 0;
}
