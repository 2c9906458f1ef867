/** The same window in a burst, and spread over the round trip, before a short queue. */
import { at, card, counter, happens, never, on, received, scenario, time } from '../scenario.ts';

export default scenario({
  id: 'pacing',
  title: 'Pacing',
  topic: 'congestion',
  rfc: ['draft-ietf-ccwg-bbr §5.6.2'],
  summary: 'What leaves in a burst overflows a short queue; spread over the round trip it fits.',
  hosts: { A: {}, B: {} },
  link: { delay: '40ms', rate: '8mbit', limit: 36 },
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 200_000 }),
    on('A:ESTABLISHED', 'A', { do: 'shutdown' }),
  ],
  expect: [received('B1', 200_000), never('A.RETRANSMISSION_TIMEOUT')],
  lesson: [
    card(
      `A begins with ten segments, and doubles that with each round trip. The line carries a segment
       in 1.5 ms, so a window of ten has gone after 15 of the 80 ms a round trip takes. What comes
       faster than that waits, and there is room for few.`,
      { seek: 'A.data#1', focus: 'cwnd' },
    ),
  ],
  variants: [
    {
      id: 'bursts',
      title: 'in bursts',
      expect: [never('A.PACED'), counter('A', 'TcpRetransSegs', 4), time('B.eof', 576, 10)],
      lesson: [
        card(
          `Each ACK lets two segments go at once. So the window stays a burst, round after round
           twice as long each time, and twice as fast as the line: the queue overflows, though
           the line stood idle for most of the time.`,
          { seek: 'A.FAST_RETRANSMIT', focus: 'cwnd' },
        ),
      ],
    },
    {
      id: 'paced',
      title: 'paced',
      hosts: { A: { sysctl: { tcp_pacing: 1 } } },
      expect: [happens('A.PACED'), counter('A', 'TcpRetransSegs', 0), time('B.eof', 488, 10)],
      lesson: [
        card(
          `With tcp_pacing each segment waits for its time: twice cwnd in a round trip, and not
           as fast as the host can. A timer wakes the sender, a millisecond later at least, for no
           host keeps its timers more finely.`,
          { seek: 'A.PACED' },
        ),
        card(
          `The same window is spread over half of the round trip now. It never finds the queue full,
           nothing is sent again, and everything is there 88 ms sooner.`,
          { seek: 'A.PACED#3', focus: 'cwnd' },
        ),
      ],
    },
  ],
});
