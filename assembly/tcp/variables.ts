/**
 * The variables of a connection (RFC 9293 §3.3.1), in groups that `tcb.ts` lays out one behind the
 * other.
 */
import { Queue } from '../store/queue';
import { Instant, Micros } from '../time';
import { LocalSeq, RemoteSeq } from './seq';

/** What a connection knows of its path by itself, as bits of `snd.path`. */
export enum PathFlag {
  NONE,
  /** Black holes of the path's MTU are not looked for. */
  TRUSTED = 1,
  /** Routers may fragment its packets, which are as small as they get and still too large. */
  SPLIT = 2,
  /** `ownMtu` is tried, for size may be what is lost (RFC 2923 §2.1). */
  SUSPECTED = 4,
  /** An `ownMtu` that was tried has got through where more did not. */
  CONFIRMED = 8,
}

/** SND.* */
@unmanaged
export class SendVariables {
  /** SND.UNA: oldest unacknowledged sequence number. */
  una: LocalSeq;
  /** SND.NXT: the highest sequence number sent, plus one; it never goes back. */
  nxt: LocalSeq;
  /** SND.WND: octets the peer will take from SND.UNA on; already shifted by Snd.Wind.Shift. */
  wnd: u32; // REC-1
  /** MAX.SND.WND: the largest SND.WND seen (RFC 9293 §3.8.6.2.1). */
  maxWnd: u32;
  /** SEG.SEQ and SEG.ACK of the last window update. */
  wl1: RemoteSeq;
  wl2: LocalSeq;
  /** SND.UP: our urgent pointer. */
  up: LocalSeq;
  /** ISS. */
  iss: LocalSeq;
  /** One past the last octet SEND has taken; our FIN, once queued, lies here. */
  end: LocalSeq;
  /** Send buffer: octets SEND may hold. */
  buffer: u32;
  /**
   * SMSS: octets of text in a full segment, the timestamps it carries already taken off (RFC 9293
   * §3.7.1).
   */
  mss: u32;
  /** Largest MSS to use, by the user's wish; 0 is none. */
  mssLimit: u16;
  /** MSS of the peer's SYN; 0 until it has come. */
  peerMss: u16;
  /** Snd.Wind.Shift (RFC 7323). */
  shift: u8;
  /** Bits of PathFlag. */
  path: u8;
  /** MTU this connection alone keeps to, of its own experience; 0 none. */
  ownMtu: u16;
  /** Most octets in flight since `flightEnd` was sent: whether cwnd has been made use of. */
  maxFlight: u32;
  flightEnd: LocalSeq;
  /** Octets not sent yet from which on SEND takes no more; 0: as many as the stack's setting. */
  notSentLowWater: u32;
}

/** RCV.* */
@unmanaged
export class ReceiveVariables {
  /** RCV.NXT */
  nxt: RemoteSeq;
  /** RCV.WND: octets offered from RCV.NXT on. */
  wnd: u32; // REC-1
  /** RCV.UP: where urgent text ends; never behind what has been read. */
  up: RemoteSeq;
  /** IRS */
  irs: RemoteSeq;
  /** Where the peer's out-of-order FIN lies; meaningful only while FIN_KEPT. */
  finSeq: RemoteSeq;
  /** Receive buffer: octets RCV.WND may offer. */
  buffer: u32;
  /** RMSS as the peer uses it: the longest text seen in one segment, octets. */
  mss: u16;
  /** Rcv.Wind.Shift (RFC 7323). */
  shift: u8;
  /** Segments with text still to be acknowledged at once (TCP_QUICKACK). */
  quickAcks: u8;
  /** Last.ACK.sent: RCV.NXT of the last acknowledgment sent (RFC 7323). */
  lastAckSent: RemoteSeq;
  /** Duplicate text to report (RFC 2883); meaningful only while DUPLICATE. */
  dupLeft: RemoteSeq;
  dupRight: RemoteSeq;
  /** Round-trip time as the receiver measures it; 0 before the first (`autotune.ts`). */
  rtt: Micros;
  /** Octets received in order. */
  total: u64;
  /** TSecr of the latest full segment; without timestamps, the end of the window being timed. */
  rttMark: u32;
  /** When that window began, milliseconds modulo 2^32; 0 when none is timed. */
  rttAt: u32;
}

/** What the receive buffer grows by (`autotune.ts`). */
@unmanaged
export class Tuning {
  /** Most octets the user has read in one round trip. */
  space: u32;
  /** Where the round trip began in which reading is counted, and when. */
  seq: RemoteSeq;
  at: Micros;
}

/** RFC 6298, and what R1 and R2 are counted from. */
@unmanaged
export class RoundTrip {
  srtt: Micros;
  rttvar: Micros;
  rto: Micros;
  /** The octet whose acknowledgment ends the measurement; meaningful while `timedAt` is not 0. */
  timedSeq: LocalSeq;
  timedAt: Instant;
  /**
   * When the oldest unacknowledged octet was first sent, or the latest acknowledgment of new ones.
   */
  stalledAt: Instant;
  /** Retransmissions since then. */
  count: u32;
  /** Probes sent since the peer last answered one: zero-window or keep-alive. */
  probes: u32;
  /** When the peer was last heard. */
  heardAt: Instant;
  /** When text was last sent. */
  sentAt: Instant;
  /** The shortest RTT of the last minutes, 0 before the first; and when it was seen, seconds. */
  least: Micros;
  leastAt: u32;
}

/** What outlives a flight of its rates, octets a second. */
@unmanaged
export class Rates {
  /** The delivery rate when the flight ended; 0 before the first. */
  delivery: u32;
  /** Whether a lack of data had limited that. */
  isAppLimited: u32;
  /** Data is sent no faster (SO_MAX_PACING_RATE); 0 is no bound. */
  most: u32;
}

/** What the sender has waited for (`rate/limited.ts`), milliseconds. */
@unmanaged
export class Waiting {
  /** Since when it waits for what `kind` says, modulo 2^32. */
  since: u32;
  /** Time that none of the other two explains. */
  otherwise: u32;
  peerWindow: u32;
  sendBuffer: u32;
  kind: u32;
}

/** RFC 5681 and RFC 6582; all in octets. */
@unmanaged
export class Congestion {
  cwnd: u32;
  ssthresh: u32;
  /** Reno: octets acknowledged since cwnd last grew in congestion avoidance. */
  acked: u32;
  /** CUBIC: W_max, octets. */
  wMax: u32;
  duplicates: u32;
  /** RecoveryPoint: SND.NXT when recovery began (RFC 6675 §2; "recover" in RFC 6582 §3.2). */
  recoveryPoint: LocalSeq;
  /** SND.NXT when the first duplicate came: what limited transmit adds does not count as flight. */
  beforeLimited: LocalSeq;
  segsIn: u32;
  segsOut: u32;
  retransmitted: u32;
  /** RACK: reordering seen so often; quarters of the RTT added for it, and for how long yet. */
  reorderSeen: u16;
  reorderSteps: u8;
  reorderPersist: u8;
  /** Segments that the peer has reported to have got twice (RFC 2883). */
  duplicated: u32;
  /** Octets acknowledged since OPEN. */
  total: u64;
}

/** RFC 7323. */
@unmanaged
export class Timestamps {
  /** TS.Recent */
  recent: u32;
  /** Added to our clock, so that it says nothing of the host's uptime. */
  offset: u32;
  /** When TS.Recent was set, seconds; PAWS trusts it for 24 days. */
  recentAt: u32;
  /** Challenges to this peer wait until then, milliseconds modulo 2^32 (RFC 5961 §7). */
  challengeAt: u32;
}

/** A listener's queues. */
@unmanaged
export class Backlog {
  /** Connections in the accept queue: its bound, and how many are there. */
  limit: u32;
  waiting: u32;
  /** Entries of the SYN queue, not more than `limit` either. */
  entries: u32;
  /** Of them those whose first SYN,ACK may still be answered. */
  young: u32;
  /** Connections the user can accept, oldest first. */
  @inline get queue(): Queue {
    return changetype<Queue>(changetype<usize>(this) + 16);
  }
  /** Entries of the SYN queue that the user has not been asked about yet, oldest first. */
  @inline get asked(): Queue {
    return changetype<Queue>(changetype<usize>(this) + 24);
  }
}
