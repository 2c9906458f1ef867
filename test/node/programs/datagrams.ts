/** `dgram.Socket`: from binding to closing, as its manual has it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { BindOptions, RemoteInfo, Socket } from 'node:dgram';
import { attempt, HERE, HERE6, type Programs, show, THERE, THERE6, until } from '../world.ts';
import type { World } from '../world.ts';

const EVENTS = ['listening', 'connect', 'message', 'error', 'close'];

/** What `rinfo` says; the port of who sent is the program's, or any. */
function from({ address, family, port, size }: RemoteInfo, w: World): string {
  const isOwn = port >= w.port && port < w.port + 10;
  return `${address} ${family} ${isOwn ? port - w.port : typeof port} ${size}`;
}

/** A socket of who asks, or of who answers, which is bound. */
async function bound(w: World, options: BindOptions, type = 'udp4', isHere = false) {
  const socket = w.datagrams(type, isHere);
  socket.bind(options);
  await until(socket, 'listening');
  return socket;
}

/** An echo of datagrams at the program's port, and a client that is bound one above. */
async function echo(w: World): Promise<Socket> {
  const server = await bound(w, { port: w.port, address: THERE });
  server.on('message', (data, rinfo) => {
    w.say('server', `${show(data)} from ${from(rinfo, w)}`);
    server.send(data, rinfo.port, rinfo.address);
  });
  return bound(w, { port: w.port + 1, address: HERE }, 'udp4', true);
}

/** Sends, and logs what the callback is told. */
function told(w: World, socket: Socket, ...parameters: unknown[]): Promise<void> {
  return new Promise((resolve) => {
    const done = (error: Error | null, size: number) => {
      w.say('callback', `${show(error)} ${size}`);
      resolve();
    };
    (socket.send as (...all: unknown[]) => void).call(socket, ...parameters, done);
  });
}

export const datagrams: Programs = {
  'dgram: a socket is bound, hears, and is closed': async (w) => {
    const server = w.datagrams('udp4');
    w.hear('server', server, 'listening', 'error', 'close');
    w.say('server', attempt(() => server.address()));
    server.bind(w.port, THERE, () => w.say('server', `bound at ${show(server.address())}`));
    server.on('message', (data, rinfo) => w.say('server', `${show(data)} ${from(rinfo, w)}`));
    await until(server, 'listening');
    const client = await bound(w, { port: w.port + 1, address: HERE }, 'udp4', true);
    client.send('hello', w.port, THERE);
    await until(server, 'message');
    server.close(() => w.say('server', 'close called back'));
    await until(server, 'close');
    w.say('server', attempt(() => server.address()));
    w.say('server', attempt(() => server.close()));
    w.say('server', attempt(() => server.send('x', 1, THERE)));
  },

  'dgram: what is sent comes back, from whom it was sent to': async (w) => {
    const client = await echo(w);
    client.on('message', (data, rinfo) => w.say('client', `${show(data)} ${from(rinfo, w)}`));
    client.send('hello', w.port, THERE);
    await until(client, 'message');
  },

  'dgram: send takes strings, views, lists and parts, and says how much it was': async (w) => {
    const client = await echo(w);
    let left = 6;
    const all = new Promise((resolve) => client.on('message', () => --left || resolve(0)));
    await told(w, client, 'text', w.port, THERE);
    await told(w, client, Buffer.from('buffer'), w.port, THERE);
    await told(w, client, [Buffer.from('li'), 'st'], w.port, THERE);
    await told(w, client, Buffer.from('a part of it'), 2, 4, w.port, THERE);
    await told(w, client, new Uint16Array([0x6261, 0x6463]), w.port, THERE);
    await told(w, client, '', w.port, THERE);
    await all;
  },

  'dgram: nonsense is refused as it is said': async (w) => {
    const client = await echo(w);
    w.say('send', attempt(() => client.send('x', 0, THERE)));
    w.say('send', attempt(() => client.send('x', 70_000, THERE)));
    w.say('send', attempt(() => client.send(5 as never, w.port, THERE)));
    w.say('send', attempt(() => client.send(Buffer.from('abc'), 2, 9, w.port, THERE)));
    w.say('bind', attempt(() => client.bind(w.port + 2)));
    w.say('type', attempt(() => w.datagrams('udp5')));
    w.say('type', attempt(() => w.datagrams(undefined as never)));
  },

  'dgram: connected it sends without an address, and knows its peer': async (w) => {
    const client = await echo(w);
    w.say('before', attempt(() => client.remoteAddress()));
    w.say('before', attempt(() => client.send('x')));
    w.say('before', attempt(() => client.disconnect()));
    w.hear('client', client, 'connect', 'error');
    client.connect(w.port, THERE);
    await until(client, 'connect');
    w.say('connected', attempt(() => client.remoteAddress()));
    w.say('connected', attempt(() => client.connect(w.port, THERE)));
    w.say('connected', attempt(() => client.send('x', w.port, THERE)));
    client.send('hello');
    const [data] = await until(client, 'message');
    w.say('connected', show(data));
    client.disconnect();
    w.say('after', attempt(() => client.remoteAddress()));
    await told(w, client, 'again', w.port, THERE);
    await until(client, 'message');
  },

  'dgram: connected it hears nobody else': async (w) => {
    const server = await bound(w, { port: w.port, address: THERE });
    const [peer, other] = [
      await bound(w, { port: w.port + 1, address: HERE }, 'udp4', true),
      await bound(w, { port: w.port + 2, address: HERE }, 'udp4', true),
    ];
    server.connect(w.port + 1, HERE);
    await until(server, 'connect');
    server.on('message', (data) => w.say('server', show(data)));
    await told(w, other, 'stranger', w.port, THERE);
    await told(w, peer, 'peer', w.port, THERE);
    await until(server, 'message');
  },

  'dgram: a port that nobody has is an error of who is connected to it': async (w) => {
    const client = await bound(w, { port: w.port, address: HERE }, 'udp4', true);
    w.hear('client', client, 'error');
    client.connect(w.port + 1, THERE);
    await until(client, 'connect');
    await told(w, client, 'anybody');
    await until(client, 'error');
  },

  'dgram: and none of who is not': async (w) => {
    const client = await echo(w);
    w.hear('client', client, 'error');
    await told(w, client, 'anybody', w.port + 5, THERE);
    client.send('somebody', w.port, THERE);
    await until(client, 'message');
  },

  'dgram: addresses that are taken, or are not here': async (w) => {
    await bound(w, { port: w.port, address: THERE });
    for (const [port, address] of [
      [w.port, THERE],
      [w.port, '0.0.0.0'],
      [w.port, '10.9.9.9'],
    ] as const) {
      const late = w.datagrams('udp4');
      w.hear('late', late, 'listening', 'error');
      late.bind(port, address);
      await until(late, 'error');
    }
  },

  'dgram: with reuseAddr an address is shared, and the last has what comes': async (w) => {
    const all = [0, 1].map((n) => {
      const socket = w.datagrams({ type: 'udp4', reuseAddr: true });
      w.hear(`${n}`, socket, 'listening', 'error');
      socket.on('message', (data) => w.say(`${n}`, show(data)));
      return socket;
    });
    for (const socket of all) {
      socket.bind(w.port, THERE);
      await until(socket, 'listening');
    }
    const client = await bound(w, { port: w.port + 1, address: HERE }, 'udp4', true);
    client.send('hello', w.port, THERE);
    await until(all[1]!, 'message');
  },

  'dgram: what is longer than a datagram is refused': async (w) => {
    const client = await echo(w);
    await told(w, client, Buffer.alloc(65_508), w.port, THERE);
    await told(w, client, Buffer.alloc(65_507, 'x'), w.port, THERE);
    await until(client, 'message');
  },

  'dgram: many come in their order': async (w) => {
    const client = await echo(w);
    const heard: string[] = [];
    const all = new Promise((resolve) => {
      client.on('message', (data) => heard.push(String(data)) === 100 && resolve(0));
    });
    for (let n = 0; n < 100; n++) client.send(`${n}`, w.port, THERE);
    await all;
    w.say('client', heard.join(' '));
  },

  'dgram: options before and after it is bound': async (w) => {
    const socket = w.datagrams('udp4');
    const calls: readonly [string, (s: Socket) => unknown][] = [
      ['ttl', (s) => s.setTTL(9)],
      ['ttl 0', (s) => s.setTTL(0)],
      ['ttl 256', (s) => s.setTTL(256)],
      ['ttl text', (s) => s.setTTL('9' as never)],
      ['group ttl', (s) => s.setMulticastTTL(0)],
      ['group ttl 256', (s) => s.setMulticastTTL(256)],
      ['loop', (s) => s.setMulticastLoopback(false)],
      ['broadcast', (s) => s.setBroadcast(true)],
      ['interface', (s) => s.setMulticastInterface(THERE)],
      ['interface of others', (s) => s.setMulticastInterface('10.9.9.9')],
      ['interface that is none', (s) => s.setMulticastInterface('text')],
      ['receive', (s) => s.setRecvBufferSize(8192)],
      ['receive', (s) => s.getRecvBufferSize()],
      ['send', (s) => s.setSendBufferSize(8192)],
      ['send', (s) => s.getSendBufferSize()],
      ['send', (s) => s.setSendBufferSize(-1)],
      ['queue', (s) => `${s.getSendQueueSize()} ${s.getSendQueueCount()}`],
      ['ref', (s) => s.unref().ref() === s],
    ];
    for (const [name, call] of calls) w.say('before', `${name}: ${attempt(() => call(socket))}`);
    socket.bind(w.port, THERE);
    await until(socket, 'listening');
    for (const [name, call] of calls) w.say('after', `${name}: ${attempt(() => call(socket))}`);
  },

  'dgram: groups are joined once, and left': async (w) => {
    const socket = await bound(w, { port: w.port, address: '0.0.0.0' });
    const note = (call: () => unknown) => w.say('socket', attempt(call));
    note(() => socket.addMembership('239.1.2.3', THERE));
    note(() => socket.addMembership('239.1.2.3', THERE));
    note(() => socket.dropMembership('239.1.2.3', THERE));
    note(() => socket.dropMembership('239.1.2.3', THERE));
    note(() => socket.addMembership('10.0.0.9', THERE));
    note(() => socket.addMembership('text'));
    note(() => socket.addMembership(undefined as never));
    note(() => socket.addSourceSpecificMembership(HERE, '232.1.1.1', THERE));
    note(() => socket.addSourceSpecificMembership(HERE, '232.1.1.1', THERE));
    note(() => socket.dropSourceSpecificMembership(HERE, '232.1.1.1', THERE));
    note(() => socket.dropSourceSpecificMembership(HERE, '232.1.1.1', THERE));
  },

  'dgram: IPv6, and a socket of both families': async (w) => {
    const server = await bound(w, { port: w.port, address: '::' }, 'udp6');
    w.say('server', show(server.address()));
    server.on('message', (data, rinfo) => {
      w.say('server', `${show(data)} ${from(rinfo, w)}`);
      server.send(data, rinfo.port, rinfo.address);
    });
    for (const [type, here, there] of [
      ['udp6', HERE6, THERE6],
      ['udp4', HERE, THERE],
    ] as const) {
      const client = await bound(w, { port: w.port + 1, address: here }, type, true);
      // Which of its addresses a host answers from is the route's to say, and the kernel has one.
      client.on('message', (data, { family }) => w.say(type, `${show(data)} ${family}`));
      client.send(type, w.port, there);
      await until(client, 'message');
      client.close();
      await until(client, 'close');
    }
  },

  'dgram: ipv6Only leaves the port to IPv4': async (w) => {
    const only = w.datagrams({ type: 'udp6', ipv6Only: true });
    only.bind(w.port);
    await until(only, 'listening');
    const other = await bound(w, { port: w.port, address: '0.0.0.0' });
    w.say('other', show(other.address()));
  },

  'dgram: an address of the other family is none': async (w) => {
    const client = await bound(w, { port: w.port, address: HERE }, 'udp4', true);
    await told(w, client, 'x', w.port, THERE6);
  },

  'dgram: a signal closes it': async (w) => {
    const stop = new AbortController();
    const socket = w.datagrams({ type: 'udp4', signal: stop.signal });
    w.hear('socket', socket, ...EVENTS);
    socket.bind(w.port, THERE);
    await until(socket, 'listening');
    stop.abort();
    await until(socket, 'close');
    const late = w.datagrams({ type: 'udp4', signal: stop.signal });
    w.hear('late', late, ...EVENTS);
    await until(late, 'close');
  },

  'dgram: send binds what is not bound, and what is closed tells of what was sent': async (w) => {
    const client = w.datagrams('udp4', true);
    w.hear('client', client, 'listening', 'close');
    await told(w, client, 'x', w.port, THERE);
    w.say('client', `${typeof client.address().port} ${client.address().address}`);
    client.close();
    await until(client, 'close');
  },

  'dgram: contexts are those of who listens, and of who sends': async (w) => {
    const store = new AsyncLocalStorage<string>();
    const server = await store.run('server', () => bound(w, { port: w.port, address: THERE }));
    server.on('message', () => w.say('server', String(store.getStore())));
    const client = await bound(w, { port: w.port + 1, address: HERE }, 'udp4', true);
    await store.run('call', () => {
      return new Promise<void>((resolve) => {
        client.send('x', w.port, THERE, () => {
          w.say('client', String(store.getStore()));
          resolve();
        });
      });
    });
    await until(server, 'message');
  },
};
