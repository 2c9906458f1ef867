/** TIME-WAIT, purpose one: to be there when the last ACK was lost (RFC 9293 §3.6). */
import { at, card, count, drop, happens, scenario, states, time } from '../scenario.ts';

export default scenario({
  id: 'time-wait-1',
  title: 'TIME-WAIT, purpose one: the last ACK',
  topic: 'TIME-WAIT',
  rfc: ['RFC 9293 §3.6', 'RFC 9293 §3.10.7.4'],
  summary: 'The last ACK is lost; only because A still waits does B learn that all is well.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms' },
  rules: [drop('A.bareack#2')],
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    at(500, 'A', { do: 'close' }),
  ],
  expect: [
    states('A', 'SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED'),
    states('B', 'SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED'),
    count('B.fin', 2),
    count('B.RETRANSMIT', 1),
  ],
  lesson: [
    card(
      `Both have closed, and A’s last ACK is lost. Every other segment is protected by the one
       that answers it, but nobody acknowledges an acknowledgment: A can not know. B, in LAST-
       ACK, waits, and sends its FIN again.`,
      { seek: 'A.bareack#2 lost', focus: 'timer' },
    ),
  ],
  variants: [
    {
      id: 'real',
      title: 'a minute of TIME-WAIT',
      expect: [happens('B.FIN_ACKED'), count('A.rst', 0), time('A:CLOSED', 60_900)],
      lesson: [
        card(
          `A is still there. It knows the repeated FIN, acknowledges once more, and begins its
           two maximum segment lifetimes again. B closes in good order: its user can be sure
           that A has everything.`,
          { seek: 'B.fin#2 arrives', focus: 'timer at' },
        ),
      ],
    },
    {
      id: 'none',
      title: 'without TIME-WAIT',
      hosts: { A: { sysctl: { tcp_time_wait_ms: 0 } } },
      expect: [happens('A.NO_CONNECTION'), count('A.rst', 1), happens('B.RST_ARRIVED')],
      lesson: [
        card(
          `Here A forgot the connection at once. The repeated FIN finds nobody, and A does what
           it does with strangers: RST. B’s connection ends with an error, though every octet
           had arrived. For the end that closes first, TIME-WAIT is the price of a clean close.`,
          { seek: 'B.RST_ARRIVED' },
        ),
      ],
    },
  ],
});
