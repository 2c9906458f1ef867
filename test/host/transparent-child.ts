/**
 * What `transparent.test.ts` runs inside a namespace: the example of a transparent proxy, between
 * this namespace, which routes a network into its device, and another one, which has that network.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { enterNamespace } from '../../host-node/namespace.ts';

enterNamespace();

const [, script = '', scenario = '', example = ''] = process.argv;
/** The addresses of the two namespaces, and the network in question (RFC 2544). */
const NEAR = '10.8.0.1';
const FAR = '10.8.0.2';
const NETWORK = '198.18.0.0/15';
const PORT = 8000;
const DESTINATIONS = 1_000;

const ip = (words: string) => execFileSync('ip', words.split(' '), { stdio: 'inherit' });

/** The far namespace: one server for all addresses, which says who asked for which. */
async function serve(): Promise<void> {
  console.log('apart');
  await once(process.stdin, 'data');
  ip(`address add ${FAR}/30 dev far`);
  ip('link set far up');
  ip(`route add local ${NETWORK} dev lo`);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.write(`${socket.localAddress} for ${socket.remoteAddress}: `);
    socket.pipe(socket);
  });
  server.listen({ port: PORT, host: '0.0.0.0', backlog: 4096 }, () => console.log('listening'));
}

/** What the server at an address answers to what it is sent. */
async function ask(host: string, sent: string): Promise<string> {
  const socket = connect(PORT, host);
  socket.end(sent);
  return text(socket);
}

async function codeOf(host: string, port: number): Promise<string> {
  const [error] = (await once(connect(port, host), 'error')) as [NodeJS.ErrnoException];
  return error.code!;
}

async function proxy(): Promise<void> {
  // Without the marker it enters a namespace of its own.
  const { NETCELL_OUTSIDE: _, ...env } = process.env;
  const far = spawn(process.execPath, [script, 'servers'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env,
  });
  await once(far.stdout, 'data');
  ip(`link add near type veth peer name far netns ${far.pid}`);
  ip(`address add ${NEAR}/30 dev near`);
  ip('link set near up');
  ip(`rule add from ${NEAR} lookup 100`);
  ip(`route add ${NETWORK} via ${FAR} table 100`);
  far.stdin.write('go');
  await once(far.stdout, 'data');
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const running = spawn(process.execPath, [example, NEAR], { stdio: [...stdio] });
  await once(running.stdout!, 'data');
  ip(`route add ${NETWORK} dev proxy0`);

  const wide = 'x'.repeat(200_000);
  const one = await ask('198.18.0.1', wide);
  const refused = await codeOf('198.18.0.1', 9);
  const hosts = Array.from({ length: DESTINATIONS }, (_, i) => `198.19.${i >> 8}.${i & 255}`);
  const all = await Promise.all(hosts.map((host) => ask(host, `to ${host}`)));
  const wrong = hosts.filter((host, i) => all[i] !== `${host} for ${NEAR}: to ${host}`);
  running.kill();
  far.kill();
  const begin = one.slice(0, -wide.length);
  console.log(JSON.stringify({ isWhole: one.endsWith(wide), begin, refused, wrong }));
}

if (scenario === 'servers') await serve();
else if (scenario === 'proxy') await proxy();
