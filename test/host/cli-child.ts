/**
 * What `cli.test.ts` runs inside a network namespace: each verb beside a kernel.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { setLink } from '../../host-node/netlink.ts';
import { run } from './bundle.ts';
import { withoutProgress } from './cli-quiet.ts';
import { cli, exchange, folder, netcell, perform, start, stop } from './cli-running.ts';

await perform({
  up: async () => {
    const up = await start(['up', '--pcap', `${folder}/up.pcapng`]);
    const page = await (await fetch('http://10.9.0.2/')).text();
    const page6 = await (await fetch('http://[fd00:9::2]/')).text();
    const echo = await exchange(7, 'echo me');
    const held = connect(9, '10.9.0.2');
    await once(held, 'connect');
    const table = await netcell('ss', '-i');
    const json = await netcell('ss', '--json');
    const listening = await netcell('ss', '-l');
    const clash = await netcell('up');
    const inUse = await netcell('up', '--tun', 'tun0');
    held.resume();
    const gone = once(held, 'close');
    const code = await stop(up);
    await gone;
    const after = await netcell('ss');
    const capture = readFileSync(`${folder}/up.pcapng`);
    return {
      page,
      page6,
      echo,
      table,
      json,
      listening,
      clash,
      inUse,
      code,
      after,
      banner: up.output(),
      pcapMagic: capture.readUInt32LE(0),
      pcapOctets: capture.length,
    };
  },

  serve: async () => {
    const serve = await start(['serve', folder, '--port', '8080', '--json']);
    const get = async (path: string) => {
      const { status, headers } = await fetch(`http://10.9.0.2:8080${path}`, {
        redirect: 'manual',
      }).then(async (answer) => ({ ...answer, status: answer.status, headers: answer.headers }));
      return [path, status, headers.get('content-type') ?? headers.get('location')];
    };
    const answers = [];
    for (const path of [
      '/',
      '/a.txt',
      '/nothing',
      '/.hidden',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/sub',
    ]) {
      answers.push(await get(path));
    }
    const text = await (await fetch('http://10.9.0.2:8080/a.txt')).text();
    const list = await (await fetch('http://10.9.0.2:8080/')).text();
    return { answers, text, list, code: await stop(serve, 'SIGTERM'), log: serve.output() };
  },

  clients: async () => {
    const web = createServer((message, answer) => {
      answer.statusCode = message.url === '/' ? 200 : 404;
      answer.end(`you asked for ${message.url}`);
    });
    const echo = createTcpServer((socket) => socket.pipe(socket));
    web.listen(0, '::');
    echo.listen(0, '::');
    await Promise.all([once(web, 'listening'), once(echo, 'listening')]);
    const port = (web.address() as AddressInfo).port;
    const echoPort = String((echo.address() as AddressInfo).port);
    const results = {
      get: await netcell('get', `http://10.9.0.1:${port}/`),
      get6: await netcell('get', `http://[fd00:9::1]:${port}/`, '-q'),
      missing: await netcell('get', `http://10.9.0.1:${port}/x`),
      refused: await netcell('get', 'http://10.9.0.1:1/'),
      silent: await netcell(
        'connect',
        '10.9.0.1',
        '1',
        '--address',
        '10.8.0.2/24',
        '--timeout',
        '50ms',
      ),
      connectRefused: await netcell('connect', '10.9.0.1', '1'),
      ping: await netcell('ping', '10.9.0.1', '-c', '2', '-i', '0.01', '-W', '5'),
      pingFar: await netcell('ping', '10.9.0.1', '-c', '1', '--impair', 'delay 30ms', '--json'),
      pingLost: await netcell('ping', '10.9.0.77', '-c', '1', '--timeout', '100ms'),
    };
    const talk = run(cli, ['connect', '10.9.0.1', echoPort], { stdio: ['pipe', 'pipe', 'pipe'] });
    talk.child.stdin!.end('over and out');
    const connected = withoutProgress(await talk.outcome);
    web.close();
    echo.close();
    return { ...results, connected };
  },

  listen: async () => {
    const echo = await start(['listen', '7', '--echo']);
    const answered = await exchange(7, 'hello');
    // A peer that never closes: the first Ctrl-C sends our FIN, the second resets.
    const stubborn = connect({ port: 7, host: '10.9.0.2', allowHalfOpen: true });
    stubborn.on('error', () => {});
    // The kernel calls it connected before netcell has accepted it: an echo is the proof of that.
    stubborn.write('!');
    await once(stubborn, 'data');
    const fin = once(stubborn.resume(), 'end');
    const reset = new Promise((resolve) => stubborn.once('close', resolve));
    echo.child.kill('SIGINT');
    await fin;
    await new Promise((resolve) => setTimeout(resolve, 200));
    const code = await stop(echo);
    stubborn.write('anybody?');
    await reset;

    const once_ = await start(['listen', '7']);
    const silence = await exchange(7, 'for the terminal');
    const ended = (await once_.ended).code;
    return { answered, code, output: echo.output(), silence, ended, received: once_.output() };
  },

  /** What connections agree on, with and without settings. */
  sysctl: async () => {
    const agreed = async (...words: string[]) => {
      const running = await start(words);
      const socket = connect(9, '10.9.0.2');
      await once(socket, 'connect');
      const { stdout } = await netcell('ss', '-ti');
      socket.destroy();
      await stop(running);
      return stdout;
    };
    const without = ['--sysctl', 'net.ipv4.tcp_timestamps=0', '--sysctl=tcp_sack=0'];
    return {
      before: await agreed('up'),
      after: await agreed('up', ...without),
      listen: await agreed('listen', '9', '--echo', '--sysctl', 'tcp_window_scaling=0'),
    };
  },

  /** The device goes down and up, with the kernel keeping its addresses and without. */
  device: async () => {
    const up = await start(['up']);
    const downAndUp = async () => {
      setLink('tun0', { up: false });
      setLink('tun0', { up: true });
    };
    await downAndUp();
    await up.said(/is up again/);
    const kept = await (await fetch('http://[fd00:9::2]/')).text();
    writeFileSync('/proc/sys/net/ipv6/conf/tun0/keep_addr_on_down', '0');
    await downAndUp();
    await up.said(/and is back/);
    const putBack = await (await fetch('http://[fd00:9::2]/')).text();
    // Without IPv6 the address is gone, and the interface was not down.
    writeFileSync('/proc/sys/net/ipv6/conf/tun0/disable_ipv6', '1');
    await up.said(/is gone/);
    return { kept, putBack, code: await stop(up), output: up.output() };
  },

  demo: async () => ({
    text: await netcell('demo', '--size', '256k', '--pcap', `${folder}/demo.pcapng`),
    json: await netcell('demo', '--size', '1m', '--json'),
  }),

  /** The same transfers, with the kernel's offload and without, and captured segment by segment. */
  offload: async () => {
    const demo = (name: string, ...flags: string[]) =>
      netcell('demo', '--size', '256k', '--pcap', `${folder}/${name}.pcapng`, ...flags);
    return {
      on: await demo('on'),
      split: await demo('split', '--pcap-split'),
      off: await demo('off', '--no-offload'),
    };
  },
});
