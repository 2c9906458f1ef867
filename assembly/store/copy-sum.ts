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

function foldLanes(lanes: v128): u32 {
  // Four u32 lanes hold at most 2^16 words of 2^16 each before `sum` is called with more than 1
  // MiB.
  const wide = <u64>i32x4.extract_lane(lanes, 0) & 0xffff_ffff;
  const total =
    wide +
    (<u64>i32x4.extract_lane(lanes, 1) & 0xffff_ffff) +
    (<u64>i32x4.extract_lane(lanes, 2) & 0xffff_ffff) +
    (<u64>i32x4.extract_lane(lanes, 3) & 0xffff_ffff);
  return fold(<u32>(total & 0xffff) + <u32>((total >> 16) & 0xffff) + <u32>(total >> 32));
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

/** The words of four vectors, in pairs, as four sums: one turn of the loops below. */
function pairs(a: v128, b: v128, c: v128, d: v128): v128 {
  return i32x4.add(
    i32x4.add(i32x4.extadd_pairwise_i16x8_u(a), i32x4.extadd_pairwise_i16x8_u(b)),
    i32x4.add(i32x4.extadd_pairwise_i16x8_u(c), i32x4.extadd_pairwise_i16x8_u(d)),
  );
}

/** The sum over `length` octets, 0 to 512 KiB. */
export function sum(at: usize, length: u32): u32 {
  let lanes = i32x4.splat(0);
  for (; length >= 64; at += 64, length -= 64) {
    const four = pairs(
      v128.load(at),
      v128.load(at, 16),
      v128.load(at, 32),
      v128.load(at, 48),
    );
    lanes = i32x4.add(lanes, four);
  }
  for (; length >= 16; at += 16, length -= 16) {
    lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(v128.load(at)));
  }
  return fold(foldLanes(lanes) + sumTail(at, length));
}

/** Copies `length` octets, 0 to 512 KiB, that do not overlap, and answers the sum over them. */
export function copyAndSum(to: usize, from: usize, length: u32): u32 {
  let lanes = i32x4.splat(0);
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
    lanes = i32x4.add(lanes, pairs(a, b, c, d));
  }
  for (; length >= 16; from += 16, to += 16, length -= 16) {
    const octets = v128.load(from);
    v128.store(to, octets);
    lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(octets));
  }
  if (length != 0) {
    // The last sixteen once more, some of them for the second time, spare a call out of the module.
    if (isShort) memory.copy(to, from, length);
    else v128.store(to + length - 16, v128.load(from + length - 16));
  }
  return fold(foldLanes(lanes) + sumTail(from, length));
}
