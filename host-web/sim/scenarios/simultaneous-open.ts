/** Both ends call OPEN at once (RFC 9293 §3.5, figure 7). */
import { at, card, count, order, scenario, states } from '../scenario.ts';

export default scenario({
  id: 'simultaneous-open',
  title: 'Simultaneous open',
  topic: 'opening',
  rfc: ['RFC 9293 §3.5'],
  summary: 'Two SYNs cross on the way, and one connection comes of it, not two.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms' },
  steps: [
    at(0, 'A', { do: 'connect', to: 'B', port: 5000, from: 4000 }),
    at(10, 'B', { do: 'connect', to: 'A', port: 4000, from: 5000 }),
  ],
  expect: [
    states('A', 'SYN-SENT SYN-RECEIVED ESTABLISHED'),
    states('B', 'SYN-SENT SYN-RECEIVED ESTABLISHED'),
    order('A.syn', 'B.syn', 'B.SIMULTANEOUS_OPEN', 'A.SIMULTANEOUS_OPEN'),
    count('A.rst', 0),
    count('B.rst', 0),
  ],
  lesson: [
    card(
      `Nobody listens here. A calls B, and before that call arrives, B calls A, with the same
       two ports. Each waits in SYN-SENT for an answer.`,
      { seek: 'B.syn', focus: 'state' },
    ),
    card(
      `What arrives is not an answer but another SYN. A TCP that wanted to be strict could
       refuse it. Instead it goes to SYN-RECEIVED: the other side wants the same connection, so
       it acknowledges that SYN and repeats its own.`,
      { seek: 'B.SIMULTANEOUS_OPEN', focus: 'state' },
    ),
    card(
      `Four segments instead of three, and one connection, for a connection is named by its two
       sockets, and both calls named the same pair. Hosts behind address translators sometimes
       open connections in just this way, on purpose.`,
      { seek: 'B:ESTABLISHED' },
    ),
  ],
});
