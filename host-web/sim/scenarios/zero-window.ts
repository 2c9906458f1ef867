/** A full receiver, its lost window update, and the probe that finds out (RFC 9293 §3.8.6.1). */
import { at, card, count, drop, happens, on, order, received, scenario } from '../scenario.ts';

export default scenario({
  id: 'zero-window',
  title: 'Zero window and its probe',
  topic: 'flow control',
  rfc: ['RFC 9293 §3.8.6.1', 'RFC 1122 §4.2.2.17'],
  summary: 'B stops reading, its window closes, the update is lost: a probe ends the deadlock.',
  hosts: { A: {}, B: {} },
  link: { delay: '20ms' },
  rules: [drop('B.bareack#8')],
  steps: [
    at(0, 'B', { do: 'listen', port: 80, reads: false, receiveBuffer: 8192 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 20_000 }),
    at(2500, 'B', { do: 'reading', is: true }),
  ],
  expect: [
    received('B1', 20_000),
    count('A.PERSIST', 4),
    happens('B.bareack#8 lost'),
    order('A.PERSIST#3', 'B.bareack#8', 'A.PERSIST#4', 'A.data#11'),
    count('A.RETRANSMIT', 0),
  ],
  lesson: [
    card(
      `B’s program does not read. Its buffer holds 8,192 octets; with every acknowledgment the
       window it offers shrinks, and at zero A must stop, with 11,808 octets still to send.`,
      { seek: 'B.bareack#4', focus: 'SND.WND' },
    ),
    card(
      `Now everything hangs on one segment: the acknowledgment that will say “I have room
       again”. Acknowledgments are not acknowledged. If that one is lost, B waits for data, A
       waits for room, for ever. So A does not only wait: now and then it sends one octet, a
       probe, more and more rarely.`,
      { seek: 'A.PERSIST', focus: 'timer' },
    ),
    card(
      `B reads after two and a half seconds, and its window update is lost. The next probe finds
       out: B’s answer to it carries the window, and data flows. As long as B answers, A probes for
       ever. A peer that does not read is slow, not dead.`,
      { seek: 'A.PERSIST#4', focus: 'SND.WND' },
    ),
  ],
});
