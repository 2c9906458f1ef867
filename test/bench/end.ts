/**
 * What is measured, a process of its own: `end.ts netcell|raw|kernel SERVICE`, a service in JSON.
 * It says when it is ready, and serves until it is killed.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { netFor } from '../../host-node/net/index.ts';
import { openTun, type Tun, type TunQueue, tunQueue } from '../../host-node/tun.ts';
import { createStack, END, type RawConnection, type Stack } from '../../host-web/index.ts';
import { stayOn } from './core.ts';
import { closer, echo, sink, source } from './kernel.ts';
import { type EndName, KERNEL, MTU, PORT, PREFIX, type Service, STACK } from './place.ts';
import { RawTcp } from './raw-tcp.ts';
import { echoRaw } from './raw-udp.ts';
import { goBehindVeth } from './veth.ts';

const CHUNK = 65_536;
const BACKLOG = 511;

function openDevice(offload: boolean, queues = 1) {
  return openTun({ addresses: [`${KERNEL}/${PREFIX}`], mtu: MTU, offload, queues });
}

function httpServer(hashed = 0) {
  const octets = new Uint8Array(hashed);
  const server = createServer((_request, response) => {
    if (hashed > 0) createHash('sha256').update(octets).digest();
    response.end('a short page\n');
  });
  server.keepAliveTimeout = 0;
  return server;
}

// netcell -------------------------------------------------------------------------

/** What netcell does with one connection; released, it ends in its own time. */
function use(connection: RawConnection, { kind, seconds = 0 }: Service, into: Uint8Array): void {
  const each = (take: (octets: Uint8Array) => void) => {
    connection.onReadable = () => {
      let n = connection.receive(into);
      for (; n > 0; n = connection.receive(into)) take(into.subarray(0, n));
      if (n === END) connection.release();
    };
    connection.onReadable();
  };
  if (kind === 'sink') each(() => {});
  else if (kind === 'echo') each((octets) => connection.send(octets));
  else if (kind === 'close') connection.release();
  else {
    const endsAt = performance.now() + seconds * 1000;
    const fill = () => {
      if (performance.now() > endsAt) connection.release();
      else while (connection.send(into) === into.length);
    };
    connection.onWritable = fill;
    fill();
  }
}

async function netcell(service: Service): Promise<void> {
  const { offload, threads = 1 } = service;
  const tun = openDevice(offload, threads);
  const others = Array.from({ length: threads - 1 }, (_, i) => {
    const errand: Errand = { service, queue: tun.queue(i + 1) };
    return once(new Worker(fileURLToPath(import.meta.url), { workerData: errand }), 'message');
  });
  await Promise.all(others);
  await serveOn(tun, service);
}

/** What a further thread is given. */
interface Errand {
  readonly service: Service;
  readonly queue: TunQueue;
}

async function serveOn(tun: Tun, service: Service): Promise<void> {
  const stack = await createStack({ address: `${STACK}/${PREFIX}` });
  stack.attach(tun);
  if (service.kind === 'datagrams') answerDatagrams(stack);
  else if (service.kind !== 'http') listen(stack, service);
  else netFor(stack).serve(httpServer(service.hashed), { port: PORT });
}

function answerDatagrams(stack: Stack): void {
  const socket = stack.openDatagram();
  socket.bind(PORT);
  socket.onReadable = () => {
    for (let d = socket.receive(); d !== null; d = socket.receive()) {
      socket.send(d.data, d.address, d.port);
    }
  };
}

function listen(stack: Stack, service: Service): void {
  const into = new Uint8Array(CHUNK);
  const listener = stack.openListener({ port: PORT, backlog: BACKLOG });
  listener.onAcceptable = () => {
    for (let c = listener.accept(); c !== null; c = listener.accept()) use(c, service, into);
  };
}

// What it is held against ---------------------------------------------------------

function raw({ kind, seconds = 0, offload }: Service): void {
  if (kind === 'http' || kind === 'close') throw new Error(`no raw loop does ${kind}`);
  if (kind === 'datagrams') {
    echoRaw(openDevice(offload));
    return;
  }
  new RawTcp(openDevice(offload), kind, seconds, offload).serve();
}

async function kernel({ kind, seconds = 0, offload }: Service): Promise<void> {
  if (kind === 'datagrams') throw new Error('the kernel is not measured by datagrams');
  await goBehindVeth(offload);
  if (kind === 'http') {
    const server = httpServer().listen(PORT);
    await new Promise((resolve) => server.once('listening', resolve));
    console.log('ready');
    return;
  }
  const set = kind === 'source' ? source(PORT, seconds) : { sink, echo, close: closer }[kind](PORT);
  console.log('ready');
  set.serve();
}

async function main(): Promise<void> {
  stayOn(0);
  const [who, text = ''] = process.argv.slice(2) as [EndName, string];
  const service = JSON.parse(text) as Service;
  if (who === 'kernel') return kernel(service);
  await (who === 'netcell' ? netcell(service) : raw(service));
  console.log('ready');
}

if (isMainThread) await main();
else {
  const { service, queue } = workerData as Errand;
  stayOn(queue.index);
  await serveOn(tunQueue(queue), service);
  parentPort!.postMessage('ready');
}
