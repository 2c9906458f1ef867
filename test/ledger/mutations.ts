/**
 * Mutations: a line that obeys a rule, what it is changed to, and the test that must notice.
 *
 * The first twenty are of RFC 9293, across its list; the rest are of the RFCs around it. Each test
 * is one that the ledger counts as showing the rule.
 */

/** One way to break a rule. */
export interface Mutation {
  /** The rule, as the ledger has it. */
  readonly label: string;
  readonly path: string;
  /** What stands there, once in the file, and what it becomes. */
  readonly from: string;
  readonly to: string;
  /** What is wrong then. */
  readonly broken: string;
  /** The test that fails then: its file, and its name as it stands there. */
  readonly test: readonly [path: string, name: string];
}

/** How many of them are of RFC 9293. */
export const OF_9293 = 20;

export const MUTATIONS: readonly Mutation[] = [
  {
    label: 'MUST-3',
    path: 'assembly/tcp/segment.ts',
    from: 'return fold(pseudo + sum(d.at, d.length)) == 0xffff;',
    to: 'return true || fold(pseudo + sum(d.at, d.length)) == 0xffff;',
    broken: 'any checksum is right',
    test: ['test/rfc9293/arrives.test.ts', 'MUST-3: a wrong checksum drops the segment silently'],
  },
  {
    label: 'MUST-8',
    path: 'assembly/tcp/isn.ts',
    from: '<u32>(now() >> 2) +',
    to: '<u32>(now() >> 12) +',
    broken: 'the clock of the ISS is a thousand times too slow',
    test: [
      'test/rfc9293/isn.test.ts',
      'MUST-8, RFC 6528 §3a: ISS follows a clock of four microseconds',
    ],
  },
  {
    label: 'MUST-13',
    path: 'assembly/tcp/time-wait.ts',
    from: 'const whole = setting(Setting.TIME_WAIT_MS); // MUST-13',
    to: 'const whole = setting(Setting.TIME_WAIT_MS) / 2;',
    broken: 'TIME-WAIT lasts one MSL',
    test: [
      'test/rfc9293/time-wait.test.ts',
      'MUST-13, RFC 1122 §4.2.2.13a: it lasts 2 MSL, exactly',
    ],
  },
  {
    label: 'MUST-15',
    path: 'assembly/tcp/negotiate.ts',
    from: '? DEFAULT_MSS_IPV4 : DEFAULT_MSS_IPV6',
    to: '? DEFAULT_MSS_IPV6 : DEFAULT_MSS_IPV4',
    broken: 'the default MSS is the other family’s',
    test: [
      'test/rfc9293/negotiate.test.ts',
      'MUST-15: without an MSS option 536 octets are sent, over IPv6 1220',
    ],
  },
  {
    label: 'MUST-17',
    path: 'assembly/tcp/transmit.ts',
    from: 'const mayBeShort = isQuiet || has(tcb, Flag.NAGLE_OFF);',
    to: 'const mayBeShort = isQuiet;',
    broken: 'Nagle can not be switched off',
    test: ['test/rfc9293/window.test.ts', 'MUST-17: Nagle can be turned off for a connection'],
  },
  {
    label: 'MUST-23',
    path: 'assembly/tcp/rto.ts',
    from: 'SYN_R2: Instant = 180 * SECOND',
    to: 'SYN_R2: Instant = 60 * SECOND',
    broken: 'a SYN is tried for one minute',
    test: [
      'test/rfc9293/timeouts.test.ts',
      'MUST-22, MUST-23: a silent host: SYN after 1, 2, 4 … seconds, for three minutes',
    ],
  },
  {
    label: 'MUST-26',
    path: 'assembly/tcp/keep-alive.ts',
    from: 'const isQuiet = tcb.snd.una == tcb.snd.nxt &&',
    to: 'const isQuiet = true &&',
    broken: 'keep-alives are sent while text is outstanding',
    test: ['test/rfc9293/keep-alive.test.ts', 'MUST-26: no probe while text is outstanding'],
  },
  {
    label: 'MUST-30',
    path: 'assembly/tcp/emit.ts',
    from: 'if (urgent != 0) ctl |= Ctl.URG;',
    to: '',
    broken: 'urgent text has no URG bit',
    test: [
      'test/rfc9293/send-urgent.test.ts',
      'MUST-30, MUST-62: segments up to the mark carry URG, pointing behind its last octet',
    ],
  },
  {
    label: 'MUST-34',
    path: 'assembly/tcp/transmit.ts',
    from: 'snd.una + min(snd.wnd, congestion) - snd.next',
    to: 'snd.una + min(snd.maxWnd, congestion) - snd.next',
    broken: 'a window that shrinks is not seen',
    test: [
      'test/rfc9293/window.test.ts',
      'MUST-34, SHLD-15: after a shrink nothing new is sent beyond the edge',
    ],
  },
  {
    label: 'MUST-37',
    path: 'assembly/tcp/timeouts.ts',
    from: 'if (tcb.rtt.probes == 0 && isPatient)',
    to: 'if (tcb.rtt.probes == 0 && !isPatient)',
    broken: 'answered probes do not keep a connection',
    test: [
      'test/rfc9293/window.test.ts',
      'MUST-37: as long as probes are answered the connection stays open: a day',
    ],
  },
  {
    label: 'MUST-38',
    path: 'assembly/tcp/transmit.ts',
    from: 'if (mayBeShort && length >= tcb.snd.maxWnd / 2) return true;',
    to: 'if (mayBeShort) return true;',
    broken: 'slivers of a window are used',
    test: ['test/rfc9293/window.test.ts', 'MUST-38: a sliver of the window is not used, Nagle %i'],
  },
  {
    label: 'MUST-39',
    path: 'assembly/tcp/window.ts',
    from: 'if (isWorthwhile(tcb, free)) rcv.wnd = free;',
    to: 'if (free > rcv.wnd) rcv.wnd = free;',
    broken: 'the right edge moves by single octets',
    test: [
      'test/rfc9293/window.test.ts',
      'MUST-39: the right edge stands still between worthwhile steps',
    ],
  },
  {
    label: 'MUST-40',
    path: 'assembly/tcp/option.ts',
    from: 'if (value >= 500) return Result.INVALID_ARGUMENT;',
    to: 'if (value > 500) return Result.INVALID_ARGUMENT;',
    broken: 'ACKs may be delayed for half a second',
    test: [
      'test/rfc9293/delayed-ack.test.ts',
      'MUST-40: the delay is a choice, below half a second',
    ],
  },
  {
    label: 'MUST-55',
    path: 'assembly/ip/icmp.ts',
    from: 'return false; // MUST-55, RFC 5927 §6.2',
    to: 'return true;',
    broken: 'source quench is an error',
    test: [
      'test/rfc9293/unreachable.test.ts',
      'MUST-55, RFC 5927 §6.2: source quench is dropped silently',
    ],
  },
  {
    label: 'MUST-61',
    path: 'assembly/tcp/transmit.ts',
    from: 'if (snd.next == snd.end && length != 0) ctl |= Ctl.PSH;',
    to: 'if (length != 0) ctl |= Ctl.PSH;',
    broken: 'every segment carries PSH',
    test: [
      'test/rfc9293/send.test.ts',
      'MUST-61: only the last segment of what was written carries PSH',
    ],
  },
  {
    label: 'MUST-66',
    path: 'assembly/tcp/acceptable.ts',
    from: 'if (wnd == 0) return seg.seq == nxt;',
    to: 'if (wnd == 0) return false;',
    broken: 'a closed window lets no RST in',
    test: [
      'test/rfc9293/arrives-others-rst.test.ts',
      'MUST-66: a RST at the edge of a closed window resets',
    ],
  },
  {
    label: 'SHLD-4',
    path: 'assembly/tcp/time-wait.ts',
    from: 'if (lt(record.tsRecent, seg.options.tsVal)) return true;',
    to: 'if (lt(record.tsRecent, seg.options.tsVal)) return false;',
    broken: 'timestamps do not shorten TIME-WAIT',
    test: [
      'test/rfc9293/time-wait.test.ts',
      'SHLD-4, RFC 6191 §2a, hostile 12g: a newer timestamp begins anew at an older number',
    ],
  },
  {
    label: 'SHLD-19',
    path: 'assembly/tcp/delayed-ack.ts',
    from: 'tcb.rcv.acked >= 2 * tcb.rcv.mss',
    to: 'tcb.rcv.acked >= 3 * tcb.rcv.mss',
    broken: 'only every third segment is acknowledged at once',
    test: [
      'test/rfc9293/delayed-ack.test.ts',
      'SHLD-19, RFC 5681 §4.2a: every second full-sized segment is acknowledged at once',
    ],
  },
  {
    label: 'SHLD-31',
    path: 'assembly/tcp/text.ts',
    from: 'writeChain(pages(), tcb.incoming, left, from, right - left);',
    to: '',
    broken: 'early text is reported and not held',
    test: [
      'test/rfc9293/arrives-others-text.test.ts',
      'SHLD-31, MAY-13: a segment in the future is held, and the gap is asked for',
    ],
  },
  {
    label: 'MAY-12',
    path: 'assembly/tcp/arrives-others.ts',
    from: 'if (seg.ack - (snd.una - snd.maxWnd) > snd.nxt - snd.una + snd.maxWnd) {',
    to: 'if (lt(snd.nxt, seg.ack)) {',
    broken: 'any old acknowledgment will do',
    test: [
      'test/rfc9293/arrives-others-ack.test.ts',
      'MAY-12, RFC 5961 §5.2a: text whose ACK is older than MAX.SND.WND is not accepted',
    ],
  },

  // The RFCs around it -------------------------------------------------------------
  {
    label: 'RFC 1191 §6.4a',
    path: 'assembly/tcp/path-mtu.ts',
    from: 'if (mss >= tcb.snd.mss) return;',
    to: 'if (mss > tcb.snd.mss) return;',
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
    label: 'RFC 2018 §5b',
    path: 'assembly/tcp/recovery.ts',
    from: 'clearRanges(ranges(), tcb.sacked);',
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
      'test/rfc9293/recovery-sack.test.ts',
      'RFC 2883 §4a, §4b: text below RCV.NXT is reported once',
    ],
  },
  {
    label: 'RFC 3042 §2a',
    path: 'assembly/tcp/recovery.ts',
    from: 'return min<u32>(tcb.cc.duplicates, DUPLICATE_THRESHOLD - 1) * tcb.snd.mss;',
    to: 'return 0;',
    broken: 'there is no limited transmit',
    test: [
      'test/rfc9293/recovery.test.ts',
      'RFC 3042 §2a: each of the first two duplicates lets a new segment out',
    ],
  },
  {
    label: 'RFC 5681 §3.2c',
    path: 'assembly/tcp/recovery.ts',
    from: 'halfFlight(tcb, cc.beforeLimited)',
    to: 'halfFlight(tcb, tcb.snd.nxt)',
    broken: 'what limited transmit sent counts for ssthresh',
    test: [
      'test/rfc5681.test.ts',
      'RFC 5681 §3.2c: what limited transmit has sent does not count for ssthresh',
    ],
  },
  {
    label: 'RFC 5927 §4.1',
    path: 'assembly/tcp/unreachable.ts',
    from: 'if (lt(seq, tcb.snd.una) || !lt(seq, tcb.snd.nxt)) {',
    to: 'if (lt(seq, tcb.snd.una)) {',
    broken: 'ICMP may quote what was never sent',
    test: [
      'test/rfc9293/unreachable.test.ts',
      'RFC 5927 §4.1: an error that quotes a number %s is not believed',
    ],
  },
  {
    label: 'RFC 5961 §3.2c',
    path: 'assembly/tcp/arrives-others.ts',
    from: 'if (seg.seq != tcb.rcv.nxt) {',
    to: 'if (false && seg.seq != tcb.rcv.nxt) {',
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
    from: 'if (isFree(tcb) && !hasListener(tcb)) return true;',
    to: 'if (isFree(tcb)) return true;',
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
    path: 'assembly/tcp/recovery.ts',
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
    path: 'assembly/tcp/sack.ts',
    from: 'if (!provesLoss(tcb, above)) total += range.left - hole;',
    to: 'total += range.left - hole;',
    broken: 'what is lost counts as on its way',
    test: [
      'test/rfc6675.test.ts',
      'RFC 6675 §4b, §5d: text leaves only while pipe leaves room in cwnd',
    ],
  },
  {
    label: 'RFC 7323 §4.3',
    path: 'assembly/tcp/timestamps.ts',
    from: 'if (le(tcb.ts.recent, options.tsVal) && le(seq, tcb.rcv.acked))',
    to: 'if (le(tcb.ts.recent, options.tsVal))',
    broken: 'timestamps of early text are echoed',
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
