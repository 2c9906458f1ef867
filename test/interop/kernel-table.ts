/**
 * The kernel's connections, two ways: `/proc/net/tcp` for asking often, `ss` for the last word.
 *
 * Both walk the kernel's whole hash table, and dozens of sequences ask at once, so they share: one
 * reading serves everybody for a moment, and one `ss` all who asked before it began.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** One connection. */
export interface Line {
  readonly state: string;
  readonly sendQueue: number;
}

/** How long a reading serves: so many times what it took. */
const FRESH = 4;

/** States of /proc/net/tcp by their number (net/tcp_states.h), as `ss` calls them. */
const STATES = [
  'none',
  'ESTAB',
  'SYN-SENT',
  'SYN-RECV',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'UNCONN',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
  'SYN-RECV',
];

const run = promisify(execFile);
let lines: ReadonlyMap<string, Line> = new Map();
let freshUntil = 0;
let running: Promise<unknown> = Promise.resolve();
let next: Promise<string> | undefined;

/** The connection between two ports, if the kernel has one. */
export function connectionOf(local: number, remote: number): Line | undefined {
  const now = performance.now();
  if (now > freshUntil) {
    lines = new Map([...read('/proc/net/tcp'), ...read('/proc/net/tcp6')]);
    freshUntil = now + FRESH * (performance.now() - now);
  }
  return lines.get(`${local} ${remote}`);
}

function* read(file: string): Iterable<[string, Line]> {
  for (const line of readFileSync(file, 'latin1').split('\n').slice(1)) {
    const [, local, remote, state, queues] = line.trim().split(/\s+/);
    if (queues === undefined) continue;
    const port = (text = '') => Number.parseInt(text.slice(text.lastIndexOf(':') + 1), 16);
    const sendQueue = Number.parseInt(queues, 16);
    yield [
      `${port(local)} ${port(remote)}`,
      { state: STATES[Number.parseInt(state!, 16)]!, sendQueue },
    ];
  }
}

/** The state of the connection between two ports, by `ss -tan`; 'none' when it has none. */
export async function stateBySs(local: number, remote: number): Promise<string> {
  const line = new RegExp(`^(\\S+) .*:${local} .*:${remote} *$`, 'm');
  return line.exec(await askSs())?.[1] ?? 'none';
}

function askSs(): Promise<string> {
  next ??= running.then(async () => {
    next = undefined;
    const answer = run('ss', ['-tanH'], { maxBuffer: 1 << 24 });
    running = answer;
    return (await answer).stdout;
  });
  return next;
}
