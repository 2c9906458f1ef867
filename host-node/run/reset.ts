/**
 * What a host answers to a segment of a connection that it does not know (RFC 9293 §3.5.2, group
 * 1): a process that was killed is answered for by the switch, as by a kernel.
 *
 * Here are segments to inner addresses, all of IPv6. Nothing stands between the two headers.
 */

/** Octets of the headers of IPv6 and TCP, and where fields stand in them. */
const IPV6 = 40;
const TCP = 20;
const NEXT_HEADER = 6;
const SOURCE = 8;
const DESTINATION = 24;
const FLAGS = IPV6 + 13;
const PROTOCOL_TCP = 6;
const Flag = { SYN: 2, RST: 4, ACK: 16 } as const;

/** The RST for a packet, without a checksum; undefined where none is due. */
export function resetFor(packet: Uint8Array): Uint8Array | undefined {
  const flags = packet[FLAGS] ?? Flag.RST;
  if (packet[NEXT_HEADER] !== PROTOCOL_TCP || (flags & Flag.RST) !== 0) return undefined;
  if ((flags & (Flag.ACK | Flag.SYN)) === 0) return undefined;
  const asked = new DataView(packet.buffer, packet.byteOffset + IPV6);
  const reset = new Uint8Array(IPV6 + TCP);
  const view = new DataView(reset.buffer, IPV6);
  reset.set(packet.subarray(0, 4));
  reset.set([0, TCP, PROTOCOL_TCP, 64], 4);
  reset.set(packet.subarray(DESTINATION, IPV6), SOURCE);
  reset.set(packet.subarray(SOURCE, DESTINATION), DESTINATION);
  view.setUint16(0, asked.getUint16(2));
  view.setUint16(2, asked.getUint16(0));
  const isOpen = (flags & Flag.ACK) !== 0;
  if (isOpen) view.setUint32(4, asked.getUint32(8));
  else view.setUint32(8, asked.getUint32(4) + 1);
  reset[IPV6 + 12] = (TCP / 4) << 4;
  reset[FLAGS] = isOpen ? Flag.RST : Flag.RST | Flag.ACK;
  return reset;
}
