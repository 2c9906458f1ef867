/** Slow start, and what ends it: a queue that grows, or one that overflows (RFC 5681, RFC 9406). */
import { at, card, never, on, order, received, scenario } from '../scenario.ts';

export default scenario({
  id: 'slow-start',
  title: 'Slow start',
  topic: 'congestion',
  rfc: ['RFC 5681 §3.1', 'RFC 9406 §4'],
  summary: 'A new connection looks for the rate of the path: a growing delay stops it, or a loss.',
  hosts: { A: {}, B: {} },
  link: { delay: '20ms', rate: '2mbit' },
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 560_000 }),
  ],
  expect: [received('B1', 560_000), never('A.RETRANSMISSION_TIMEOUT')],
  lesson: [
    card(
      `A does not know what the path can carry. It begins with ten segments, and sends two for each
       that is acknowledged: cwnd doubles with every round trip. The line holds 10,000 octets on
       their way; what is more than that waits in the router’s queue.`,
      { seek: 'A.data#1', focus: 'cwnd' },
    ),
  ],
  variants: [
    {
      id: 'long-queue',
      title: 'before a long queue',
      link: { limit: 400 },
      expect: [order('A.HYSTART_DELAY', 'A.HYSTART_DONE'), never('A.FAST_RETRANSMIT')],
      lesson: [
        card(
          `The queue grows, and round trips grow with it. HyStart++ compares the shortest of each
           round with that of the round before: an eighth more, and cwnd grows at a quarter of its
           speed, in case the delay was no more than chance.`,
          { seek: 'A.HYSTART_DELAY', focus: 'SRTT' },
        ),
        card(
          `Five rounds later round trips are as long as before: it was the queue. Slow start is
           over without a single loss.`,
          { seek: 'A.HYSTART_DONE', focus: 'ssthresh' },
        ),
      ],
    },
    {
      id: 'short-queue',
      title: 'before a short queue',
      link: { limit: 12 },
      expect: [order('A.data#22 lost', 'A.FAST_RETRANSMIT', 'A.RECOVERED')],
      lesson: [
        card(
          `This queue is full before a round trip has become noticeably longer, and what comes then
           is lost. For a round trip A knows nothing of it and goes on doubling: about half of that
           round is lost.`,
          { seek: 'A.data#22 lost' },
        ),
        card(
          `SACKs show what is missing. cwnd falls by three tenths, as CUBIC has it, and the holes
           are filled while new data goes on.`,
          { seek: 'A.FAST_RETRANSMIT', focus: 'cwnd' },
        ),
      ],
    },
  ],
});
