/**
 * Shares of the pages that all buffers have in common (what Linux does under `tcp_mem`'s pressure).
 *
 * While half of all pages are free nobody is limited. Beyond that a connection may have twice the
 * square of what is free, over what there is: each that holds its share leaves the next one less,
 * so some are always left. One whose user goes on reading, or whose peer takes what is sent, may
 * have twice what goes through it in a round trip, up to an eighth of what is free: it gives back
 * soon what it takes. And while the reserve is not used up, each may have what the first numbers of
 * `tcp_rmem` and `tcp_wmem` say. A short text needs no page at all.
 *
 * What a connection may have bounds what it offers, which is never taken back, and what it takes of
 * what it had offered before: text beyond that is dropped, and comes again.
 */
import { Setting } from '../abi';
import { BLOCK_SIZE, PAGE_SIZE, setting } from '../limits';
import { pages, pagesForOrder } from '../pools';
import { sparePages } from '../store/chain';
import { Micros, now, SECOND } from '../time';
import { Fixed, Tcb } from './tcb';

/** The largest window a SYN can offer. */
const SYN_WINDOW: u32 = 65_535;
/** As many pages as anybody could want. */
const UNLIMITED: u32 = 0xffff_ffff;

/** Whether pages are plenty: nobody is limited. */
function arePlenty(): bool {
  return pages().used <= pages().capacity >> 1;
}

/** Pages of a buffer, by what goes through it in a round trip (0: nothing) and by its minimum. */
function shareOf(octets: u32, least: Setting): u32 {
  const all = pages().capacity;
  const spare = sparePages(pages());
  const kept = pagesForOrder();
  const free = spare > kept ? spare - kept : 0;
  let share = <u32>((2 * <u64>free * free) / all);
  // One or two more: text begins and ends anywhere in a page.
  if (octets != 0) share = max(share, min(2 * (octets / PAGE_SIZE) + 2, spare >> 3));
  return spare > kept / 4 ? max(share, setting(least) / PAGE_SIZE + 1) : share;
}

/** Whether the user has read anything yet. */
function hasRead(tcb: Tcb): bool {
  return tcb.incoming.start != tcb.rcv.irs + 1;
}

/** Pages a connection may have for text that has come. */
export function receiveShare(tcb: Tcb): u32 {
  if (arePlenty()) return UNLIMITED;
  const isLively = hasRead(tcb) && <Micros>now() - tcb.tuning.at <= tcb.rcv.rtt + <Micros>SECOND;
  return shareOf(isLively ? tcb.tuning.space : 0, Setting.RMEM_MIN);
}

/** Pages a connection may have for text to be sent. */
export function sendShare(tcb: Tcb): u32 {
  return arePlenty() ? UNLIMITED : shareOf(min(tcb.cc.cwnd, tcb.snd.wnd), Setting.WMEM_MIN);
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
  const buffer = receiveBuffer(tcb);
  return arePlenty() ? buffer : shareToOffer(tcb, buffer);
}

/** The same where pages are scarce. */
function shareToOffer(tcb: Tcb, buffer: u32): u32 {
  const share = receiveShare(tcb);
  if (share > buffer / PAGE_SIZE + 1) return buffer;
  return min(buffer, share > 1 ? (share - 1) * PAGE_SIZE : BLOCK_SIZE);
}
