/**
 * Segment text (RFC 9293 §3.10.7.4, seventh): in order to the user, out of order to its place.
 *
 * DEVIATION: RFC 9293 lets a TCP hold a whole out-of-order segment back and process it when its
 * turn comes. Here its ACK has been processed by the fifth check already, for fast recovery needs
 * it now; only text and FIN wait.
 */
import { Counter, Reason, Signal, State } from '../abi';
import { count } from '../counters';
import { pages, pagesToSpare, ranges } from '../pools';
import { appendChain, pagesLacking, reserve, roomWith, writeChain } from '../store/chain';
import { addRange, firstRange, rangeAt, rangeContaining, trimRanges } from '../store/ranges';
import { measureReceiver } from './autotune';
import { acknowledgeText } from './delayed-ack';
import { takeCodepoint } from './ecn';
import { acknowledge, signal } from './marks';
import { dropSegment, Segment } from './segment';
import { markArrival, noteDuplicate } from './sack-blocks';
import { earlier, later, le, lt, RemoteSeq } from './seq';
import { outOfOrderShare, rangeShare, receiveShare } from './shares';
import { Flag, handleOf, has, Tcb } from './tcb';

/** Takes the text of an acceptable segment: what lies in the window and is new. */
export function acceptText(tcb: Tcb, seg: Segment): void {
  const rcv = tcb.rcv;
  if (has(tcb, Flag.ECN)) takeCodepoint(tcb, seg); // RFC 3168 §6.1.1c, §6.1.5b
  const begin = seg.seq + (seg.isSyn ? 1 : 0);
  let left = begin;
  let right = begin + seg.textLength;
  if (seg.largest > rcv.mss) rcv.mss = <u16>seg.largest;
  if (seg.isPlaced) {
    takeOver(tcb, seg, right, false);
    return;
  }
  const hasDuplicate = noteDuplicate(tcb, left, right);
  left = later(left, rcv.nxt);
  right = earlier(right, rcv.nxt + rcv.wnd);
  // Behind its FIN a peer has no text.
  if (has(tcb, Flag.FIN_KEPT)) right = earlier(right, rcv.finSeq);
  if (!lt(left, right)) {
    // All of it was there already, or none of it fits: the peer is told where we stand.
    if (le(begin + seg.textLength, rcv.nxt)) drop(tcb, Reason.TEXT_AGAIN, seg);
    else if (lt(left, rcv.nxt + rcv.wnd)) drop(tcb, Reason.BEHIND_FIN, seg);
    else drop(tcb, Reason.TEXT_BEYOND_WINDOW, seg);
    acknowledge(tcb);
    return;
  }
  right = roomFor(tcb, left, right);
  if (!lt(left, right)) {
    noRoom(tcb, seg);
    return;
  }
  const from = seg.text + (left - begin);
  if (left == rcv.nxt) textInOrder(tcb, seg, from, right, hasDuplicate);
  else if (hasDuplicate && isHeld(tcb, left, right)) textAgain(tcb, seg, left);
  else textOutOfOrder(tcb, seg, from, left, right);
}

/**
 * No page is free, or the share is used up: the peer will send it again. It is answered as text
 * beyond the window is: the peer learns that we are there, and what has come.
 */
function noRoom(tcb: Tcb, seg: Segment): void {
  count(Counter.TcpExtTCPRcvQDrop);
  drop(tcb, Reason.NO_RESOURCES, seg);
  acknowledge(tcb);
}

function drop(tcb: Tcb, reason: Reason, seg: Segment): void {
  dropSegment(seg, handleOf(tcb), tcb.state, reason, tcb.rcv.nxt);
}

/**
 * Where the text ends that a connection may take: not more than its share. Out-of-order text may
 * have no page that text in order may need, for the gap before it neither; its room is made here.
 */
function roomFor(tcb: Tcb, left: RemoteSeq, right: RemoteSeq): RemoteSeq {
  const needed = pagesLacking(pages(), tcb.incoming, right);
  const isNext = left == tcb.rcv.nxt;
  if (needed != 0) {
    if (!isNext && needed > pagesToSpare()) return left;
    // What lies in pages that are held already costs nothing.
    const share = isNext ? receiveShare(tcb) : outOfOrderShare(tcb);
    if (tcb.incoming.pages + needed > share) {
      if (!isNext) return left;
      right = right + roomWith(pages(), tcb.incoming, 0, right);
    }
  }
  return isNext ? right : earlier(right, reserve(pages(), tcb.incoming, right));
}

/** Whether all of some out-of-order text is there already. */
function isHeld(tcb: Tcb, left: RemoteSeq, right: RemoteSeq): bool {
  const around = rangeContaining(ranges(), tcb.outOfOrder, left);
  return around != 0 && le(right, rangeAt(ranges(), around).right);
}

/** Out-of-order text that has come before: the peer learns it, and still wants for the gap. */
function textAgain(tcb: Tcb, seg: Segment, left: RemoteSeq): void {
  drop(tcb, Reason.TEXT_AGAIN, seg);
  acknowledge(tcb); // MAY-13, RFC 5681 §3.2a
  markArrival(tcb, left);
}

function textInOrder(
  tcb: Tcb,
  seg: Segment,
  from: usize,
  right: RemoteSeq,
  hasDuplicate: bool,
): void {
  const nxt = tcb.rcv.nxt;
  right = appendChain(pages(), tcb.incoming, nxt, from, right - nxt);
  if (right == nxt) noRoom(tcb, seg);
  else takeOver(tcb, seg, right, hasDuplicate);
}

/** Gives text that lies in its place to the user, and what had waited for it. */
function takeOver(tcb: Tcb, seg: Segment, right: RemoteSeq, hasDuplicate: bool): void {
  const rcv = tcb.rcv;
  measureReceiver(tcb, seg);
  const hadGap = tcb.outOfOrder.count != 0;
  if (hadGap) right = joinOutOfOrder(tcb, right);
  const length = right - rcv.nxt;
  rcv.nxt = right;
  rcv.wnd = length < rcv.wnd ? rcv.wnd - length : 0;
  rcv.total += length;
  // In a simultaneous open the signal waits for ESTABLISHED.
  if (tcb.state != State.SYN_RECEIVED) signal(tcb, Signal.READABLE);
  // RFC 5681 §4.2b: a segment that fills a gap, wholly or in part, is acknowledged at once. So is
  // one that was sent in part for nothing: its sender is waiting for some ACK that was lost.
  if (hadGap || hasDuplicate) acknowledge(tcb);
  else acknowledgeText(tcb);
}

/** Takes over out-of-order text that RCV.NXT reaches; answers where the text in order ends now. */
function joinOutOfOrder(tcb: Tcb, right: RemoteSeq): RemoteSeq {
  while (tcb.outOfOrder.count != 0) {
    const range = rangeAt(ranges(), firstRange(ranges(), tcb.outOfOrder));
    if (lt(right, range.left)) break;
    if (lt(right, range.right)) right = range.right;
    trimRanges(ranges(), tcb.outOfOrder, right);
  }
  return right;
}

/** Holds out-of-order text in its place and asks for the gap at once (SHLD-31, MAY-13). */
function textOutOfOrder(
  tcb: Tcb,
  seg: Segment,
  from: usize,
  left: RemoteSeq,
  right: RemoteSeq,
): void {
  acknowledge(tcb); // MAY-13, RFC 5681 §3.2a
  if (addRange(ranges(), tcb.outOfOrder, left, right, rangeShare(tcb)) == 0) {
    count(Counter.TcpExtTCPOFODrop);
    drop(tcb, Reason.NO_ROOM_FOR_EARLY_TEXT, seg);
    return;
  }
  count(Counter.TcpExtTCPOFOQueue);
  // RFC 2018 §8a, RFC 2525 §2.5
  writeChain(pages(), tcb.incoming, left, from, right - left); // SHLD-31
}
