/** `net.Socket`: its life, what it says of itself at each step of it, and its ways to end. */
import type { Socket } from 'node:net';
import { attempt, HERE, HERE6, type Programs, THERE, THERE6, turn, until } from '../world.ts';

/** Every event that the manual of `net` and `stream` lists, but 'drain' and 'readable'. */
const EVENTS = ['lookup', 'connectionAttempt', 'connect', 'ready', 'data', 'end', 'finish'];
const ALL = [...EVENTS, 'timeout', 'error', 'close'];

/** What a socket says of itself. */
function state(socket: Socket): string {
  const { connecting, pending, destroyed, readyState, readable, writable } = socket;
  const flags = Object.entries({ connecting, pending, destroyed, readable, writable });
  const set = flags.filter(([, isSet]) => isSet).map(([name]) => name);
  return [readyState, ...set].join(' ');
}

function endpoints(socket: Socket): string {
  const { localAddress, localFamily, remoteAddress, remoteFamily, remotePort } = socket;
  const { address, family } = socket.address() as { address?: string; family?: string };
  const hasPort = typeof socket.localPort;
  const all = [localAddress, localFamily, hasPort, remoteAddress, remoteFamily, remotePort];
  return [...all, address, family].map(String).join(' ');
}

export const sockets: Programs = {
  'socket: the events of a client, in their order': async (w) => {
    await w.listen((socket) => socket.end('bye'));
    const client = w.connect();
    w.hear('client', client, ...ALL);
    await until(client, 'close');
  },

  'socket: the events of an accepted connection, in their order': async (w) => {
    const listener = await w.listen((socket) => w.hear('server', socket, ...ALL));
    const accepted = until(listener, 'connection');
    w.connect().end('hello');
    const [server] = (await accepted) as [Socket];
    await until(server, 'close');
  },

  'socket: the listener of connect comes before those of the event added later': async (w) => {
    await w.listen();
    const client = w.here.connect(w.port, THERE, () => w.say('client', 'listener'));
    w.own(client).on('connect', () => w.say('client', 'event'));
    await until(client, 'ready');
  },

  'socket: what it says of itself before, during and after': async (w) => {
    await w.listen((socket) => socket.end('bye'));
    const client = w.own(new w.here.Socket());
    const note = (when: string) => w.say('client', `${when}: ${state(client)}`);
    note('new');
    client.connect(w.port, THERE);
    note('connect called');
    client.on('connect', () => note('connect'));
    client.on('ready', () => note('ready'));
    client.on('data', () => note('data'));
    client.on('end', () => note('end'));
    client.on('finish', () => note('finish'));
    await until(client, 'close');
    note('close');
  },

  'socket: its addresses before, during and after': async (w) => {
    const listener = await w.listen();
    const client = w.own(new w.here.Socket());
    const note = (when: string) => w.say('client', `${when}: ${endpoints(client)}`);
    note('new');
    client.connect({ port: w.port, host: THERE, localAddress: HERE });
    note('connect called');
    const [server] = (await until(listener, 'connection')) as [Socket];
    if (client.connecting) await until(client, 'connect');
    note('connect');
    const { localAddress, localFamily, localPort, remoteAddress, remoteFamily } = server;
    const ofServer = [localAddress, localFamily, localPort, remoteAddress, remoteFamily];
    w.say('server', ofServer.join(' '));
    w.say('server', String(server.remotePort === client.localPort));
    client.end();
    server.resume().end();
    await until(client.resume(), 'close');
    note('close');
  },

  'socket: IPv6, and IPv4 at a server of both families': async (w) => {
    const listener = w.server((socket) => {
      w.say('server', `${socket.remoteFamily} ${socket.remoteAddress} ${socket.localAddress}`);
      socket.end();
    });
    listener.listen(w.port);
    await until(listener, 'listening');
    for (const [host, localAddress] of [
      [THERE6, HERE6],
      [THERE, HERE],
    ]) {
      const client = w.connect({ host: host!, localAddress: localAddress! });
      await until(client, 'connect');
      w.say('client', endpoints(client));
      await until(client.resume(), 'close');
    }
  },

  'socket: octets it counts, before it is connected too': async (w) => {
    await w.listen((socket) => socket.pipe(socket));
    const client = w.connect();
    const note = () => w.say('client', `${client.bytesRead} ${client.bytesWritten}`);
    note();
    client.write('grün', 'utf8');
    client.write('ff00', 'hex');
    note();
    await until(client, 'connect');
    note();
    client.cork();
    client.write('x');
    client.write(Buffer.from('yz'));
    note();
    client.uncork();
    client.end('ü', 'latin1');
    note();
    await until(client.resume(), 'close');
    note();
  },

  'socket: it connects again after its end': async (w) => {
    await w.listen((socket) => socket.end('bye'));
    const client = w.own(new w.here.Socket());
    w.hear('client', client, ...ALL);
    for (let i = 0; i < 2; i++) {
      client.connect(w.port, THERE);
      await until(client, 'close');
      w.say('client', `${state(client)} ${client.bytesRead}`);
    }
  },

  'socket: destroyed while it connects': async (w) => {
    await w.listen();
    const client = w.connect();
    w.hear('client', client, ...ALL);
    client.destroy();
    w.say('client', state(client));
    await until(client, 'close');
    w.say('client', state(client));
  },

  'socket: ended while it connects': async (w) => {
    await w.listen((socket) => {
      w.hear('server', socket, 'data', 'end', 'close');
      socket.resume();
    });
    const client = w.connect();
    w.hear('client', client.resume(), ...ALL);
    client.end('early', () => w.say('client', 'callback of end'));
    w.say('client', state(client));
    await until(client, 'close');
  },

  'socket: destroyed with an error': async (w) => {
    const { client, server } = await w.pair();
    w.hear('client', client, 'error', 'close');
    w.hear('server', server.resume(), 'error', 'end', 'close');
    client.destroy(new Error('my own'));
    w.say(
      'client',
      attempt(() => client.errored?.message),
    );
    await Promise.all([until(client, 'close'), until(server, 'close')]);
  },

  'socket: destroySoon waits for what is written': async (w) => {
    const { client, server } = await w.pair();
    let octets = 0;
    server.on('data', (part) => (octets += part.length));
    w.hear('server', server, 'end', 'error', 'close');
    w.hear('client', client, 'finish', 'error', 'close');
    client.write(Buffer.alloc(3_000_000));
    client.destroySoon();
    await Promise.all([until(client, 'close'), until(server, 'close')]);
    w.say('server', String(octets));
  },

  'socket: destroy resets where octets are unread': async (w) => {
    const { client, server } = await w.pair();
    w.hear('server', server, 'error', 'close');
    client.pause();
    server.write('never read');
    await turn(4);
    client.destroy();
    await until(server, 'close');
  },

  'socket: resetAndDestroy, and what the peer hears': async (w) => {
    const { client, server } = await w.pair();
    w.hear('client', client, 'error', 'close');
    w.hear('server', server.resume(), 'end', 'error', 'close');
    w.say('client', String(client.resetAndDestroy() === client));
    await Promise.all([until(client, 'close'), until(server, 'close')]);
  },

  'socket: resetAndDestroy while it connects, after end, twice and without connection': async (
    w,
  ) => {
    await w.listen((socket) => socket.resume().on('error', () => {}));
    const connecting = w.connect();
    w.hear('connecting', connecting, 'connect', 'error', 'close');
    connecting.resetAndDestroy();
    await until(connecting, 'close');
    const stranger = w.own(new w.here.Socket());
    w.hear('stranger', stranger, 'error', 'close');
    stranger.resetAndDestroy();
    await until(stranger, 'close');
    const twice = w.connect();
    w.hear('twice', twice, 'error', 'close');
    await until(twice, 'connect');
    twice.resetAndDestroy();
    twice.resetAndDestroy();
    await until(twice, 'close');
  },

  'socket: the peer ends, and without allowHalfOpen so does it': async (w) => {
    const { client, server } = await w.pair();
    w.hear('client', client.resume(), 'end', 'finish', 'close');
    w.hear('server', server.resume(), 'end', 'finish', 'close');
    server.end();
    await Promise.all([until(client, 'close'), until(server, 'close')]);
    w.say('client', state(client));
  },

  'socket: allowHalfOpen on both sides': async (w) => {
    const { client, server } = await w.pair({ allowHalfOpen: true }, { allowHalfOpen: true });
    w.hear('client', client, 'data', 'end', 'finish', 'close');
    w.hear('server', server, 'data', 'end', 'finish', 'close');
    client.end('question');
    await until(server, 'end');
    w.say('server', `${state(server)} ${server.allowHalfOpen}`);
    server.end('answer');
    await Promise.all([until(client, 'close'), until(server, 'close')]);
  },

  'socket: nobody reads the end: it stays half open': async (w) => {
    const { client, server } = await w.pair();
    w.hear('client', client, 'end', 'close');
    server.end('unread');
    await until(server, 'finish');
    await turn(5);
    w.say('client', state(client));
    client.resume();
    await until(client, 'close');
  },

  'socket: setTimeout tells of silence, and does not end it': async (w) => {
    const { client, server } = await w.pair();
    w.hear('client', client, 'timeout', 'data', 'close');
    w.say('client', String(client.setTimeout(15, () => w.say('client', 'listener')) === client));
    w.say('client', String(client.timeout));
    await until(client, 'timeout');
    w.say('client', state(client));
    client.setTimeout(0);
    w.say('client', String(client.timeout));
    server.end('late');
    await until(client, 'close');
  },

  'socket: an option timeout, and one while it connects': async (w) => {
    await w.listen();
    const client = w.connect({ timeout: 10 });
    w.hear('client', client, 'timeout', 'close');
    w.say('client', String(client.timeout));
    await until(client, 'timeout');
    client.destroy();
    await until(client, 'close');
  },

  'socket: setters answer it, before and after it is open': async (w) => {
    const loose = w.own(new w.here.Socket());
    const { client } = await w.pair();
    for (const [name, socket] of Object.entries({ loose, client })) {
      const calls = [
        socket.setNoDelay(),
        socket.setNoDelay(false),
        socket.setKeepAlive(true, 1000),
        socket.setKeepAlive(),
        socket.setTimeout(0),
        socket.setEncoding('utf8'),
        socket.pause(),
        socket.resume(),
        socket.unref(),
        socket.ref(),
      ];
      w.say(name, calls.map((answer) => answer === socket).join(' '));
    }
    client.destroy();
    await until(client, 'close');
    w.say('client', String(client.setNoDelay() === client.setKeepAlive(true)));
    w.say('client', String(client.ref() === client.unref()));
  },

  'socket: a signal ends it': async (w) => {
    await w.listen();
    const controller = new AbortController();
    const client = w.connect({ signal: controller.signal });
    w.hear('client', client, 'connect', 'error', 'close');
    await until(client, 'connect');
    controller.abort();
    await until(client, 'close');
    const early = w.connect({ signal: AbortSignal.abort() });
    w.hear('early', early, 'connect', 'error', 'close');
    await until(early, 'close');
  },

  'socket: await using and instanceof': async (w) => {
    const { client, server, listener } = await w.pair();
    w.say('program', String(client instanceof w.here.Socket));
    w.say('program', String(server instanceof w.there.Socket));
    w.say('program', String(listener instanceof w.there.Server));
    w.say('program', String((w.here as unknown as { Stream: unknown }).Stream === w.here.Socket));
    w.say('program', String(w.here.connect === w.here.createConnection));
    w.say('program', `${client.constructor.name.replace('Bound', '')}`);
  },
};
