/**
 * A WebSocket to a server (RFC 6455), for `webSocketLink`: binary messages, in the WHATWG's shape.
 *
 * Node has one of its own from 22 on, and 20 is our floor, so this is the one for all. It offers no
 * extension and no subprotocol, ignores text, and answers pings.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Socket } from 'node:net';
import { FrameError, FrameReader, type Message, Opcode, writeFrame } from './websocket-frame.ts';

/** What a server appends to our key, to show that it knows the protocol (§1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Octets of the longest message: a packet of IP. */
const LONGEST = 65_535;
/** Milliseconds the server has to answer our close. */
const PATIENCE = 2000;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** Opens a WebSocket. @throws Error with the system's code, or saying what the server answered */
export function openWebSocket(url: string): Promise<NodeWebSocket> {
  const { protocol } = new URL(url);
  const isSecure = protocol === 'wss:';
  if (!isSecure && protocol !== 'ws:') throw new TypeError(`${url} is not a ws: or wss: address`);
  const key = randomBytes(16).toString('base64');
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': key,
  };
  return new Promise((resolve, reject) => {
    const opening = (isSecure ? requestSecure : request)(url.replace(/^ws/, 'http'), { headers });
    opening.once('error', reject);
    opening.once('response', (response: IncomingMessage) => {
      response.destroy();
      reject(new Error(`${url} answered ${response.statusCode}, and no WebSocket`));
    });
    opening.once('upgrade', (response: IncomingMessage, socket: Socket, head: Buffer) => {
      const digest = createHash('sha1').update(`${key}${GUID}`).digest('base64');
      if (response.headers['sec-websocket-accept'] === digest) {
        resolve(new NodeWebSocket(socket, head));
        return;
      }
      socket.destroy();
      reject(new Error(`${url} does not know the WebSocket protocol`));
    });
    opening.end();
  });
}

/** An open WebSocket. Events: `message` with an ArrayBuffer as its data, then `close`. */
export class NodeWebSocket extends EventTarget {
  /** Messages come as ArrayBuffers, whatever this says. */
  binaryType = 'arraybuffer';
  readyState = OPEN;
  readonly #socket: Socket;
  readonly #reader = new FrameReader(LONGEST);

  constructor(socket: Socket, head: Buffer) {
    super();
    this.#socket = socket;
    socket.setNoDelay(true).setTimeout(0);
    socket.on('error', () => {});
    socket.once('end', () => socket.end());
    socket.once('close', () => {
      this.readyState = CLOSED;
      this.dispatchEvent(new Event('close'));
    });
    if (head.length > 0) socket.unshift(head);
    // In a turn of its own: whoever opened it listens by then.
    setImmediate(() => socket.on('data', (octets: Buffer) => this.#read(octets)).resume());
  }

  /** Octets that have not left for the kernel yet. */
  get bufferedAmount(): number {
    return this.#socket.writableLength;
  }

  send(octets: Uint8Array): void {
    if (this.readyState === OPEN) this.#write(Opcode.BINARY, octets);
  }

  close(code = 1000): void {
    if (this.readyState !== OPEN) return;
    this.readyState = CLOSING;
    this.#write(Opcode.CLOSE, Buffer.of(code >> 8, code & 0xff));
    setTimeout(() => this.#socket.destroy(), PATIENCE).unref();
  }

  #write(opcode: number, payload: Uint8Array): void {
    this.#socket.write(writeFrame(opcode, payload, randomBytes(4)));
  }

  #read(octets: Buffer): void {
    try {
      for (const message of this.#reader.read(octets)) this.#take(message);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.close(error.code);
      this.#socket.destroySoon();
    }
  }

  #take({ opcode, payload }: Message): void {
    if (opcode === Opcode.PING) this.#write(Opcode.PONG, payload);
    if (opcode === Opcode.CLOSE) {
      // Ours answers theirs, unless theirs is the answer to ours (§5.5.1).
      this.close();
      this.#socket.end();
    }
    if (opcode !== Opcode.BINARY || this.readyState !== OPEN) return;
    const { buffer, byteOffset, length } = payload;
    const data = buffer.slice(byteOffset, byteOffset + length);
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}
