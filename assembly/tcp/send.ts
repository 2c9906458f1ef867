/** SEND (RFC 9293 §3.10.2). */
import { Result, Setting, Signal, State } from '../abi';
import { setting } from '../limits';
import { PIECES } from '../memory';
import { pages, pagesForOrder, pagesToSpare, starvedQueue, tcbs } from '../pools';
import { appendChain, pagesLacking, roomHeld, roomWith, sparePages } from '../store/chain';
import { lendChain } from '../store/pieces';
import { push, shift } from '../store/queue';
import { tuneSend } from './autotune';
import { giveBack } from './lifecycle';
import { markReady, signal } from './marks';
import { reclaimPages } from './orphans';
import { beginBusy } from './rate/limited';
import { sendShare } from './shares';
import { Flag, has, lower, pendingText, raise, STARVED_LINK, Tcb, tcbAt } from './tcb';

/** As many unsent octets as the buffer holds: the default. */
const UNBOUNDED: u32 = 0xffff_ffff;

/**
 * Accepts up to `length` octets at `from`. There is no PUSH flag: everything is pushed (MAY-15,
 * MUST-60).
 *
 * @returns octets taken; fewer than `length` when the send buffer is full, and WRITABLE will
 *   follow; or what `refusal` says
 */
export function send(tcb: Tcb, from: usize, length: u32): i32 {
  const granted = grant(tcb, length);
  if (granted <= 0) return granted;
  appendChain(pages(), tcb.outgoing, tcb.snd.end, from, granted);
  queue(tcb, granted);
  return granted;
}

/**
 * As `send`, but lists where the octets are to be written: they are the user's until `commit`,
 * which is the next call of this connection.
 */
export function lend(tcb: Tcb, length: u32): i32 {
  const granted = grant(tcb, length);
  if (granted > 0) lendChain(pages(), tcb.outgoing, tcb.snd.end, PIECES, granted);
  return granted;
}

/** Accepts `length` octets that were written where `lend` has given room, or to its front. */
export function commit(tcb: Tcb, length: u32): i32 {
  const refused = refusal(tcb);
  if (refused != Result.OK) return -refused;
  if (length > roomHeld(pages(), tcb.outgoing, tcb.snd.end)) return -Result.INVALID_ARGUMENT;
  queue(tcb, length);
  return length;
}

/**
 * Why SEND is refused, if it is: CONNECTION_DOES_NOT_EXIST or how the connection ended · CLOSED
 *   REMOTE_SOCKET_UNSPECIFIED · LISTEN
 *   CONNECTION_CLOSING        · after CLOSE: FIN-WAIT-1 onward, and earlier with a FIN queued
 */
function refusal(tcb: Tcb): Result {
  switch (tcb.state) {
    case State.CLOSED:
      return tcb.result == Result.OK ? Result.CONNECTION_DOES_NOT_EXIST : tcb.result;
    case State.LISTEN:
      return Result.REMOTE_SOCKET_UNSPECIFIED;
    case State.SYN_SENT:
    case State.SYN_RECEIVED:
      // Queued until ESTABLISHED.
      return has(tcb, Flag.FIN_QUEUED) ? Result.CONNECTION_CLOSING : Result.OK;
    case State.ESTABLISHED:
    case State.CLOSE_WAIT:
      return Result.OK;
    default: // FIN-WAIT-1, FIN-WAIT-2, CLOSING, LAST-ACK, TIME-WAIT
      return Result.CONNECTION_CLOSING;
  }
}

/**
 * Marks everything SEND has taken so far as urgent: SND.UP lies behind its last octet (MUST-30,
 * MUST-62).
 * The text stays in line; its length does not matter (MUST-31). New applications should not
 * (SHLD-13).
 */
export function markUrgent(tcb: Tcb): Result {
  if (tcb.state < State.SYN_SENT) return Result.CONNECTION_DOES_NOT_EXIST;
  if (has(tcb, Flag.FIN_QUEUED)) return Result.CONNECTION_CLOSING;
  tcb.snd.up = tcb.snd.end; // MUST-31, MUST-62
  markReady(tcb);
  return Result.OK;
}

/** How many of so many octets there is room for, or why none is accepted. */
function grant(tcb: Tcb, length: u32): i32 {
  const refused = refusal(tcb);
  if (refused != Result.OK) return -refused;
  const end = tcb.snd.end;
  const wanted = min(length, sendRoom(tcb));
  const needed = pagesLacking(pages(), tcb.outgoing, end + wanted);
  while (pagesFor(tcb) < needed && reclaimPages());
  const room = roomWith(pages(), tcb.outgoing, min(needed, pagesFor(tcb)), end);
  const granted = min(wanted, room);
  if (granted < length) {
    raise(tcb, Flag.WANTS_ROOM);
    if (granted < wanted) starve(tcb);
  }
  return granted;
}

/** Octets behind the last are text to be sent from now on. */
function queue(tcb: Tcb, length: u32): void {
  if (length == 0) return;
  tcb.snd.end += length;
  beginBusy(tcb);
  markReady(tcb);
}

/**
 * Pages a connection may have more for text to be sent: what is left of its share. One that holds
 * none may have one of the upper half of what is kept for text in order: peers that close their
 * windows can keep every other page, for as long as they like.
 */
function pagesFor(tcb: Tcb): u32 {
  const share = sendShare(tcb);
  const held = tcb.outgoing.pages;
  const more = share > held ? min(pagesToSpare(), share - held) : 0;
  return more == 0 && held == 0 && hasPages() ? 1 : more;
}

/** Whether anybody at all could be given a page. */
function hasPages(): bool {
  return sparePages(pages()) > pagesForOrder() / 2;
}

/** Whether somebody waits for a page who may have one now. */
export function canFeedStarved(): bool {
  if (!hasPages()) return false;
  for (let index = starvedQueue().head; index != 0; index = tcbAt(index).starvedLink) {
    if (!has(tcbAt(index), Flag.IN_USE) || pagesFor(tcbAt(index)) != 0) return true;
  }
  return false;
}

/** Octets the send buffer has room for. */
function sendRoom(tcb: Tcb): u32 {
  tuneSend(tcb);
  const held = tcb.snd.end - tcb.outgoing.start;
  const room = held < tcb.snd.buffer ? tcb.snd.buffer - held : 0;
  const unsent = pendingText(tcb);
  const most = lowWater(tcb);
  return unsent < most ? min(room, most - unsent) : 0;
}

/** Octets not sent yet from which on SEND takes no more (TCP_NOTSENT_LOWAT). */
function lowWater(tcb: Tcb): u32 {
  const own = tcb.snd.notSentLowWater;
  return own != 0 ? own : setting(Setting.NOTSENT_LOWAT);
}

/**
 * Room that is worth a call. While much waits to be sent, the pipe stays full without the user, who
 * is called for a quarter of the buffer. When little does, what has been acknowledged is at once
 * missing in flight: then for a 32nd, or a segment if that is more and the buffer holds several.
 */
function roomWorthTelling(tcb: Tcb): u32 {
  const quarter = tcb.snd.buffer / 4;
  // As in Linux half of what may be unsent has to leave first; of a single octet all of it.
  const half = lowWater(tcb) - lowWater(tcb) / 2;
  if (pendingText(tcb) > quarter) return min(quarter, half);
  return min(max(tcb.snd.buffer / 32, min(tcb.snd.mss, quarter)), half);
}

/** New text has left: where what is unsent is bounded, that is room, and no ACK has to come. */
export function unsentFell(tcb: Tcb): void {
  if (has(tcb, Flag.WANTS_ROOM) && lowWater(tcb) != UNBOUNDED) roomReturned(tcb);
}

/** Tells a user whose SEND was cut short that there is room again, when it is worth a call. */
export function roomReturned(tcb: Tcb): void {
  if (!has(tcb, Flag.WANTS_ROOM) || has(tcb, Flag.STARVED)) return;
  if (sendRoom(tcb) < roomWorthTelling(tcb)) return;
  lower(tcb, Flag.WANTS_ROOM);
  signal(tcb, Signal.WRITABLE);
}

/** Lines a connection up for the next free page: the shared pool is empty. */
function starve(tcb: Tcb): void {
  if (has(tcb, Flag.STARVED)) return;
  raise(tcb, Flag.STARVED);
  push(starvedQueue(), tcbs(), tcb.index, STARVED_LINK);
}

/** Tells those who waited for a page that there are some, in the order they came. */
export function feedStarved(): void {
  const queue = starvedQueue();
  const last = queue.tail;
  for (let index = hasPages() ? queue.head : 0; index != 0; index = queue.head) {
    shift(queue, tcbs(), STARVED_LINK);
    feed(tcbAt(index));
    if (index == last) return;
  }
}

/** Tells one of them, or lets it go on waiting: who holds text lets those by who hold none. */
function feed(tcb: Tcb): void {
  if (has(tcb, Flag.IN_USE) && pagesFor(tcb) == 0) {
    push(starvedQueue(), tcbs(), tcb.index, STARVED_LINK);
    return;
  }
  lower(tcb, Flag.STARVED);
  if (!has(tcb, Flag.IN_USE)) {
    giveBack(tcb);
    return;
  }
  lower(tcb, Flag.WANTS_ROOM);
  signal(tcb, Signal.WRITABLE);
}
