/** `net.Server`: listening in every form, its life, its limits and its end. */
import type { AddressInfo, Server, Socket } from 'node:net';
import {
  attempt,
  connectionsOf,
  HERE,
  type Programs,
  show,
  THERE,
  THERE6,
  turn,
  until,
} from '../world.ts';

const EVENTS = ['listening', 'error', 'close'];

/** An address whose port is any where it was chosen by the system. */
function where(server: Server): string {
  const address = server.address() as AddressInfo | null;
  if (address === null) return 'null';
  const port = address.port > 10_000 ? 'any' : address.port;
  return `${address.family} ${address.address} ${port}`;
}

export const servers: Programs = {
  'server: its events, and what it says of itself': async (w) => {
    const server = w.server();
    const note = (when: string) => w.say('server', `${when}: ${server.listening} ${where(server)}`);
    w.hear('server', server, ...EVENTS);
    note('new');
    server.listen(w.port, THERE, () => note('listener'));
    note('listen called');
    await until(server, 'listening');
    server.close((error) => w.say('server', `closed ${error}`));
    note('close called');
    await until(server, 'close');
    note('closed');
  },

  'server: every form of listen': async (w) => {
    const forms: unknown[][] = [
      [],
      [0],
      [w.port],
      [String(w.port + 1)],
      [w.port + 2, THERE],
      [w.port + 3, THERE, 5],
      [w.port + 4, 5],
      [{ port: w.port + 5, host: THERE, backlog: 1 }],
      [{ port: w.port + 6, host: THERE6 }],
      [{ port: w.port + 7, host: '0.0.0.0' }],
      [{ port: w.port + 8, host: '::', exclusive: true }],
      [{ port: 0, host: '127.0.0.1' }],
      [{ port: 0, host: '::1' }],
      [undefined, '127.0.0.1'],
      [null],
    ];
    for (const form of forms) {
      const server = w.server();
      const listened = until(server, 'listening');
      const answer = attempt(() => server.listen(...(form as [number])) === server);
      await listened;
      w.say('server', `${answer} ${where(server)}`);
      server.close();
      await until(server, 'close');
    }
  },

  'server: arguments that listen refuses': async (w) => {
    const wrong: unknown[] = [-1, 65_536, 1.5, '70000', { port: 'x' }, { port: -1 }, {}, true];
    const more: unknown[] = [{ port: true }, { host: THERE }, { port: undefined }, { port: 1e9 }];
    for (const argument of [...wrong, ...more]) {
      const server = w.server();
      w.hear('server', server, 'error');
      w.say(
        'server',
        `${show(argument)}: ${attempt(() => void server.listen(argument as number))}`,
      );
      await turn();
      server.close();
    }
  },

  'server: it listens twice': async (w) => {
    const server = await w.listen();
    w.say(
      'server',
      attempt(() => server.listen(w.port + 1)),
    );
    server.close();
    await until(server, 'close');
    w.hear('server', server, ...EVENTS);
    server.listen(w.port + 1, THERE);
    await until(server, 'listening');
    w.say('server', where(server));
  },

  'server: a port that is taken': async (w) => {
    await w.listen();
    const [any, any6] = ['0.0.0.0', '::'];
    for (const host of [THERE, any, any6, undefined]) {
      const server = w.server();
      w.hear('server', server, ...EVENTS);
      server.listen({ port: w.port, ...(host === undefined ? {} : { host }) });
      await until(server, 'error');
      w.say('server', `${server.listening} ${where(server)}`);
    }
  },

  'server: its port is not given to a connection as the local one': async (w) => {
    const [server, held] = [await w.listen(), w.server()];
    held.listen({ port: w.port + 1, host: THERE });
    await until(held, 'listening');
    const socket = w.own(
      w.there.connect({ port: w.port, host: THERE, localAddress: THERE, localPort: w.port + 1 }),
    );
    w.hear('client', socket, 'connect', 'error', 'close');
    await until(socket, 'close');
    server.close();
  },

  'server: IPv6 alone leaves the port of IPv4 to another': async (w) => {
    const [four, six, both] = [w.server(), w.server(), w.server()];
    six.listen({ port: w.port, host: '::', ipv6Only: true });
    await until(six, 'listening');
    four.listen({ port: w.port, host: '0.0.0.0' });
    await until(four, 'listening');
    w.hear('both', both, ...EVENTS);
    both.listen({ port: w.port });
    await until(both, 'error');
    for (const [host, server] of [
      [THERE, four],
      [THERE6, six],
    ] as const) {
      const accepted = until(server, 'connection');
      w.own(w.here.connect({ port: w.port, host })).resume();
      const [socket] = (await accepted) as [Socket];
      w.say('servers', `${where(server)}: ${socket.remoteFamily}`);
    }
  },

  'server: one port on two addresses, and after its end again': async (w) => {
    const [first, second] = [w.server(), w.server()];
    first.listen(w.port, '127.0.0.1');
    second.listen(w.port, THERE);
    await Promise.all([until(first, 'listening'), until(second, 'listening')]);
    second.close();
    await until(second, 'close');
    second.listen(w.port, THERE);
    await until(second, 'listening');
    w.say('server', where(second));
  },

  'server: an address that is not its own': async (w) => {
    for (const host of ['10.0.0.77', 'fd00::77']) {
      const server = w.server();
      w.hear('server', server, ...EVENTS);
      server.listen({ port: w.port, host });
      await until(server, 'error');
    }
  },

  'server: ended without having listened, and twice': async (w) => {
    const server = w.server();
    w.hear('server', server, ...EVENTS);
    server.close((error) => w.say('server', `closed ${show(error)}`));
    await until(server, 'close');
    server.listen(w.port, THERE);
    await until(server, 'listening');
    server.close((error) => w.say('server', `first ${show(error)}`));
    server.close((error) => w.say('server', `second ${show(error)}`));
    await until(server, 'close');
    await turn();
  },

  'server: its end waits for connections': async (w) => {
    const { client, server, listener } = await w.pair();
    w.hear('listener', listener, 'close');
    w.say('listener', String(await connectionsOf(listener)));
    listener.close(() => w.say('listener', 'closed'));
    w.say('listener', `${listener.listening} ${where(listener)}`);
    const late = w.connect();
    w.hear('late', late, 'connect', 'error', 'close');
    await until(late, 'close');
    client.end('goodbye');
    server.resume();
    await until(listener, 'close');
    w.say('listener', String(await connectionsOf(listener)));
  },

  'server: asyncDispose': async (w) => {
    const server = await w.listen();
    w.hear('server', server, 'close');
    await server[Symbol.asyncDispose]();
    w.say('server', String(server.listening));
    const again = await server[Symbol.asyncDispose]().then(() => 'again', show);
    w.say('server', again);
  },

  'server: a signal ends it': async (w) => {
    const controller = new AbortController();
    const server = w.server();
    w.hear('server', server, ...EVENTS);
    server.listen({ port: w.port, host: THERE, signal: controller.signal });
    await until(server, 'listening');
    controller.abort();
    await until(server, 'close');
    const early = w.server();
    w.hear('early', early, ...EVENTS);
    w.say(
      'early',
      attempt(() => void early.listen({ port: w.port, signal: AbortSignal.abort() })),
    );
    await until(early, 'close');
  },

  'server: getConnections counts those that are open': async (w) => {
    const listener = await w.listen((socket) => void socket.resume());
    const clients = [w.connect(), w.connect(), w.connect()];
    for (let left = 3; left > 0; left--) await until(listener, 'connection');
    w.say('listener', String(await connectionsOf(listener)));
    w.say('listener', String(listener.getConnections(() => {}) === listener));
    const [first] = clients;
    first!.end();
    await until(first!.resume(), 'close');
    while ((await connectionsOf(listener)) > 2) await turn();
    w.say('listener', String(await connectionsOf(listener)));
  },

  'server: maxConnections drops what is beyond': async (w) => {
    const listener = await w.listen();
    listener.maxConnections = 1;
    listener.on('drop', (data) => {
      const { localAddress, localPort, localFamily, remoteAddress, remoteFamily } = data!;
      const all = [localAddress, localPort, localFamily, remoteAddress, remoteFamily];
      w.say('listener', `drop ${all.join(' ')} ${typeof data!.remotePort}`);
    });
    w.connect();
    const [kept] = (await until(listener, 'connection')) as [Socket];
    const dropped = w.connect({ localAddress: HERE });
    w.hear('dropped', dropped.resume(), 'connect', 'end', 'error', 'close');
    await Promise.all([until(listener, 'drop'), until(dropped, 'close')]);
    w.say('listener', String(await connectionsOf(listener)));
    kept.destroy();
    await until(kept, 'close');
    const next = w.connect();
    w.hear('next', next, 'connect');
    await Promise.all([until(listener, 'connection'), until(next, 'connect')]);
  },

  'server: a hundred at once are accepted, in a turn of their own each': async (w) => {
    let inside = false;
    let accepted = 0;
    const listener = await w.listen((socket) => {
      if (inside) w.say('listener', 'two at once');
      inside = true;
      process.nextTick(() => (inside = false));
      if (++accepted === 100) w.say('listener', 'all');
      socket.end();
    });
    const clients = Array.from({ length: 100 }, () => w.connect().resume());
    await Promise.all(clients.map((client) => until(client, 'close')));
    while ((await connectionsOf(listener)) > 0) await turn();
    w.say('listener', String(accepted));
  },

  'server: connections know their server, and ref and unref answer it': async (w) => {
    const { server, listener } = await w.pair();
    const { server: known } = server as Socket & { server: Server };
    w.say('listener', String(known === listener));
    w.say('listener', `${listener.ref() === listener} ${listener.unref() === listener}`);
  },

  'server: by new and by call, options and listener': async (w) => {
    const listener = () => {};
    const made = [
      new w.there.Server(),
      new w.there.Server(listener),
      new w.there.Server({ allowHalfOpen: true, pauseOnConnect: true }, listener),
      w.there.createServer(listener),
    ];
    for (const server of made) {
      const { allowHalfOpen, pauseOnConnect } = server as Server & Record<string, unknown>;
      const isThere = server.listeners('connection').includes(listener);
      w.say('server', `${allowHalfOpen} ${pauseOnConnect} ${isThere}`);
    }
    w.say(
      'server',
      attempt(() => new w.there.Server('wrong' as never)),
    );
  },
};
