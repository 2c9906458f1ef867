/** The acceptability test of RFC 9293 §3.4, Table 6: for TCBs and for records without one. */
import { Segment } from './segment';
import { inWindow, LocalSeq, RemoteSeq } from './seq';

/** Whether any of a segment lies in the receive window: the four cases of length and window. */
export function acceptable(seg: Segment, nxt: RemoteSeq, wnd: u32): bool {
  // A closed window takes no text, but ACK, URG and RST at its edge are valid still (MUST-66); text
  // is cut off by the seventh check.
  if (wnd == 0) return seg.seq == nxt; // MUST-66, RFC 2525 §2.12
  if (seg.len == 0) return inWindow(seg.seq, nxt, wnd);
  return inWindow(seg.seq, nxt, wnd) || inWindow(seg.seq + seg.len - 1, nxt, wnd);
}

/**
 * Whether a segment that lies below the window, for its sender has not heard our last ACK,
 * acknowledges everything that was sent.
 *
 * DEVIATION: §3.10.7.4 drops such a segment whole, and where two FINs have crossed our own is then
 * sent again after RTO. Linux and BSD take its ACK (RFC 9293 appendix A.2). Here that must name
 * SND.NXT and nothing else, as a RST must name RCV.NXT: whoever can not see the connection gains
 * nothing by it (RFC 5961 §5).
 *
 * @param all SND.NXT, of which something is unacknowledged
 * @param buffer octets the peer can have sent ahead of an ACK of ours
 */
export function isLate(seg: Segment, all: LocalSeq, nxt: RemoteSeq, buffer: u32): bool {
  return seg.isAck && !seg.isSyn && !seg.isRst && seg.ack == all && nxt - seg.seq <= buffer;
}
