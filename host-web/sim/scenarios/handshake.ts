/** The three-way handshake (RFC 9293 §3.5, figure 6), and nothing else. */
import { at, count, page, scenario, states } from '../scenario.ts';

export default scenario({
  id: 'handshake',
  title: 'Three-way handshake',
  topic: 'opening',
  rfc: ['RFC 9293 §3.5'],
  summary: 'Three segments, and both sides know that both sides know.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms' },
  steps: [at(0, 'B', { do: 'listen', port: 80 }), at(0, 'A', { do: 'connect', to: 'B', port: 80 })],
  expect: [states('A', 'SYN-SENT ESTABLISHED'), count('A.any', 2)],
  lesson: [page('One.')],
});
