/** The normal close (RFC 9293 §3.6, figure 12): each side says that it has nothing more. */
import { at, card, count, order, scenario, states, time } from '../scenario.ts';

export default scenario({
  id: 'close-4way',
  title: 'Four-way close',
  topic: 'closing',
  rfc: ['RFC 9293 §3.6'],
  summary: 'A FIN in each direction, each acknowledged; the one that closed first waits.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms' },
  steps: [
    at(0, 'B', { do: 'listen', port: 80, closesAfterPeer: false }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    at(500, 'A', { do: 'shutdown' }),
    at(1000, 'B', { do: 'close' }),
  ],
  expect: [
    states('A', 'SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED'),
    states('B', 'SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED'),
    order('A.fin', 'B.eof', 'A:FIN-WAIT-2', 'B.fin', 'A:TIME-WAIT', 'B:CLOSED'),
    count('A.fin', 1),
    count('B.fin', 1),
    time('A:CLOSED', 61_050),
  ],
  lesson: [
    card(
      `A connection is two streams, and each ends on its own. A has no more to send, so it
       sends FIN. Like SYN, the FIN takes a number, so it is acknowledged, and sent again if it
       is lost.`,
      { seek: 'A.fin', focus: 'SND.NXT' },
    ),
    card(
      `B acknowledges, and its user reads the end of the data. B is in CLOSE-WAIT now. That
       state ends only when B’s own program closes: a server that forgets to keeps thousands of
       connections there.`,
      { seek: 'B.eof', focus: 'state' },
    ),
    card(
      `Half a second later B closes, too. With A’s last ACK, B is done and forgets everything.
       A is not: it closed first, so it stays in TIME-WAIT for two maximum segment lifetimes
       (MSL). RFC 9293 takes two minutes for one MSL; Linux, and this stack, half a minute, so
       the wait is a minute here. Two other lessons show what for.`,
      { seek: 'A:TIME-WAIT', focus: 'timer' },
    ),
  ],
});
