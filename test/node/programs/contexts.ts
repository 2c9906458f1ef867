/** What a callback runs in: its async context, its turn, and what happens when it throws. */
import { AsyncLocalStorage, createHook, executionAsyncId } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import type { Server, Socket } from 'node:net';
import { show, type Programs, type World, turn, until } from '../world.ts';

const storage = new AsyncLocalStorage<string>();

/** Logs events of a socket with the context they come in. */
function hearIn(w: World, voice: string, socket: Socket | Server, ...events: string[]): void {
  for (const event of events) {
    socket.on(event, () => w.say(voice, `${event} in ${storage.getStore()}`));
  }
}

/** Async resources of these types that a piece of work makes. */
async function resources(work: () => Promise<unknown>, wanted: RegExp): Promise<string[]> {
  const found: string[] = [];
  const hook = createHook({
    init(_id, type) {
      if (wanted.test(type)) found.push(type);
    },
  }).enable();
  await work();
  hook.disable();
  return found.sort();
}

export const contexts: Programs = {
  'context: of a client': async (w) => {
    await w.listen((socket) => {
      socket.resume().write('hello');
      socket.once('data', () => socket.end());
    });
    const client = storage.run('connect', () => w.connect());
    hearIn(w, 'client', client, 'connect', 'ready', 'data', 'end', 'finish', 'close');
    await until(client, 'connect');
    storage.run('write', () => {
      client.write('x', () => w.say('client', `written in ${storage.getStore()}`));
    });
    await until(client, 'close');
  },

  'context: of a server and its connections': async (w) => {
    const server = storage.run('server', () => w.server());
    hearIn(w, 'server', server, 'listening', 'connection', 'close');
    storage.run('listen', () => server.listen(w.port));
    server.on('connection', (socket) => {
      hearIn(w, 'connection', socket, 'data', 'end', 'finish', 'close');
      socket.end('bye', () => w.say('connection', `ended in ${storage.getStore()}`));
    });
    await until(server, 'listening');
    const accepted = until(server, 'connection');
    const client = storage.run('client', () => w.connect({ allowHalfOpen: true }));
    const [connection] = (await accepted) as [Socket];
    await until(client.resume(), 'end');
    client.end('x');
    await until(connection, 'close');
    storage.run('close', () => server.close());
    await until(server, 'close');
  },

  'context: of end, of a timeout and of a failed connect': async (w) => {
    const { client, server } = await w.pair();
    server.resume();
    storage.run('timeout', () => {
      client.setTimeout(5, () => w.say('client', `timeout in ${storage.getStore()}`));
    });
    await until(client, 'timeout');
    storage.run('end', () => {
      client.end('x', () => w.say('client', `end in ${storage.getStore()}`));
    });
    await until(client.resume(), 'close');
    const refused = storage.run('refused', () => w.connect({ port: w.port + 1 }));
    hearIn(w, 'refused', refused, 'error', 'close');
    await until(refused, 'close');
  },

  'context: writes each have their own': async (w) => {
    const { client, server } = await w.pair();
    server.resume();
    // The long one waits, and those behind it with it.
    for (const [i, size] of [10, 20, 3 << 22, 30, 40].entries()) {
      storage.run(`write ${i}`, () => {
        const written = () => w.say('client', `${size} in ${storage.getStore()}`);
        client.write(Buffer.alloc(size), written);
      });
    }
    await new Promise<void>((resolve) => client.end(resolve));
  },

  'context: of a write before it is connected': async (w) => {
    await w.listen((socket) => void socket.resume());
    const client = storage.run('connect', () => w.connect());
    await storage.run('early', () => {
      return new Promise<void>((resolve) => {
        client.write('x', () => {
          w.say('client', `${storage.getStore()}`);
          resolve();
        });
      });
    });
  },

  'context: resources of async_hooks': async (w) => {
    const found = await resources(async () => {
      const { client, server } = await w.pair();
      server.resume();
      client.end('x');
      await until(client.resume(), 'close');
    }, /^TCP|^SHUTDOWN/);
    w.say('program', found.join(' '));
  },

  'context: callbacks have an id': async (w) => {
    const { client, server } = await w.pair();
    server.end('x');
    await until(client, 'data');
    w.say('client', String(executionAsyncId() >= 0));
  },

  'context: ticks and promises run between two events': async (w) => {
    await w.listen((socket) => socket.end('bye'));
    const client = w.connect();
    for (const event of ['connect', 'ready', 'data', 'end', 'close']) {
      client.on(event, () => {
        w.say('client', event);
        process.nextTick(() => w.say('client', `tick of ${event}`));
        void Promise.resolve().then(() => w.say('client', `promise of ${event}`));
      });
    }
    await until(client, 'close');
    await turn();
  },

  'context: what calls cause comes after they have returned': async (w) => {
    const { client, server, listener } = await w.pair();
    const calls: Record<string, () => unknown> = {
      resume: () => client.resume(),
      write: () => client.write('x', () => w.say('client', 'written')),
      end: () => client.end(() => w.say('client', 'ended')),
      destroy: () => client.destroy(),
      close: () => listener.close(),
    };
    server.resume();
    w.hear('client', client, 'finish', 'error', 'close');
    for (const [name, call] of Object.entries(calls)) {
      call();
      w.say('client', `${name} returned`);
    }
    await until(client, 'close');
  },

  'context: what listeners of a socket throw': async (w) => {
    for (const event of ['connect', 'ready', 'data', 'end', 'close']) {
      const server = w.server((socket) => socket.on('error', () => {}).end('bye'));
      server.listen(w.port, '10.0.0.2');
      await until(server, 'listening');
      const client = w.connect();
      w.hear(event, client, 'connect', 'data', 'end', 'error', 'close');
      client.once(event, () => {
        throw new Error(`of ${event}`);
      });
      await turn(8);
      w.say(event, `${client.destroyed} ${client.readyState}`);
      client.destroy();
      server.close();
      await until(server, 'close');
    }
  },

  'context: what callbacks of write, end and a server throw': async (w) => {
    const listener = await w.listen((socket) => {
      socket.on('error', () => {}).resume();
      throw new Error('of connection');
    });
    const client = w.connect();
    await until(client, 'connect');
    await turn(3);
    client.write('x', () => {
      throw new Error('of write');
    });
    await turn(4);
    w.say('client', `${client.destroyed} ${client.readyState}`);
    client.destroy();
    listener.close(() => {
      throw new Error('of close');
    });
    await turn(8);
    w.say('listener', String(listener.listening));
  },

  'context: captureRejections of a server': async (w) => {
    EventEmitter.captureRejections = true;
    const listener = w.server();
    EventEmitter.captureRejections = false;
    listener.on('connection', async (socket) => {
      w.hear('server', socket, 'error', 'close');
      throw new Error('rejected');
    });
    listener.listen(w.port, '10.0.0.2');
    await until(listener, 'listening');
    const client = w.connect();
    client.on('error', () => {});
    await until(client.resume(), 'close');
    await turn(3);
  },

  'context: captureRejections of a socket': async (w) => {
    const { client, server } = await w.pair({ captureRejections: true });
    w.hear('client', client, 'error', 'close');
    client.on('data', async () => {
      throw new Error('rejected');
    });
    server.on('error', () => {}).write('x');
    await until(client, 'close');
    w.say('client', show(client.errored));
  },
};
