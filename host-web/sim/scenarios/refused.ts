/** Nobody listens: a RST says so at once, silence says nothing for a long time. */
import { at, card, count, drop, happens, scenario, states, time } from '../scenario.ts';

export default scenario({
  id: 'refused',
  title: 'Refused, or silence',
  topic: 'opening',
  rfc: ['RFC 9293 §3.5.2', 'RFC 9293 §3.10.7.1', 'RFC 9293 §3.8.3'],
  summary: 'A closed port answers in one round trip; a silent host keeps its caller for minutes.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms' },
  steps: [at(0, 'A', { do: 'connect', to: 'B', port: 81 })],
  expect: [states('A', 'SYN-SENT CLOSED')],
  lesson: [],
  variants: [
    {
      id: 'refused',
      title: 'a RST',
      expect: [count('B.rst', 1), happens('A.ECONNREFUSED'), time('A.ECONNREFUSED', 100)],
      lesson: [
        card(
          `B is there, but nobody listens on port 81. A segment for a connection that does not
           exist is answered with a reset. Its acknowledgment covers A’s SYN, so A can tell that
           it answers this very SYN. Who did not see the SYN can hardly forge that; who sees A’s
           segments on their way can.`,
          { seek: 'B.rst', focus: 'ack' },
        ),
        card(
          `One round trip after the call its user has a clear answer: ECONNREFUSED. No timer,
           no second try. A refusal is the kindest way of saying no.`,
          { seek: 'A.ECONNREFUSED' },
        ),
      ],
    },
    {
      id: 'silent',
      title: 'silence',
      rules: [drop('A.any')],
      expect: [count('A.syn', 8), count('A.RETRANSMIT', 8), time('A.ETIMEDOUT', 180_000)],
      lesson: [
        card(
          `Something on the way swallows every SYN: a firewall, a wrong route, a host that is
           switched off. To A all of these look the same, like a lost packet, so it does what
           one does about lost packets. It tries again.`,
          { seek: 'A.syn#2', focus: 'RTO' },
        ),
        card(
          `The pauses double up to a minute. After three minutes A gives up and tells its user
           ETIMEDOUT. Compare: the refusal took a tenth of a second. Dropping packets
           in silence makes the caller wait, and hardly slows scanners down.`,
          { seek: 'A.ETIMEDOUT' },
        ),
      ],
    },
  ],
});
