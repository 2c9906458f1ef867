/**
 * There is no TLS here: whoever asks for it, in WinterTC's words or in Node's, is refused, and not
 * one octet is sent. TLS over a socket is another's, and works.
 */
import { createServer as createHttpServer, get as httpGet } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Net, netFor } from '../../host-node/net/index.ts';
import { pipe, RealClock, type Stack } from '../../host-web/index.ts';
import { connected, stackAt } from './world.ts';

const REFUSED = /there is no TLS here/;
const AT = '10.0.0.2:443';

let stacks: Stack[] = [];
let here: Net;
let there: Net;

beforeEach(() => {
  stacks = [1, 2].map((host) => stackAt(host, new RealClock()));
  const [a, b] = pipe();
  stacks[0]!.attach(a);
  stacks[1]!.attach(b);
  here = netFor(stacks[0]!);
  there = netFor(stacks[1]!);
});

afterEach(async () => {
  // Whatever was asked, nothing has gone out.
  expect(stacks[0]!.counters()['TcpActiveOpens']).toBe(0n);
  for (const stack of stacks) await stack.close();
});

/** Options that only TLS has. */
const ASKED: readonly (readonly [string, unknown])[] = [
  ['secureTransport', 'on'],
  ['secureTransport', 'starttls'],
  ['sni', 'example.org'],
  ['alpn', ['h2']],
  ['tls', true],
  ['secure', true],
  ['secureContext', {}],
  ['ca', 'pem'],
  ['cert', 'pem'],
  ['key', 'pem'],
  ['pfx', new Uint8Array(1)],
  ['rejectUnauthorized', true],
  ['rejectUnauthorized', false],
  ['requestCert', true],
  ['checkServerIdentity', () => undefined],
  ['ALPNProtocols', ['h2']],
  ['minVersion', 'TLSv1.3'],
];

describe.each(ASKED)('the option %s: %o is refused by', (name, value) => {
  const own = { [name]: value };
  it.each<[string, () => unknown]>([
    ['connect', () => stacks[0]!.connect(AT, own)],
    ['openConnection', () => stacks[0]!.openConnection(AT, own)],
    ['listen', () => stacks[0]!.listen({ port: 443, ...own })],
    ['openListener', () => stacks[0]!.openListener({ port: 443, ...own })],
    ['net.connect', () => here.connect({ port: 443, host: '10.0.0.2', ...own })],
    ['net.createConnection', () => here.createConnection({ port: 443, ...own })],
    ['new net.Socket', () => new here.Socket(own as never)],
    ['socket.connect', () => new here.Socket().connect({ port: 443, ...own })],
    ['net.createServer', () => here.createServer(own as never)],
    ['server.listen', () => here.createServer().listen({ port: 443, ...own })],
    ['net.agent', () => here.agent(own as never)],
    ['tuning of net.connect', () => here.connect({ port: 443, host: '10.0.0.2', tuning: own })],
  ])('%s', (_where, ask) => expect(ask).toThrow(REFUSED));
});

describe('https in place of http', () => {
  const failure = (sent: ReturnType<typeof httpsGet>) =>
    new Promise<Error>((resolve) => sent.once('error', resolve));

  it('with createConnection is refused', async () => {
    const { createConnection } = here;
    const sent = httpsGet({ host: '10.0.0.2', createConnection } as never);
    expect((await failure(sent)).message).toMatch(REFUSED);
  });

  it('with an agent of its own whose connections are ours is refused', () => {
    const { createConnection } = here;
    const agent = Object.assign(new HttpsAgent(), { createConnection });
    expect(() => httpsGet({ host: '10.0.0.2', agent })).toThrow(REFUSED);
  });

  it('with net.agent is refused by Node', () => {
    const ask = () => httpsGet({ host: '10.0.0.2', agent: here.agent() });
    expect(ask).toThrow(/Protocol "https:" not supported/);
  });

  it('as a URL, which http2 hands on, is refused', () => {
    expect(() => here.connect(new URL('https://10.0.0.2:443/'))).toThrow(REFUSED);
  });
});

describe('what asks for none', () => {
  it.each(['off', undefined])('secureTransport: %s is taken', async (secureTransport) => {
    const { client } = await connected({}, { secureTransport } as never);
    expect([client.secureTransport, client.upgraded]).toEqual(['off', false]);
    expect(() => client.startTls()).toThrow(REFUSED);
    expect(client.state).toBe('ESTABLISHED');
  });

  it('a request of http may have words of TLS, as in Node', async () => {
    const [one, other] = [1, 2].map((host) => stackAt(host, new RealClock()));
    const [a, b] = pipe();
    one!.attach(a);
    other!.attach(b);
    const net = netFor(one!);
    const server = createHttpServer((_, answer) => answer.end('plain'));
    netFor(other!).serve(server, { port: 80 });
    const options = { host: '10.0.0.2', agent: net.agent(), rejectUnauthorized: false };
    let got = '';
    const sent = httpGet(options as never, (message) => {
      message.on('data', (part) => (got += part));
    });
    // Its connection is over, too, before the stacks are.
    await new Promise((resolve) => sent.once('close', resolve));
    expect(got).toBe('plain');
    await one!.close();
    await other!.close();
  });

  it('TLS that is put over a socket of ours is asked of nobody here', () => {
    const options = { port: 443, host: '10.0.0.2' };
    expect(() =>
      connectTls({ socket: new there.Socket(options as never) as never, ca: 'pem' }).destroy(),
    ).not.toThrow(REFUSED);
  });
});
