/**
 * The two windows (RFC 9293 §3.8.6): what we offer, and what the peer offers us.
 *
 * Receiver: the right edge never moves left (SHLD-14), and moves right only by a worthwhile step
 * (MUST-39). Sender: a window may shrink, even to nothing (MUST-34); then the persist timer takes
 * over from the retransmission timer, for as long as the peer answers (MUST-37).
 */
import { Counter } from '../abi';
import { count } from '../counters';
import { now } from '../time';
import { acknowledge, markReady } from './marks';
import { sendAllAgain } from './loss/recovery';
import { watchFlight } from './loss/watch';
import { confirmMtu } from './path-mtu';
import { Segment } from './segment';
import { le, lt } from './seq';
import { mostToOffer, receiveBuffer } from './shares';
import { Flag, has, lower, raise, Tcb, unreadText } from './tcb';

/** Largest window a header without scaling can say. */
const MAX_FIELD: u32 = 65_535;

/** Octets that rounding up may give away while the user has read nothing. */
const UNREAD_EXCESS: u32 = 2048;

/**
 * Smallest Rcv.Wind.Shift with which a buffer of that many octets can be offered (RFC 7323 §2.3).
 */
export function shiftFor(buffer: u32): u32 {
  const bits = 32 - <u32>clz<u32>(buffer);
  return bits <= 16 ? 0 : min<u32>(bits - 16, 14);
}

/**
 * Octets the buffer has room for, as far as a window field can say. More is no room to the peer: it
 * would look newly opened after each read, and worth telling of each time.
 */
function room(tcb: Tcb, most: u32): u32 {
  const unread = unreadText(tcb);
  if (unread >= most) return 0;
  return min(most - unread, MAX_FIELD << tcb.rcv.shift); // MAY-8
}

/** Whether the right edge may move to `free`: by a segment or half the buffer (MUST-39). */
function isWorthwhile(tcb: Tcb, free: u32, most: u32): bool {
  return free > tcb.rcv.wnd && free - tcb.rcv.wnd >= min<u32>(most / 2, tcb.rcv.mss);
}

/** Whether the peer may have what rounding up gives away: no more than that beyond the buffer. */
function mayGiveAway(tcb: Tcb): bool {
  const unread = unreadText(tcb);
  const buffer = receiveBuffer(tcb);
  if (buffer == tcb.rcv.buffer) return unread <= buffer + MAX_FIELD;
  return unread + tcb.rcv.wnd <= buffer + UNREAD_EXCESS;
}

/**
 * Sets RCV.WND to what is offered now.
 *
 * @returns the window field of a segment without SYN
 */
export function offerWindow(tcb: Tcb): u32 {
  const rcv = tcb.rcv;
  // Beyond the whole buffer nothing is to be opened: so it is wherever text goes one way.
  if (rcv.wnd < receiveBuffer(tcb)) {
    const most = mostToOffer(tcb);
    const free = room(tcb, most);
    if (isWorthwhile(tcb, free, most)) rcv.wnd = free; // MUST-39
  }
  // The field counts in steps of 2^shift: rounding up keeps the right edge from moving left
  // (SHLD-14).
  // A peer that lives on the excess, octet by octet, is stopped before it matters to the buffer:
  // from there on the field says up to a step less than what is still taken.
  const step: u32 = (1 << rcv.shift) - 1;
  // RFC 7323 §2.4a
  if ((rcv.wnd & step) != 0 && mayGiveAway(tcb)) rcv.wnd = (rcv.wnd + step) & ~step;
  const field = min(rcv.wnd >> rcv.shift, MAX_FIELD);
  rcv.wnd = max(field << rcv.shift, min(rcv.wnd, MAX_FIELD << rcv.shift));
  if (field == 0) {
    if (!has(tcb, Flag.WINDOW_CLOSED)) count(Counter.TcpExtTCPWantZeroWindowAdv);
    raise(tcb, Flag.WINDOW_CLOSED);
  } else {
    if (has(tcb, Flag.WINDOW_CLOSED)) count(Counter.TcpExtTCPFromZeroWindowAdv);
    lower(tcb, Flag.WINDOW_CLOSED);
  }
  return field;
}

/** Tells the peer of room that reading has made, when it is worth a segment of its own. */
export function windowOpened(tcb: Tcb): void {
  const most = mostToOffer(tcb);
  const free = room(tcb, most);
  if (!isWorthwhile(tcb, free, most)) return;
  // While the peer has half of it left, the next acknowledgment is early enough.
  if (free >= 2 * tcb.rcv.wnd) acknowledge(tcb);
}

/** Takes SEG.WND if the segment is newer than the last update (RFC 9293 §3.10.7.4, fifth). */
export function updateSendWindow(tcb: Tcb, seg: Segment): void {
  const snd = tcb.snd;
  if (!lt(snd.wl1, seg.seq) && !(snd.wl1 == seg.seq && le(snd.wl2, seg.ack))) return;
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
  const before = snd.wnd;
  snd.wnd = seg.wnd << (seg.isSyn ? 0 : snd.shift); // RFC 7323 §2.3d
  if (snd.wnd > snd.maxWnd) snd.maxWnd = snd.wnd; // RFC 5961 §5.2b
  if (snd.wnd == before) return;
  if (snd.wnd == 0) {
    watchFlight(tcb);
  } else if (before == 0) {
    windowReopened(tcb);
  }
  markReady(tcb);
}

/** What was sent into a closed window is sent again at once when it opens. */
function windowReopened(tcb: Tcb): void {
  lower(tcb, Flag.PROBE_NOW);
  tcb.rtt.count = tcb.rtt.probes = 0;
  confirmMtu(tcb);
  tcb.rtt.stalledAt = now();
  sendAllAgain(tcb);
  watchFlight(tcb);
}
