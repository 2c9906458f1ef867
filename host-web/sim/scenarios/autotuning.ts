/** A receive buffer that stays as it is, and one that grows with what its user reads. */
import { at, card, never, on, received, scenario, time } from '../scenario.ts';

export default scenario({
  id: 'autotuning',
  title: 'Buffers that tune themselves',
  topic: 'flow control',
  rfc: ['RFC 9293 §3.8.6', 'RFC 7323 §2'],
  summary: 'A window of 64 KiB leaves a long line idle. One that follows its reader fills it.',
  hosts: {
    A: { limits: { pages: 192, sendBuffer: 0 } },
    B: { limits: { pages: 192, receiveBuffer: 0 } },
  },
  link: { delay: '50ms', rate: '20mbit', limit: 1000 },
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 800_000 }),
    on('A:ESTABLISHED', 'A', { do: 'shutdown' }),
  ],
  expect: [received('B1', 800_000), never('A.RETRANSMISSION_TIMEOUT')],
  lesson: [
    card(
      `The line carries 20 Mbit/s, and an answer takes 100 ms: 250,000 octets are on their way when
       it is full. A may have no more unacknowledged than B offers in its window, and a SYN can say
       65,535 at most. What B offers from there on is for B to choose.`,
      { seek: 'A.data#1', focus: 'SND.WND' },
    ),
  ],
  variants: [
    {
      id: 'fixed',
      title: '64 KiB, fixed',
      hosts: { B: { sysctl: { tcp_rmem_default: 65_536, tcp_rmem_max: 65_536 } } },
      expect: [time('B.eof', 1485, 20)],
      lesson: [
        card(
          `B’s buffer is 64 KiB, and stays so. A sends a window, which takes 26 ms, and then
           waits for ACKs that are still on their way: for three quarters of the time the line
           stands idle. No queue is full, nothing is lost, and cwnd could be anything.
           Everything is there after 1.5 s.`,
          { seek: 'B.eof', focus: 'SND.WND' },
        ),
      ],
    },
    {
      id: 'tuned',
      title: 'as large as it needs to be',
      expect: [time('B.eof', 801, 20)],
      lesson: [
        card(
          `B measures a round trip by A’s timestamps, and counts what its user reads in one.
           What is read now was sent a round trip ago, and A may have doubled its rate since:
           so the buffer becomes twice what was read, and twice again what that was more than
           before.`,
          { seek: 'A.data#1 arrives', focus: 'RCV.WND' },
        ),
        card(
          `The window keeps ahead of cwnd, and slow start goes on until the line is full. A
           user that reads slowly would have made nothing grow: a buffer is lent to those who
           empty it. It is all there after 0.8 s.`,
          { seek: 'B.eof', focus: 'RCV.WND' },
        ),
      ],
    },
  ],
});
