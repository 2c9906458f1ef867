/** The life of an `http.Server` over it: its timeouts, its limits, and its end. */
import { createServer } from 'node:http';
import { connectionsOf, type Programs, show, turn, until } from '../world.ts';
import { hear, serve, speak } from './by-hand.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
/** How often a server looks for connections that are too slow, milliseconds. */
const OFTEN = 5;

export const httpServers: Programs = {
  'http server: headers that never end are answered by 408': async (w) => {
    const options = { headersTimeout: 20, connectionsCheckingInterval: OFTEN };
    const server = await serve(w, (_, answer) => void answer.end(), options);
    w.hear('server', server, 'timeout', 'clientError');
    server.removeAllListeners('clientError');
    w.say('client', await hear(await speak(w, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow')));
    w.say('client', await hear(await speak(w)));
    w.say('server', String(await connectionsOf(server)));
  },

  'http server: a body that never ends is answered by 408': async (w) => {
    const options = {
      requestTimeout: 20,
      headersTimeout: 20,
      connectionsCheckingInterval: OFTEN,
    };
    await serve(w, (message) => void message.resume(), options);
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf';
    w.say('client', await hear(await speak(w, head)));
  },

  'http server: many that are slow are all let go': async (w) => {
    const options = { headersTimeout: 20, connectionsCheckingInterval: OFTEN };
    const server = await serve(w, (_, answer) => void answer.end(), options);
    const slow = await Promise.all(Array.from({ length: 50 }, () => speak(w)));
    const answers = await Promise.all(slow.map(hear));
    w.say('client', [...new Set(answers)].join());
    while ((await connectionsOf(server)) > 0) await turn();
    w.say('server', String(await connectionsOf(server)));
  },

  'http server: keepAliveTimeout ends what is idle': async (w) => {
    await serve(w, (_, answer) => void answer.end('x'), { keepAliveTimeout: 10 });
    w.say('client', await hear(await speak(w, GET)));
  },

  'http server: setTimeout tells of silence, with and without a listener': async (w) => {
    const server = await serve(w, () => {});
    server.setTimeout(15);
    w.say('client', await hear(await speak(w)));
    server.on('timeout', (socket) => {
      w.say('server', 'timeout');
      socket.end('HTTP/1.1 503 Slow\r\n\r\n');
    });
    w.say('client', await hear(await speak(w)));
  },

  'http server: maxRequestsPerSocket': async (w) => {
    const server = await serve(w, (message, answer) => void answer.end(message.url));
    server.maxRequestsPerSocket = 2;
    w.say(
      'client',
      await hear(await speak(w, GET + GET.replace('\r\n', '\r\nConnection: close\r\n'))),
    );
  },

  'http server: maxConnections': async (w) => {
    const server = await serve(w, (_, answer) => void answer.end('x'));
    server.maxConnections = 1;
    server.on('drop', () => w.say('server', 'drop'));
    await speak(w, GET);
    while ((await connectionsOf(server)) < 1) await turn();
    w.say('client', await hear(w.connect().resume()));
    w.say('server', String(await connectionsOf(server)));
  },

  'http server: close ends what is idle, and waits for the rest': async (w) => {
    let finish = () => {};
    const server = await serve(w, (message, answer) => {
      if (message.url === '/slow') finish = () => void answer.end('slow');
      else answer.end('x');
    });
    w.hear('server', server, 'close');
    const idle = await speak(w, GET);
    await until(idle, 'data');
    const busy = await speak(w, 'GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await until(server, 'request');
    const closing = [hear(idle), hear(busy)];
    server.close((error) => w.say('server', `closed ${error}`));
    w.say('idle', await closing[0]!);
    w.say('server', `${server.listening} ${server.address()}`);
    finish();
    const closed = until(server, 'close');
    w.say('busy', await closing[1]!);
    await closed;
  },

  'http server: closeIdleConnections and closeAllConnections': async (w) => {
    const server = await serve(w, (message, answer) => {
      if (message.url === '/') answer.end('x');
    });
    const idle = await speak(w, GET);
    await until(idle, 'data');
    const busy = await speak(w, 'GET /never HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(server, 'request');
    server.closeIdleConnections();
    w.say('idle', await hear(idle));
    w.say('busy', String(busy.destroyed));
    server.closeAllConnections();
    w.say('busy', await hear(busy));
    server.close(() => w.say('server', 'closed'));
    await until(server, 'close');
  },

  'http server: address, listening and its default limits': async (w) => {
    const server = await serve(w, () => {});
    w.say('server', `${show(server.address())} ${server.listening}`);
    const { headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxConnections } = server;
    const limits = [headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxConnections];
    w.say('server', limits.join(' '));
    await server[Symbol.asyncDispose]();
    w.say('server', `${show(server.address())} ${server.listening}`);
  },

  'http server: a port that is taken': async (w) => {
    await w.listen();
    const server = createServer();
    w.hear('server', server, 'error', 'listening');
    const failed = until(server, 'error');
    void w.serve(server);
    await failed;
  },

  'http server: a client that ends behind its request, and httpAllowHalfOpen': async (w) => {
    const server = await serve(w, (message, answer) => {
      message.socket.on('end', () => answer.end('late'));
    });
    for (const isAllowed of [false, true]) {
      Object.assign(server, { httpAllowHalfOpen: isAllowed });
      const client = w.connect({ allowHalfOpen: true });
      client.end(GET);
      w.say('client', await hear(client));
    }
  },

  'http server: a client that says nothing and ends': async (w) => {
    const server = await serve(w, () => {});
    w.hear('server', server, 'clientError');
    const client = w.connect();
    client.end();
    w.say('client', await hear(client));
    while ((await connectionsOf(server)) > 0) await turn();
    w.say('server', String(await connectionsOf(server)));
  },
};
