/**
 * The SYN queue: children of a listener in SYN-RECEIVED (RFC 9293 §3.10.7.2, RFC 4987 §3).
 *
 * A child is a record of 128 octets instead of a TCB, for a server holds most of them under attack.
 * Here it begins, sends its SYN,ACK, and ends; what arrives for it stands in `arrives-child.ts`.
 * "Return to LISTEN" is the child deleted while its listener stands.
 */
import { Counter, Reason, Result, Setting, State, TraceKind } from '../abi';
import { count } from '../counters';
import { headerLength, writeHeader } from '../ip/output';
import { addSourceRoute, dropSourceRoute, sourceRouteLength } from '../ip/source-route';
import { PAGE_SIZE, setting } from '../limits';
import { CHILD_SIZE, TRANSMIT } from '../memory';
import { childQueue, children, pages, pagesToSpare, timers } from '../pools';
import { beginChain, clearChain, reserve, writeChain } from '../store/chain';
import { sum } from '../store/copy-sum';
import { schedule, unschedule } from '../store/heap';
import { give, take } from '../store/pool';
import { push, remove, shift } from '../store/queue';
import { Instant, now } from '../time';
import { trace } from '../trace';
import { finish, pseudoSum } from '../wire/checksum';
import { PROTOCOL_TCP, TCP_CHECKSUM, TCP_HEADER, writeTcp } from '../wire/tcp';
import { shiftOf } from './autotune';
import { sendCookie } from './cookies';
import { Child, childAt, ownerOf, QUEUE_LINK, receiveNext, receiveWindow } from './child';
import { nextChallenge } from './delayed-ack';
import { Holder, insertTuple, removeTuple } from './demux';
import { synAckControl } from './ecn';
import { flowLabel, initialSequenceNumber, timestampOffset } from './isn';
import { deleteTcb } from './lifecycle';
import { announcedMss, offeredBy, offers, peerMss, writeSynOptions } from './negotiate';
import { INITIAL_RTO, MAX_RTO } from './rto';
import { acknowledgeRecord, resetConnection } from './reply';
import { dropStray, Segment } from './segment';
import { LocalSeq, lt } from './seq';
import { takeChildSourceRoute } from './source-route';
import { Flag, Tcb, tcbAt, TUPLE } from './tcb';
import { timestampNow } from './timestamps';

/** Whether a listener's accept queue is full; counts when it is. */
export function isOverflowing(listener: Tcb): bool {
  if (listener.backlog.waiting < listener.backlog.limit) return false;
  count(Counter.TcpExtListenOverflows);
  count(Counter.TcpExtListenDrops);
  return true;
}

/** Whether a listener would begin a child now. */
export function hasRoom(listener: Tcb): bool {
  const backlog = listener.backlog;
  return backlog.waiting < backlog.limit && backlog.children < backlog.limit;
}

/**
 * A SYN the SYN queue has no room for: a cookie if they are on, else nothing. A cookie has nowhere
 * to keep a source route, and the SYN,ACK would go another way.
 */
function synQueueFull(listener: Tcb, seg: Segment): void {
  if (setting(Setting.SYN_COOKIES) != 0 && seg.sourceRoute == 0) {
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
 * Begins a child for a SYN: chooses ISS, keeps what it offers, and queues the SYN,ACK.
 *
 * @param leastIss what ISS must lie beyond, when the tuple comes straight from TIME-WAIT (MAY-2); 0
 *   none
 */
export function addChild(listener: Tcb, seg: Segment, leastIss: LocalSeq): void {
  if (isOverflowing(listener)) {
    dropStray(seg, Reason.ACCEPT_QUEUE_FULL);
    return;
  }
  if (setting(Setting.SYN_COOKIES) == 2 && leastIss == 0 && seg.sourceRoute == 0) {
    sendCookie(listener, seg);
    return;
  }
  const isFull = listener.backlog.children >= listener.backlog.limit;
  const index = isFull ? 0 : take(children()); // RFC 4987 §3.5
  if (index == 0) {
    synQueueFull(listener, seg);
    return;
  }
  const child = childAt(index);
  memory.fill(changetype<usize>(child), 0, CHILD_SIZE);
  if (seg.sourceRoute != 0 && !takeChildSourceRoute(child, seg)) {
    count(Counter.TcpExtListenDrops);
    dropStray(seg, Reason.SOURCE_ROUTES_USED_UP);
    give(children(), index);
    return;
  }
  child.index = index;
  memory.copy(changetype<usize>(child) + TUPLE, changetype<usize>(seg) + TUPLE, 36);
  child.hash = insertTuple(Holder.CHILD, index);
  child.listener = listener.index;
  child.buffer = listener.rcv.buffer;
  child.ownShift = <u8>shiftOf(listener);
  listener.backlog.children++;
  listener.backlog.young++;
  const tuple = changetype<usize>(child) + TUPLE;
  child.iss = initialSequenceNumber(tuple);
  // RFC 1122 §4.2.2.13b
  if (leastIss != 0 && !lt(leastIss, child.iss)) child.iss = leastIss + 65_536; // MAY-2
  child.irs = seg.seq;
  child.flags = offers() & offeredBy(seg); // RFC 7323 §2.2a
  child.tsRecent = seg.options.tsVal;
  child.tsOffset = timestampOffset(tuple);
  child.mss = <u16>peerMss(seg.options, seg.remote0, seg.remote1);
  child.wnd = <u16>seg.wnd;
  child.urgent = seg.isUrg ? <u16>seg.up : 0;
  child.shift = <u8>(seg.options.shift == 255 ? 0 : seg.options.shift);
  keepText(child, listener, seg);
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
  queueSynAck(child);
  schedule(timers(), ownerOf(child), now() + INITIAL_RTO);
}

/**
 * Text that came with the SYN is kept for ESTABLISHED, one page of it; the rest will come again.
 */
function keepText(child: Child, listener: Tcb, seg: Segment): void {
  beginChain(child.kept, child.irs + 1);
  const most = pagesToSpare() == 0 ? 0 : min(PAGE_SIZE, listener.rcv.buffer);
  const length = min(seg.textLength, most);
  if (
    length == 0 ||
    reserve(pages(), child.kept, child.irs + 1 + length) != child.irs + 1 + length
  ) {
    if (seg.textLength != 0) dropStray(seg, Reason.SYN_TEXT_NOT_KEPT);
    return;
  }
  writeChain(pages(), child.kept, child.irs + 1, seg.text, length);
  child.keptLength = <u16>length;
}

/** Lines a child's SYN,ACK up to be sent. */
export function queueSynAck(child: Child): void {
  if (child.isQueued) return;
  child.isQueued = 1;
  push(childQueue(), children(), child.index, QUEUE_LINK);
}

/**
 * Writes the next SYN,ACK into the transmit window; answers the packet's octets, 0 when none waits.
 */
export function emitSynAck(): u32 {
  const index = shift(childQueue(), children(), QUEUE_LINK);
  if (index == 0) return 0;
  const child = childAt(index);
  child.isQueued = 0;
  const listener = tcbAt(child.listener);
  const ipOptions = sourceRouteLength(child.sourceRoute);
  const transport = TRANSMIT + headerLength(child.remote0, child.remote1) + ipOptions;
  const options = writeSynOptions(
    transport + TCP_HEADER,
    child.flags,
    announcedMss(child.remote0, child.remote1, listener.snd.mssLimit),
    child.ownShift,
    timestampNow(child.tsOffset),
    child.tsRecent,
  );
  const wnd = receiveWindow(child);
  const ctl = synAckControl(child.flags);
  writeTcp(
    transport,
    child.localPort,
    child.remotePort,
    child.iss,
    receiveNext(child),
    options,
    ctl,
    wnd,
    0,
  );
  const length = TCP_HEADER + options;
  const total =
    sum(transport, length) +
    pseudoSum(child.local0, child.local1, child.remote0, child.remote1, PROTOCOL_TCP, length);
  store<u16>(transport + TCP_CHECKSUM, <u16>finish(total));
  count(Counter.TcpOutSegs);
  trace(
    TraceKind.SEGMENT_OUT,
    0,
    State.SYN_RECEIVED,
    Reason.NONE,
    child.iss,
    receiveNext(child),
    ctl,
    wnd,
  );
  const packet = writeHeader(
    TRANSMIT,
    ipOptions + length,
    PROTOCOL_TCP,
    listener.diffserv,
    listener.hopLimit,
    flowLabel(changetype<usize>(child) + TUPLE),
    child.local0,
    child.local1,
    child.remote0,
    child.remote1,
  );
  if (ipOptions != 0) addSourceRoute(TRANSMIT, child.sourceRoute); // MUST-53
  return packet;
}

/** Whether the peer may be told again where we stand: seldom (RFC 5961 §7). */
export function mayAnswer(child: Child): bool {
  const next = nextChallenge(child.challengeAt);
  if (next == 0) return false;
  child.challengeAt = next;
  return true;
}

/** Tells the peer where a child stands, if it may. */
export function acknowledgeChild(child: Child): void {
  if (!mayAnswer(child)) return;
  count(Counter.TcpExtTCPChallengeACK);
  const shift: u32 = child.flags & Flag.SCALING ? child.ownShift : 0;
  acknowledgeRecord(
    changetype<usize>(child),
    child.sourceRoute,
    child.iss + 1,
    receiveNext(child),
    receiveWindow(child) >> shift,
    (child.flags & Flag.TIMESTAMPS) != 0,
    timestampNow(child.tsOffset),
    child.tsRecent,
    State.SYN_RECEIVED,
  );
}

/** Takes a child out of the SYN queue: it is deleted, or has become a TCB. */
export function removeChild(child: Child): void {
  unschedule(timers(), ownerOf(child));
  removeTuple(Holder.CHILD, child.index, child.hash);
  if (child.isQueued) remove(childQueue(), children(), child.index, QUEUE_LINK);
  clearChain(pages(), child.kept, 0);
  dropSourceRoute(child.sourceRoute);
  tcbAt(child.listener).backlog.children--;
  if (child.retries == 0) tcbAt(child.listener).backlog.young--;
  child.listener = 0;
  give(children(), child.index);
}

/** Returns to LISTEN: the child is deleted, its listener stands. */
export function deleteChild(child: Child, reason: Reason): void {
  count(Counter.TcpAttemptFails);
  trace(TraceKind.STATE, 0, State.CLOSED, reason, State.SYN_RECEIVED, State.CLOSED, reason, 0);
  removeChild(child);
}

/**
 * How often a child's SYN,ACK is sent again. As in Linux half of a SYN queue is for the young, who
 * mostly answer the first; the fuller it is of others, the sooner those are given up.
 *
 * DEVIATION: MUST-23 has a SYN tried for three minutes. The peer's own SYN is, and asks again; for
 * ours five times in a minute are enough, as in Linux, since a SYN with a spoofed source draws them
 * all. With tcp_synack_retries at 7 it is three minutes.
 */
function synAckTries(child: Child): u32 {
  const backlog = tcbAt(child.listener).backlog;
  const held = backlog.children;
  let tries = setting(Setting.SYN_ACK_RETRIES);
  if (held << 1 <= max<u32>(8, min(backlog.limit, children().capacity))) return tries;
  for (let young = backlog.young << 1; tries > 2 && held >= young; young <<= 1) tries--;
  return tries;
}

/** The SYN,ACK of a child was not answered in time: it is sent again, or given up. */
export function childTimeout(index: u32): void {
  const child = childAt(index);
  count(Counter.TcpExtTCPTimeouts);
  if (child.retries >= synAckTries(child)) {
    // RFC 4987 §3.3
    deleteChild(child, Reason.SYN_ACK_TIMEOUT);
    return;
  }
  if (child.retries == 0) tcbAt(child.listener).backlog.young--;
  child.retries++;
  count(Counter.TcpRetransSegs);
  queueSynAck(child);
  const wait = min((<Instant>INITIAL_RTO) << child.retries, MAX_RTO); // MUST-23
  schedule(timers(), ownerOf(child), now() + wait);
}

/** Ends a listener's queues: its children silently, what nobody accepted by a RST. */
export function closeListener(listener: Tcb): void {
  for (let index: u32 = 1; index <= children().fresh && listener.backlog.children != 0; index++) {
    const child = childAt(index);
    if (child.listener == listener.index) deleteChild(child, Reason.LISTENER_CLOSED);
  }
  while (listener.backlog.queue.head != 0) {
    const tcb = tcbAt(listener.backlog.queue.head);
    resetConnection(tcb);
    deleteTcb(tcb, Result.CONNECTION_ABORTED, Reason.LISTENER_CLOSED);
  }
}
