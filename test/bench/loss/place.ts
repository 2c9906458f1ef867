/**
 * Where the ends of the loss bench stand, what they do, and what they tell of a run.
 *
 * ```
 *   senders' namespace                      router               receivers' namespace
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
/** Every netcell of the senders, beyond their namespace, whose kernel forwards for them. */
export const CELLS = '198.51.100.129/25';

/** The network between the kernel and the n-th netcell. */
export function cellNetwork(n: number): { kernel: string; stack: string } {
  const [kernel, stack] = [1, 2].map((host) => `198.51.100.${128 + 64 * n + host}/26`);
  return { kernel: kernel!, stack: stack! };
}

export type SenderName = 'linux' | 'netcell';

/** What each sender of a run has to send. */
export type Work =
  /** As much as goes, so many seconds; what arrives is counted from `from` on. */
  | { readonly kind: 'stream'; readonly seconds: number; readonly from?: number }
  /**
   * Replies, each asked for after a pause of milliseconds, on connections one after the other; how
   * long the last of each connection takes is measured.
   */
  | { readonly kind: 'replies'; readonly connections: number; readonly replies: readonly Reply[] };

export interface Reply {
  readonly octets: number;
  readonly pause: number;
}

/** One run through a cell. */
export interface Task {
  readonly cell: Cell;
  /** Who sends; two share the line. */
  readonly senders: readonly SenderName[];
  readonly work: Work;
  /** Congestion control of each sender. */
  readonly congestion: string;
  readonly seed: number;
  /** Milliseconds after its first data packet from which on a flow's packets are counted. */
  readonly since?: number;
}

/** An end of one flow, as its process is told. */
export interface End {
  readonly role: SenderName | 'receiver';
  /** Which flow it is, from 0. */
  readonly flow: number;
  readonly work: Work;
  readonly congestion: string;
  readonly ecn: number;
}

/** The port of a flow's receiver. */
export function portOf({ flow }: End): number {
  return 7001 + flow;
}

/** What a sender says at its end. */
export interface Sent {
  readonly congestion: string;
  readonly retransmissions: number;
  /** Retransmission timeouts. */
  readonly timeouts: number;
  /** Packets lost before the router, its device's queue being full. */
  readonly drops: number;
}

/** What a receiver says. */
export interface Received {
  readonly bitsPerSecond: number;
  /** How long the last reply of each connection took, milliseconds. */
  readonly took: readonly number[];
}

/** What the router saw of a sender, from `since` on. */
export interface Seen {
  readonly data: number;
  readonly again: number;
  /** … of which nothing had been lost. */
  readonly spurious: number;
  /** Packets of the first round trip after the latest pause. */
  readonly burst: number;
}

/** What came of one sender in a run. */
export interface Outcome extends Sent, Received, Seen {
  /** Milliseconds later than it should that one packet of a hundred left the router, or more. */
  readonly late: number;
  /** The longest that the router stood still, milliseconds: to a sender the line was silent. */
  readonly stood: number;
}
