/**
 * `netcell/net`: whatever a listener of a socket or a server throws, others are connected,
 * accepted, read and written, and each of it is an uncaught exception as in `node:net`.
 */
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LookupFunction } from 'node:net';
import { type Net, netFor, type Server, type Socket } from '../../host-node/net/index.ts';
import { pipe, RealClock, type Stack } from '../../host-web/index.ts';
import { stackAt } from './world.ts';

let stacks: Stack[] = [];
let here: Net;
let there: Net;
/** What was thrown, and nobody caught. */
const uncaught: string[] = [];
let usual: NodeJS.UncaughtExceptionListener[] = [];
const note = (error: Error) => uncaught.push(error.message);

beforeEach(() => {
  stacks = [1, 2].map((host) => stackAt(host, new RealClock()));
  const [a, b] = pipe();
  stacks[0]!.attach(a);
  stacks[1]!.attach(b);
  here = netFor(stacks[0]!);
  there = netFor(stacks[1]!);
  uncaught.length = 0;
  usual = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', note);
});

afterEach(async () => {
  for (const stack of stacks) await stack.close();
  process.removeAllListeners('uncaughtException');
  for (const listener of usual) process.on('uncaughtException', listener);
});

function thrower(name: string): () => never {
  return () => {
    throw new Error(name);
  };
}

/** An echo server that answers everybody, whatever has been thrown. */
async function echo(port: number): Promise<Server> {
  const server = there.createServer((socket) => socket.on('error', () => {}).pipe(socket));
  server.listen(port);
  await once(server, 'listening');
  return server;
}

/** Connections that a server has. */
function countOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
}

/** What a connection to the echo gets back. */
async function echoed(port: number): Promise<string> {
  const socket = here.connect({ port, host: '10.0.0.2' });
  socket.end('bystander');
  let got = '';
  for await (const part of socket) got += part;
  return got;
}

/** Events of a socket that come of their own, in a life with text both ways. */
const SOCKET = ['ready', 'data', 'end', 'finish', 'close'];
/** Events after which Node's own socket goes no further, when a listener throws. */
const OPENING = ['lookup', 'connectionAttempt', 'connect'];

describe('a listener of a socket', () => {
  const later: LookupFunction = (_host, _options, done) => {
    setImmediate(() => done(null, [{ address: '10.0.0.2', family: 4 }]));
  };
  it.each(SOCKET)('of %s throws', async (name) => {
    await echo(7);
    const socket = here.connect({
      port: 7,
      host: 'name.example',
      lookup: later,
    });
    let got = '';
    socket.on('data', (part) => {
      got += part;
    });
    // Node's streams themselves end no socket whose listener of 'end' throws.
    const over = once(socket, name === 'end' ? 'finish' : 'close');
    socket.on(name, thrower(name));
    socket.write('first');
    socket.end('last');
    await over;
    expect(await echoed(7)).toBe('bystander');
    expect(uncaught.length).toBeGreaterThan(0);
    expect(new Set(uncaught)).toEqual(new Set([name]));
    expect(got).toBe('firstlast');
  });

  it.each(OPENING)('of %s throws: it goes no further, others do', async (name) => {
    await echo(7);
    const socket = here.connect({ port: 7, host: 'name.example', lookup: later });
    socket.on(name, thrower(name));
    while (uncaught.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await echoed(7)).toBe('bystander');
    socket.destroy();
    expect(uncaught).toEqual([name]);
  });

  it('of a write that is refused throws', async () => {
    await echo(7);
    const socket = here.connect({ port: 7, host: '10.0.0.2' });
    socket.on('error', () => {});
    const over = new Promise((resolve) => socket.once('close', resolve));
    await once(socket, 'connect');
    socket.write(Buffer.alloc(10_000_000), thrower('refused'));
    await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    await over;
    expect(await echoed(7)).toBe('bystander');
    expect(uncaught).toEqual(['refused']);
  });

  it('of its lookup throws at once, as in Node', () => {
    const options = { port: 7, host: 'name.example', lookup: thrower('lookup') };
    expect(() => here.connect(options)).toThrow('lookup');
  });
});

describe('a listener of a server', () => {
  it.each(['connection', 'listening', 'close', 'drop'])('of %s throws', async (name) => {
    const server = there.createServer((socket) => socket.on('error', () => {}).pipe(socket));
    server.on(name, thrower(name));
    server.listen(7);
    await new Promise((resolve) => setImmediate(resolve));
    const first = echoed(7);
    const second = echoed(7);
    expect(await Promise.all([first, second])).toEqual(['bystander', 'bystander']);
    if (name === 'drop') {
      server.maxConnections = 1;
      await expect.poll(() => countOf(server)).toBe(0);
      const only = here.connect(7, '10.0.0.2');
      await once(server, 'connection');
      await Promise.all([echoed(7), echoed(7)].map((end) => end.catch(() => {})));
      only.destroy();
    }
    server.close();
    await new Promise((resolve) => setImmediate(resolve));
    const times = name === 'connection' || name === 'drop' ? 2 : 1;
    expect(uncaught).toEqual(Array(times).fill(name));
    expect(server.listening).toBe(false);
  });

  it('of a connection that is over throws: its server still closes', async () => {
    const server = there.createServer((socket: Socket) => {
      socket.on('close', thrower('close of a connection'));
      socket.resume().end();
    });
    server.listen(7);
    await once(server, 'listening');
    await echoed(7).catch(() => {});
    const closed = once(server, 'close');
    server.close();
    await closed;
    await expect.poll(() => uncaught).toEqual(['close of a connection']);
  });
});
