/** WebSockets: the link over any of them, the relay, and Node's own client, frame by frame. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type NodeWebSocket, openWebSocket } from '../../host-node/websocket.ts';
import { FrameReader, Opcode, writeFrame } from '../../host-node/websocket-frame.ts';
import { createStackSync, pipe, relay, VirtualClock, webSocketLink } from '../../host-web/index.ts';
import { coreModule } from '../core-module.ts';

const ZERO = new Uint8Array(4);

/** A socket whose messages arrive at another when the test says so. */
class FakeSocket extends EventTarget {
  binaryType = 'blob';
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: Uint8Array[] = [];

  send(octets: Uint8Array): void {
    this.sent.push(octets);
  }

  close(): void {
    this.readyState = 3;
  }

  receive(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

function stackAt(host: number, clock: VirtualClock) {
  const seed = new Uint8Array(32).fill(host);
  return createStackSync({ address: `10.0.0.${host}/24`, clock, module: coreModule, seed });
}

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

describe('frames', () => {
  const messages = (reader: FrameReader, ...chunks: Uint8Array[]) =>
    chunks.flatMap((chunk) => [...reader.read(Buffer.from(chunk))]);

  /** A frame as a server sends it: ours without the mask. */
  function frame(opcode: number, payload: Uint8Array, first = 0x80 | opcode): Buffer {
    const masked = writeFrame(opcode, payload, ZERO);
    const begin = masked.length - payload.length;
    return Buffer.concat([
      Buffer.of(first, masked[1]! & 0x7f),
      masked.subarray(2, begin - 4),
      payload,
    ]);
  }

  it.each([0, 125, 126, 65_535, 65_536])('of %i octets come as they went', (length) => {
    const payload = Buffer.from(Array.from({ length }, (_, i) => i * 7));
    const octets = frame(Opcode.BINARY, payload);
    const reader = new FrameReader(70_000);
    const halves = [octets.subarray(0, 1), octets.subarray(1, 5), octets.subarray(5)];
    const both = messages(reader, ...halves, octets);
    expect(both.map(({ opcode }) => opcode)).toEqual([Opcode.BINARY, Opcode.BINARY]);
    for (const message of both) expect(message.payload.equals(payload)).toBe(true);
  });

  it('are masked by a client', () => {
    const written = writeFrame(
      Opcode.BINARY,
      Uint8Array.of(1, 2, 3, 4, 5),
      Uint8Array.of(8, 4, 2, 1),
    );
    expect([...written]).toEqual([0x82, 0x85, 8, 4, 2, 1, 9, 6, 1, 5, 13]);
  });

  it('in fragments make one message, and a ping may come between', () => {
    const reader = new FrameReader(100);
    const parts = [
      frame(Opcode.BINARY, Uint8Array.of(1), Opcode.BINARY),
      frame(Opcode.PING, Uint8Array.of(9)),
      frame(Opcode.CONTINUATION, Uint8Array.of(2), 0),
      frame(Opcode.CONTINUATION, Uint8Array.of(3)),
    ];
    const got = messages(reader, Buffer.concat(parts));
    expect(got.map(({ opcode, payload }) => [opcode, ...payload])).toEqual([
      [Opcode.PING, 9],
      [Opcode.BINARY, 1, 2, 3],
    ]);
  });

  it.each([
    ['a mask', writeFrame(Opcode.BINARY, ZERO, ZERO), 1002],
    ['an extension', frame(Opcode.BINARY, ZERO, 0xc2), 1002],
    ['a long ping', frame(Opcode.PING, new Uint8Array(126)), 1002],
    ['a ping in parts', frame(Opcode.PING, ZERO, Opcode.PING), 1002],
    ['a fragment of nothing', frame(Opcode.CONTINUATION, ZERO), 1002],
    ['a long message', frame(Opcode.BINARY, new Uint8Array(101)), 1009],
    ['a length without end', Buffer.of(0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255), 1009],
  ])('with %s are refused', (_what, octets, code) => {
    expect(() => messages(new FrameReader(100), octets)).toThrow(
      expect.objectContaining({ name: 'FrameError', code }),
    );
  });
});

describe("Node's client", () => {
  const open: { close(): unknown }[] = [];
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

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

  /** What the server gets next, without its mask. */
  async function received(socket: Socket): Promise<number[]> {
    const [octets] = (await once(socket, 'data')) as [Buffer];
    const mask = octets.subarray(2, 6);
    return [octets[0]! & 0x0f, ...octets.subarray(6).map((octet, i) => octet ^ mask[i & 3]!)];
  }

  it('sends, receives, answers pings, and closes as the server does', async () => {
    const { url, accepted } = await serve((key) => `${accept(key)}\x82\x01A`);
    const socket: NodeWebSocket = await openWebSocket(url);
    // What came together with the server's answer is not lost.
    const [first] = await once(socket, 'message');
    const server = await accepted;
    expect([...new Uint8Array((first as MessageEvent<ArrayBuffer>).data)]).toEqual([65]);
    socket.send(Uint8Array.of(1, 2, 3));
    expect(await received(server)).toEqual([Opcode.BINARY, 1, 2, 3]);
    server.write(Buffer.of(0x89, 1, 7));
    expect(await received(server)).toEqual([Opcode.PONG, 7]);
    const closed = once(socket, 'close');
    server.write(Buffer.of(0x88, 0));
    expect(await received(server)).toEqual([Opcode.CLOSE, 3, 232]);
    server.end();
    await closed;
    expect([socket.readyState, socket.bufferedAmount]).toEqual([3, 0]);
  });

  it('closes where the server breaks the protocol', async () => {
    const { url, accepted } = await serve(accept);
    const socket = await openWebSocket(url);
    const server = await accepted;
    const closed = once(socket, 'close');
    server.write(Buffer.of(0xf2, 0));
    expect(await received(server)).toEqual([Opcode.CLOSE, 3, 234]);
    server.end();
    await closed;
  });

  it('says what kept it from opening', async () => {
    const refuses = await serve(() => 'HTTP/1.1 426 Upgrade Required\r\n\r\n');
    await expect(openWebSocket(refuses.url)).rejects.toThrow(/answered 426/);
    const lies = await serve(() => accept('another key'));
    await expect(openWebSocket(lies.url)).rejects.toThrow(/does not know the WebSocket protocol/);
    await expect(openWebSocket('ws://127.0.0.1:1/')).rejects.toThrow(/ECONNREFUSED/);
    expect(() => openWebSocket('http://127.0.0.1/')).toThrow(/not a ws: or wss: address/);
  });
});
