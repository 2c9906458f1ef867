/**
 * `duplexFor`: what `http` has of a stack where `netFor` has nothing to stand on. Here on Node,
 * whose `http` is the model of the others'; `test/runtimes` has Bun, Deno and `--permission`.
 */
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestListener, request } from 'node:http';
import { get as getSecure } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { duplexFor, type Duplexes } from '../../host-node/net/index.ts';
import { pipe, RealClock, type Stack } from '../../host-web/index.ts';
import { stackAt } from './world.ts';

let stacks: Stack[] = [];
let here: Duplexes;
let there: Duplexes;

beforeEach(() => {
  stacks = [1, 2].map((host) => stackAt(host, new RealClock()));
  for (const [i, end] of pipe().entries()) stacks[i]!.attach(end);
  [here, there] = stacks.map(duplexFor) as [Duplexes, Duplexes];
});

afterEach(async () => {
  for (const stack of stacks) await stack.close();
});

function serve(listener: RequestListener) {
  return there.serve(createServer(listener), { port: 80 });
}

const SERVER = { host: '10.0.0.2', port: 80 };

/** Octets that no shift leaves as they are. */
const TEXT = Buffer.from(Uint32Array.from({ length: 300_000 }, (_, i) => i * 2_654_435_761).buffer);

async function responseOf(sent: ReturnType<typeof request>): Promise<IncomingMessage> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  // It may still be open when its stack closes.
  sent.on('error', () => {});
  return response;
}

it('a request and its answer are whole, and an agent keeps the connection', async () => {
  serve(async (asked, response) => {
    response.setHeader('peer', asked.socket.remoteAddress!).end(await buffer(asked));
  });
  const agent = here.agent({ keepAlive: true });
  for (const isReused of [false, true]) {
    const sent = request({ ...SERVER, method: 'POST', agent }).end(TEXT);
    const response = await responseOf(sent);
    expect((await buffer(response)).equals(TEXT)).toBe(true);
    expect([response.headers['peer'], sent.reusedSocket]).toEqual(['10.0.0.1', isReused]);
  }
  agent.destroy();
});

it('a reader that waits closes the window, and gets all in the end', async () => {
  serve((_, response) => response.end(Buffer.concat(Array.from({ length: 8 }, () => TEXT))));
  const response = await responseOf(get({ ...SERVER, createConnection: here.createConnection }));
  await new Promise<void>((resolve) => stacks[0]!.clock.turn(resolve));
  expect(stacks[1]!.sockets().some(({ sendQueue }) => sendQueue > 0)).toBe(true);
  expect((await buffer(response)).length).toBe(8 * TEXT.length);
});

it('a connection that nobody answers, and one by a name that is not, are errors', async () => {
  const codeOf = async (options: object) => {
    const [error] = (await once(here.connect(options), 'error')) as [NodeJS.ErrnoException];
    return error.code;
  };
  expect(await codeOf(SERVER)).toBe('ECONNREFUSED');
  expect(await codeOf({ host: 'two..dots', port: 80 })).toMatch(/^E(NOTFOUND|AI_AGAIN)$/);
  const [error] = (await once(here.connect(70_000, '10.0.0.2'), 'error')) as [Error];
  expect(error).toBeInstanceOf(TypeError);
});

it('a reset is an error of whoever reads', async () => {
  const listener = stacks[1]!.openListener({ port: 80 });
  const socket = here.connect(80, '10.0.0.2').resume();
  await once(socket, 'connect');
  listener.accept()!.abort();
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
});

it('https is refused, for it would speak in the clear', async () => {
  const agent = here.agent();
  expect(() => getSecure({ host: '10.0.0.2', agent })).toThrow(/protocol "https:"/i);
  const secure = getSecure({ host: '10.0.0.2', createConnection: here.createConnection });
  const [error] = (await once(secure, 'error')) as [Error];
  expect(error.message).toMatch(/no TLS here/);
  expect(() => here.connect({ ...SERVER, ca: 'x' } as object)).toThrow(/no TLS here/);
});

it('what is idle says so, and a server that closes takes nobody new', async () => {
  const served = serve(() => {});
  const options = { ...SERVER, createConnection: here.createConnection };
  const silent = get({ ...options, timeout: 5 });
  await once(silent, 'timeout');
  silent.destroy();
  await once(silent, 'error');
  served.close();
  const [error] = (await once(get(options), 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
});
