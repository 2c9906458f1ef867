/**
 * A program that starts others, each in another way: forked with a channel, as a worker, with no
 * environment, and waited for by a program that does nothing meanwhile. Each serves itself by
 * localhost and asks a server of the kernel's what its address is.
 */
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const [program, file, role = isMainThread ? 'first' : 'worker'] = process.argv;

async function ask() {
  const server = createServer((socket) => socket.end(role)).listen(0);
  await once(server, 'listening');
  const own = await text(connect(server.address().port, 'localhost'));
  server.close();
  return `${own} ${await text(connect(9000, '10.9.0.1'))}`;
}

function startOthers() {
  const forked = fork(file, ['forked']);
  forked.once('message', (told) => {
    console.log(told);
    forked.send('enough');
  });
  new Worker(file).once('message', (told) => console.log(told));
  const bare = { env: {}, argv: ['bare-worker'] };
  new Worker(file, bare).once('message', (told) => console.log(told));
  spawn(program, [file, 'bare'], { env: {}, stdio: 'inherit' });
  const options = { env: { PATH: process.env.PATH }, encoding: 'utf8' };
  console.log(execFileSync(program, [file, 'waited-for'], options).trim());
}

if (role === 'first') startOthers();
const told = await ask();
if (role === 'forked') {
  process.once('message', () => process.disconnect());
  process.send(told);
} else if (!isMainThread) parentPort.postMessage(told);
else console.log(told);
