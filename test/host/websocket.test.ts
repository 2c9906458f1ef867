/** WebSockets: the link over any of them, the relay, and how the tunnel opens one. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { WebSocket } from 'ws';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openWebSocket } from '../../host-node/websocket.ts';
import { pipe, relay, VirtualClock, webSocketLink } from '../../host-web/index.ts';
import { repository, run } from './bundle.ts';
import { FakeSocket } from './fake-links.ts';
import { stackAt } from './world.ts';

/** Moves every message of both sockets to the other side until there is none. */
function carry(clock: VirtualClock, one: FakeSocket, other: FakeSocket): void {
  for (let moved = true; moved; ) {
    clock.advance(0);
    const there = one.sent.splice(0);
    const back = other.sent.splice(0);
    for (const octets of there) other.receive(octets.slice().buffer);
    for (const octets of back) one.receive(octets.slice().buffer);
    moved = there.length + back.length > 0;
  }
}

describe('a link over a WebSocket', () => {
  it('carries packets as binary messages, until it is closed', () => {
    const clock = new VirtualClock();
    const [one, other] = [new FakeSocket(), new FakeSocket()];
    const [a, b] = [stackAt(1, clock), stackAt(2, clock)];
    const detach = a.attach(webSocketLink(one));
    b.attach(webSocketLink(other));
    expect([one.binaryType, other.binaryType]).toEqual(['arraybuffer', 'arraybuffer']);
    b.listen({ port: 7 });
    const socket = a.connect('10.0.0.2:7');
    carry(clock, one, other);
    expect(socket.state).toBe('ESTABLISHED');
    detach();
    expect(one.readyState).toBe(3);
    const before = a.counters()['IpInReceives'];
    one.receive(new ArrayBuffer(40));
    expect(a.counters()['IpInReceives']).toBe(before);
  });

  it('drops what a full or closed socket can not take', () => {
    const clock = new VirtualClock();
    const socket = new FakeSocket();
    const stack = stackAt(1, clock);
    stack.attach(webSocketLink(socket, { limit: 100 }));
    socket.bufferedAmount = 101;
    stack.connect('10.0.0.2:7');
    clock.advance(0);
    expect(socket.sent).toHaveLength(0);
    socket.bufferedAmount = 100;
    clock.advance(1000);
    expect(socket.sent).toHaveLength(1);
    socket.readyState = 2;
    clock.advance(2000);
    expect(socket.sent).toHaveLength(1);
  });

  it('takes no text, nothing empty, and nothing too long', () => {
    const socket = new FakeSocket();
    const stack = stackAt(1, new VirtualClock());
    stack.attach(webSocketLink(socket));
    for (const data of ['text', new ArrayBuffer(0), new ArrayBuffer(100_000)]) socket.receive(data);
    expect(stack.counters()['IpInReceives']).toBe(0n);
    socket.receive(new ArrayBuffer(20));
    expect(stack.counters()['IpInReceives']).toBe(1n);
  });
});

it('a relay carries what one link does over the other, both ways', () => {
  const clock = new VirtualClock();
  const [a, b] = [stackAt(1, clock), stackAt(2, clock)];
  const [nearA, farA] = pipe();
  const [nearB, farB] = pipe();
  a.attach(nearA);
  b.attach(nearB);
  const end = relay(farA, farB);
  b.listen({ port: 7 });
  const socket = a.connect('10.0.0.2:7');
  clock.advance(0);
  expect(socket.state).toBe('ESTABLISHED');
  end();
  const late = a.connect('10.0.0.2:7');
  clock.advance(0);
  expect(late.state).toBe('SYN-SENT');
});

describe("the tunnel's WebSocket", () => {
  const [BINARY, CLOSE] = [2, 8];
  const open: { close(): unknown }[] = [];
  afterEach(() => {
    vi.useRealTimers();
    for (const one of open.splice(0)) one.close();
  });

  const close = (socket: WebSocket) =>
    new Promise((resolve) => socket.addEventListener('close', resolve));

  /** A server that answers the handshake with `answer`, and hands over the socket. */
  async function serve(answer: (key: string) => string) {
    let tell!: (socket: Socket) => void;
    const accepted = new Promise<Socket>((resolve) => (tell = resolve));
    const server: Server = createServer((socket) => {
      open.push({ close: () => socket.destroy() });
      socket.once('data', (head) => {
        const [, key = ''] = /sec-websocket-key: (\S+)/i.exec(String(head)) ?? [];
        socket.write(answer(key), 'latin1');
        tell(socket);
      });
    }).listen(0, '127.0.0.1');
    open.push(server);
    await once(server, 'listening');
    return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, accepted };
  }

  const accept = (key: string) => {
    const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
    const digest = createHash('sha1')
      .update(key + guid)
      .digest('base64');
    return (
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${digest}\r\n\r\n`
    );
  };

  /** What the server gets next, without its mask: opcode, then what the message says. */
  async function received(socket: Socket): Promise<number[]> {
    const [octets] = (await once(socket, 'data')) as [Buffer];
    const mask = octets.subarray(2, 6);
    return [octets[0]! & 0x0f, ...octets.subarray(6).map((octet, i) => octet ^ mask[i & 3]!)];
  }

  it('sends, receives, and closes as the server does', async () => {
    const { url, accepted } = await serve((key) => `${accept(key)}\x82\x01A`);
    const socket = await openWebSocket(url);
    socket.binaryType = 'arraybuffer';
    // What came together with the server's answer is not lost.
    const first = await new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => resolve(data));
    });
    const server = await accepted;
    expect([...new Uint8Array(first as ArrayBuffer)]).toEqual([65]);
    socket.send(Uint8Array.of(1, 2, 3));
    expect(await received(server)).toEqual([BINARY, 1, 2, 3]);
    const closed = close(socket);
    server.write(Buffer.of(0x88, 0));
    expect((await received(server))[0]).toBe(CLOSE);
    server.end();
    await closed;
    expect([socket.readyState, socket.bufferedAmount]).toEqual([3, 0]);
  });

  it.each([
    ['breaks the protocol', Buffer.of(0xf2, 0), 1002],
    ['sends more than a packet', Buffer.of(0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0), 1009],
  ])('closes where the server %s', async (_what, octets, code) => {
    const { url, accepted } = await serve(accept);
    const socket = await openWebSocket(url);
    const server = await accepted;
    const closed = close(socket);
    server.write(octets);
    expect(await received(server)).toEqual([CLOSE, code >> 8, code & 0xff]);
    server.end();
    await closed;
  });

  it('does not wait for ever where the server does not answer the close', async () => {
    const { url } = await serve(accept);
    const socket = await openWebSocket(url);
    vi.useFakeTimers();
    socket.close();
    const closed = close(socket);
    vi.advanceTimersByTime(2000);
    await closed;
  });

  it('says what kept it from opening', async () => {
    const refuses = await serve(() => 'HTTP/1.1 426 Upgrade Required\r\n\r\n');
    await expect(openWebSocket(refuses.url)).rejects.toThrow(/answered 426, and no WebSocket$/);
    const lies = await serve(() => accept('another key'));
    await expect(openWebSocket(lies.url)).rejects.toThrow(/does not know the WebSocket protocol$/);
    await expect(openWebSocket('ws://127.0.0.1:1/')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('gives up when it is told to, where the server says nothing', async () => {
    const { url, accepted } = await serve(() => '');
    const abandon = new AbortController();
    const opening = openWebSocket(url, abandon.signal);
    const server = await accepted;
    const closed = once(server, 'close');
    abandon.abort();
    await expect(opening).rejects.toThrow();
    await closed;
  });

  it('is interrupted by Ctrl-C before the server has answered', async () => {
    const { url, accepted } = await serve(() => '');
    const { child, outcome } = run(join(repository, 'build/cli.js'), ['tunnel', url]);
    await accepted;
    child.kill('SIGINT');
    expect(await outcome).toMatchObject({ code: 130, stderr: '', stdout: '' });
  });
});
