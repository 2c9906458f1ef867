/**
 * The SYN queue: a listener's entries in SYN-RECEIVED (RFC 9293 §3.10.7.2, RFC 4987 §3).
 *
 * An entry is a record of 128 octets instead of a TCB, for a server has most of them under attack.
 * Here it begins, sends its SYN,ACK, and ends; `arrives-syn-entry.ts` has what arrives for it.
 * "Return to LISTEN" is the entry deleted while its listener stands.
 */
import { Counter, Reason, Result, Setting, Signal, State, TraceKind } from '../abi';
import { count } from '../counters';
import { headerLength, writeHeader } from '../ip/output';
import { addSourceRoute, dropSourceRoute, sourceRouteLength } from '../ip/source-route';
import { setting } from '../limits';
import { SYN_ENTRY_SIZE, TRANSMIT } from '../memory';
import { synEntryQueue, synEntries, pages, timers } from '../pools';
import { beginChain, blockSize, clearChain, reserve, writeChain } from '../store/chain';
import { sumHeader } from '../store/copy-sum';
import { schedule, unschedule } from '../store/heap';
import { give, take } from '../store/pool';
import { push, remove, shift } from '../store/queue';
import { Instant, now, SECOND } from '../time';
import { trace } from '../trace';
import { copyTuple } from '../tuple';
import { finish, pseudoSum } from '../wire/checksum';
import { PROTOCOL_TCP, TCP_CHECKSUM, TCP_HEADER, writeTcp } from '../wire/tcp';
import { shiftOf } from './autotune';
import { sendCookie } from './cookies';
import { SynEntry, synEntryAt, ownerOf, QUEUE_LINK, receiveNext, receiveWindow } from './syn-entry';
import { nextChallenge } from './delayed-ack';
import { Holder, insertTuple, removeTuple } from './demux';
import { synAckControl } from './ecn';
import { flowLabel, initialSequenceNumber, originOf, timestampOffset } from './isn';
import { deleteTcb } from './lifecycle';
import { signal } from './marks';
import { announcedMss, offeredBy, offers, peerMss, writeSynOptions } from './negotiate';
import { INITIAL_RTO, MAX_RTO } from './loss/rto';
import { acknowledgeRecord, resetConnection } from './reply';
import { dropStray, Segment } from './segment';
import { LocalSeq, lt } from './seq';
import { takeEntrySourceRoute } from './source-route';
import { Flag, Passive, Tcb, tcbAt, TUPLE } from './tcb';
import { timestampNow } from './timestamps';

/** How long a user may take to decide about a SYN: as long as a SYN,ACK is sent for one. */
const PATIENCE: Instant = 63 * SECOND;

/** Whether a listener's accept queue is full; counts when it is. */
export function isOverflowing(listener: Tcb): bool {
  if (listener.backlog.waiting < listener.backlog.limit) return false;
  count(Counter.TcpExtListenOverflows);
  count(Counter.TcpExtListenDrops);
  return true;
}

/** Whether a listener would begin an entry now. */
export function hasRoom(listener: Tcb): bool {
  const backlog = listener.backlog;
  return backlog.waiting < backlog.limit && backlog.entries < backlog.limit;
}

/**
 * Whether a SYN may be answered by a cookie. That has nowhere to keep a source route, and the
 * SYN,ACK would go another way; nor can it wait until a user has decided.
 */
function mayBeCookie(listener: Tcb, seg: Segment): bool {
  return seg.sourceRoute == 0 && (listener.passive & Passive.ASK) == 0;
}

/** A SYN the SYN queue has no room for: a cookie if they are on, else nothing. */
function synQueueFull(listener: Tcb, seg: Segment): void {
  if (setting(Setting.SYN_COOKIES) != 0 && mayBeCookie(listener, seg)) {
    // RFC 4987 §3.7
    count(Counter.TcpExtTCPReqQFullDoCookies);
    sendCookie(listener, seg);
    return;
  }
  count(Counter.TcpExtTCPReqQFullDrop);
  count(Counter.TcpExtListenDrops);
  dropStray(seg, Reason.SYN_QUEUE_FULL);
}

/**
 * Begins an entry for a SYN: chooses ISS, keeps what it offers, and queues the SYN,ACK.
 *
 * @param leastIss what ISS must lie beyond, when the tuple comes straight from TIME-WAIT (MAY-2); 0
 *   none
 */
export function addEntry(listener: Tcb, seg: Segment, leastIss: LocalSeq): void {
  if (isOverflowing(listener)) {
    dropStray(seg, Reason.ACCEPT_QUEUE_FULL);
    return;
  }
  if (setting(Setting.SYN_COOKIES) == 2 && leastIss == 0 && mayBeCookie(listener, seg)) {
    sendCookie(listener, seg);
    return;
  }
  const isFull = listener.backlog.entries >= listener.backlog.limit;
  const index = isFull ? 0 : take(synEntries()); // RFC 4987 §3.5
  if (index == 0) {
    synQueueFull(listener, seg);
    return;
  }
  const entry = synEntryAt(index);
  memory.fill(changetype<usize>(entry), 0, SYN_ENTRY_SIZE);
  if (seg.sourceRoute != 0 && !takeEntrySourceRoute(entry, seg)) {
    count(Counter.TcpExtListenDrops);
    dropStray(seg, Reason.SOURCE_ROUTES_USED_UP);
    give(synEntries(), index);
    return;
  }
  entry.index = index;
  copyTuple(changetype<usize>(entry) + TUPLE, changetype<usize>(seg) + TUPLE);
  insertTuple(Holder.SYN_ENTRY, index, entry.hash);
  entry.listener = listener.index;
  entry.buffer = listener.rcv.buffer;
  entry.ownShift = <u8>shiftOf(listener);
  listener.backlog.entries++;
  listener.backlog.young++;
  const tuple = changetype<usize>(entry) + TUPLE;
  const origin = originOf(tuple);
  entry.iss = initialSequenceNumber(origin);
  // RFC 1122 §4.2.2.13b
  if (leastIss != 0 && !lt(leastIss, entry.iss)) entry.iss = leastIss + 65_536; // MAY-2
  entry.irs = seg.seq;
  entry.flags = offers() & offeredBy(seg); // RFC 7323 §2.2a
  entry.tsRecent = seg.options.tsVal;
  entry.tsOffset = timestampOffset(origin);
  entry.mss = <u16>peerMss(seg.options, seg.remote0, seg.remote1);
  entry.wnd = <u16>seg.wnd;
  entry.urgent = seg.isUrg ? <u16>seg.up : 0;
  entry.shift = <u8>(seg.options.shift == 255 ? 0 : seg.options.shift);
  keepText(entry, listener, seg);
  trace(
    TraceKind.STATE,
    0,
    State.SYN_RECEIVED,
    Reason.SYN_ARRIVED,
    State.LISTEN,
    State.SYN_RECEIVED,
    Reason.SYN_ARRIVED,
    0,
  );
  if (listener.passive & Passive.ASK) ask(entry, listener);
  else answer(entry);
}

/** Sends an entry's SYN,ACK, and again until it is answered. */
export function answer(entry: SynEntry): void {
  queueSynAck(entry);
  schedule(timers(), ownerOf(entry), now() + INITIAL_RTO);
}

/** Asks a listener's user about an entry, which waits for that, but not for ever. */
function ask(entry: SynEntry, listener: Tcb): void {
  entry.isUndecided = 1;
  entry.isQueued = 1;
  push(listener.backlog.asked, synEntries(), entry.index, QUEUE_LINK);
  signal(listener, Signal.ASKED);
  schedule(timers(), ownerOf(entry), now() + PATIENCE);
}

/** Text that came with the SYN is kept for ESTABLISHED: a block of it, the rest will come again. */
function keepText(entry: SynEntry, listener: Tcb, seg: Segment): void {
  beginChain(entry.kept, entry.irs + 1);
  const most = min(blockSize(pages()), listener.rcv.buffer);
  const first = entry.irs + 1;
  const wanted = min(seg.textLength, most);
  if (wanted == 0) return;
  // There is a block for every chain: some of it always finds room.
  const length = reserve(pages(), entry.kept, first + wanted) - first;
  writeChain(pages(), entry.kept, first, seg.text, length);
  entry.keptLength = <u16>length;
}

/** Lines an entry's SYN,ACK up to be sent. */
export function queueSynAck(entry: SynEntry): void {
  if (entry.isQueued) return;
  entry.isQueued = 1;
  push(synEntryQueue(), synEntries(), entry.index, QUEUE_LINK);
}

/**
 * Writes the next SYN,ACK into the transmit window; answers the packet's octets, 0 when none waits.
 */
export function emitSynAck(): u32 {
  const index = shift(synEntryQueue(), synEntries(), QUEUE_LINK);
  if (index == 0) return 0;
  const entry = synEntryAt(index);
  entry.isQueued = 0;
  const listener = tcbAt(entry.listener);
  const ipOptions = sourceRouteLength(entry.sourceRoute);
  const transport = TRANSMIT + headerLength(entry.remote0, entry.remote1) + ipOptions;
  const options = writeSynOptions(
    transport + TCP_HEADER,
    entry.flags,
    announcedMss(entry.remote0, entry.remote1, listener.snd.mssLimit),
    entry.ownShift,
    timestampNow(entry.tsOffset),
    entry.tsRecent,
  );
  const wnd = receiveWindow(entry);
  const ctl = synAckControl(entry.flags);
  writeTcp(
    transport,
    entry.localPort,
    entry.remotePort,
    entry.iss,
    receiveNext(entry),
    options,
    ctl,
    wnd,
    0,
  );
  const length = TCP_HEADER + options;
  const total =
    sumHeader(transport, length) +
    pseudoSum(entry.local0, entry.local1, entry.remote0, entry.remote1, PROTOCOL_TCP, length);
  store<u16>(transport + TCP_CHECKSUM, <u16>finish(total));
  count(Counter.TcpOutSegs);
  trace(
    TraceKind.SEGMENT_OUT,
    0,
    State.SYN_RECEIVED,
    Reason.NONE,
    entry.iss,
    receiveNext(entry),
    ctl,
    wnd,
  );
  const packet = writeHeader(
    TRANSMIT,
    ipOptions + length,
    PROTOCOL_TCP,
    listener.diffserv,
    listener.hopLimit,
    flowLabel(changetype<usize>(entry) + TUPLE),
    entry.local0,
    entry.local1,
    entry.remote0,
    entry.remote1,
  );
  if (ipOptions != 0) addSourceRoute(TRANSMIT, entry.sourceRoute); // MUST-53
  return packet;
}

/** Whether the peer may be told again where we stand: seldom (RFC 5961 §7). */
export function mayAnswer(entry: SynEntry): bool {
  const next = nextChallenge(entry.challengeAt);
  if (next == 0) return false;
  entry.challengeAt = next;
  return true;
}

/** Tells the peer where an entry stands, if it may. */
export function acknowledgeEntry(entry: SynEntry): void {
  if (!mayAnswer(entry)) return;
  count(Counter.TcpExtTCPChallengeACK);
  const shift: u32 = entry.flags & Flag.SCALING ? entry.ownShift : 0;
  acknowledgeRecord(
    changetype<usize>(entry),
    entry.sourceRoute,
    entry.iss + 1,
    receiveNext(entry),
    receiveWindow(entry) >> shift,
    (entry.flags & Flag.TIMESTAMPS) != 0,
    timestampNow(entry.tsOffset),
    entry.tsRecent,
    State.SYN_RECEIVED,
  );
}

/** Takes an entry out of the SYN queue: it is deleted, or has become a TCB. */
export function removeEntry(entry: SynEntry): void {
  unschedule(timers(), ownerOf(entry));
  removeTuple(Holder.SYN_ENTRY, entry.index, entry.hash);
  const backlog = tcbAt(entry.listener).backlog;
  const queue = entry.isUndecided ? backlog.asked : synEntryQueue();
  if (entry.isQueued) remove(queue, synEntries(), entry.index, QUEUE_LINK);
  clearChain(pages(), entry.kept, 0);
  dropSourceRoute(entry.sourceRoute);
  backlog.entries--;
  if (entry.retries == 0) backlog.young--;
  entry.listener = 0;
  give(synEntries(), entry.index);
}

/** Returns to LISTEN: the entry is deleted, its listener stands. */
export function deleteEntry(entry: SynEntry, reason: Reason): void {
  count(Counter.TcpAttemptFails);
  trace(TraceKind.STATE, 0, State.CLOSED, reason, State.SYN_RECEIVED, State.CLOSED, reason, 0);
  removeEntry(entry);
}

/**
 * How often an entry's SYN,ACK is sent again. As in Linux half of a SYN queue is for the young, who
 * mostly answer the first; the fuller it is of others, the sooner those are given up.
 *
 * DEVIATION: MUST-23 has a SYN tried for three minutes. The peer's own SYN is, and asks again; for
 * ours five times in a minute are enough, as in Linux, since a SYN with a spoofed source draws them
 * all. With tcp_synack_retries at 7 it is three minutes.
 */
function synAckTries(entry: SynEntry): u32 {
  const backlog = tcbAt(entry.listener).backlog;
  const held = backlog.entries;
  let tries = setting(Setting.SYN_ACK_RETRIES);
  if (held << 1 <= max<u32>(8, min(backlog.limit, synEntries().capacity))) return tries;
  for (let young = backlog.young << 1; tries > 2 && held >= young; young <<= 1) tries--;
  return tries;
}

/** The SYN,ACK of an entry was not answered in time: it is sent again, or given up. */
export function synAckTimeout(index: u32): void {
  const entry = synEntryAt(index);
  if (entry.isUndecided) {
    deleteEntry(entry, Reason.SYN_UNDECIDED);
    return;
  }
  count(Counter.TcpExtTCPTimeouts);
  if (entry.retries >= synAckTries(entry)) {
    // RFC 4987 §3.3
    deleteEntry(entry, Reason.SYN_ACK_TIMEOUT);
    return;
  }
  if (entry.retries == 0) tcbAt(entry.listener).backlog.young--;
  entry.retries++;
  count(Counter.TcpRetransSegs);
  queueSynAck(entry);
  const wait = min((<Instant>INITIAL_RTO) << entry.retries, MAX_RTO); // MUST-23
  schedule(timers(), ownerOf(entry), now() + wait);
}

/** Ends a listener's queues: its entries silently, what nobody accepted by a RST. */
export function closeListener(listener: Tcb): void {
  for (let index: u32 = 1; index <= synEntries().fresh && listener.backlog.entries != 0; index++) {
    const entry = synEntryAt(index);
    if (entry.listener == listener.index) deleteEntry(entry, Reason.LISTENER_CLOSED);
  }
  while (listener.backlog.queue.head != 0) {
    const tcb = tcbAt(listener.backlog.queue.head);
    resetConnection(tcb);
    deleteTcb(tcb, Result.CONNECTION_ABORTED, Reason.LISTENER_CLOSED);
  }
}
