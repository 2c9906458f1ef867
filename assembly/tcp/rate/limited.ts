/**
 * What a sender waits for, and how long it has: `busy`, `rwnd_limited` and `sndbuf_limited` of
 * `ss -i`, with Linux's meaning.
 *
 * It is busy from the first octet SEND takes until all is acknowledged. Within that time the peer's
 * window may be what keeps data back, or the send buffer: all it holds is on its way, its user has
 * more, and cwnd would let it out. What the answer is can change only when nothing more leaves, so
 * it is asked for then, and the clock is read only where the answer is another one.
 */
import { millisNow } from '../../time';
import { pipe } from '../flight';
import { Flag, has, hasNothingLeft, pendingText, Tcb } from '../tcb';

/** What is waited for, as `waiting.kind`; the place of its time in Waiting, but for NONE. */
enum Limit {
  NONE,
  /** Acknowledgments, cwnd, or enough for a segment. */
  BUSY,
  PEER_WINDOW,
  SEND_BUFFER,
}

/** SEND has taken something. */
export function beginBusy(tcb: Tcb): void {
  if (tcb.waiting.kind == Limit.NONE) waitFor(tcb, Limit.BUSY);
}

/** Nothing more can leave now: notes why. */
export function noteLimit(tcb: Tcb): void {
  const known = tcb.waiting.kind;
  if (known == Limit.NONE) return;
  const found = limitOf(tcb);
  if (known != found) waitFor(tcb, found);
}

/** Ends the count once all is acknowledged. */
export function endBusy(tcb: Tcb): void {
  if (tcb.waiting.kind != Limit.NONE && hasNothingLeft(tcb)) waitFor(tcb, Limit.NONE);
}

function limitOf(tcb: Tcb): Limit {
  const snd = tcb.snd;
  if (pipe(tcb) + snd.mss > tcb.cc.cwnd) return Limit.BUSY;
  const unsent = pendingText(tcb);
  if (unsent == 0) return has(tcb, Flag.WANTS_ROOM) ? Limit.SEND_BUFFER : Limit.BUSY;
  const room = <i32>(snd.una + snd.wnd - snd.nxt);
  return room < <i32>min(unsent, snd.mss) ? Limit.PEER_WINDOW : Limit.BUSY;
}

function waitFor(tcb: Tcb, limit: Limit): void {
  const waiting = tcb.waiting;
  const kind = <Limit>waiting.kind;
  if (kind != Limit.NONE) addTime(tcb, kind, sinceThen(tcb));
  waiting.kind = limit;
  waiting.since = millisNow();
}

function sinceThen(tcb: Tcb): u32 {
  return millisNow() - tcb.waiting.since;
}

function timeAt(tcb: Tcb, limit: Limit): usize {
  return changetype<usize>(tcb.waiting) + 4 * <usize>limit;
}

function addTime(tcb: Tcb, limit: Limit, millis: u32): void {
  store<u32>(timeAt(tcb, limit), load<u32>(timeAt(tcb, limit)) + millis);
}

/** Milliseconds of one kind, what is counted right now included. */
function timeOf(tcb: Tcb, limit: Limit): u32 {
  return load<u32>(timeAt(tcb, limit)) + (tcb.waiting.kind == limit ? sinceThen(tcb) : 0);
}

/** Milliseconds the peer's window has kept data back. */
export function peerWindowLimited(tcb: Tcb): u32 {
  return timeOf(tcb, Limit.PEER_WINDOW);
}

/** Milliseconds a larger send buffer would have been made use of. */
export function sendBufferLimited(tcb: Tcb): u32 {
  return timeOf(tcb, Limit.SEND_BUFFER);
}

/** Milliseconds in which not all was acknowledged, for whatever reason. */
export function busyTime(tcb: Tcb): u32 {
  return timeOf(tcb, Limit.BUSY) + peerWindowLimited(tcb) + sendBufferLimited(tcb);
}
