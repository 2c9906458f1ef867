/**
 * The numbers both sides of the door agree on: enumerations, and the windows a host reads and
 * writes.
 *
 * This file is the only owner of each of them (law 10). `assembly/build.mjs` reads it and writes
 * `host-web/abi.ts`: enumerations with their comments, and field offsets of every class marked
 * "Window:". Nothing here computes; values that depend on the configuration live in `memory.ts`.
 * The reasons have a file of their own (`reason.ts`), and so have the counters (`counter.ts`), the
 * options (`options.ts`) and the windows (`windows.ts`).
 */
export * from './counter';
export * from './options';
export * from './reason';
export * from './windows';

/** Connection states, in the order RFC 9293 §3.3.2 names them; CLOSED is the absence of a TCB. */
export enum State {
  CLOSED,
  LISTEN,
  SYN_SENT,
  SYN_RECEIVED,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  CLOSE_WAIT,
  CLOSING,
  LAST_ACK,
  TIME_WAIT,
}

/**
 * What a call answers. The words are those of RFC 9293 §3.10; calls return them negated, so that a
 * positive number is a length or a handle. `host-web/errors.ts` gives each its POSIX name.
 */
export enum Result {
  OK,
  /** The handle is stale, or the state is CLOSED. ENOTCONN */
  CONNECTION_DOES_NOT_EXIST,
  /** The 4-tuple is taken. EADDRINUSE */
  CONNECTION_ALREADY_EXISTS,
  /** The user has closed already, or the peer's text has ended. EPIPE */
  CONNECTION_CLOSING,
  /** A RST arrived in a synchronized state. ECONNRESET */
  CONNECTION_RESET,
  /** A RST answered our SYN. ECONNREFUSED */
  CONNECTION_REFUSED,
  /** OPEN or SEND without a remote socket. EDESTADDRREQ */
  REMOTE_SOCKET_UNSPECIFIED,
  /** The remote address can not be opened: broadcast, multicast or unspecified (MUST-46). EINVAL */
  CONNECTION_ILLEGAL_FOR_THIS_PROCESS,
  /** A pool chosen at `init` is empty. ENOBUFS */
  INSUFFICIENT_RESOURCES,
  /** R2 or the user timeout passed without an acknowledgment. ETIMEDOUT */
  ABORTED_DUE_TO_USER_TIMEOUT,
  /** The user called ABORT. ECONNABORTED */
  CONNECTION_ABORTED,
  /** No local port is free towards that remote socket. EADDRNOTAVAIL */
  NO_PORT_AVAILABLE,
  /** ICMP says that the host can not be reached. EHOSTUNREACH */
  HOST_UNREACHABLE,
  /** No address of that family, or no route. ENETUNREACH */
  NETWORK_UNREACHABLE,
  /** The local address is not one of ours. EADDRNOTAVAIL */
  ADDRESS_NOT_AVAILABLE,
  /** Another listener holds that local socket. EADDRINUSE */
  ADDRESS_IN_USE,
  /** An argument is out of its range. EINVAL */
  INVALID_ARGUMENT,
  /** The call is not defined for that state (ACCEPT on a connection). EOPNOTSUPP */
  NOT_SUPPORTED_IN_THIS_STATE,
  /** `init` was not called, or was called twice. */
  NOT_INITIALISED,
  /** The datagram is longer than one can be. EMSGSIZE */
  DATAGRAM_TOO_LONG,
  /** A datagram for everybody, by a socket that has not asked to send such. EACCES */
  BROADCAST_NOT_ALLOWED,
}

/** Settings of the whole stack; `limits.ts` has each one's name, default and bounds. */
export enum Setting {
  /** Octets of the largest packet the link carries; with IPv6 not less than 1280. */
  MTU,
  /** 2 MSL: milliseconds a connection stays in TIME-WAIT. */
  TIME_WAIT_MS,
  /** What RTO keeps above SRTT at least, milliseconds. */
  RTO_MIN_MS,
  /** Offer timestamps (RFC 7323). */
  TIMESTAMPS,
  /** Offer window scaling (RFC 7323). */
  WINDOW_SCALING,
  /** Offer SACK (RFC 2018). */
  SACK,
  /** Retransmissions of a SYN,ACK before it is given up; fewer while its SYN queue fills. */
  SYN_ACK_RETRIES,
  /** Answer ICMP echo requests. */
  ECHO_REPLY,
  /** Write the trace ring. */
  TRACE,
  /** Leave TCP's checksum of packets sent to the link (a vnet header's NEEDS_CSUM). */
  CHECKSUM_BY_LINK,
  /** SYN cookies (RFC 4987 §3.6): 0 never, 1 when the SYN queue is full, 2 always. */
  SYN_COOKIES,
  /** Reuse of TIME-WAIT by an active OPEN after a second, with timestamps: 2 to loopback only. */
  TW_REUSE,
  /** Answer the handshake's last ACK with a RST when the accept queue is full; 0: ignore it. */
  ABORT_ON_OVERFLOW,
  /**
   * Accept IPv4 packets that came to us by a source route, and answer TCP's the way they came
   * (MUST-53); 0: only what answers a route of our own user's.
   */
  ACCEPT_SOURCE_ROUTE,
  /** Explicit congestion notification (RFC 3168): 0 never, 1 ask and accept, 2 accept only. */
  ECN,
  /** TIME-WAIT records there are at once; beyond them a connection ends without waiting. */
  MAX_TW_BUCKETS,
  /** Begin no connection that might find no TIME-WAIT record, for the sake of MUST-13. */
  TW_STRICT,
  /** Connections at once whose user is gone; by default as many as there may be at all. */
  MAX_ORPHANS,
  /** Retransmissions before a connection whose user is gone is given up; 0: eight, 100 s. */
  ORPHAN_RETRIES,
  /** Seconds the fragments of an IPv4 datagram may take to come; RFC 1122 §3.3.2: 60 and more. */
  IPFRAG_TIME,
  /** Seconds the fragments of an IPv6 datagram may take to come; RFC 8200 §4.5: 60. */
  IP6FRAG_TIME,
  /** Take segments without the timestamps agreed on, as Linux; 0: a RST only (RFC 7323 §3.2). */
  TOLERATE_MISSING_TS,
  /** Congestion control of connections to come: 0 CUBIC, 1 Reno, 2 BBR. */
  CONGESTION_CONTROL,
  /** A mark takes less of cwnd than a loss, for it comes from a short queue (RFC 8511). */
  ABE,
  /** The first of tcp_rmem: octets each connection may hold while a quarter of pages is free. */
  RMEM_MIN,
  /** The second of tcp_rmem: octets a receive buffer begins with. */
  RMEM_DEFAULT,
  /** The third of tcp_rmem: octets a receive buffer grows to, of half of all pages at most. */
  RMEM_MAX,
  /** The first of tcp_wmem: octets each connection may hold while a quarter of pages is free. */
  WMEM_MIN,
  /** The second of tcp_wmem: octets a send buffer begins with. */
  WMEM_DEFAULT,
  /** The third of tcp_wmem: octets a send buffer grows to, of half of all pages at most. */
  WMEM_MAX,
  /** A pause takes half of cwnd for each RTO; 0: cwnd is kept for five minutes (RFC 7661). */
  SLOW_START_AFTER_IDLE,
  /** SEND takes no more while so many octets are not sent yet. */
  NOTSENT_LOWAT,
  /** Send data at an even rate, whatever the congestion control; BBR does always. */
  PACING,
  /** That rate while in slow start, in percent of cwnd for each SRTT. */
  PACING_SS_RATIO,
  /** And in congestion avoidance. */
  PACING_CA_RATIO,
  /**
   * Octets of the largest packet whose text the link divides into segments (TSO); 0: it divides
   * none. TCP's checksum of such a packet is left to it as well.
   */
  SEGMENTS_BY_LINK,
  /**
   * Octets that can wait on the link's other side on their way to us: the windows of those who read
   * much are held within them together. 0: nobody knows.
   */
  LINK_QUEUE,
  /** Stacks that share our addresses: each takes ephemeral ports of its own, every so many-th. */
  PORT_SHARES,
  /** Which of those stacks this is, from 0 on. */
  PORT_SHARE,
  /** Leave the text of what the link divides where it lies, for it to gather (TEXT_APART). */
  GATHER_BY_LINK,
  /**
   * The link brings what is for others: TCP for any address is taken, as for one of ours (Linux's
   * AnyIP), by listeners that ask for it (Option.ANY_DESTINATION).
   */
  ANY_DESTINATION,
  /** Pages that all datagrams may hold, received and to be sent; by default an eighth of all. */
  UDP_MEM,
  /** Octets of datagrams that a socket of UDP holds for its user, and their records, 48 each. */
  DATAGRAM_RMEM,
  /** Octets of datagrams that a socket of UDP holds until they are sent. */
  DATAGRAM_WMEM,
  COUNT,
}

/** Congestion control, as a setting and an option choose it. */
export enum Controller {
  /** RFC 9438. */
  CUBIC,
  /** RFC 5681. */
  RENO,
  /** draft-ietf-ccwg-bbr. */
  BBR,
  COUNT,
}

/** Signals of a connection, as bits; `signal()` hands them over and clears them. */
export enum Signal {
  NONE,
  /** OPEN has completed: the connection is synchronized. */
  OPENED = 1,
  /** RECEIVE has text, or the end of it. */
  READABLE = 2,
  /** SEND has room again, after it answered 0. */
  WRITABLE = 4,
  /** ACCEPT has a connection (listeners only). */
  ACCEPTABLE = 8,
  /** The peer has closed: no text follows what is buffered (MUST-12). */
  CONNECTION_CLOSING = 16,
  /** Everything sent, our FIN included, is acknowledged. */
  FIN_ACKNOWLEDGED = 32,
  /**
   * The connection is over; `result` says how, OK for a normal close. The last signal of a handle.
   */
  CLOSED = 64,
  /** A soft error (MUST-47, SHLD-25): `result` says which; the connection goes on. */
  SOFT_ERROR = 128,
  /** The urgent pointer was set or advanced (MUST-32). */
  URGENT = 256,
  /** `asked` has a SYN (listeners only, Option.ASK). */
  ASKED = 512,
}

/** What becomes of a SYN that waits for `decide`. */
export enum Decision {
  /** Its SYN,ACK goes out. */
  ACCEPT,
  /** A RST answers it, as where nobody listens. */
  REFUSE,
  /** Nothing answers it, and it is forgotten: sent again, it is asked about again. */
  DROP,
  COUNT,
}

/** Bits of a packet's flags: of one for `input`, and of one that `output` has written. */
export enum PacketFlag {
  NONE,
  /** The transport checksum needs no check. */
  CHECKSUM_TRUSTED = 1,
  /** The packet is our own, looped back by the core; a host never sets it. */
  LOOPED_BACK = 2,
  /** The checksum is the pseudo header's sum alone: who puts the packet on a wire adds the rest. */
  CHECKSUM_PARTIAL = 4,
  /** The stack does not keep up with the link: few of what belong to no connection are answered. */
  BEHIND = 8,
  /**
   * Other stacks share the link: what is of a connection or listener nobody has here may be theirs,
   * so it is not answered, and `input` tells of it.
   */
  SHARED = 16,
  /**
   * The transmit window has the packet's headers alone: its text lies where the PIECES window
   * says, the last piece being one without octets.
   */
  TEXT_APART = 32,
  /**
   * So many times as each segment of TCP but the last has octets of text, in a packet that is
   * several; none in others.
   */
  SEGMENT_SIZE = 65536,
}

/** What a trace event tells; its four numbers are named beside each. */
export enum TraceKind {
  NONE,
  /**
   * A segment arrived, or several as one: SEG.SEQ, SEG.ACK, text length << 16 | segments more than
   * one << 8 | control bits, SEG.WND (unscaled).
   */
  SEGMENT_IN,
  /** A segment was sent: the same four. */
  SEGMENT_OUT,
  /** The state changed: from, to, reason, 0. */
  STATE,
  /** A packet or segment was dropped: reason, and three numbers the reason explains. */
  DROP,
  /** A timer ran out: which, RTO or delay in microseconds, retransmission count, 0. */
  TIMER,
  /** Congestion control acted: cwnd, ssthresh, FlightSize, SRTT in microseconds. */
  CONGESTION,
  /** A user call: which, its number, its result, 0. */
  CALL,
  /** Something worth knowing: the reason says what; 0, 0, 0, 0. */
  NOTE,
}

/** User calls, as the trace names them. */
export enum Call {
  OPEN,
  SEND,
  RECEIVE,
  CLOSE,
  ABORT,
  ACCEPT,
  RELEASE,
  URGENT,
}

/** Segment control bits, as in octet 13 of the header (RFC 9293 §3.1). */
export enum Ctl {
  NONE,
  FIN = 1,
  SYN = 2,
  RST = 4,
  PSH = 8,
  ACK = 16,
  URG = 32,
  ECE = 64,
  CWR = 128,
}

/** Timers of a connection; each is an Instant in `tcb.timers`, 0 when not armed. */
export enum Timer {
  RETRANSMIT,
  PERSIST,
  DELAYED_ACK,
  KEEP_ALIVE,
  /** FIN-WAIT-2 of a released connection. */
  LINGER,
  /** Sender's silly-window override (RFC 9293 §3.8.6.2.1). */
  OVERRIDE,
  /** The next segment of a paced sender may leave. */
  PACE,
  COUNT,
}
