/**
 * What `cli-disk.test.ts` runs inside a namespace: verbs whose output has nowhere to go, on a disk
 * of 64 KiB, on one that may not be written, and on /dev/full.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { type Outcome, run } from './bundle.ts';
import { withoutProgress } from './cli-quiet.ts';
import { cli, exchange, folder, launch, netcell, perform, start, stop } from './cli-running.ts';

/** Mounts a disk of 64 KiB in this namespace alone. */
function mountDisk(options: string): string {
  const disk = join(folder, options.replace(/\W/g, '-'));
  mkdirSync(disk, { recursive: true });
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'netcell', disk]);
  if (status !== 0) throw new Error(String(stderr));
  return disk;
}

/** Runs a verb whose standard output is a full disk. */
function onFullDisk(...words: string[]): Promise<Outcome> {
  const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const;
  return run(cli, words, { stdio: [...stdio] }).outcome.then(withoutProgress);
}

/** A web server and an echo of the kernel's, and a server that says nothing. */
async function withServers<T>(work: (ports: Record<string, string>) => Promise<T>): Promise<T> {
  const servers = {
    web: createServer((_message, answer) => answer.end('x'.repeat(300_000))),
    echo: createTcpServer((socket) => socket.pipe(socket)),
    silent: createTcpServer((socket) => socket.on('error', () => {}).resume()),
  };
  const ports: Record<string, string> = {};
  for (const [name, server] of Object.entries(servers)) {
    await once(server.listen(0, '::'), 'listening');
    ports[name] = String((server.address() as AddressInfo).port);
  }
  try {
    return await work(ports);
  } finally {
    for (const server of Object.values(servers)) server.close();
  }
}

async function talk(...words: string[]): Promise<Outcome> {
  const { child, outcome } = run(cli, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin!.end('over and out');
  return withoutProgress(await outcome);
}

await perform({
  /** A capture fills the disk while the stack serves. */
  up: async () => {
    const disk = mountDisk('size=64k');
    // Segment by segment there are many packets.
    const up = await start(['up', '--pcap', join(disk, 'x.pcapng'), '--pcap-split']);
    const long = await exchange(7, 'a'.repeat(200_000));
    await up.said(/capture ends/);
    const after = await exchange(7, 'still there');
    const code = await stop(up);
    const capture = readFileSync(join(disk, 'x.pcapng')).toString('base64');
    return { long: long.length, after, code, output: up.output(), capture };
  },

  verbs: () =>
    withServers(async ({ web, echo, silent }) => {
      const pcap = ['--pcap', '/dev/full'];
      const waiting = launch(['connect', '10.9.0.1', silent!, '-v', ...pcap], {
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      await waiting.said(/capture ends/);
      const interrupted = { code: await stop(waiting), stderr: waiting.output() };
      return {
        interrupted,
        get: await netcell('get', `http://10.9.0.1:${web}/`, '-q', ...pcap),
        connect: await talk('connect', '10.9.0.1', echo!, ...pcap),
        ping: await netcell('ping', '10.9.0.1', '-c', '2', '-i', '10ms', ...pcap),
        demo: await netcell('demo', '--size', '64k', ...pcap),
        sim: await netcell('sim', 'handshake', ...pcap),
      };
    }),

  /** What can not be opened is told before anything is done. */
  start: async () => {
    const disk = mountDisk('ro');
    const missing = join(folder, 'nowhere', 'x');
    const outcomes: Record<string, Outcome> = {};
    for (const verb of ['up', 'listen 7', 'serve .', 'get http://10.9.0.1/', 'ping 10.9.0.1']) {
      outcomes[verb] = await netcell(...verb.split(' '), '--pcap', join(disk, 'x'));
    }
    outcomes['a folder'] = await netcell('up', '--pcap', disk);
    outcomes['no folder'] = await netcell('up', '--pcap', missing);
    spawnSync('mkfifo', [join(folder, 'unread')]);
    outcomes['an unread pipe'] = await netcell('up', '--pcap', join(folder, 'unread'));
    return outcomes;
  },

  /** The reader of a capture stands still, or goes away. */
  readers: async () => {
    const pipe = join(folder, 'slow');
    spawnSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const slow = await start(['up', '--pcap', pipe]);
    const upload = connect(9, '10.9.0.2');
    upload.end(Buffer.alloc(24 << 20));
    await once(upload.resume(), 'close');
    const slowEcho = await exchange(7, 'not waiting');
    const slowCode = await stop(slow);
    const gone = await start(['up', '--pcap', '-']);
    gone.child.stdout!.destroy();
    const goneEcho = await exchange(7, 'alone');
    await gone.said(/capture ends/);
    const goneCode = await stop(gone);
    return {
      reader,
      slow: { code: slowCode, echo: slowEcho, output: slow.output() },
      gone: { code: goneCode, echo: goneEcho, output: gone.output() },
    };
  },

  output: () =>
    withServers(async ({ web }) => {
      const disk = mountDisk('size=64k');
      const url = `http://10.9.0.1:${web}/`;
      const up = launch(['up'], {
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      });
      await up.said(/nothing more is said/);
      const page = await (await fetch('http://10.9.0.2/')).text();
      const ss = await onFullDisk('ss');
      const upCode = await stop(up);
      const listen = await start(['listen', '7'], {
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      });
      const sent = connect(7, '10.9.0.2');
      sent.on('error', () => {}).end('for the full disk');
      return {
        up: { code: upCode, stderr: up.output(), page },
        ss,
        listen: { code: (await listen.ended).code, stderr: listen.output() },
        get: await onFullDisk('get', url),
        getFile: await netcell('get', url, '-o', join(disk, 'big')),
        getFolder: await netcell('get', url, '-o', disk),
        ping: await onFullDisk('ping', '10.9.0.1', '-c', '1'),
        help: await onFullDisk('--help'),
      };
    }),
});
