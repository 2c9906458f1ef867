/** `netcell ss`: the sockets of every netcell that runs in the foreground, as ss(8) shows them. */
import type { TcpInfo } from '../../host-web/inspect.ts';
import { type Arguments, type Flags, UsageError } from './arguments.ts';
import { askAll, type Told } from './asked.ts';
import type { Running } from './control.ts';
import { Exit } from './failure.ts';
import { datagramsOf, type Report, type Told as Socket } from './report.ts';
import { CONNECTIONS, readFilter } from './ss-filter.ts';
import { countSockets, summaryTable } from './ss-summary.ts';
import { socketTable, type TableOptions } from './socket-table.ts';
import type { Verb } from './verb.ts';

const HELP = `netcell ss: sockets of every netcell that runs (up, serve, listen)

  netcell ss [-i] [-l] [-a] [-t] [-u] [-s] [-46] [-pemoHOnr] [--json] [--tun NAME] [FILTER]

  -i, --info    a second line about each: window scale, RTO, RTT, MSS, cwnd, octets, segments
  -l, -a        only listeners: Recv-Q is the accept queue, Send-Q its bound, syn: the SYN queue;
                or all sockets, as without any of these: a stack has few
  -t, -u        TCP, as without either, or UDP; without -l and -a connections only, as in ss
  -s            how many there are of each kind, instead of the sockets
  -4, -6        only sockets of that family
  -p  -e  -m    the process; its user and the number of the socket; buffers
  -H  -O        no heading; one line a socket
  --json        one JSON document a process: sockets, counters by nstat's names, drops by reason
  --tun NAME    only the process on that device

FILTER is ss's: [state NAME]... [exclude NAME]... and an expression of src, dst, sport and dport.
Columns and words are those of ss(8), so what parses ss parses this; -n, -r and -o are taken, for
numbers and timers are shown anyhow. Asking changes nothing: there is no -K, and no -E.

Examples
  netcell ss -i
  netcell ss -tn state established '( sport = :80 or dst 10.9.0.0/24 )'`;

async function run(args: Arguments): Promise<number> {
  for (const [name, sentence] of Object.entries(REFUSED)) {
    if (args.isSet(name)) throw new UsageError(sentence);
  }
  if (args.isSet('summary')) {
    const isMore = isProtocol(args) || hasFamily(args) || args.positionals.length > 0;
    await summarise(args);
    // As ss: together with what asks for sockets, these are shown as well.
    if (!isMore) return Exit.OK;
  }
  const filter = readFilter(args.positionals);
  const states = filter.states ?? statesAsked(args);
  const isWanted = (socket: Socket) =>
    (states === undefined || states.has(socket.state)) &&
    isFamily(args, socket) &&
    isAskedFor(args, socket.protocol ?? 'tcp') &&
    filter.matches(socket);
  const told = await askAll('ss', args, isWanted);
  for (const { running, report } of told) {
    if (args.isSet('json')) printJson(running, report);
  }
  const shown = told.map(withDatagrams(isWanted));
  if (!args.isSet('json')) print(shown, args, filter.states?.size === 1);
  return Exit.OK;
}

/** Beside the sockets of TCP that were told, those of UDP that are wanted. */
function withDatagrams(isWanted: (socket: Socket) => boolean): (told: Told) => Told {
  return ({ running, report }) => {
    const sockets = [...report.sockets, ...datagramsOf(report).filter(isWanted)];
    return { running, report: { ...report, sockets } };
  };
}

/** What ss does and a netcell is not asked to do, each with what serves instead. */
const REFUSED: Readonly<Record<string, string>> = {
  kill:
    '-K: a netcell tells of its sockets, and closes none for who asks; they end with it, or' +
    ' when its program closes them',
  events: '-E: a netcell is asked, and tells nothing by itself; ask again\n  watch netcell ss -tn',
};

async function summarise(args: Arguments): Promise<void> {
  const told = await askAll('ss', args, () => true);
  if (!args.isSet('json')) {
    console.log(summaryTable(countSockets(told.flatMap(({ report }) => report.sockets))));
    return;
  }
  for (const { running, report } of told) {
    const { name, pid } = running;
    console.log(JSON.stringify({ tun: name, pid, summary: countSockets(report.sockets) }));
  }
}

/** The states that -l, -a and -t ask for; undefined for all. */
function statesAsked(args: Arguments): ReadonlySet<TcpInfo['state']> | undefined {
  if (args.isSet('all')) return undefined;
  if (args.isSet('listening')) return new Set(['LISTEN', 'CLOSED']);
  return isProtocol(args) ? CONNECTIONS : undefined;
}

const OTHERS = ['udp', 'raw', 'unix', 'packet', 'sctp', 'dccp', 'mptcp'] as const;

/** Whether a protocol was asked for in particular. */
function isProtocol(args: Arguments): boolean {
  return args.isSet('tcp') || args.isSet('query') || OTHERS.some((name) => args.isSet(name));
}

/** Whether a protocol is among those asked for; where none is, TCP is. */
function isAskedFor(args: Arguments, protocol: 'tcp' | 'udp'): boolean {
  if (!isProtocol(args)) return protocol === 'tcp';
  if (args.isSet(protocol)) return true;
  const named = new RegExp(`(^|,)(all|inet|${protocol})(,|$)`);
  return args.values('query').some((list) => named.test(list));
}

function hasFamily(args: Arguments): boolean {
  return args.isSet('ipv4') || args.isSet('ipv6') || args.values('family').length > 0;
}

function isFamily(args: Arguments, { localAddress }: TcpInfo): boolean {
  if (!hasFamily(args)) return true;
  const families = [
    ...(args.isSet('ipv4') ? ['inet'] : []),
    ...(args.isSet('ipv6') ? ['inet6'] : []),
    ...args.values('family'),
  ];
  return families.includes(localAddress.includes(':') ? 'inet6' : 'inet');
}

function printJson({ name, pid }: Running, report: Report): void {
  const text = JSON.stringify({ tun: name, pid, ...report });
  // JSON escapes what is below the space; a terminal obeys some above it.
  console.log(text.replace(/[\u007f-\u009f]/g, '?'));
}

function print(told: readonly Told[], args: Arguments, isOneState: boolean): void {
  const owners = new Map<TcpInfo, Told>();
  for (const one of told) for (const socket of one.report.sockets) owners.set(socket, one);
  const options: TableOptions = {
    info: args.isSet('info'),
    bare: args.isSet('no-header'),
    oneLine: args.isSet('oneline'),
    netid: args.isSet('tcp') && OTHERS.some((name) => args.isSet(name)),
    noState: isOneState,
    ...(args.isSet('processes')
      ? { owner: (socket: TcpInfo) => ownerOf(socket, owners.get(socket)!.running) }
      : {}),
    ...(args.isSet('extended')
      ? { extended: (socket: TcpInfo) => extendedOf(socket, owners.get(socket)!.running) }
      : {}),
    ...(args.isSet('memory') ? { memory: memoryOf } : {}),
  };
  const table = socketTable([...owners.keys()], options);
  if (table !== '') console.log(table);
}

/** As the kernel's ss, where the handle has the place of a descriptor; TIME-WAIT is nobody's. */
function ownerOf({ handle }: TcpInfo, { pid }: Running): string {
  return handle === 0 ? '' : `users:(("netcell",pid=${pid},fd=${handle}))`;
}

function extendedOf({ handle, thread = 0 }: Socket, { uid }: Running): string {
  // Handles are of 32 bits, and each thread has its own.
  const number = thread * 2 ** 32 + handle;
  return `${uid === 0 ? '' : `uid:${uid} `}ino:0 sk:${number.toString(16)}`;
}

function memoryOf(socket: TcpInfo): string {
  const { rcvbuf, sndbuf } = socket;
  // Records have none, and another version's process may not tell.
  if (!rcvbuf || !sndbuf) return '';
  const [held, queued] =
    socket.state === 'LISTEN' ? [0, 0] : [socket.receiveQueue, socket.sendQueue];
  return `skmem:(r${held},rb${rcvbuf},t0,tb${sndbuf},f0,w${queued},o0,bl0,d0)`;
}

const SWITCHES = {
  info: 'i',
  listening: 'l',
  all: 'a',
  tcp: 't',
  ipv4: '4',
  ipv6: '6',
  processes: 'p',
  extended: 'e',
  memory: 'm',
  options: 'o',
  numeric: 'n',
  resolve: 'r',
  summary: 's',
  kill: 'K',
  events: 'E',
  'no-header': 'H',
  oneline: 'O',
  udp: 'u',
  raw: 'w',
  unix: 'x',
  packet: '0',
  sctp: 'S',
  dccp: 'd',
  mptcp: 'M',
} as const;

const FLAGS: Flags = {
  ...Object.fromEntries(
    Object.entries(SWITCHES).map(([name, short]) => [name, { type: 'boolean', short }]),
  ),
  family: { type: 'string', short: 'f', multiple: true },
  query: { type: 'string', short: 'A', multiple: true },
  socket: { type: 'string', multiple: true, alias: 'query' },
  json: { type: 'boolean' },
  tun: { type: 'string' },
};

export const verb: Verb = { help: HELP, flags: FLAGS, run };
