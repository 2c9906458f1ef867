/** Segments of the handshake are lost: the first, the second, the third (RFC 6298). */
import { at, card, count, drop, on, received, scenario, states, time } from '../scenario.ts';

export default scenario({
  id: 'syn-lost',
  title: 'A segment of the handshake is lost',
  topic: 'opening',
  rfc: ['RFC 6298 §2.1', 'RFC 6298 §5.5', 'RFC 9293 §3.5'],
  summary: 'The sender of what was lost sends it again: after one second, then two, then four.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms' },
  steps: [at(0, 'B', { do: 'listen', port: 80 }), at(0, 'A', { do: 'connect', to: 'B', port: 80 })],
  expect: [states('A', 'SYN-SENT ESTABLISHED'), states('B', 'SYN-RECEIVED ESTABLISHED')],
  lesson: [],
  variants: [
    {
      id: 'syn',
      title: 'the SYN, twice',
      rules: [drop('A.syn#1'), drop('A.syn#2')],
      expect: [
        count('A.syn', 3),
        count('A.RETRANSMIT', 2),
        time('A.syn#2', 1000),
        time('A.syn#3', 3000),
        time('A:ESTABLISHED', 3100),
      ],
      lesson: [
        card(
          `A’s first SYN never arrives. A can not know that; it knows only that no answer has
           come. It has never measured this path, so it waits a whole second, a timeout chosen
           to be long enough for nearly every path there is.`,
          { seek: 'A.syn#1 lost', focus: 'RTO' },
        ),
        card(
          `The second is lost, too. Each time the timer runs out, A doubles it: if the network
           drops packets because it is full, sending faster would only make things worse. One
           second, then two: the third SYN leaves three seconds after the first.`,
          { seek: 'A.syn#3', focus: 'RTO' },
        ),
      ],
    },
    {
      id: 'syn-ack',
      title: 'the SYN,ACK',
      rules: [drop('B.synack#1')],
      expect: [count('A.syn', 2), count('B.synack', 3), time('A:ESTABLISHED', 1100)],
      lesson: [
        card(
          `Now the answer is lost. Both sides have sent something that is not acknowledged, and
           both have a timer running: A for its SYN, B, in SYN-RECEIVED, for its SYN,ACK.`,
          { seek: 'B.synack#1 lost', focus: 'timer' },
        ),
        card(
          `A’s SYN comes again, and B’s timer rings at nearly the same moment, so two SYN,ACKs
           are on the way. The first opens the connection. The second is below A’s window by
           then: A drops it, and acknowledges once more, for a peer that repeats itself may
           have missed the answer.`,
          { seek: 'A.OUTSIDE_WINDOW' },
        ),
      ],
    },
    {
      id: 'ack',
      title: 'the last ACK',
      rules: [drop('A.bareack#1')],
      steps: [on('A:ESTABLISHED', 'A', { do: 'send', octets: 100 }, '500ms')],
      expect: [
        count('A.syn', 1),
        count('B.synack', 1),
        received('B1', 100),
        time('B:ESTABLISHED', 650),
      ],
      lesson: [
        card(
          `The third segment is lost. A thinks the connection is open; B is still in SYN-
           RECEIVED. Neither is wrong: they just know different things.`,
          { seek: 'A.bareack#1 lost' },
        ),
        card(
          `Nothing has to be done about it. Every segment A sends from now on carries the same
           acknowledgment, so the first data heals the loss: B becomes ESTABLISHED and reads
           the data, in one step.`,
          { seek: 'B:ESTABLISHED', focus: 'state' },
        ),
      ],
    },
  ],
});
