/**
 * The numbers both sides of the door agree on: enumerations, and the windows a host reads and writes.
 *
 * This file is the only owner of each of them (law 10). `assembly/build.mjs` reads it and writes
 * `host-web/abi.ts`: enumerations with their comments, and field offsets of every class marked
 * "Window:". Nothing here computes; values that depend on the configuration live in `memory.ts`.
 */

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
}

/** Options of a connection or listener; a connection inherits its listener's. */
export enum Option {
  /** Nagle's algorithm (RFC 9293 §3.7.4); 1 is on, the default (MUST-17). */
  NAGLE,
  /** Delayed acknowledgments: longest delay, milliseconds, 0 to 499 (MUST-40); default 40. */
  DELAYED_ACK_MS,
  /** Receive buffer: octets RCV.WND may offer; takes effect on the scale only before OPEN. */
  RECEIVE_BUFFER,
  /** Send buffer: octets SEND may hold. */
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
  /** Time a released FIN-WAIT-2 connection waits for the peer's FIN, milliseconds; default 60,000. */
  FIN_WAIT_2_MS,
  /** Diffserv field and ECN bits of the connection's packets (MUST-48). */
  DIFFSERV,
  /** TTL or hop limit of the connection's packets (MUST-49). */
  HOP_LIMIT,
  /** Text is held back until a full segment or until this is set to 0 (TCP_CORK). */
  CORK,
  /** Largest MSS to announce and to use; 0 is what the link's MTU gives. */
  MAX_SEGMENT_SIZE,
  /** SO_REUSEPORT: listeners that all have it share a local socket; a keyed hash deals out the SYNs. */
  REUSE_PORT,
}

/** Settings of the whole stack. */
export enum Setting {
  /** Octets of the largest packet the link carries; 576 (IPv4) or 1280 (IPv6) to 65,535. */
  MTU,
  /** 2 MSL: milliseconds a connection stays in TIME-WAIT; default 60,000. */
  TIME_WAIT_MS,
  /** Smallest RTO, milliseconds; default 200. */
  RTO_MIN_MS,
  /** Offer timestamps (RFC 7323); default 1. */
  TIMESTAMPS,
  /** Offer window scaling (RFC 7323); default 1. */
  WINDOW_SCALING,
  /** Offer SACK (RFC 2018); default 1. */
  SACK,
  /** Retransmissions of a SYN,ACK before a child is forgotten, 0 to 16; default 5. */
  SYN_ACK_RETRIES,
  /** Answer ICMP echo requests; default 1. */
  ECHO_REPLY,
  /** Write the trace ring; default 0. */
  TRACE,
  /** Leave TCP's checksum of packets sent to the link (a vnet header's NEEDS_CSUM); default 0. */
  CHECKSUM_BY_LINK,
  /** SYN cookies (RFC 4987 §3.6): 0 never, 1 when the SYN queue is full (default), 2 always. */
  SYN_COOKIES,
  /** Reuse of TIME-WAIT by an active OPEN after a second, with timestamps: 0 off, 1 on, 2 loopback (default). */
  TW_REUSE,
  /** Answer the handshake's last ACK with a RST when the accept queue is full; default 0: ignore it. */
  ABORT_ON_OVERFLOW,
  COUNT,
}

/** News of a connection, as bits; `signal()` hands them over and clears them. */
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
  /** The connection is over; `result` says how, OK for a normal close. The last news of a handle. */
  CLOSED = 64,
  /** A soft error (MUST-47, SHLD-25): `result` says which; the connection goes on. */
  SOFT_ERROR = 128,
  /** The urgent pointer was set or advanced (MUST-32). */
  URGENT = 256,
}

/** Bits of `input`'s flags: what the link vouches for. */
export enum InputFlag {
  NONE,
  /** The transport checksum needs no check. */
  CHECKSUM_TRUSTED = 1,
  /** The packet is our own, looped back by the core; a host never sets it. */
  LOOPED_BACK = 2,
}

/** Counters, u64 each, in this order in the COUNTERS window; names as `nstat` prints them. */
export enum Counter {
  IpInReceives,
  IpInHdrErrors,
  IpInTruncatedPkts,
  IpInCsumErrors,
  IpInAddrErrors,
  IpInUnknownProtos,
  IpInDelivers,
  IpOutRequests,
  IpOutNoRoutes,
  IpReasmReqds,
  IpReasmOKs,
  IpReasmFails,
  IpForwardRefused,
  IcmpInMsgs,
  IcmpInErrors,
  IcmpInCsumErrors,
  IcmpInEchos,
  IcmpInEchoReps,
  IcmpInDestUnreachs,
  IcmpInSrcQuenchs,
  IcmpInTimeExcds,
  IcmpInParmProbs,
  IcmpInUnmatched,
  IcmpOutMsgs,
  IcmpOutDestUnreachs,
  IcmpOutEchoReps,
  IcmpOutRateLimited,
  UdpInDatagrams,
  UdpNoPorts,
  TcpActiveOpens,
  TcpPassiveOpens,
  TcpAttemptFails,
  TcpEstabResets,
  TcpInSegs,
  TcpOutSegs,
  TcpRetransSegs,
  TcpInErrs,
  TcpInCsumErrors,
  TcpOutRsts,
  TcpExtEmbryonicRsts,
  TcpExtPruneCalled,
  TcpExtTW,
  TcpExtTWRecycled,
  TcpExtTWKilled,
  TcpExtTCPTimeWaitOverflow,
  TcpExtPAWSActive,
  TcpExtPAWSEstab,
  TcpExtDelayedACKs,
  TcpExtListenOverflows,
  TcpExtListenDrops,
  TcpExtTCPReqQFullDrop,
  TcpExtTCPHPHits,
  TcpExtTCPPureAcks,
  TcpExtTCPTimeouts,
  TcpExtTCPFastRetrans,
  TcpExtTCPSackRecovery,
  TcpExtTCPRenoRecovery,
  TcpExtTCPSlowStartRetrans,
  TcpExtTCPLimitedTransmit,
  TcpExtTCPRcvCollapsed,
  TcpExtTCPOFOQueue,
  TcpExtTCPOFODrop,
  TcpExtTCPOFOMerge,
  TcpExtTCPChallengeACK,
  TcpExtTCPSYNChallenge,
  TcpExtTCPACKSkipped,
  TcpExtTCPDSACKRecv,
  TcpExtTCPAbortOnData,
  TcpExtTCPAbortOnClose,
  TcpExtTCPAbortOnTimeout,
  TcpExtTCPAbortOnMemory,
  TcpExtTCPAbortOnLinger,
  TcpExtTCPKeepAlive,
  TcpExtTCPZeroWindowProbe,
  TcpExtTCPMinTTLDrop,
  TcpExtTCPRcvQDrop,
  TcpExtTCPWantZeroWindowAdv,
  TcpExtTCPFromZeroWindowAdv,
  TcpExtTCPBadOptions,
  TcpExtTCPIllegalAddresses,
  TcpExtReplyQueueDrop,
  TcpExtTCPIcmpOutOfWindow,
  TcpExtSyncookiesSent,
  TcpExtSyncookiesRecv,
  TcpExtSyncookiesFailed,
  TcpExtTCPReqQFullDoCookies,
  COUNT,
}

/** What a trace event tells; its four numbers are named beside each. */
export enum TraceKind {
  NONE,
  /** A segment arrived: SEG.SEQ, SEG.ACK, text length << 16 | control bits, SEG.WND (unscaled). */
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

/**
 * Why something happened. The comment above each is the sentence that hosts print (generated, with
 * its section, into `host-web/abi.ts`), so it is written for the reader of a ladder.
 */
export enum Reason {
  NONE,
  /** The user called OPEN. (RFC 9293 §3.10.1) */
  USER_OPEN,
  /** The user called CLOSE. (RFC 9293 §3.10.4) */
  USER_CLOSE,
  /** The user called ABORT. (RFC 9293 §3.10.5) */
  USER_ABORT,
  /** The user let go of a connection that still held unread text, so a RST tells the peer. (RFC 9293 §3.6.1, SHLD-3) */
  RELEASED_WITH_UNREAD_TEXT,
  /** Text arrived after the user let go of the connection, so a RST tells the peer. (RFC 9293 §3.6.1, SHLD-3) */
  TEXT_AFTER_RELEASE,
  /** A SYN arrived for a listener. (RFC 9293 §3.10.7.2) */
  SYN_ARRIVED,
  /** Our SYN was acknowledged. (RFC 9293 §3.10.7.3) */
  SYN_ACKNOWLEDGED,
  /** Both sides sent a SYN: simultaneous open. (RFC 9293 §3.5, MUST-10) */
  SIMULTANEOUS_OPEN,
  /** The peer's FIN arrived in order. (RFC 9293 §3.10.7.4, eighth) */
  FIN_ARRIVED,
  /** Our FIN was acknowledged. (RFC 9293 §3.10.7.4, fifth) */
  FIN_ACKED,
  /** A RST with exactly the expected sequence number arrived. (RFC 9293 §3.10.7.4, second) */
  RST_ARRIVED,
  /** A RST answered our SYN: the port is closed. (RFC 9293 §3.10.7.3) */
  REFUSED,
  /** R2 or the user timeout passed without an acknowledgment. (RFC 9293 §3.8.3) */
  USER_TIMEOUT,
  /** Keep-alive probes went unanswered. (RFC 9293 §3.8.4) */
  KEEP_ALIVE_TIMEOUT,
  /** 2 MSL have passed. (RFC 9293 §3.10.8) */
  TIME_WAIT_OVER,
  /** The peer's FIN did not come in time for a connection its user let go of. (tcp_fin_timeout) */
  FIN_WAIT_2_TIMEOUT,
  /** ICMP says the peer can not be reached. (RFC 9293 §3.9.2.2) */
  ICMP_UNREACHABLE,
  /** The listener was closed. (RFC 9293 §3.10.4) */
  LISTENER_CLOSED,
  /** A pool chosen at init is empty. */
  NO_RESOURCES,
  /** The packet is shorter than its headers say. (RFC 791 §3.1, RFC 8200 §3) */
  TRUNCATED,
  /** The IP header is malformed. (RFC 791 §3.1, RFC 8200 §3) */
  BAD_IP_HEADER,
  /** The IP header's checksum is wrong. (RFC 791 §3.1) */
  BAD_IP_CHECKSUM,
  /** The packet is for an address that is not ours. (RFC 1122 §3.2.1.3) */
  NOT_OUR_ADDRESS,
  /** No protocol here has that number. (RFC 1122 §3.2.2.1) */
  UNKNOWN_PROTOCOL,
  /** A fragment could not be put together with others. (RFC 791 §3.2, RFC 8200 §4.5) */
  FRAGMENT_DROPPED,
  /** The TCP header is malformed. (RFC 9293 §3.1) */
  BAD_TCP_HEADER,
  /** The checksum is wrong. (RFC 9293 §3.1, MUST-3) */
  BAD_CHECKSUM,
  /** Source or destination can not be a TCP's: broadcast, multicast, unspecified or our own. (RFC 9293 §3.9.2.3, MUST-57, MUST-63) */
  ILLEGAL_ADDRESS,
  /** No connection and no listener has that local socket. (RFC 9293 §3.10.7.1) */
  NO_CONNECTION,
  /** The sequence number lies outside the receive window. (RFC 9293 §3.10.7.4, first) */
  OUTSIDE_WINDOW,
  /** The timestamp is older than the last one: an old duplicate. (RFC 7323 §5.3, PAWS) */
  OLD_TIMESTAMP,
  /** A RST inside the window, not at its left edge: challenged. (RFC 5961 §3.2) */
  RST_CHALLENGED,
  /** A SYN in a synchronized state: challenged. (RFC 5961 §4.2) */
  SYN_CHALLENGED,
  /** The ACK lies outside what could have been acknowledged. (RFC 5961 §5.2, MAY-12) */
  ACK_OUT_OF_RANGE,
  /** The segment has neither ACK nor RST nor SYN. (RFC 9293 §3.10.7.4, fifth) */
  NO_ACK_BIT,
  /** The accept queue is full. (listen(2), backlog) */
  ACCEPT_QUEUE_FULL,
  /** The SYN queue is full. (RFC 4987 §3) */
  SYN_QUEUE_FULL,
  /** Early text found no room to be held. (RFC 9293 §3.10.7.4, seventh) */
  NO_ROOM_FOR_EARLY_TEXT,
  /** A RST in TIME-WAIT is ignored, so that it can not cut the wait short. (RFC 1337 §3) */
  RST_IN_TIME_WAIT,
  /** A new SYN ended the TIME-WAIT of an older connection. (RFC 1122 §4.2.2.13, RFC 6191) */
  TIME_WAIT_REUSED,
  /** A RST is never answered with a RST. (RFC 9293 §3.5.2) */
  RST_NOT_ANSWERED,
  /** Answers to this connection are limited in rate. (RFC 5961 §7) */
  RATE_LIMITED,
  /** Three duplicate acknowledgments: the first unacknowledged segment is taken as lost. (RFC 5681 §3.2) */
  FAST_RETRANSMIT,
  /** A partial acknowledgment during recovery: the next hole is sent again. (RFC 6582 §3.2) */
  PARTIAL_ACKNOWLEDGMENT,
  /** The retransmission timer ran out. (RFC 6298 §5.4) */
  RETRANSMISSION_TIMEOUT,
  /** Recovery is over: everything sent before the loss is acknowledged. (RFC 6582 §3.2) */
  RECOVERED,
  /** The handshake of a queued child was given up. (RFC 4987 §2) */
  SYN_ACK_TIMEOUT,
  /** The SYN was answered with a cookie, for the SYN queue is full: nothing is remembered. (RFC 4987 §3.6) */
  COOKIE_SENT,
  /** The ACK returns a cookie of ours: the connection is made from it. (RFC 4987 §3.6) */
  COOKIE_RETURNED,
  /** The ACK returns no cookie of ours, or one that is too old. (RFC 4987 §3.6) */
  COOKIE_INVALID,
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
  COUNT,
}

/**
 * Window: what the host chooses before `init`. Zero means the default written beside each.
 *
 * ╒═══════════════════════════ CONFIG ═══════════════════════════╕
 * │ eleven u32 limits, then 32 octets of seed                     │
 * └──────────────────────────────────────────────────────────────┘
 */
@unmanaged
export class Config {
  /** TCBs: connections and listeners together, 1 to 1,048,575; default 4,096. */
  connections: u32;
  /** Listeners, each with its place in the port table; default 256. */
  listeners: u32;
  /** Children in SYN-RECEIVED of all listeners together; default 1,024. */
  children: u32;
  /** TIME-WAIT records; default 16,384. */
  timeWaits: u32;
  /** 4 KiB pages all send and receive buffers share; default 16,384 (64 MiB). */
  pages: u32;
  /** Ranges of early or selectively acknowledged text, of all connections together; default 16,384. */
  ranges: u32;
  /** Replies (RST, ICMP, ACK of a connection without TCB) queued at once; default 256. */
  replies: u32;
  /** Events the trace ring holds, a power of two; default 1,024. */
  traceEvents: u32;
  /** Default receive buffer of a connection, octets; default 524,288. */
  receiveBuffer: u32;
  /** Default send buffer of a connection, octets; default 524,288. */
  sendBuffer: u32;
  /** MTU of the link, octets; default 1,500. */
  mtu: u32;
  /** 1 when the host has written the seed; `init` refuses without, for guessable ISNs are a fault. */
  seeded: u32;
  /** 256 bits nobody can guess, from the host's strongest source. */
  seed0: u64;
  seed1: u64;
  seed2: u64;
  seed3: u64;
}

/**
 * Window: the two sockets of a call. Addresses are 16 octets in network order; IPv4 is written in
 * its mapped form ::ffff:a.b.c.d (RFC 4291 §2.5.5.2). All zero is "unspecified". Ports are numbers.
 */
@unmanaged
export class Endpoint {
  local0: u64;
  local1: u64;
  remote0: u64;
  remote1: u64;
  localPort: u32;
  remotePort: u32;
}

/** Window: what `signal()` hands over. */
@unmanaged
export class News {
  handle: u32;
  /** Bits of Signal. */
  events: u32;
  /** A Result: why CLOSED, or which SOFT_ERROR. */
  result: u32;
  /** A Reason, for the error's message. */
  reason: u32;
}

/** Window: one event of the trace ring, 32 octets. */
@unmanaged
export class TraceEvent {
  /** Instant, microseconds. */
  at: u64;
  /** Handle; 0 when the event belongs to no TCB. */
  handle: u32;
  /** TraceKind. */
  kind: u8;
  /** State of the connection after the event. */
  state: u8;
  /** Reason. */
  reason: u16;
  a: u32;
  b: u32;
  c: u32;
  d: u32;
}

/** Window: STATUS of one connection, child or TIME-WAIT record (RFC 9293 §3.10.6; `tcp_info`). */
@unmanaged
export class Status {
  local0: u64;
  local1: u64;
  remote0: u64;
  remote1: u64;
  localPort: u32;
  remotePort: u32;
  /** 0 for a record without a user: a queued child or TIME-WAIT. */
  handle: u32;
  /** State. */
  state: u32;
  /** Text received and not read; of a listener: connections waiting in the accept queue. */
  receiveQueue: u32;
  /** Octets sent or queued and not acknowledged; of a listener: its backlog. */
  sendQueue: u32;
  /** Timer that runs out next, as Timer + 1; 0 none. 16 is TIME-WAIT, 17 a child's SYN,ACK. */
  timer: u32;
  /** Milliseconds until then. */
  timerMs: u32;
  /** Retransmissions of the oldest unacknowledged segment. */
  retransmits: u32;
  /** RTO, SRTT and RTTVAR, microseconds. */
  rto: u32;
  srtt: u32;
  rttvar: u32;
  /** Effective send MSS and receive MSS, octets. */
  smss: u32;
  rmss: u32;
  cwnd: u32;
  ssthresh: u32;
  flightSize: u32;
  sndWnd: u32;
  rcvWnd: u32;
  sndUna: u32;
  sndNxt: u32;
  rcvNxt: u32;
  iss: u32;
  irs: u32;
  sndShift: u32;
  rcvShift: u32;
  /** Bit 0 timestamps, 1 SACK, 2 window scaling, 3 Nagle off, 4 released by its user, 5 FIN queued. */
  flags: u32;
  /** Children in SYN-RECEIVED (listeners). */
  synQueue: u32;
  segsIn: u32;
  segsOut: u32;
  retransTotal: u32;
  /** Result the connection ended with; meaningful in CLOSED. */
  result: u32;
  /** Octets to be read until the end of the urgent text; 0 when none is pending (MUST-33). */
  urgentLeft: u32;
  bytesAcked: u64;
  bytesReceived: u64;
}

/** Window: an ICMP echo reply that answers our request. */
@unmanaged
export class EchoReply {
  from0: u64;
  from1: u64;
  sequence: u32;
  length: u32;
  hopLimit: u32;
  /** Replies seen since `init`; a host compares it with the last it saw. */
  count: u32;
}
