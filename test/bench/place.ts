/**
 * Where the ends of the bench stand, and what they do.
 *
 * ```
 *   one namespace                     TUN ── an end: netcell, or a raw loop
 *     a peer: the kernel's sockets ──┤
 *                                     veth ── an end: the kernel, a namespace of its own
 * ```
 *
 * Each is a process: an end is started for one figure and killed after it. Addresses are
 * TEST-NET-2's (RFC 5737): in namespaces of one's own nothing else can live there.
 */

/** The network between the kernel and what is behind a TUN. */
export const KERNEL = '198.51.100.1';
export const STACK = '198.51.100.2';
export const PREFIX = 26;
export const PORT = 9000;
export const MTU = 1500;

/** Who stands at an end. */
export type EndName = 'netcell' | 'raw' | 'kernel';

/** What an end does with connections, and for how many seconds where that is its to say. */
export interface Service {
  /**
   * Reads and forgets; sends as much as goes; sends back what comes; serves short pages by Node's
   * `http`; closes at once; sends back each datagram.
   */
  readonly kind: 'sink' | 'source' | 'echo' | 'http' | 'close' | 'datagrams';
  readonly seconds?: number;
  /** Whether the devices may carry super-segments; a raw loop knows none. */
  readonly offload: boolean;
  /** Threads with a stack and a queue each; 1 where nothing is said. Of netcell alone. */
  readonly threads?: number;
  /** Octets that are hashed for each page: work of the processor's. */
  readonly hashed?: number;
}

/** What a peer does with connections to an end. */
export interface Task {
  readonly kind: 'pour' | 'drain' | 'ask' | 'get' | 'open' | 'query';
  readonly address: string;
  /** Connections at once. */
  readonly flows: number;
  readonly seconds: number;
}

/** Octets of a request that is echoed. */
export const REQUEST = 64;
