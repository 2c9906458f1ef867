/** `http` over it: requests and answers, agents, and the ways in which either side gives up. */
import { type IncomingMessage, request, type RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { hear, serve, speak } from './by-hand.ts';
import { type Programs, show, THERE, turn, until, type World } from '../world.ts';

/** Where a request goes: to this program's server. */
const to = (w: World, more: object = {}): RequestOptions => {
  const { createConnection } = w.here;
  return { host: THERE, port: w.port, createConnection, ...more } as unknown as RequestOptions;
};

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
  readonly reused: boolean;
}

/** One request, or what it failed with. */
async function ask(w: World, options: RequestOptions = {}, body?: Buffer | string) {
  const own = options.agent === undefined ? {} : { createConnection: undefined };
  const sent = request(to(w, { ...own, ...options }));
  sent.end(body);
  const failed = new Promise<never>((_, reject) => sent.on('error', reject));
  const [message] = (await Promise.race([until(sent, 'response'), failed])) as [IncomingMessage];
  let said = '';
  for await (const part of message) said += String(part);
  const { statusCode: status, headers } = message;
  return { status, body: said, headers, reused: sent.reusedSocket } satisfies Answer;
}

export const http: Programs = {
  'http: a request and its answer': async (w) => {
    await serve(w, (message, answer) => {
      const { remoteAddress, localPort } = message.socket;
      w.say('server', `${message.method} ${message.url} ${localPort} ${typeof remoteAddress}`);
      answer.setHeader('x-kind', 'test').end('hello');
    });
    const { status, body, headers } = await ask(w, { path: '/a?b' });
    w.say('client', `${status} ${body} ${headers['x-kind']} ${headers.connection}`);
  },

  'http: a body each way, in chunks, with trailers': async (w) => {
    await serve(w, async (message, answer) => {
      answer.setHeader('trailer', 'x-sum');
      let length = 0;
      for await (const part of message) length += (part as Buffer).length;
      for (let i = 0; i < 5; i++) answer.write(Buffer.alloc(100_000, i));
      answer.addTrailers({ 'x-sum': String(length) });
      answer.end();
    });
    const { status, body } = await ask(w, { method: 'POST' }, Buffer.alloc(700_000));
    w.say('client', `${status} ${body.length}`);
  },

  'http: an agent keeps connections alive, and uses them again': async (w) => {
    const ports = new Set<unknown>();
    await serve(w, (message, answer) => {
      ports.add(message.socket.remotePort);
      answer.end(message.url);
    });
    const agent = w.agent({ keepAlive: true, maxSockets: 2 });
    const first = await ask(w, { agent, path: '/1' });
    await turn();
    const second = await ask(w, { agent, path: '/2' });
    await turn();
    w.say(
      'client',
      `${first.reused} ${second.reused} ${ports.size} ${first.headers['keep-alive']}`,
    );
    const free = Object.values(agent.freeSockets).flat().length;
    const many = Array.from({ length: 6 }, (_, i) => ask(w, { agent, path: `/${i}` }));
    w.say('client', `${free} ${(await Promise.all(many)).map(({ body }) => body).join()}`);
    w.say('server', String(ports.size));
  },

  'http: an idle connection of an agent is ended by the server': async (w) => {
    const server = await serve(w, (_, answer) => void answer.end('x'));
    const agent = w.agent({ keepAlive: true });
    await ask(w, { agent });
    await turn();
    const [free] = Object.values(agent.freeSockets).flat() as Socket[];
    w.hear('free', free!, 'close');
    server.closeIdleConnections();
    await until(free!, 'close');
    await turn();
    w.say('agent', String(Object.keys(agent.freeSockets).length));
    w.say('client', String((await ask(w, { agent })).reused));
  },

  'http: upgrade': async (w) => {
    const server = await serve(w, () => {});
    server.on('upgrade', (message, socket, head) => {
      w.say(
        'server',
        `${message.headers.upgrade} ${head.length} ${socket.constructor.name.length}`,
      );
      socket.write('HTTP/1.1 101 Switching\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    const sent = request(to(w, { headers: { connection: 'Upgrade', upgrade: 'echo' } }));
    sent.end();
    const [answer, socket] = (await until(sent, 'upgrade')) as [IncomingMessage, Socket];
    w.own(socket);
    w.hear('client', socket, 'data', 'end', 'close');
    socket.end('echo this');
    await until(socket, 'close');
    w.say('client', String(answer.statusCode));
  },

  'http: connect': async (w) => {
    const server = await serve(w, () => {});
    server.on('connect', (message, socket) => {
      w.say('server', `${message.url}`);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(socket);
    });
    const sent = request(to(w, { method: 'CONNECT', path: 'a.example:443' }));
    sent.end();
    const [, socket] = (await until(sent, 'connect')) as [unknown, Socket];
    w.own(socket).end('through');
    w.hear('client', socket, 'data', 'end');
    await until(socket, 'end');
  },

  'http: 100-continue and early hints': async (w) => {
    const server = await serve(w, (_, answer) => void answer.end('plain'));
    server.on('checkContinue', (message, answer) => {
      answer.writeContinue();
      answer.writeEarlyHints({ link: '</a.css>; rel=preload' });
      message.on('data', (part) => answer.end(`got ${part}`));
    });
    const sent = request(to(w, { method: 'POST', headers: { expect: '100-continue' } }));
    w.hear('client', sent, 'continue');
    sent.on('information', ({ statusCode }) => w.say('client', String(statusCode)));
    sent.flushHeaders();
    await until(sent, 'continue');
    sent.end('body');
    const [message] = (await until(sent, 'response')) as [IncomingMessage];
    w.hear('client', message, 'data', 'end');
    await until(message, 'end');
  },

  'http: pipelined requests are answered in their order': async (w) => {
    await serve(w, (message, answer) => {
      const late = message.url === '/1' ? 5 : 0;
      setTimeout(() => answer.end(message.url), late);
    });
    const request = (i: number) => `GET /${i} HTTP/1.1\r\nHost: x\r\n`;
    const client = await speak(w, `${request(1)}\r\n${request(2)}Connection: close\r\n\r\n`);
    w.say('client', await hear(client));
  },

  'http: what is no request is answered by 400': async (w) => {
    const server = await serve(w, (_, answer) => void answer.end());
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      w.say('server', `${error.code}`);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    w.say('client', await hear(await speak(w, 'nonsense\r\n\r\n')));
    server.removeAllListeners('clientError');
    w.say('client', await hear(await speak(w, 'nonsense\r\n\r\n')));
  },

  'http: nobody listens, the server resets, the server ends': async (w) => {
    const failed = (error: unknown) => show(error);
    w.say('client', String(await ask(w).catch(failed)));
    const server = await serve(w, (message) => {
      const socket = message.socket;
      if (message.url === '/reset') socket.resetAndDestroy();
      else if (message.url === '/end') socket.end();
      else socket.destroy();
    });
    for (const path of ['/reset', '/end', '/destroy']) {
      w.say('client', String(await ask(w, { path }).catch(failed)));
    }
    server.close();
  },

  'http: an answer that is cut': async (w) => {
    await serve(w, (message, answer) => {
      answer.writeHead(200, { 'content-length': 100 });
      answer.write('half', () => message.socket.destroy());
    });
    w.say('client', String(await ask(w).catch((error) => show(error))));
  },

  'http: a client that gives up': async (w) => {
    await serve(w, (message, answer) => {
      w.hear('request', message, 'aborted', 'error', 'close');
      w.hear('answer', answer, 'finish', 'error', 'close');
      answer.write('x');
    });
    const sent = request(to(w));
    sent.end();
    w.hear('client', sent, 'abort', 'error', 'close');
    const [message] = (await until(sent, 'response')) as [IncomingMessage];
    w.hear('message', message, 'aborted', 'error', 'close');
    sent.destroy();
    await until(message, 'close');
    await turn(5);
  },

  'http: a request with a timeout, and with a signal': async (w) => {
    await serve(w, () => {});
    const slow = request(to(w, { timeout: 15 }));
    w.hear('slow', slow, 'timeout', 'error', 'close');
    slow.end();
    await until(slow, 'timeout');
    slow.destroy();
    await until(slow, 'close');
    const controller = new AbortController();
    const given = request(to(w, { signal: controller.signal }));
    w.hear('given', given, 'error', 'close');
    given.end();
    const [socket] = (await until(given, 'socket')) as [Socket];
    if (socket.connecting) await until(socket, 'connect');
    controller.abort();
    await until(given, 'close');
  },
};
