/**
 * Mutations: a line that obeys a rule, what it is changed to, and the test that must notice.
 *
 * The twenty here are of RFC 9293, across its list; those of the RFCs around it have a page of
 * their own. Each test is one that the ledger counts as showing the rule.
 */
import { OF_OTHERS } from './mutations-others.ts';
import { OF_RATES } from './mutations-rates.ts';
import { OF_SENDERS } from './mutations-sender.ts';

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

/** The twenty of RFC 9293. */
export const OF_9293: readonly Mutation[] = [
  {
    label: 'MUST-3',
    path: 'assembly/tcp/checksum.ts',
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
    from: 'const mayBeShort = isQuiet || has(tcb, Flag.NAGLE_OFF) || awaitsProof(tcb);',
    to: 'const mayBeShort = isQuiet || awaitsProof(tcb);',
    broken: 'Nagle can not be switched off',
    test: ['test/rfc9293/window.test.ts', 'MUST-17: Nagle can be turned off for a connection'],
  },
  {
    label: 'MUST-23',
    path: 'assembly/tcp/loss/rto.ts',
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
    from: 'min(<i32>(snd.una + snd.wnd - snd.nxt), congestion)',
    to: 'min(<i32>(snd.una + snd.maxWnd - snd.nxt), congestion)',
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
    from: 'if (isWorthwhile(tcb, free, most)) rcv.wnd = free;',
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
    from: 'if (end == snd.end && length != 0) ctl |= Ctl.PSH;',
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
    broken: 'a closed window lets nothing in but a RST',
    test: [
      'test/rfc9293/arrives-others-urg.test.ts',
      'MUST-66: the URG bit of a segment is processed even with a closed window',
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
    from: 'tcb.rcv.lastAckSent >= 2 * <u32>tcb.rcv.mss',
    to: 'tcb.rcv.lastAckSent >= 3 * <u32>tcb.rcv.mss',
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
    broken: 'out-of-order text is reported and not held',
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
];

/** All of them. */
export const MUTATIONS: readonly Mutation[] = [
  ...OF_9293,
  ...OF_OTHERS,
  ...OF_SENDERS,
  ...OF_RATES,
];
