/** Segments that overtake each other: taken for lost once, and not again (RFC 8985 §6.2). */
import { at, card, count, delay, never, on, order, received, scenario } from '../scenario.ts';

export default scenario({
  id: 'reordering',
  title: 'Reordering',
  topic: 'loss',
  rfc: ['RFC 8985 §6.2', 'RFC 3522', 'RFC 4015'],
  summary: 'A segment comes late and is taken for lost; the mistake is undone, and not made twice.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms' },
  rules: [delay('A.data#3', '20ms'), delay('A.data#15', '20ms')],
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 14_480 }),
    at(1000, 'A', { do: 'send', octets: 14_480 }),
  ],
  expect: [
    received('B1', 28_960),
    order('A.RACK_LOST', 'A.FAST_RETRANSMIT', 'A.REORDERING_SEEN', 'A.UNDONE_BY_TIMESTAMP'),
    count('A.RACK_LOST', 1),
    count('A.retransmit', 1),
    never('A.RETRANSMISSION_TIMEOUT'),
  ],
  lesson: [
    card(
      `The third segment takes another way and is 20 ms late. Seven segments behind it arrive in
       its stead, and B reports them. Three would do: a hole with so much behind it has always
       meant a loss, so A sends the segment again, and cwnd falls.`,
      { seek: 'A.FAST_RETRANSMIT', focus: 'cwnd' },
    ),
    card(
      `Then the late one arrives, and B acknowledges everything. The timestamp that comes back with
       it is older than the retransmission: B answers the first sending. Nothing was lost, so cwnd
       and ssthresh are given back.`,
      { seek: 'A.UNDONE_BY_TIMESTAMP', focus: 'cwnd' },
    ),
    card(
      `A has learned that on this path segments overtake each other. From now on it counts no
       segments but waits a quarter of the round trip, 25 ms. The fifteenth segment is just as
       late, and nothing is sent twice.`,
      { seek: 'A.data#15' },
    ),
  ],
});
