/** `netcell ss`: the sockets of every netcell of this user that runs in the foreground. */
import type { TcpInfo } from '../../host-web/inspect.ts';
import type { Arguments } from './arguments.ts';
import { takePositionals } from './arguments.ts';
import { askAll } from './control.ts';
import { Exit, Failure } from './failure.ts';
import type { Verb } from './verb.ts';
import type { Report } from './report.ts';
import { isConnected, socketTable } from './socket-table.ts';

const HELP = `netcell ss: sockets of every netcell that runs (up, serve, listen)

  netcell ss [-i] [-l] [-a] [--json] [--tun NAME]

  -i, --info    a second line about each: window scale, RTO, RTT, MSS, cwnd, octets, segments
  -l            only listeners: Recv-Q is the accept queue, Send-Q its bound, syn: the SYN queue
  -a            connections and listeners; without -l and -a, connections and listeners too,
                because a stack has few of both
  --json        one JSON document a process: sockets, counters by nstat's names, drops by reason
  --tun NAME    only the process on that device

Columns and words are those of ss(8), so what parses ss parses this.

Examples
  netcell ss -i
  netcell ss --json | jq '.drops'`;

async function run(args: Arguments): Promise<number> {
  takePositionals(args);
  const told = await askAll<Report>(args.value('tun'));
  if (told.length === 0) {
    const where = args.value('tun') === undefined ? '' : ` on ${args.value('tun')}`;
    throw new Failure(`no netcell is running${where}; start one\n  sudo netcell up`);
  }
  if (args.isSet('json')) {
    for (const { name, pid, report } of told) {
      console.log(JSON.stringify({ tun: name, pid, ...report }));
    }
    return Exit.OK;
  }
  const sockets = told.flatMap(({ report }) => report.sockets);
  console.log(socketTable(sockets.filter(wanted(args)), args.isSet('info')));
  return Exit.OK;
}

function wanted(args: Arguments): (socket: TcpInfo) => boolean {
  if (args.isSet('listening') && !args.isSet('all')) return (socket) => socket.state === 'LISTEN';
  return (socket) => socket.state === 'LISTEN' || isConnected(socket);
}

export const verb: Verb = {
  help: HELP,
  flags: {
    info: { type: 'boolean', short: 'i' },
    listening: { type: 'boolean', short: 'l' },
    all: { type: 'boolean', short: 'a' },
    json: { type: 'boolean' },
    tun: { type: 'string' },
  },
  run,
};
