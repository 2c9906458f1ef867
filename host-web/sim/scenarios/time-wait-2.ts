/** TIME-WAIT, purpose two: old segments must die before their sockets are used again. */
import { at, card, count, delay, happens, on, received, scenario } from '../scenario.ts';

const again = at(25, 'A', { do: 'connect', to: 'B', port: 80, from: 40_000, noDelay: true });
const later = [
  on('A:ESTABLISHED#2', 'A', { do: 'send', octets: 1000 }),
  // In 25 ms the clock behind initial sequence numbers counts 6,250; so the old data begins here.
  on('A:ESTABLISHED#2', 'A', { do: 'send', octets: 13 * 1460 - 6250 - 1000 }, '80ms'),
  on('A:ESTABLISHED#2', 'A', { do: 'send', octets: 39_000 - (13 * 1460 - 6250 - 1000) }, '80ms'),
];
const zero = { sysctl: { tcp_time_wait_ms: 0 } };

export default scenario({
  id: 'time-wait-2',
  title: 'TIME-WAIT, purpose two: old duplicates',
  topic: 'TIME-WAIT',
  rfc: ['RFC 9293 §3.4.3', 'RFC 9293 §3.6.1', 'RFC 7323 §5', 'RFC 1337 §3'],
  summary: 'A segment of the last connection arrives in the next, and its octets are believed.',
  hosts: { A: { sysctl: { tcp_timestamps: 0 } }, B: { sysctl: { tcp_timestamps: 0 } } },
  link: { delay: '1ms' },
  rules: [delay('A.data#14', '60ms')],
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80, from: 40_000 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 40_000 }),
    on('A:ESTABLISHED', 'A', { do: 'close' }),
    again,
  ],
  until: '61s',
  expect: [received('B1', 40_000)],
  lesson: [
    card(
      `A sends 40,000 lower-case letters, but its 14th segment takes a slow way round. A does
       not wait for it: duplicate acknowledgments tell that something is missing, it is sent
       again, and the connection ends well. The slow one is still out there.`,
      { seek: 'A.data#14', of: 'A1' },
    ),
  ],
  variants: [
    {
      id: 'zero',
      title: 'MSL 0',
      hosts: { A: zero, B: zero },
      steps: later,
      expect: [happens('A.data#14 arrives'), received('B2', 40_000, 1460)],
      lesson: [
        card(
          `Without TIME-WAIT A may use the same two sockets at once. Its new sequence numbers
           start only a little above the old ones, for the clock behind them has hardly moved.
           So the old segment falls into the new window: nothing in it tells B that it belongs
           to yesterday. B keeps it as data out of order.`,
          { seek: 'A.data#14 arrives', of: 'B2', focus: 'RCV.NXT' },
        ),
        card(
          `Then the new connection fills the gap in front of it, with capitals. B delivers all
           of it in order, 1,460 lower-case letters in the middle. Both TCPs did everything
           right, and the user has read a lie.`,
          { seek: 'B.strange', of: 'B2' },
        ),
      ],
    },
    {
      id: 'real',
      title: 'MSL 30 seconds',
      expect: [count('A.EADDRINUSE', 1), happens('B.ACK_IN_LISTEN')],
      lesson: [
        card(
          `Now A waits for 2 MSL, a minute here (four by RFC 9293’s MSL of two). As long as it
           does, the pair of sockets is taken, and opening it again fails at once. Any other local
           port would do; only this pair is barred.`,
          { seek: 'A.EADDRINUSE' },
        ),
        card(
          `The old segment arrives, finds no connection, and is answered with a RST. A ignores a
           RST in TIME-WAIT (RFC 1337); else an old segment could end the wait by itself. After
           two maximum segment lifetimes no such segment can be left in the network: that is what
           the wait is for.`,
          { seek: 'A.data#14 arrives' },
        ),
      ],
    },
    {
      id: 'timestamps',
      title: 'MSL 0, with timestamps',
      hosts: {
        A: { sysctl: { tcp_time_wait_ms: 0, tcp_timestamps: 1 } },
        B: { sysctl: { tcp_time_wait_ms: 0, tcp_timestamps: 1 } },
      },
      steps: later,
      expect: [happens('B.OLD_TIMESTAMP'), received('B2', 40_000)],
      lesson: [
        card(
          `MSL is 0 again, but each segment carries the time it was sent. The old one is older
           than what B has already seen from this peer, so B drops it: protection against
           wrapped sequence numbers, PAWS. Timestamps can take over this second purpose of
           TIME-WAIT; they do nothing for the first.`,
          { seek: 'B.OLD_TIMESTAMP', of: 'B2' },
        ),
      ],
    },
  ],
});
