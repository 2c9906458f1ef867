/** Losses at the end of what was sent, which nothing behind them shows (RFC 8985 §7). */
import { at, card, drop, happens, never, on, order, received, scenario } from '../scenario.ts';

export default scenario({
  id: 'tail-loss',
  title: 'Tail loss',
  topic: 'loss',
  rfc: ['RFC 8985 §7', 'RFC 6298 §5'],
  summary: 'The last three segments are lost, and nothing behind them tells: a probe asks.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms' },
  rules: [drop('A.data#8'), drop('A.data#9'), drop('A.data#10')],
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 14_480 }),
  ],
  expect: [received('B1', 14_480)],
  lesson: [
    card(
      `Ten segments, and the last three are lost. A loss in the middle is shown by what arrives
       behind it. Here nothing does: B acknowledges the seventh, and both wait.`,
      { seek: 'A.data#10' },
    ),
  ],
  variants: [
    {
      id: 'probe',
      title: 'with a probe',
      expect: [
        order('A.TAIL_PROBE', 'A.RACK_LOST', 'A.FAST_RETRANSMIT', 'A.RECOVERED'),
        never('A.RETRANSMISSION_TIMEOUT'),
      ],
      lesson: [
        card(
          `After two round trips of silence A asks: it sends the last segment once more. That is no
           retransmission of something lost, for nobody knows of a loss.`,
          { seek: 'A.TAIL_PROBE', focus: 'timer' },
        ),
        card(
          `B’s answer SACKs the probe, and with that says what is missing before it. Two segments,
           sent long before what has now arrived, are lost: ordinary recovery brings them.`,
          { seek: 'A.RACK_LOST' },
        ),
      ],
    },
    {
      id: 'timeout',
      title: 'without SACK',
      hosts: { A: { sysctl: { tcp_sack: 0 } } },
      expect: [happens('A.RETRANSMISSION_TIMEOUT'), never('A.TAIL_PROBE')],
      lesson: [
        card(
          `Without SACK the answer to a probe could not say what is missing, so there is none. The
           retransmission timer has to run out; cwnd falls to one segment, and the three come one
           after the other.`,
          { seek: 'A.RETRANSMISSION_TIMEOUT', focus: 'cwnd' },
        ),
      ],
    },
  ],
});
