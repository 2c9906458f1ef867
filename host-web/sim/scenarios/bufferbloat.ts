/** A long queue that a sender fills, or leaves nearly empty (RFC 9438, BBR). */
import { at, card, count, never, on, scenario, time } from '../scenario.ts';

export default scenario({
  id: 'bufferbloat',
  title: 'Bufferbloat',
  topic: 'congestion',
  rfc: ['RFC 9438 §4', 'draft-ietf-ccwg-bbr §3'],
  summary: 'A transfer fills a long queue, and all that comes waits behind it. BBR leaves it be.',
  hosts: { A: {}, B: {} },
  link: { delay: '20ms', rate: '1mbit', limit: 100 },
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 700_000 }),
    at(5_000, 'A', { do: 'connect', to: 'B', port: 80 }),
  ],
  until: 8_000,
  expect: [never('A.RETRANSMISSION_TIMEOUT'), never('A.FAST_RETRANSMIT')],
  lesson: [
    card(
      `Between A and B 5,000 octets are on their way at a time. The queue before the line has room
       for a hundred packets, thirty times as much, so nothing is ever lost. While A sends, its
       user clicks on something after five seconds: a second connection begins, and its SYN has
       to go through the same queue.`,
      { seek: 'A.data#1', of: 'A1', focus: 'cwnd' },
    ),
  ],
  variants: [
    {
      id: 'cubic',
      title: 'CUBIC',
      hosts: { A: { sysctl: { tcp_congestion_control: 0 } } },
      expect: [time('A:ESTABLISHED#2', 5_522, 30)],
      lesson: [
        card(
          `CUBIC waits for a loss, and there is none. cwnd grows and grows; what the line does not
           hold stands in the queue, and makes nothing faster. The SYN needs 520 ms there and
           back, where 41 would do.`,
          { seek: 'A:ESTABLISHED#2', of: 'A2', focus: 'SRTT' },
        ),
      ],
    },
    {
      id: 'bbr',
      title: 'BBR',
      hosts: { A: { sysctl: { tcp_congestion_control: 2 } } },
      expect: [count('A.BBR_FULL', 1), time('A:ESTABLISHED#2', 5_110, 30)],
      lesson: [
        card(
          `BBR measures: so much was delivered, so long is a round trip without a queue. It has
           doubled its rate until the delivery grew no more; what that put into the queue it lets
           drain now, at half the rate.`,
          { seek: 'A.BBR_FULL', of: 'A1', focus: 'cwnd' },
        ),
        card(
          `From then on A sends as fast as the line delivers. A handful of segments stand in the
           queue, for fewer would not keep two hosts busy that acknowledge every other one. The
           SYN is back after 110 ms, and the transfer is no slower.`,
          { seek: 'A:ESTABLISHED#2', of: 'A2', focus: 'SRTT' },
        ),
      ],
    },
  ],
});
