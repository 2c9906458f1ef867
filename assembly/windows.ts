/**
 * The windows a host reads and writes as records; `memory.ts` says where each lies.
 */

/**
 * Window: what the host chooses before `init`. Zero means the default; `limits.ts` has it, and what
 * each may be.
 *
 * ╒═══════════════════════════ CONFIG ═══════════════════════════╕
 * │ the limits, u32 each, and 32 octets of seed                   │
 * └──────────────────────────────────────────────────────────────┘
 */
@unmanaged
export class Config {
  /** Connections and listeners together. */
  connections: u32;
  /** Listeners, each with its place in the port table; not more than connections. */
  listeners: u32;
  /** Connections in SYN-RECEIVED, of all listeners together: what their SYN queues hold. */
  children: u32;
  /** TIME-WAIT records; without one a connection ends and does not wait. */
  timeWaits: u32;
  /** Pages of 4 KiB that all send and receive buffers share. */
  pages: u32;
  /** Ranges of out-of-order and of SACKed data, of all connections together. */
  ranges: u32;
  /** Replies queued at once: RST, ICMP, ACKs in TIME-WAIT and SYN-RECEIVED. */
  replies: u32;
  /** Events the trace ring holds, rounded up to a power of two. */
  traceEvents: u32;
  /** Receive buffer of every connection, octets; 0: it tunes itself, by tcp_rmem. */
  receiveBuffer: u32;
  /** Send buffer of every connection, octets; 0: it tunes itself, by tcp_wmem. */
  sendBuffer: u32;
  /** MTU of the link, octets. */
  mtu: u32;
  /** IPv4 source routes of all connections together. */
  sourceRoutes: u32;
  /** Destinations whose path carries less than the link, in sets of four. */
  paths: u32;
  /** Records of segments on their way, of all connections together. */
  segments: u32;
  /** Sockets of UDP. */
  datagramSockets: u32;
  /** Datagrams of users that wait to be sent, of all sockets together. */
  datagrams: u32;
  /**
   * 1 when the host has written the seed; `init` refuses without, for guessable ISNs are a fault.
   */
  seeded: u32;
  /** 256 bits nobody can guess, from the host's strongest source. */
  seed0: u64;
  seed1: u64;
  seed2: u64;
  seed3: u64;
}

/** Window: why `init` refused its limits. */
@unmanaged
export class Refusal {
  /** Offset in CONFIG: of the limit out of its bounds, or of the one that takes most memory. */
  limit: u32;
  /** INVALID_ARGUMENT: its bounds. */
  least: u32;
  most: u32;
  /** INSUFFICIENT_RESOURCES: octets of memory all limits ask for, and of them that limit. */
  octets: u64;
  part: u64;
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
export class SignalRecord {
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

/** Window: STATUS of a connection, SYN-queue entry or TIME-WAIT record (RFC 9293 §3.10.6). */
@unmanaged
export class Status {
  local0: u64;
  local1: u64;
  remote0: u64;
  remote1: u64;
  localPort: u32;
  remotePort: u32;
  /** 0 for a record without a user: a SYN-queue entry or TIME-WAIT. */
  handle: u32;
  /** State. */
  state: u32;
  /** Text received and not read; of a listener: connections waiting in the accept queue. */
  receiveQueue: u32;
  /** Octets sent or queued and not acknowledged; of a listener: its backlog. */
  sendQueue: u32;
  /** Timer that runs out next, as Timer + 1; 0 none. 16 is TIME-WAIT, 17 a SYN,ACK's. */
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
  /**
   * Bit 0 timestamps, 1 SACK, 2 window scaling, 3 Nagle off, 4 released by its user, 5 FIN queued,
   * 6 our text is ECN-capable, 7 so is the peer's: some has come, 8 lack of data has limited
   * `deliveryRate`.
   */
  flags: u32;
  /** Entries of its SYN queue (listeners). */
  synQueue: u32;
  segsIn: u32;
  segsOut: u32;
  retransTotal: u32;
  /** Result the connection ended with; meaningful in CLOSED. */
  result: u32;
  /** Octets to be read until the end of the urgent text; 0 when none is pending (MUST-33). */
  urgentLeft: u32;
  /** Octets the buffers may hold now. */
  rcvBuf: u32;
  sndBuf: u32;
  /** Most octets the user has read in one round trip. */
  rcvSpace: u32;
  /** Octets that may be offered now. */
  rcvSsthresh: u32;
  /** Round trip as the receiver measures it, microseconds; 0 before the first. */
  rcvRtt: u32;
  /** The shortest round trip of the last minutes, microseconds; 0 before the first. */
  minRtt: u32;
  /** How often the network was seen to reorder, up to 65,535; segments the peer has got twice. */
  reordSeen: u32;
  dsackDups: u32;
  /** Of what is in flight, octets: lost, SACKed, sent again and on the way again. */
  lost: u32;
  sacked: u32;
  retrans: u32;
  /** Octets a second that were delivered at last; 0 before the first sample. */
  deliveryRate: u32;
  /** Octets a second that are sent at most; 0 when the sender is not paced. */
  pacingRate: u32;
  /** Octets SEND has taken that were not sent yet. */
  notSent: u32;
  /** Milliseconds with data not acknowledged; of those, limited by the peer's window, by ours. */
  busy: u32;
  rwndLimited: u32;
  sndbufLimited: u32;
  bytesAcked: u64;
  bytesReceived: u64;
}

/**
 * Window: advice against a route (RFC 9293 §3.8.3, RFC 1122 §3.3.1.4): segments to that address
 * have been sent again and again without an answer, so whoever knows the way there may look at it.
 * Of several in one `poll` the last address stands here, and all are counted.
 */
@unmanaged
export class RouteAdvice {
  remote0: u64;
  remote1: u64;
  /** Advices since `init`; a host compares it with the last it saw. */
  count: u32;
}

/**
 * Window: a piece of text where it lies. There are as many, one behind the other, as text of 64 KiB
 * can have; what `peek` and `output` list ends with one of no octets.
 */
@unmanaged
export class Piece {
  /** Its address. */
  at: u32;
  /** Octets, up to the end of its page. */
  length: u32;
}

/** Window: the datagram that `udpReceive` has taken; its text lies in TEXT. */
@unmanaged
export class Received {
  /** Who sent it, and the address it was sent to: ours, a group's or everybody's. */
  source0: u64;
  source1: u64;
  destination0: u64;
  destination1: u64;
  sourcePort: u32;
  /** Octets of text. */
  length: u32;
  hopLimit: u32;
  /** Diffserv and, below it, the ECN codepoint. */
  diffserv: u32;
}

/** Window: what the link is to know of the packet that `output` has written. */
@unmanaged
export class Outgoing {
  /** Bits of PacketFlag. */
  flags: u32;
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
  /** 1 when `output` stopped because this reply is from ourselves: read it, and call again. */
  more: u32;
  /** Identifier of our latest request: what is none of ours may be that of who shares the link. */
  identifier: u32;
}
