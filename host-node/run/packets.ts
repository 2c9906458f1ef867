/** Where a packet that is switched is from, and where it goes. */

/** Where an address stands in the header of each version. */
export type Places = Readonly<Record<number, readonly [from: number, to: number]>>;
export const SOURCE: Places = { 4: [12, 16], 6: [8, 24] };
export const DESTINATION: Places = { 4: [16, 20], 6: [24, 40] };

/** An address of a packet; empty where it is no IP. */
export function addressIn(packet: Uint8Array, places: Places): Uint8Array {
  return packet.subarray(...(places[packet[0]! >> 4] ?? [0, 0]));
}
