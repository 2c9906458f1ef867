/**
 * ws: a WebSocketServer stands on a server of `http` that listens by `serve`; a WebSocket hands its
 * options to `http.request`, so it takes `createConnection` (for wss, TLS over the connection).
 *
 * node host-node/examples/ws.mjs
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { close, here, SERVER, there } from './stacks.mjs';

const server = createServer();
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket, request) => {
  socket.on('message', (data) => socket.send(`${data} to ${request.socket.remoteAddress}`));
});
there.serve(server, { port: 80 });

const { createConnection } = here;
const socket = new WebSocket(`ws://${SERVER}/`, { createConnection });
await once(socket, 'open');
socket.send('hello');
const [answer] = await once(socket, 'message');
console.log(String(answer));
socket.close();
await once(socket, 'close');
server.close(close);
