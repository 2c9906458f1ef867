/** Every promise of a socket and a listener settles, whatever the connection comes to. */
import { describe, expect, it } from 'vitest';
import { turn } from '../../host-web/clock.ts';
import type { Socket } from '../../host-web/index.ts';
import { connected, fate, type Pair, pools, text, world } from './world.ts';

/** Everything a program may be waiting for at once. */
function waits(socket: Socket): Record<string, Promise<unknown>> {
  const writer = socket.writable.getWriter();
  const all = {
    opened: socket.opened,
    closed: socket.closed,
    read: socket.readable.getReader().read(),
    write: writer.write(new Uint8Array(4_000_000)),
    queued: writer.write(text('behind')),
    close: writer.close(),
  };
  for (const promise of Object.values(all)) promise.catch(() => {});
  return all;
}

async function fates(all: Record<string, Promise<unknown>>): Promise<Record<string, string>> {
  const names = Object.keys(all);
  const found = await Promise.all(names.map((name) => fate(all[name]!)));
  return Object.fromEntries(names.map((name, i) => [name, found[i]!]));
}

function every(code: string, opened = 'fulfilled'): Record<string, string> {
  return { opened, closed: code, read: code, write: code, queued: code, close: code };
}

/** Ends of an open connection, and the code everything then fails with. */
const ENDS: Record<string, [(pair: Pair) => unknown, string]> = {
  'a RST from the peer': [({ server }) => server.reset(), 'ECONNRESET'],
  'the peer, which closes with text unread': [({ server }) => server.close(), 'ECONNRESET'],
  'reset()': [({ client }) => client.reset(), 'ECONNABORTED'],
  'the end of our stack': [({ a }) => a.close(), 'ECONNABORTED'],
  'the end of the peer’s stack': [({ b }) => b.close(), 'ECONNRESET'],
  silence: [
    async ({ network, clock }) => {
      network.impair({ loss: '100%' });
      await clock.run(1_000_000);
    },
    'ETIMEDOUT',
  ],
};

describe('an open connection, ended by', () => {
  for (const [name, [end, code]] of Object.entries(ENDS)) {
    it(name, async () => {
      const pair = await connected();
      const all = waits(pair.client);
      await turn();
      expect(await fate(all['write']!)).toBe('pending');
      await end(pair);
      await turn();
      expect(await fates(all)).toEqual(every(code));
      expect(pair.client.state).toBe('CLOSED');
    });
  }

  it('its AbortSignal', async () => {
    const controller = new AbortController();
    const pair = await connected({}, { signal: controller.signal });
    const all = waits(pair.client);
    await turn();
    controller.abort(new Error('no more'));
    await turn();
    expect(await fates(all)).toEqual(every('Error: no more'));
    await expect(pair.server.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('close(), with everything else still waiting', async () => {
    const { client } = await connected({}, {}, { allowHalfOpen: true });
    const all = waits(client);
    await turn();
    void client.close();
    await turn();
    // The close that was asked for comes behind writes that were refused, so it fails with them.
    expect(await fates(all)).toMatchObject({ read: 'fulfilled', write: 'EPIPE', queued: 'EPIPE' });
  });

  it('the peer’s death, noticed by keep-alive', async () => {
    const { client, network, clock } = await connected();
    client.setKeepAlive(true, 1000);
    network.impair({ loss: '100%' });
    const read = client.readable.getReader().read();
    read.catch(() => {});
    await clock.run(3_600_000);
    expect(await fates({ read, closed: client.closed })).toEqual({
      read: 'ETIMEDOUT',
      closed: 'ETIMEDOUT',
    });
  });
});

describe('a connection that is being opened, ended by', () => {
  const ends: Record<string, [(w: Awaited<ReturnType<typeof opening>>) => unknown, string]> = {
    'a RST': [
      ({ network, clock }) => {
        network.impair({});
        return clock.run(5000);
      },
      'ECONNREFUSED',
    ],
    silence: [({ clock }) => clock.run(1_000_000), 'ETIMEDOUT'],
    'reset()': [({ socket }) => socket.reset(), 'ECONNABORTED'],
    'its AbortSignal': [({ controller }) => controller.abort(new Error('no')), 'Error: no'],
    'the end of the stack': [({ a }) => a.close(), 'ECONNABORTED'],
  };
  async function opening() {
    const w = await world({ loss: '100%' });
    const controller = new AbortController();
    const socket = w.a.connect('10.0.0.2:81', { signal: controller.signal });
    return { ...w, socket, controller, all: waits(socket) };
  }
  for (const [name, [end, code]] of Object.entries(ends)) {
    it(name, async () => {
      const w = await opening();
      await turn();
      await end(w);
      await turn();
      expect(await fates(w.all)).toEqual(every(code, code));
    });
  }

  it('close()', async () => {
    const { socket, all } = await opening();
    await turn();
    await socket.close();
    expect(await fates(all)).toEqual({
      ...every('ECONNABORTED', 'ECONNABORTED'),
      closed: 'fulfilled',
      read: 'fulfilled',
    });
  });

  it('a signal that was aborted before', async () => {
    const { a } = await world();
    const socket = a.connect('10.0.0.2:7', { signal: AbortSignal.abort(new Error('early')) });
    await expect(socket.opened).rejects.toThrow('early');
    await expect(socket.closed).rejects.toThrow('early');
  });

  it('what can not be opened at all', async () => {
    const { a } = await world();
    for (const [address, code] of [
      ['10.0.0.255:7', 'EINVAL'],
      ['224.0.0.1:7', 'EINVAL'],
      ['10.0.0.2:0', 'EDESTADDRREQ'],
    ] as const) {
      expect(await fate(a.connect(address).opened)).toBe(code);
      expect(await fate(a.connect(address).closed)).toBe(code);
    }
    const { b } = await world({}, { limits: { connections: 1, listeners: 1 } });
    const only = b.connect('10.0.0.1:7');
    const [second, listener] = [b.connect('10.0.0.1:7'), b.listen({ port: 7 })];
    expect(await fate(second.opened)).toBe('ENOBUFS');
    expect(await fate(listener.opened)).toBe('ENOBUFS');
    expect(await fate(only.opened)).toBe('ECONNREFUSED');
    const taken = a.connect('10.0.0.2:7', { localPort: 5000 });
    const again = a.connect('10.0.0.2:7', { localPort: 5000 });
    expect(await fate(again.opened)).toBe('EADDRINUSE');
    taken.reset();
    expect(() => a.connect({ hostname: '10.0.0.2', port: 70_000 })).toThrow(TypeError);
    expect(() => a.connect('10.0.0.2:7', { sendBuffer: 0 })).toThrow(RangeError);
    expect(() => a.connect('10.0.0.2:7', { timeout: 'soon' })).toThrow(RangeError);
  });
});

describe('the last states', () => {
  it('both close at once: CLOSING, TIME-WAIT', async () => {
    const { client, server, clock } = await connected({ delay: 50 });
    const closes = [client.writable.close(), server.writable.close()];
    await clock.run(1000);
    const all = [...closes, client.closed, server.closed];
    expect(await Promise.all(all.map(fate))).toEqual(Array(4).fill('fulfilled'));
  });

  it('close() while the peer keeps its half open: settled by the acknowledgment', async () => {
    const { client, a, clock } = await connected({}, {}, { allowHalfOpen: true });
    await client.close();
    expect(a.sockets().map(({ state }) => state)).toEqual(['FIN-WAIT-2']);
    await clock.run(61_000);
    expect(a.sockets()).toEqual([]);
  });

  it('await using while the peer keeps its half open: settled by the linger time', async () => {
    const { client, clock } = await connected({}, {}, { allowHalfOpen: true });
    const disposed = client[Symbol.asyncDispose]();
    await clock.run(59_000);
    expect(await fate(disposed)).toBe('pending');
    await clock.run(2000);
    expect(await fate(disposed)).toBe('fulfilled');
  });

  it('text that arrived before the end can be read after it', async () => {
    const { client, server, clock } = await connected({}, {}, { allowHalfOpen: true });
    await client.writable.close();
    const writer = server.writable.getWriter();
    await writer.write(text('late'));
    await writer.close();
    await client.closed;
    await clock.run(120_000);
    const reader = client.readable.getReader();
    expect((await reader.read()).value).toEqual(text('late'));
    expect((await reader.read()).done).toBe(true);
  });
});

describe('a listener', () => {
  it('that is closed: accepts reject, loops and streams end, opened sockets go on', async () => {
    const { listener, client, server } = await connected();
    const accept = listener.accept();
    accept.catch(() => {});
    const loop = (async () => {
      for await (const _ of listener);
    })();
    const stream = listener.readable.getReader().read();
    await turn();
    await listener.close();
    expect(await fate(accept)).toBe('ECONNABORTED');
    expect(await fate(loop)).toBe('fulfilled');
    expect((await stream).done).toBe(true);
    expect(await fate(listener.accept())).toBe('ECONNABORTED');
    await client.writable.getWriter().write(text('on'));
    expect((await server.readable.getReader().read()).value).toEqual(text('on'));
  });

  it('that is closed resets what nobody has accepted', async () => {
    const { a, b } = await world();
    const listener = b.listen({ port: 7 });
    const socket = a.connect('10.0.0.2:7');
    await socket.opened;
    expect(listener.info()).toMatchObject({ acceptQueue: 1, synQueue: 0, backlog: 511 });
    await listener.close();
    await expect(socket.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('that can not be opened: everything rejects with the reason', async () => {
    const { b } = await world();
    const first = b.listen({ port: 7 });
    const second = b.listen({ port: 7 });
    expect(await fate(second.opened)).toBe('EADDRINUSE');
    expect(await fate(second.closed)).toBe('EADDRINUSE');
    expect(await fate(second.accept())).toBe('EADDRINUSE');
    expect(await fate(second.readable.getReader().read())).toBe('EADDRINUSE');
    expect(await fate(b.listen({ port: 8, hostname: '10.0.0.9' }).opened)).toBe('EADDRNOTAVAIL');
    await first.close();
    expect(await b.listen({ port: 7 }).opened).toEqual({ localAddress: '::', localPort: 7 });
  });

  it('serves those who ask in the order they asked, and lets a signal take one back', async () => {
    const { a, b } = await world();
    const listener = b.listen({ port: 7 });
    const controller = new AbortController();
    const [first, second, third] = [
      listener.accept(),
      listener.accept({ signal: controller.signal }),
      listener.accept(),
    ];
    controller.abort(new Error('changed my mind'));
    await expect(second).rejects.toThrow('changed my mind');
    const one = a.connect('10.0.0.2:7');
    await one.opened;
    const two = a.connect('10.0.0.2:7');
    expect((await first).remotePort).toBe(one.localPort);
    expect((await third).remotePort).toBe(two.localPort);
  });

  it('chooses a port when asked for 0', async () => {
    const { b } = await world();
    const [one, two] = [b.listen({ port: 0 }), b.listen({ port: 0 })];
    expect((await one.opened).localPort).toBeGreaterThanOrEqual(49_152);
    expect(one.localPort).not.toBe(two.localPort);
  });

  it('ends with a loop that is left, with its signal, and with its stack', async () => {
    const { a, b } = await world();
    const looped = b.listen({ port: 7 });
    a.connect('10.0.0.2:7');
    for await (const socket of looped) {
      socket.reset();
      break;
    }
    await looped.closed;
    const controller = new AbortController();
    const signalled = b.listen({ port: 7, signal: controller.signal });
    controller.abort();
    await signalled.closed;
    const last = b.listen({ port: 7 });
    const accept = last.accept();
    accept.catch(() => {});
    await b.close();
    await last.closed;
    expect(await fate(accept)).toBe('ECONNABORTED');
  });
});

describe('a stack', () => {
  it('that is closed refuses everything, and says so', async () => {
    const { a } = await world();
    const ping = a.ping('10.0.0.99');
    ping.catch(() => {});
    await a.close();
    await a.close();
    expect(await fate(ping)).toBe('ECONNABORTED');
    expect(() => a.connect('10.0.0.2:7')).toThrow('the stack is closed');
    expect(() => a.listen({ port: 7 })).toThrow('the stack is closed');
    expect(a.isClosed).toBe(true);
  });

  it('pings', async () => {
    const { a, clock, network } = await world({ delay: 10 });
    const reply = a.ping('10.0.0.2', { size: 1000 });
    const own = a.ping('fd00::1');
    const six = a.ping('fd00::2');
    await clock.run(100);
    expect(await reply).toEqual({ from: '10.0.0.2', sequence: 1, size: 1000, ttl: 64, time: 20 });
    expect(await own).toMatchObject({ from: 'fd00::1', time: 0 });
    expect(await six).toMatchObject({ from: 'fd00::2', time: 20 });
    network.impair({ loss: '100%' });
    const lost = a.ping('10.0.0.2', { timeout: '2s' });
    lost.catch(() => {});
    await clock.run(3000);
    expect(await fate(lost)).toBe('ETIMEDOUT');
    const { b } = await world();
    await expect(b.ping('nobody')).rejects.toThrow(TypeError);
  });
});

describe('nothing is left behind', () => {
  it('after connections of every kind, all pools are full again', async () => {
    const { a, b, clock } = await world({ delay: 5, loss: '5%', seed: 3 });
    const listener = b.listen({ port: 7 });
    void (async () => {
      for await (const socket of listener) socket.readable.pipeTo(socket.writable).catch(() => {});
    })();
    const settled: Promise<unknown>[] = [];
    for (let i = 0; i < 40; i++) {
      const socket = a.connect(i % 8 === 7 ? '10.0.0.2:81' : '10.0.0.2:7');
      settled.push(socket.closed.catch(() => {}));
      const writer = socket.writable.getWriter();
      writer.closed.catch(() => {});
      writer.write(new Uint8Array(100_000)).catch(() => {});
      if (i % 4 === 0) void socket.close();
      else if (i % 4 === 1) setTimeout(() => socket.reset(), 0);
      else writer.close().catch(() => {});
      if (i % 4 === 2) socket.readable.pipeTo(new WritableStream()).catch(() => {});
      if (i % 4 === 3) socket.readable.cancel().catch(() => {});
    }
    await clock.run(300_000);
    await Promise.all(settled);
    await listener.close();
    await clock.run(300_000);
    expect(pools(a)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(pools(b)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('after a stack is closed in the middle of it all', async () => {
    const { a, b, client, server, clock } = await connected({ delay: 5 });
    client.writable
      .getWriter()
      .write(new Uint8Array(4_000_000))
      .catch(() => {});
    void server.readable.getReader().read();
    await clock.run(100);
    await a.close();
    await clock.run(100);
    expect(pools(a)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(pools(b).slice(0, 3)).toEqual([1, 0, 0]);
    await b.close();
    expect(pools(b)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
