/** SYNs from nowhere fill the queue, and cookies make the queue unnecessary (RFC 4987). */
import { at, card, count, counter, never, on, received, scenario } from '../scenario.ts';

export default scenario({
  id: 'syn-flood',
  title: 'SYN flood',
  topic: 'servers',
  rfc: ['RFC 4987 §2', 'RFC 4987 §3.6'],
  summary: 'X sends SYNs in the name of a host that does not exist; B has four places for them.',
  hosts: {
    A: {},
    B: { sysctl: { tcp_synack_retries: 5 } },
    X: { name: 'attacker', crafter: true },
  },
  link: { delay: '20ms' },
  steps: [
    at(0, 'B', { do: 'listen', port: 80, backlog: 4 }),
    at(100, 'X', {
      do: 'craft',
      count: 12,
      every: '20ms',
      packet: {
        source: '10.9.0.1',
        sourcePort: 1000,
        destination: 'B',
        port: 80,
        flags: 'S',
        seq: 1000,
        mss: 1460,
      },
    }),
    at(500, 'A', { do: 'connect', to: 'B', port: 80, userTimeoutMs: 20_000 }),
    on('A:ESTABLISHED', 'A', { do: 'send', octets: 100 }),
  ],
  until: '70s',
  expect: [count('X.syn', 12)],
  lesson: [
    card(
      `For each SYN a server keeps a little state, until the third segment comes or some
       retries have passed. B has room for four. X sends twelve SYNs in the name of one address
       that nobody has, each from another port (a real flood changes the address as well).
       The answers go nowhere, so no third segment will ever come.`,
      { seek: 'X.syn#5 arrives', focus: 'SYN queue' },
    ),
  ],
  variants: [
    {
      id: 'without',
      title: 'without cookies',
      hosts: { B: { sysctl: { tcp_syncookies: 0 } } },
      expect: [
        count('A.ETIMEDOUT', 1),
        never('B:ESTABLISHED'),
        counter('B', 'TcpExtTCPReqQFullDrop', 13),
        counter('B', 'TcpExtSyncookiesSent', 0),
      ],
      lesson: [
        card(
          `The queue is full, and every further SYN is dropped, that of the honest A among
           them. A tries again and again and gives up. X spent twelve small packets, and B
           repeats its SYN,ACKs into the void for a minute: the attacker pays little, the
           victim a lot.`,
          { seek: 'A.ETIMEDOUT', focus: 'SYN queue' },
        ),
      ],
    },
    {
      id: 'with',
      title: 'with cookies',
      hosts: { B: { sysctl: { tcp_syncookies: 1 } } },
      expect: [
        received('B1', 100),
        counter('B', 'TcpExtSyncookiesSent', 9),
        counter('B', 'TcpExtSyncookiesRecv', 1),
        count('B.COOKIE_RETURNED', 1),
      ],
      lesson: [
        card(
          `The queue is full, so B remembers nothing. It puts what it must know into the one
           number that comes back: the sequence number of its SYN,ACK is a keyed hash of the
           sockets, with the time and the MSS in it. That is a SYN cookie.`,
          { seek: 'B.COOKIE_SENT', focus: 'SYN queue' },
        ),
        card(
          `The honest A returns it, plus one, with its third segment. B computes the hash
           again, finds it right, and makes the connection from nothing. X, which never sees
           the answers, can not. What does not fit in the number, window scaling and SACK,
           comes back in A’s timestamp.`,
          { seek: 'B.COOKIE_RETURNED' },
        ),
      ],
    },
  ],
});
