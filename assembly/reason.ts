/**
 * Reasons: why something happened, for traces, errors and ladders (law 10: the one table of them).
 */

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
  /**
   * The user let go of a connection that still held unread text, so a RST tells the peer. (RFC 9293
   * §3.6.1, SHLD-3)
   */
  RELEASED_WITH_UNREAD_TEXT,
  /**
   * Text arrived after the user let go of the connection, so a RST tells the peer. (RFC 9293
   * §3.6.1, SHLD-3)
   */
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
  /** A fragment contradicts others of where the datagram ends. (RFC 791 §3.2, RFC 8200 §4.5) */
  FRAGMENT_DROPPED,
  /** The TCP header is malformed. (RFC 9293 §3.1) */
  BAD_TCP_HEADER,
  /** The checksum is wrong. (RFC 9293 §3.1, MUST-3) */
  BAD_CHECKSUM,
  /**
   * Source or destination is no single host's, or never on a wire: a group's, everybody's,
   * nobody's, the loopback's or, as source, our own. (RFC 1122 §3.2.1.3, MUST-57, MUST-63)
   */
  ILLEGAL_ADDRESS,
  /** No connection and no listener has that local socket. (RFC 9293 §3.10.7.1) */
  NO_CONNECTION,
  /** The sequence number lies outside the receive window. (RFC 9293 §3.10.7.4, first) */
  OUTSIDE_WINDOW,
  /** The segment lacks the timestamps that both sides had agreed on. (RFC 7323 §3.2) */
  MISSING_TIMESTAMP,
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
  /** Out-of-order text found no room to be held. (RFC 9293 §3.10.7.4, seventh) */
  NO_ROOM_FOR_EARLY_TEXT,
  /** A RST in TIME-WAIT is ignored, so that it can not cut the wait short. (RFC 1337 §3) */
  RST_IN_TIME_WAIT,
  /** As many connections as may be were in TIME-WAIT: this one ended without. (RFC 9293 §3.6.1) */
  TIME_WAIT_FULL,
  /** Its user was gone, the peer silent, and others needed the room. (tcp_max_orphans) */
  ORPHAN_GIVEN_UP,
  /** A new SYN ended the TIME-WAIT of an older connection. (RFC 1122 §4.2.2.13, RFC 6191) */
  TIME_WAIT_REUSED,
  /** A RST is never answered with a RST. (RFC 9293 §3.5.2) */
  RST_NOT_ANSWERED,
  /** Answers to this connection are limited in rate. (RFC 5961 §7) */
  RATE_LIMITED,
  /**
   * Three duplicate acknowledgments: the first unacknowledged segment is taken as lost. (RFC 5681
   * §3.2)
   */
  FAST_RETRANSMIT,
  /** A partial acknowledgment during recovery: the next hole is sent again. (RFC 6582 §3.2) */
  PARTIAL_ACKNOWLEDGMENT,
  /** The retransmission timer ran out. (RFC 6298 §5.4) */
  RETRANSMISSION_TIMEOUT,
  /** Recovery is over: everything sent before the loss is acknowledged. (RFC 6582 §3.2) */
  RECOVERED,
  /** A router says that the path carries only smaller packets. (RFC 1191 §6.4, RFC 8201 §5.4) */
  PATH_MTU_FELL,
  /** Full segments vanish and no router says why: smaller ones are tried. (RFC 2923 §2.1) */
  PATH_MTU_BLACK_HOLE,
  /** The handshake of a SYN-queue entry was given up. (RFC 4987 §2) */
  SYN_ACK_TIMEOUT,
  /**
   * The SYN was answered with a cookie, for the SYN queue is full: nothing is remembered. (RFC 4987
   * §3.6)
   */
  COOKIE_SENT,
  /** The ACK returns a cookie of ours: the connection is made from it. (RFC 4987 §3.6) */
  COOKIE_RETURNED,
  /** The ACK returns no cookie of ours, or one that is too old. (RFC 4987 §3.6) */
  COOKIE_INVALID,
  /**
   * The packet came by a source route that is not accepted, not complete, or leads through nobody.
   * (RFC 7126 §4.3, RFC 1122 §3.2.1.8)
   */
  SOURCE_ROUTE_REFUSED,
  /** Our SYN was not answered, so it is sent again without asking for ECN. (RFC 3168 §6.1.1.1) */
  ECN_FALLBACK,
  /**
   * Text came marked by a congested router; every ACK says so until the peer has slowed down. (RFC
   * 3168 §6.1.3)
   */
  CONGESTION_EXPERIENCED,
  /** The peer echoes a congested router's mark: cwnd falls as for a loss. (RFC 3168 §6.1.2) */
  CONGESTION_ECHOED,
  /**
   * The peer echoes a mark though cwnd is one segment already: the next one waits for the
   * retransmission timer. (RFC 3168 §6.1.2)
   */
  PAUSED_BY_ECHO,
  /** A SYN that carries a FIN as well opens nothing. (RFC 9293 §3.10.7.2) */
  SYN_WITH_FIN,
  /** No answer for two round trips, or RTO: one segment more asks what was lost. (RFC 8985 §7.3) */
  TAIL_PROBE,
  /** The probe has repaired a loss at the tail, so cwnd falls as for any loss. (RFC 8985 §7.4) */
  TAIL_PROBE_RECOVERED,
  /** All that was sent again came twice: cwnd and ssthresh are as before. (RFC 3708 §3) */
  UNDONE_BY_DSACK,
  /** Round trips grow longer: slow start goes on at a quarter of its speed. (RFC 9406 §4.2) */
  HYSTART_DELAY,
  /** Round trips have stayed longer for five rounds: slow start is over. (RFC 9406 §4.2) */
  HYSTART_DONE,
  /** The packet is neither IPv4 nor IPv6. (RFC 791 §3.1, RFC 8200 §3) */
  BAD_IP_VERSION,
  /** An option of the IP header is malformed. (RFC 1122 §3.2.1.8) */
  BAD_IP_OPTION,
  /** An extension header stands where it may not stand. (RFC 8200 §4.1) */
  EXTENSION_OUT_OF_PLACE,
  /** An extension header ends behind its packet. (RFC 8200 §4) */
  EXTENSION_CUT,
  /** The packet has more extension headers, or longer ones, than are read. (RFC 8200 §4) */
  EXTENSIONS_TOO_MANY,
  /** The packet says that nothing follows its headers. (RFC 8200 §4.7) */
  NO_NEXT_HEADER,
  /** A routing header that still leads somewhere is not for a host. (RFC 8200 §4.4, RFC 5095) */
  ROUTING_HEADER,
  /** An option ends behind its extension header. (RFC 8200 §4.2) */
  OPTION_CUT,
  /** An option is not known here, and says that it must be. (RFC 8200 §4.2) */
  UNKNOWN_OPTION,
  /** A fragment before the last holds no multiple of 8 octets. (RFC 791 §3.2, RFC 8200 §4.5) */
  FRAGMENT_UNEVEN,
  /** The fragment ends beyond the largest packet there can be. (RFC 791 §3.1, RFC 8200 §4.5) */
  FRAGMENT_TOO_FAR,
  /** The first fragment does not hold all of the headers. (RFC 7112 §5, RFC 8200 §4.5) */
  FRAGMENT_CUTS_HEADERS,
  /** The fragment holds no data. (RFC 1858 §2.1) */
  FRAGMENT_EMPTY,
  /** The fragment overlaps another, so its datagram is dropped. (RFC 5722 §4, RFC 8200 §4.5) */
  FRAGMENT_OVERLAPS,
  /** Fragments that a router may mark stand beside some it may not. (RFC 3168 §5.3) */
  FRAGMENT_UNMARKED,
  /** The datagram comes in more separate pieces than are kept. (RFC 8200 §4.5) */
  FRAGMENTS_TOO_MANY,
  /** The rest of a fragmented datagram did not come in time. (RFC 1122 §3.3.2, RFC 8200 §4.5) */
  FRAGMENTS_TOO_LATE,
  /** The datagram nearest its timeout makes way for the fragments of another. (RFC 1122 §3.3.2) */
  FRAGMENTS_MADE_WAY,
  /** The ICMP message is shorter than what it must hold. (RFC 792, RFC 4443 §2.1) */
  ICMP_CUT,
  /** The ICMP message is of no type that is known here. (RFC 1122 §3.2.2, RFC 4443 §2.4) */
  ICMP_UNKNOWN_TYPE,
  /** The ICMP error quotes a packet that we can not have sent. (RFC 5927 §4.1) */
  ICMP_QUOTE_ILLEGAL,
  /** The ICMP error quotes no segment of a connection here. (RFC 9293 §3.9.2.2) */
  ICMP_UNMATCHED,
  /** The ICMP error quotes a sequence number that is not in flight. (RFC 5927 §4.1) */
  ICMP_NOT_IN_FLIGHT,
  /** The ICMP error says nothing that would change anything. (RFC 9293 §3.9.2.2) */
  ICMP_IGNORED,
  /** Source quench slows nobody down any more. (RFC 9293 §3.9.2.2, MUST-55) */
  SOURCE_QUENCH,
  /** Echo requests are not answered, by a setting. (icmp_echo) */
  ECHO_IGNORED,
  /** The UDP header is malformed. (RFC 768) */
  BAD_UDP_HEADER,
  /** Nobody has that UDP port. (RFC 1122 §4.1.3.1) */
  NO_UDP_PORT,
  /** A RST can refer to nothing in LISTEN. (RFC 9293 §3.10.7.2, first) */
  RST_IN_LISTEN,
  /** In LISTEN there is nothing to acknowledge. (RFC 9293 §3.10.7.2, second) */
  ACK_IN_LISTEN,
  /** A RST that does not acknowledge our SYN ends no OPEN. (RFC 9293 §3.10.7.3, second) */
  RST_WITHOUT_ACK,
  /** A segment without SYN opens nothing in SYN-SENT. (RFC 9293 §3.10.7.3, fifth) */
  NO_SYN_BIT,
  /** Behind the peer's FIN there can be no text and no other FIN. (RFC 9293 §3.10.7.4, seventh) */
  BEHIND_FIN,
  /** All of the text had arrived before. (RFC 9293 §3.10.7.4, seventh) */
  TEXT_AGAIN,
  /** The text lies behind the window's right edge. (RFC 9293 §3.8.6.1) */
  TEXT_BEYOND_WINDOW,
  /** The FIN lies behind text that was cut at the window's right edge. (RFC 9293 §3.4) */
  FIN_BEYOND_WINDOW,
  /** Text of the SYN is left for the peer to send again. (RFC 9293 §3.10.7.2, third) */
  SYN_TEXT_NOT_KEPT,
  /** An ACK in TIME-WAIT is not answered: two such peers would never end. (RFC 9293 §3.10.7.4) */
  ACK_IN_TIME_WAIT,
  /** The answer found no room among those that wait to be sent. */
  REPLY_QUEUE_FULL,
  /** No record is left for the way back of a SYN that came by a source route. (MUST-53) */
  SOURCE_ROUTES_USED_UP,
  /** No TIME-WAIT record would be left for the connection, so none begins. (tcp_tw_strict) */
  TIME_WAITS_USED_UP,
  /** The fragment has come before, octet for octet. (RFC 8200 §4.5) */
  FRAGMENT_AGAIN,
  /** The echo is of the first sending: cwnd and ssthresh are as before. (RFC 3522, RFC 4015) */
  UNDONE_BY_TIMESTAMP,
  /** What was sent once has come: the timeout was wrong, cwnd is as before. (RFC 5682 §3.1) */
  UNDONE_BY_FRTO,
  /** Sent well before what has arrived: it is lost. (RFC 8985 §6.2) */
  RACK_LOST,
  /** Sent again well before what has arrived: lost once more. (RFC 8985 §6.2) */
  RETRANSMISSION_LOST,
  /** Segments overtake each other: losses are believed later. (RFC 8985 §6.2) */
  REORDERING_SEEN,
  /** The sender's rate is kept: data waits for its time. (draft-ietf-ccwg-bbr §5.6.2) */
  PACED,
  /**
   * The bandwidth grows no more, or losses say so: the queue is drained. (draft-ietf-ccwg-bbr
   * §5.3.2)
   */
  BBR_FULL,
  /** Less is sent, to see a round trip without a queue. (draft-ietf-ccwg-bbr §5.3.4) */
  BBR_PROBE_RTT,
  /** A probe has lost too much: the bound is as much in flight. (draft-ietf-ccwg-bbr §5.5.10.2) */
  BBR_TOO_HIGH,
  /** Nobody here has that connection: the stacks that share the link are asked. */
  LEFT_TO_OTHERS,
  /** What was sent once has come: the timeout was wrong, recovery goes on. (RFC 5682 §3.1) */
  RECOVERY_RESUMED,
  /** The listener's user has not decided about the SYN yet. */
  SYN_UNDECIDED,
  /** The listener's user wants nothing of the SYN. */
  SYN_REFUSED,
  /** A datagram of IPv6 lacks the checksum that it must have. (RFC 8200 §8.1) */
  CHECKSUM_MISSING,
  /** Its receiver reads too slowly: there is no room for one more datagram. (RFC 1122 §4.1.1) */
  DATAGRAM_BUFFER_FULL,
  /** Our SYN,ACK was acknowledged. (RFC 9293 §3.10.7.4, fifth) */
  SYN_ACK_ACKNOWLEDGED,
}
