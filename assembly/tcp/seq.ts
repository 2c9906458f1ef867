/**
 * Sequence numbers (RFC 9293 §3.4): arithmetic modulo 2^32.
 *
 * Comparisons keep the RFC's order from left to right: "SND.UNA < SEG.ACK =< SND.NXT" is written
 * `lt(snd.una, seg.ack) && le(seg.ack, snd.nxt)`.
 */

/** A sequence number, modulo 2^32. */
export type Seq = u32;
/** A number of our own space: SND.*, SEG.ACK. */
export type LocalSeq = Seq;
/** A number of the peer's space: RCV.*, SEG.SEQ. */
export type RemoteSeq = Seq;

/** a < b */
export function lt(a: Seq, b: Seq): bool {
  return <i32>(a - b) < 0;
}

/** a =< b */
export function le(a: Seq, b: Seq): bool {
  return <i32>(a - b) <= 0;
}

/** first =< seq < first + size */
export function inWindow(seq: Seq, first: Seq, size: u32): bool {
  return seq - first < size;
}

/** The earlier of two. */
export function earlier(a: Seq, b: Seq): Seq {
  return lt(a, b) ? a : b;
}

/** The later of two. */
export function later(a: Seq, b: Seq): Seq {
  return lt(a, b) ? b : a;
}
