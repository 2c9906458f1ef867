/**
 * A socket makes its streams and promises when they are first asked for. Whoever asks late, or asks
 * for some early and for others late, is to find what one would that has had all from the first.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { turn } from '../../host-web/clock.ts';
import type { Socket, Stack } from '../../host-web/index.ts';
import { fate, string, text, world, type World } from './world.ts';

const PARTS = ['readable', 'writable', 'opened', 'closed'] as const;
type Part = (typeof PARTS)[number];

/** Parts that are asked for at once: none, one of them, all but one. */
const CHOICES: Part[][] = [
  [],
  ...PARTS.map((part) => [part]),
  ...PARTS.map((part) => PARTS.filter((other) => other !== part)),
];

interface Scene extends World {
  readonly client: Socket;
  readonly server: Socket;
  readonly controller: AbortController;
}

/** What has become of a connection, and what the socket then says to one who asks for all. */
type History = [happens: (scene: Scene) => unknown, isHalfOpen?: boolean];

const enough = Object.assign(new Error('enough'), { code: 'enough' });

async function peerWrites(server: Socket, isClosing: boolean): Promise<void> {
  const writer = server.writable.getWriter();
  await writer.write(text('hello'));
  if (isClosing) await Promise.race([writer.close(), turn()]);
}

const HISTORIES: Record<string, History> = {
  'nothing came': [() => {}],
  'text came': [({ server }) => peerWrites(server, false)],
  'text and a FIN came': [({ server }) => peerWrites(server, true)],
  'text and a FIN came, half open': [({ server }) => peerWrites(server, true), true],
  'a FIN came': [({ server }) => server.writable.close()],
  'a FIN came, half open': [({ server }) => server.writable.close(), true],
  'a RST came': [({ server }) => server.reset()],
  'text came, then a RST': [
    async ({ server }) => {
      await peerWrites(server, false);
      server.reset();
    },
  ],
  'text and a FIN came, then a RST': [
    async ({ server }) => {
      await peerWrites(server, true);
      server.reset();
    },
    true,
  ],
  'the peer’s stack ended': [({ b }) => b.close()],
  'our stack ended': [({ a }) => a.close()],
  silence: [
    async ({ client, network, clock }) => {
      network.impair({ loss: '100%' });
      client.setKeepAlive(true, 1000);
      await clock.run(1_000_000);
    },
  ],
  'close()': [({ client }) => void client.close()],
  'close(reason)': [({ client }) => void client.close(enough)],
  'close(null)': [({ client }) => void client.close(null)],
  'close(), not acknowledged yet': [
    ({ client, network }) => {
      network.impair({ loss: '100%' });
      void client.close();
    },
  ],
  'close(reason), then a RST': [
    async ({ client, server }) => {
      void client.close(enough);
      await turn();
      server.reset();
    },
  ],
  'close() with text unread': [
    async ({ client, server }) => {
      await peerWrites(server, false);
      void client.close();
    },
  ],
  'close(reason) with text unread': [
    async ({ client, server }) => {
      await peerWrites(server, false);
      void client.close(enough);
    },
  ],
  'reset()': [({ client }) => client.reset()],
  'an abort': [({ controller }) => controller.abort(enough)],
  'a FIN and then reset()': [
    async ({ client, server }) => {
      await server.writable.close();
      client.reset();
    },
    true,
  ],
  'a normal end, then reset()': [
    async ({ client, server }) => {
      await peerWrites(server, true);
      void client[Symbol.asyncDispose]();
      await turn();
      client.reset();
    },
  ],
  'await using, then a RST': [
    async ({ client, server }) => {
      client[Symbol.asyncDispose]().catch(() => {});
      await turn();
      server.reset();
    },
  ],
  'await using': [({ client }) => void client[Symbol.asyncDispose]()],
};

/** Ends of a connection that has never been open. */
const OPENINGS: Record<string, (client: Socket, controller: AbortController) => unknown> = {
  'it is refused': () => {},
  'close() before that': (client) => void client.close(),
  'close(reason) before that': (client) => void client.close(enough),
  'reset() before that': (client) => client.reset(),
  'an abort before that': (_client, controller) => controller.abort(enough),
};

function ask(socket: Socket, parts: readonly Part[]): void {
  for (const part of parts) void socket[part];
}

/** Reads to the end, as far as there is something; answers it with the last answer's fate. */
async function readUp(socket: Socket): Promise<string> {
  const reader = socket.readable.getReader();
  let got = '';
  const all = (async () => {
    for (let r = await reader.read(); !r.done; r = await reader.read()) got += string(r.value);
  })();
  const end = await fate(all);
  return `${got} ${end}, closed ${await fate(reader.closed)}`;
}

/** All that a user can find out about a socket. */
async function observe(socket: Socket): Promise<Record<string, unknown>> {
  const writer = socket.writable.getWriter();
  await turn();
  const { desiredSize } = writer;
  return {
    opened: await fate(socket.opened),
    info: await socket.opened.catch(() => null),
    closed: await fate(socket.closed),
    'writer.closed': await fate(writer.closed),
    'writer.ready': await fate(writer.ready),
    desiredSize,
    read: await readUp(socket),
    write: await fate(writer.write(text('x'))),
    close: await fate(writer.close()),
    'closed then': await fate(socket.closed),
    state: socket.state,
  };
}

async function open(isHalfOpen: boolean): Promise<Scene> {
  const w = await world();
  const listener = w.b.listen({ port: 7, allowHalfOpen: true });
  const controller = new AbortController();
  const { signal } = controller;
  const client = w.a.connect('10.0.0.2:7', { signal, allowHalfOpen: isHalfOpen });
  const server = await listener.accept();
  await turn();
  return { ...w, client, server, controller };
}

async function observed([happens, isHalfOpen = false]: History, parts: readonly Part[]) {
  const scene = await open(isHalfOpen);
  ask(scene.client, parts);
  await happens(scene);
  await turn();
  return observe(scene.client);
}

async function observedUnopened(end: (typeof OPENINGS)[string], parts: readonly Part[]) {
  const { a, clock } = await world({ delay: 10 });
  const controller = new AbortController();
  const client = a.connect('10.0.0.2:7', { signal: controller.signal });
  ask(client, parts);
  await end(client, controller);
  await clock.run(100);
  return observe(client);
}

let unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => unhandled.push(reason);
beforeEach(() => {
  unhandled = [];
  process.on('unhandledRejection', onUnhandled);
});
afterEach(async () => {
  await turn();
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});

describe('parts of a socket that are asked for early or late are alike, where', () => {
  for (const [name, history] of Object.entries(HISTORIES)) {
    it(name, async () => {
      const expected = await observed(history, PARTS);
      for (const parts of CHOICES) {
        expect(await observed(history, parts), `early: ${parts}`).toEqual(expected);
      }
    });
  }

  for (const [name, end] of Object.entries(OPENINGS)) {
    it(`it has never been open: ${name}`, async () => {
      const expected = await observedUnopened(end, PARTS);
      for (const parts of CHOICES) {
        expect(await observedUnopened(end, parts), `early: ${parts}`).toEqual(expected);
      }
    });
  }
});

describe('a socket asked late', () => {
  it('has the text that came before a FIN, and its writes fail with EPIPE', async () => {
    expect(await observed(HISTORIES['text and a FIN came']!, [])).toMatchObject({
      opened: 'fulfilled',
      read: 'hello fulfilled, closed fulfilled',
      write: 'EPIPE',
      'closed then': 'fulfilled',
    });
  });

  it('gives one error to all, and the same each time', async () => {
    const { client, server } = await open(false);
    server.reset();
    await turn();
    const error = await client.closed.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    await expect(client.closed).rejects.toBe(error);
    await expect(client.readable.getReader().read()).rejects.toBe(error);
    const writer = client.writable.getWriter();
    await expect(writer.closed).rejects.toBe(error);
    await expect(writer.write(text('x'))).rejects.toBe(error);
    expect(client.closed).toBe(client.closed);
    expect(client.readable).toBe(client.readable);
    expect(client.writable).toBe(client.writable);
  });

  it('gives one error of its own making to all', async () => {
    const { client } = await open(false);
    client.reset();
    const error = await client.closed.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ECONNABORTED', syscall: 'read', port: 7 });
    await expect(client.readable.getReader().read()).rejects.toBe(error);
    await expect(client.writable.getWriter().closed).rejects.toBe(error);
  });

  for (const when of ['early', 'late']) {
    it(`refuses what is piped to it where it was asked ${when}, and has ended`, async () => {
      const { client, server } = await open(false);
      if (when === 'early') void client.writable;
      await server.writable.close();
      await client.closed;
      let reason: unknown;
      const source = new ReadableStream({ cancel: (why) => void (reason = why) });
      await expect(source.pipeTo(client.writable)).rejects.toBeInstanceOf(TypeError);
      expect(reason).toBeInstanceOf(TypeError);
    });
  }
});

/** What is done within one turn, and what it is to wait for. */
const AT_ONCE: Record<string, (socket: Socket) => Promise<unknown>[]> = {
  'a write, then close()': (socket) => {
    const written = socket.writable.getWriter().write(text('first'));
    return [written, socket.close()];
  },
  'a write that does not fit, then close()': (socket) => {
    const written = socket.writable.getWriter().write(new Uint8Array(4_000_000));
    return [written, socket.close()];
  },
  'two writes, then close(reason)': (socket) => {
    const writer = socket.writable.getWriter();
    const writes = [writer.write(text('first')), writer.write(text('second'))];
    return [...writes, socket.close(enough), writer.closed];
  },
  'a write, then the end of the stream': ({ writable }) => {
    const writer = writable.getWriter();
    return [writer.write(text('first')), writer.close(), writer.write(text('late'))];
  },
  'the end of the stream, then close(reason)': (socket) => {
    const writer = socket.writable.getWriter();
    return [writer.close(), socket.close(enough), writer.closed];
  },
  'the end of the stream without a writer, then close(reason)': (socket) => [
    socket.writable.close(),
    socket.close(enough),
  ],
  'a writer let go of, then its close, then a write': ({ writable }) => {
    const old = writable.getWriter();
    old.releaseLock();
    return [old.close(), writable.getWriter().write(text('first'))];
  },
  'what is no octets, then close()': (socket) => {
    const writer = socket.writable.getWriter();
    return [writer.write('text' as never), socket.close(), writer.closed];
  },
  'a write, then reset()': (socket) => {
    const written = socket.writable.getWriter().write(text('first'));
    socket.reset();
    return [written, socket.closed];
  },
  'a read, then close()': (socket) => {
    const read = socket.readable.getReader().read();
    return [read.then(({ value }) => string(value)), socket.close()];
  },
  'two reads, then close()': (socket) => {
    const reader = socket.readable.getReader();
    const reads = [reader.read(), reader.read()];
    return [...reads.map((read) => read.then(({ value }) => string(value))), socket.close()];
  },
  'a read into an array, then close()': (socket) => {
    const read = socket.readable.getReader({ mode: 'byob' }).read(new Uint8Array(3));
    return [read.then(({ value }) => string(value)), socket.close()];
  },
  'a read by a loop': ({ readable }) => [
    (async () => {
      for await (const chunk of readable as unknown as AsyncIterable<Uint8Array>) {
        return string(chunk);
      }
      return undefined;
    })(),
  ],
  'cancel, then close()': (socket) => [socket.readable.cancel(), socket.close()],
};

describe('what is done in the turn in which a stream is made is done as ever', () => {
  for (const [name, act] of Object.entries(AT_ONCE)) {
    it(name, async () => {
      const outcomes: unknown[] = [];
      for (const parts of [PARTS, []]) {
        const { client, server, packets, clock } = await open(false);
        if (!name.includes('octets')) await server.writable.getWriter().write(text('hello'));
        ask(client, parts);
        await turn();
        packets.length = 0;
        const waits = act(client);
        const queues = [client.raw.sendQueue, client.raw.receiveQueue];
        const fates = await Promise.all(waits.map(fate));
        const values = await Promise.allSettled(
          waits.map((wait, i) => (fates[i] === 'fulfilled' ? wait : undefined)),
        );
        await clock.run(1000);
        const read = await readUp(server);
        outcomes.push({ queues, fates, values, packets: [...packets], read });
      }
      expect(outcomes[1]).toEqual(outcomes[0]);
    });
  }
});

describe('a connection that is opened and closed', () => {
  it('costs no stream', async () => {
    let made = 0;
    const Real = globalThis.ReadableStream;
    globalThis.ReadableStream = new Proxy(Real, {
      construct: (target, words, newTarget) => {
        made++;
        return Reflect.construct(target, words, newTarget);
      },
    });
    const { a, b }: { a: Stack; b: Stack } = await world();
    const listener = b.listen({ port: 7 });
    const client = a.connect('10.0.0.2:7');
    const server = await listener.accept();
    await client.opened;
    await client.close();
    await server.closed;
    expect(made).toBe(0);
    void client.readable;
    expect(made).toBe(1);
    globalThis.ReadableStream = Real;
  });
});
