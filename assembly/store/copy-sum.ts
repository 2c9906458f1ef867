/**
 * Copying and summing octets: the inner loops of everything, sixty-four octets a turn.
 *
 * The sum is the ones' complement sum of 16-bit words of RFC 1071, taken in the machine's
 * little-endian order (RFC 1071 §2 B: the order does not matter, as long as the result is stored in
 * the same one). It is folded to 16 bits and not complemented. Whoever adds sums folds again.
 */

/** Folds a sum to 16 bits. */
export function fold(sum: u32): u32 {
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

/**
 * Folds what the loops below have gathered: `all` is the sum of 64-bit words, of which the carries
 * are lost, `high` that of their upper halves. Together they give that of the lower halves, with
 * every carry: three instructions for sixteen octets, where adding halves in pairs takes five.
 */
function foldLanes(all: v128, high: v128): u32 {
  const low = i64x2.sub(all, i64x2.shl(high, 32));
  const lanes = i64x2.add(low, high);
  return foldWide(i64x2.extract_lane(lanes, 0) + i64x2.extract_lane(lanes, 1));
}

/** Folds a sum of 32-bit words to 16 bits. */
function foldWide(total: u64): u32 {
  const words = (total & 0xffff_ffff) + (total >> 32);
  return fold(<u32>(words & 0xffff) + <u32>(words >> 16));
}

/**
 * The sum over the last `length` octets, fewer than sixteen; an odd last octet counts as a low
 * half.
 */
function sumTail(at: usize, length: u32): u32 {
  let sum: u32 = 0;
  for (; length >= 4; at += 4, length -= 4) sum += <u32>load<u16>(at) + <u32>load<u16>(at, 2);
  if (length >= 2) {
    sum += load<u16>(at);
    at += 2;
    length -= 2;
  }
  if (length != 0) sum += load<u8>(at);
  return sum;
}

/** Four vectors as one sum of 64-bit words: one turn of the loops below. */
function sumOf(a: v128, b: v128, c: v128, d: v128): v128 {
  return i64x2.add(i64x2.add(a, b), i64x2.add(c, d));
}

/** The upper halves of a vector's 64-bit words. */
function upper(a: v128): v128 {
  return i64x2.shr_u(a, 32);
}

/** The sum over `length` octets, 0 to 512 KiB. */
export function sum(at: usize, length: u32): u32 {
  let all = i64x2.splat(0);
  let high = i64x2.splat(0);
  for (; length >= 64; at += 64, length -= 64) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    all = i64x2.add(all, sumOf(a, b, c, d));
    high = i64x2.add(high, sumOf(upper(a), upper(b), upper(c), upper(d)));
  }
  for (; length >= 16; at += 16, length -= 16) {
    const octets = v128.load(at);
    all = i64x2.add(all, octets);
    high = i64x2.add(high, upper(octets));
  }
  return fold(foldLanes(all, high) + sumTail(at, length));
}

/**
 * The sum over a header of so many octets, a multiple of four, which has just been written word by
 * word: a load that is wider than the stores before it waits until they have left the processor.
 */
export function sumHeader(at: usize, length: u32): u32 {
  let total: u64 = 0;
  for (const end = at + length; at != end; at += 4) total += load<u32>(at);
  return foldWide(total);
}

/** Copies `length` octets, 0 to 512 KiB, that do not overlap, and answers the sum over them. */
export function copyAndSum(to: usize, from: usize, length: u32): u32 {
  let all = i64x2.splat(0);
  let high = i64x2.splat(0);
  const isShort = length < 16;
  for (; length >= 64; from += 64, to += 64, length -= 64) {
    const a = v128.load(from);
    const b = v128.load(from, 16);
    const c = v128.load(from, 32);
    const d = v128.load(from, 48);
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
    all = i64x2.add(all, sumOf(a, b, c, d));
    high = i64x2.add(high, sumOf(upper(a), upper(b), upper(c), upper(d)));
  }
  for (; length >= 16; from += 16, to += 16, length -= 16) {
    const octets = v128.load(from);
    v128.store(to, octets);
    all = i64x2.add(all, octets);
    high = i64x2.add(high, upper(octets));
  }
  if (length != 0) {
    // The last sixteen once more, some of them for the second time, spare a call out of the module.
    if (isShort) memory.copy(to, from, length);
    else v128.store(to + length - 16, v128.load(from + length - 16));
  }
  return fold(foldLanes(all, high) + sumTail(from, length));
}
