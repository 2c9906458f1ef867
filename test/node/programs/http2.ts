/** `http2` over it, in the clear and secure. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createSecureServer,
  createServer,
  type Http2Server,
} from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { type Programs, show, until, type World } from '../world.ts';

type Serve = (w: World) => Promise<Http2Server>;

const clear: Serve = (w) => w.serve(createServer());
const secured: Serve = (w) => w.serve(createSecureServer(w.identity));

function session(w: World, isSecure: boolean): ClientHttp2Session {
  const { cert: ca } = w.identity;
  const over = () => {
    const socket = w.connect();
    if (!isSecure) return socket;
    return connectTls({ socket, ca, servername: 'netcell', ALPNProtocols: ['h2'] });
  };
  const scheme = isSecure ? 'https' : 'http';
  return w.own(connect(`${scheme}://netcell:${w.port}`, { createConnection: over }));
}

async function ask(client: ClientHttp2Session, path: string, body?: Buffer): Promise<string> {
  const stream = client.request({ ':path': path, ':method': body === undefined ? 'GET' : 'POST' });
  if (body === undefined) stream.end();
  else stream.end(body);
  const parts: Buffer[] = [];
  stream.on('data', (part) => parts.push(part));
  const ended = until(stream, 'end');
  const [headers] = (await until(stream, 'response')) as [Record<string, unknown>];
  await ended;
  return `${headers[':status']} ${show(Buffer.concat(parts))}`;
}

/** One program for each way of TLS. */
function both(name: string, program: (w: World, serve: Serve, isSecure: boolean) => unknown) {
  return {
    [`http2, clear: ${name}`]: (w: World) => program(w, clear, false),
    [`http2, secure: ${name}`]: (w: World) => program(w, secured, true),
  };
}

export const http2: Programs = {
  ...both('streams, one by one and at once', async (w, serve, isSecure) => {
    const server = await serve(w);
    server.on('stream', (stream, headers) => {
      stream.respond({ ':status': 200 });
      stream.end(`answer ${headers[':path']}`);
    });
    const client = session(w, isSecure);
    w.say('client', await ask(client, '/first'));
    const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
    for (const line of await Promise.all(paths.map((path) => ask(client, path)))) {
      w.say('client', line);
    }
  }),

  ...both('an answer is told before its data', async (w, serve, isSecure) => {
    const server = await serve(w);
    server.on('stream', (stream) => {
      stream.respond();
      stream.end('answer');
    });
    const client = session(w, isSecure);
    await until(client, 'remoteSettings');
    const stream = client.request({ ':path': '/' });
    stream.on('response', () => w.say('client', 'response'));
    w.hear('client', stream, 'data', 'end', 'close');
    await until(stream, 'close');
  }),

  ...both('a megabyte each way', async (w, serve, isSecure) => {
    const server = await serve(w);
    let ended: Promise<unknown> | undefined;
    server.on('stream', (stream) => {
      let octets = 0;
      stream.on('data', (part) => (octets += part.length));
      stream.on('end', () => w.say('server', String(octets)));
      ended = until(stream, 'end');
      stream.respond();
      stream.end(Buffer.alloc(1 << 20));
    });
    w.say('client', await ask(session(w, isSecure), '/', Buffer.alloc(1 << 20)));
    await ended;
  }),

  ...both('the events of a session, and its end', async (w, serve, isSecure) => {
    const server = await serve(w);
    server.on('stream', (stream) => void stream.end('x'));
    let ended: Promise<unknown> | undefined;
    server.on('session', (of) => {
      w.say('server', `${of.socket.remoteFamily} ${of.socket.localPort}`);
      w.hear('server', of, 'close', 'error');
      ended = until(of, 'close');
    });
    const client = session(w, isSecure);
    client.on('connect', (_, socket) => w.say('client', `connect ${socket.remotePort}`));
    w.hear('client', client, 'close', 'error');
    await ask(client, '/');
    await new Promise<void>((resolve) => {
      client.ping((error, _, payload) => resolve(w.say('client', `${error} ${payload.length}`)));
    });
    client.close(() => w.say('client', 'closed'));
    await until(client, 'close');
    await ended;
    server.close(() => w.say('listener', 'closed'));
    await until(server, 'close');
  }),

  ...both('a stream is reset, and the session goes on', async (w, serve, isSecure) => {
    const server = await serve(w);
    server.on('stream', (stream, headers) => {
      stream.on('error', (error) => w.say('server', show(error)));
      if (headers[':path'] === '/bad') stream.close(2);
      else stream.end('good');
    });
    const client = session(w, isSecure);
    const bad: ClientHttp2Stream = client.request({ ':path': '/bad' });
    w.hear('bad', bad, 'response', 'error', 'close');
    await until(bad, 'close');
    w.say('client', await ask(client, '/good'));
  }),

  ...both('the peer resets the connection', async (w, serve, isSecure) => {
    const server = await serve(w);
    server.on('sessionError', (error) => w.say('server', show(error)));
    const opened = until(server, isSecure ? 'secureConnection' : 'connection');
    const plain = until(server, 'connection') as Promise<[{ resetAndDestroy(): void }]>;
    const client = session(w, isSecure);
    const stream = client.request({ ':path': '/' });
    w.hear('stream', stream, 'error', 'close');
    w.hear('client', client, 'error', 'close');
    await Promise.all([opened, until(client, 'connect'), until(server, 'stream')]);
    (await plain)[0].resetAndDestroy();
    await until(client, 'close');
  }),

  ...both('the client is destroyed', async (w, serve, isSecure) => {
    const server = await serve(w);
    const opened = until(server, 'stream');
    const client = session(w, isSecure);
    const stream = client.request({ ':path': '/' });
    w.hear('stream', stream, 'error', 'close');
    w.hear('client', client, 'error', 'close');
    const [serving] = (await opened) as [ClientHttp2Stream];
    serving.on('error', () => {});
    const closed = [until(serving, 'close'), until(client, 'close'), until(stream, 'close')];
    client.destroy(new Error('enough'));
    await Promise.all(closed);
  }),

  ...both('nobody listens', async (w, _serve, isSecure) => {
    const client = session(w, isSecure);
    w.hear('client', client, 'connect', 'error', 'close');
    await until(client, 'close');
  }),
};
