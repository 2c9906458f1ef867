/** The acceptability test of RFC 9293 §3.4, Table 6: for TCBs and for records without one. */
import { Segment } from './segment';
import { inWindow, RemoteSeq } from './seq';

/** Whether any of a segment lies in the receive window: the four cases of length and window. */
export function acceptable(seg: Segment, nxt: RemoteSeq, wnd: u32): bool {
  // A closed window takes no text, but ACK, URG and RST at its edge are valid still (MUST-66); text
  // is cut off by the seventh check.
  if (wnd == 0) return seg.seq == nxt; // MUST-66, RFC 2525 §2.12
  if (seg.len == 0) return inWindow(seg.seq, nxt, wnd);
  return inWindow(seg.seq, nxt, wnd) || inWindow(seg.seq + seg.len - 1, nxt, wnd);
}
