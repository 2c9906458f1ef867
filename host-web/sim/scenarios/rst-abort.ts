/** Three ways to end with a RST (RFC 9293 §3.10.5, §3.6.1). */
import { at, card, count, happens, never, on, received, scenario, states } from '../scenario.ts';

export default scenario({
  id: 'rst-abort',
  title: 'Abort, in three forms',
  topic: 'closing',
  rfc: ['RFC 9293 §3.10.5', 'RFC 9293 §3.6.1', 'RFC 2525 §2.17'],
  summary: 'ABORT, close with data unread, data after close: a RST each time, and no TIME-WAIT.',
  hosts: { A: {}, B: {} },
  link: { delay: '50ms' },
  steps: [at(0, 'A', { do: 'connect', to: 'B', port: 80 })],
  expect: [never('A:TIME-WAIT'), never('B:TIME-WAIT')],
  lesson: [],
  variants: [
    {
      id: 'abort',
      title: 'the user calls ABORT',
      steps: [
        at(0, 'B', { do: 'listen', port: 80 }),
        on('A:ESTABLISHED', 'A', { do: 'send', octets: 10_000 }),
        on('A:ESTABLISHED', 'A', { do: 'abort' }, '20ms'),
      ],
      expect: [
        states('A', 'SYN-SENT ESTABLISHED CLOSED'),
        happens('A.rst#1 arrives'),
        happens('B.ECONNRESET'),
        received('B1', 10_000),
      ],
      lesson: [
        card(
          `A’s program gives up in the middle: ABORT, or a socket with SO_LINGER set to zero.
           What is queued is thrown away, and a RST goes out. There is no answer to a RST and
           nothing to wait for: A has forgotten the connection, and answers what still arrives
           as a stranger would, by more of them.`,
          { seek: 'A.rst', focus: 'state' },
        ),
        card(
          `B has read 8,688 of 10,000 octets and then gets ECONNRESET. It can not tell how much
           more there would have been. An orderly close promises that everything arrived; a
           reset promises nothing.`,
          { seek: 'B.ECONNRESET' },
        ),
      ],
    },
    {
      id: 'unread',
      title: 'close with data unread',
      steps: [
        at(0, 'B', { do: 'listen', port: 80, reads: false }),
        on('A:ESTABLISHED', 'A', { do: 'send', octets: 1000 }),
        at(500, 'B', { do: 'close' }),
      ],
      expect: [
        states('B', 'SYN-RECEIVED ESTABLISHED CLOSED'),
        count('B.rst', 1),
        count('B.fin', 0),
        happens('B.RELEASED_WITH_UNREAD_TEXT'),
        happens('A.ECONNRESET'),
      ],
      lesson: [
        card(
          `B’s program closes without having read what A sent. B’s TCP has already acknowledged
           that data: A believes it was taken. A FIN would say “all is well”, and that would be
           a lie, so B resets the connection.`,
          { seek: 'B.RELEASED_WITH_UNREAD_TEXT', focus: 'receive queue' },
        ),
        card(
          `This is how a web server that answers early and closes can destroy its own answer:
           the RST may overtake the data in the client’s hands. The cure is to read to the end
           before closing.`,
          { seek: 'A.ECONNRESET' },
        ),
      ],
    },
    {
      id: 'late',
      title: 'data for a user who has gone',
      steps: [
        at(0, 'B', { do: 'listen', port: 80 }),
        at(500, 'B', { do: 'close' }),
        at(520, 'A', { do: 'send', octets: 1000 }),
      ],
      expect: [
        states('B', 'SYN-RECEIVED ESTABLISHED FIN-WAIT-1 CLOSED'),
        happens('B.TEXT_AFTER_RELEASE'),
        happens('A.eof'),
        happens('A.ECONNRESET'),
      ],
      lesson: [
        card(
          `B closes in good order: a FIN. To A a FIN means only “B sends no more”; A may still
           send, and does. But B’s program called close, not shutdown: nobody will ever read
           there.`,
          { seek: 'A.data', focus: 'state' },
        ),
        card(
          `The data arrives in FIN-WAIT-1 and has no reader, so B resets the connection. On the
           wire close and shutdown look the same; the difference shows only in how the answer
           is received.`,
          { seek: 'B.TEXT_AFTER_RELEASE' },
        ),
      ],
    },
  ],
});
