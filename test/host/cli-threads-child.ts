/**
 * What `cli-threads.test.ts` runs inside a namespace: verbs with several threads, and the kernel's
 * connections to them.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { folder, netcell, perform, start, stop } from './cli-running.ts';

const HOST = '10.9.0.2';

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, HOST);
  await once(socket, 'connect');
  return socket;
}

/** Has a socket say something; answers what comes back. */
async function said(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, 'data');
  socket.write(text);
  return String((await answer)[0]);
}

interface Report {
  threads: number;
  counters: Record<string, number>;
  link: Record<'received' | 'sent', number>;
  sockets: { state: string; localPort: number; thread: number }[];
}

async function report(): Promise<Report> {
  const { stdout } = await netcell('ss', '--json');
  return JSON.parse(stdout) as Report;
}

/** Sockets of each thread in a state. */
function countsOf({ sockets }: Report, state: string): number[] {
  return [0, 1].map((thread) => {
    return sockets.filter((socket) => socket.state === state && socket.thread === thread).length;
  });
}

/** How a connection ends: by a FIN, or by a reset. */
function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.resume().once('end', () => resolve('FIN'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  });
}

/** A module that has a further thread fail once that file is there. */
function faultAt(file: string): string {
  const module = join(folder, 'fault.mjs');
  writeFileSync(
    module,
    `import { existsSync } from 'node:fs';
    import { isMainThread } from 'node:worker_threads';
    if (!isMainThread) setInterval(() => {
      if (existsSync(${JSON.stringify(file)})) throw new Error('a fault of its own');
    }, 20);`,
  );
  return pathToFileURL(module).href;
}

await perform({
  /** An echo server of two threads: its sockets, its counters, and its end. */
  echo: async () => {
    const running = await start(['listen', '7', '--echo', '--threads', '2', '--seed', 'x']);
    const sockets: Socket[] = [];
    for (let i = 0; i < 40; i++) sockets.push(await connected(7));
    const echoed = await Promise.all(sockets.map((socket, i) => said(socket, `text ${i}`)));
    const told = await report();
    const table = (await netcell('ss', '-tlnH')).stdout.trim().split('\n');
    const numbers = (await netcell('ss', '-tnHe')).stdout.match(/sk:\w+/g)!;
    const summary = (await netcell('ss', '-s')).stdout;
    const ends = Promise.all(sockets.map(endOf));
    const code = await stop(running);
    return {
      echoed,
      threads: told.threads,
      listening: countsOf(told, 'LISTEN'),
      established: countsOf(told, 'ESTABLISHED'),
      opens: told.counters['TcpPassiveOpens'],
      received: [told.link.received, told.counters['IpInReceives']],
      table: table.length,
      numbers: new Set(numbers).size,
      summary,
      ends: await ends,
      code,
      output: running.output(),
    };
  },

  /** A folder served by two threads, each with its requests' log. */
  serve: async () => {
    writeFileSync(join(folder, 'page.txt'), 'served');
    const running = await start(['serve', folder, '--threads', '2', '--json']);
    const answers: string[] = [];
    for (let i = 0; i < 24; i++) {
      const socket = await connected(80);
      socket.write(`GET /page.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      let text = '';
      for await (const part of socket) text += String(part);
      answers.push(text.slice(-6));
    }
    const told = await report();
    const code = await stop(running);
    const events = running
      .output()
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    return {
      answers: [...new Set(answers)],
      opens: told.counters['TcpPassiveOpens'],
      requests: events.filter((event) => event === 'request').length,
      code,
    };
  },

  /** A thread ends by a fault: the others go on. */
  fault: async () => {
    const file = join(folder, 'now');
    const NODE_OPTIONS = `--import=${faultAt(file)}`;
    const running = await start(['up', '--threads', '2'], {
      env: { ...process.env, NODE_OPTIONS },
    });
    const socket = await connected(7);
    const before = await said(socket, 'before');
    writeFileSync(file, '');
    await running.said(/has ended/);
    const after: string[] = [];
    for (let i = 0; i < 12; i++) after.push(await said(await connected(7), 'after'));
    const { threads, sockets } = await report();
    const isOfOne = sockets.every(({ thread }) => thread === 0);
    const code = await stop(running);
    // Where it was the other thread's, nobody is left to end it.
    socket.destroy();
    return { before, after: [...new Set(after)], threads, isOfOne, code, output: running.output() };
  },
});
