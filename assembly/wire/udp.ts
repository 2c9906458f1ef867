/** The UDP header (RFC 768): source port, destination port, length, checksum. */
import { load16, store16 } from './octets';

/** UDP as an IP protocol or next header. */
export const PROTOCOL_UDP: u32 = 17;
/** Octets of the header. */
export const UDP_HEADER: u32 = 8;
/** Offset of the checksum. */
export const UDP_CHECKSUM: usize = 6;

/** Source port. */
export function udpSourcePort(at: usize): u32 {
  return load16(at);
}

/** Destination port. */
export function udpDestinationPort(at: usize): u32 {
  return load16(at + 2);
}

/** Octets of header and text. */
export function udpLength(at: usize): u32 {
  return load16(at + 4);
}

/** The checksum; 0 when its sender made none. */
export function udpChecksum(at: usize): u32 {
  return load<u16>(at, UDP_CHECKSUM);
}

/** Writes a header without its checksum, for so many octets of text. */
export function writeUdp(at: usize, sourcePort: u32, destinationPort: u32, length: u32): void {
  store16(at, sourcePort);
  store16(at + 2, destinationPort);
  store16(at + 4, UDP_HEADER + length);
  store<u16>(at, 0, UDP_CHECKSUM);
}
