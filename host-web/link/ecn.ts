/** The mark of a congested router in a packet's IP header (RFC 3168 §5). */

/** The two bits, and the value that says that congestion was experienced. */
const CODEPOINT = 3;

/**
 * Marks a packet whose sender is ECN-capable.
 *
 * @returns false when it is not, and so can only be lost
 */
export function markCongestion(octets: Uint8Array): boolean {
  if (octets.length < 20) return false;
  const tos = octets[1]!;
  if (octets[0]! >> 4 === 6) {
    // The traffic class lies across two octets; its low bits are in the middle of the second.
    if (((tos >> 4) & CODEPOINT) === 0) return false;
    octets[1] = tos | (CODEPOINT << 4);
    return true;
  }
  if ((tos & CODEPOINT) === 0) return false;
  octets[1] = tos | CODEPOINT;
  // The checksum follows by the difference (RFC 1624 §3).
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const sum = (~view.getUint16(10) & 0xffff) + ((tos | CODEPOINT) - tos);
  view.setUint16(10, ~((sum & 0xffff) + (sum >> 16)));
  return true;
}
