/** What can be chosen of a connection, a listener, or a socket of UDP (law 10: the one table). */

/** Options of a connection or listener; a connection inherits its listener's. */
export enum Option {
  /** Nagle's algorithm (RFC 9293 §3.7.4); 1 is on, the default (MUST-17). */
  NAGLE,
  /** Delayed acknowledgments: longest delay, milliseconds, 0 to 499 (MUST-40); default 40. */
  DELAYED_ACK_MS,
  /**
   * Receive buffer: octets RCV.WND may offer, which then does not tune itself any more; takes
   * effect on the scale only before OPEN.
   */
  RECEIVE_BUFFER,
  /** Send buffer: octets SEND may hold, which then does not tune itself any more. */
  SEND_BUFFER,
  /** Keep-alive: 1 is on; default 0 (MUST-25). */
  KEEP_ALIVE,
  /** Keep-alive: idle milliseconds before the first probe; default two hours (MUST-28). */
  KEEP_ALIVE_IDLE_MS,
  /** Keep-alive: milliseconds between probes; default 75,000. */
  KEEP_ALIVE_INTERVAL_MS,
  /** Keep-alive: unanswered probes before the connection is given up; default 9 (MUST-29). */
  KEEP_ALIVE_COUNT,
  /** User timeout, milliseconds (RFC 9293 §3.9.1.1); 0 is R2's default. */
  USER_TIMEOUT_MS,
  /**
   * Time a released FIN-WAIT-2 connection waits for the peer's FIN, milliseconds; default 60,000.
   */
  FIN_WAIT_2_MS,
  /** Diffserv field of the connection's packets (MUST-48); the two bits below it are ECN's. */
  DIFFSERV,
  /** TTL or hop limit of the connection's packets (MUST-49). */
  HOP_LIMIT,
  /** Text is held back until a full segment or until this is set to 0 (TCP_CORK). */
  CORK,
  /** Largest MSS to announce and to use; 0 is what the link's MTU gives. */
  MAX_SEGMENT_SIZE,
  /**
   * SO_REUSEPORT: listeners that all have it share a local socket; a keyed hash deals out the SYNs.
   */
  REUSE_PORT,
  /**
   * Suspect a black hole of the path's MTU when full segments vanish in silence (RFC 2923 §2.1);
   * default 1.
   */
  BLACK_HOLE_DETECTION,
  /** Segments with text to acknowledge at once from now on, 0 to 255 (TCP_QUICKACK); default 0. */
  QUICK_ACKS,
  /** Congestion control: a Controller; default the stack's setting. */
  CONGESTION_CONTROL,
  /** Octets not sent yet at which SEND takes no more (TCP_NOTSENT_LOWAT); 0: the stack's. */
  NOT_SENT_LOW_WATER,
  /** Octets a second that are sent at most (SO_MAX_PACING_RATE); default 0, no bound. */
  MAX_PACING_RATE,
  /**
   * Listeners, before OPEN: take SYNs for any address there is, where the link brings them
   * (Setting.ANY_DESTINATION), as IP_TRANSPARENT does; with local port 0, for any port.
   */
  ANY_DESTINATION,
  /** Listeners, before OPEN: each SYN waits until `decide` says what becomes of it. */
  ASK,
  /** Listeners at ::, before OPEN: IPv6 alone, and not both families (RFC 3493 §5.3). */
  IPV6_ONLY,
}

/** Options of a socket of UDP. */
export enum UdpOption {
  /** Octets it holds for its user; by default `rmem_default`. */
  RECEIVE_BUFFER,
  /** Octets it holds until they are sent; by default `wmem_default`. */
  SEND_BUFFER,
  /** TTL or hop limit of datagrams to one host, 1 to 255; default 64. */
  HOP_LIMIT,
  /** The same of datagrams to a group or to everybody, 0 to 255; default 1. */
  GROUP_HOP_LIMIT,
  /** Datagrams to a group come back to whoever has joined it here; default 1. */
  GROUP_LOOP,
  /** Datagrams to everybody may be sent (SO_BROADCAST); default 0. */
  BROADCAST,
  /**
   * SO_REUSEADDR: sockets that all have it may be bound to the same port; what comes for one host
   * goes to the one bound last, what is for a group or everybody to each of them.
   */
  REUSE_ADDRESS,
  /** SO_REUSEPORT: sockets that all have it share a port; a keyed hash deals out the datagrams. */
  REUSE_PORT,
  /** Bound to `::` it takes IPv6 only (RFC 3493 §5.3). */
  IPV6_ONLY,
  /** Diffserv field and ECN codepoint of its datagrams. */
  DIFFSERV,
  COUNT,
}
