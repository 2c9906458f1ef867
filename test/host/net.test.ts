/**
 * `netcell/net` as programs use it: Node's own http, http.Agent and tls over it, and `net.Socket`'s
 * events, codes and ways to end. Two stacks in one process, on the real clock.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type RequestOptions } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Net, netFor, type Server, type Socket } from '../../host-node/net/index.ts';
import { createStackSync, pipe, type Stack } from '../../host-web/index.ts';
import { coreModule } from '../core-module.ts';
import { selfMade } from './certificate.ts';

const HERE = '10.0.0.1';
const THERE = '10.0.0.2';

let stacks: Stack[] = [];
let here: Net;
let there: Net;

beforeEach(() => {
  stacks = [HERE, THERE].map((address, i) => {
    const module = coreModule;
    return createStackSync({ address: [`${address}/24`, `fd00::${i + 1}/64`], module });
  });
  const [a, b] = pipe();
  stacks[0]!.attach(a);
  stacks[1]!.attach(b);
  here = quiet(netFor(stacks[0]!));
  there = netFor(stacks[1]!);
});

afterEach(async () => {
  for (const stack of stacks) await stack.close();
});

/** Connections still open when the stacks close are reset; that is not what is tested. */
function quiet(net: Net): Net {
  const connect = (...args: unknown[]) => net.connect(...args).on('error', () => {});
  return { ...net, connect };
}

async function listen(server: Server, options: object = { port: 7 }): Promise<Server> {
  server.on('connection', (socket: Socket) => socket.on('error', () => {}));
  server.listen(options);
  await once(server, 'listening');
  return server;
}

/** Both ends of a connection. */
async function connected(options: object = {}): Promise<{ client: Socket; server: Socket }> {
  const listening = await listen(there.createServer(options), { port: 7, ...options });
  const accepted = once(listening, 'connection');
  const client = here.connect({ port: 7, host: THERE, ...options });
  const [server] = (await accepted) as [Socket];
  if (client.connecting) await once(client, 'connect');
  return { client, server };
}

interface Answer {
  readonly status: number | undefined;
  readonly body: Buffer;
  readonly reused: boolean;
}

/** One request from the first stack. */
async function fetchFrom(options: RequestOptions, body?: Buffer): Promise<Answer> {
  const sent = request({ host: THERE, ...options });
  sent.end(body);
  const [message] = (await once(sent, 'response')) as [IncomingMessage];
  // It may still be open when its stack closes, as those of `quiet`.
  sent.on('error', () => {});
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return { status: message.statusCode, body: Buffer.concat(parts), reused: sent.reusedSocket };
}

/** State of every connection of a stack but its listeners. */
function states(stack: Stack): string[] {
  return stack
    .sockets()
    .map(({ state }) => state)
    .filter((state) => state !== 'LISTEN');
}

describe('http', () => {
  it('serves requests, and an agent uses a connection again', async () => {
    const seen = new Set<unknown>();
    const server = createServer((message, answer) => {
      seen.add(message.socket.remotePort);
      answer.end(`${message.method} ${message.url}`);
    });
    const listening = there.serve(server, { port: 80 });
    const agent = here.agent({ keepAlive: true, maxSockets: 1 });
    const first = await fetchFrom({ path: '/a', agent });
    await expect.poll(() => Object.keys(agent.freeSockets)).toHaveLength(1);
    const second = await fetchFrom({ path: '/b', agent });
    expect([first, second].map(({ body }) => String(body))).toEqual(['GET /a', 'GET /b']);
    expect([first.reused, second.reused]).toEqual([false, true]);
    expect(seen.size).toBe(1);
    expect(listening.address()).toMatchObject({ port: 80, family: 'IPv6' });
    agent.destroy();
    const closed = once(listening, 'close');
    listening.close();
    await closed;
  });

  it('moves 5 MB through a reader that stalls, without holding it all', async () => {
    const text = randomBytes(5_000_000);
    const digest = createHash('sha256');
    let mostQueued = 0;
    const server = createServer(async (message, answer) => {
      for await (const part of message) {
        digest.update(part as Buffer);
        if (Math.random() < 0.1) await pause(1);
        mostQueued = Math.max(mostQueued, message.readableLength);
      }
      answer.end('done');
    });
    there.serve(server, { port: 80 });
    const { body } = await fetchFrom({ method: 'POST', agent: here.agent() }, text);
    expect(String(body)).toBe('done');
    expect(digest.digest('hex')).toBe(createHash('sha256').update(text).digest('hex'));
    expect(mostQueued).toBeLessThan(500_000);
  });

  it('is reached over IPv6 too, and by a request with createConnection', async () => {
    there.serve(
      createServer((message, answer) => answer.end(message.socket.remoteAddress)),
      {
        port: 80,
      },
    );
    const { createConnection } = here;
    const answer = await fetchFrom({ host: 'fd00::2', createConnection });
    expect(String(answer.body)).toBe('fd00::1');
  });

  it('says ECONNREFUSED as Node does when nobody listens', async () => {
    const refused = fetchFrom({ port: 81, agent: here.agent() });
    await expect(refused).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      syscall: 'connect',
      address: THERE,
      port: 81,
      errno: -111,
    });
  });
});

describe('tls', () => {
  it('runs over it on both sides', async () => {
    const { key, cert } = selfMade();
    const server = createTlsServer({ key, cert }, (socket) => socket.end('secret'));
    there.serve(server, { port: 443 });
    const socket = here.connect({ port: 443, host: THERE });
    const secure = connectTls({ socket, ca: cert, servername: 'netcell' });
    let said = '';
    for await (const part of secure) said += String(part);
    expect(said).toBe('secret');
    expect(secure.authorized).toBe(true);
  });
});

describe('a socket', () => {
  it('tells its life in the order of net.Socket', async () => {
    const events: string[] = [];
    await listen(there.createServer((socket) => socket.end('bye')));
    const client = here.connect(7, THERE, () => events.push('listener'));
    expect(client.connecting).toBe(true);
    expect(client.readyState).toBe('opening');
    for (const event of ['connect', 'ready', 'data', 'end', 'finish', 'close']) {
      client.on(event, (value: unknown) =>
        events.push(event === 'close' ? `close ${value}` : event),
      );
    }
    await once(client, 'close');
    expect(events).toEqual([
      'listener',
      'connect',
      'ready',
      'data',
      'end',
      'finish',
      'close false',
    ]);
  });

  it('knows its addresses and counts its octets, also afterwards', async () => {
    const { client, server } = await connected();
    server.pipe(server);
    client.write('hello');
    await once(client, 'data');
    expect(client.address()).toMatchObject({ address: HERE, family: 'IPv4' });
    expect(client).toMatchObject({ remoteAddress: THERE, remotePort: 7, remoteFamily: 'IPv4' });
    expect(server).toMatchObject({ localPort: 7, remotePort: client.localPort });
    expect(client.tcpState).toBe('ESTABLISHED');
    expect(client.info()).toMatchObject({ state: 'ESTABLISHED', timestamps: true });
    client.end();
    await once(client, 'close');
    expect([client.bytesRead, client.bytesWritten]).toEqual([5, 5]);
    // As Node's: the peer is remembered, and who one was is not.
    expect([client.localAddress, client.remoteAddress]).toEqual([undefined, THERE]);
  });

  it('sends what is written before it is open', async () => {
    const listening = await listen(there.createServer());
    here.connect(7, THERE).end('early');
    const [socket] = (await once(listening, 'connection')) as [Socket];
    expect(String((await once(socket, 'data'))[0])).toBe('early');
  });

  it('stops the sender when its reader stops', async () => {
    const { client, server } = await connected();
    server.pause();
    let written = 0;
    while (client.write(Buffer.alloc(65_536))) written++;
    const block = Buffer.alloc(1 << 20);
    for (let i = 0; i < 8; i++) client.write(block);
    await pause(50);
    const held = client.writableLength;
    expect(held).toBeGreaterThan(6 << 20);
    expect(server.readableLength).toBeLessThan(2 * 65_536);
    let received = 0;
    server.on('data', (part: Buffer) => (received += part.length));
    server.resume();
    client.end();
    await once(server, 'end');
    expect(received).toBe((8 << 20) + (written + 1) * 65_536);
  });

  it('half-closes: the answer comes after our FIN', async () => {
    const { client, server } = await connected({ allowHalfOpen: true });
    let asked = '';
    server.on('data', (part) => (asked += String(part)));
    server.once('end', () => server.end(`you said ${asked}`));
    client.end('hi');
    let answered = '';
    for await (const part of client) answered += String(part);
    expect(answered).toBe('you said hi');
  });

  it('without allowHalfOpen ends its side when the peer has', async () => {
    const { client, server } = await connected();
    server.end();
    client.resume();
    await once(client, 'close');
    expect(client.writableEnded).toBe(true);
    await expect.poll(() => stacks.map(states)).toEqual([[], ['TIME-WAIT']]);
  });

  it('is destroyed with a FIN when all is read, with a RST when not', async () => {
    const read = await connected();
    const ended = once(read.server.resume(), 'end');
    read.client.destroy();
    await ended;

    const unread = await connected({ port: 8 });
    unread.client.pause();
    unread.server.write(Buffer.alloc(300_000));
    const waiting = () => stacks[0]!.sockets().some(({ receiveQueue }) => receiveQueue > 0);
    await expect.poll(waiting).toBe(true);
    const reset = once(unread.server, 'error');
    unread.client.destroy();
    expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' });
  });

  it('is reset on request', async () => {
    const { client, server } = await connected();
    const reset = once(server, 'error');
    const closed = new Promise((resolve) => server.once('close', resolve));
    client.resetAndDestroy();
    expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
    expect(await closed).toBe(true);
    expect(client.destroyed).toBe(true);
  });

  it('fails to write after its end, and when it never was open', async () => {
    const { client } = await connected();
    client.end();
    const late = once(client, 'error');
    client.write('too late');
    expect((await late)[0]).toMatchObject({ code: 'ERR_STREAM_WRITE_AFTER_END' });
    const stranger = new here.Socket().resetAndDestroy();
    expect((await once(stranger, 'error'))[0]).toMatchObject({ code: 'ERR_SOCKET_CLOSED' });
  });

  it('says when nothing moves', async () => {
    const { client, server } = await connected();
    server.pipe(server);
    client.setTimeout(20);
    const said = once(client, 'timeout');
    client.write('x');
    await once(client, 'data');
    await said;
    expect(client.destroyed).toBe(false);
  });

  it('looks names up by the caller, and gives up when told', async () => {
    await listen(there.createServer((socket) => socket.end()));
    const lookup: LookupFunction = (_host, _options, done) =>
      setImmediate(() => done(null, [{ address: THERE, family: 4 }]));
    const client = here.connect({ port: 7, host: 'there.example', lookup });
    expect(await once(client, 'lookup')).toEqual([null, THERE, 4, 'there.example']);
    await once(client.resume(), 'close');
    const controller = new AbortController();
    const given = here.connect({ port: 7, host: '10.0.0.9', signal: controller.signal });
    controller.abort();
    expect((await once(given, 'error'))[0]).toMatchObject({ name: 'AbortError' });
  });

  it('refuses what no net would accept', () => {
    const bad = { code: 'ERR_SOCKET_BAD_PORT' };
    expect(() => here.connect(65_536, THERE)).toThrow(expect.objectContaining(bad));
    expect(() => here.connect({ path: '/tmp/socket' })).toThrow(/no pipes/);
  });

  it('is a stream for pipeline', async () => {
    const { client, server } = await connected();
    const text = randomBytes(1 << 20);
    const echoed = pipeline(server, server);
    const parts: Buffer[] = [];
    client.on('data', (part: Buffer) => parts.push(part));
    client.end(text);
    await once(client, 'end');
    await echoed;
    expect(Buffer.concat(parts).equals(text)).toBe(true);
  });
});

it('sockets of a stack that is closed end, and with an error for those who listen', async () => {
  const { client, server } = await connected();
  client.write(Buffer.alloc(5_000_000), () => {});
  client.removeAllListeners('error');
  const codes: unknown[] = [];
  server.removeAllListeners('error').on('error', ({ code }: { code: string }) => codes.push(code));
  const closed = [client, server].map((socket) => {
    return new Promise((resolve) => socket.once('close', resolve));
  });
  for (const stack of stacks.reverse()) await stack.close();
  // An error that nobody listens for would be an uncaught one here.
  await Promise.all(closed);
  expect(codes).toEqual(['ECONNABORTED']);
});

describe('a server', () => {
  it('turns away what is beyond maxConnections, and says so', async () => {
    const server = await listen(there.createServer());
    server.maxConnections = 1;
    const first = here.connect(7, THERE);
    await once(first, 'connect');
    const dropped = once(server, 'drop');
    const second = here.connect(7, THERE).resume();
    expect((await dropped)[0]).toMatchObject({ localPort: 7, remoteAddress: `::ffff:${HERE}` });
    await once(second, 'close');
    const count = await new Promise((resolve) => server.getConnections((_e, n) => resolve(n)));
    expect(count).toBe(1);
    first.destroy();
  });

  it('takes a free port when asked for 0, and refuses one that is taken', async () => {
    const server = await listen(there.createServer(), { port: 0, host: THERE });
    const { port } = server.address() as AddressInfo;
    expect(port).toBeGreaterThan(1023);
    expect(server.queues()).toEqual({ synQueue: 0, acceptQueue: 0, backlog: 511 });
    const second = there.createServer().listen({ port, host: THERE });
    expect((await once(second, 'error'))[0]).toMatchObject({ code: 'EADDRINUSE', port });
    const stranger = there.createServer().listen({ port: 9, host: '10.0.0.77' });
    expect((await once(stranger, 'error'))[0]).toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  it('closes once its connections have ended, and by a signal', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const server = await listen(there.createServer(), { port: 7, signal });
    const accepted = once(server, 'connection');
    const client = here.connect(7, THERE).resume();
    await accepted;
    let isClosed = false;
    server.once('close', () => (isClosed = true));
    controller.abort();
    expect(server.listening).toBe(false);
    await pause(10);
    expect(isClosed).toBe(false);
    client.end();
    server.endConnections();
    await once(server, 'close');
    const again = here.connect(7, THERE);
    expect((await once(again, 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
