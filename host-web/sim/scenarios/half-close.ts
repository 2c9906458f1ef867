/** One direction is closed, the other carries on (RFC 9293 §3.6). */
import { at, card, count, on, order, received, scenario, states } from '../scenario.ts';

export default scenario({
  id: 'half-close',
  title: 'Half-close',
  topic: 'closing',
  rfc: ['RFC 9293 §3.6', 'RFC 1122 §4.2.2.13'],
  summary: 'A has asked all it wants to ask; B answers with 64 kB, and A, in FIN-WAIT-2, reads on.',
  hosts: { A: {}, B: {} },
  link: { delay: '20ms' },
  steps: [
    at(0, 'B', { do: 'listen', port: 80, closesAfterPeer: false }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 300 }),
    on('A:ESTABLISHED', 'A', { do: 'shutdown' }),
    on('B.eof', 'B', { do: 'send', octets: 64_000 }),
    on('B.eof', 'B', { do: 'close' }),
  ],
  expect: [
    states('A', 'SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED'),
    states('B', 'SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED'),
    received('A1', 64_000),
    received('B1', 300),
    order('B.eof', 'B.data', 'A:FIN-WAIT-2', 'A:TIME-WAIT'),
    count('A.rst', 0),
    count('B.rst', 0),
  ],
  lesson: [
    card(
      `A sends a question and at once half-closes, shutdown(SHUT_WR) in the sockets of every
       system: “I have said all I will say, and I am listening.” The FIN tells B’s program
       where the question ends, without any length written into it.`,
      { seek: 'A.fin', focus: 'state' },
    ),
    card(
      `B reads 300 octets, then the end. It is in CLOSE-WAIT and answers with 64,000. A is in
       FIN-WAIT-2 and takes them all: its window moves, its acknowledgments flow, only its own
       stream is over.`,
      { seek: 'A:FIN-WAIT-2', focus: 'RCV.NXT' },
    ),
    card(
      `The last data and B’s FIN travel together. Had A called close instead of shutdown, the
       first octet of the answer would have met a RST: see “Abort, in three forms”.`,
      { seek: 'B.fin' },
    ),
  ],
});
