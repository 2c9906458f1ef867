/**
 * The rules of the other RFCs the core stands on, by section, in our words.
 *
 * Where a section holds several rules, each has a letter of ours behind the section's number, in
 * the order of its text: `RFC 7323 §5.3a`. RFCs that only inform speak in no capitals; their level
 * is then what the text amounts to. RFC 768 numbers no sections: here its headings are counted, of
 * which the third is Fields, the fourth User Interface, the fifth IP Interface. RFC 9293's own
 * requirements stand in `requirements.ts`.
 */
import type { Requirement } from './requirements.ts';
import { BBR_TABLE, DRAFT } from './bbr.ts';
import { SENDER_SUBJECTS, SENDER_TABLE } from './sender.ts';

/** What each RFC is about, for headings. */
export const SUBJECTS: Readonly<Record<number, string>> = {
  ...SENDER_SUBJECTS,
  [DRAFT]: 'draft-ietf-ccwg-bbr-06',
  768: 'UDP',
  1112: 'groups of IPv4',
  1122: 'hosts: addresses, ICMP, reassembly, UDP, TIME-WAIT',
  1191: 'path MTU, IPv4',
  1337: 'hazards of TIME-WAIT',
  2018: 'SACK',
  2525: 'known faults',
  2883: 'D-SACK',
  3042: 'limited transmit',
  3168: 'ECN',
  4291: 'addresses of IPv6',
  4443: 'ICMPv6',
  4987: 'SYN flooding',
  5482: 'user timeout',
  5681: 'congestion control',
  5927: 'ICMP attacks',
  5961: 'blind in-window attacks',
  6056: 'port randomization',
  6191: 'TIME-WAIT and timestamps',
  6298: 'retransmission timer',
  6528: 'initial sequence numbers',
  6582: 'NewReno',
  6675: 'recovery by SACK',
  6864: 'identification of IPv4',
  6928: 'initial window',
  7323: 'window scale, timestamps, PAWS',
  8200: 'IPv6: extension headers, fragments',
  8201: 'path MTU, IPv6',
};

const TABLE = `
RFC 768
3a MAY a source port is 0 where no answer is wanted
3b MUST the length counts the header as well, and is eight at least
3c MAY a checksum of 0 says that there is none
3d MUST one that comes to 0 is sent as all ones
4a MUST a user has ports of his own to receive at
4b MUST what is received comes with the port and address of its source
4c MUST what is sent says data, ports and addresses
5 MUST addresses of the pseudo header are those of the IP header

RFC 1112
6.1a MUST a user can choose how far a datagram to a group goes; by default one hop
6.1b SHOULD and whether it comes back
7.1 MUST a user can join a group and leave it
7.2a MUST a host is in the group of all hosts, always
7.2b MUST memberships are reported to routers on the link

RFC 1122
3.2.1.3a MUST a packet whose source is no single host's is dropped
3.2.1.3b MUST what is for the loopback never leaves the host
3.2.2a MUST an ICMP error causes no ICMP error
3.2.2b MUST nor does a fragment that is not the first
3.2.2c MUST nor what is for a group or everybody
3.2.2.5 SHOULD a header that can not be read is a Parameter Problem
3.2.2.6 MUST an echo is answered with all its octets
3.3.2a MUST what does not come whole in time is discarded
3.3.2b MUST and its sender told, if its first fragment came
3.3.2c SHOULD that time lies between 60 and 120 seconds
4.1.3.1 SHOULD what is for a port that nobody has is a Port Unreachable
4.1.3.2 MUST users of UDP see IP options, and can send some
4.1.3.3 MUST users of UDP hear of every ICMP error
4.1.3.4a MUST datagrams have a checksum, unless their user wants none
4.1.3.4b MUST a checksum that is wrong is dropped in silence
4.1.3.4c MAY a user can have datagrams without one dropped
4.1.3.5a MUST a user is told which address of ours a datagram was sent to
4.1.3.5b MUST and can choose the one that his are sent from
4.1.3.6a MUST what comes from a group or everybody is dropped
4.1.3.6b MUST what is sent comes from an address of ours
4.1.4a MUST a user can choose TTL and TOS
4.1.4b MAY and is told the TOS of what comes
4.2.2.13a MUST who closes first waits two MSL
4.2.2.13b MAY a new SYN ends the wait; its ISS lies beyond every number of the old connection
4.2.2.13c MAY a SYN that turns out to be an old duplicate brings TIME-WAIT back
4.2.2.13d SHOULD text that nobody will read is answered by a RST

RFC 1191
3a MUST a router that says "too big" makes the path's MTU smaller
3b MUST no report brings it below 68 octets
3c MUST no more of them are provoked: packets become smaller, or may be fragmented
3d MUST no report makes it larger
3e SHOULD every packet forbids fragmentation
5 MUST a router that names no MTU is obeyed all the same
6.3 SHOULD a larger MTU is tried ten minutes after the latest report
6.4a MUST not each report causes a retransmission, only one that changes something
6.4b MAY what was too big is sent again at once
6.4c SHOULD it is no congestion: cwnd stays
6.4d SHOULD but slow start begins: one segment until an ACK comes

RFC 1337
2 SHOULD old duplicates neither end a wait nor get into a new incarnation
3 SHOULD a RST does not end TIME-WAIT

RFC 2018
2 MUST SACK-permitted goes in a SYN and counts in no other segment
3a MUST without the peer's SACK-permitted no block is sent
3b MUST four blocks at most, three beside timestamps
4a SHOULD every ACK reports while there is out-of-order text
4b MUST the first block holds the text that caused the ACK
4c SHOULD as many blocks as fit
4d SHOULD the others are repeated in the order they were last reported
5a SHOULD what is reported is not sent again
5b SHOULD a timeout forgets every report
5c MUST after a timeout the left edge is sent again even if it was reported
8a SHOULD what was reported is not thrown away
8b MUST text is kept until an ACK covers it, whatever was reported

RFC 2525
2.1 MUST a connection begins in slow start
2.2 MUST after a timeout slow start again
2.3 MUST cwnd is set when the SYN,ACK lacks an MSS
2.4 MUST what is sent again is what was sent
2.5 MUST text above a gap is kept
2.6 MUST congestion avoidance adds no constant
2.7 MUST the first RTO is not too short
2.8 MUST cwnd deflates when recovery ends
2.9 MUST keep-alive does not give up early
2.10 MUST timeouts are backed off
2.11 MUST keep-alive waits two hours
2.12 MUST probes that fill a window do not deafen the receiver
2.13 MUST two full segments are acknowledged at once
2.14 MUST a timeout sends one packet
2.15 MUST CLOSE sends its FIN without waiting for ACKs
2.16 MUST text for a user who is gone is answered by a RST
2.17 MUST closing with text unread is an abort
2.18 MUST options leave room for themselves

RFC 2883
4a MUST the next ACK reports a duplicate, in its first block
4b MUST each duplicate is reported once
4c MUST above RCV.NXT the block that holds the duplicate follows
4.2 MUST of a segment only the part that was there already is reported
4.3 MAY a duplicate that PAWS turns away is reported too
5a MUST reports of duplicates are no losses
5b MAY a sender undoes what it did in vain

RFC 3042
2a SHOULD each of the first two duplicates lets one new segment out, within SND.WND
2b MUST cwnd does not change by it
2c SHOULD with SACK only duplicates that report something count

RFC 3168
5 MUST the codepoint and the Diffserv field leave each other alone
5.3a MUST one marked fragment marks the whole datagram
5.3b MAY a mark beside fragments that could not be marked: the datagram is dropped
6.1.1a MUST a SYN with ECE and CWR asks, a SYN,ACK with ECE alone agrees
6.1.1b MUST neither of them is ECN-capable
6.1.1c MUST without agreement no text is ECN-capable and no mark is echoed
6.1.1.1a MAY a SYN that is not answered is sent again without asking
6.1.1.1b MAY so is one that is answered by a RST
6.1.2a MUST an echo halves cwnd as a loss would, once a window, and sends nothing again
6.1.2b MUST the next new text says CWR
6.1.2c MUST with one segment as cwnd an echo waits for the retransmission timer
6.1.3 MUST a mark is echoed in every ACK until CWR
6.1.4 MUST a bare ACK is not ECN-capable
6.1.5a MUST what is sent again is not ECN-capable
6.1.5b MUST marks of text outside the window are ignored
6.1.6 MUST a zero-window probe is not ECN-capable and does not say CWR

RFC 4291
2.5.5 MUST no packet has the mapped or compatible form of IPv4, nobody's, the loopback's

RFC 4443
2.4a MUST an ICMPv6 error or redirect causes no error
2.4b MUST errors are limited in rate
2.4c MUST what is for a group causes no error
3.4 SHOULD what can not be read is a Parameter Problem, with a pointer to the octet

RFC 4987
3.1 SHOULD networks drop packets with forged sources
3.2 MAY the backlog is as long as its user says
3.3 MAY the time spent in SYN-RECEIVED can be shortened
3.4 MAY the oldest half-open connection makes way
3.5 MAY a half-open connection holds little
3.6 MAY cookies hold nothing, and bring MSS and options back
3.7 MAY cookies come only when the SYN queue is full
3.8 MAY a firewall stands before the host

RFC 5482
3a MAY a connection tells its peer its user timeout
3b MUST an option of the peer that is not understood is passed over
3.1 MAY the local user's timeout says when the connection is aborted

RFC 5681
2 MUST a duplicate ACK: nothing new, no text, no SYN or FIN, same window, something outstanding
3.1a MUST the initial window is two to four segments
3.1b MUST after a lost SYN the initial window is one segment
3.1c SHOULD ssthresh begins arbitrarily high
3.1d MUST in slow start an ACK adds what it covers, one segment at most
3.1e MUST in congestion avoidance cwnd grows by a segment each round trip
3.1f MUST after a timeout cwnd is one segment
3.1g MUST and ssthresh half of FlightSize, two segments at least
3.1h MUST a second timeout of the same segment leaves ssthresh as it is
3.1i SHOULD segments found too large for the path reduce cwnd in proportion
3.2a SHOULD out-of-order text is answered by a duplicate ACK at once
3.2b MUST at the third duplicate SND.UNA is sent again
3.2c MUST and ssthresh is set, without what limited transmit has sent
3.2d MUST and cwnd is that and three segments
3.2e MUST each further duplicate adds a segment
3.2f SHOULD and lets new text out when cwnd and SND.WND allow
3.2g MUST the ACK of new text deflates cwnd
4.1 SHOULD after an idle RTO cwnd is at most the initial window
4.2a SHOULD every second full segment is acknowledged, within half a second
4.2b SHOULD text that fills a gap is acknowledged at once
4.2c MUST a segment causes no more than one ACK
4.3 SHOULD the losses of one window reduce cwnd once

RFC 5927
4.1 SHOULD an error that quotes no number in flight is dropped
5.2a SHOULD hard errors do not abort a synchronized connection
5.2b MAY a hard error ends an OPEN
6.2 SHOULD source quench is ignored
7.2 SHOULD a smaller MTU is believed only once nothing gets through

RFC 5961
3.2a MUST a RST outside the window is dropped in silence
3.2b MUST a RST exactly at RCV.NXT resets
3.2c MUST a RST elsewhere in the window gets a challenge ACK and does nothing
3.2d MUST in SYN-SENT only a RST that acknowledges the SYN counts
4.2 MUST a SYN in a synchronized state gets a challenge ACK, wherever it lies
5.2a MUST an ACK below SND.UNA - MAX.SND.WND or above SND.NXT: acknowledged and dropped
5.2b MUST MAX.SND.WND is the largest window ever offered
7a SHOULD challenge ACKs are limited in rate
7b SHOULD the limit can be tuned

RFC 6056
3.1 SHOULD no port makes a tuple that is in use
3.2a SHOULD the range of ports is as large as possible
3.2b SHOULD ports of local services are left out
3.3 SHOULD which port comes next can not be guessed
3.3.4 MAY double-hash selection: no port of one peer twice until all were used
3.4 SHOULD the keys are random

RFC 6191
2a SHOULD a SYN with a newer timestamp begins anew, whatever its number
2b SHOULD with an equal timestamp its number must lie beyond
2c SHOULD a SYN without timestamps begins anew if its number lies beyond
2d SHOULD a SYN with timestamps after a connection without begins anew, whatever its number
2e SHOULD any other SYN is dropped in silence

RFC 6298
2.1 SHOULD RTO is one second until a round trip is measured
2.2 MUST the first measurement sets SRTT and RTTVAR
2.3 MUST later ones smooth them by 1/8 and 1/4
2.4 SHOULD RTO is at least one second
2.5 MAY RTO is at most sixty seconds
3a MUST what was sent again is not measured, timestamps excepted
3b SHOULD one measurement each round trip
4 MAY the clock is finer than 100 ms
5a MUST nothing is sent again before RTO has passed
5b MAY SRTT and RTTVAR are forgotten after many back-offs
5.1 SHOULD text that is sent starts the timer if it is off
5.2 SHOULD the ACK of everything turns it off
5.3 SHOULD the ACK of new text starts it anew
5.4 SHOULD when it runs out the first unacknowledged segment is sent again
5.5 MUST and RTO doubles
5.6 SHOULD and the timer starts with that RTO
5.7 MUST after a lost SYN RTO is three seconds when text may be sent

RFC 6528
3a SHOULD ISS is a clock of four microseconds and a hash of the tuple under a secret key
3b MUST nobody outside can compute the hash

RFC 6582
3.2a SHOULD step 1: recover begins at ISS
3.2b MUST step 2: duplicates of a window that was recovered already begin nothing
3.2c MUST step 3: the ACK of everything ends recovery, without a burst
3.2d MUST step 3: a partial ACK sends the next hole and deflates cwnd by what it covers
3.2e SHOULD step 3: only the first partial ACK starts the timer anew
3.2f MUST step 4: a timeout ends recovery, recover is the highest number sent
4 MAY duplicates after a timeout are told from losses by ACKs or timestamps

RFC 6675
2 MUST with SACK a duplicate ACK is one that reports something new
3 MUST the scoreboard holds what is reported, and nothing that can not be
4a MUST IsLost: three segments' worth, or three stretches, reported above
4b MUST pipe: octets neither reported nor lost, and those sent again
4c MUST NextSeg: what is lost first, then new text
4d SHOULD NextSeg, rule 3: then what is unreported though not lost
4e MAY NextSeg, rule 4: one rescue at the end of recovery
5a MUST recovery begins at the third duplicate or when the left edge is lost
5b MUST cwnd and ssthresh become half of FlightSize; the left edge is sent again
5c MUST recovery ends at the ACK of what was sent before it began
5d MUST text leaves while cwnd - pipe has room for a segment
5.1 MUST after a timeout no recovery begins until all then sent is acknowledged

RFC 6864
4.1 MAY the identification of what can not be fragmented is any
4.3a MUST that of what can does not come again until the others were used
4.3b MUST nor within two minutes

RFC 6928
2a MAY the initial window is ten segments, 14,600 octets or two segments at most
2b MUST after a lost SYN it is one
2c SHOULD after a pause cwnd is not above it

RFC 7323
2.2a MUST the window scale of a SYN,ACK answers one in the SYN
2.2b MUST in a segment without SYN it means nothing
2.2c MUST the window of a SYN is not scaled
2.3a MUST a shift above 14 is taken as 14
2.3b SHOULD such an error is logged
2.3c MUST without both options nothing is scaled
2.3d MUST windows are shifted left when read, right when written
2.4a MUST what an ACK of ours once offered is still taken
2.4b SHOULD what was within the window once is sent again beyond one that has shrunk
3.2a MUST once agreed on, every segment but a RST has timestamps
3.2b SHOULD a RST has them too
3.2c SHOULD a segment without them is dropped in silence, a RST is not
3.2d MUST not agreed on, they are ignored
3.2e MUST TSecr is 0 where there is no ACK
4.1 MUST only an ACK of new text is a measurement
4.2 SHOULD many measurements a round trip weigh no more than one
4.3 MUST TS.Recent is of the earliest segment the next ACK answers, and is what is echoed
5.3a MUST a segment with an older timestamp is acknowledged and dropped, a RST is not
5.3b MUST a segment outside the window moves no timestamp
5.4a MUST the clock ticks every millisecond to every second
5.4b SHOULD each connection adds an offset of its own
5.5 SHOULD after 24 idle days TS.Recent is not judged by
5.6 MAY headers are predicted

RFC 8200
4a MUST hop-by-hop options that do not stand first are an unknown header
4b MUST extension headers are taken in any number
4.2a MUST 01 in the upper bits of an unknown option: the packet is discarded in silence
4.2b MUST 10, 11: it is discarded and told of, with a pointer to the option
4.4 MUST a routing header with segments left is told of, with a pointer to its type
4.5a MUST what is not whole after 60 seconds is discarded, and told of by its first fragment
4.5b MUST a fragment with more to come whose length is no multiple of eight is told of
4.5c MUST so is one that would make a packet of more than 65,535 octets
4.5d SHOULD so is a first fragment without all headers
4.5e MUST fragments that overlap end the datagram, in silence
4.5f MAY exact duplicates of a fragment are passed over, and the others kept
8.1a MUST datagrams of UDP have a checksum
8.1b MUST those without are dropped

RFC 8201
4a MUST a packet too big makes the path's MTU smaller
4b MUST no report brings it below 1280
4c MUST a report of less than 1280 is dropped
4d MUST no report makes it larger
5.3 SHOULD a larger MTU is tried ten minutes after the latest report
5.4 SHOULD what was too big is sent again in slow start
`;

/** The rules by RFC, in the order of their sections. */
export const OTHERS: readonly Requirement[] = [TABLE, SENDER_TABLE, BBR_TABLE]
  .flatMap((table) => table.trim().split('\n\n'))
  .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  .flatMap((block) => {
    const [heading = '', ...lines] = block.split('\n');
    return lines.map((line) => {
      const [key = '', level = '', ...rule] = line.split(' ');
      const section = key.replace(/[a-z]$/, '');
      const rfc = heading === 'BBR' ? DRAFT : Number(heading.slice(4));
      return { label: `${heading} §${key}`, rfc, section, level, rule: rule.join(' ') };
    });
  });
