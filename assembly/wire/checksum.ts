/**
 * The Internet checksum (RFC 1071) and the pseudo headers it covers (RFC 9293 §3.1, RFC 8200 §8.1).
 *
 * Sums are those of `store/copy-sum.ts`: little-endian, folded, not complemented.
 */
import { fold } from '../store/copy-sum';
import { ipv4Of, isIpv4 } from './address';

/** The checksum to store for a sum, in the same order the sum was taken in. */
export function finish(sum: u32): u32 {
  return ~fold(sum) & 0xffff;
}

function halves(word: u64): u32 {
  return (
    <u32>(word & 0xffff) +
    <u32>((word >> 16) & 0xffff) +
    <u32>((word >> 32) & 0xffff) +
    <u32>(word >> 48)
  );
}

/** The sum over a pseudo header: both addresses, the protocol, and the upper layer's length. */
export function pseudoSum(
  source0: u64,
  source1: u64,
  destination0: u64,
  destination1: u64,
  protocol: u32,
  length: u32,
): u32 {
  const tail =
    <u32>bswap<u16>(<u16>protocol) +
    <u32>bswap<u16>(<u16>length) +
    <u32>bswap<u16>(<u16>(length >> 16));
  if (isIpv4(source0, source1)) {
    const s = ipv4Of(source1);
    const d = ipv4Of(destination1);
    return fold((s & 0xffff) + (s >> 16) + (d & 0xffff) + (d >> 16) + tail);
  }
  return fold(
    halves(source0) + halves(source1) + halves(destination0) + halves(destination1) + tail,
  );
}
