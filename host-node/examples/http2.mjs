/**
 * http2: the server listens by `serve`, the session takes `createConnection`. For a secure one that
 * is TLS with `ALPNProtocols: ['h2']` over the connection.
 *
 * node host-node/examples/http2.mjs
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import { close, here, SERVER, there } from './stacks.mjs';

const server = createServer();
server.on('stream', (stream, headers) => {
  stream.respond({ ':status': 200 });
  stream.end(`hello ${headers[':path']}`);
});
there.serve(server, { port: 80 });

const session = connect(`http://${SERVER}`, {
  createConnection: ({ hostname, port }) => here.connect(Number(port || 80), hostname),
});
const paths = ['/a', '/b', '/c'];
const answers = await Promise.all(
  paths.map(async (path) => {
    let said = '';
    const stream = session.request({ ':path': path }).on('data', (part) => (said += part));
    await once(stream, 'end');
    return said;
  }),
);
console.log(answers.join(', '));
session.close(() => server.close(close));
