/**
 * What `run.test.ts` runs inside a namespace: programs that know nothing of netcell, on its TCP,
 * with the kernel's on the other side.
 */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Agent, get as httpGet, type IncomingMessage } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { type Outcome, run } from './bundle.ts';
import { selfMade } from './certificate.ts';
import { cli, launch, netcell, perform, type Running } from './cli-running.ts';

const PROGRAMS = process.env['NETCELL_PROGRAMS']!;
/** Other versions of Node, by their names. */
const NODES = JSON.parse(process.env['NETCELL_NODES']!) as Record<string, string>;

function program(name: string): string {
  return `${PROGRAMS}/${name}.mjs`;
}

/** Starts a program on the stack. */
function start(name: string, flags: readonly string[] = [], node = process.execPath): Running {
  return launch(['run', '-q', ...flags, '--', node, program(name)]);
}

/** A server of the kernel's on port 9000, beside what is run meanwhile. */
async function beside<T>(serve: (socket: Socket) => void, work: () => Promise<T>): Promise<T> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    serve(socket);
  }).listen(9000);
  await once(server, 'listening');
  try {
    return await work();
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

/** Whether the kernel has a socket of its own on a port. */
function isKernels(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const local = new RegExp(`^ *\\d+: [0-9A-F]+:${hex} `, 'm');
  return ['tcp', 'tcp6'].some((name) => local.test(readFileSync(`/proc/net/${name}`, 'utf8')));
}

async function get(path: string): Promise<string> {
  const socket = connect(3000, '10.9.0.2');
  socket.end(`GET ${path} HTTP/1.0\r\n\r\n`);
  return (await text(socket)).split('\r\n\r\n')[1]!;
}

/** A request on a connection that is kept for the next. */
async function getBy(agent: Agent): Promise<string> {
  const request = httpGet({ host: '10.9.0.2', port: 3000, agent });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return text(response);
}

/** A socket of the kernel's for UDP, which answers; and what the program is told that asks it. */
async function datagrams(node = process.execPath) {
  const beside = createSocket('udp4', (data, { address, port }) => {
    beside.send(`${data} from ${address}`, port, address);
  }).bind(9000);
  const running = start('datagrams', [], node);
  await running.said(/listening/);
  const [udp, tcp] = [await netcell('ss', '-uan'), await netcell('ss', '-tan')];
  const answers: string[] = [];
  const client = createSocket('udp4').bind(0, '10.9.0.1');
  for (const text of ['first', 'x'.repeat(20_000), 'end']) {
    client.send(text, 4000, '10.9.0.2');
    const [answer] = (await once(client, 'message')) as [Buffer];
    answers.push(String(answer).replace('x'.repeat(20_000), 'many x'));
  }
  const kernels = ['udp', 'udp6'].some((name) => {
    return readFileSync(`/proc/net/${name}`, 'utf8').includes(':0FA0 ');
  });
  client.close();
  beside.close();
  const seen = { answers, isKernels: kernels, udp: udp.stdout, tcp: tcp.stdout };
  return { ...seen, ...(await running.ended), output: running.output() };
}

/** Whether the program that a process has started has the device itself. */
function hasDevice({ child: { pid } }: Running): boolean {
  const program = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const files = `/proc/${program}/fd`;
  return readdirSync(files).some((fd) => {
    try {
      return readlinkSync(join(files, fd)) === '/dev/net/tun';
    } catch {
      // It has been closed since.
      return false;
    }
  });
}

async function server() {
  const running = start('server');
  await running.said(/listening/);
  const answers = new Set<string>();
  for (let i = 0; i < 200; i++) answers.add(await get('/'));
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const kept = await Promise.all(Array.from({ length: 800 }, () => getBy(agent)));
  for (const answer of kept) answers.add(answer);
  agent.destroy();
  const ss = await netcell('ss', '-ltn');
  const kernels = isKernels(3000);
  const seen = { answers: [...answers], isKernels: kernels, isDirect: hasDevice(running), ss };
  await get('/end');
  return { ...seen, ...(await running.ended), output: running.output() };
}

/** All of them on the stack's own network, which is none of the kernel's. */
const OWN = ['--kernel', '*'];

function family(run = () => start('family', OWN)) {
  const tell = (socket: Socket) => socket.end(`at ${socket.remoteAddress}`);
  return beside(tell, async () => {
    const running = run();
    const { code } = await running.ended;
    const lines = running.output().trim().split('\n').sort();
    return { code, lines: lines.filter((line) => !line.startsWith('netcell run:')) };
  });
}

/** Without `netcell run`: the program's own node loads what that would. */
function loaded() {
  const register = pathToFileURL(join(dirname(cli), 'register.js')).href;
  return family(() => launch([register, program('family')], {}, '--import'));
}

function leaving() {
  let received = 0;
  let ends = 0;
  const count = (socket: Socket) => {
    socket.on('data', ({ length }) => (received += length)).on('end', () => ends++);
  };
  return beside(count, async () => {
    const { code } = await start('leaving').ended;
    return { code, received, ends };
  });
}

function cutOff() {
  return beside(
    (socket) => socket.on('error', () => {}),
    async () => {
      const running = start('cut-off', ['--tun', 'cut0']);
      await running.said(/connected/);
      execFileSync('ip', ['link', 'del', 'cut0']);
      const { code } = await running.ended;
      return { code, output: running.output() };
    },
  );
}

/** Tells an echo of a worker's to drop the connection; answers with what writing ends then. */
async function dropped(): Promise<string> {
  const socket = connect({ port: 4000, host: '10.9.0.2', allowHalfOpen: true });
  socket.write('drop');
  await once(socket.resume(), 'end');
  return new Promise((resolve) => {
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code!));
    const more = () => {
      if (!socket.destroyed) socket.write('more', () => setImmediate(more));
    };
    more();
  });
}

/** A program of node:cluster, whose primary has the connections and its workers their users. */
async function clustered(node: string) {
  const running = start('cluster', [], node);
  await running.said(/listening/);
  const answers: string[] = [];
  for (let i = 0; i < 6; i++) answers.push(await get(`/${i}`));
  const sent = Buffer.alloc(3_000_000, 'what goes there and back');
  const echo = connect({ port: 4000, host: '10.9.0.2' });
  echo.end(sent);
  const isWhole = (await buffer(echo)).equals(sent);
  const reset = connect({ port: 4000, host: '10.9.0.2' });
  reset.write('x');
  await once(reset, 'data');
  reset.resetAndDestroy();
  await running.said(/error/);
  const handed = await text(connect(5000, '10.9.0.2'));
  const written = await dropped();
  await get('/end');
  const { code } = await running.ended;
  return { code, answers, isWhole, handed, written, output: running.output() };
}

/** What a program says that is left to the kernel, on the stack and without one. */
async function outside() {
  const echo = (socket: Socket) => {
    const { servername } = socket as TLSSocket;
    socket.on('error', () => {}).write(`${socket.remoteAddress} ${servername}: `);
    socket.pipe(socket);
  };
  const plain = createServer({ allowHalfOpen: true }, echo).listen(9000, '127.0.0.1');
  const identity = { ...selfMade(), allowHalfOpen: true };
  const encrypted = createTlsServer(identity, echo).listen(9443, '127.0.0.1');
  const servers = [plain, encrypted];
  await Promise.all(servers.map((server) => server.listening || once(server, 'listening')));
  const file = program('outside');
  const told: { bare: Outcome; run: Outcome }[] = [];
  for (const node of [process.execPath, ...Object.values(NODES)]) {
    told.push({
      bare: await run(file, [], {}, node).outcome,
      run: await netcell('run', '-q', '--kernel', 'localhost', '--', node, file),
    });
  }
  for (const server of servers) server.close();
  return told;
}

/** A program of three that find each other by localhost: on the kernel, and on stacks. */
async function shared(node: string) {
  const file = program('shared');
  const visit = (host: string) => once(connect(3000, host), 'close');
  const bare = run(file, [], {}, node);
  bare.child.stdout!.on('data', (said: string) => {
    if (said.includes('waiting')) void visit('127.0.0.1');
  });
  const { stdout } = await bare.outcome;
  const running = start('shared', [], node);
  await running.said(/waiting/);
  const ss = await netcell('ss', '-tn', 'state', 'connected');
  const outside = await once(connect(4000, '10.9.0.2'), 'error').then(([{ code }]) => code);
  await visit('10.9.0.2');
  const { code } = await running.ended;
  return { bare: stdout, code, output: running.output(), outside, ss: ss.stdout };
}

/** What keeps a program from being run on a stack is said, and the program does not begin. */
async function refused() {
  const refusal = async (words: string[]) => {
    const { code, stdout, stderr } = await netcell('run', '-q', ...words);
    return { code, output: stdout + stderr };
  };
  const say = ['-e', 'console.log("begun")'];
  const { execPath: node } = process;
  const permission = ['--experimental-permission', '--allow-fs-read=*'];
  return {
    late: await refusal(['--', node, '--require', program('late').replace('mjs', 'cjs'), ...say]),
    permission: await refusal(['--', node, ...permission, ...say]),
    noProgram: await refusal([]),
    notThere: await refusal(['--', 'no-such-program']),
    json: await refusal(['--json', '--', node, ...say]),
    noHost: await refusal(['--kernel', '10.0.0', '--', node, ...say]),
    noName: await refusal(['--kernel', 'no-such.invalid', '--', node, ...say]),
    setting: await refusal(['--sysctl', 'tcp_nothing=1', '--', node, ...say]),
    code: await refusal(['--', node, '-e', 'process.exit(7)']),
    signal: await refusal(['--', 'sh', '-c', 'kill $$']),
  };
}

const byNode = Object.entries(NODES).flatMap(([name, node]) => [
  [name, () => family(() => start('family', [], node))],
  [`cluster ${name}`, () => clustered(node)],
  [`datagrams ${name}`, () => datagrams(node)],
  [`shared ${name}`, () => shared(node)],
]);
const cluster = () => clustered(process.execPath);
const others = { cluster, server, loaded, leaving, cutOff, outside, refused };
const plain = { datagrams: () => datagrams(), shared: () => shared(process.execPath) };
const all = { family: () => family(), ...plain, ...others };
await perform({ ...all, ...Object.fromEntries(byNode) });
