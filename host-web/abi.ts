/** Made by `assembly/build.mjs` from the core's sources. Do not edit. */

/** Connection states, in the order RFC 9293 §3.3.2 names them; CLOSED is the absence of a TCB. */
export enum State {
  CLOSED = 0,
  LISTEN = 1,
  SYN_SENT = 2,
  SYN_RECEIVED = 3,
  ESTABLISHED = 4,
  FIN_WAIT_1 = 5,
  FIN_WAIT_2 = 6,
  CLOSE_WAIT = 7,
  CLOSING = 8,
  LAST_ACK = 9,
  TIME_WAIT = 10,
}

/** What a call answers. The words are those of RFC 9293 §3.10; calls return them negated, so that a positive number is a length or a handle. `host-web/errors.ts` gives each its POSIX name. */
export enum Result {
  OK = 0,
  /** The handle is stale, or the state is CLOSED. ENOTCONN */
  CONNECTION_DOES_NOT_EXIST = 1,
  /** The 4-tuple is taken. EADDRINUSE */
  CONNECTION_ALREADY_EXISTS = 2,
  /** The user has closed already, or the peer's text has ended. EPIPE */
  CONNECTION_CLOSING = 3,
  /** A RST arrived in a synchronized state. ECONNRESET */
  CONNECTION_RESET = 4,
  /** A RST answered our SYN. ECONNREFUSED */
  CONNECTION_REFUSED = 5,
  /** OPEN or SEND without a remote socket. EDESTADDRREQ */
  REMOTE_SOCKET_UNSPECIFIED = 6,
  /** The remote address can not be opened: broadcast, multicast or unspecified (MUST-46). EINVAL */
  CONNECTION_ILLEGAL_FOR_THIS_PROCESS = 7,
  /** A pool chosen at `init` is empty. ENOBUFS */
  INSUFFICIENT_RESOURCES = 8,
  /** R2 or the user timeout passed without an acknowledgment. ETIMEDOUT */
  ABORTED_DUE_TO_USER_TIMEOUT = 9,
  /** The user called ABORT. ECONNABORTED */
  CONNECTION_ABORTED = 10,
  /** No local port is free towards that remote socket. EADDRNOTAVAIL */
  NO_PORT_AVAILABLE = 11,
  /** ICMP says that the host can not be reached. EHOSTUNREACH */
  HOST_UNREACHABLE = 12,
  /** No address of that family, or no route. ENETUNREACH */
  NETWORK_UNREACHABLE = 13,
  /** The local address is not one of ours. EADDRNOTAVAIL */
  ADDRESS_NOT_AVAILABLE = 14,
  /** Another listener holds that local socket. EADDRINUSE */
  ADDRESS_IN_USE = 15,
  /** An argument is out of its range. EINVAL */
  INVALID_ARGUMENT = 16,
  /** The call is not defined for that state (ACCEPT on a connection). EOPNOTSUPP */
  NOT_SUPPORTED_IN_THIS_STATE = 17,
  /** `init` was not called, or was called twice. */
  NOT_INITIALISED = 18,
  /** The datagram is longer than one can be. EMSGSIZE */
  DATAGRAM_TOO_LONG = 19,
  /** A datagram for everybody, by a socket that has not asked to send such. EACCES */
  BROADCAST_NOT_ALLOWED = 20,
}

/** Settings of the whole stack; `limits.ts` has each one's name, default and bounds. */
export enum Setting {
  /** Octets of the largest packet the link carries; with IPv6 not less than 1280. */
  MTU = 0,
  /** 2 MSL: milliseconds a connection stays in TIME-WAIT. */
  TIME_WAIT_MS = 1,
  /** What RTO keeps above SRTT at least, milliseconds. */
  RTO_MIN_MS = 2,
  /** Offer timestamps (RFC 7323). */
  TIMESTAMPS = 3,
  /** Offer window scaling (RFC 7323). */
  WINDOW_SCALING = 4,
  /** Offer SACK (RFC 2018). */
  SACK = 5,
  /** Retransmissions of a SYN,ACK before it is given up; fewer while its SYN queue fills. */
  SYN_ACK_RETRIES = 6,
  /** Answer ICMP echo requests. */
  ECHO_REPLY = 7,
  /** Write the trace ring. */
  TRACE = 8,
  /** Leave TCP's checksum of packets sent to the link (a vnet header's NEEDS_CSUM). */
  CHECKSUM_BY_LINK = 9,
  /** SYN cookies (RFC 4987 §3.6): 0 never, 1 when the SYN queue is full, 2 always. */
  SYN_COOKIES = 10,
  /** Reuse of TIME-WAIT by an active OPEN after a second, with timestamps: 2 to loopback only. */
  TW_REUSE = 11,
  /** Answer the handshake's last ACK with a RST when the accept queue is full; 0: ignore it. */
  ABORT_ON_OVERFLOW = 12,
  /** Accept IPv4 packets that came to us by a source route, and answer TCP's the way they came (MUST-53); 0: only what answers a route of our own user's. */
  ACCEPT_SOURCE_ROUTE = 13,
  /** Explicit congestion notification (RFC 3168): 0 never, 1 ask and accept, 2 accept only. */
  ECN = 14,
  /** TIME-WAIT records there are at once; beyond them a connection ends without waiting. */
  MAX_TW_BUCKETS = 15,
  /** Begin no connection that might find no TIME-WAIT record, for the sake of MUST-13. */
  TW_STRICT = 16,
  /** Connections at once whose user is gone; by default as many as there may be at all. */
  MAX_ORPHANS = 17,
  /** Retransmissions before a connection whose user is gone is given up; 0: eight, 100 s. */
  ORPHAN_RETRIES = 18,
  /** Seconds the fragments of an IPv4 datagram may take to come; RFC 1122 §3.3.2: 60 and more. */
  IPFRAG_TIME = 19,
  /** Seconds the fragments of an IPv6 datagram may take to come; RFC 8200 §4.5: 60. */
  IP6FRAG_TIME = 20,
  /** Take segments without the timestamps agreed on, as Linux; 0: a RST only (RFC 7323 §3.2). */
  TOLERATE_MISSING_TS = 21,
  /** Congestion control of connections to come: 0 CUBIC, 1 Reno, 2 BBR. */
  CONGESTION_CONTROL = 22,
  /** A mark takes less of cwnd than a loss, for it comes from a short queue (RFC 8511). */
  ABE = 23,
  /** The first of tcp_rmem: octets each connection may hold while a quarter of pages is free. */
  RMEM_MIN = 24,
  /** The second of tcp_rmem: octets a receive buffer begins with. */
  RMEM_DEFAULT = 25,
  /** The third of tcp_rmem: octets a receive buffer grows to, of half of all pages at most. */
  RMEM_MAX = 26,
  /** The first of tcp_wmem: octets each connection may hold while a quarter of pages is free. */
  WMEM_MIN = 27,
  /** The second of tcp_wmem: octets a send buffer begins with. */
  WMEM_DEFAULT = 28,
  /** The third of tcp_wmem: octets a send buffer grows to, of half of all pages at most. */
  WMEM_MAX = 29,
  /** A pause takes half of cwnd for each RTO; 0: cwnd is kept for five minutes (RFC 7661). */
  SLOW_START_AFTER_IDLE = 30,
  /** SEND takes no more while so many octets are not sent yet. */
  NOTSENT_LOWAT = 31,
  /** Send data at an even rate, whatever the congestion control; BBR does always. */
  PACING = 32,
  /** That rate while in slow start, in percent of cwnd for each SRTT. */
  PACING_SS_RATIO = 33,
  /** And in congestion avoidance. */
  PACING_CA_RATIO = 34,
  /** Octets of the largest packet whose text the link divides into segments (TSO); 0: it divides none. TCP's checksum of such a packet is left to it as well. */
  SEGMENTS_BY_LINK = 35,
  /** Octets that can wait on the link's other side on their way to us: the windows of those who read much are held within them together. 0: nobody knows. */
  LINK_QUEUE = 36,
  /** Stacks that share our addresses: each takes ephemeral ports of its own, every so many-th. */
  PORT_SHARES = 37,
  /** Which of those stacks this is, from 0 on. */
  PORT_SHARE = 38,
  /** Leave the text of what the link divides where it lies, for it to gather (TEXT_APART). */
  GATHER_BY_LINK = 39,
  /** The link brings what is for others: TCP for any address is taken, as for one of ours (Linux's AnyIP), by listeners that ask for it (Option.ANY_DESTINATION). */
  ANY_DESTINATION = 40,
  /** Pages that all datagrams may hold, received and to be sent; by default an eighth of all. */
  UDP_MEM = 41,
  /** Octets of datagrams that a socket of UDP holds for its user, and their records, 48 each. */
  DATAGRAM_RMEM = 42,
  /** Octets of datagrams that a socket of UDP holds until they are sent. */
  DATAGRAM_WMEM = 43,
  COUNT = 44,
}

/** Congestion control, as a setting and an option choose it. */
export enum Controller {
  /** RFC 9438. */
  CUBIC = 0,
  /** RFC 5681. */
  RENO = 1,
  /** draft-ietf-ccwg-bbr. */
  BBR = 2,
  COUNT = 3,
}

/** Signals of a connection, as bits; `signal()` hands them over and clears them. */
export enum Signal {
  NONE = 0,
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
  /** The connection is over; `result` says how, OK for a normal close. The last signal of a handle. */
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
  ACCEPT = 0,
  /** A RST answers it, as where nobody listens. */
  REFUSE = 1,
  /** Nothing answers it, and it is forgotten: sent again, it is asked about again. */
  DROP = 2,
  COUNT = 3,
}

/** Bits of a packet's flags: of one for `input`, and of one that `output` has written. */
export enum PacketFlag {
  NONE = 0,
  /** The transport checksum needs no check. */
  CHECKSUM_TRUSTED = 1,
  /** The packet is our own, looped back by the core; a host never sets it. */
  LOOPED_BACK = 2,
  /** The checksum is the pseudo header's sum alone: who puts the packet on a wire adds the rest. */
  CHECKSUM_PARTIAL = 4,
  /** The stack does not keep up with the link: few of what belong to no connection are answered. */
  BEHIND = 8,
  /** Other stacks share the link: what is of a connection or listener nobody has here may be theirs, so it is not answered, and `input` tells of it. */
  SHARED = 16,
  /** The transmit window has the packet's headers alone: its text lies where the PIECES window says, the last piece being one without octets. */
  TEXT_APART = 32,
  /** So many times as each segment of TCP but the last has octets of text, in a packet that is several; none in others. */
  SEGMENT_SIZE = 65536,
}

/** What a trace event tells; its four numbers are named beside each. */
export enum TraceKind {
  NONE = 0,
  /** A segment arrived, or several as one: SEG.SEQ, SEG.ACK, text length << 16 | segments more than one << 8 | control bits, SEG.WND (unscaled). */
  SEGMENT_IN = 1,
  /** A segment was sent: the same four. */
  SEGMENT_OUT = 2,
  /** The state changed: from, to, reason, 0. */
  STATE = 3,
  /** A packet or segment was dropped: reason, and three numbers the reason explains. */
  DROP = 4,
  /** A timer ran out: which, RTO or delay in microseconds, retransmission count, 0. */
  TIMER = 5,
  /** Congestion control acted: cwnd, ssthresh, FlightSize, SRTT in microseconds. */
  CONGESTION = 6,
  /** A user call: which, its number, its result, 0. */
  CALL = 7,
  /** Something worth knowing: the reason says what; 0, 0, 0, 0. */
  NOTE = 8,
}

/** User calls, as the trace names them. */
export enum Call {
  OPEN = 0,
  SEND = 1,
  RECEIVE = 2,
  CLOSE = 3,
  ABORT = 4,
  ACCEPT = 5,
  RELEASE = 6,
  URGENT = 7,
}

/** Segment control bits, as in octet 13 of the header (RFC 9293 §3.1). */
export enum Ctl {
  NONE = 0,
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
  RETRANSMIT = 0,
  PERSIST = 1,
  DELAYED_ACK = 2,
  KEEP_ALIVE = 3,
  /** FIN-WAIT-2 of a released connection. */
  LINGER = 4,
  /** Sender's silly-window override (RFC 9293 §3.8.6.2.1). */
  OVERRIDE = 5,
  /** The next segment of a paced sender may leave. */
  PACE = 6,
  COUNT = 7,
}

/** Options of a connection or listener; a connection inherits its listener's. */
export enum Option {
  /** Nagle's algorithm (RFC 9293 §3.7.4); 1 is on, the default (MUST-17). */
  NAGLE = 0,
  /** Delayed acknowledgments: longest delay, milliseconds, 0 to 499 (MUST-40); default 40. */
  DELAYED_ACK_MS = 1,
  /** Receive buffer: octets RCV.WND may offer, which then does not tune itself any more; takes effect on the scale only before OPEN. */
  RECEIVE_BUFFER = 2,
  /** Send buffer: octets SEND may hold, which then does not tune itself any more. */
  SEND_BUFFER = 3,
  /** Keep-alive: 1 is on; default 0 (MUST-25). */
  KEEP_ALIVE = 4,
  /** Keep-alive: idle milliseconds before the first probe; default two hours (MUST-28). */
  KEEP_ALIVE_IDLE_MS = 5,
  /** Keep-alive: milliseconds between probes; default 75,000. */
  KEEP_ALIVE_INTERVAL_MS = 6,
  /** Keep-alive: unanswered probes before the connection is given up; default 9 (MUST-29). */
  KEEP_ALIVE_COUNT = 7,
  /** User timeout, milliseconds (RFC 9293 §3.9.1.1); 0 is R2's default. */
  USER_TIMEOUT_MS = 8,
  /** Time a released FIN-WAIT-2 connection waits for the peer's FIN, milliseconds; default 60,000. */
  FIN_WAIT_2_MS = 9,
  /** Diffserv field of the connection's packets (MUST-48); the two bits below it are ECN's. */
  DIFFSERV = 10,
  /** TTL or hop limit of the connection's packets (MUST-49). */
  HOP_LIMIT = 11,
  /** Text is held back until a full segment or until this is set to 0 (TCP_CORK). */
  CORK = 12,
  /** Largest MSS to announce and to use; 0 is what the link's MTU gives. */
  MAX_SEGMENT_SIZE = 13,
  /** SO_REUSEPORT: listeners that all have it share a local socket; a keyed hash deals out the SYNs. */
  REUSE_PORT = 14,
  /** Suspect a black hole of the path's MTU when full segments vanish in silence (RFC 2923 §2.1); default 1. */
  BLACK_HOLE_DETECTION = 15,
  /** Segments with text to acknowledge at once from now on, 0 to 255 (TCP_QUICKACK); default 0. */
  QUICK_ACKS = 16,
  /** Congestion control: a Controller; default the stack's setting. */
  CONGESTION_CONTROL = 17,
  /** Octets not sent yet at which SEND takes no more (TCP_NOTSENT_LOWAT); 0: the stack's. */
  NOT_SENT_LOW_WATER = 18,
  /** Octets a second that are sent at most (SO_MAX_PACING_RATE); default 0, no bound. */
  MAX_PACING_RATE = 19,
  /** Listeners, before OPEN: take SYNs for any address there is, where the link brings them (Setting.ANY_DESTINATION), as IP_TRANSPARENT does; with local port 0, for any port. */
  ANY_DESTINATION = 20,
  /** Listeners, before OPEN: each SYN waits until `decide` says what becomes of it. */
  ASK = 21,
  /** Listeners at ::, before OPEN: IPv6 alone, and not both families (RFC 3493 §5.3). */
  IPV6_ONLY = 22,
}

/** Options of a socket of UDP. */
export enum UdpOption {
  /** Octets it holds for its user; by default `rmem_default`. */
  RECEIVE_BUFFER = 0,
  /** Octets it holds until they are sent; by default `wmem_default`. */
  SEND_BUFFER = 1,
  /** TTL or hop limit of datagrams to one host, 1 to 255; default 64. */
  HOP_LIMIT = 2,
  /** The same of datagrams to a group or to everybody, 0 to 255; default 1. */
  GROUP_HOP_LIMIT = 3,
  /** Datagrams to a group come back to whoever has joined it here; default 1. */
  GROUP_LOOP = 4,
  /** Datagrams to everybody may be sent (SO_BROADCAST); default 0. */
  BROADCAST = 5,
  /** SO_REUSEADDR: sockets that all have it may be bound to the same port; what comes for one host goes to the one bound last, what is for a group or everybody to each of them. */
  REUSE_ADDRESS = 6,
  /** SO_REUSEPORT: sockets that all have it share a port; a keyed hash deals out the datagrams. */
  REUSE_PORT = 7,
  /** Bound to `::` it takes IPv6 only (RFC 3493 §5.3). */
  IPV6_ONLY = 8,
  /** Diffserv field and ECN codepoint of its datagrams. */
  DIFFSERV = 9,
  COUNT = 10,
}

/** Counters, u64 each, in this order in the COUNTERS window; names as `nstat` prints them. */
export const Counter = {
  IpInReceives: 0,
  IpInHdrErrors: 1,
  IpInTruncatedPkts: 2,
  IpInCsumErrors: 3,
  IpInAddrErrors: 4,
  IpInUnknownProtos: 5,
  IpInDelivers: 6,
  IpOutRequests: 7,
  IpOutNoRoutes: 8,
  IpReasmReqds: 9,
  IpReasmOKs: 10,
  IpReasmFails: 11,
  IpForwardRefused: 12,
  IcmpInMsgs: 13,
  IcmpInErrors: 14,
  IcmpInCsumErrors: 15,
  IcmpInEchos: 16,
  IcmpInEchoReps: 17,
  IcmpInDestUnreachs: 18,
  IcmpInSrcQuenchs: 19,
  IcmpInTimeExcds: 20,
  IcmpInParmProbs: 21,
  IcmpInUnmatched: 22,
  IcmpOutMsgs: 23,
  IcmpOutDestUnreachs: 24,
  IcmpOutEchoReps: 25,
  IcmpOutRateLimited: 26,
  UdpInDatagrams: 27,
  UdpNoPorts: 28,
  TcpActiveOpens: 29,
  TcpPassiveOpens: 30,
  TcpAttemptFails: 31,
  TcpEstabResets: 32,
  TcpInSegs: 33,
  TcpOutSegs: 34,
  TcpRetransSegs: 35,
  TcpInErrs: 36,
  TcpInCsumErrors: 37,
  TcpOutRsts: 38,
  TcpExtEmbryonicRsts: 39,
  TcpExtTW: 40,
  TcpExtTWRecycled: 41,
  TcpExtTCPTimeWaitOverflow: 42,
  TcpExtPAWSEstab: 43,
  TcpExtDelayedACKs: 44,
  TcpExtListenOverflows: 45,
  TcpExtListenDrops: 46,
  TcpExtTCPReqQFullDrop: 47,
  TcpExtTCPTimeouts: 48,
  TcpExtTCPFastRetrans: 49,
  TcpExtTCPSackRecovery: 50,
  TcpExtTCPRenoRecovery: 51,
  TcpExtTCPSlowStartRetrans: 52,
  TcpExtTCPOFOQueue: 53,
  TcpExtTCPOFODrop: 54,
  TcpExtTCPChallengeACK: 55,
  TcpExtTCPSYNChallenge: 56,
  TcpExtTCPACKSkipped: 57,
  TcpExtTCPDSACKRecv: 58,
  TcpExtTCPAbortOnData: 59,
  TcpExtTCPAbortOnClose: 60,
  TcpExtTCPAbortOnTimeout: 61,
  TcpExtTCPAbortOnLinger: 62,
  TcpExtTCPAbortOnMemory: 63,
  TcpExtTCPKeepAlive: 64,
  TcpExtTCPZeroWindowProbe: 65,
  TcpExtTCPRcvQDrop: 66,
  TcpExtTCPWantZeroWindowAdv: 67,
  TcpExtTCPFromZeroWindowAdv: 68,
  TcpExtTCPBadOptions: 69,
  TcpExtReplyQueueDrop: 70,
  TcpExtTCPIcmpOutOfWindow: 71,
  TcpExtSyncookiesSent: 72,
  TcpExtSyncookiesRecv: 73,
  TcpExtSyncookiesFailed: 74,
  TcpExtTCPReqQFullDoCookies: 75,
  TcpExtTCPMTUBlackHole: 76,
  IpExtNegativeAdvice: 77,
  IpSourceRouteRefused: 78,
  TcpExtTCPSourceRouteFull: 79,
  IpExtInNoECTPkts: 80,
  IpExtInECT1Pkts: 81,
  IpExtInECT0Pkts: 82,
  IpExtInCEPkts: 83,
  TcpExtTCPDeliveredCE: 84,
  IpReasmTimeout: 85,
  IcmpOutTimeExcds: 86,
  IcmpOutParmProbs: 87,
  IpFragOKs: 88,
  IpFragCreates: 89,
  TcpExtTCPLossProbes: 90,
  TcpExtTCPLossProbeRecovery: 91,
  TcpExtTCPLostRetransmit: 92,
  TcpExtTCPSACKReorder: 93,
  TcpExtTCPDSACKUndo: 94,
  TcpExtTCPFullUndo: 95,
  TcpExtTCPSpuriousRTOs: 96,
  UdpInErrors: 97,
  UdpInCsumErrors: 98,
  UdpOutDatagrams: 99,
  UdpRcvbufErrors: 100,
  UdpSndbufErrors: 101,
  UdpMemErrors: 102,
  COUNT: 103,
} as const

export type Counter = (typeof Counter)[keyof typeof Counter];

/** Why something happened. The comment above each is the sentence that hosts print (generated, with its section, into `host-web/abi.ts`), so it is written for the reader of a ladder. */
export enum Reason {
  NONE = 0,
  /** The user called OPEN. (RFC 9293 §3.10.1) */
  USER_OPEN = 1,
  /** The user called CLOSE. (RFC 9293 §3.10.4) */
  USER_CLOSE = 2,
  /** The user called ABORT. (RFC 9293 §3.10.5) */
  USER_ABORT = 3,
  /** The user let go of a connection that still held unread text, so a RST tells the peer. (RFC 9293 §3.6.1, SHLD-3) */
  RELEASED_WITH_UNREAD_TEXT = 4,
  /** Text arrived after the user let go of the connection, so a RST tells the peer. (RFC 9293 §3.6.1, SHLD-3) */
  TEXT_AFTER_RELEASE = 5,
  /** A SYN arrived for a listener. (RFC 9293 §3.10.7.2) */
  SYN_ARRIVED = 6,
  /** Our SYN was acknowledged. (RFC 9293 §3.10.7.3) */
  SYN_ACKNOWLEDGED = 7,
  /** Both sides sent a SYN: simultaneous open. (RFC 9293 §3.5, MUST-10) */
  SIMULTANEOUS_OPEN = 8,
  /** The peer's FIN arrived in order. (RFC 9293 §3.10.7.4, eighth) */
  FIN_ARRIVED = 9,
  /** Our FIN was acknowledged. (RFC 9293 §3.10.7.4, fifth) */
  FIN_ACKED = 10,
  /** A RST with exactly the expected sequence number arrived. (RFC 9293 §3.10.7.4, second) */
  RST_ARRIVED = 11,
  /** A RST answered our SYN: the port is closed. (RFC 9293 §3.10.7.3) */
  REFUSED = 12,
  /** R2 or the user timeout passed without an acknowledgment. (RFC 9293 §3.8.3) */
  USER_TIMEOUT = 13,
  /** Keep-alive probes went unanswered. (RFC 9293 §3.8.4) */
  KEEP_ALIVE_TIMEOUT = 14,
  /** 2 MSL have passed. (RFC 9293 §3.10.8) */
  TIME_WAIT_OVER = 15,
  /** The peer's FIN did not come in time for a connection its user let go of. (tcp_fin_timeout) */
  FIN_WAIT_2_TIMEOUT = 16,
  /** ICMP says the peer can not be reached. (RFC 9293 §3.9.2.2) */
  ICMP_UNREACHABLE = 17,
  /** The listener was closed. (RFC 9293 §3.10.4) */
  LISTENER_CLOSED = 18,
  /** A pool chosen at init is empty. */
  NO_RESOURCES = 19,
  /** The packet is shorter than its headers say. (RFC 791 §3.1, RFC 8200 §3) */
  TRUNCATED = 20,
  /** The IP header is malformed. (RFC 791 §3.1, RFC 8200 §3) */
  BAD_IP_HEADER = 21,
  /** The IP header's checksum is wrong. (RFC 791 §3.1) */
  BAD_IP_CHECKSUM = 22,
  /** The packet is for an address that is not ours. (RFC 1122 §3.2.1.3) */
  NOT_OUR_ADDRESS = 23,
  /** No protocol here has that number. (RFC 1122 §3.2.2.1) */
  UNKNOWN_PROTOCOL = 24,
  /** A fragment contradicts others of where the datagram ends. (RFC 791 §3.2, RFC 8200 §4.5) */
  FRAGMENT_DROPPED = 25,
  /** The TCP header is malformed. (RFC 9293 §3.1) */
  BAD_TCP_HEADER = 26,
  /** The checksum is wrong. (RFC 9293 §3.1, MUST-3) */
  BAD_CHECKSUM = 27,
  /** Source or destination is no single host's, or never on a wire: a group's, everybody's, nobody's, the loopback's or, as source, our own. (RFC 1122 §3.2.1.3, MUST-57, MUST-63) */
  ILLEGAL_ADDRESS = 28,
  /** No connection and no listener has that local socket. (RFC 9293 §3.10.7.1) */
  NO_CONNECTION = 29,
  /** The sequence number lies outside the receive window. (RFC 9293 §3.10.7.4, first) */
  OUTSIDE_WINDOW = 30,
  /** The segment lacks the timestamps that both sides had agreed on. (RFC 7323 §3.2) */
  MISSING_TIMESTAMP = 31,
  /** The timestamp is older than the last one: an old duplicate. (RFC 7323 §5.3, PAWS) */
  OLD_TIMESTAMP = 32,
  /** A RST inside the window, not at its left edge: challenged. (RFC 5961 §3.2) */
  RST_CHALLENGED = 33,
  /** A SYN in a synchronized state: challenged. (RFC 5961 §4.2) */
  SYN_CHALLENGED = 34,
  /** The ACK lies outside what could have been acknowledged. (RFC 5961 §5.2, MAY-12) */
  ACK_OUT_OF_RANGE = 35,
  /** The segment has neither ACK nor RST nor SYN. (RFC 9293 §3.10.7.4, fifth) */
  NO_ACK_BIT = 36,
  /** The accept queue is full. (listen(2), backlog) */
  ACCEPT_QUEUE_FULL = 37,
  /** The SYN queue is full. (RFC 4987 §3) */
  SYN_QUEUE_FULL = 38,
  /** Out-of-order text found no room to be held. (RFC 9293 §3.10.7.4, seventh) */
  NO_ROOM_FOR_EARLY_TEXT = 39,
  /** A RST in TIME-WAIT is ignored, so that it can not cut the wait short. (RFC 1337 §3) */
  RST_IN_TIME_WAIT = 40,
  /** As many connections as may be were in TIME-WAIT: this one ended without. (RFC 9293 §3.6.1) */
  TIME_WAIT_FULL = 41,
  /** Its user was gone, the peer silent, and others needed the room. (tcp_max_orphans) */
  ORPHAN_GIVEN_UP = 42,
  /** A new SYN ended the TIME-WAIT of an older connection. (RFC 1122 §4.2.2.13, RFC 6191) */
  TIME_WAIT_REUSED = 43,
  /** A RST is never answered with a RST. (RFC 9293 §3.5.2) */
  RST_NOT_ANSWERED = 44,
  /** Answers to this connection are limited in rate. (RFC 5961 §7) */
  RATE_LIMITED = 45,
  /** Three duplicate acknowledgments: the first unacknowledged segment is taken as lost. (RFC 5681 §3.2) */
  FAST_RETRANSMIT = 46,
  /** A partial acknowledgment during recovery: the next hole is sent again. (RFC 6582 §3.2) */
  PARTIAL_ACKNOWLEDGMENT = 47,
  /** The retransmission timer ran out. (RFC 6298 §5.4) */
  RETRANSMISSION_TIMEOUT = 48,
  /** Recovery is over: everything sent before the loss is acknowledged. (RFC 6582 §3.2) */
  RECOVERED = 49,
  /** A router says that the path carries only smaller packets. (RFC 1191 §6.4, RFC 8201 §5.4) */
  PATH_MTU_FELL = 50,
  /** Full segments vanish and no router says why: smaller ones are tried. (RFC 2923 §2.1) */
  PATH_MTU_BLACK_HOLE = 51,
  /** The handshake of a SYN-queue entry was given up. (RFC 4987 §2) */
  SYN_ACK_TIMEOUT = 52,
  /** The SYN was answered with a cookie, for the SYN queue is full: nothing is remembered. (RFC 4987 §3.6) */
  COOKIE_SENT = 53,
  /** The ACK returns a cookie of ours: the connection is made from it. (RFC 4987 §3.6) */
  COOKIE_RETURNED = 54,
  /** The ACK returns no cookie of ours, or one that is too old. (RFC 4987 §3.6) */
  COOKIE_INVALID = 55,
  /** The packet came by a source route that is not accepted, not complete, or leads through nobody. (RFC 7126 §4.3, RFC 1122 §3.2.1.8) */
  SOURCE_ROUTE_REFUSED = 56,
  /** Our SYN was not answered, so it is sent again without asking for ECN. (RFC 3168 §6.1.1.1) */
  ECN_FALLBACK = 57,
  /** Text came marked by a congested router; every ACK says so until the peer has slowed down. (RFC 3168 §6.1.3) */
  CONGESTION_EXPERIENCED = 58,
  /** The peer echoes a congested router's mark: cwnd falls as for a loss. (RFC 3168 §6.1.2) */
  CONGESTION_ECHOED = 59,
  /** The peer echoes a mark though cwnd is one segment already: the next one waits for the retransmission timer. (RFC 3168 §6.1.2) */
  PAUSED_BY_ECHO = 60,
  /** A SYN that carries a FIN as well opens nothing. (RFC 9293 §3.10.7.2) */
  SYN_WITH_FIN = 61,
  /** No answer for two round trips, or RTO: one segment more asks what was lost. (RFC 8985 §7.3) */
  TAIL_PROBE = 62,
  /** The probe has repaired a loss at the tail, so cwnd falls as for any loss. (RFC 8985 §7.4) */
  TAIL_PROBE_RECOVERED = 63,
  /** All that was sent again came twice: cwnd and ssthresh are as before. (RFC 3708 §3) */
  UNDONE_BY_DSACK = 64,
  /** Round trips grow longer: slow start goes on at a quarter of its speed. (RFC 9406 §4.2) */
  HYSTART_DELAY = 65,
  /** Round trips have stayed longer for five rounds: slow start is over. (RFC 9406 §4.2) */
  HYSTART_DONE = 66,
  /** The packet is neither IPv4 nor IPv6. (RFC 791 §3.1, RFC 8200 §3) */
  BAD_IP_VERSION = 67,
  /** An option of the IP header is malformed. (RFC 1122 §3.2.1.8) */
  BAD_IP_OPTION = 68,
  /** An extension header stands where it may not stand. (RFC 8200 §4.1) */
  EXTENSION_OUT_OF_PLACE = 69,
  /** An extension header ends behind its packet. (RFC 8200 §4) */
  EXTENSION_CUT = 70,
  /** The packet has more extension headers, or longer ones, than are read. (RFC 8200 §4) */
  EXTENSIONS_TOO_MANY = 71,
  /** The packet says that nothing follows its headers. (RFC 8200 §4.7) */
  NO_NEXT_HEADER = 72,
  /** A routing header that still leads somewhere is not for a host. (RFC 8200 §4.4, RFC 5095) */
  ROUTING_HEADER = 73,
  /** An option ends behind its extension header. (RFC 8200 §4.2) */
  OPTION_CUT = 74,
  /** An option is not known here, and says that it must be. (RFC 8200 §4.2) */
  UNKNOWN_OPTION = 75,
  /** A fragment before the last holds no multiple of 8 octets. (RFC 791 §3.2, RFC 8200 §4.5) */
  FRAGMENT_UNEVEN = 76,
  /** The fragment ends beyond the largest packet there can be. (RFC 791 §3.1, RFC 8200 §4.5) */
  FRAGMENT_TOO_FAR = 77,
  /** The first fragment does not hold all of the headers. (RFC 7112 §5, RFC 8200 §4.5) */
  FRAGMENT_CUTS_HEADERS = 78,
  /** The fragment holds no data. (RFC 1858 §2.1) */
  FRAGMENT_EMPTY = 79,
  /** The fragment overlaps another, so its datagram is dropped. (RFC 5722 §4, RFC 8200 §4.5) */
  FRAGMENT_OVERLAPS = 80,
  /** Fragments that a router may mark stand beside some it may not. (RFC 3168 §5.3) */
  FRAGMENT_UNMARKED = 81,
  /** The datagram comes in more separate pieces than are kept. (RFC 8200 §4.5) */
  FRAGMENTS_TOO_MANY = 82,
  /** The rest of a fragmented datagram did not come in time. (RFC 1122 §3.3.2, RFC 8200 §4.5) */
  FRAGMENTS_TOO_LATE = 83,
  /** The datagram nearest its timeout makes way for the fragments of another. (RFC 1122 §3.3.2) */
  FRAGMENTS_MADE_WAY = 84,
  /** The ICMP message is shorter than what it must hold. (RFC 792, RFC 4443 §2.1) */
  ICMP_CUT = 85,
  /** The ICMP message is of no type that is known here. (RFC 1122 §3.2.2, RFC 4443 §2.4) */
  ICMP_UNKNOWN_TYPE = 86,
  /** The ICMP error quotes a packet that we can not have sent. (RFC 5927 §4.1) */
  ICMP_QUOTE_ILLEGAL = 87,
  /** The ICMP error quotes no segment of a connection here. (RFC 9293 §3.9.2.2) */
  ICMP_UNMATCHED = 88,
  /** The ICMP error quotes a sequence number that is not in flight. (RFC 5927 §4.1) */
  ICMP_NOT_IN_FLIGHT = 89,
  /** The ICMP error says nothing that would change anything. (RFC 9293 §3.9.2.2) */
  ICMP_IGNORED = 90,
  /** Source quench slows nobody down any more. (RFC 9293 §3.9.2.2, MUST-55) */
  SOURCE_QUENCH = 91,
  /** Echo requests are not answered, by a setting. (icmp_echo) */
  ECHO_IGNORED = 92,
  /** The UDP header is malformed. (RFC 768) */
  BAD_UDP_HEADER = 93,
  /** Nobody has that UDP port. (RFC 1122 §4.1.3.1) */
  NO_UDP_PORT = 94,
  /** A RST can refer to nothing in LISTEN. (RFC 9293 §3.10.7.2, first) */
  RST_IN_LISTEN = 95,
  /** In LISTEN there is nothing to acknowledge. (RFC 9293 §3.10.7.2, second) */
  ACK_IN_LISTEN = 96,
  /** A RST that does not acknowledge our SYN ends no OPEN. (RFC 9293 §3.10.7.3, second) */
  RST_WITHOUT_ACK = 97,
  /** A segment without SYN opens nothing in SYN-SENT. (RFC 9293 §3.10.7.3, fifth) */
  NO_SYN_BIT = 98,
  /** Behind the peer's FIN there can be no text and no other FIN. (RFC 9293 §3.10.7.4, seventh) */
  BEHIND_FIN = 99,
  /** All of the text had arrived before. (RFC 9293 §3.10.7.4, seventh) */
  TEXT_AGAIN = 100,
  /** The text lies behind the window's right edge. (RFC 9293 §3.8.6.1) */
  TEXT_BEYOND_WINDOW = 101,
  /** The FIN lies behind text that was cut at the window's right edge. (RFC 9293 §3.4) */
  FIN_BEYOND_WINDOW = 102,
  /** Text of the SYN is left for the peer to send again. (RFC 9293 §3.10.7.2, third) */
  SYN_TEXT_NOT_KEPT = 103,
  /** An ACK in TIME-WAIT is not answered: two such peers would never end. (RFC 9293 §3.10.7.4) */
  ACK_IN_TIME_WAIT = 104,
  /** The answer found no room among those that wait to be sent. */
  REPLY_QUEUE_FULL = 105,
  /** No record is left for the way back of a SYN that came by a source route. (MUST-53) */
  SOURCE_ROUTES_USED_UP = 106,
  /** No TIME-WAIT record would be left for the connection, so none begins. (tcp_tw_strict) */
  TIME_WAITS_USED_UP = 107,
  /** The fragment has come before, octet for octet. (RFC 8200 §4.5) */
  FRAGMENT_AGAIN = 108,
  /** The echo is of the first sending: cwnd and ssthresh are as before. (RFC 3522, RFC 4015) */
  UNDONE_BY_TIMESTAMP = 109,
  /** What was sent once has come: the timeout was wrong, cwnd is as before. (RFC 5682 §3.1) */
  UNDONE_BY_FRTO = 110,
  /** Sent well before what has arrived: it is lost. (RFC 8985 §6.2) */
  RACK_LOST = 111,
  /** Sent again well before what has arrived: lost once more. (RFC 8985 §6.2) */
  RETRANSMISSION_LOST = 112,
  /** Segments overtake each other: losses are believed later. (RFC 8985 §6.2) */
  REORDERING_SEEN = 113,
  /** The sender's rate is kept: data waits for its time. (draft-ietf-ccwg-bbr §5.6.2) */
  PACED = 114,
  /** The bandwidth grows no more, or losses say so: the queue is drained. (draft-ietf-ccwg-bbr §5.3.2) */
  BBR_FULL = 115,
  /** Less is sent, to see a round trip without a queue. (draft-ietf-ccwg-bbr §5.3.4) */
  BBR_PROBE_RTT = 116,
  /** A probe has lost too much: the bound is as much in flight. (draft-ietf-ccwg-bbr §5.5.10.2) */
  BBR_TOO_HIGH = 117,
  /** Nobody here has that connection: the stacks that share the link are asked. */
  LEFT_TO_OTHERS = 118,
  /** What was sent once has come: the timeout was wrong, recovery goes on. (RFC 5682 §3.1) */
  RECOVERY_RESUMED = 119,
  /** The listener's user has not decided about the SYN yet. */
  SYN_UNDECIDED = 120,
  /** The listener's user wants nothing of the SYN. */
  SYN_REFUSED = 121,
  /** A datagram of IPv6 lacks the checksum that it must have. (RFC 8200 §8.1) */
  CHECKSUM_MISSING = 122,
  /** Its receiver reads too slowly: there is no room for one more datagram. (RFC 1122 §4.1.1) */
  DATAGRAM_BUFFER_FULL = 123,
  /** Our SYN,ACK was acknowledged. (RFC 9293 §3.10.7.4, fifth) */
  SYN_ACK_ACKNOWLEDGED = 124,
}

/** The sentence of every reason, with its section. */
export const REASONS: Readonly<Record<Reason, string>> = {
  [Reason.NONE]: "",
  [Reason.USER_OPEN]: "The user called OPEN. (RFC 9293 §3.10.1)",
  [Reason.USER_CLOSE]: "The user called CLOSE. (RFC 9293 §3.10.4)",
  [Reason.USER_ABORT]: "The user called ABORT. (RFC 9293 §3.10.5)",
  [Reason.RELEASED_WITH_UNREAD_TEXT]: "The user let go of a connection that still held unread text, so a RST tells the peer. (RFC 9293 §3.6.1, SHLD-3)",
  [Reason.TEXT_AFTER_RELEASE]: "Text arrived after the user let go of the connection, so a RST tells the peer. (RFC 9293 §3.6.1, SHLD-3)",
  [Reason.SYN_ARRIVED]: "A SYN arrived for a listener. (RFC 9293 §3.10.7.2)",
  [Reason.SYN_ACKNOWLEDGED]: "Our SYN was acknowledged. (RFC 9293 §3.10.7.3)",
  [Reason.SIMULTANEOUS_OPEN]: "Both sides sent a SYN: simultaneous open. (RFC 9293 §3.5, MUST-10)",
  [Reason.FIN_ARRIVED]: "The peer's FIN arrived in order. (RFC 9293 §3.10.7.4, eighth)",
  [Reason.FIN_ACKED]: "Our FIN was acknowledged. (RFC 9293 §3.10.7.4, fifth)",
  [Reason.RST_ARRIVED]: "A RST with exactly the expected sequence number arrived. (RFC 9293 §3.10.7.4, second)",
  [Reason.REFUSED]: "A RST answered our SYN: the port is closed. (RFC 9293 §3.10.7.3)",
  [Reason.USER_TIMEOUT]: "R2 or the user timeout passed without an acknowledgment. (RFC 9293 §3.8.3)",
  [Reason.KEEP_ALIVE_TIMEOUT]: "Keep-alive probes went unanswered. (RFC 9293 §3.8.4)",
  [Reason.TIME_WAIT_OVER]: "2 MSL have passed. (RFC 9293 §3.10.8)",
  [Reason.FIN_WAIT_2_TIMEOUT]: "The peer's FIN did not come in time for a connection its user let go of. (tcp_fin_timeout)",
  [Reason.ICMP_UNREACHABLE]: "ICMP says the peer can not be reached. (RFC 9293 §3.9.2.2)",
  [Reason.LISTENER_CLOSED]: "The listener was closed. (RFC 9293 §3.10.4)",
  [Reason.NO_RESOURCES]: "A pool chosen at init is empty.",
  [Reason.TRUNCATED]: "The packet is shorter than its headers say. (RFC 791 §3.1, RFC 8200 §3)",
  [Reason.BAD_IP_HEADER]: "The IP header is malformed. (RFC 791 §3.1, RFC 8200 §3)",
  [Reason.BAD_IP_CHECKSUM]: "The IP header's checksum is wrong. (RFC 791 §3.1)",
  [Reason.NOT_OUR_ADDRESS]: "The packet is for an address that is not ours. (RFC 1122 §3.2.1.3)",
  [Reason.UNKNOWN_PROTOCOL]: "No protocol here has that number. (RFC 1122 §3.2.2.1)",
  [Reason.FRAGMENT_DROPPED]: "A fragment contradicts others of where the datagram ends. (RFC 791 §3.2, RFC 8200 §4.5)",
  [Reason.BAD_TCP_HEADER]: "The TCP header is malformed. (RFC 9293 §3.1)",
  [Reason.BAD_CHECKSUM]: "The checksum is wrong. (RFC 9293 §3.1, MUST-3)",
  [Reason.ILLEGAL_ADDRESS]: "Source or destination is no single host's, or never on a wire: a group's, everybody's, nobody's, the loopback's or, as source, our own. (RFC 1122 §3.2.1.3, MUST-57, MUST-63)",
  [Reason.NO_CONNECTION]: "No connection and no listener has that local socket. (RFC 9293 §3.10.7.1)",
  [Reason.OUTSIDE_WINDOW]: "The sequence number lies outside the receive window. (RFC 9293 §3.10.7.4, first)",
  [Reason.MISSING_TIMESTAMP]: "The segment lacks the timestamps that both sides had agreed on. (RFC 7323 §3.2)",
  [Reason.OLD_TIMESTAMP]: "The timestamp is older than the last one: an old duplicate. (RFC 7323 §5.3, PAWS)",
  [Reason.RST_CHALLENGED]: "A RST inside the window, not at its left edge: challenged. (RFC 5961 §3.2)",
  [Reason.SYN_CHALLENGED]: "A SYN in a synchronized state: challenged. (RFC 5961 §4.2)",
  [Reason.ACK_OUT_OF_RANGE]: "The ACK lies outside what could have been acknowledged. (RFC 5961 §5.2, MAY-12)",
  [Reason.NO_ACK_BIT]: "The segment has neither ACK nor RST nor SYN. (RFC 9293 §3.10.7.4, fifth)",
  [Reason.ACCEPT_QUEUE_FULL]: "The accept queue is full. (listen(2), backlog)",
  [Reason.SYN_QUEUE_FULL]: "The SYN queue is full. (RFC 4987 §3)",
  [Reason.NO_ROOM_FOR_EARLY_TEXT]: "Out-of-order text found no room to be held. (RFC 9293 §3.10.7.4, seventh)",
  [Reason.RST_IN_TIME_WAIT]: "A RST in TIME-WAIT is ignored, so that it can not cut the wait short. (RFC 1337 §3)",
  [Reason.TIME_WAIT_FULL]: "As many connections as may be were in TIME-WAIT: this one ended without. (RFC 9293 §3.6.1)",
  [Reason.ORPHAN_GIVEN_UP]: "Its user was gone, the peer silent, and others needed the room. (tcp_max_orphans)",
  [Reason.TIME_WAIT_REUSED]: "A new SYN ended the TIME-WAIT of an older connection. (RFC 1122 §4.2.2.13, RFC 6191)",
  [Reason.RST_NOT_ANSWERED]: "A RST is never answered with a RST. (RFC 9293 §3.5.2)",
  [Reason.RATE_LIMITED]: "Answers to this connection are limited in rate. (RFC 5961 §7)",
  [Reason.FAST_RETRANSMIT]: "Three duplicate acknowledgments: the first unacknowledged segment is taken as lost. (RFC 5681 §3.2)",
  [Reason.PARTIAL_ACKNOWLEDGMENT]: "A partial acknowledgment during recovery: the next hole is sent again. (RFC 6582 §3.2)",
  [Reason.RETRANSMISSION_TIMEOUT]: "The retransmission timer ran out. (RFC 6298 §5.4)",
  [Reason.RECOVERED]: "Recovery is over: everything sent before the loss is acknowledged. (RFC 6582 §3.2)",
  [Reason.PATH_MTU_FELL]: "A router says that the path carries only smaller packets. (RFC 1191 §6.4, RFC 8201 §5.4)",
  [Reason.PATH_MTU_BLACK_HOLE]: "Full segments vanish and no router says why: smaller ones are tried. (RFC 2923 §2.1)",
  [Reason.SYN_ACK_TIMEOUT]: "The handshake of a SYN-queue entry was given up. (RFC 4987 §2)",
  [Reason.COOKIE_SENT]: "The SYN was answered with a cookie, for the SYN queue is full: nothing is remembered. (RFC 4987 §3.6)",
  [Reason.COOKIE_RETURNED]: "The ACK returns a cookie of ours: the connection is made from it. (RFC 4987 §3.6)",
  [Reason.COOKIE_INVALID]: "The ACK returns no cookie of ours, or one that is too old. (RFC 4987 §3.6)",
  [Reason.SOURCE_ROUTE_REFUSED]: "The packet came by a source route that is not accepted, not complete, or leads through nobody. (RFC 7126 §4.3, RFC 1122 §3.2.1.8)",
  [Reason.ECN_FALLBACK]: "Our SYN was not answered, so it is sent again without asking for ECN. (RFC 3168 §6.1.1.1)",
  [Reason.CONGESTION_EXPERIENCED]: "Text came marked by a congested router; every ACK says so until the peer has slowed down. (RFC 3168 §6.1.3)",
  [Reason.CONGESTION_ECHOED]: "The peer echoes a congested router's mark: cwnd falls as for a loss. (RFC 3168 §6.1.2)",
  [Reason.PAUSED_BY_ECHO]: "The peer echoes a mark though cwnd is one segment already: the next one waits for the retransmission timer. (RFC 3168 §6.1.2)",
  [Reason.SYN_WITH_FIN]: "A SYN that carries a FIN as well opens nothing. (RFC 9293 §3.10.7.2)",
  [Reason.TAIL_PROBE]: "No answer for two round trips, or RTO: one segment more asks what was lost. (RFC 8985 §7.3)",
  [Reason.TAIL_PROBE_RECOVERED]: "The probe has repaired a loss at the tail, so cwnd falls as for any loss. (RFC 8985 §7.4)",
  [Reason.UNDONE_BY_DSACK]: "All that was sent again came twice: cwnd and ssthresh are as before. (RFC 3708 §3)",
  [Reason.HYSTART_DELAY]: "Round trips grow longer: slow start goes on at a quarter of its speed. (RFC 9406 §4.2)",
  [Reason.HYSTART_DONE]: "Round trips have stayed longer for five rounds: slow start is over. (RFC 9406 §4.2)",
  [Reason.BAD_IP_VERSION]: "The packet is neither IPv4 nor IPv6. (RFC 791 §3.1, RFC 8200 §3)",
  [Reason.BAD_IP_OPTION]: "An option of the IP header is malformed. (RFC 1122 §3.2.1.8)",
  [Reason.EXTENSION_OUT_OF_PLACE]: "An extension header stands where it may not stand. (RFC 8200 §4.1)",
  [Reason.EXTENSION_CUT]: "An extension header ends behind its packet. (RFC 8200 §4)",
  [Reason.EXTENSIONS_TOO_MANY]: "The packet has more extension headers, or longer ones, than are read. (RFC 8200 §4)",
  [Reason.NO_NEXT_HEADER]: "The packet says that nothing follows its headers. (RFC 8200 §4.7)",
  [Reason.ROUTING_HEADER]: "A routing header that still leads somewhere is not for a host. (RFC 8200 §4.4, RFC 5095)",
  [Reason.OPTION_CUT]: "An option ends behind its extension header. (RFC 8200 §4.2)",
  [Reason.UNKNOWN_OPTION]: "An option is not known here, and says that it must be. (RFC 8200 §4.2)",
  [Reason.FRAGMENT_UNEVEN]: "A fragment before the last holds no multiple of 8 octets. (RFC 791 §3.2, RFC 8200 §4.5)",
  [Reason.FRAGMENT_TOO_FAR]: "The fragment ends beyond the largest packet there can be. (RFC 791 §3.1, RFC 8200 §4.5)",
  [Reason.FRAGMENT_CUTS_HEADERS]: "The first fragment does not hold all of the headers. (RFC 7112 §5, RFC 8200 §4.5)",
  [Reason.FRAGMENT_EMPTY]: "The fragment holds no data. (RFC 1858 §2.1)",
  [Reason.FRAGMENT_OVERLAPS]: "The fragment overlaps another, so its datagram is dropped. (RFC 5722 §4, RFC 8200 §4.5)",
  [Reason.FRAGMENT_UNMARKED]: "Fragments that a router may mark stand beside some it may not. (RFC 3168 §5.3)",
  [Reason.FRAGMENTS_TOO_MANY]: "The datagram comes in more separate pieces than are kept. (RFC 8200 §4.5)",
  [Reason.FRAGMENTS_TOO_LATE]: "The rest of a fragmented datagram did not come in time. (RFC 1122 §3.3.2, RFC 8200 §4.5)",
  [Reason.FRAGMENTS_MADE_WAY]: "The datagram nearest its timeout makes way for the fragments of another. (RFC 1122 §3.3.2)",
  [Reason.ICMP_CUT]: "The ICMP message is shorter than what it must hold. (RFC 792, RFC 4443 §2.1)",
  [Reason.ICMP_UNKNOWN_TYPE]: "The ICMP message is of no type that is known here. (RFC 1122 §3.2.2, RFC 4443 §2.4)",
  [Reason.ICMP_QUOTE_ILLEGAL]: "The ICMP error quotes a packet that we can not have sent. (RFC 5927 §4.1)",
  [Reason.ICMP_UNMATCHED]: "The ICMP error quotes no segment of a connection here. (RFC 9293 §3.9.2.2)",
  [Reason.ICMP_NOT_IN_FLIGHT]: "The ICMP error quotes a sequence number that is not in flight. (RFC 5927 §4.1)",
  [Reason.ICMP_IGNORED]: "The ICMP error says nothing that would change anything. (RFC 9293 §3.9.2.2)",
  [Reason.SOURCE_QUENCH]: "Source quench slows nobody down any more. (RFC 9293 §3.9.2.2, MUST-55)",
  [Reason.ECHO_IGNORED]: "Echo requests are not answered, by a setting. (icmp_echo)",
  [Reason.BAD_UDP_HEADER]: "The UDP header is malformed. (RFC 768)",
  [Reason.NO_UDP_PORT]: "Nobody has that UDP port. (RFC 1122 §4.1.3.1)",
  [Reason.RST_IN_LISTEN]: "A RST can refer to nothing in LISTEN. (RFC 9293 §3.10.7.2, first)",
  [Reason.ACK_IN_LISTEN]: "In LISTEN there is nothing to acknowledge. (RFC 9293 §3.10.7.2, second)",
  [Reason.RST_WITHOUT_ACK]: "A RST that does not acknowledge our SYN ends no OPEN. (RFC 9293 §3.10.7.3, second)",
  [Reason.NO_SYN_BIT]: "A segment without SYN opens nothing in SYN-SENT. (RFC 9293 §3.10.7.3, fifth)",
  [Reason.BEHIND_FIN]: "Behind the peer's FIN there can be no text and no other FIN. (RFC 9293 §3.10.7.4, seventh)",
  [Reason.TEXT_AGAIN]: "All of the text had arrived before. (RFC 9293 §3.10.7.4, seventh)",
  [Reason.TEXT_BEYOND_WINDOW]: "The text lies behind the window's right edge. (RFC 9293 §3.8.6.1)",
  [Reason.FIN_BEYOND_WINDOW]: "The FIN lies behind text that was cut at the window's right edge. (RFC 9293 §3.4)",
  [Reason.SYN_TEXT_NOT_KEPT]: "Text of the SYN is left for the peer to send again. (RFC 9293 §3.10.7.2, third)",
  [Reason.ACK_IN_TIME_WAIT]: "An ACK in TIME-WAIT is not answered: two such peers would never end. (RFC 9293 §3.10.7.4)",
  [Reason.REPLY_QUEUE_FULL]: "The answer found no room among those that wait to be sent.",
  [Reason.SOURCE_ROUTES_USED_UP]: "No record is left for the way back of a SYN that came by a source route. (MUST-53)",
  [Reason.TIME_WAITS_USED_UP]: "No TIME-WAIT record would be left for the connection, so none begins. (tcp_tw_strict)",
  [Reason.FRAGMENT_AGAIN]: "The fragment has come before, octet for octet. (RFC 8200 §4.5)",
  [Reason.UNDONE_BY_TIMESTAMP]: "The echo is of the first sending: cwnd and ssthresh are as before. (RFC 3522, RFC 4015)",
  [Reason.UNDONE_BY_FRTO]: "What was sent once has come: the timeout was wrong, cwnd is as before. (RFC 5682 §3.1)",
  [Reason.RACK_LOST]: "Sent well before what has arrived: it is lost. (RFC 8985 §6.2)",
  [Reason.RETRANSMISSION_LOST]: "Sent again well before what has arrived: lost once more. (RFC 8985 §6.2)",
  [Reason.REORDERING_SEEN]: "Segments overtake each other: losses are believed later. (RFC 8985 §6.2)",
  [Reason.PACED]: "The sender's rate is kept: data waits for its time. (draft-ietf-ccwg-bbr §5.6.2)",
  [Reason.BBR_FULL]: "The bandwidth grows no more, or losses say so: the queue is drained. (draft-ietf-ccwg-bbr §5.3.2)",
  [Reason.BBR_PROBE_RTT]: "Less is sent, to see a round trip without a queue. (draft-ietf-ccwg-bbr §5.3.4)",
  [Reason.BBR_TOO_HIGH]: "A probe has lost too much: the bound is as much in flight. (draft-ietf-ccwg-bbr §5.5.10.2)",
  [Reason.LEFT_TO_OTHERS]: "Nobody here has that connection: the stacks that share the link are asked.",
  [Reason.RECOVERY_RESUMED]: "What was sent once has come: the timeout was wrong, recovery goes on. (RFC 5682 §3.1)",
  [Reason.SYN_UNDECIDED]: "The listener's user has not decided about the SYN yet.",
  [Reason.SYN_REFUSED]: "The listener's user wants nothing of the SYN.",
  [Reason.CHECKSUM_MISSING]: "A datagram of IPv6 lacks the checksum that it must have. (RFC 8200 §8.1)",
  [Reason.DATAGRAM_BUFFER_FULL]: "Its receiver reads too slowly: there is no room for one more datagram. (RFC 1122 §4.1.1)",
  [Reason.SYN_ACK_ACKNOWLEDGED]: "Our SYN,ACK was acknowledged. (RFC 9293 §3.10.7.4, fifth)",
}

/** Window: what the host chooses before `init`. Zero means the default; `limits.ts` has it, and what each may be. ╒═══════════════════════════ CONFIG ═══════════════════════════╕ │ the limits, u32 each, and 32 octets of seed │ └──────────────────────────────────────────────────────────────┘ Offsets, octets. */
export const ConfigField = {
  /** u32 */
  connections: 0,
  /** u32 */
  listeners: 4,
  /** u32 */
  children: 8,
  /** u32 */
  timeWaits: 12,
  /** u32 */
  pages: 16,
  /** u32 */
  ranges: 20,
  /** u32 */
  replies: 24,
  /** u32 */
  traceEvents: 28,
  /** u32 */
  receiveBuffer: 32,
  /** u32 */
  sendBuffer: 36,
  /** u32 */
  mtu: 40,
  /** u32 */
  sourceRoutes: 44,
  /** u32 */
  paths: 48,
  /** u32 */
  segments: 52,
  /** u32 */
  datagramSockets: 56,
  /** u32 */
  datagrams: 60,
  /** u32 */
  seeded: 64,
  /** u64 */
  seed0: 72,
  /** u64 */
  seed1: 80,
  /** u64 */
  seed2: 88,
  /** u64 */
  seed3: 96,
  /** Octets of the whole. */
  size: 104,
} as const

/** Window: why `init` refused its limits. Offsets, octets. */
export const RefusalField = {
  /** u32 */
  limit: 0,
  /** u32 */
  least: 4,
  /** u32 */
  most: 8,
  /** u64 */
  octets: 16,
  /** u64 */
  part: 24,
  /** Octets of the whole. */
  size: 32,
} as const

/** Window: the two sockets of a call. Addresses are 16 octets in network order; IPv4 is written in its mapped form ::ffff:a.b.c.d (RFC 4291 §2.5.5.2). All zero is "unspecified". Ports are numbers. Offsets, octets. */
export const EndpointField = {
  /** u64 */
  local0: 0,
  /** u64 */
  local1: 8,
  /** u64 */
  remote0: 16,
  /** u64 */
  remote1: 24,
  /** u32 */
  localPort: 32,
  /** u32 */
  remotePort: 36,
  /** Octets of the whole. */
  size: 40,
} as const

/** Window: what `signal()` hands over. Offsets, octets. */
export const SignalRecordField = {
  /** u32 */
  handle: 0,
  /** u32 */
  events: 4,
  /** u32 */
  result: 8,
  /** u32 */
  reason: 12,
  /** Octets of the whole. */
  size: 16,
} as const

/** Window: one event of the trace ring, 32 octets. Offsets, octets. */
export const TraceEventField = {
  /** u64 */
  at: 0,
  /** u32 */
  handle: 8,
  /** u8 */
  kind: 12,
  /** u8 */
  state: 13,
  /** u16 */
  reason: 14,
  /** u32 */
  a: 16,
  /** u32 */
  b: 20,
  /** u32 */
  c: 24,
  /** u32 */
  d: 28,
  /** Octets of the whole. */
  size: 32,
} as const

/** Window: STATUS of a connection, SYN-queue entry or TIME-WAIT record (RFC 9293 §3.10.6). Offsets, octets. */
export const StatusField = {
  /** u64 */
  local0: 0,
  /** u64 */
  local1: 8,
  /** u64 */
  remote0: 16,
  /** u64 */
  remote1: 24,
  /** u32 */
  localPort: 32,
  /** u32 */
  remotePort: 36,
  /** u32 */
  handle: 40,
  /** u32 */
  state: 44,
  /** u32 */
  receiveQueue: 48,
  /** u32 */
  sendQueue: 52,
  /** u32 */
  timer: 56,
  /** u32 */
  timerMs: 60,
  /** u32 */
  retransmits: 64,
  /** u32 */
  rto: 68,
  /** u32 */
  srtt: 72,
  /** u32 */
  rttvar: 76,
  /** u32 */
  smss: 80,
  /** u32 */
  rmss: 84,
  /** u32 */
  cwnd: 88,
  /** u32 */
  ssthresh: 92,
  /** u32 */
  flightSize: 96,
  /** u32 */
  sndWnd: 100,
  /** u32 */
  rcvWnd: 104,
  /** u32 */
  sndUna: 108,
  /** u32 */
  sndNxt: 112,
  /** u32 */
  rcvNxt: 116,
  /** u32 */
  iss: 120,
  /** u32 */
  irs: 124,
  /** u32 */
  sndShift: 128,
  /** u32 */
  rcvShift: 132,
  /** u32 */
  flags: 136,
  /** u32 */
  synQueue: 140,
  /** u32 */
  segsIn: 144,
  /** u32 */
  segsOut: 148,
  /** u32 */
  retransTotal: 152,
  /** u32 */
  result: 156,
  /** u32 */
  urgentLeft: 160,
  /** u32 */
  rcvBuf: 164,
  /** u32 */
  sndBuf: 168,
  /** u32 */
  rcvSpace: 172,
  /** u32 */
  rcvSsthresh: 176,
  /** u32 */
  rcvRtt: 180,
  /** u32 */
  minRtt: 184,
  /** u32 */
  reordSeen: 188,
  /** u32 */
  dsackDups: 192,
  /** u32 */
  lost: 196,
  /** u32 */
  sacked: 200,
  /** u32 */
  retrans: 204,
  /** u32 */
  deliveryRate: 208,
  /** u32 */
  pacingRate: 212,
  /** u32 */
  notSent: 216,
  /** u32 */
  busy: 220,
  /** u32 */
  rwndLimited: 224,
  /** u32 */
  sndbufLimited: 228,
  /** u64 */
  bytesAcked: 232,
  /** u64 */
  bytesReceived: 240,
  /** Octets of the whole. */
  size: 248,
} as const

/** Window: advice against a route (RFC 9293 §3.8.3, RFC 1122 §3.3.1.4): segments to that address have been sent again and again without an answer, so whoever knows the way there may look at it. Of several in one `poll` the last address stands here, and all are counted. Offsets, octets. */
export const RouteAdviceField = {
  /** u64 */
  remote0: 0,
  /** u64 */
  remote1: 8,
  /** u32 */
  count: 16,
  /** Octets of the whole. */
  size: 20,
} as const

/** Window: a piece of text where it lies. There are as many, one behind the other, as text of 64 KiB can have; what `peek` and `output` list ends with one of no octets. Offsets, octets. */
export const PieceField = {
  /** u32 */
  at: 0,
  /** u32 */
  length: 4,
  /** Octets of the whole. */
  size: 8,
} as const

/** Window: the datagram that `udpReceive` has taken; its text lies in TEXT. Offsets, octets. */
export const ReceivedField = {
  /** u64 */
  source0: 0,
  /** u64 */
  source1: 8,
  /** u64 */
  destination0: 16,
  /** u64 */
  destination1: 24,
  /** u32 */
  sourcePort: 32,
  /** u32 */
  length: 36,
  /** u32 */
  hopLimit: 40,
  /** u32 */
  diffserv: 44,
  /** Octets of the whole. */
  size: 48,
} as const

/** Window: what the link is to know of the packet that `output` has written. Offsets, octets. */
export const OutgoingField = {
  /** u32 */
  flags: 0,
  /** Octets of the whole. */
  size: 4,
} as const

/** Window: an ICMP echo reply that answers our request. Offsets, octets. */
export const EchoReplyField = {
  /** u64 */
  from0: 0,
  /** u64 */
  from1: 8,
  /** u32 */
  sequence: 16,
  /** u32 */
  length: 20,
  /** u32 */
  hopLimit: 24,
  /** u32 */
  count: 28,
  /** u32 */
  more: 32,
  /** u32 */
  identifier: 36,
  /** Octets of the whole. */
  size: 40,
} as const

/** Limits, chosen when a stack is made. */
export const LIMITS = {
  /** Connections and listeners together. 1 to 1015807; default 4096. */
  connections: {
    initial: 4096,
    least: 1,
    most: 1015807,
  },
  /** Listeners, each with its place in the port table; not more than connections. 1 to 1015807; default 256. */
  listeners: {
    initial: 256,
    least: 1,
    most: 1015807,
  },
  /** Connections in SYN-RECEIVED, of all listeners together: what their SYN queues hold. 1 to 1048575; default 1024. */
  children: {
    initial: 1024,
    least: 1,
    most: 1048575,
  },
  /** TIME-WAIT records; without one a connection ends and does not wait. 1 to 4194300; default 262144. */
  timeWaits: {
    initial: 262144,
    least: 1,
    most: 4194300,
  },
  /** Pages of 4 KiB that all send and receive buffers share. 1 to 786432; default 16384. */
  pages: {
    initial: 16384,
    least: 1,
    most: 786432,
  },
  /** Ranges of out-of-order and of SACKed data, of all connections together. 1 to 16777216; default 65536. */
  ranges: {
    initial: 65536,
    least: 1,
    most: 16777216,
  },
  /** Replies queued at once: RST, ICMP, ACKs in TIME-WAIT and SYN-RECEIVED. 1 to 65536; default 1024. */
  replies: {
    initial: 1024,
    least: 1,
    most: 65536,
  },
  /** Events the trace ring holds, rounded up to a power of two. 1 to 4194304; default 1024. */
  traceEvents: {
    initial: 1024,
    least: 1,
    most: 4194304,
  },
  /** Receive buffer of every connection, octets; 0: it tunes itself, by tcp_rmem. 0 to 1073741824; default 0. */
  receiveBuffer: {
    initial: 0,
    least: 0,
    most: 1073741824,
  },
  /** Send buffer of every connection, octets; 0: it tunes itself, by tcp_wmem. 0 to 1073741824; default 0. */
  sendBuffer: {
    initial: 0,
    least: 0,
    most: 1073741824,
  },
  /** MTU of the link, octets. 576 to 65535; default 1500. */
  mtu: {
    initial: 1500,
    least: 576,
    most: 65535,
  },
  /** IPv4 source routes of all connections together. 1 to 65535; default 64. */
  sourceRoutes: {
    initial: 64,
    least: 1,
    most: 65535,
  },
  /** Destinations whose path carries less than the link, in sets of four. 1 to 1048576; default 4096. */
  paths: {
    initial: 4096,
    least: 1,
    most: 1048576,
  },
  /** Records of segments on their way, of all connections together. 1 to 4194304; default 65536. */
  segments: {
    initial: 65536,
    least: 1,
    most: 4194304,
  },
  /** Sockets of UDP. 1 to 32767; default 256. */
  datagramSockets: {
    initial: 256,
    least: 1,
    most: 32767,
  },
  /** Datagrams of users that wait to be sent, of all sockets together. 1 to 65536; default 1024. */
  datagrams: {
    initial: 1024,
    least: 1,
    most: 65536,
  },
} as const

/** Settings by name: what Linux calls the sysctl, or a name in its style. */
export const SETTINGS = {
  /** Octets of the largest packet the link carries; with IPv6 not less than 1280. 576 to 65535; default 1500. */
  mtu: {
    setting: Setting.MTU,
    initial: 1500,
    least: 576,
    most: 65535,
  },
  /** 2 MSL: milliseconds a connection stays in TIME-WAIT. 0 to 1073741824; default 60000. */
  tcp_time_wait_ms: {
    setting: Setting.TIME_WAIT_MS,
    initial: 60000,
    least: 0,
    most: 1073741824,
  },
  /** What RTO keeps above SRTT at least, milliseconds. 1 to 60000; default 200. */
  tcp_rto_min_ms: {
    setting: Setting.RTO_MIN_MS,
    initial: 200,
    least: 1,
    most: 60000,
  },
  /** Offer timestamps (RFC 7323). 0 to 1; default 1. */
  tcp_timestamps: {
    setting: Setting.TIMESTAMPS,
    initial: 1,
    least: 0,
    most: 1,
  },
  /** Offer window scaling (RFC 7323). 0 to 1; default 1. */
  tcp_window_scaling: {
    setting: Setting.WINDOW_SCALING,
    initial: 1,
    least: 0,
    most: 1,
  },
  /** Offer SACK (RFC 2018). 0 to 1; default 1. */
  tcp_sack: {
    setting: Setting.SACK,
    initial: 1,
    least: 0,
    most: 1,
  },
  /** Retransmissions of a SYN,ACK before it is given up; fewer while its SYN queue fills. 0 to 16; default 5. */
  tcp_synack_retries: {
    setting: Setting.SYN_ACK_RETRIES,
    initial: 5,
    least: 0,
    most: 16,
  },
  /** Answer ICMP echo requests. 0 to 1; default 1. */
  icmp_echo: {
    setting: Setting.ECHO_REPLY,
    initial: 1,
    least: 0,
    most: 1,
  },
  /** Write the trace ring. 0 to 1; default 0. */
  trace: {
    setting: Setting.TRACE,
    initial: 0,
    least: 0,
    most: 1,
  },
  /** Leave TCP's checksum of packets sent to the link (a vnet header's NEEDS_CSUM). 0 to 1; default 0. */
  checksum_by_link: {
    setting: Setting.CHECKSUM_BY_LINK,
    initial: 0,
    least: 0,
    most: 1,
  },
  /** SYN cookies (RFC 4987 §3.6): 0 never, 1 when the SYN queue is full, 2 always. 0 to 2; default 1. */
  tcp_syncookies: {
    setting: Setting.SYN_COOKIES,
    initial: 1,
    least: 0,
    most: 2,
  },
  /** Reuse of TIME-WAIT by an active OPEN after a second, with timestamps: 2 to loopback only. 0 to 2; default 2. */
  tcp_tw_reuse: {
    setting: Setting.TW_REUSE,
    initial: 2,
    least: 0,
    most: 2,
  },
  /** Answer the handshake's last ACK with a RST when the accept queue is full; 0: ignore it. 0 to 1; default 0. */
  tcp_abort_on_overflow: {
    setting: Setting.ABORT_ON_OVERFLOW,
    initial: 0,
    least: 0,
    most: 1,
  },
  /** Accept IPv4 packets that came to us by a source route, and answer TCP's the way they came (MUST-53); 0: only what answers a route of our own user's. 0 to 1; default 0. */
  accept_source_route: {
    setting: Setting.ACCEPT_SOURCE_ROUTE,
    initial: 0,
    least: 0,
    most: 1,
  },
  /** Explicit congestion notification (RFC 3168): 0 never, 1 ask and accept, 2 accept only. 0 to 2; default 2. */
  tcp_ecn: {
    setting: Setting.ECN,
    initial: 2,
    least: 0,
    most: 2,
  },
  /** TIME-WAIT records there are at once; beyond them a connection ends without waiting. 0 to 4194300; default 262144. */
  tcp_max_tw_buckets: {
    setting: Setting.MAX_TW_BUCKETS,
    initial: 262144,
    least: 0,
    most: 4194300,
  },
  /** Begin no connection that might find no TIME-WAIT record, for the sake of MUST-13. 0 to 1; default 0. */
  tcp_tw_strict: {
    setting: Setting.TW_STRICT,
    initial: 0,
    least: 0,
    most: 1,
  },
  /** Connections at once whose user is gone; by default as many as there may be at all. 0 to 1015807; default 4096. */
  tcp_max_orphans: {
    setting: Setting.MAX_ORPHANS,
    initial: 4096,
    least: 0,
    most: 1015807,
  },
  /** Retransmissions before a connection whose user is gone is given up; 0: eight, 100 s. 0 to 255; default 0. */
  tcp_orphan_retries: {
    setting: Setting.ORPHAN_RETRIES,
    initial: 0,
    least: 0,
    most: 255,
  },
  /** Seconds the fragments of an IPv4 datagram may take to come; RFC 1122 §3.3.2: 60 and more. 1 to 120; default 30. */
  ipfrag_time: {
    setting: Setting.IPFRAG_TIME,
    initial: 30,
    least: 1,
    most: 120,
  },
  /** Seconds the fragments of an IPv6 datagram may take to come; RFC 8200 §4.5: 60. 1 to 120; default 60. */
  ip6frag_time: {
    setting: Setting.IP6FRAG_TIME,
    initial: 60,
    least: 1,
    most: 120,
  },
  /** Take segments without the timestamps agreed on, as Linux; 0: a RST only (RFC 7323 §3.2). 0 to 1; default 1. */
  tolerate_missing_ts: {
    setting: Setting.TOLERATE_MISSING_TS,
    initial: 1,
    least: 0,
    most: 1,
  },
  /** Congestion control of connections to come: 0 CUBIC, 1 Reno, 2 BBR. 0 to 2; default 0. */
  tcp_congestion_control: {
    setting: Setting.CONGESTION_CONTROL,
    initial: 0,
    least: 0,
    most: 2,
  },
  /** A mark takes less of cwnd than a loss, for it comes from a short queue (RFC 8511). 0 to 1; default 1. */
  abe: {
    setting: Setting.ABE,
    initial: 1,
    least: 0,
    most: 1,
  },
  /** The first of tcp_rmem: octets each connection may hold while a quarter of pages is free. 1 to 1073741824; default 4096. */
  tcp_rmem_min: {
    setting: Setting.RMEM_MIN,
    initial: 4096,
    least: 1,
    most: 1073741824,
  },
  /** The second of tcp_rmem: octets a receive buffer begins with. 1 to 1073741824; default 131072. */
  tcp_rmem_default: {
    setting: Setting.RMEM_DEFAULT,
    initial: 131072,
    least: 1,
    most: 1073741824,
  },
  /** The third of tcp_rmem: octets a receive buffer grows to, of half of all pages at most. 1 to 1073741824; default 33554432. */
  tcp_rmem_max: {
    setting: Setting.RMEM_MAX,
    initial: 33554432,
    least: 1,
    most: 1073741824,
  },
  /** The first of tcp_wmem: octets each connection may hold while a quarter of pages is free. 1 to 1073741824; default 4096. */
  tcp_wmem_min: {
    setting: Setting.WMEM_MIN,
    initial: 4096,
    least: 1,
    most: 1073741824,
  },
  /** The second of tcp_wmem: octets a send buffer begins with. 1 to 1073741824; default 16384. */
  tcp_wmem_default: {
    setting: Setting.WMEM_DEFAULT,
    initial: 16384,
    least: 1,
    most: 1073741824,
  },
  /** The third of tcp_wmem: octets a send buffer grows to, of half of all pages at most. 1 to 1073741824; default 16777216. */
  tcp_wmem_max: {
    setting: Setting.WMEM_MAX,
    initial: 16777216,
    least: 1,
    most: 1073741824,
  },
  /** A pause takes half of cwnd for each RTO; 0: cwnd is kept for five minutes (RFC 7661). 0 to 1; default 1. */
  tcp_slow_start_after_idle: {
    setting: Setting.SLOW_START_AFTER_IDLE,
    initial: 1,
    least: 0,
    most: 1,
  },
  /** SEND takes no more while so many octets are not sent yet. 1 to 4294967295; default 4294967295. */
  tcp_notsent_lowat: {
    setting: Setting.NOTSENT_LOWAT,
    initial: 4294967295,
    least: 1,
    most: 4294967295,
  },
  /** Send data at an even rate, whatever the congestion control; BBR does always. 0 to 1; default 0. */
  tcp_pacing: {
    setting: Setting.PACING,
    initial: 0,
    least: 0,
    most: 1,
  },
  /** That rate while in slow start, in percent of cwnd for each SRTT. 1 to 1000; default 200. */
  tcp_pacing_ss_ratio: {
    setting: Setting.PACING_SS_RATIO,
    initial: 200,
    least: 1,
    most: 1000,
  },
  /** And in congestion avoidance. 1 to 1000; default 120. */
  tcp_pacing_ca_ratio: {
    setting: Setting.PACING_CA_RATIO,
    initial: 120,
    least: 1,
    most: 1000,
  },
  /** Octets of the largest packet whose text the link divides into segments (TSO); 0: it divides none. TCP's checksum of such a packet is left to it as well. 0 to 65535; default 0. */
  segments_by_link: {
    setting: Setting.SEGMENTS_BY_LINK,
    initial: 0,
    least: 0,
    most: 65535,
  },
  /** Octets that can wait on the link's other side on their way to us: the windows of those who read much are held within them together. 0: nobody knows. 0 to 4294967295; default 0. */
  link_queue: {
    setting: Setting.LINK_QUEUE,
    initial: 0,
    least: 0,
    most: 4294967295,
  },
  /** Stacks that share our addresses: each takes ephemeral ports of its own, every so many-th. 1 to 256; default 1. */
  ip_local_port_shares: {
    setting: Setting.PORT_SHARES,
    initial: 1,
    least: 1,
    most: 256,
  },
  /** Which of those stacks this is, from 0 on. 0 to 255; default 0. */
  ip_local_port_share: {
    setting: Setting.PORT_SHARE,
    initial: 0,
    least: 0,
    most: 255,
  },
  /** Leave the text of what the link divides where it lies, for it to gather (TEXT_APART). 0 to 1; default 0. */
  gather_by_link: {
    setting: Setting.GATHER_BY_LINK,
    initial: 0,
    least: 0,
    most: 1,
  },
  /** The link brings what is for others: TCP for any address is taken, as for one of ours (Linux's AnyIP), by listeners that ask for it (Option.ANY_DESTINATION). 0 to 1; default 0. */
  any_destination: {
    setting: Setting.ANY_DESTINATION,
    initial: 0,
    least: 0,
    most: 1,
  },
  /** Pages that all datagrams may hold, received and to be sent; by default an eighth of all. 1 to 786432; default 2048. */
  udp_mem: {
    setting: Setting.UDP_MEM,
    initial: 2048,
    least: 1,
    most: 786432,
  },
  /** Octets of datagrams that a socket of UDP holds for its user, and their records, 48 each. 1 to 1073741824; default 212992. */
  rmem_default: {
    setting: Setting.DATAGRAM_RMEM,
    initial: 212992,
    least: 1,
    most: 1073741824,
  },
  /** Octets of datagrams that a socket of UDP holds until they are sent. 1 to 1073741824; default 212992. */
  wmem_default: {
    setting: Setting.DATAGRAM_WMEM,
    initial: 212992,
    least: 1,
    most: 1073741824,
  },
} as const

/** The fixed memory map: addresses and sizes, octets. */
export const Memory = {
  CONFIG: 65536,
  ENDPOINT: 65664,
  SIGNAL: 65728,
  STATUS: 65792,
  ECHO_REPLY: 66304,
  OUTGOING: 74312,
  PIECES: 74336,
  RECEIVED: 76600,
  ROUTE_ADVICE: 73024,
  REFUSAL: 73056,
  COUNTERS: 66368,
  DROPS: 74480,
  RECEIVE: 131136,
  TRANSMIT: 196864,
  TEXT: 262528,
  TEXT_SIZE: 65536,
  PACKET_SIZE: 65664,
  HEADROOM: 64,
  POOLS_BEGIN: 393216,
  MAX_MEMORY: 4294901760,
  MAX_PIECES: 18,
  TRACE_EVENT_SIZE: 32,
  PAGE_SIZE: 4096,
  MAX_ADDRESSES: 16,
  EPHEMERAL_PORTS: 28232,
  INDEX_BITS: 20,
  FIRST_UDP_INDEX: 1015808,
} as const
