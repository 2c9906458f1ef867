/** A retransmission that is lost as well, found without a timeout (RFC 8985 §6.2). */
import { at, card, count, drop, never, on, order, received, scenario } from '../scenario.ts';

export default scenario({
  id: 'lost-retransmission',
  title: 'A lost retransmission',
  topic: 'loss',
  rfc: ['RFC 8985 §6.2', 'RFC 9937'],
  summary: 'A segment is lost, and so is its retransmission: time tells of the second as well.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms', rate: '20mbit' },
  rules: [drop('A.data#3'), drop('A.retransmit#1')],
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 40_000 }),
  ],
  expect: [
    received('B1', 40_000),
    order('A.RACK_LOST', 'A.FAST_RETRANSMIT', 'A.RETRANSMISSION_LOST', 'A.RECOVERED'),
    count('A.retransmit', 2),
    never('A.RETRANSMISSION_TIMEOUT'),
  ],
  lesson: [
    card(
      `The third segment is lost; SACKs of what came behind it show that, and A sends it again.
       That one is lost too.`,
      { seek: 'A.retransmit#1' },
    ),
    card(
      `Duplicates tell nothing now: there was a hole, and there is one. Whoever counts them has to
       wait for the retransmission timer. A looks at the time instead: each segment is remembered
       with the time of its last sending.`,
      { seek: 'A.FAST_RETRANSMIT' },
    ),
    card(
      `New segments went out behind the retransmission. When one of those arrives, everything sent
       before it should have arrived as well. The retransmission has not, so it is lost; a round
       trip after the first, the second leaves.`,
      { seek: 'A.RETRANSMISSION_LOST' },
    ),
  ],
});
