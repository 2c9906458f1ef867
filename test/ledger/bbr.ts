/**
 * The rules of BBR's draft, draft-ietf-ccwg-bbr-06, which has no number yet; `others.ts` has the
 * form. Labels are `BBR §4.1.2.4`.
 */

/** Stands where an RFC has its number. */
export const DRAFT = 0;

/** The rules. */
export const BBR_TABLE = `
BBR
3.7 MUST a mark is congestion, as a loss is
4.1.2.2a SHOULD with nothing else on its way a measurement begins with the sending
4.1.2.2b SHOULD a segment takes along what was delivered before it, and when
4.1.2.3a SHOULD a sample is over the longer of the time of sending and that of acknowledging
4.1.2.3b SHOULD a sample over less than the shortest round trip is none
4.1.2.4 SHOULD where data lacks and cwnd has room, samples are marked until the gap is past
4.1.3.5 MAY what was sent again, and may have been delivered before, gives none
5.3.1.2a SHOULD a quarter more bandwidth says that there may be more yet
5.3.1.2b SHOULD three round trips without it say that all is used
5.3.1.3 SHOULD STARTUP ends with six losses and 2 % of a round trip as well
5.3.2a SHOULD STARTUP is followed by DRAIN
5.3.2b SHOULD DRAIN ends when the queue is gone, or after three round trips
5.3.3.1 SHOULD DOWN lasts until there is no queue, and room for others
5.3.3.3 SHOULD before a probe the pipe is filled for a round trip, and short-term bounds forgotten
5.3.3.5 SHOULD in UP the bound for good grows by 1, 2, 4, 8 … segments a round trip
5.3.3.6 SHOULD after a probe that lost too much the next one stops at the bound
5.3.3.7 SHOULD UP ends when the bandwidth grows no more
5.3.3.8a SHOULD two to three seconds, at random, lie between probes
5.3.3.8b SHOULD or as many round trips as Reno would need, 63 at most
5.3.3.9 SHOULD what was in flight without too many losses raises the bound for good
5.3.4.3a SHOULD five seconds without a shorter round trip bring PROBE_RTT
5.3.4.3b SHOULD it lasts 200 ms and a round trip
5.3.4.4 SHOULD after it short-term bounds are forgotten, and the next probe waits
5.4.1 SHOULD after a pause data leaves at the bandwidth
5.5.1 SHOULD a round trip ends with what was sent after the last one did
5.5.5 SHOULD a sample that lack of data has limited counts only where it is more
5.5.6 SHOULD the bandwidth is the most of two cycles of probing
5.5.7.2 SHOULD the shortest round trip is forgotten after ten seconds
5.5.9 SHOULD cwnd has room for what comes acknowledged in heaps
5.5.10.2a SHOULD more than 2 % lost of what was in flight is too much
5.5.10.2b SHOULD if that was a probe’s, so much is the bound, seven tenths at least
5.5.10.3 SHOULD between probes a round trip with losses bounds the next, by three tenths at most
5.5.11.1 SHOULD the first loss of a round trip keeps what may have to be undone
5.5.11.2 SHOULD what was no loss gives it back
5.6.1 SHOULD each state has its gain: 2.77, 0.5, 0.9, 1, 1, 1.25, 1
5.6.2a SHOULD what leaves late makes up for it, within bounds
5.6.2b SHOULD each segment moves the time of the next by its octets
5.6.2c SHOULD the first rate is that of the initial window
5.6.2d SHOULD until the bandwidth is known the rate only grows
5.6.4.4 SHOULD after recovery and timeouts cwnd is what it was
5.6.4.5 SHOULD in PROBE_RTT cwnd is half of what fills the path
5.6.4.6 SHOULD cwnd grows by no more than was delivered
5.6.4.7 SHOULD bounds of the model bound cwnd
`;
