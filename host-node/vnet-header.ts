/**
 * The header before each packet of a TUN device (struct virtio_net_hdr, virtio 1.2 §5.1.6), and
 * what a stack says the same with: PacketFlag.
 *
 * ```
 *   flags u8 | gso_type u8 | hdr_len u16 | gso_size u16 | csum_start u16 | csum_offset u16 | packet
 * ```
 *
 * Octet by octet, for it is little-endian and lies at no even address. Nothing is allocated.
 */
import { PacketFlag } from '../host-web/abi.ts';

/** Without the field for merged buffers. */
export const VNET_HEADER_SIZE = 10;

const NEEDS_CSUM = 1;
const DATA_VALID = 2;
const GSO_TCPV4 = 1;
const GSO_TCPV6 = 4;

const IPV6_HEADER = 40;
/** Offsets in a TCP header. */
const DATA_OFFSET = 12;
const CHECKSUM = 16;

/** The flags of the packet behind the header at `at`. */
export function readVnetHeader(memory: Uint8Array, at: number): number {
  const given = memory[at]!;
  const isSeveral = memory[at + 1]! !== 0;
  if (given === 0 && !isSeveral) return PacketFlag.NONE;
  let flags: number = PacketFlag.NONE;
  if ((given & (NEEDS_CSUM | DATA_VALID)) !== 0) flags |= PacketFlag.CHECKSUM_TRUSTED;
  if ((given & NEEDS_CSUM) !== 0) flags |= PacketFlag.CHECKSUM_PARTIAL;
  const size = memory[at + 4]! | (memory[at + 5]! << 8);
  return isSeveral ? flags + size * PacketFlag.SEGMENT_SIZE : flags;
}

/** Writes the header at `at` before a packet of TCP of which something is left to the device. */
export function writeVnetHeader(memory: Uint8Array, at: number, flags: number): void {
  for (let octet = at; octet < at + VNET_HEADER_SIZE; octet++) memory[octet] = 0;
  if ((flags & PacketFlag.CHECKSUM_PARTIAL) === 0) return;
  const packet = at + VNET_HEADER_SIZE;
  const isIpv4 = memory[packet]! >> 4 === 4;
  const transport = isIpv4 ? 4 * (memory[packet]! & 15) : IPV6_HEADER;
  memory[at] = NEEDS_CSUM;
  memory[at + 6] = transport;
  memory[at + 8] = CHECKSUM;
  const size = flags >>> 16;
  if (size === 0) return;
  memory[at + 1] = isIpv4 ? GSO_TCPV4 : GSO_TCPV6;
  memory[at + 2] = transport + 4 * (memory[packet + transport + DATA_OFFSET]! >> 4);
  memory[at + 4] = size & 0xff;
  memory[at + 5] = size >> 8;
}
