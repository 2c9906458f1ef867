/**
 * Buffers that move while a write waits: detached, transferred, shrunk, grown, shared. The write
 * fails and the connection ends as by `abort`, or what was given is sent; never anything else.
 */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { netFor } from '../../host-node/net/index.ts';
import { pipe, RealClock, type Socket } from '../../host-web/index.ts';
import { connected, fate, stackAt, text } from './world.ts';

const SIZE = 4_000_000;
/** A page of WebAssembly's memory. */
const PAGE = 65_536;

/** What is written, and how its buffer moves. */
interface Moving {
  readonly chunk: unknown;
  move(): void;
}

/** Buffers that may change their size; not in every engine's types. */
type Resizable = ArrayBuffer & { resize(size: number): void };
const resizable = (size: number, most: number): Resizable =>
  new (ArrayBuffer as unknown as new (size: number, options: object) => Resizable)(size, {
    maxByteLength: most,
  });

/** Moves after which the octets are not there any more. */
const GONE: Record<string, () => Moving> = {
  'its buffer is transferred': () => {
    const chunk = new Uint8Array(SIZE);
    return { chunk, move: () => void structuredClone(chunk.buffer, { transfer: [chunk.buffer] }) };
  },
  'its buffer, written whole, is transferred': () => {
    const chunk = new ArrayBuffer(SIZE);
    return { chunk, move: () => void structuredClone(chunk, { transfer: [chunk] }) };
  },
  'the buffer of its DataView is transferred': () => {
    const chunk = new DataView(new ArrayBuffer(SIZE));
    const { buffer } = chunk;
    return { chunk, move: () => void structuredClone(buffer, { transfer: [buffer] }) };
  },
  'its buffer shrinks': () => {
    const buffer = resizable(SIZE, SIZE);
    return { chunk: new Uint8Array(buffer, 0, SIZE), move: () => buffer.resize(SIZE - 1) };
  },
  'its buffer shrinks, and the view with it': () => {
    const buffer = resizable(SIZE, SIZE);
    return { chunk: new Uint8Array(buffer), move: () => buffer.resize(SIZE / 2) };
  },
  'the memory it lies in grows': () => {
    const memory = new WebAssembly.Memory({ initial: SIZE / PAGE + 1 });
    const chunk = new Uint8Array(memory.buffer, 0, SIZE);
    return { chunk, move: () => void memory.grow(1) };
  },
};

/** Moves that leave the octets where they are. */
const THERE: Record<string, () => Moving> = {
  'its buffer grows': () => {
    const buffer = resizable(SIZE, 2 * SIZE);
    return { chunk: new Uint8Array(buffer, 0, SIZE), move: () => buffer.resize(2 * SIZE) };
  },
  'its buffer grows, and the view with it': () => {
    const buffer = resizable(SIZE, 2 * SIZE);
    return { chunk: new Uint8Array(buffer), move: () => buffer.resize(2 * SIZE) };
  },
  'its buffer is shared': () => {
    const chunk = new Uint8Array(new SharedArrayBuffer(SIZE));
    return { chunk, move: () => {} };
  },
  'its buffer, written whole, is shared': () => {
    return { chunk: new SharedArrayBuffer(SIZE), move: () => {} };
  },
  'the shared memory it lies in grows': () => {
    const pages = SIZE / PAGE + 1;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: 2 * pages, shared: true });
    const chunk = new Uint8Array(memory.buffer, 0, SIZE);
    return { chunk, move: () => void memory.grow(1) };
  },
};

/** When it moves: while it is sent, behind another, before the stream looks at it. */
const WHENS = ['in progress', 'queued', 'at once'] as const;

async function write(socket: Socket, { chunk, move }: Moving, when: (typeof WHENS)[number]) {
  const writer = socket.writable.getWriter();
  const before = when === 'in progress' ? undefined : writer.write(new Uint8Array(SIZE));
  const written = writer.write(chunk as Uint8Array);
  const waits = { written, close: writer.close(), 'writer.closed': writer.closed };
  for (const promise of [before, ...Object.values(waits)]) promise?.catch(() => {});
  if (when !== 'at once') await fate(written);
  move();
  return waits;
}

/** Octets that come until the end, and how they end. */
async function received(socket: Socket): Promise<[number, string]> {
  let got = 0;
  const into = new WritableStream<Uint8Array>({ write: (chunk) => void (got += chunk.length) });
  const end = await socket.readable.pipeTo(into).then(
    () => 'end',
    (error: { code: string }) => error.code,
  );
  return [got, end];
}

describe.each(WHENS)('a write %s', (when) => {
  it.each(Object.entries(GONE))('fails where %s', async (_, make) => {
    const { client, server, clock } = await connected({ delay: 5 });
    const waits = await write(client, make(), when);
    const got = received(server);
    await clock.run(60_000);
    for (const [name, promise] of Object.entries(waits)) {
      await expect(promise, name).rejects.toThrow(/detached or shrunk/);
    }
    await expect(client.closed).rejects.toThrow(TypeError);
    expect((await got)[1]).toBe('ECONNRESET');
    expect(client.state).toBe('CLOSED');
  });

  it.each(Object.entries(THERE))('goes on where %s', async (_, make) => {
    const { client, server, clock } = await connected({ delay: 5 });
    const waits = await write(client, make(), when);
    const got = received(server);
    await clock.run(60_000);
    await Promise.all(Object.values(waits));
    expect(await got).toEqual([when === 'in progress' ? SIZE : 2 * SIZE, 'end']);
  });
});

describe('what can not be written', () => {
  const detached = new Uint8Array(10);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const strange = {
    get byteLength(): number {
      throw new Error('strange');
    },
  };
  it.each([
    ['a view whose buffer is gone', detached],
    ['its buffer', detached.buffer],
    ['what throws when it is asked for its length', strange],
    ['what has a length of its own', { byteLength: -1 }],
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['text', 'text'],
    ['an array', [1, 2]],
  ])('%s: the write fails, the connection ends, everything settles', async (_, chunk) => {
    const { client, server } = await connected();
    const writer = client.writable.getWriter();
    const waits = [writer.write(chunk as never), writer.closed, client.closed];
    for (const promise of waits) promise.catch(() => {});
    for (const promise of waits) await expect(promise).rejects.toThrow(TypeError);
    await expect(server.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('an empty chunk is none of it', async () => {
    const { client } = await connected();
    const writer = client.writable.getWriter();
    for (const chunk of [new Uint8Array(), new ArrayBuffer(0), new DataView(new ArrayBuffer(0))]) {
      await writer.write(chunk as Uint8Array);
    }
    await writer.write(text('still'));
  });
});

describe('a write of netcell/net', () => {
  it('in progress fails where its buffer is transferred', async () => {
    const stacks = [1, 2].map((host) => stackAt(host, new RealClock()));
    const [one, other] = pipe();
    stacks[0]!.attach(one);
    stacks[1]!.attach(other);
    const [here, there] = stacks.map((stack) => netFor(stack!));
    const listening = there!.createServer().listen(7);
    const accepted = once(listening, 'connection');
    const socket = here!.connect({ port: 7, host: '10.0.0.2' });
    await once(socket, 'connect');
    const [peer] = await accepted;
    const reset = once(peer, 'error');
    const chunk = new Uint8Array(SIZE);
    const errors: unknown[] = [];
    socket.write(chunk, (error) => errors.push(error));
    const failed = once(socket, 'error');
    structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
    await new Promise((resolve) => setImmediate(resolve));
    peer.resume();
    const [error] = await failed;
    expect(error).toMatchObject({ code: 'EFAULT', syscall: 'write' });
    expect(errors).toEqual([error]);
    expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' });
    for (const stack of stacks) await stack.close();
  });
});
