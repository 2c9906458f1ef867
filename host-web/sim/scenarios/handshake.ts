/** The three-way handshake (RFC 9293 §3.5, figure 6), and nothing else. */
import { at, card, count, never, order, scenario, states, time } from '../scenario.ts';

export default scenario({
  id: 'handshake',
  title: 'Three-way handshake',
  topic: 'opening',
  rfc: ['RFC 9293 §3.5'],
  summary: 'Three segments, and both sides know that both sides know.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms' },
  steps: [at(0, 'B', { do: 'listen', port: 80 }), at(0, 'A', { do: 'connect', to: 'B', port: 80 })],
  expect: [
    states('A', 'SYN-SENT ESTABLISHED'),
    states('B', 'SYN-RECEIVED ESTABLISHED'),
    count('A.any', 2),
    count('B.any', 1),
    order('A.syn', 'B.synack', 'A.bareack arrives'),
    time('A:ESTABLISHED', 100),
    time('B:ESTABLISHED', 150),
    never('A.retransmit'),
  ],
  lesson: [
    card(
      `A wants to talk to B. Each side counts the octets it sends, beginning at a number of its
       own choice that nobody can guess. The first segment, SYN, tells B where A begins to
       count, and what A can do: the largest segment it takes, window scaling, SACK,
       timestamps.`,
      { seek: 'A.syn', focus: 'ISS' },
    ),
    card(
      `B listens, so it answers with a SYN of its own, and acknowledges A’s: ack 1 says “I
       expect your octet 1 next”. The SYN itself takes number 0, so that it can be acknowledged
       like data. B is in SYN-RECEIVED: it does not know yet whether A hears it.`,
      { seek: 'B.synack', focus: 'RCV.NXT' },
    ),
    card(
      `After one round trip A is ESTABLISHED and may send. B needs the third segment: only now
       does it know that A got its number. With two segments an old SYN from the network could
       open a connection nobody wants; with three, A would say no.`,
      { seek: 'B:ESTABLISHED', focus: 'state' },
    ),
  ],
});
