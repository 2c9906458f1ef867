/**
 * Whoever waits for a stream of a socket hears of the end: every promise, in every use of the two
 * streams, in every ending, made from the lists of the three.
 */
import { describe, expect, it } from 'vitest';
import type { Socket, VirtualClock } from '../../host-web/index.ts';
import { connected, fate, type Pair, pools, text, world } from './world.ts';

type Waits = Record<string, Promise<unknown>>;

/** A stream that gives nothing, and one that never ceases to. */
const idle = () => new ReadableStream<Uint8Array>();
const endless = () =>
  new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(100_000)),
  });

/** Uses of `writable`, and what they wait for. */
const WRITES: Record<string, (socket: Socket) => Waits> = {
  nothing: () => ({}),
  'a writer': ({ writable }) => {
    const writer = writable.getWriter();
    return { 'writer.closed': writer.closed, 'writer.ready': writer.ready };
  },
  'a write': ({ writable }) => {
    const writer = writable.getWriter();
    const write = writer.write(new Uint8Array(4_000_000));
    return { write, 'writer.closed': writer.closed, 'writer.ready': writer.ready };
  },
  'writes, a close and a write behind it': ({ writable }) => {
    const writer = writable.getWriter();
    const write = writer.write(new Uint8Array(4_000_000));
    const queued = writer.write(text('queued'));
    const close = writer.close();
    const late = writer.write(text('late'));
    return { write, queued, close, late, closed: writer.closed, ready: writer.ready };
  },
  'a close': ({ writable }) => {
    const writer = writable.getWriter();
    return { close: writer.close(), 'writer.closed': writer.closed };
  },
  'a writer that was released': ({ writable }) => {
    writable.getWriter().releaseLock();
    return {};
  },
  'pipeTo from what gives nothing': ({ writable }) => ({ piped: idle().pipeTo(writable) }),
  'pipeTo from what never ceases': ({ writable }) => ({ piped: endless().pipeTo(writable) }),
};

/** Uses of `readable`, and what they wait for. */
const READS: Record<string, (socket: Socket) => Waits> = {
  nothing: () => ({}),
  'a read': ({ readable }) => {
    const reader = readable.getReader();
    return { read: drain(() => reader.read()), 'reader.closed': reader.closed };
  },
  'a read into an array': ({ readable }) => {
    const reader = readable.getReader({ mode: 'byob' });
    const read = drain(() => reader.read(new Uint8Array(1000)));
    return { read, 'reader.closed': reader.closed };
  },
  tee: ({ readable }) => {
    const [one, other] = readable.tee().map((branch) => branch.getReader());
    return {
      one: drain(() => one!.read()),
      other: drain(() => other!.read()),
      'one.closed': one!.closed,
      'other.closed': other!.closed,
    };
  },
  pipeTo: ({ readable }) => ({ 'piped out': readable.pipeTo(new WritableStream()) }),
};

/** Reads until the end. */
async function drain(read: () => Promise<{ done: boolean }>): Promise<void> {
  while (!(await read()).done);
}

/** Ends of an open connection, for which the client may have to let go of nothing. */
const ENDS: Record<string, (pair: Pair & { controller: AbortController }) => unknown> = {
  'the peer closes': ({ server }) => server.writable.close(),
  'the peer closes, and we do': async ({ client, server, clock }) => {
    await server.writable.close();
    await clock.run(100);
    void client.close();
  },
  'both close at once': ({ client, server }) =>
    Promise.all([client.close(), server.writable.close()]),
  'close()': ({ client }) => client.close(),
  'close(reason)': ({ client }) => client.close(new Error('enough')),
  'await using': ({ client }) => client[Symbol.asyncDispose](),
  'reset()': ({ client }) => client.reset(),
  'its AbortSignal': ({ controller }) => controller.abort(new Error('enough')),
  'a RST': ({ server }) => server.reset(),
  'the end of our stack': ({ a }) => a.close(),
  'the end of the peer’s': ({ b }) => b.close(),
  silence: ({ client, network }) => {
    client.setKeepAlive(true, 1000);
    network.impair({ loss: '100%' });
  },
};

/** Every promise of a socket in use. */
function waitsOf(socket: Socket, writes: string, reads: string): Waits {
  const all = {
    opened: socket.opened,
    'socket.closed': socket.closed,
    ...WRITES[writes]!(socket),
    ...READS[reads]!(socket),
  };
  for (const promise of Object.values(all)) promise.catch(() => {});
  return all;
}

/** Promises that nothing has come of. */
async function pending(waits: Waits): Promise<string[]> {
  const fates = await Promise.all(Object.values(waits).map(fate));
  return Object.keys(waits).filter((_, i) => fates[i] === 'pending');
}

const grid = Object.keys(WRITES).flatMap((writes) =>
  Object.keys(READS).map((reads) => [writes, reads] as const),
);

/** All of it settles, for who asks only now too; and nothing is left of the connection. */
async function expectSettled(socket: Socket, waits: Waits, clock: VirtualClock): Promise<void> {
  for (let minutes = 0; minutes < 20 && (await pending(waits)).length > 0; minutes++) {
    await clock.run(60_000);
  }
  expect(await pending(waits)).toEqual([]);
  if (!socket.writable.locked) {
    const { closed } = socket.writable.getWriter();
    expect(await fate(closed)).not.toBe('pending');
  }
  await clock.run(200_000);
}

describe.each(Object.keys(ENDS))('an open connection that ends by: %s', (end) => {
  it.each(grid)('settles all where %s and %s wait', async (writes, reads) => {
    const controller = new AbortController();
    const { signal } = controller;
    const pair = await connected({ delay: 5, rate: '50mbit' }, { signal });
    const { a, client, server, clock } = pair;
    const waits = waitsOf(client, writes, reads);
    // What comes is read, or its sender could not end.
    server.readable.pipeTo(new WritableStream()).catch(() => {});
    await clock.run(20);
    void Promise.resolve(ENDS[end]!({ ...pair, controller })).catch(() => {});
    await expectSettled(client, waits, clock);
    expect(pools(a)[0]).toBe(0);
  });
});

/** Ends of a connection that has not been opened. */
const ENDS_OF_OPENING: Record<string, (w: Opening) => unknown> = {
  'a RST': ({ network }) => network.impair({}),
  silence: () => {},
  'reset()': ({ socket }) => socket.reset(),
  'close()': ({ socket }) => socket.close(),
  'close(reason)': ({ socket }) => socket.close(new Error('enough')),
  'await using': ({ socket }) => socket[Symbol.asyncDispose](),
  'its AbortSignal': ({ controller }) => controller.abort(new Error('enough')),
  'the end of our stack': ({ a }) => a.close(),
};

async function opening() {
  const w = await world({ loss: '100%' });
  const controller = new AbortController();
  const socket = w.a.connect('10.0.0.2:81', { signal: controller.signal });
  return { ...w, controller, socket };
}
type Opening = Awaited<ReturnType<typeof opening>>;

/** Each use of the one stream beside one of the other: nothing can come of them here. */
const few = grid.filter(([writes, reads]) => writes === 'a write' || reads === 'a read');

describe.each(Object.keys(ENDS_OF_OPENING))(
  'a connection that is opened and ends by: %s',
  (end) => {
    it.each(few)('settles all where %s and %s wait', async (writes, reads) => {
      const w = await opening();
      const waits = waitsOf(w.socket, writes, reads);
      await w.clock.run(20);
      void Promise.resolve(ENDS_OF_OPENING[end]!(w)).catch(() => {});
      await expectSettled(w.socket, waits, w.clock);
      expect(pools(w.a)[0]).toBe(0);
    });
  },
);
