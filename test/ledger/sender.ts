/** The rules of the RFCs on loss recovery and congestion control; `others.ts` has the form. */

/** What each RFC is about, for headings. */
export const SENDER_SUBJECTS: Readonly<Record<number, string>> = {
  3522: 'Eifel detection',
  3708: 'D-SACK and spurious retransmission',
  4015: 'Eifel response',
  5682: 'F-RTO',
  7661: 'congestion window validation',
  8511: 'ABE',
  8985: 'RACK-TLP',
  9406: 'HyStart++',
  9438: 'CUBIC',
  9937: 'proportional rate reduction',
};

/** The rules. */
export const SENDER_TABLE = `
RFC 3522
3.1 MUST it takes timestamps, in both directions
3.2a MUST the timestamp of what is sent again first is kept, whatever is sent again later
3.2b MUST an ACK of new data that echoes an earlier one answers the original
3.2c MUST one of all data counts only if the peer has reported a duplicate, and does not now
3.2d MUST whether duplicates or a timeout had begun the recovery is told to what responds
3.4 MAY a nonce keeps a receiver from making up its echo

RFC 3708
3a SHOULD when all that was sent again is reported twice, it was sent again for nothing
3b MUST while one of them is not reported, the loss stands

RFC 4015
3.2a MUST what a spurious timeout took from ssthresh comes back
3.2b MUST cwnd is what is in flight and an initial window at most
3.2c SHOULD the longer round trip is learned, so that the next timeout is not spurious

RFC 5682
3.1a SHOULD the first ACK after a timeout lets new data out before more is sent again
3.1b SHOULD if the next one acknowledges what was sent only once, the timeout was spurious
3.1c MUST a duplicate instead means that the timeout was right
3.1d MUST what lies below an earlier RecoveryPoint is sent again without waiting for proof

RFC 7661
4.1 MUST a connection begins validated, and pipeACK is undefined
4.2a MUST pipeACK is what was acknowledged in a round trip
4.2b MUST the most of three round trips, or of a second
4.3a MUST who uses half of cwnd or more is validated
4.3b MUST who uses less is not
4.3c MUST cwnd grows only where it is what limits the sender
4.4 MUST cwnd that is not validated does not grow, and is kept
4.4.1a MUST a loss then leaves half of what the path has carried
4.4.1b MUST and after recovery, less half of what was sent again
4.4.1c MUST and pipeACK is undefined again
4.4.1d SHOULD ssthresh is cwnd then
4.4.2 SHOULD what leaves in one burst is bounded while cwnd is not validated
4.4.3a MUST after five minutes ssthresh is three quarters of cwnd at least
4.4.3b MUST and cwnd half, but not less than it began with

RFC 8511
3a MAY a mark takes less of cwnd than a loss does
3b MUST a loss takes what it always did

RFC 8985
6.1 MUST each sending is noted with its time, one sent again with the latest
6.2a MUST RACK.rtt and RACK.xmit_ts are of what was sent last of all delivered
6.2b MUST what overtakes others, sent once, shows reordering
6.2c SHOULD a reported duplicate widens the window of reordering, once a round trip
6.2d SHOULD without reordering DupThresh segments SACKed leave no window
6.2e MUST the window is a quarter of the shortest RTT, or more, and SRTT at most
6.2f SHOULD what is sent again is not believed answered before the shortest RTT has passed
6.3 SHOULD a timeout spares what was sent within that time
7.1 MUST a flight begins without a probe
7.2a SHOULD the probe comes after two SRTT; for a single segment, its ACK's delay later
7.2b SHOULD without SRTT after a second
7.2c MUST where the retransmission timeout would come first, the probe takes its place
7.3a SHOULD it carries new data, where there is some and the peer's window takes it
7.3b SHOULD else it is the last segment again
7.3c MUST the retransmission timeout comes behind the probe
7.4.2 MUST a loss that the probe repaired is answered like any other

RFC 9406
4.2a MUST a round ends with the ACK of what was sent when it began
4.2b MUST each round keeps its shortest RTT
4.2c MUST the threshold is an eighth of the last round's, within 4 and 16 ms
4.2d MUST a round that is longer by it begins conservative slow start
4.2e MUST cwnd grows by a quarter of what is acknowledged then
4.2f MUST slow start goes on when a round is shorter again
4.2g MUST after five rounds it is over, and ssthresh is cwnd

RFC 9438
4.2a MUST cwnd follows C (t - K)^3 + W_max
4.2b MUST K is the cube root of (W_max - cwnd) / C
4.2c MUST the target lies between cwnd and half as much again
4.3a MUST W_est grows by alpha a window, and is cwnd where it is more
4.3b SHOULD from cwnd_prior on alpha is 1
4.4 MUST each ACK takes cwnd its part of the way to the target
4.6a MUST ssthresh is seven tenths of what was in flight
4.6b MUST and two segments at least
4.7 SHOULD a loss below W_max leaves W_max lower than it was, others do not
4.8 MUST a timeout takes three tenths as well, and a new curve begins after it
4.10 MUST below ssthresh slow start grows cwnd
4.9 SHOULD a reduction that was spurious is taken back, the curve included

RFC 9937
6a MUST RecoverFS is what was in flight, less what had been SACKed
6b MUST above ssthresh as much is sent as its share of what is delivered
6c MUST below it what is delivered is
6d MUST and a segment more, where an ACK makes progress and shows no loss
6e MUST the first segment that is lost goes at once
6f SHOULD recovery ends with cwnd at ssthresh
`;
