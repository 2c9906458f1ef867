/** Both ends close at once (RFC 9293 §3.6, figure 13). */
import { at, card, count, order, scenario, states } from '../scenario.ts';

export default scenario({
  id: 'simultaneous-close',
  title: 'Simultaneous close',
  topic: 'closing',
  rfc: ['RFC 9293 §3.6'],
  summary: 'Two FINs cross: both sides pass through CLOSING, and both wait.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms' },
  steps: [
    at(0, 'B', { do: 'listen', port: 80 }),
    at(0, 'A', { do: 'connect', to: 'B', port: 80 }),
    at(500, 'A', { do: 'shutdown' }),
    at(520, 'B', { do: 'shutdown' }),
  ],
  expect: [
    states('A', 'SYN-SENT ESTABLISHED FIN-WAIT-1 CLOSING TIME-WAIT CLOSED'),
    states('B', 'SYN-RECEIVED ESTABLISHED FIN-WAIT-1 CLOSING TIME-WAIT CLOSED'),
    order('A.fin', 'B.fin', 'B:CLOSING', 'A:CLOSING', 'A:TIME-WAIT', 'B:TIME-WAIT'),
    count('A.retransmit', 0),
  ],
  lesson: [
    card(
      `A closes, and before its FIN arrives, B closes, too. Each has sent a FIN and waits, in
       FIN-WAIT-1, for it to be acknowledged.`,
      { seek: 'B.fin', focus: 'state' },
    ),
    card(
      `What arrives instead is the other’s FIN, which acknowledges nothing new: it left too
       early. So both go to CLOSING, a state most connections never see: my FIN is not
       acknowledged, but I have yours.`,
      { seek: 'A:CLOSING', focus: 'state' },
    ),
    card(
      `The acknowledgments cross as well, and both end in TIME-WAIT. A closed 20 ms earlier,
       but neither had heard of the other’s FIN, so both wait. It costs a minute on two hosts
       instead of one, and nothing is lost.`,
      { seek: 'B:TIME-WAIT', focus: 'timer' },
    ),
  ],
});
