/**
 * What `readme.test.ts` runs inside a network namespace: a program of the README with a TUN device,
 * and the kernel's TCP as its client. The result goes to standard output as JSON.
 */
import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { enterNamespace } from '../../host-node/namespace.ts';
import { openTun, type TunError } from '../../host-node/tun.ts';
import { run } from '../host/bundle.ts';

const [program = ''] = process.argv.slice(2);

async function fetch(url: string): Promise<string> {
  const [response] = await once(get(url, { agent: false }), 'response');
  return text(response);
}

/** Connects, sends half a request, and resets. */
async function beRude(): Promise<void> {
  const socket = connect(80, '10.9.0.2');
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\n');
  socket.resetAndDestroy();
}

async function perform(): Promise<unknown> {
  const { child, outcome } = run(program);
  let first: string | undefined;
  // The device is there when it is there.
  while (first === undefined && child.exitCode === null) {
    first = await fetch('http://10.9.0.2/a').catch(() => pause(20).then(() => undefined));
  }
  const pages = [first, await fetch('http://[fd00:9::2]/b')];
  await beRude();
  pages.push(await fetch('http://10.9.0.2/c'));
  child.kill();
  return { pages, end: await outcome };
}

try {
  enterNamespace();
} catch (error) {
  console.error((error as Error).message);
  process.exit((error as Partial<TunError>).exitCode ?? 1);
}
if (program === 'probe') openTun().close();
else process.stdout.write(JSON.stringify(await perform()));
