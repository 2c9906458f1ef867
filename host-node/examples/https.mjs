/**
 * https: the server listens by `serve`; a request takes `createConnection`, which answers TLS over
 * a connection of the stack. So does an agent, which then keeps connections alive.
 *
 * node host-node/examples/https.mjs KEY CERTIFICATE    (of the name `netcell`)
 */
import { readFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:https';
import { connect } from 'node:tls';
import { close, here, SERVER, there } from './stacks.mjs';

const [key, cert] = process.argv.slice(2).map((file) => readFileSync(file));
const server = createServer({ key, cert }, (request, response) => {
  response.end(`${request.url} for ${request.socket.remoteAddress}`);
});
there.serve(server, { port: 443 });

const agent = new Agent({ keepAlive: true });
agent.createConnection = ({ host, port }) =>
  connect({ socket: here.connect(port, host), servername: 'netcell', ca: cert });

for (const path of ['/first', '/second']) {
  const request = get({ host: SERVER, path, agent });
  const response = await new Promise((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  for await (const part of response)
    console.log(`${part}, connection kept: ${request.reusedSocket}`);
}
agent.destroy();
server.close(close);
