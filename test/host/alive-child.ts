/**
 * What `alive.test.ts` runs: programs on two stacks over a pipe, which say how long it was until
 * nothing kept them any more.
 */
import { Agent, createServer, get } from 'node:http';
import type { Socket } from 'node:net';
import { type Net, netFor } from '../../host-node/net/index.ts';
import { createStackSync, pipe } from '../../host-web/index.ts';
import { coreModule } from '../core-module.ts';

const THERE = '10.0.0.2';
const [scenario = ''] = process.argv.slice(2);

const [here, there] = [1, 2].map((host) => {
  return createStackSync({ address: `10.0.0.${host}/24`, module: coreModule });
});
const [a, b] = pipe();
here!.attach(a);
there!.attach(b);

/** A server that keeps nobody, and its connections neither. */
function quiet(net: Net, allowHalfOpen = false): void {
  net
    .createServer({ allowHalfOpen }, (socket) => socket.resume().unref())
    .listen(7)
    .unref();
}

const client = netFor(here!);
const server = netFor(there!);

const SCENARIOS: Record<string, () => void> = {
  nothing: () => {},
  unreferenced: () => {
    quiet(server);
    client.connect(7, THERE, function (this: Socket) {
      this.unref();
    });
  },
  agent: () => {
    const web = server.serve(
      createServer((_, response) => response.end('x')),
      { port: 80 },
    );
    web.on('connection', (socket: Socket) => socket.unref());
    web.unref();
    const agent: Agent = client.agent({ keepAlive: true });
    get({ host: THERE, agent }, (response) => response.resume());
  },
  // The peer never closes: our side waits in FIN-WAIT-2.
  halfClosed: () => {
    quiet(server, true);
    client.connect(7, THERE, function (this: Socket) {
      this.destroy();
    });
  },
  unread: () => {
    const answer = (socket: Socket) =>
      socket
        .on('error', () => {})
        .unref()
        .write('unread');
    server.createServer(answer).listen(7).unref();
    const socket = client.connect(7, THERE, () => setTimeout(() => socket.destroy(), 20));
    socket.pause();
  },
  // These go on until they are told to end.
  listening: () => void server.createServer().listen(7),
  reading: () => {
    quiet(server);
    client.connect(7, THERE).on('data', () => {});
  },
};

const isEndless = ['listening', 'reading'].includes(scenario);
SCENARIOS[scenario]!();
// Kept by nothing of ours this would never come.
const enough = setTimeout(() => process.exit(9), isEndless ? 200 : 20_000);
enough.unref();
