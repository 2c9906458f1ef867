/** Mutations (`mutations.ts`) of rules of loss recovery and congestion control. */
import type { Mutation } from './mutations.ts';

export const OF_SENDERS: readonly Mutation[] = [
  {
    label: 'RFC 3522 §3.2b',
    path: 'assembly/tcp/loss/undo.ts',
    from: 'const echoesEarlier = made.hasEcho && lt(made.echo, flight.retransStamp);',
    to: 'const echoesEarlier = false;',
    broken: 'an echo of the original undoes nothing',
    test: [
      'test/spurious.test.ts',
      'RFC 3522 §3.2a, §3.2b, RFC 4015 §3.2a: the echo of the original undoes a timeout',
    ],
  },
  {
    label: 'RFC 3708 §3b',
    path: 'assembly/tcp/loss/undo.ts',
    from: 'flight.undoRetrans = onTheirWayAgain(tcb, flight);',
    to: 'flight.undoRetrans = 0;',
    broken: 'duplicates of an earlier recovery undo a later one',
    test: [
      'test/recoveries.test.ts',
      'RFC 3708 §3b: duplicates of what an earlier recovery has sent again undo nothing',
    ],
  },
  {
    label: 'RFC 3708 §3a',
    path: 'assembly/tcp/loss/undo.ts',
    from: 'flight.undoRetrans -= min(segments, flight.undoRetrans);',
    to: '',
    broken: 'reported duplicates undo nothing',
    test: [
      'test/spurious.test.ts',
      'RFC 3708 §3a, RFC 2883 §5b: all that was sent again is reported twice: undone',
    ],
  },
  {
    label: 'RFC 5682 §3.1a',
    path: 'assembly/tcp/loss/recovery.ts',
    from: '(mayBeSpurious ? Frto.WAITING : Frto.OFF)',
    to: 'Frto.OFF',
    broken: 'after a timeout everything is sent again',
    test: [
      'test/spurious.test.ts',
      'RFC 5682 §3.1a: after a timeout new data is sent before more is sent again',
    ],
  },
  {
    label: 'RFC 7661 §4.4',
    path: 'assembly/tcp/rate/validation.ts',
    from: 'return tcb.unvalidatedAt == 0;',
    to: 'return true;',
    broken: 'a window that is half empty grows',
    test: [
      'test/rfc7661.test.ts',
      'RFC 7661 §4.2a, §4.3a, §4.3b, §4.4: under half of cwnd it stays, then it grows',
    ],
  },
  {
    label: 'RFC 7661 §4.4.1b',
    path: 'assembly/tcp/rate/validation.ts',
    from: '(v.pipeAck - resent) / 2',
    to: 'v.pipeAck / 2',
    broken: 'what was sent again counts as carried',
    test: [
      'test/rfc7661.test.ts',
      'RFC 7661 §4.4.1b: after recovery, less half of what was sent again',
    ],
  },
  {
    label: 'RFC 7661 §4.4.3b',
    path: 'assembly/tcp/rate/validation.ts',
    from: 'if (passed < KEPT_SECONDS) return;',
    to: 'return;',
    broken: 'a window is kept for ever',
    test: ['test/rfc7661.test.ts', 'RFC 7661 §4.4.3b: after an hour it is as at the beginning'],
  },
  {
    label: 'RFC 8985 §6.2b',
    path: 'assembly/tcp/loss/rack.ts',
    from: 'if (made.hasOriginal && lt(made.lowestEnd, flight.fack)) noteReordering(tcb);',
    to: '',
    broken: 'reordering is not learned',
    test: [
      'test/rfc8985.test.ts',
      'RFC 8985 §6.2b: where segments were seen to overtake each other, three prove nothing',
    ],
  },
  {
    label: 'RFC 8985 §6.2c',
    path: 'assembly/tcp/loss/rack.ts',
    from: 'if (tcb.cc.reorderSteps < MAX_STEPS) tcb.cc.reorderSteps++;',
    to: '',
    broken: 'duplicates do not widen the window',
    test: [
      'test/rfc8985.test.ts',
      'RFC 8985 §6.2c: a reported duplicate widens the window by another quarter',
    ],
  },
  {
    label: 'RFC 8985 §6.2e',
    path: 'assembly/tcp/loss/rack.ts',
    from: '(steps * tcb.rtt.least) / 4',
    to: '0 * steps',
    broken: 'nothing may come late',
    test: [
      'test/rfc8985.test.ts',
      'RFC 8985 §6.2a, §6.2e: what is a quarter of the RTT late is lost',
    ],
  },
  {
    label: 'RFC 8985 §6.2f',
    path: 'assembly/tcp/progress.ts',
    from: 'return elapsed < tcb.rtt.least - tcb.rtt.least / 4;',
    to: 'return elapsed < tcb.rtt.least;',
    broken: 'the answer to a retransmission counts as the original’s for a microsecond',
    test: [
      'test/rfc8985.test.ts',
      'RFC 8985 §6.2f: a retransmission’s answer may be a little quicker than any was',
    ],
  },
  {
    label: 'RFC 8985 §6.3',
    path: 'assembly/tcp/loss/recovery.ts',
    from: 'if (index != first && clock() - sent.sentAt < wait) continue;',
    to: '',
    broken: 'a timeout takes what was just sent for lost',
    test: [
      'test/rfc8985.test.ts',
      'RFC 8985 §6.3: a timeout leaves alone what was sent less than a round trip ago',
    ],
  },
  {
    label: 'RFC 8985 §7.2a',
    path: 'assembly/tcp/loss/tail-probe.ts',
    from: 'return 2 * tcb.rtt.srtt + (isSingle ? MAX_ACK_DELAY : 2 * MILLISECOND);',
    to: 'return 2 * tcb.rtt.srtt;',
    broken: 'a probe does not wait for a delayed ACK',
    test: [
      'test/rfc8985.test.ts',
      'RFC 8985 §7.2a: a single segment is given the time its ACK may be delayed',
    ],
  },
  {
    label: 'RFC 8985 §7.4.2',
    path: 'assembly/tcp/loss/tail-probe.ts',
    from: 'tcb.cc.cwnd = min(tcb.cc.cwnd, tcb.cc.ssthresh);',
    to: '',
    broken: 'a repaired loss costs nothing',
    test: [
      'test/rfc8985.test.ts',
      'RFC 8985 §7.4.2: a loss that the probe repaired reduces the window like any other',
    ],
  },
  {
    label: 'RFC 9406 §4.2d',
    path: 'assembly/tcp/rate/hystart.ts',
    from: 'return h.currentRoundLeast >= h.lastRoundLeast + threshold;',
    to: 'return false;',
    broken: 'delay does not slow slow start',
    test: [
      'test/rfc9406.test.ts',
      'RFC 9406 §4.2c, §4.2d, §4.2e: an eighth more of RTT, and cwnd grows by a quarter',
    ],
  },
  {
    label: 'RFC 9406 §4.2f',
    path: 'assembly/tcp/rate/hystart.ts',
    from: 'if (h.samples >= SAMPLES && h.currentRoundLeast < h.baseline) h.baseline = 0;',
    to: '',
    broken: 'slow start never goes on',
    test: [
      'test/rfc9406.test.ts',
      'RFC 9406 §4.2f: when the delay has gone again, slow start goes on',
    ],
  },
  {
    label: 'RFC 9438 §4.6a',
    path: 'assembly/tcp/rate/cubic.ts',
    from: '(<u64>inFlight * percent) / 100',
    to: '<u64>inFlight / 2',
    broken: 'CUBIC gives up half',
    test: [
      'test/rfc9438.test.ts',
      'RFC 9438 §4.6a, RFC 8511 §3b: a loss leaves seven tenths of what was in flight',
    ],
  },
  {
    label: 'RFC 9438 §4.2b',
    path: 'assembly/tcp/rate/cubic.ts',
    from: '* 2_500_000_000) / mss);',
    to: '* 250_000_000) / mss);',
    broken: 'K is half of what it is',
    test: [
      'test/rfc9438.test.ts',
      'RFC 9438 §4.2a, §4.2b, §4.4: cwnd follows the cubic curve of time',
    ],
  },
  {
    label: 'RFC 9438 §4.3a',
    path: 'assembly/tcp/rate/cubic.ts',
    from: 'if (cubic.estimate > target) {',
    to: 'if (false) {',
    broken: 'there is no Reno-friendly region',
    test: [
      'test/rfc9438.test.ts',
      'RFC 9438 §4.3a: where Reno would be faster, cwnd grows as Reno’s would',
    ],
  },
  {
    label: 'RFC 9438 §4.7',
    path: 'assembly/tcp/rate/cubic.ts',
    from: ' || isQueueDeep(tcb, flight);',
    to: ';',
    broken: 'who has more of a queue keeps it',
    test: [
      'test/rfc9438.test.ts',
      'RFC 9438 §4.7: so does each loss behind a queue that stays: RTT %i ms',
    ],
  },
  {
    label: 'RFC 9937 §6b',
    path: 'assembly/tcp/loss/prr.ts',
    from: 'allowed = <i64>share - flight.prrOut;',
    to: 'allowed = 0;',
    broken: 'nothing is sent while cwnd comes down',
    test: [
      'test/rfc9937.test.ts',
      'RFC 9937 §6a, §6b: of what is delivered, half is sent while cwnd comes down by half',
    ],
  },
  {
    label: 'RFC 9937 §6d',
    path: 'assembly/tcp/loss/prr.ts',
    from: 'if (made.acked != 0 && made.lost == 0) allowed += mss;',
    to: '',
    broken: 'progress lets nothing more out',
    test: [
      'test/rfc9937.test.ts',
      'RFC 9937 §6d: progress without a further loss lets one segment more out',
    ],
  },
];
