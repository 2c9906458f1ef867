/**
 * What `cli-errors.test.ts` runs inside a namespace: what can go wrong with servers, names, devices
 * and addresses.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { type Outcome, run } from './bundle.ts';
import { cli, exchange, launch, netcell, perform, start, stop } from './cli-running.ts';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc';

/** How a server can treat a request. */
const MANNERS: Readonly<Record<string, (socket: Socket) => void>> = {
  resets: (socket) => socket.resetAndDestroy(),
  'resets in the middle': (socket) => {
    socket.write(HEAD, () => setTimeout(() => socket.resetAndDestroy(), 50));
  },
  'ends in the middle': (socket) => void socket.end(HEAD),
  'ends at once': (socket) => void socket.end(),
  'speaks something else': (socket) => void socket.end('220 mail.example.org ESMTP\r\n'),
  'says nothing': () => {},
};

async function serve(manner: (socket: Socket) => void): Promise<[Server, number]> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => manner(socket));
  });
  await once(server.listen(0, '::'), 'listening');
  return [server, (server.address() as AddressInfo).port];
}

/** The words of a command that an error offers, without `sudo netcell`. */
function offered({ stderr }: Outcome): string[] {
  const [, command = ''] = /\n {2}(?:sudo )?netcell (.*)\n$/.exec(stderr) ?? [];
  return command.split(' ');
}

await perform({
  servers: async () => {
    const outcomes: Record<string, Outcome> = {};
    for (const [name, manner] of Object.entries(MANNERS)) {
      const [server, port] = await serve(manner);
      const url = `http://10.9.0.1:${port}/`;
      // All but one answer in their own time, on a busy machine too.
      const patience = name === 'says nothing' ? '200ms' : '200s';
      outcomes[name] = await netcell('get', url, '--timeout', patience);
      server.close();
    }
    const [server, port] = await serve(MANNERS['speaks something else']!);
    outcomes['no TLS'] = await netcell('get', `https://10.9.0.1:${port}/`);
    outcomes['no WebSocket'] = await netcell('tunnel', `ws://127.0.0.1:${port}/`);
    server.close();
    return outcomes;
  },

  names: async () => ({
    ping: await netcell('ping', 'nowhere.invalid'),
    get: await netcell('get', 'http://nowhere.invalid/'),
    connect: await netcell('connect', 'nowhere.invalid', '80'),
    tunnel: await netcell('tunnel', 'ws://nowhere.invalid/'),
  }),

  addresses: async () => {
    const four = ['--address', '10.9.0.2/24'];
    return {
      'ping, no family': await netcell('ping', 'fd00::1', ...four),
      'connect, no family': await netcell('connect', 'fd00::1', '80', ...four),
      'connect, many hosts': await netcell('connect', '224.0.0.1', '80'),
      'connect, closed port': await netcell('connect', '10.9.0.1', '1'),
      'get, port 0': await netcell('get', 'http://10.9.0.1:0/'),
      'get, name not encoded': await netcell('get', 'http://a%ff@10.9.0.1/'),
      'serve, no folder': await netcell('serve', '/nowhere'),
    };
  },

  /** What one running netcell makes others say, and whether what they offer works and harms it. */
  clash: async () => {
    const up = await start(['up']);
    const ping = await netcell('ping', '10.9.0.1', '-c', '1');
    const again = await netcell(...offered(ping));
    const named = await netcell('connect', '10.9.0.1', '7', '--tun', 'tun0');
    const sockets = new WebSocketServer({ port: 7777 });
    const tunnel = await netcell('tunnel', 'ws://127.0.0.1:7777/');
    sockets.close();
    const listen = await netcell(
      'listen',
      '9',
      '--addr=10.9.0.7/24',
      '--echo',
      '--peer',
      '10.9.0.5',
    );
    const second = launch(offered(await netcell('up', '--json')));
    await second.said(/"event":"ready"/);
    const both = await netcell('ss', '-H');
    const echo = await exchange(7, 'still up');
    return {
      ping,
      again,
      named,
      tunnel,
      listen,
      both,
      echo,
      second: second.output(),
      pid: up.child.pid,
      codes: [await stop(second), await stop(up)],
    };
  },

  /** Nobody answers, for longer than is borne in silence; each on a network of its own. */
  waits: async () => {
    const [server, port] = await serve(MANNERS['says nothing']!);
    const wait = (number: number, ...words: string[]) => {
      const address = ['--address', `10.8.${number}.2/24`];
      return run(cli, [...words, ...address, '--timeout', '3s']).outcome;
    };
    const url = `http://10.8.1.1:${port}/`;
    const [get, connect, ping, quiet] = await Promise.all([
      wait(1, 'get', url),
      wait(2, 'connect', '10.8.2.77', '80'),
      wait(3, 'ping', '10.8.3.77', '-c', '1'),
      wait(4, 'connect', '10.8.4.77', '80', '-q'),
    ]);
    server.close();
    return { get, connect, ping, quiet };
  },

  options: async () => ({
    long: await netcell('up', '--tun', 'a-name-that-is-too-long'),
    slash: await netcell('ping', '10.9.0.1', '--tun', 'a/b'),
    mtu: await netcell('up', '--mtu', '1000', '--address', 'fd00:9::2/64'),
    lo: await netcell('up', '--tun', 'lo'),
  }),
});
