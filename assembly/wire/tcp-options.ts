/**
 * TCP's options (RFC 9293 §3.2, RFC 7323, RFC 2018): read from any header, written for ours.
 *
 * Reading never fails. An option whose length is wrong ends the reading, for nothing behind it can
 * be trusted; what was read before it stands, and the caller is told (MUST-7). An option of a known
 * kind with another length than its own is passed over as if unknown.
 */
import { load16, load32, store16, store32 } from './octets';

enum Kind {
  END = 0,
  NO_OPERATION = 1,
  MSS = 2,
  WINDOW_SCALE = 3,
  SACK_PERMITTED = 4,
  SACK = 5,
  TIMESTAMPS = 8,
}

/** Largest shift RFC 7323 §2.3 allows; a larger one is taken as this. */
export const MAX_SHIFT: u32 = 14;
/** Blocks a SACK option can hold. */
export const MAX_BLOCKS: u32 = 4;

/** What a segment's options said. */
@unmanaged
export class Options {
  /** Octets, as announced; 0 when absent. */
  mss: u32;
  /** Shift count, at most 14; 255 when absent. */
  shift: u32;
  /** 1 when SACK is permitted. */
  sackPermitted: u32;
  /** 1 when timestamps are there. */
  hasTimestamps: u32;
  tsVal: u32;
  tsEcr: u32;
  /** SACK blocks, and where the first lies: pairs of 32-bit numbers in network order. */
  blockCount: u32;
  blocks: u32;
  /** 1 when an illegal length ended the reading. */
  illegal: u32;
}

/** Reads the options between `at` and `end`. */
export function readOptions(options: Options, at: usize, end: usize): void {
  options.mss = options.sackPermitted = options.hasTimestamps = 0;
  options.tsVal = options.tsEcr = options.blockCount = options.blocks = options.illegal = 0;
  options.shift = 255;
  // The form nearly every segment has: two NOPs and timestamps, aligned (RFC 7323 appendix A).
  if (end - at == 12 && load<u32>(at) == 0x0a08_0101) {
    readTimestamps(options, at + 2);
    return;
  }
  while (at < end) {
    const kind: u32 = load<u8>(at);
    if (kind == Kind.END) return; // MUST-69
    if (kind == Kind.NO_OPERATION) {
      at++;
      continue;
    }
    const length: u32 = at + 1 < end ? load<u8>(at, 1) : 0;
    if (length < 2 || at + length > end) {
      options.illegal = 1; // MUST-7
      return;
    }
    readOption(options, kind, at, length);
    at += length; // MUST-6, MUST-64, MUST-68, RFC 5482 §3b
  }
}

// MUST-4
function readOption(options: Options, kind: u32, at: usize, length: u32): void {
  switch (kind) {
    case Kind.MSS:
      if (length == 4) options.mss = load16(at + 2);
      return;
    case Kind.WINDOW_SCALE:
      if (length == 3) options.shift = min<u32>(load<u8>(at, 2), MAX_SHIFT); // RFC 7323 §2.3a
      return;
    case Kind.SACK_PERMITTED:
      if (length == 2) options.sackPermitted = 1;
      return;
    case Kind.SACK:
      if (length >= 10 && (length - 2) % 8 == 0) {
        options.blockCount = min((length - 2) / 8, MAX_BLOCKS);
        options.blocks = <u32>at + 2;
      }
      return;
    case Kind.TIMESTAMPS:
      if (length == 10) readTimestamps(options, at);
      return;
    default:
      return;
  }
}

function readTimestamps(options: Options, at: usize): void {
  options.hasTimestamps = 1;
  options.tsVal = load32(at + 2);
  options.tsEcr = load32(at + 6);
}

/** Left edge of a SACK block. */
export function blockLeft(options: Options, block: u32): u32 {
  return load32(<usize>options.blocks + 8 * block);
}

/** Right edge of a SACK block. */
export function blockRight(options: Options, block: u32): u32 {
  return load32(<usize>options.blocks + 8 * block + 4);
}

// Writers. Each answers the octets it wrote, a multiple of four.

/** Writes the MSS option. */
export function writeMss(at: usize, mss: u32): u32 {
  store<u8>(at, Kind.MSS);
  store<u8>(at, 4, 1);
  store16(at + 2, mss);
  return 4;
}

/** Writes the window scale option, behind one NOP. */
export function writeWindowScale(at: usize, shift: u32): u32 {
  store<u8>(at, Kind.NO_OPERATION);
  store<u8>(at, Kind.WINDOW_SCALE, 1);
  store<u8>(at, 3, 2);
  store<u8>(at, <u8>shift, 3);
  return 4;
}

/** Writes SACK permitted, behind two NOPs. */
export function writeSackPermitted(at: usize): u32 {
  store16(at, 0x0101);
  store<u8>(at, Kind.SACK_PERMITTED, 2);
  store<u8>(at, 2, 3);
  return 4;
}

/** Octets of the timestamps option with its padding. */
export const TIMESTAMPS_LENGTH: u32 = 12;

/** Writes timestamps behind two NOPs, the form `readOptions` knows at a glance. */
export function writeTimestamps(at: usize, tsVal: u32, tsEcr: u32): u32 {
  store32(at, 0x0101_080a);
  store32(at + 4, tsVal);
  store32(at + 8, tsEcr);
  return TIMESTAMPS_LENGTH;
}

/** Begins a SACK option of `count` blocks; `writeBlock` fills them in. */
export function beginSack(at: usize, count: u32): u32 {
  store32(at, 0x0101_0000 | (Kind.SACK << 8) | (2 + 8 * count));
  return 4 + 8 * count;
}

/** Writes one block of the SACK option that begins at `at`; blocks count from 0. */
export function writeBlock(at: usize, block: u32, left: u32, right: u32): void {
  store32(at + 4 + 8 * block, left);
  store32(at + 8 + 8 * block, right);
}
