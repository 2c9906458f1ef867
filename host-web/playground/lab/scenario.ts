/**
 * The Lab: two hosts and a link, and no step: all that happens is the reader's doing.
 */
import { card, type Scenario, scenario } from '../../sim/scenario.ts';

export const LAB: Scenario = scenario({
  id: 'lab',
  title: 'Lab',
  topic: 'free play',
  rfc: ['RFC 9293'],
  summary: 'Two hosts and a link. What happens is up to you.',
  hosts: { A: {}, B: {} },
  link: { delay: '20ms' },
  steps: [],
  expect: [],
  lesson: [
    card(
      'Under “Do”, let B listen on port 80, then let A connect to it. Send something, let one ' +
        'side stop reading, close one direction, abort. Choose a packet on the ladder and drop ' +
        'it: the run splits there, and what happened before stays to compare with.',
    ),
  ],
});
