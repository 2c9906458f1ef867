/** The Internet checksum (RFC 1071), for who writes packets outside a core. */

/** 16-bit words in network order, added with end-around carry to another sum. */
export function onesSum(octets: Uint8Array, from = 0): number {
  let sum = from;
  for (let i = 0; i < octets.length; i += 2) {
    sum += ((octets[i] ?? 0) << 8) | (octets[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

/** The sum of the pseudo header (RFC 9293 §3.1, RFC 8200 §8.1) before `length` octets. */
export function pseudoHeaderSum(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  length: number,
): number {
  const tail = new Uint8Array(8);
  const view = new DataView(tail.buffer);
  view.setUint32(0, length);
  view.setUint32(4, protocol);
  return onesSum(tail, onesSum(destination, onesSum(source)));
}
