/**
 * Shares of the pages that all buffers have in common (what Linux does under `tcp_mem`'s pressure).
 *
 * While half of all pages are free nobody is limited. Beyond that a connection may hold a 16th of
 * what is free above an eighth of all pages, and a 256th of what is free: the first few have much,
 * and after hundreds that have taken their share and stopped there is some for the next. Where
 * nothing moves, for no user reads or no peer takes what is sent, the last quarter is not touched;
 * where something does, the first numbers of `tcp_rmem` and `tcp_wmem` hold, even of the reserve. A
 * text of a segment needs no page at all.
 *
 * What a connection may hold bounds what it takes, of what it had offered before too: text beyond
 * that is dropped, and comes again. It bounds what it offers as well, which is never taken back;
 * but a user that goes on reading lets nothing lie, so its peer is offered twice what it reads in a
 * round trip, up to an eighth of what is free.
 */
import { Setting } from '../abi';
import { FEW_RANGES, PAGE_SIZE, setting } from '../limits';
import { pages, pagesForOrder, pagesToSpare, ranges } from '../pools';
import { blockSize, sparePages } from '../store/chain';
import { Micros, now, SECOND } from '../time';
import { queueShare } from './readers';
import { Fixed, Tcb, unreadText } from './tcb';

/** The largest window a SYN can offer. */
const SYN_WINDOW: u32 = 65_535;
/** As many pages as anybody could want. */
const UNLIMITED: u32 = 0xffff_ffff;

/** Whether pages are plenty: nobody is limited. */
function arePlenty(): bool {
  return pages().used <= pages().capacity >> 1;
}

/** Pages a connection may hold, by whether its data moves, and at least its minimum. */
function shareOf(least: Setting, isMoving: bool): u32 {
  const all = pages().capacity;
  const spare = sparePages(pages());
  if (spare > (isMoving ? pagesForOrder() / 4 : all / 4)) {
    const free = pagesToSpare();
    const many = free > all / 8 ? (free - all / 8) / 16 : 0;
    return max(many + free / 256, setting(least) / PAGE_SIZE + 1);
  }
  return 0;
}

/** Whether the user has read anything yet. */
function hasRead(tcb: Tcb): bool {
  return tcb.incoming.start != tcb.rcv.irs + 1;
}

/** Whether the user goes on reading: the last round trip, or second, is not long ago. */
function isLively(tcb: Tcb): bool {
  return hasRead(tcb) && <Micros>now() - tcb.tuning.at <= tcb.rcv.rtt + <Micros>SECOND;
}

/** Pages a connection may have for text that has come. */
export function receiveShare(tcb: Tcb): u32 {
  return arePlenty() ? UNLIMITED : shareOf(Setting.RMEM_MIN, isLively(tcb));
}

/**
 * The same for out-of-order text: where the user has read all that is in order, only the gap keeps
 * the rest from being read, and it may have a 32nd of what is free.
 */
export function outOfOrderShare(tcb: Tcb): u32 {
  const share = receiveShare(tcb);
  return unreadText(tcb) == 0 && isLively(tcb) ? max(share, pagesToSpare() / 32) : share;
}

/**
 * Ranges of out-of-order text a connection may have: a few, and one for each 512 octets that its
 * pages have room for, so that whoever sends single octets fills a window with them. And a quarter
 * of those that nobody has; a quarter of all is there for users that go on reading.
 */
export function rangeShare(tcb: Tcb): u32 {
  const all = ranges().capacity;
  const left = all - ranges().used;
  const kept: u32 = isLively(tcb) ? 0 : all / 4;
  const share = left > kept ? (left - kept) / 4 : 0;
  return min(share, FEW_RANGES + tcb.incoming.pages * (PAGE_SIZE / 512));
}

/** Pages a connection may have for text to be sent. */
export function sendShare(tcb: Tcb): u32 {
  if (arePlenty()) return UNLIMITED;
  return shareOf(Setting.WMEM_MIN, tcb.snd.wnd != 0 && tcb.rtt.count == 0);
}

/**
 * Octets of the receive buffer. One that tunes itself has no more than a SYN can say until its user
 * has read anything.
 */
export function receiveBuffer(tcb: Tcb): u32 {
  if (tcb.fixed & Fixed.RECEIVE || hasRead(tcb)) return tcb.rcv.buffer;
  return min<u32>(tcb.rcv.buffer, SYN_WINDOW);
}

/** Octets that may lie in the receive buffer, or be offered room for. */
export function mostToOffer(tcb: Tcb): u32 {
  let buffer = receiveBuffer(tcb);
  if (!(tcb.fixed & Fixed.RECEIVE)) buffer = min(buffer, queueShare());
  return arePlenty() ? buffer : shareToOffer(tcb, buffer);
}

/** The same where pages are scarce. */
function shareToOffer(tcb: Tcb, buffer: u32): u32 {
  let share = receiveShare(tcb);
  if (isLively(tcb)) {
    // One or two more: text begins and ends anywhere in a page.
    share = max(share, min(2 * (tcb.tuning.space / PAGE_SIZE) + 2, sparePages(pages()) >> 3));
  }
  if (share > buffer / PAGE_SIZE + 1) return buffer;
  return min(buffer, share > 1 ? (share - 1) * PAGE_SIZE : blockSize(pages()));
}
