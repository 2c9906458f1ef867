/** Two controllers before the same queue: how far cwnd falls, and how it climbs (RFC 9438). */
import { at, card, count, never, on, received, scenario, time } from '../scenario.ts';

export default scenario({
  id: 'sawtooth',
  title: 'The sawtooth',
  topic: 'congestion',
  rfc: ['RFC 5681 §3.1', 'RFC 9438 §4'],
  summary: 'cwnd grows until the queue overflows, and falls: CUBIC by three tenths, Reno by half.',
  hosts: { A: {}, B: {} },
  link: { delay: '40ms', rate: '2mbit', limit: 16 },
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 600_000 }),
    on('A:ESTABLISHED', 'A', { do: 'shutdown' }),
  ],
  expect: [received('B1', 600_000), never('A.RETRANSMISSION_TIMEOUT')],
  lesson: [
    card(
      `The path holds 20,000 octets between A and the acknowledgments’ return. A bigger cwnd is no
       faster: what it adds stands in the queue, which has an end. So cwnd climbs, the queue
       overflows, cwnd falls, and climbs again: a sawtooth.`,
      { seek: 'A.FAST_RETRANSMIT', focus: 'cwnd' },
    ),
  ],
  variants: [
    {
      id: 'cubic',
      title: 'CUBIC',
      hosts: { A: { sysctl: { tcp_congestion_control: 0 } } },
      expect: [count('A.FAST_RETRANSMIT', 3), time('B.eof', 2639, 20)],
      lesson: [
        card(
          `CUBIC falls to seven tenths, from 34,800 octets to 24,300: still more than the path
           holds, so the line never stands idle. It comes back to where the loss was quickly, stays
           near that for a while, and only then looks further. Everything is there after 2.64 s.`,
          { seek: 'A.RECOVERED#3', focus: 'cwnd' },
        ),
      ],
    },
    {
      id: 'reno',
      title: 'Reno',
      hosts: { A: { sysctl: { tcp_congestion_control: 1 } } },
      expect: [count('A.FAST_RETRANSMIT', 2), time('B.eof', 2704, 20)],
      lesson: [
        card(
          `Reno falls to half, from 33,300 octets to 16,700: less than the path holds. The queue
           runs empty and the line stands idle until cwnd, a segment a round trip, has climbed to
           20,000. With longer queues that does not happen; with longer paths it takes minutes,
           which is why there is CUBIC. Here it costs 65 ms.`,
          { seek: 'A.RECOVERED#2', focus: 'cwnd' },
        ),
      ],
    },
  ],
});
