/**
 * What is left to a link, done: a packet whose checksum is not complete, or which is several
 * segments, becomes what a wire carries of it. A device that takes such packets does the same; here
 * it serves whoever must show the segments, such as a capture.
 */
import { Ctl, PacketFlag } from '../abi.ts';
import { onesSum, pseudoHeaderSum } from './checksum.ts';

const TCP = 6;
const UDP = 17;
const IPV6_HEADER = 40;
const UDP_HEADER = 8;
/** Offsets in the headers of IP, TCP and UDP. */
const TOTAL_LENGTH = 2;
const PROTOCOL = 9;
const IPV4_CHECKSUM = 10;
const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
const SEQUENCE = 4;
const DATA_OFFSET = 12;
const CONTROL = 13;
const CHECKSUM = 16;
const UDP_CHECKSUM = 6;

/**
 * Hands out the packets that a packet is on the wire, each its own array, in order; one to which
 * nothing is left to be done as it is.
 *
 * @param flags bits of PacketFlag
 */
export function divide(
  packet: Uint8Array,
  flags: number,
  take: (packet: Uint8Array) => void,
): void {
  const size = flags >>> 16;
  if (size === 0 && (flags & PacketFlag.CHECKSUM_PARTIAL) === 0) {
    take(packet);
    return;
  }
  const isIpv4 = packet[0]! >> 4 === 4;
  const transport = isIpv4 ? 4 * (packet[0]! & 15) : IPV6_HEADER;
  const isTcp = packet[isIpv4 ? PROTOCOL : NEXT_HEADER] === TCP;
  const header = transport + (isTcp ? 4 * (packet[transport + DATA_OFFSET]! >> 4) : UDP_HEADER);
  const text = packet.length - header;
  const step = size === 0 ? text : size;
  let at = 0;
  do {
    const end = Math.min(at + step, text);
    const part = new Uint8Array(header + end - at);
    part.set(packet.subarray(0, header));
    part.set(packet.subarray(header + at, header + end), header);
    if (isTcp) follow(part, transport, at, end === text);
    complete(part, transport, isIpv4, isTcp);
    take(part);
    at = end;
  } while (at < text);
}

/** Makes a copied header of TCP that of the segment `offset` octets behind the first. */
function follow(part: Uint8Array, transport: number, offset: number, isLast: boolean): void {
  const view = new DataView(part.buffer);
  const sequence = transport + SEQUENCE;
  view.setUint32(sequence, view.getUint32(sequence) + offset);
  // What tells of the end is the last one's; the answer to an echo of congestion the first one's.
  if (!isLast) part[transport + CONTROL]! &= ~(Ctl.FIN | Ctl.PSH);
  if (offset > 0) part[transport + CONTROL]! &= ~Ctl.CWR;
}

/** Fills in lengths and checksums. */
function complete(part: Uint8Array, transport: number, isIpv4: boolean, isTcp: boolean): void {
  const view = new DataView(part.buffer);
  const length = part.length - transport;
  if (isIpv4) {
    view.setUint16(TOTAL_LENGTH, part.length);
    view.setUint16(IPV4_CHECKSUM, 0);
    view.setUint16(IPV4_CHECKSUM, 0xffff - onesSum(part.subarray(0, transport)));
  } else {
    view.setUint16(PAYLOAD_LENGTH, length);
  }
  const checksum = transport + (isTcp ? CHECKSUM : UDP_CHECKSUM);
  view.setUint16(checksum, 0);
  const source = part.subarray(isIpv4 ? 12 : 8, isIpv4 ? 16 : 24);
  const destination = part.subarray(isIpv4 ? 16 : 24, isIpv4 ? 20 : 40);
  const pseudo = pseudoHeaderSum(source, destination, isTcp ? TCP : UDP, length);
  view.setUint16(checksum, 0xffff - onesSum(part.subarray(transport), pseudo));
}
