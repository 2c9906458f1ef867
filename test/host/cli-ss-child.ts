/**
 * What `cli-ss.test.ts` runs inside a namespace: the kernel's own sockets, shown by the kernel's ss
 * and, told to it as if they were a netcell's, by ours.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { readArguments } from '../../host-node/cli/arguments.ts';
import { offerControl } from '../../host-node/cli/control.ts';
import { verb } from '../../host-node/cli/ss.ts';
import { netcell, perform, start, stop } from './cli-running.ts';

/** States as ss prints them, by RFC 9293's names. */
const STATES: Readonly<Record<string, string>> = {
  ESTAB: 'ESTABLISHED',
  'SYN-RECV': 'SYN-RECEIVED',
};

/** Rows of the kernel's sockets, as cells. */
function kernelRows(...words: string[]): string[][] {
  return rowsOf(execFileSync('ss', words, { encoding: 'utf8' }));
}

function rowsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.trim().split(/\s+/));
}

/** Connections of the kernel with itself, in five states and both families. */
async function makeSockets(): Promise<() => void> {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  for (const [host, port] of [
    ['127.0.0.1', 8080],
    ['127.0.0.2', 7070],
    ['::1', 8080],
  ] as const) {
    const server = createServer({ allowHalfOpen: true });
    servers.push(server);
    await once(server.listen({ host, port, ipv6Only: true }), 'listening');
    // One stays, one is half closed, and one is closed by this side first.
    for (const manner of ['open', 'half', 'closed']) {
      const accepted = once(server, 'connection');
      const socket = connect({ host, port, allowHalfOpen: true }).resume();
      const [other] = (await accepted) as [Socket];
      other.resume();
      sockets.push(socket, other);
      if (manner === 'open') continue;
      socket.end();
      await once(other, 'end');
      if (manner === 'half') continue;
      other.end();
      await once(socket, 'close');
    }
  }
  return () => {
    for (const server of servers) server.close();
    for (const socket of sockets) socket.destroy();
  };
}

/** Waits until no socket is in a state that passes by itself. */
async function settled(): Promise<void> {
  const isPassing = ([state = '']: string[]) => /^(SYN|FIN-WAIT-1|LAST-ACK|CLOSING)/.test(state);
  while (kernelRows('-tanH').some(isPassing)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Has our ss find the kernel's sockets. */
async function tellKernelSockets(): Promise<() => void> {
  const fields = [
    'state',
    'receiveQueue',
    'sendQueue',
    'localAddress',
    'localPort',
    'remoteAddress',
    'remotePort',
  ];
  const end = (text: string): [string, number] => {
    const at = text.lastIndexOf(':');
    const port = text.slice(at + 1);
    return [text.slice(0, at).replace(/[[\]]/g, ''), port === '*' ? 0 : Number(port)];
  };
  const sockets = kernelRows('-tanH').map(([state = '', receive, send, local = '', peer = '']) => {
    const [remote, port] = end(peer);
    const isListening = state === 'LISTEN';
    return [
      STATES[state] ?? state,
      Number(receive),
      Number(send),
      ...end(local),
      isListening ? '' : remote,
      port,
    ];
  });
  return offerControl('kernel', async function* () {
    yield `${JSON.stringify({ addresses: [], counters: {}, fields })}\n`;
    for (const socket of sockets) yield `${JSON.stringify(socket)}\n`;
  });
}

/** What our ss prints. In this process: a process for each would take longer than all else. */
async function ourSs(words: readonly string[]): Promise<string> {
  const printed: string[] = [];
  const { log } = console;
  console.log = (text: string) => printed.push(text);
  try {
    await verb.run(readArguments(words, verb.flags));
  } finally {
    console.log = log;
  }
  return printed.join('\n');
}

/** Options and filters whose rows both must agree on. */
const COMMANDS: readonly string[] = [
  '-tanH',
  '-tnH',
  '-tlnH',
  '-tulnH',
  '-tanH4',
  '-tanH6',
  '-tnHf inet6',
  '-anHA tcp',
  '-tanH state established',
  '-tnH state established state listening',
  '-tnH state connected',
  '-tnH state synchronized',
  '-tnH state bucket',
  '-tnH state big',
  '-tnH state all exclude time-wait',
  '-tanH exclude listening',
  '-tnH state fin-wait-2',
  '-tnH state close-wait',
  '-tanH sport = :8080',
  '-tanH sport = 8080',
  '-tanH sport 8080',
  '-tanH sport eq :8080',
  '-tanH sport != :8080',
  '-tanH not sport = :8080',
  '-tanH ! sport = :8080',
  '-tanH sport gt :8080',
  '-tanH sport >= :8080',
  '-tanH dport < :8080',
  '-tanH dport le :8080 and dport ge :7070',
  '-tanH sport = :http-alt',
  '-tnH dst 127.0.0.1',
  '-tnH dst = 127.0.0.1:8080',
  '-tanH dst 127.0.0.0/8',
  '-tanH src 127.0.0.0/30:8080',
  '-tanH src 127.0.0.2/31',
  '-tanH src [::1]',
  '-tanH src [::1]:8080',
  '-tanH src inet:127.0.0.1',
  '-tanH src *:8080',
  '-tanH src :8080',
  '-tanH src 0.0.0.0/0',
  '-tanH src ::/0',
  '-tnH ( sport = :8080 or dport = :7070 )',
  '-tnH ( sport = :8080 or dport = :7070 ) dst 127.0.0.2',
  '-tnH ( sport = :8080 || dport = :7070 ) && dst 127.0.0.0/8',
  '-tanH sport = :8080 and ( dst 127.0.0.1 or dst [::1] )',
  '-tanH not ( sport = :8080 or dport = :8080 )',
  '-tanH ! sport = :8080 & ! dport = :8080',
];

await perform({
  compare: async () => {
    if (spawnSync('ss', ['-V']).status !== 0) return { skipped: 'no ss on this machine' };
    const end = await makeSockets();
    await settled();
    const withdraw = await tellKernelSockets();
    const results: Record<string, { kernel: string[]; ours: string[] }> = {};
    for (const command of COMMANDS) {
      const words = command.split(' ');
      const kernel = kernelRows(...words).map((row) => row.join(' '));
      // What ss has no column for stands behind the last.
      const rows = rowsOf(await ourSs(words));
      const ours = rows.map((row) => row.filter((cell) => !/^syn:/.test(cell)).join(' '));
      results[command] = { kernel: kernel.sort(), ours: ours.sort() };
    }
    // What the kernel has allocated and not yet freed is the whole machine's, and no row of ours.
    const counts = /estab \d+|timewait \d+|^(?:TCP|INET)\t.*/gm;
    const counted = (text: string) => text.match(counts) ?? [];
    results['-s'] = {
      kernel: counted(execFileSync('ss', ['-s'], { encoding: 'utf8' })),
      ours: counted(await ourSs(['-s'])),
    };
    withdraw();
    end();
    return results;
  },

  up: async () => {
    const up = await start(['up']);
    const held = connect(9, '10.9.0.2');
    await once(held, 'connect');
    const shown: Record<string, string> = {};
    const wanted = [
      '-tlnp',
      '-tulpn',
      '-nt',
      '-tnm',
      '-tne',
      '-tno',
      '-tniO',
      '-n',
      '-ntr',
      'dst 10.9.0.1',
      '-s',
      '-st',
    ];
    for (const words of wanted) {
      shown[words] = (await netcell('ss', ...words.split(' '))).stdout;
    }
    const summary = JSON.parse((await netcell('ss', '-s', '--json')).stdout);
    const refused = [await netcell('ss', '-K', 'dst', '10.9.0.1'), await netcell('ss', '-E')];
    const counted: Record<string, string> = {};
    for (const words of ['-s Tcp*Opens', 'Tcp*Opens', 'Tcp*Opens', '-a Tcp*Opens', '-az Udp*']) {
      // The same question twice has two answers.
      const name = words in counted ? `${words} again` : words;
      counted[name] = (await netcell('nstat', ...words.split(' '))).stdout;
    }
    const unknown = await netcell('nstat', 'TcpMagic');
    held.destroy();
    await stop(up);
    return { shown, summary, refused, counted, unknown, pid: up.child.pid };
  },
});
