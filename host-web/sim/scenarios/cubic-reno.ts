/** One loss on a long path, and how long each controller takes to be back (RFC 9438). */
import { at, card, count, drop, never, on, received, scenario, time } from '../scenario.ts';

export default scenario({
  id: 'cubic-reno',
  title: 'CUBIC against Reno',
  topic: 'congestion',
  rfc: ['RFC 9438 §4.2', 'RFC 5681 §3.1'],
  summary: 'One segment is lost on a long path. CUBIC counts seconds to be back, Reno round trips.',
  hosts: {
    A: { limits: { pages: 192, sendBuffer: 524_288 } },
    B: { limits: { pages: 192, receiveBuffer: 524_288 } },
  },
  link: { delay: '100ms', rate: '50mbit', limit: 1000 },
  rules: [drop('A.data#40')],
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 600_000 }),
    on('A:ESTABLISHED', 'A', { do: 'shutdown' }),
  ],
  expect: [
    received('B1', 600_000),
    count('A.FAST_RETRANSMIT', 1),
    never('A.RETRANSMISSION_TIMEOUT'),
  ],
  lesson: [
    card(
      `The path carries 50 Mbit/s, and an answer takes 200 ms: it holds 1,250,000 octets, and no
       queue on it ever fills. In slow start the fortieth segment is lost, by chance. cwnd is 69,504
       octets when A learns of it. Nothing else is lost: what differs from here on is only what a
       controller makes of one loss.`,
      { seek: 'A.FAST_RETRANSMIT', focus: 'cwnd' },
    ),
  ],
  variants: [
    {
      id: 'cubic',
      title: 'CUBIC',
      hosts: { A: { sysctl: { tcp_congestion_control: 0 } } },
      expect: [time('B.eof', 2511, 20)],
      lesson: [
        card(
          `CUBIC falls to seven tenths, 49,666 octets. From there it follows a curve over the
           seconds since the loss, steep at first and flat where the loss was. It is back after
           3.3 s, and that would be so on a path of 20 ms as well. Everything is there after 2.51
           s.`,
          { seek: 'B.eof', focus: 'cwnd' },
        ),
      ],
    },
    {
      id: 'reno',
      title: 'Reno',
      hosts: { A: { sysctl: { tcp_congestion_control: 1 } } },
      expect: [time('B.eof', 3148, 20)],
      lesson: [
        card(
          `Reno falls to half, 35,476 octets, and adds a segment in each round trip, which is five
           a second: it is back after nearly five seconds. Had it lost one with the path full, it
           would lack 430 segments, and take a minute and a half. So the longer the path, the less
           of it Reno can use. Everything is there after 3.15 s.`,
          { seek: 'B.eof', focus: 'cwnd' },
        ),
      ],
    },
  ],
});
