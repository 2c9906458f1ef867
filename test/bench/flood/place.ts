/**
 * Where the ends of the flood bench stand, and what they tell.
 *
 * ```
 *   one namespace                                     TUN ── netcell
 *     flooder: SYNs from everywhere  ─────────────┤   or
 *     prober: honest connections                      veth ── the kernel, a namespace of its own
 * ```
 *
 * The same program listens at both ends. The SYNs come from the network for benchmarks (RFC 2544),
 * where nobody lives: their answers end in the namespace that does not forward them.
 */

/** Who is flooded. */
export type TargetName = 'netcell' | 'kernel';

/** Milliseconds from one probe to the next, and that a probe has to be answered. */
export const PROBE_PERIOD = 6;
export const PATIENCE = 1000;
/** Milliseconds from one round trip on the established connection to the next, at least. */
export const TRIP_PERIOD = 2;

/** What the prober says: milliseconds each. */
export interface Probed {
  readonly probes: number;
  /** How long each of the probes that were answered took, from `connect` to the reply. */
  readonly answered: readonly number[];
  /** How long each round trip on the established connection took. */
  readonly trips: readonly number[];
}

/** What the flooder says. */
export interface Flooded {
  readonly sent: number;
}

/** What the flooded side says. */
export interface Held {
  /** Packets that found the queue before it full. */
  readonly queueDrops: number;
  /** Answers it could not keep until they were sent. */
  readonly replyDrops: number;
  readonly cookies: number;
}
