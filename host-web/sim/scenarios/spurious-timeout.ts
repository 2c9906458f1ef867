/** Acknowledgments that stand still for a while: the timeout is wrong, and is taken back. */
import { at, card, count, delay, on, order, received, scenario } from '../scenario.ts';

export default scenario({
  id: 'spurious-timeout',
  title: 'A spurious timeout',
  topic: 'loss',
  rfc: ['RFC 3522 §3.2', 'RFC 4015 §3.2', 'RFC 5682 §3.1'],
  summary: 'The way back stands still for half a second: a timeout for nothing, and its undoing.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms' },
  rules: [
    ...[6, 7, 8, 9, 10].map((n) => delay(`B.bareack#${n}`, '500ms')),
    delay('B.bareack#11', '260ms'),
  ],
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 14_480 }),
    at(1000, 'A', { do: 'send', octets: 28_960 }),
  ],
  expect: [
    received('B1', 43_440),
    order('A.TAIL_PROBE', 'A.RETRANSMISSION_TIMEOUT'),
    count('A.RETRANSMISSION_TIMEOUT', 1),
    count('A.retransmit', 1),
  ],
  lesson: [
    card(
      `A sends ten segments, and all arrive. But the acknowledgments are held up on their way, for
       half a second. A probe finds nothing out; then the retransmission timer runs out. A has to
       take everything for lost: cwnd falls to one segment, and the first is sent again.`,
      { seek: 'A.RETRANSMISSION_TIMEOUT', focus: 'cwnd' },
    ),
  ],
  variants: [
    {
      id: 'timestamps',
      title: 'undone by timestamps',
      expect: [order('A.RETRANSMISSION_TIMEOUT', 'A.UNDONE_BY_TIMESTAMP')],
      lesson: [
        card(
          `The first late acknowledgment echoes a timestamp older than the retransmission: it
           answers the first sending, which therefore had arrived. cwnd and ssthresh are given
           back, and nothing more is sent again. Without that, nine segments would follow for
           nothing.`,
          { seek: 'A.UNDONE_BY_TIMESTAMP', focus: 'cwnd' },
        ),
      ],
    },
    {
      id: 'frto',
      title: 'undone by F-RTO',
      hosts: { A: { sysctl: { tcp_timestamps: 0 } } },
      expect: [order('A.RETRANSMISSION_TIMEOUT', 'A.UNDONE_BY_FRTO')],
      lesson: [
        card(
          `Without timestamps the first acknowledgment could be of either sending. A does not send
           more again, but two new segments, and looks at the next acknowledgment. It covers what
           was sent only once: that had not been lost, and neither had the rest. All comes back.`,
          { seek: 'A.UNDONE_BY_FRTO', focus: 'cwnd' },
        ),
      ],
    },
  ],
});
