/**
 * The labelled requirements of RFC 9293 (its Appendix B): label, section, and the rule in our
 * words.
 *
 * The table is data: `ledger.test.ts` holds the code and the tests against it. Prohibitions share
 * the numbering. MUST-22 has no sentence of its own in the RFC, only a line in its table.
 */

/** One requirement: of RFC 9293 by its label, of another RFC by its section (`others.ts`). */
export interface Requirement {
  readonly label: string;
  readonly rfc: number;
  readonly section: string;
  /** MUST, SHLD, MAY or REC; SHOULD in the other RFCs. */
  readonly level: string;
  readonly rule: string;
}

const TABLE = `
MUST-1 3.1 the window field is unsigned
MUST-2 3.1 every segment sent carries a checksum, pseudo header included
MUST-3 3.1 every segment received has its checksum verified; a bad one is dropped
MUST-4 3.1 End of Options, No-Operation and MSS are understood
MUST-5 3.1 an option is accepted in any segment
MUST-6 3.1 an unknown option with a length is passed over
MUST-7 3.1 an illegal option length does no harm
MUST-8 3.4.1 the initial sequence number has a clock in it
MUST-9 3.4.1 the initial sequence number's keyed part cannot be computed from outside
MUST-10 3.5 simultaneous open works
MUST-11 3.5 SYN-RECEIVED remembers whether its OPEN was passive or active
MUST-12 3.6 the user learns whether the end was a close or an abort
MUST-13 3.6.1 the active closer stays in TIME-WAIT for two MSL
MUST-14 3.7.1 the MSS option is sent and received
MUST-15 3.7.1 without an MSS option the send MSS is 536 (IPv4) or 1220 (IPv6)
MUST-16 3.7.1 the effective send MSS allows for headers, options and what IP carries
MUST-17 3.7.4 the user can switch Nagle's algorithm off
MUST-18 3.8.1 the RTO follows RFC 6298, Karn's rule included
MUST-19 3.8.2 slow start, congestion avoidance and exponential backoff
MUST-20 3.8.3 R1 and R2: negative advice to IP at the first, the end at the second
MUST-21 3.8.3 the user can set R2
MUST-22 3.8.3 R1 and R2 count for a SYN too
MUST-23 3.8.3 R2 of a SYN is at least three minutes
MUST-24 3.8.4 the user can switch keep-alives on and off
MUST-25 3.8.4 keep-alives are off by default
MUST-26 3.8.4 keep-alives are sent only when all was quiet for the interval
MUST-27 3.8.4 the keep-alive interval can be set
MUST-28 3.8.4 the keep-alive interval is two hours or more by default
MUST-29 3.8.4 one probe without answer is not the end
MUST-30 3.8.5 the urgent mechanism is supported
MUST-31 3.8.5 urgent text may have any length
MUST-32 3.8.5 the user is told when urgent text is announced
MUST-33 3.8.5 the user can learn whether more urgent text is to come
MUST-34 3.8.6 a window that shrinks does no harm
MUST-35 3.8.6 a window that shrinks to zero is probed
MUST-36 3.8.6.1 zero windows are probed
MUST-37 3.8.6.1 a zero window lasts as long as probes are answered
MUST-38 3.8.6.2.1 the sender avoids silly windows
MUST-39 3.8.6.2.2 the receiver avoids silly windows
MUST-40 3.8.6.3 an acknowledgment is delayed by less than half a second
MUST-41 3.9.1.1 a passive OPEN disturbs no connection there is
MUST-42 3.9.1.1 a port can be listened on while connections on it are being opened
MUST-43 3.9.1.1 OPEN takes a local address
MUST-44 3.9.1.1 without one, IP chooses it before the first SYN
MUST-45 3.9.1.1 the local address stays the same for the whole connection
MUST-46 3.9.1.1 OPEN to an address that is nobody's is an error
MUST-47 3.9.1.8 soft errors can be reported to the user
MUST-48 3.9.1.9 the user can set the Diffserv field
MUST-49 3.9.2 the TTL or hop limit can be set
MUST-50 3.9.2 IP options that mean nothing to us are ignored
MUST-51 3.9.2.1 the user can give a source route
MUST-52 3.9.2.1 the user's source route goes before a received one
MUST-53 3.9.2.1 a received source route is kept and used in return
MUST-54 3.9.2.2 an ICMP error reaches the connection it is about
MUST-55 3.9.2.2 Source Quench is dropped in silence
MUST-56 3.9.2.2 a soft ICMP error does not end a connection
MUST-57 3.9.2.3 a SYN for broadcast or multicast is dropped in silence
MUST-58 3.10.7.4 acknowledgments are put together where they can be
MUST-59 3.10.7.4 all segments that have arrived are processed before any is acknowledged
MUST-60 3.9.1.2 without PUSH, text is not held for ever
MUST-61 3.9.1.2 without PUSH, the last segment of what is queued has PSH
MUST-62 3.8.5 the urgent pointer names the octet behind the urgent text
MUST-63 3.9.2.3 a SYN from an address that is nobody's is ignored
MUST-64 3.2 options may begin at any octet
MUST-65 3.2 the MSS option is sent in a SYN only
MUST-66 3.4 RST and URG are processed even with a window of zero
MUST-67 3.7.1 the MSS announced is what we can reassemble, less the fixed header
MUST-68 3.1 every option but two has a length
MUST-69 3.1 behind End of Options there is only padding
SHLD-1 3.4.1 the initial sequence number is clock plus keyed hash of the sockets
SHLD-2 3.5.3 a RST may carry text
SHLD-3 3.6.1 closing with unread text sends a RST
SHLD-4 3.6.1 timestamps shorten TIME-WAIT
SHLD-5 3.7.1 every SYN has an MSS option when ours is not the default
SHLD-6 3.7.3 the MSS announced fits the smallest MTU there may be
SHLD-7 3.7.4 Nagle's algorithm
SHLD-8 3.8.2 explicit congestion notification (RFC 3168)
SHLD-9 3.8.3 the user learns of trouble between R1 and R2
SHLD-10 3.8.3 R1 is three retransmissions or more
SHLD-11 3.8.3 R2 is 100 seconds or more
SHLD-12 3.8.4 a keep-alive has no text
SHLD-13 3.8.5 new applications leave urgent text alone
SHLD-14 3.8.6 the receiver does not shrink its window
SHLD-15 3.8.6 beyond a window that has shrunk nothing new is sent
SHLD-16 3.8.6 within it, what was sent is sent again
SHLD-17 3.8.6 what lies beyond it does not time out
SHLD-18 3.8.6.3 acknowledgments are delayed
SHLD-19 3.8.6.3 every second full segment is acknowledged
SHLD-20 3.9.1.8 soft errors can be switched off
SHLD-21 3.9.1.9 the Diffserv field can be changed on the way
SHLD-22 3.9.1.9 the Diffserv field reaches IP as it is
SHLD-23 3.9.2 applications mostly leave the Diffserv field alone
SHLD-24 3.9.2.1 a later source route replaces an earlier one
SHLD-25 3.9.2.2 soft ICMP errors reach the user
SHLD-26 3.9.2.2 hard ICMP errors end a connection
SHLD-27 3.9.1.2 successive PSH bits become one
SHLD-28 3.9.1.2 segments are as large as can be
SHLD-29 3.8.6.1 the first probe comes one RTO after the window closed
SHLD-30 3.8.6.1 the time between probes grows exponentially
SHLD-31 3.10.7.4 out-of-order segments are held
MAY-1 3.6.1 after a close nothing more may be read: a half-duplex close
MAY-2 3.6.1 TIME-WAIT may accept a new SYN, with care for its sequence number
MAY-3 3.7.1 the MSS option may always be sent
MAY-4 3.8.1 a retransmission of the same octets may keep its IPv4 identification
MAY-5 3.8.4 keep-alives may be offered
MAY-6 3.8.4 a keep-alive may carry one octet of nothing
MAY-7 3.8.6 what lies beyond a shrunken window may be sent again
MAY-8 3.8.6.1 a window may stay closed for ever
MAY-9 3.9.1.9 a received Diffserv field may reach the user
MAY-10 3.9.2 the IP Timestamp option may be supported
MAY-11 3.9.2 the IP Record Route option may be supported
MAY-12 3.10.7.4 an acknowledgment too old is refused (RFC 5961 §5)
MAY-13 3.10.7.4 an out-of-order segment may be acknowledged at once
MAY-14 3.9.1.7 a FLUSH call
MAY-15 3.9.1.2 a PUSH flag of SEND
MAY-16 3.9.1.2 text without PUSH may be collected
MAY-17 3.9.1.3 a received PSH may reach the user
MAY-18 3.8.2 another congestion control may be used
REC-1 3.1 windows are kept and computed in 32 bits
`;

/** Every requirement, in the RFC's order of labels. */
export const REQUIREMENTS: readonly Requirement[] = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [label = '', section = '', ...rule] = line.split(' ');
    const level = label.replace(/-.*/, '');
    return { label, rfc: 9293, section, level, rule: rule.join(' ') };
  });
