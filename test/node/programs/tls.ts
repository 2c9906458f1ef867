/** `tls` and `https` over it, and TLS that is broken off. */
import { Agent, createServer as createHttpsServer, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { connect, type ConnectionOptions, createServer, type Server, TLSSocket } from 'node:tls';
import {
  connectionsOf,
  HERE,
  type Programs,
  show,
  THERE,
  turn,
  until,
  type World,
} from '../world.ts';

const EVENTS = ['secureConnect', 'data', 'end', 'finish', 'error', 'close'];

type OnSecure = (socket: TLSSocket) => void;

async function listen(w: World, onSecure: OnSecure, options: object = {}): Promise<Server> {
  const server = createServer({ ...w.identity, ...options }, onSecure);
  server.on('secureConnection', (socket) => w.own(socket));
  return w.serve(server);
}

/** TLS over a connection of this place. */
function secure(w: World, options: ConnectionOptions = {}): TLSSocket {
  const { cert: ca } = w.identity;
  const socket = options.socket ?? w.connect();
  return w.own(connect({ ca, servername: 'netcell', ...options, socket }));
}

async function none(server: Server): Promise<string> {
  while ((await connectionsOf(server)) > 0) await turn();
  return String(await connectionsOf(server));
}

export const tls: Programs = {
  'tls: its events on both sides': async (w) => {
    let server: Promise<unknown> | undefined;
    await listen(w, (socket) => {
      w.hear('server', socket.resume(), ...EVENTS);
      server = until(socket, 'close');
      socket.end('secret');
    });
    const client = secure(w);
    w.hear('client', client, ...EVENTS);
    await until(client, 'close');
    await server;
    w.say('client', `${client.authorized} ${client.encrypted}`);
  },

  'tls: what each side knows': async (w) => {
    await listen(
      w,
      (socket) => {
        const { remoteAddress, remoteFamily, localPort, servername, alpnProtocol } = socket;
        const known = [remoteAddress, remoteFamily, localPort, servername, alpnProtocol];
        w.say('server', known.join(' '));
        socket.end();
      },
      { ALPNProtocols: ['two', 'one'] },
    );
    const client = secure(w, {
      socket: w.connect({ localAddress: HERE }),
      ALPNProtocols: ['one', 'two'],
    });
    await until(client, 'secureConnect');
    const { remoteAddress, remotePort, localAddress, alpnProtocol } = client;
    w.say('client', [remoteAddress, remotePort, localAddress, alpnProtocol].join(' '));
    w.say('client', `${client.getProtocol()} ${client.getPeerCertificate().subject.CN}`);
    await until(client.resume(), 'close');
  },

  'tls: over a connection that is open already': async (w) => {
    await listen(w, (socket) => void socket.pipe(socket));
    const socket = w.connect();
    await until(socket, 'connect');
    const client = secure(w, { socket });
    w.hear('client', client, ...EVENTS);
    client.end('echo');
    await until(client, 'close');
    w.say('socket', String(socket.destroyed));
  },

  'tls: a megabyte each way at once': async (w) => {
    const server = await listen(w, (socket) => void socket.end(Buffer.alloc(1 << 20)));
    const accepted = until(server, 'secureConnection');
    const client = secure(w);
    client.end(Buffer.alloc(1 << 20));
    const [connection] = (await accepted) as [TLSSocket];
    const ends = Object.entries({ client, server: connection });
    await Promise.all(
      ends.map(async ([name, socket]) => {
        let octets = 0;
        socket.on('data', (part) => (octets += part.length));
        await until(socket, 'end');
        w.say(name, String(octets));
      }),
    );
  },

  'tls: a session is used again': async (w) => {
    await listen(w, (socket) => void socket.end('x'));
    let session: Buffer | undefined;
    for (let i = 0; i < 2; i++) {
      const client = secure(w, session === undefined ? {} : { session });
      client.on('session', (given) => (session = given));
      await until(client, 'secureConnect');
      w.say('client', String(client.isSessionReused()));
      await until(client.resume(), 'close');
    }
  },

  'tls: a certificate that nobody trusts': async (w) => {
    const server = await listen(w, () => {});
    server.on('tlsClientError', (error) => w.say('server', `${(error as { code?: string }).code}`));
    const client = secure(w, { ca: [] });
    w.hear('client', client, ...EVENTS);
    await until(client, 'close');
    const wrong = secure(w, { servername: 'other' });
    w.hear('wrong', wrong, ...EVENTS);
    await until(wrong, 'close');
  },

  'tls: a client that sends FIN before its handshake leaves nothing': async (w) => {
    const server = await listen(w, () => {});
    server.on('tlsClientError', (error) => w.say('server', show(error)));
    const client = w.connect();
    w.hear('client', client.resume(), 'connect', 'end', 'error', 'close');
    client.end();
    await until(client, 'close');
    w.say('server', await none(server));
  },

  'tls: a client that sends nonsense, or the head of a hello, and goes': async (w) => {
    const server = await listen(w, () => {});
    server.on('tlsClientError', (error) => w.say('server', `${(error as { code?: string }).code}`));
    for (const text of ['GET / HTTP/1.0\r\n\r\n', '\x16\x03\x01']) {
      const client = w.connect();
      client.on('error', () => {}).resume();
      client.end(Buffer.from(text, 'latin1'));
      await until(client, 'close');
      w.say('server', await none(server));
    }
  },

  'tls: a handshake that takes too long': async (w) => {
    const server = await listen(w, () => {}, { handshakeTimeout: 15 });
    server.on('tlsClientError', (error) => w.say('server', show(error)));
    const client = w.connect();
    await until(server, 'tlsClientError');
    w.say('client', String(client.destroyed));
    client.destroy();
    w.say('server', await none(server));
  },

  'tls: reset before, and after, it is secure': async (w) => {
    const server = await listen(w, (socket) => {
      w.hear('connection', socket.resume(), 'end', 'error', 'close');
    });
    server.on('tlsClientError', (error) => w.say('server', show(error)));
    const early = w.connect();
    await until(early, 'connect');
    await turn();
    early.resetAndDestroy();
    await until(early, 'close');
    w.say('server', await none(server));
    const socket = w.connect();
    const client = secure(w, { socket });
    w.hear('client', client, 'end', 'error', 'close');
    const [connection] = (await Promise.all([
      until(server, 'secureConnection'),
      until(client, 'secureConnect'),
    ]).then(([first]) => first)) as [TLSSocket];
    await turn(3);
    socket.resetAndDestroy();
    await until(connection, 'close');
    w.say('server', await none(server));
  },

  'tls: the server resets': async (w) => {
    const server = await listen(w, () => {});
    server.on('connection', (socket) => {
      server.once('secureConnection', () => (socket as Socket).resetAndDestroy());
    });
    server.on('secureConnection', (socket) => socket.on('error', () => {}));
    const client = secure(w);
    w.hear('client', client.resume(), 'end', 'error', 'close');
    await until(client, 'close');
  },

  'tls: nobody listens': async (w) => {
    const client = secure(w);
    w.hear('client', client, 'secureConnect', 'error', 'close');
    await until(client, 'close');
  },

  'tls: destroyed during its handshake': async (w) => {
    const server = await listen(w, (socket) => {
      w.hear('connection', socket, 'end', 'error', 'close');
      socket.resume();
    });
    server.on('tlsClientError', (error) => w.say('server', show(error)));
    const socket = w.connect();
    const client = secure(w, { socket });
    w.hear('client', client, 'secureConnect', 'error', 'close');
    await until(socket, 'connect');
    const failed = until(server, 'tlsClientError');
    client.destroy();
    await Promise.all([failed, until(client, 'close')]);
    w.say('server', await none(server));
  },

  'tls: on a connection that a plain server accepted': async (w) => {
    let server: Promise<unknown> | undefined;
    await w.listen((socket) => {
      const over = w.own(new TLSSocket(socket, { isServer: true, ...w.identity }));
      w.hear('server', over.resume(), 'secure', 'end', 'close');
      server = until(over, 'close');
      over.end('upgraded');
    });
    const client = secure(w);
    w.hear('client', client, ...EVENTS);
    await until(client, 'close');
    await server;
  },

  'https: a request and its answer': async (w) => {
    const server = createHttpsServer(w.identity, (message, answer) => {
      const { remoteAddress, localPort } = message.socket;
      w.say('server', `${message.url} ${remoteAddress?.length} ${localPort}`);
      answer.end('secret');
    });
    await w.serve(server);
    const { cert: ca } = w.identity;
    const createConnection = () => secure(w);
    const options = { host: THERE, port: w.port, path: '/a', ca, createConnection };
    for (let i = 0; i < 2; i++) {
      const sent = request(options as RequestOptions);
      sent.end();
      const [message] = (await until(sent, 'response')) as [IncomingMessage];
      w.hear('client', message, 'data', 'end');
      await until(message, 'end');
    }
    server.close(() => w.say('server', 'closed'));
    await until(server, 'close');
  },

  'https: a server that is closed as its answer ends breaks nothing off': async (w) => {
    const server = createHttpsServer(w.identity, (_, answer) => {
      answer.writeHead(200, { connection: 'close' });
      answer.end();
    });
    await w.serve(server);
    const { cert: ca } = w.identity;
    const createConnection = () => secure(w);
    const sent = request({ host: THERE, port: w.port, ca, createConnection } as RequestOptions);
    w.hear('client', sent, 'error', 'close');
    sent.once('response', (message: IncomingMessage) => {
      message.resume().once('end', () => server.close());
    });
    sent.end();
    await Promise.all([until(sent, 'close'), until(server, 'close')]);
    await turn(5);
  },

  'https: an agent keeps connections alive, and the server ends them': async (w) => {
    const server = createHttpsServer(w.identity, (_, answer) => void answer.end('x'));
    await w.serve(server);
    const agent = w.own(new Agent({ keepAlive: true }));
    Object.assign(agent, { createConnection: () => secure(w) });
    const { cert: ca } = w.identity;
    for (let i = 0; i < 2; i++) {
      const sent = request({ host: THERE, port: w.port, agent, ca });
      sent.end();
      const [message] = (await until(sent, 'response')) as [IncomingMessage];
      await until(message.resume(), 'close');
      await turn();
      w.say('client', String(sent.reusedSocket));
    }
    server.close(() => w.say('server', 'closed'));
    await until(server, 'close');
  },
};
