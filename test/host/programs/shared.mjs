/**
 * A program of three, a process, its child and a worker, that find each other by localhost. It says
 * what each sees of whom; then it waits, with a connection open, until somebody comes to port 3000.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const [, file, role = isMainThread ? 'first' : 'worker'] = process.argv;
/** The server that listens, and ends its connections or not. */
let server;
let isStaying = false;

/** What each of the three does, as another tells it to. */
const acts = {
  async listen(host, port = 0, reusePort = false) {
    const tried = createServer((socket) => {
      const { localAddress, localPort, remoteAddress, remotePort } = socket;
      socket.on('error', () => {});
      socket.write(`${localAddress} ${localPort} ${remoteAddress} ${remotePort}`);
      if (!isStaying) socket.end();
    });
    try {
      await once(tried.listen({ port, host, reusePort }), 'listening');
    } catch ({ code }) {
      return code;
    }
    server = tried;
    return server.address().port;
  },
  async ask(host, port) {
    const socket = connect(port, host);
    let own;
    socket.once('connect', () => {
      own = [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort];
    });
    try {
      const [to, toPort, from, fromPort] = (await text(socket)).split(' ');
      const isSame = toPort === `${own[1]}` && fromPort === `${own[3]}` && own[1] === port;
      const names = `${from} to ${to}, for it ${own[2]} to ${own[0]}`;
      return `${names}, ports ${isSame ? 'agree' : 'differ'}`;
    } catch ({ code, address }) {
      return `${code} ${address}`;
    }
  },
  async stay() {
    isStaying = true;
  },
  async close() {
    await once(server.close(), 'close');
  },
};

if (role === 'first') await direct();
else {
  const channel = isMainThread ? process : parentPort;
  const tell = (told) => (isMainThread ? process.send(told) : parentPort.postMessage(told));
  channel.on('message', async ([act, ...rest]) => tell((await acts[act](...rest)) ?? null));
}

async function direct() {
  const child = fork(file, ['child']);
  const worker = new Worker(file);
  const member =
    (target, send) =>
    (act, ...rest) => {
      send([act, ...rest]);
      return once(target, 'message').then(([told]) => told);
    };
  const all = {
    first: (act, ...rest) => acts[act](...rest),
    child: member(child, (message) => child.send(message)),
    worker: member(worker, (message) => worker.postMessage(message)),
  };
  for (const [host, serving] of [
    ['127.0.0.1', 'first'],
    ['::1', 'child'],
    ['::', 'worker'],
    ['0.0.0.0', 'child'],
  ]) {
    const port = await all[serving]('listen', host);
    for (const [name, call] of Object.entries(all)) {
      for (const asked of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
        console.log(`${serving} at ${host}, ${name}: ${await call('ask', asked, port)}`);
      }
      if (name !== serving) console.log(`${name} there: ${await call('listen', host, port)}`);
    }
    await all[serving]('close');
    console.log(`closed: ${await all.worker('ask', '127.0.0.1', port)}`);
  }
  const both = await all.child('listen', '127.0.0.1', 0, true);
  console.log(`shared: ${(await all.first('listen', '127.0.0.1', both, true)) === both}`);
  console.log(`by whom: ${await all.worker('ask', '127.0.0.1', both)}`);
  server.close();
  await worker.terminate();
  const port = await all.child('listen', '127.0.0.1', 4000);
  await all.child('stay');
  const left = connect(port, 'localhost');
  left.on('end', () => console.log('left: end'));
  await once(left, 'data');
  const door = createServer().listen(3000, () => console.log('waiting'));
  const [visitor] = await once(door, 'connection');
  child.kill('SIGKILL');
  await Promise.all([once(left, 'close'), once(child, 'exit')]);
  console.log(`killed: ${await all.first('ask', '127.0.0.1', port)}`);
  visitor.destroy();
  door.close();
}
