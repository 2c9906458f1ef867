/** Mutations (`mutations.ts`) of rules of the RFCs around RFC 9293. */
import type { Mutation } from './mutations.ts';

export const OF_OTHERS: readonly Mutation[] = [
  {
    label: 'RFC 1191 §6.4a',
    path: 'assembly/tcp/path-mtu.ts',
    from: 'if (!followPath(tcb)) return;',
    to: 'followPath(tcb);',
    broken: 'the same report again sends everything again',
    test: ['test/rfc1191.test.ts', 'RFC 1191 §6.4a: the same report again sends nothing again'],
  },
  {
    label: 'RFC 1337 §3',
    path: 'assembly/tcp/time-wait.ts',
    from: 'if (seg.isRst) {',
    to: 'if (seg.isRst) {\n    endTimeWait(index, Reason.RST_ARRIVED);',
    broken: 'a RST ends TIME-WAIT',
    test: [
      'test/rfc9293/time-wait.test.ts',
      'RFC 1337 §3, hostile 12a: a RST does not cut the wait short',
    ],
  },
  {
    label: 'RFC 2018 §5c',
    path: 'assembly/tcp/loss/recovery.ts',
    from: 'if (hasReneged) clearSacked(tcb, flight);',
    to: '',
    broken: 'a timeout goes on believing what was reported',
    test: [
      'test/rfc9293/recovery-sack.test.ts',
      'RFC 2018 §5b, §5c: a timeout sends the left edge again even if it was reported',
    ],
  },
  {
    label: 'RFC 2883 §4b',
    path: 'assembly/tcp/emit.ts',
    from: 'lower(tcb, Flag.ACK_NOW | Flag.DUPLICATE);',
    to: 'lower(tcb, Flag.ACK_NOW);',
    broken: 'a duplicate is reported for ever',
    test: [
      'test/rfc9293/sack-blocks.test.ts',
      'RFC 2883 §4a, §4b: text below RCV.NXT is reported once',
    ],
  },
  {
    label: 'RFC 3042 §2a',
    path: 'assembly/tcp/loss/recovery.ts',
    from: 'return min<u32>(tcb.cc.duplicates, DUPLICATE_THRESHOLD - 1) * tcb.snd.mss;',
    to: 'return 0;',
    broken: 'there is no limited transmit',
    test: [
      'test/rfc9293/recovery.test.ts',
      'RFC 3042 §2a: each of the first two duplicates lets a new segment out',
    ],
  },
  {
    label: 'RFC 3168 §6.1.5a',
    path: 'assembly/tcp/transmit.ts',
    from: 'let ctl: u32 = Ctl.ACK;',
    to: 'let ctl: u32 = Ctl.ACK | newTextControl(tcb);',
    broken: 'what is sent again is ECN-capable',
    test: [
      'test/rfc3168/marks.test.ts',
      'RFC 3168 §6.1.5a: what is sent again is not ECN-capable, what is new is',
    ],
  },
  {
    label: 'RFC 5681 §3.2c',
    path: 'assembly/tcp/rate/congestion.ts',
    from: 'tcb.cc.duplicates == 0 ? tcb.snd.nxt : tcb.cc.beforeLimited',
    to: 'tcb.snd.nxt',
    broken: 'what was sent since the first duplicate counts for ssthresh',
    test: [
      'test/rfc5681.test.ts',
      'RFC 5681 §3.2c: nor does what the user has sent since the first duplicate',
    ],
  },
  {
    label: 'RFC 5927 §4.1',
    path: 'assembly/tcp/unreachable.ts',
    from: 'if (!lt(seq, una) && lt(seq, nxt)) return true;',
    to: 'if (!lt(seq, una)) return true;',
    broken: 'ICMP may quote what was never sent',
    test: [
      'test/rfc9293/unreachable.test.ts',
      'RFC 5927 §4.1: an error that quotes a number %s is not believed',
    ],
  },
  {
    label: 'RFC 5961 §3.2c',
    path: 'assembly/tcp/arrives-others.ts',
    from: 'if (!isBelieved(tcb, seg)) {',
    to: 'if (false && !isBelieved(tcb, seg)) {',
    broken: 'any RST in the window resets',
    test: [
      'test/rfc9293/arrives-others-rst.test.ts',
      'RFC 5961 §3.2c, hostile 8a: %s: a RST elsewhere in the window is challenged',
    ],
  },
  {
    label: 'RFC 5961 §5.2b',
    path: 'assembly/tcp/window.ts',
    from: 'if (snd.wnd > snd.maxWnd) snd.maxWnd = snd.wnd;',
    to: 'snd.maxWnd = snd.wnd;',
    broken: 'MAX.SND.WND is the latest window',
    test: [
      'test/rfc5961.test.ts',
      'RFC 5961 §5.2b: MAX.SND.WND stays the largest window, though the window shrinks',
    ],
  },
  {
    label: 'RFC 6056 §3.2b',
    path: 'assembly/tcp/ephemeral.ts',
    from: 'if (isFree(tcb) && !hasListener(tcb)) return passed;',
    to: 'if (isFree(tcb)) return passed;',
    broken: 'ports of listeners are given away',
    test: ['test/rfc6056.test.ts', 'RFC 6056 §3.2b: nor one that somebody listens on'],
  },
  {
    label: 'RFC 6298 §5.7',
    path: 'assembly/tcp/arrives-syn-sent.ts',
    from: 'tcb.rtt.rto = SYN_LOST_RTO;',
    to: 'tcb.rtt.rto = SYN_LOST_RTO / 3;',
    broken: 'a lost SYN leaves no caution',
    test: [
      'test/rfc9293/arrives-syn-sent.test.ts',
      'RFC 6298 §5.7: after a lost SYN the first RTO is three seconds',
    ],
  },
  {
    label: 'RFC 6582 §3.2d',
    path: 'assembly/tcp/loss/recovery.ts',
    from: 'cc.cwnd = cc.cwnd > length ? cc.cwnd - length : 0;',
    to: '',
    broken: 'a partial ACK does not deflate cwnd',
    test: [
      'test/rfc6582.test.ts',
      'RFC 6582 §3.2d: a partial ACK deflates cwnd by what it covers, less a segment',
    ],
  },
  {
    label: 'RFC 6675 §4b',
    path: 'assembly/tcp/flight.ts',
    from: 'return outstanding - flight.sacked - flight.lost + flight.resent;',
    to: 'return outstanding - flight.sacked + flight.resent;',
    broken: 'what is lost counts as on its way',
    test: [
      'test/rfc6675.test.ts',
      'RFC 6675 §4b, §5d: text leaves only while pipe leaves room in cwnd',
    ],
  },
  {
    label: 'RFC 7323 §4.3',
    path: 'assembly/tcp/timestamps.ts',
    from: 'if (isInOrder && le(tcb.ts.recent, options.tsVal))',
    to: 'if (le(tcb.ts.recent, options.tsVal))',
    broken: 'timestamps of out-of-order text are echoed',
    test: [
      'test/rfc9293/arrives-others-sequence.test.ts',
      'RFC 7323 §4.3, hostile 11b: of a segment in the future nothing is echoed',
    ],
  },
  {
    label: 'RFC 7323 §5.3a',
    path: 'assembly/tcp/arrives-others.ts',
    from: 'if (isOldDuplicate(tcb, seg)) {',
    to: 'if (false && isOldDuplicate(tcb, seg)) {',
    broken: 'PAWS turns nothing away',
    test: [
      'test/rfc9293/arrives-others-sequence.test.ts',
      'RFC 7323 §5.3a: PAWS: an older timestamp: acknowledged and dropped',
    ],
  },
];
