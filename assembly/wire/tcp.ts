/**
 * The TCP header (RFC 9293 §3.1): offsets, readers, one writer. No state; options stand beside it.
 *
 *  ├────────── source port ────────┼──────── destination port ──────┤  0
 *  ├──────────────────────── sequence number ───────────────────────┤  4
 *  ├──────────────────── acknowledgment number ─────────────────────┤  8
 *  ├ data offset │ 0 ┼ control bits ┼──────────── window ───────────┤ 12
 *  ├─────────── checksum ──────────┼───────── urgent pointer ───────┤ 16
 *  ├──────── options, data offset - 5 words of them ────────────────┤ 20
 */
import { load16, load32, store32 } from './octets';

/** TCP as an IP protocol or next header. */
export const PROTOCOL_TCP: u32 = 6;
/** Octets of a header without options. */
export const TCP_HEADER: u32 = 20;
/** Offset of the checksum. */
export const TCP_CHECKSUM: usize = 16;

/** Source port. */
export function sourcePort(at: usize): u32 {
  return load16(at);
}

/** Destination port. */
export function destinationPort(at: usize): u32 {
  return load16(at + 2);
}

/** Sequence number: SEG.SEQ. */
export function sequenceNumber(at: usize): u32 {
  return load32(at + 4);
}

/** Acknowledgment number: SEG.ACK, meaningful only with the ACK bit. */
export function acknowledgmentNumber(at: usize): u32 {
  return load32(at + 8);
}

/** Octets of the header, options included. */
export function dataOffset(at: usize): u32 {
  return (load<u8>(at, 12) >> 4) * 4;
}

/** Control bits, CWR to FIN. The four reserved bits are not ours to judge (RFC 9293 §3.1). */
export function controlBits(at: usize): u32 {
  return load<u8>(at, 13);
}

/** The window field: unsigned and unscaled (MUST-1). */
export function windowField(at: usize): u32 {
  return load16(at + 14); // MUST-1
}

/** Urgent pointer: SEG.UP, meaningful only with the URG bit. */
export function urgentPointer(at: usize): u32 {
  return load16(at + 18);
}

/** Writes a header with an empty checksum; options of `optionsLength` octets follow it. */
export function writeTcp(
  at: usize,
  source: u32,
  destination: u32,
  seq: u32,
  ack: u32,
  optionsLength: u32,
  ctl: u32,
  wnd: u32,
  urgent: u32,
): void {
  store32(at, (source << 16) | (destination & 0xffff));
  store32(at + 4, seq);
  store32(at + 8, ack);
  const offset = (TCP_HEADER + optionsLength) << 26;
  store32(at + 12, offset | ((ctl & 0xff) << 16) | (wnd & 0xffff));
  store32(at + 16, urgent & 0xffff);
}
