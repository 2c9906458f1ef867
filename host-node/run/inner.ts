/**
 * Inner addresses: those of a process's loopback, as other processes of its program reach it.
 *
 * Packets for 127.0.0.1 and ::1 never leave a stack. So each of these addresses has another beside
 * it, in a network of the program's own (RFC 4193), between its processes and nobody else's:
 *
 *     fd6e:6574:6365:6c6c : 32 bits, which process : 32 bits, IPv4's loopback address, or ::1's
 */
import { formatAddress, parseAddress } from '../../host-web/address.ts';

const NETWORK = 'fd6e:6574:6365:6c6c:';
const NETWORK_OCTETS = parseAddress(`${NETWORK}:`)!.subarray(0, 8);
const PROCESS = 8;
const LOOPBACK = 12;

/** The inner address of an address of the loopback. @param index whose: counted by the switch */
export function innerOf(index: number, loopback: string): string {
  const octets = parseAddress(`${NETWORK}:`)!;
  new DataView(octets.buffer).setUint32(PROCESS, index);
  octets.set(parseAddress(loopback)!.slice(-4), LOOPBACK);
  return formatAddress(octets);
}

/** The address of the loopback that an inner one stands for; others stand for themselves. */
export function outerOf(address: string): string {
  if (!address.startsWith(NETWORK)) return address;
  const octets = parseAddress(address)!.subarray(LOOPBACK);
  return octets[0] === 127 ? formatAddress(octets) : '::1';
}

/** Whose inner address this is; undefined where it is none. */
export function ownerOf(address: Uint8Array): number | undefined {
  if (address.length !== 16 || NETWORK_OCTETS.some((octet, i) => address[i] !== octet)) {
    return undefined;
  }
  return new DataView(address.buffer, address.byteOffset).getUint32(PROCESS);
}
