/** `netcell trace`: what a running stack does and why, as it happens, in the ladder's manner. */
import { stateName } from '../../host-web/inspect.ts';
import { isSegment, noteOf, segmentArrow } from '../../host-web/sim/ladder.ts';
import type { Arguments } from './arguments.ts';
import { Exit } from './failure.ts';
import { looking } from './looking.ts';
import { giveOrder, printable, runningOn } from './orders.ts';
import { readPacketFilter } from './packet-filter.ts';
import { readTraced, type Traced } from './trace-watch.ts';
import type { Verb } from './verb.ts';

const HELP = `netcell trace: what a running stack does, as it happens (up, serve, listen, run)

  netcell trace [-c N] [--json] [--tun NAME] [FILTER]

  -c N          stop after N events
  --json        the events as they are, one object a line
  --tun NAME    only the process on that device

A line an event: seconds since the first, the connection (its own end first), the state it is in
then, and what happened: a segment that was sent (to the right) or has arrived (to the left) with
its numbers as tcpdump shows them, a change of state, a timer, congestion control or a drop, with
the reason and the section of the RFC that asks for it.

FILTER is tcpdump's: host, net, port, src, dst, and, or, not. What belongs to no connection is
shown without one. The trace is on while somebody looks; what a slow terminal misses is counted.
It shows sequence numbers, so only the stack's own user and root may look.

Examples
  sudo netcell trace
  sudo netcell trace port 80 and not host 10.9.0.1`;

/** Octets of arrow, and of the two ends before it: what a handshake over IPv4 needs. */
const ARROW = 44;
const ENDS = 32;

async function run(args: Arguments): Promise<number> {
  const filter = args.positionals.join(' ');
  readPacketFilter(filter);
  const isJson = args.isSet('json');
  let epoch: number | undefined;
  const print = (line: string, stop: () => boolean) => {
    const traced = readTraced(line);
    if (typeof traced === 'number') {
      if (isJson) console.log(JSON.stringify({ lost: traced }));
      else console.log(`  … ${traced} event${traced === 1 ? '' : 's'} lost`);
      return;
    }
    const text = isJson ? jsonOf(traced) : lineOf(traced, (epoch ??= traced.at));
    if (text === '' || stop()) return;
    console.log(printable(text));
  };
  await looking(args, runningOn(args.value('tun')), async (running) => {
    const socket = await giveOrder(running, { do: 'trace', filter });
    return { socket, piece: linesTo(print) };
  });
  return Exit.OK;
}

/** Takes octets as they come, and hands each whole line on. */
function linesTo(print: (line: string, stop: () => boolean) => void) {
  let rest = '';
  return (piece: Buffer, stop: () => boolean) => {
    const lines = (rest + piece.toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines) print(line, stop);
  };
}

function jsonOf({ at, name, event }: Traced): string {
  const [local = '', remote = ''] = name.split(' ');
  const { handle, state, a, b, c, d } = event;
  const note = isSegment(event) ? undefined : noteOf(event);
  if (note === '') return '';
  const what = isSegment(event)
    ? { seq: a, ack: b, flags: c & 0xff, length: c >>> 16, window: d }
    : { note };
  return JSON.stringify({ at, local, remote, handle, state: stateName(state), ...what });
}

/** One event; empty for what a ladder does not show. */
function lineOf({ at, name, iss, irs, event }: Traced, epoch: number): string {
  const what = isSegment(event) ? segmentArrow(event, { iss, irs }, ARROW) : noteOf(event);
  if (what === '') return '';
  const time = ((at - epoch) / 1000).toFixed(6).padStart(9);
  const ends = (name === '' ? '-' : name).padEnd(ENDS);
  return `${time}  ${ends}  ${stateName(event.state).padEnd(12)} ${what}`.trimEnd();
}

export const verb: Verb = {
  help: HELP,
  flags: {
    count: { type: 'string', short: 'c' },
    json: { type: 'boolean' },
    tun: { type: 'string' },
    quiet: { type: 'boolean', short: 'q' },
  },
  run,
};
