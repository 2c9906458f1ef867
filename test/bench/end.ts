/**
 * What is measured, a process of its own: `end.ts netcell|raw|kernel SERVICE`, a service in JSON.
 * It says when it is ready, and serves until it is killed.
 */
import { createServer } from 'node:http';
import { netFor } from '../../host-node/net.ts';
import { openTun } from '../../host-node/tun.ts';
import { createStack, END, type RawConnection, type Stack } from '../../host-web/index.ts';
import { stayOn } from './core.ts';
import { closer, echo, sink, source } from './kernel.ts';
import { type EndName, KERNEL, MTU, PORT, PREFIX, type Service, STACK } from './place.ts';
import { RawTcp } from './raw-tcp.ts';
import { goBehindVeth } from './veth.ts';

const CHUNK = 65_536;
const BACKLOG = 511;

function openDevice(offload: boolean) {
  return openTun({ addresses: [`${KERNEL}/${PREFIX}`], mtu: MTU, offload });
}

function httpServer() {
  const server = createServer((_request, response) => response.end('a short page\n'));
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
  const stack = await createStack({ address: `${STACK}/${PREFIX}` });
  stack.attach(openDevice(service.offload));
  if (service.kind === 'http') netFor(stack).serve(httpServer(), { port: PORT });
  else listen(stack, service);
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
  new RawTcp(openDevice(offload), kind, seconds, offload).serve();
}

async function kernel({ kind, seconds = 0, offload }: Service): Promise<void> {
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

stayOn(0);
const [who, text = ''] = process.argv.slice(2) as [EndName, string];
const service = JSON.parse(text) as Service;
if (who === 'kernel') await kernel(service);
else {
  await (who === 'netcell' ? netcell(service) : raw(service));
  console.log('ready');
}
