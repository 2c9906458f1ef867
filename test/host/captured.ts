/** What a capture file of ours holds, read back. */
// The tests' own: what cuts a capture sums with the product's.
import { onesSum, pseudoHeaderSum } from '../dsl/segment.ts';

export interface Captured {
  readonly direction: 'in' | 'out';
  readonly octets: Uint8Array;
}

const ENHANCED_PACKET = 6;
const FLAGS = 2;

/** The packets of a pcapng file. */
export function packetsOf(file: Buffer): Captured[] {
  const packets: Captured[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    if (file.readUInt32LE(at) !== ENHANCED_PACKET) continue;
    const kept = file.readUInt32LE(at + 20);
    const options = at + 28 + ((kept + 3) & ~3);
    const isIn = file.readUInt16LE(options) === FLAGS && file.readUInt32LE(options + 4) === 1;
    const octets = file.subarray(at + 28, at + 28 + kept);
    packets.push({ direction: isIn ? 'in' : 'out', octets });
  }
  return packets;
}

/** Whether a packet of TCP has a checksum that holds; others are not judged. */
export function isWhole(packet: Uint8Array): boolean {
  const isIpv4 = packet[0]! >> 4 === 4;
  const protocol = packet[isIpv4 ? 9 : 6]!;
  if (protocol !== 6) return true;
  const transport = packet.subarray(isIpv4 ? 4 * (packet[0]! & 15) : 40);
  const source = packet.subarray(isIpv4 ? 12 : 8, isIpv4 ? 16 : 24);
  const destination = packet.subarray(isIpv4 ? 16 : 24, isIpv4 ? 20 : 40);
  const pseudo = pseudoHeaderSum(source, destination, protocol, transport.length);
  return onesSum(transport, pseudo) === 0xffff;
}
