/** Source route options of IPv4 (RFC 791 §3.1), as octets. */

export const LOOSE = 131;
export const STRICT = 137;

/** A route through hosts of 10.0.0.0/24. */
export function sourceRoute(type: number, pointer: number, ...hops: number[]): number[] {
  return [type, 3 + 4 * hops.length, pointer, ...hops.flatMap((hop) => [10, 0, 0, hop])];
}

/** A route as it arrives: every hop visited. */
export function complete(type: number, ...hops: number[]): number[] {
  return sourceRoute(type, 4 + 4 * hops.length, ...hops);
}
