/**
 * Where the ends of the loss bench stand, and what they tell of a run.
 *
 * ```
 *   sender's namespace                      router               receiver's namespace
 *   Linux, or netcell behind a TUN ── TUN ── simulated link ── TUN ── Linux
 * ```
 *
 * Addresses are TEST-NET-2's (RFC 5737): in namespaces of one's own nothing else can live there.
 */
import type { Cell } from './cells.ts';

/** The TUNs by which each namespace reaches the router. */
export const ROUTER_SIDE = 'router';
export const SENDER = '198.51.100.1/26';
export const RECEIVER = '198.51.100.65/26';
/** netcell's own network, beyond its TUN; the sender's kernel forwards for it. */
export const CELL_NETWORK = { kernel: '198.51.100.129/26', stack: '198.51.100.130/26' } as const;
export const PORT = 7001;

export type SenderName = 'linux' | 'netcell';

/** One run of one sender through a cell. */
export interface Task {
  readonly cell: Cell;
  readonly sender: SenderName;
  /** Congestion control of the kernel's side. */
  readonly congestion: string;
  readonly seed: number;
  readonly seconds: number;
}

/** What a sender says at its end. */
export interface Sent {
  readonly congestion: string;
  readonly retransmissions: number;
  /** Packets lost before the router, its device's queue being full. */
  readonly drops: number;
}

/** What came of a run. */
export interface Outcome extends Sent {
  readonly bitsPerSecond: number;
  /** Milliseconds later than it should that one packet of a hundred left the router, or more. */
  readonly late: number;
}
