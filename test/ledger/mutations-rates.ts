/** Mutations (`mutations.ts`) of the delivery rate, of pacing and of BBR. */
import type { Mutation } from './mutations.ts';
/** Of pacing, the delivery rate and BBR. */
export const OF_RATES: readonly Mutation[] = [
  {
    label: 'BBR §4.1.2.3a',
    path: 'assembly/tcp/rate/delivery.ts',
    from: 'const interval = max(sendElapsed, ackElapsed);',
    to: 'const interval = ackElapsed;',
    broken: 'ACKs in a heap look like a fast line',
    test: [
      'test/delivery-rate.test.ts',
      'BBR §4.1.2.3a: nor if the segment they answer left just after the heap began',
    ],
  },
  {
    label: 'BBR §4.1.2.4',
    path: 'assembly/tcp/rate/delivery.ts',
    from: 'limitByApp(flight, inFlight);',
    to: '',
    broken: 'a lack of data is not noted',
    test: [
      'test/delivery-rate.test.ts',
      'BBR §4.1.2.4: samples are marked that lack of data has limited',
    ],
  },
  {
    label: 'BBR §5.6.2b',
    path: 'assembly/tcp/rate/pacing.ts',
    from: '(<u64>octets * (SECOND * NANO)) / flight.paceRate;',
    to: '0;',
    broken: 'nothing waits for its time',
    test: [
      'test/pacing.test.ts',
      'BBR §5.6.2a, §5.6.2b: each segment moves the time of the next by its octets',
    ],
  },
  {
    label: 'BBR §5.3.1.2b',
    path: 'assembly/tcp/rate/bbr.ts',
    from: 'if (++b.fullBwCount < FULL_ROUNDS) return;',
    to: 'if (++b.fullBwCount < 200) return;',
    broken: 'STARTUP does not see that the bandwidth is used up',
    test: [
      'test/simulation/bbr.test.ts',
      'BBR §5.3.1.2a, §5.3.1.2b, §5.6.2c, §5.6.2d: STARTUP ends with the bandwidth',
    ],
  },
  {
    label: 'BBR §5.3.3.8b',
    path: 'assembly/tcp/rate/bbr.ts',
    from: '|| b.roundsSinceUp >= rounds) startRefill(flight, b);',
    to: '|| rounds == 0) startRefill(flight, b);',
    broken: 'short paths are probed no more often than long ones',
    test: [
      'test/simulation/bbr.test.ts',
      'BBR §5.6.1, §5.3.3.1, §5.3.3.7, §5.3.3.8a, §5.3.3.8b, §5.3.3.3: the cycle of rates',
    ],
  },
  {
    label: 'BBR §5.3.4.3b',
    path: 'assembly/tcp/rate/bbr.ts',
    from: 'b.probeRttDoneAt = max<u32>(millisNow() + PROBE_RTT_MS, 1);',
    to: 'b.probeRttDoneAt = max<u32>(millisNow(), 1);',
    broken: 'PROBE_RTT is over at once',
    test: [
      'test/simulation/bbr.test.ts',
      'BBR §5.3.4.3a, §5.3.4.3b, §5.3.4.4, §5.6.4.5: PROBE_RTT, half each 5 s',
    ],
  },
  {
    label: 'BBR §5.5.10.3',
    path: 'assembly/tcp/rate/bbr-model.ts',
    from: 'if (b.isLossInRound && !isProbing) adaptShortTerm(tcb, b);',
    to: '',
    broken: 'losses between probes bound nothing',
    test: [
      'test/simulation/bbr.test.ts',
      'BBR §5.5.10.3: a tenth of a second of losses is given way to until the next probe',
    ],
  },
  {
    label: 'BBR §5.6.4.4',
    path: 'assembly/tcp/rate/bbr.ts',
    from: 'tcb.cc.cwnd = max(tcb.cc.cwnd, begun(tcb, flight).priorCwnd);',
    to: '',
    broken: 'cwnd of before a timeout is lost',
    test: [
      'test/bbr.test.ts',
      'BBR §5.6.4.4: even if that was much more than the timeout has lost',
    ],
  },
  {
    label: 'BBR §5.5.6',
    path: 'assembly/tcp/rate/bbr.ts',
    from: 'b.maxBwBefore = b.maxBw;',
    to: 'b.maxBwBefore = max(b.maxBw, b.maxBwBefore);',
    broken: 'a line that became slower is never known as one',
    test: [
      'test/simulation/bbr.test.ts',
      'BBR §5.5.1, §5.5.5, §5.5.6: a line that became slower is known after two cycles',
    ],
  },
];
