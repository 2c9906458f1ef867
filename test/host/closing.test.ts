/** How a socket's streams end where the connection ends as it should, and what `close` tells. */
import { describe, expect, it } from 'vitest';
import { turn } from '../../host-web/clock.ts';
import type { Socket } from '../../host-web/index.ts';
import { connected, fate, pools, readAll, string, text, world } from './world.ts';

const enough = new Error('enough');

/** Fates of promises by name. */
async function fates(all: Record<string, Promise<unknown>>): Promise<Record<string, string>> {
  const found = await Promise.all(Object.values(all).map(fate));
  return Object.fromEntries(Object.keys(all).map((name, i) => [name, found[i]!]));
}

describe('a normal end', () => {
  it('by the peer: the writer is closed, writes are refused, a close does nothing', async () => {
    const { client, server } = await connected();
    const writer = client.writable.getWriter();
    await server.writable.close();
    await client.closed;
    expect(await fates({ closed: writer.closed, ready: writer.ready })).toEqual({
      closed: 'fulfilled',
      ready: 'fulfilled',
    });
    expect(await fate(writer.write(text('late')))).toBe('EPIPE');
    expect(await fate(writer.close())).toBe('fulfilled');
    writer.releaseLock();
    expect(await fate(client.writable.close())).toBe('fulfilled');
    expect(await fate(client.writable.getWriter().write(text('late')))).toBe('EPIPE');
  });

  it('by close(): whoever loses nothing hears of no error', async () => {
    const { client, server } = await connected();
    const writer = client.writable.getWriter();
    const reader = client.readable.getReader();
    await writer.write(text('bye'));
    const waits = { closed: writer.closed, read: reader.read(), 'reader.closed': reader.closed };
    await client.close();
    expect(new Set(Object.values(await fates(waits)))).toEqual(new Set(['fulfilled']));
    expect(await readAll(server.readable)).toBe('bye');
  });

  it('by await using, with a writer that waits', async () => {
    const { client, server } = await connected();
    const writer = client.writable.getWriter();
    void writer.write(text('bye'));
    const got = readAll(server.readable);
    await client[Symbol.asyncDispose]();
    expect(await fate(writer.closed)).toBe('fulfilled');
    expect(await got).toBe('bye');
  });

  for (const [name, echo] of Object.entries({
    'a pipe': ({ readable, writable }: Socket) => readable.pipeTo(writable),
    'a pipe through a transform': ({ readable, writable }: Socket) =>
      (readable as ReadableStream<Uint8Array>)
        .pipeThrough(new TransformStream<Uint8Array, Uint8Array>())
        .pipeTo(writable),
  })) {
    for (const delay of [0, 5]) {
      for (const octets of [5, 20_000, 60_000]) {
        it(`by the peer, with ${octets} octets: ${name} echoes all, ${delay} ms`, async () => {
          const { client, server, clock } = await connected({ delay });
          const piped = echo(server);
          const writer = client.writable.getWriter();
          const written = writer.write(new Uint8Array(octets));
          const ended = writer.close();
          let got = 0;
          const read = (async () => {
            for (let reader = client.readable.getReader(); ; ) {
              const { value, done } = await reader.read();
              if (done) return;
              got += value.length;
            }
          })();
          await clock.run(1000);
          expect(got).toBe(octets);
          await Promise.all([piped, written, ended, read, client.closed, server.closed]);
        });
      }
    }
  }

  it('by the peer, while something is piped: the pipe fails, its source is cancelled', async () => {
    const { client, server } = await connected();
    let reason: unknown;
    const source = new ReadableStream<Uint8Array>({ cancel: (why) => void (reason = why) });
    const piped = expect(source.pipeTo(client.writable)).rejects.toMatchObject({ code: 'EPIPE' });
    await server.writable.close();
    await client.closed;
    await piped;
    expect(reason).toMatchObject({ code: 'EPIPE' });
  });

  it('by the peer, while what never ceases is piped: our FIN follows all the same', async () => {
    const { client, server, clock } = await connected({ delay: 5, rate: '50mbit' });
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(100_000)),
    });
    const piped = source.pipeTo(client.writable);
    piped.catch(() => {});
    const got = readAll(server.readable);
    await clock.run(1000);
    void server.writable.close();
    await clock.run(10_000);
    expect(await fates({ piped, closed: client.closed, got })).toEqual({
      piped: 'EPIPE',
      closed: 'fulfilled',
      got: 'fulfilled',
    });
  });

  it('an echo by pipeTo ends without an error at either side', async () => {
    const { client, server } = await connected();
    const echo = server.readable.pipeTo(server.writable);
    const writer = client.writable.getWriter();
    await writer.write(text('echo'));
    const closes = [writer.close(), writer.closed];
    expect(await readAll(client.readable)).toBe('echo');
    await Promise.all([...closes, echo, client.closed, server.closed]);
  });

  it('a write behind a close is refused, and keeps the FIN from nothing', async () => {
    const { client, server, clock } = await connected({ delay: 5 }, { sendBuffer: 65_536 });
    const writer = client.writable.getWriter();
    const write = writer.write(new Uint8Array(1_000_000));
    const close = writer.close();
    const late = writer.write(text('late'));
    late.catch(() => {});
    const got = readAll(server.readable);
    await clock.run(60_000);
    expect(await fates({ write, close })).toEqual({ write: 'fulfilled', close: 'fulfilled' });
    expect(await fate(late)).not.toBe('pending');
    expect((await got).length).toBe(1_000_000);
  });
});

describe('close(reason)', () => {
  it('reaches reads, writes and closes that wait', async () => {
    const { client } = await connected();
    const [writer, reader] = [client.writable.getWriter(), client.readable.getReader()];
    const waits = {
      write: writer.write(new Uint8Array(4_000_000)),
      queued: writer.write(text('queued')),
      'writer.closed': writer.closed,
      'writer.ready': writer.ready,
      read: reader.read(),
      'reader.closed': reader.closed,
    };
    for (const promise of Object.values(waits)) promise.catch(() => {});
    const closed = client.close(enough);
    expect(new Set(Object.values(await fates(waits)))).toEqual(new Set(['Error: enough']));
    expect(closed).toBe(client.closed);
  });

  it('reaches a pipe, either way', async () => {
    const { client } = await connected();
    let reason: unknown;
    const source = new ReadableStream<Uint8Array>({ cancel: (why) => void (reason = why) });
    const into = source.pipeTo(client.writable);
    const out = client.readable.pipeTo(new WritableStream());
    void client.close(enough);
    expect(await fates({ into, out })).toEqual({ into: 'Error: enough', out: 'Error: enough' });
    expect(reason).toBe(enough);
  });

  it('reaches opened where there is no connection yet', async () => {
    const { a, clock } = await world({ loss: '100%' });
    const socket = a.connect('10.0.0.2:7');
    const read = socket.readable.getReader().read();
    read.catch(() => {});
    await clock.run(100);
    void socket.close(enough);
    expect(await fates({ opened: socket.opened, closed: socket.closed, read })).toEqual({
      opened: 'Error: enough',
      closed: 'fulfilled',
      read: 'Error: enough',
    });
  });

  it('where text is unread: a RST, and the reason for whoever waits', async () => {
    const { client, server } = await connected();
    await server.writable.getWriter().write(text('unread'));
    const write = client.writable.getWriter().write(new Uint8Array(4_000_000));
    write.catch(() => {});
    expect(await fate(client.close(enough))).toBe('fulfilled');
    expect(await fate(write)).toBe('Error: enough');
    await expect(server.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('what is over, and was not read', () => {
  it.each(['close', 'await using'])('is let go of by %s', async (how) => {
    const { a, client, server, clock } = await connected({}, {}, { allowHalfOpen: true });
    await client.writable.close();
    await server.writable.getWriter().write(text('unread'));
    await server.close();
    await clock.run(120_000);
    await client.closed;
    expect(pools(a)[0]).toBe(1);
    await (how === 'close' ? client.close() : client[Symbol.asyncDispose]());
    expect(pools(a)[0]).toBe(0);
    expect(string((await client.readable.getReader().read()).value)).toBe('');
  });
});

it('a listener that is closed ends its stream, whether it is read or not', async () => {
  const { b } = await world();
  const uses: Record<string, (stream: ReadableStream<Socket>) => Promise<unknown>> = {
    closed: (stream) => stream.getReader().closed,
    piped: (stream) => stream.pipeTo(new WritableStream()),
    'piped to what takes none': (stream) =>
      stream.pipeTo(new WritableStream({}, { highWaterMark: 0 })),
    tee: (stream) => Promise.all(stream.tee().map((branch) => branch.getReader().closed)),
  };
  for (const [name, use] of Object.entries(uses)) {
    const listener = b.listen({ port: 7 });
    const end = use(listener.readable);
    await turn();
    await listener.close();
    expect(await fate(end), name).toBe('fulfilled');
  }
  const before = b.listen({ port: 7 });
  await before.close();
  expect(await fate(before.readable.getReader().closed)).toBe('fulfilled');
  const first = b.listen({ port: 7 });
  const second = b.listen({ port: 7 });
  expect(await fate(second.readable.getReader().closed)).toBe('EADDRINUSE');
  expect(await fate(first.readable.cancel())).toBe('fulfilled');
  expect(await fate(first.closed)).toBe('fulfilled');
});
