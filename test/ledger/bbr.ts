/**
 * The rules of BBR's draft, draft-ietf-ccwg-bbr-06, which has no number yet; `others.ts` has the
 * form. Labels are `BBR §4.1.2.4`.
 */

/** Stands where an RFC has its number. */
export const DRAFT = 0;

/** The rules. */
export const BBR_TABLE = `
BBR
4.1.2.2a SHOULD with nothing else on its way a measurement begins with the sending
4.1.2.2b SHOULD a segment takes along what was delivered before it, and when
4.1.2.3a SHOULD a sample is over the longer of the time of sending and that of acknowledging
4.1.2.3b SHOULD a sample over less than the shortest round trip is none
4.1.2.4 SHOULD where data lacks and cwnd has room, samples are marked until the gap is past
4.1.3.5 MAY what was sent again, and may have been delivered before, gives none
`;
