/**
 * undici: `connect` of an Agent makes its connections; for https that is TLS over one.
 *
 * node host-node/examples/undici.mjs
 */
import { createServer } from 'node:http';
import { Agent, fetch } from 'undici';
import { close, here, SERVER, there } from './stacks.mjs';

const server = createServer(async (request, response) => {
  let length = 0;
  for await (const part of request) length += part.length;
  response.end(`${length} octets from ${request.socket.remoteAddress}`);
});
there.serve(server, { port: 80 });

const dispatcher = new Agent({
  connect({ hostname, port }, done) {
    const socket = here.connect(Number(port || 80), hostname);
    socket.once('connect', () => done(null, socket)).once('error', done);
  },
});
const body = 'x'.repeat(1_000_000);
const response = await fetch(`http://${SERVER}/`, { method: 'POST', body, dispatcher });
console.log(await response.text());
await dispatcher.close();
server.close(close);
